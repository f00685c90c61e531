//! The two integers that the field computes with: a limb, and a sum of products of limbs.
//!
//! They are types of their own so that the field's formulas can run on something else: `examples/bounds`
//! puts intervals in their place, which shows that nothing overflows for any numbers. Methods take the place of
//! operators, which a `const fn` does not have for such types.

use zeroize::Zeroize;

/// 28 bits of a number, or a few more, of either sign.
#[derive(Clone, Copy, Zeroize)]
pub(super) struct Limb(pub(super) i32);

impl Limb {
    pub(super) const ZERO: Self = Self(0);

    #[inline(always)]
    pub(super) const fn new(n: i32) -> Self {
        Self(n)
    }

    #[inline(always)]
    pub(super) const fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    #[inline(always)]
    pub(super) const fn minus(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }

    #[inline(always)]
    pub(super) const fn times(self, other: Self) -> Sum {
        Sum(self.0 as i64 * other.0 as i64)
    }

    /// Rounds down.
    #[inline(always)]
    pub(super) const fn shifted_right(self, bits: u32) -> Self {
        Self(self.0 >> bits)
    }

    #[inline(always)]
    pub(super) const fn low_bits(self, bits: u32) -> Self {
        Self(self.0 & ((1 << bits) - 1))
    }

    /// -1 if it is negative, else 0.
    #[inline(always)]
    pub(super) fn sign(self) -> i32 {
        self.0 >> 31
    }

    /// `self` where `mask` is -1, `other` where it is 0.
    #[inline(always)]
    pub(super) fn or_if(self, mask: i32, other: Self) -> Self {
        Self(other.0 ^ (mask & (self.0 ^ other.0)))
    }

    /// With the bits of `other` too, where `mask` is -1.
    #[inline(always)]
    pub(super) fn merged(self, mask: i32, other: Self) -> Self {
        Self(self.0 | (other.0 & mask))
    }

    /// The negative where `mask` is -1.
    #[inline(always)]
    pub(super) fn negated_if(self, mask: i32) -> Self {
        Self((self.0 ^ mask) - mask)
    }

    /// The byte that begins at bit `at` and goes on in `next`, the bits from `bits` on.
    #[inline(always)]
    pub(super) fn byte(self, at: u32, next: Self, bits: u32) -> u8 {
        (self.0 >> at | next.0 << (bits - at)) as u8
    }
}

/// A sum of products of limbs.
#[derive(Clone, Copy)]
pub(super) struct Sum(i64);

impl Sum {
    pub(super) const ZERO: Self = Self(0);

    #[inline(always)]
    pub(super) const fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    #[inline(always)]
    pub(super) const fn minus(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }

    #[inline(always)]
    pub(super) const fn shifted_left(self, bits: u32) -> Self {
        Self(self.0 << bits)
    }

    /// Rounds down.
    #[inline(always)]
    pub(super) const fn shifted_right(self, bits: u32) -> Self {
        Self(self.0 >> bits)
    }

    #[inline(always)]
    pub(super) const fn low_bits(self, bits: u32) -> Self {
        Self(self.0 & ((1 << bits) - 1))
    }

    /// For what fits.
    #[inline(always)]
    pub(super) const fn to_limb(self) -> Limb {
        Limb(self.0 as i32)
    }
}
