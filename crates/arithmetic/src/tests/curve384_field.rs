//! The field against the crate's, and the bounds that the formulas rely on.

use p384::NistP384;
use p384::elliptic_curve::ff::{Field, PrimeField};
use p384::elliptic_curve::hazmat::FieldArithmetic;

use super::*;
use crate::seeded::Seeded;

type Reference = <NistP384 as FieldArithmetic>::FieldElement;

fn reference(bytes: [u8; FIELD_LEN]) -> Reference {
    Reference::from_repr(bytes.into()).unwrap()
}

fn bytes(number: Reference) -> [u8; FIELD_LEN] {
    number.to_repr().into()
}

/// 0, 1, 2, p - 1, p - 2, single bits and random numbers.
fn numbers() -> Vec<[u8; FIELD_LEN]> {
    let mut numbers = vec![
        bytes(Reference::ZERO),
        bytes(Reference::ONE),
        bytes(Reference::from(2_u64)),
        bytes(-Reference::ONE),
        bytes(-Reference::from(2_u64)),
    ];
    for bit in (0..384).step_by(7) {
        let mut number = [0; FIELD_LEN];
        number[bit / 8] = 1 << (bit % 8);
        numbers.push(number);
    }
    let mut random = Seeded::new();
    for _ in 0..40 {
        let number = random.array();
        numbers.extend(Option::<Reference>::from(Reference::from_repr(number.into())).map(bytes));
    }
    numbers
}

#[test]
fn agrees_with_the_crate() {
    let numbers = numbers();
    for &a in &numbers {
        let (one, one_reference) = (Element::from_bytes(&a), reference(a));
        assert_eq!(one.to_bytes(), a);
        assert_eq!(one.squared().to_bytes(), bytes(one_reference.square()));
        assert_eq!(
            one.tripled().carried().to_bytes(),
            bytes(one_reference * Reference::from(3_u64))
        );
        for &b in &numbers {
            let (other, other_reference) = (Element::from_bytes(&b), reference(b));
            let product = one_reference * other_reference;
            assert_eq!(one.times(&other).to_bytes(), bytes(product));
            assert_eq!(one.plus(&other).to_bytes(), bytes(one_reference + other_reference));
            assert_eq!(one.minus(&other).to_bytes(), bytes(one_reference - other_reference));
            let sum = Element::sum_of_products(&one, &other, &other.negated_if(-1), &other);
            assert_eq!(sum.to_bytes(), bytes(product - other_reference.square()));
        }
    }
}

#[test]
fn inverses_and_roots() {
    assert_eq!(Element::ZERO.inverted().to_bytes(), [0; FIELD_LEN]);
    let mut roots = 0;
    let numbers = numbers();
    for &a in &numbers {
        let one = Element::from_bytes(&a);
        let inverse = Option::<Reference>::from(reference(a).invert()).unwrap_or(Reference::ZERO);
        assert_eq!(one.inverted().to_bytes(), bytes(inverse));
        let root = one.root();
        assert_eq!(root.is_some(), bool::from(reference(a).sqrt().is_some()));
        if let Some(root) = root {
            assert_eq!(root.squared().to_bytes(), a);
            roots += 1;
        }
    }
    assert!(roots > 10 && roots < numbers.len() - 10, "{roots} roots");
}

/// The largest limbs that the bounds allow, of either sign, and p in all its spellings.
#[test]
fn extremes() {
    const LARGE: i32 = (1 << BITS) - 1;
    // The highest limb is bounded by the value's bound: 2^20 in it is p.
    let full = |n: i32| {
        let mut limbs = [n * LARGE; LIMBS];
        limbs[LIMBS - 1] = n << 24;
        Element::from_limbs(&limbs)
    };
    let [small, double, large] = [1, 2, 3].map(full);
    let minus_small = small.negated_if(-1);
    let expect = |number: &Element| reference(number.to_bytes());
    for (a, b) in [(small, large), (minus_small, large), (small, minus_small), (large, large)] {
        assert_eq!(a.times(&b).to_bytes(), bytes(expect(&a) * expect(&b)));
        for (c, d) in [(small, large), (minus_small, large)] {
            let sum = Element::sum_of_products(&c, &d, &double, &double);
            assert_eq!(sum.to_bytes(), bytes(expect(&c) * expect(&d) + expect(&double).square()));
        }
    }
    assert_eq!(large.squared().to_bytes(), bytes(expect(&large).square()));
    let mut multiple = Element::ZERO;
    for _ in 0..7 {
        assert_eq!(multiple.to_bytes(), [0; FIELD_LEN]);
        assert_eq!(multiple.negated_if(-1).to_bytes(), [0; FIELD_LEN]);
        assert_eq!(multiple.carried().to_bytes(), [0; FIELD_LEN]);
        assert_eq!(multiple.plus(&Element::ONE).to_bytes(), Element::ONE.to_bytes());
        multiple = multiple.plus(&P);
    }
    // The limbs of a reduced number are in their range.
    for a in numbers() {
        let limbs = Element::from_bytes(&a).minus(&large).squared().0.map(|limb| limb.0);
        assert!(limbs[..LIMBS - 1].iter().all(|limb| (0..=MASK).contains(limb)), "{limbs:?}");
        assert!(limbs[LIMBS - 1].abs() < 1 << 24, "{limbs:?}");
    }
}

#[test]
fn numbers_of_p_or_more_are_reduced() {
    // 2^384 - 1 - p = 2^128 + 2^96 - 2^32
    let mut rest = [0; FIELD_LEN];
    rest[FIELD_LEN - 17] = 1;
    rest[FIELD_LEN - 12..FIELD_LEN - 4].fill(0xff);
    let number = Element::from_bytes(&[0xff; FIELD_LEN]);
    assert_eq!(number.to_bytes(), rest);
}
