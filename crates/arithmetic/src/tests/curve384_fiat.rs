//! The field against fiat-crypto's, whose formulas are proven.

use super::field::{Element, FIELD_LEN};
use super::field_fiat::Element as Proven;
use crate::seeded::random_array;

const P: [u8; FIELD_LEN] = {
    let mut bytes = [0xff; FIELD_LEN];
    let mut i = 0;
    while i < 8 {
        bytes[FIELD_LEN - 5 - i] = 0;
        i += 1;
    }
    bytes[FIELD_LEN - 17] = 0xfe;
    bytes
};

/// Numbers around 0, p, 2^384, each power of two, and each border of a limb of 28 or of 32 bits; then random ones.
fn numbers(random: usize) -> Vec<[u8; FIELD_LEN]> {
    let mut numbers = vec![[0; FIELD_LEN], [0xff; FIELD_LEN]];
    for end in 0..=4 {
        for mut number in [P, [0xff; FIELD_LEN]] {
            number[FIELD_LEN - 1] -= end;
            numbers.push(number);
        }
    }
    for step in [28, 32] {
        for bit in (0..384_usize).step_by(step) {
            // The power of two, all below it, all from it on, all but it.
            let power = |at: usize| u8::from(bit / 8 == FIELD_LEN - 1 - at) << (bit % 8);
            let below = |at: usize| match (FIELD_LEN - 1 - at).cmp(&(bit / 8)) {
                core::cmp::Ordering::Less => 0xff,
                core::cmp::Ordering::Equal => (1 << (bit % 8)) - 1,
                core::cmp::Ordering::Greater => 0,
            };
            numbers.push(core::array::from_fn(power));
            numbers.push(core::array::from_fn(below));
            numbers.push(core::array::from_fn(|at| !below(at)));
            numbers.push(core::array::from_fn(|at| !power(at)));
        }
    }
    numbers.extend((0..random).map(|_| random_array::<FIELD_LEN>()));
    numbers
}

#[test]
fn one_number() {
    let mut roots = 0;
    for bytes in numbers(200) {
        let (a, proven) = (Element::from_bytes(&bytes), Proven::from_bytes(&bytes));
        assert_eq!(a.to_bytes(), proven.to_bytes());
        assert_eq!(a.squared().to_bytes(), proven.squared().to_bytes());
        assert_eq!(a.tripled().to_bytes(), proven.tripled().to_bytes());
        assert_eq!(a.tripled().carried().to_bytes(), proven.tripled().to_bytes());
        assert_eq!(a.inverted().to_bytes(), proven.inverted().to_bytes());
        for mask in [0, -1] {
            assert_eq!(a.negated_if(mask).to_bytes(), proven.negated_if(mask).to_bytes());
            let (mut merged, mut merged_proven) = (Element::ZERO, Proven::ZERO);
            merged.merge(mask, &a);
            merged_proven.merge(mask, &proven);
            assert_eq!(merged.to_bytes(), merged_proven.to_bytes());
        }
        // Of the two roots, both have the same.
        let root = proven.root().map(|root| root.to_bytes());
        assert_eq!(a.root().map(|root| root.to_bytes()), root);
        roots += u32::from(root.is_some());
    }
    assert!((150..350).contains(&roots), "{roots}");
}

#[test]
fn two_numbers() {
    let numbers = numbers(60);
    for a in &numbers {
        let (one, proven) = (Element::from_bytes(a), Proven::from_bytes(a));
        for b in &numbers {
            let (other, other_proven) = (Element::from_bytes(b), Proven::from_bytes(b));
            assert_eq!(one.times(&other).to_bytes(), proven.times(&other_proven).to_bytes());
            assert_eq!(one.plus(&other).to_bytes(), proven.plus(&other_proven).to_bytes());
            assert_eq!(one.minus(&other).to_bytes(), proven.minus(&other_proven).to_bytes());
            for mask in [0, -1] {
                let proven = proven.or_if(mask, &other_proven);
                assert_eq!(one.or_if(mask, &other).to_bytes(), proven.to_bytes());
            }
        }
    }
}

/// What the formulas of points hand to a product: sums and differences that were not carried, of either sign.
#[test]
fn numbers_in_many_limbs() {
    let numbers: Vec<_> = numbers(40).into_iter().step_by(5).collect();
    let last = numbers.len() - 1;
    for (i, a) in numbers.iter().enumerate() {
        for (j, b) in numbers.iter().enumerate() {
            let [a, b, c, d] = [a, b, &numbers[last - i], &numbers[(i + j) % numbers.len()]];
            let own = |bytes| Element::from_bytes(bytes);
            let proven = |bytes| Proven::from_bytes(bytes);
            let sum = Element::sum_of_products(
                &own(a).tripled(),
                &own(b).minus(&own(c)),
                &own(d).plus(&own(a)).negated_if(-1),
                &own(c),
            );
            let expected = Proven::sum_of_products(
                &proven(a).tripled(),
                &proven(b).minus(&proven(c)),
                &proven(d).plus(&proven(a)).negated_if(-1),
                &proven(c),
            );
            assert_eq!(sum.to_bytes(), expected.to_bytes());
            let squares = (own(b).tripled().squared(), proven(b).tripled().squared());
            assert_eq!(squares.0.to_bytes(), squares.1.to_bytes());
        }
    }
}
