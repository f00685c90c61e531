//! Against the crate's arithmetic.

use p384::elliptic_curve::ff::PrimeField;
use p384::elliptic_curve::group::Group;
use p384::elliptic_curve::ops::Reduce;
use p384::elliptic_curve::point::AffineCoordinates;
use p384::elliptic_curve::sec1::ToSec1Point;
use p384::{ProjectivePoint, Scalar, U384};

use super::*;
use crate::curve384::uncompressed;
use crate::seeded::{Seeded, cases};

fn bytes(scalar: Scalar) -> [u8; FIELD_LEN] {
    scalar.to_repr().into()
}

fn sec1(point: ProjectivePoint) -> Vec<u8> {
    point.to_affine().to_sec1_point(false).as_bytes().to_vec()
}

/// Whether ours says of the sum what the crate computes; what that is, if there is an x.
fn check(u1: Scalar, u2: Scalar, point: ProjectivePoint) -> Option<Scalar> {
    let [one, two] = [bytes(u1), bytes(u2)];
    let has_x = |r: Scalar| sum_has_x(&one, &two, &sec1(point), &bytes(r));
    let sum = ProjectivePoint::generator() * u1 + point * u2;
    if bool::from(sum.is_identity()) {
        assert!(!has_x(Scalar::ZERO) && !has_x(Scalar::ONE), "{u1:?} {u2:?}");
        return None;
    }
    let x = <[u8; FIELD_LEN]>::from(sum.to_affine().x());
    let r = Scalar::reduce(&U384::from_be_slice(&x));
    assert!(has_x(r), "{u1:?} {u2:?} {point:?}");
    assert!(!has_x(r + Scalar::ONE), "{u1:?} {u2:?} {point:?}");
    Some(r)
}

#[test]
fn random_sums() {
    let mut random = Seeded::new();
    for _ in 0..cases(40) {
        let [u1, u2, q] =
            [(); 3].map(|()| Scalar::reduce(&U384::from_be_slice(&random.array::<FIELD_LEN>())));
        let point = ProjectivePoint::generator() * q;
        let r = check(u1, u2, point).unwrap();
        // Of another point: its negative.
        assert!(!sum_has_x(&bytes(u1), &bytes(u2), &sec1(-point), &bytes(r)));
    }
}

/// Sums that meet equal and opposite points on their way, begin with neither, or end in infinity.
#[test]
fn exceptions() {
    let g = ProjectivePoint::generator();
    let small: Vec<Scalar> = (0..4_u64).map(Scalar::from).collect();
    let (mut infinity, mut points) = (0, 0);
    for &q in &small[1..] {
        for point in [g * q, -(g * q)] {
            for &u1 in &small {
                for &u2 in &small {
                    for u1 in [u1, -u1] {
                        match check(u1, u2, point) {
                            None => infinity += 1,
                            Some(_) => points += 1,
                        }
                    }
                }
            }
        }
    }
    assert!(infinity >= 22 && points > 150, "{infinity} {points}");
    // Of the whole length, and cancelling: u1 = ± u2 q, and one beside it.
    let mut random = Seeded::new();
    for _ in 0..10 {
        let [u2, q] = [(); 2].map(|()| Scalar::reduce(&U384::from_be_slice(&random.array::<48>())));
        let point = g * q;
        assert!(check(-(u2 * q), u2, point).is_none());
        for u1 in [u2 * q, u2 * q + Scalar::ONE, -(u2 * q) - Scalar::ONE] {
            assert!(check(u1, u2, point).is_some());
        }
    }
}

/// The fast formulas say that they failed, and only then.
#[test]
fn the_end_shows_exceptions() {
    let [one, two, three] = {
        let mut multiples = Point::multiples(&Affine::BASE).map(|point| point.to_affine());
        [(); 3].map(|()| multiples.next().unwrap())
    };
    let x = |sum: &Jacobian| {
        let (numerator, denominator) = sum.x();
        numerator.times(&denominator.inverted()).to_bytes()
    };
    let base = Jacobian::from(one);
    assert_eq!(x(&base.doubled()), two.x.to_bytes());
    assert_eq!(x(&base.doubled().plus(&one)), three.x.to_bytes());
    assert_eq!(x(&base.plus(&two)), three.x.to_bytes());
    let opposite = Affine { y: one.y.negated_if(-1), ..one };
    for wrong in [base.plus(&one), base.plus(&opposite), base.doubled().plus(&two)] {
        for sum in [wrong, wrong.doubled(), wrong.plus(&three), wrong.doubled().plus(&one)] {
            assert_eq!(has_x(sum.x(), &two.x.to_bytes()), None);
        }
    }
    assert_eq!(has_x(Sum::x(&Point::INFINITY), &[0; FIELD_LEN]), None);
}

