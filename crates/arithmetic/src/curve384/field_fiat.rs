//! The field by fiat-crypto: arithmetic with a machine-checked proof, at a fifth of the speed of `field.rs`, whose place
//! it takes under `--cfg fieldseal_fiat_p384`. Every element is below p, the form that the proofs are about.

use fiat_crypto::p384_32::{
    fiat_p384_add, fiat_p384_cmovznz_u32, fiat_p384_from_bytes, fiat_p384_from_montgomery,
    fiat_p384_montgomery_domain_field_element as Montgomery, fiat_p384_mul,
    fiat_p384_non_montgomery_domain_field_element as Plain, fiat_p384_opp, fiat_p384_set_one,
    fiat_p384_square, fiat_p384_sub, fiat_p384_subborrowx_u32, fiat_p384_to_bytes,
    fiat_p384_to_montgomery,
};
use zeroize::Zeroize;

#[allow(clippy::duplicate_mod, reason = "tests have both fields, each with what they share")]
#[path = "common.rs"]
mod common;

/// Bytes of a coordinate.
pub const FIELD_LEN: usize = 48;

const LIMBS: usize = 12;

/// p itself, least significant limb first.
const P: [u32; LIMBS] = {
    let mut limbs = [u32::MAX; LIMBS];
    limbs[1] = 0;
    limbs[2] = 0;
    limbs[4] -= 1;
    limbs
};

/// An integer modulo p.
#[derive(Clone, Copy, Zeroize)]
pub(super) struct Element([u32; LIMBS]);

impl Element {
    pub(super) const ZERO: Self = Self([0; LIMBS]);
    pub(super) const ONE: Self = {
        let mut one = Montgomery([0; LIMBS]);
        fiat_p384_set_one(&mut one);
        Self(one.0)
    };

    /// Reads a number that may be p or more.
    pub(super) const fn from_bytes(bytes: &[u8; FIELD_LEN]) -> Self {
        let mut reversed = [0; FIELD_LEN];
        let mut i = 0;
        while i < FIELD_LEN {
            reversed[i] = bytes[FIELD_LEN - 1 - i];
            i += 1;
        }
        let mut number = [0; LIMBS];
        fiat_p384_from_bytes(&mut number, &reversed);
        let mut product = Montgomery([0; LIMBS]);
        fiat_p384_to_montgomery(&mut product, &Plain(below_p(&number)));
        Self(product.0)
    }

    /// The one integer from 0 to p - 1.
    pub(super) fn to_bytes(self) -> [u8; FIELD_LEN] {
        let mut number = Plain([0; LIMBS]);
        fiat_p384_from_montgomery(&mut number, &Montgomery(self.0));
        let mut bytes = [0; FIELD_LEN];
        fiat_p384_to_bytes(&mut bytes, &number.0);
        bytes.reverse();
        bytes
    }

    pub(super) const fn plus(&self, other: &Self) -> Self {
        let mut sum = Montgomery([0; LIMBS]);
        fiat_p384_add(&mut sum, &Montgomery(self.0), &Montgomery(other.0));
        Self(sum.0)
    }

    pub(super) const fn minus(&self, other: &Self) -> Self {
        let mut difference = Montgomery([0; LIMBS]);
        fiat_p384_sub(&mut difference, &Montgomery(self.0), &Montgomery(other.0));
        Self(difference.0)
    }

    /// The same: nothing is left to carry.
    pub(super) const fn carried(&self) -> Self {
        *self
    }

    /// `self` where `mask` is -1, `other` where it is 0.
    pub(super) fn or_if(&self, mask: i32, other: &Self) -> Self {
        Self(choose((mask & 1) as u8, &other.0, &self.0))
    }

    /// Adds what `mask`, -1 or 0, lets through, bit by bit.
    pub(super) fn merge(&mut self, mask: i32, other: &Self) {
        let mask = mask as u32;
        self.0.iter_mut().zip(&other.0).for_each(|(limb, other)| *limb |= other & mask);
    }

    /// The negative where `mask` is -1.
    pub(super) fn negated_if(&self, mask: i32) -> Self {
        let mut negative = Montgomery([0; LIMBS]);
        fiat_p384_opp(&mut negative, &Montgomery(self.0));
        Self(negative.0).or_if(mask, self)
    }

    pub(super) const fn times(&self, other: &Self) -> Self {
        let mut product = Montgomery([0; LIMBS]);
        fiat_p384_mul(&mut product, &Montgomery(self.0), &Montgomery(other.0));
        Self(product.0)
    }

    pub(super) const fn squared(&self) -> Self {
        let mut square = Montgomery([0; LIMBS]);
        fiat_p384_square(&mut square, &Montgomery(self.0));
        Self(square.0)
    }

    /// ab + cd.
    pub(super) const fn sum_of_products(a: &Self, b: &Self, c: &Self, d: &Self) -> Self {
        a.times(b).plus(&c.times(d))
    }
}

/// A number of 384 bits modulo p, which it is less than twice of.
const fn below_p(number: &[u32; LIMBS]) -> [u32; LIMBS] {
    let mut less = [0; LIMBS];
    let mut borrow = 0;
    let mut i = 0;
    while i < LIMBS {
        let before = borrow;
        fiat_p384_subborrowx_u32(&mut less[i], &mut borrow, before, number[i], P[i]);
        i += 1;
    }
    choose(borrow, &less, number)
}

/// `zero` where `which` is 0, `one` where it is 1.
const fn choose(which: u8, zero: &[u32; LIMBS], one: &[u32; LIMBS]) -> [u32; LIMBS] {
    let mut chosen = [0; LIMBS];
    let mut i = 0;
    while i < LIMBS {
        fiat_p384_cmovznz_u32(&mut chosen[i], which, zero[i], one[i]);
        i += 1;
    }
    chosen
}
