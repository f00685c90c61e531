//! What any implementation of the field has, in terms of its other methods.

use super::{Element, FIELD_LEN};

impl Element {
    /// As published: hexadecimal.
    pub(in super::super) const fn from_hex(digits: &[u8; 2 * FIELD_LEN]) -> Self {
        const fn value(digit: u8) -> u8 {
            if digit <= b'9' { digit - b'0' } else { digit - b'a' + 10 }
        }
        let mut bytes = [0; FIELD_LEN];
        let mut i = 0;
        while i < FIELD_LEN {
            bytes[i] = value(digits[2 * i]) << 4 | value(digits[2 * i + 1]);
            i += 1;
        }
        Self::from_bytes(&bytes)
    }

    pub(in super::super) const fn tripled(&self) -> Self {
        self.plus(self).plus(self)
    }

    // Not inlined: at opt-level 3 it would be, a dozen times.
    #[inline(never)]
    fn squared_times(&self, n: usize) -> Self {
        (0..n).fold(*self, |power, _| power.squared())
    }

    /// Powers of `self` by 2^30 - 1 and by 2^288 - 2^32 - 1: 255 ones in binary, a zero, 32 ones. Both exponents below
    /// begin with the latter.
    fn powers(&self) -> (Self, Self) {
        // By 2^n - 1.
        let x2 = self.squared().times(self);
        let x3 = x2.squared().times(self);
        let x6 = x3.squared_times(3).times(&x3);
        let x12 = x6.squared_times(6).times(&x6);
        let x15 = x12.squared_times(3).times(&x3);
        let x30 = x15.squared_times(15).times(&x15);
        let x32 = x30.squared_times(2).times(&x2);
        let x60 = x30.squared_times(30).times(&x30);
        let x120 = x60.squared_times(60).times(&x60);
        let x240 = x120.squared_times(120).times(&x120);
        let x255 = x240.squared_times(15).times(&x15);
        (x30, x255.squared_times(33).times(&x32))
    }

    /// The inverse by Fermat, the power p - 2; 0 for 0.
    pub(in super::super) fn inverted(&self) -> Self {
        let (x30, head) = self.powers();
        head.squared_times(94).times(&x30).squared_times(2).times(self)
    }

    /// A square root, if it is a square: its power (p + 1) / 4, for p is 3 modulo 4.
    pub(in super::super) fn root(&self) -> Option<Self> {
        let (_, head) = self.powers();
        let root = head.squared_times(64).times(self).squared_times(30);
        (root.squared().to_bytes() == self.to_bytes()).then_some(root)
    }
}