/// x is n or more: r is what is left of it modulo n, and nobody may take r + n where that is p or more.
#[test]
fn an_x_beyond_the_order() {
    let order: [u8; FIELD_LEN] = ORDER.to_bytes();
    let [mut zero, mut one] = [[0; FIELD_LEN]; 2];
    one[FIELD_LEN - 1] = 1;
    let mut found = 0;
    for i in 0..40_u8 {
        let mut compressed = [2; 1 + FIELD_LEN];
        compressed[1..].copy_from_slice(&order);
        // No carry: the order ends with 0x73.
        compressed[FIELD_LEN] += i;
        zero[FIELD_LEN - 1] = i;
        let Some(point) = uncompressed(&compressed) else { continue };
        assert!(sum_has_x(&[0; FIELD_LEN], &one, &point, &zero));
        found += 1;
    }
    assert!(found > 5);
    // The smallest number of which p + r + n would be asked: p - n.
    let x = Element::from_bytes(&FIELD_BEYOND_ORDER).plus(&ORDER);
    assert_eq!(x.to_bytes(), [0; FIELD_LEN]);
    // x = 0 has a point, and r = p - n is not its x, though r + n is 0 modulo p.
    let mut compressed = [0; 1 + FIELD_LEN];
    compressed[0] = 2;
    let point = uncompressed(&compressed).unwrap();
    assert!(sum_has_x(&[0; FIELD_LEN], &one, &point, &[0; FIELD_LEN]));
    assert!(!sum_has_x(&[0; FIELD_LEN], &one, &point, &FIELD_BEYOND_ORDER));
}

#[test]
fn digits_make_the_number() {
    let mut random = Seeded::new();
    let mut numbers = vec![[0; FIELD_LEN], [0xff; FIELD_LEN], [0x55; FIELD_LEN], [0xaa; FIELD_LEN]];
    numbers.extend((0..100).map(|_| random.array::<FIELD_LEN>()));
    for number in numbers {
        for width in [WINDOW, BASE_WINDOW] {
            let digits = sparse_digits(&number, width);
            let mut carry = 0;
            let mut bits = Vec::new();
            for (i, digit) in digits.iter().map(|digit| i32::from(*digit)).enumerate() {
                if digit != 0 {
                    assert!(digit & 1 == 1 && digit.abs() < 1 << (width - 1), "{digit}");
                    assert!(digits[i + 1..].iter().take(width as usize - 1).all(|next| *next == 0));
                }
                let sum = carry + digit;
                bits.push(sum & 1);
                carry = sum >> 1;
            }
            assert_eq!((carry, bits[DIGITS - 1]), (0, 0));
            let back: Vec<u8> = bits[..8 * FIELD_LEN]
                .chunks(8)
                .rev()
                .map(|byte| byte.iter().rev().fold(0, |byte, bit| byte << 1 | *bit as u8))
                .collect();
            assert_eq!(back, number);
        }
    }
}

#[test]
fn what_is_no_point_has_no_sums() {
    let good = sec1(ProjectivePoint::generator());
    let mut one = [0; FIELD_LEN];
    one[FIELD_LEN - 1] = 1;
    let x: [u8; FIELD_LEN] = *good[1..].first_chunk().unwrap();
    assert!(sum_has_x(&[0; FIELD_LEN], &one, &good, &x));
    for at in 0..good.len() {
        let mut other = good.clone();
        other[at] ^= 1;
        assert!(!sum_has_x(&[0; FIELD_LEN], &one, &other, &x), "{at}");
    }
    for other in [&good[..96], &[&good[..], &[0]].concat(), &[0], &[], &[4; 97]] {
        assert!(!sum_has_x(&[0; FIELD_LEN], &one, other, &x));
    }
}
