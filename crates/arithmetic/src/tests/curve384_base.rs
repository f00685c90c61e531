//! Against the crate's multiplication.

use p384::elliptic_curve::ff::PrimeField;
use p384::elliptic_curve::group::Group;
use p384::elliptic_curve::point::AffineCoordinates;
use p384::{ProjectivePoint, Scalar};

use super::*;
use crate::seeded::{Seeded, cases};

fn check(scalar: Scalar) {
    let point = (ProjectivePoint::generator() * scalar).to_affine();
    let [x, y] = multiply_base(&scalar.to_repr().into()).unwrap();
    assert_eq!((&x[..], &y[..]), (&point.x()[..], &point.y()[..]), "{scalar:?}");
}

/// 2^n.
fn power(n: u32) -> Scalar {
    (0..n).fold(Scalar::ONE, |power, _| power + power)
}

#[test]
fn edges() {
    assert_eq!(multiply_base(&[0; FIELD_LEN]), None);
    for n in 1..40_u32 {
        check(Scalar::from(u64::from(n)));
        check(-Scalar::from(u64::from(n)));
    }
    for bit in (0..384).step_by(5) {
        let power = power(bit);
        for scalar in [power, power - Scalar::ONE, power + Scalar::ONE, -power] {
            if scalar != Scalar::ZERO {
                check(scalar);
            }
        }
    }
}

#[test]
fn every_digit_everywhere() {
    for i in (0..DIGITS as u32).step_by(4) {
        // The highest window has 4 bits only, of which the order leaves little.
        let digits = if i + 1 < DIGITS as u32 { 32 } else { 16 };
        for digit in 1..digits as u64 {
            let scalar = power(5 * i) * Scalar::from(digit);
            check(scalar);
        }
    }
    // The same digit in every window: carries all the way, and none.
    for digit in 0..32_u64 {
        let all = (0..DIGITS as u32 - 1)
            .fold(Scalar::ZERO, |sum, i| sum + power(5 * i) * Scalar::from(digit));
        check(all + Scalar::ONE);
        check(-all - Scalar::ONE);
    }
}

#[test]
fn random() {
    let mut random = Seeded::new();
    for _ in 0..cases(1500) {
        let bytes: [u8; FIELD_LEN] = random.array();
        if let Some(scalar) = Scalar::from_repr(bytes.into()).into_option() {
            check(scalar);
        }
    }
}

/// Scalars above the order: what no caller has, and the sum still is right, where additions meet equal and opposite
/// points.
#[test]
fn above_the_order() {
    let order = {
        let mut bytes: [u8; FIELD_LEN] = (-Scalar::ONE).to_repr().into();
        bytes[FIELD_LEN - 1] += 1;
        bytes
    };
    assert_eq!(multiply_base(&order), None);
    let mut one = [0; FIELD_LEN];
    one[FIELD_LEN - 1] = 1;
    let mut next = order;
    next[FIELD_LEN - 1] += 1;
    assert_eq!(multiply_base(&next), multiply_base(&one));
}

#[test]
fn digits_make_the_scalar() {
    for scalar in [[0xff; FIELD_LEN], [0x84; FIELD_LEN], [0x10; FIELD_LEN], Seeded::new().array()] {
        let digits = digits(&scalar);
        assert!(digits.iter().all(|digit| (-15..=16).contains(digit)), "{digits:?}");
        // Back to bits: from the least significant digit on, borrowing.
        let mut bits = Vec::new();
        let mut carry = 0_i32;
        for digit in digits.iter() {
            let value = i32::from(*digit) + carry;
            carry = value >> WINDOW;
            bits.extend((0..WINDOW).map(|j| (value & 31) >> j & 1));
        }
        assert_eq!((carry, bits[8 * FIELD_LEN]), (0, 0));
        let back: Vec<u8> = bits[..8 * FIELD_LEN]
            .chunks(8)
            .rev()
            .map(|byte| byte.iter().rev().fold(0, |byte, bit| byte << 1 | *bit as u8))
            .collect();
        assert_eq!(back, scalar);
    }
}

#[test]
fn a_look_up_takes_the_entry_of_its_digit() {
    let row = &TABLE.get_or_init(make_table)[3];
    for digit in -16..=16_i8 {
        let found = look_up(row, digit);
        match usize::from(digit.unsigned_abs()).checked_sub(1) {
            None => assert_eq!(found.x.to_bytes(), [0; FIELD_LEN]),
            Some(i) => {
                assert_eq!(found.x.to_bytes(), row[i].x.to_bytes());
                let y = row[i].y.negated_if(-i32::from(digit < 0));
                assert_eq!(found.y.to_bytes(), y.to_bytes());
            }
        }
    }
}

#[test]
fn what_is_no_point_is_noticed() {
    let point = Point::from(Affine::BASE).doubled().to_affine();
    assert!(point.is_on_curve() && Affine::BASE.is_on_curve());
    assert!(!Affine::NONE.is_on_curve());
    for wrong in [
        Affine { x: point.y, y: point.x },
        Affine { x: point.x, y: Affine::BASE.y },
        Affine { x: point.x.plus(&point.x).carried(), y: point.y },
    ] {
        assert!(!wrong.is_on_curve());
    }
}
