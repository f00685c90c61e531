//! Powers modulo an odd number, by Montgomery's multiplication (Handbook of Applied Cryptography, algorithm 14.36).
//!
//! For RSA with a public key. What is raised to a power is secret: neither a branch nor an address depends on it.
//! Modulus and exponent are public.

use zeroize::Zeroizing;

/// Digits to the base 2^32, least significant first; as many as the modulus has.
type Digits = Zeroizing<Vec<u32>>;

/// An odd modulus, and what is computed from it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Modulus {
    digits: Vec<u32>,
    /// -1 / modulus, modulo 2^32.
    negative_inverse: u32,
    /// R² modulo the modulus, where R is 2^32 to the number of digits.
    r_squared: Vec<u32>,
}

impl Modulus {
    /// From big-endian bytes without leading zeros; `None` for an even number, and for one.
    pub(super) fn new(bytes: &[u8]) -> Option<Self> {
        let digits = from_bytes(bytes);
        let first = *digits.first().filter(|first| **first & 1 == 1)?;
        if bytes == [1] {
            return None;
        }
        // Each step doubles the bits that are right; three are from the start.
        let inverse = (0..4).fold(first, |inverse, _| {
            inverse.wrapping_mul(2u32.wrapping_sub(first.wrapping_mul(inverse)))
        });
        let negative_inverse = inverse.wrapping_neg();
        let mut modulus = Self { digits, negative_inverse, r_squared: Vec::new() };
        modulus.r_squared = modulus.square_of_r();
        Some(modulus)
    }

    fn square_of_r(&self) -> Vec<u32> {
        let n = self.digits.len();
        // From the highest power of two that is below the modulus: doubled up to R, it is 1 in Montgomery's form.
        let bits = bits(&self.digits);
        let mut power = Zeroizing::new(vec![0; n]);
        power[(bits - 1) / 32] = 1 << ((bits - 1) % 32);
        for _ in bits - 1..32 * n {
            self.double(&mut power);
        }
        // 2 to the power 32 n, which is R, in that form.
        let exponent = 32 * n;
        for bit in (0..usize::BITS - exponent.leading_zeros()).rev() {
            power = self.multiply(&power, &power);
            if exponent >> bit & 1 == 1 {
                self.double(&mut power);
            }
        }
        power.to_vec()
    }

    fn double(&self, number: &mut [u32]) {
        let mut carry = 0;
        for digit in number.iter_mut() {
            (*digit, carry) = (*digit << 1 | carry, *digit >> 31);
        }
        self.reduce(number, carry);
    }

    /// Subtracts the modulus once from a number below twice the modulus, if that leaves no less than zero. `top` is the
    /// number's digit above its others.
    fn reduce(&self, number: &mut [u32], top: u32) {
        let mut borrow = 0;
        for (digit, n) in number.iter().zip(&self.digits) {
            borrow = difference(*digit, *n, borrow).1;
        }
        // All ones where the modulus is to be subtracted.
        let mask = (top | (borrow ^ 1)).wrapping_neg();
        let mut borrow = 0;
        for (digit, n) in number.iter_mut().zip(&self.digits) {
            (*digit, borrow) = difference(*digit, n & mask, borrow);
        }
    }

    /// a · b / R modulo the modulus.
    fn multiply(&self, a: &[u32], b: &[u32]) -> Digits {
        let mut sum = Zeroizing::new(vec![0; self.digits.len()]);
        let mut top = 0u32;
        for a in a {
            // One pass adds a digit's product and as many moduli as make the lowest digit zero, which then goes.
            let lowest = product_sum(sum[0], *a, b[0], 0).0;
            let factor = lowest.wrapping_mul(self.negative_inverse);
            let (mut carry, mut carry_n) = (0, 0);
            for (i, (b, n)) in b.iter().zip(&self.digits).enumerate() {
                let digit;
                (digit, carry) = product_sum(sum[i], *a, *b, carry);
                let below;
                (below, carry_n) = product_sum(digit, factor, *n, carry_n);
                if i > 0 {
                    sum[i - 1] = below;
                }
            }
            let high = u64::from(top) + u64::from(carry) + u64::from(carry_n);
            if let Some(last) = sum.last_mut() {
                *last = high as u32;
            }
            top = (high >> 32) as u32;
        }
        self.reduce(&mut sum, top);
        sum
    }

    /// `base` to the power `exponent`, as many bytes as the modulus has; both big-endian, `base` below the modulus and
    /// no longer than it.
    pub(super) fn power(&self, base: &[u8], exponent: u64) -> Vec<u8> {
        let mut digits = Zeroizing::new(from_bytes(base));
        digits.resize(self.digits.len(), 0);
        let base = self.multiply(&digits, &self.r_squared);
        let mut power = base.clone();
        let below_highest = 63u32.saturating_sub(exponent.leading_zeros());
        for bit in (0..below_highest).rev() {
            power = self.multiply(&power, &power);
            if exponent >> bit & 1 == 1 {
                power = self.multiply(&power, &base);
            }
        }
        let mut one = vec![0; self.digits.len()];
        one[0] = 1;
        let power = self.multiply(&power, &one);
        let bytes = power.iter().rev().flat_map(|digit| digit.to_be_bytes());
        bytes.skip(4 * power.len() - self.len()).collect()
    }

    /// Length in bits.
    pub(super) fn bits(&self) -> usize {
        bits(&self.digits)
    }

    /// Length in bytes.
    pub(super) fn len(&self) -> usize {
        self.bits().div_ceil(8)
    }
}

fn bits(digits: &[u32]) -> usize {
    let top = digits.last().map_or(0, |digit| digit.leading_zeros() as usize);
    32 * digits.len() - top
}

fn from_bytes(bytes: &[u8]) -> Vec<u32> {
    let digit = |bytes: &[u8]| bytes.iter().fold(0, |digit, byte| digit << 8 | u32::from(*byte));
    bytes.rchunks(4).map(digit).collect()
}

/// a + b · c + carry: its low and its high digit.
fn product_sum(a: u32, b: u32, c: u32, carry: u32) -> (u32, u32) {
    // At most 2^64 - 1.
    let sum = u64::from(a) + u64::from(b) * u64::from(c) + u64::from(carry);
    (sum as u32, (sum >> 32) as u32)
}

/// a - b - borrow: its digit, and 1 where it is below zero.
fn difference(a: u32, b: u32, borrow: u32) -> (u32, u32) {
    let difference = u64::from(a).wrapping_sub(u64::from(b) + u64::from(borrow));
    (difference as u32, (difference >> 63) as u32)
}

#[cfg(test)]
#[path = "tests/montgomery.rs"]
mod tests;
