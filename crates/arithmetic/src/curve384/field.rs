//! Integers modulo p = 2^384 - 2^128 - 2^96 + 2^32 - 1, the field of P-384 (SP 800-186 section 3.2.1.4).
//!
//! An integer a stands for a / R, with R = 2^392 (Montgomery). It has 14 limbs of 28 bits, which leaves room: limbs may
//! have either sign and be a few times too large, so that sums and differences need no carries, and a column of a
//! product fits a 64-bit integer. WebAssembly has no wider product, so the 64-bit limbs of a general library cost it
//! four times as many multiplications, and a call for each.
//!
//! Two bounds must hold; every caller's comments count in these units:
//! - limbs: below n * 2^28 in magnitude, "n limbs" for short. A product has 1, a sum has the sum of
//!   its parts. Below 8 for any element, and for a sum of products the products' sum at most 9.
//! - values: a magnitude below 2^7 * p. A product of values x p and y p is between -xy / 256 and 1 + xy / 256 times p.
//!
//! Nothing here takes a time or an address that depends on a value.

use zeroize::Zeroize;

use super::number::{Limb, Sum};

#[path = "common.rs"]
mod common;

/// Bytes of a coordinate.
pub const FIELD_LEN: usize = 48;

const LIMBS: usize = 14;
const BITS: u32 = 28;
const MASK: i32 = (1 << BITS) - 1;

/// An integer modulo p, in one of its many forms.
#[derive(Clone, Copy, Zeroize)]
pub(super) struct Element(pub(super) [Limb; LIMBS]);

/// p itself.
const P: Element = Element::from_limbs(&[
    MASK, 0xf, 0, 0xfff_f000, 0xffe_ffff, MASK, MASK, MASK, MASK, MASK, MASK, MASK, MASK, 0xf_ffff,
]);

/// R² modulo p, from R / 2^8 = 2^384 = 2^128 + 2^96 - 2^32 + 1.
const R2: Element = {
    let one =
        Element::from_limbs(&[1 << 8, -(1 << 12), 0, 1 << 20, 1 << 24, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    // 2^392 by its bits, all numbers in Montgomery's form: it becomes R * R.
    let mut power = one.plus(&one);
    let mut bit = 8;
    while bit > 0 {
        bit -= 1;
        power = power.squared();
        if (LIMBS as u32 * BITS) >> bit & 1 == 1 {
            power = power.plus(&power);
        }
    }
    power
};

impl Element {
    pub(super) const ZERO: Self = Self([Limb::ZERO; LIMBS]);
    pub(super) const ONE: Self = R2.times(&Self::small(1));

    const fn small(n: i32) -> Self {
        let mut limbs = [Limb::ZERO; LIMBS];
        limbs[0] = Limb::new(n);
        Self(limbs)
    }

    const fn from_limbs(numbers: &[i32; LIMBS]) -> Self {
        let mut limbs = [Limb::ZERO; LIMBS];
        let mut i = 0;
        while i < LIMBS {
            limbs[i] = Limb::new(numbers[i]);
            i += 1;
        }
        Self(limbs)
    }

    /// Reads a number that may be p or more.
    pub(super) const fn from_bytes(bytes: &[u8; FIELD_LEN]) -> Self {
        let mut limbs = [0; LIMBS];
        let mut i = 0;
        while i < FIELD_LEN {
            let (limb, shift) = (8 * i / BITS as usize, 8 * i as u32 % BITS);
            let byte = (bytes[FIELD_LEN - 1 - i] as i32) << shift;
            limbs[limb] |= byte & MASK;
            // Four bits of every seventh byte are the next limb's.
            if shift > BITS - 8 {
                limbs[limb + 1] |= (bytes[FIELD_LEN - 1 - i] >> (BITS - shift)) as i32;
            }
            i += 1;
        }
        Self::from_limbs(&limbs).times(&R2)
    }

    /// The one integer from 0 to p - 1.
    pub(super) fn to_bytes(self) -> [u8; FIELD_LEN] {
        // From 0 to p: |self| is far below R.
        let number = self.times(&Self::small(1));
        let less = number.minus(&P).carried();
        let negative = less.0[LIMBS - 1].sign();
        let limbs = number.or_if(negative, &less).0;
        core::array::from_fn(|i| {
            let at = 8 * (FIELD_LEN - 1 - i);
            let (limb, shift) = (at / BITS as usize, at as u32 % BITS);
            let next = limbs.get(limb + 1).copied().unwrap_or(Limb::ZERO);
            limbs[limb].byte(shift, next, BITS)
        })
    }

    /// Adds limb by limb.
    pub(super) const fn plus(&self, other: &Self) -> Self {
        let mut limbs = self.0;
        let mut i = 0;
        while i < LIMBS {
            limbs[i] = limbs[i].plus(other.0[i]);
            i += 1;
        }
        Self(limbs)
    }

    /// Subtracts limb by limb.
    pub(super) const fn minus(&self, other: &Self) -> Self {
        let mut limbs = self.0;
        let mut i = 0;
        while i < LIMBS {
            limbs[i] = limbs[i].minus(other.0[i]);
            i += 1;
        }
        Self(limbs)
    }

    /// The same number in 1 limbs.
    pub(super) const fn carried(&self) -> Self {
        let mut limbs = self.0;
        let mut i = 0;
        while i < LIMBS - 1 {
            limbs[i + 1] = limbs[i + 1].plus(limbs[i].shifted_right(BITS));
            limbs[i] = limbs[i].low_bits(BITS);
            i += 1;
        }
        Self(limbs)
    }

    /// `self` where `mask` is -1, `other` where it is 0.
    pub(super) fn or_if(&self, mask: i32, other: &Self) -> Self {
        Self(core::array::from_fn(|i| self.0[i].or_if(mask, other.0[i])))
    }

    /// Adds what `mask`, -1 or 0, lets through, bit by bit.
    pub(super) fn merge(&mut self, mask: i32, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(limb, other)| *limb = limb.merged(mask, *other));
    }

    /// The negative where `mask` is -1.
    pub(super) fn negated_if(&self, mask: i32) -> Self {
        Self(self.0.map(|limb| limb.negated_if(mask)))
    }

    /// The product, of at most 9 limbs times limbs.
    pub(super) const fn times(&self, other: &Self) -> Self {
        product(self, other)
    }

    /// The square, of at most 3 limbs.
    pub(super) const fn squared(&self) -> Self {
        square(self)
    }

    /// ab + cd.
    pub(super) const fn sum_of_products(a: &Self, b: &Self, c: &Self, d: &Self) -> Self {
        two_products((a, b), (c, d))
    }
}

/// A product being reduced, column by column, where column n has the factors of 2^(28 n): it becomes the product through
/// R, modulo p. Multiples of p are added that clear the lower half of the columns. p is -1 modulo 2^28, so that the
/// factor of each multiple is the limb to be cleared itself, and p's few terms need no multiplication.
struct Reduction {
    sum: Sum,
    /// Of column n at n + 13; zeros around them.
    factors: [Sum; 2 * LIMBS + 13],
    limbs: [Limb; LIMBS],
}

impl Reduction {
    const fn new() -> Self {
        Self { sum: Sum::ZERO, factors: [Sum::ZERO; 2 * LIMBS + 13], limbs: [Limb::ZERO; LIMBS] }
    }

    /// Takes the next column. The sum that the next one waits for comes last.
    #[inline(always)]
    const fn column(&mut self, n: usize, products: Sum) {
        let factors = &mut self.factors;
        self.sum = products
            .plus(factors[n].shifted_left(20))
            .minus(factors[n + 10].shifted_left(12))
            .minus(factors[n + 9].shifted_left(16))
            .plus(self.sum.shifted_right(BITS).plus(factors[n + 12].shifted_left(4)));
        if n < LIMBS {
            factors[n + 13] = self.sum.low_bits(BITS);
        } else {
            self.limbs[n - LIMBS] = self.sum.low_bits(BITS).to_limb();
        }
    }

    #[inline(always)]
    const fn finish(mut self) -> Element {
        self.limbs[LIMBS - 1] = self.sum.shifted_right(BITS).to_limb();
        Element(self.limbs)
    }
}

/// Calls `$macro` with the columns of a product and the limbs of the first factor that are in each. Written out, since
/// the compiler is asked for small code: loops take three times as long.
macro_rules! columns {
    ($macro:ident) => {
        $macro! {
            0: 0;
            1: 0 1;
            2: 0 1 2;
            3: 0 1 2 3;
            4: 0 1 2 3 4;
            5: 0 1 2 3 4 5;
            6: 0 1 2 3 4 5 6;
            7: 0 1 2 3 4 5 6 7;
            8: 0 1 2 3 4 5 6 7 8;
            9: 0 1 2 3 4 5 6 7 8 9;
            10: 0 1 2 3 4 5 6 7 8 9 10;
            11: 0 1 2 3 4 5 6 7 8 9 10 11;
            12: 0 1 2 3 4 5 6 7 8 9 10 11 12;
            13: 0 1 2 3 4 5 6 7 8 9 10 11 12 13;
            14: 1 2 3 4 5 6 7 8 9 10 11 12 13;
            15: 2 3 4 5 6 7 8 9 10 11 12 13;
            16: 3 4 5 6 7 8 9 10 11 12 13;
            17: 4 5 6 7 8 9 10 11 12 13;
            18: 5 6 7 8 9 10 11 12 13;
            19: 6 7 8 9 10 11 12 13;
            20: 7 8 9 10 11 12 13;
            21: 8 9 10 11 12 13;
            22: 9 10 11 12 13;
            23: 10 11 12 13;
            24: 11 12 13;
            25: 12 13;
            26: 13;
        }
    };
}

/// The same for a square: the limbs that have a partner above them, and the one that is its own.
macro_rules! columns_of_square {
    ($macro:ident) => {
        $macro! {
            0: | 0;
            1: 0 |;
            2: 0 | 1;
            3: 0 1 |;
            4: 0 1 | 2;
            5: 0 1 2 |;
            6: 0 1 2 | 3;
            7: 0 1 2 3 |;
            8: 0 1 2 3 | 4;
            9: 0 1 2 3 4 |;
            10: 0 1 2 3 4 | 5;
            11: 0 1 2 3 4 5 |;
            12: 0 1 2 3 4 5 | 6;
            13: 0 1 2 3 4 5 6 |;
            14: 1 2 3 4 5 6 | 7;
            15: 2 3 4 5 6 7 |;
            16: 3 4 5 6 7 | 8;
            17: 4 5 6 7 8 |;
            18: 5 6 7 8 | 9;
            19: 6 7 8 9 |;
            20: 7 8 9 | 10;
            21: 8 9 10 |;
            22: 9 10 | 11;
            23: 10 11 |;
            24: 11 | 12;
            25: 12 |;
            26: | 13;
        }
    };
}

#[inline(never)]
const fn product(Element(a): &Element, Element(b): &Element) -> Element {
    let mut reduction = Reduction::new();
    macro_rules! add {
        ($($n:literal: $($i:literal)+;)+) => {
            $(reduction.column($n, Sum::ZERO$(.plus(a[$i].times(b[$n - $i])))+);)+
        };
    }
    columns!(add);
    reduction.finish()
}

#[inline(never)]
const fn square(number: &Element) -> Element {
    let (Element(a), Element(double)) = (number, &number.plus(number));
    let mut reduction = Reduction::new();
    macro_rules! add {
        ($($n:literal: $($i:literal)* | $($own:literal)?;)+) => {
            $(reduction.column(
                $n,
                Sum::ZERO$(.plus(double[$i].times(a[$n - $i])))*$(.plus(a[$own].times(a[$own])))?,
            );)+
        };
    }
    columns_of_square!(add);
    reduction.finish()
}

#[inline(never)]
const fn two_products(
    (Element(a), Element(b)): (&Element, &Element),
    (Element(c), Element(d)): (&Element, &Element),
) -> Element {
    let mut reduction = Reduction::new();
    macro_rules! add {
        ($($n:literal: $($i:literal)+;)+) => {
            $(reduction.column(
                $n,
                Sum::ZERO$(.plus(a[$i].times(b[$n - $i])).plus(c[$i].times(d[$n - $i])))+,
            );)+
        };
    }
    columns!(add);
    reduction.finish()
}

#[cfg(test)]
#[path = "../tests/curve384_field.rs"]
mod tests;
