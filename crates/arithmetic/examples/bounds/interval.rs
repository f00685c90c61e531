//! Intervals in the place of the field's two integers (`src/curve384/number.rs`): what an operation's result may
//! be when its operands may be anything in theirs. An operation that may leave its integer panics.
//!
//! A number known exactly is an interval of one, and stays it through all operations: the constants of the curve come out
//! as they are. Masks made of secrets are not looked at: a choice is between both, whichever they say.

use core::cell::Cell;

use zeroize::Zeroize;

/// The largest magnitudes on the way to a number.
#[derive(Clone, Copy)]
pub(super) struct Peaks {
    pub(super) limb: i128,
    pub(super) sum: i128,
}

impl Peaks {
    pub(super) const NONE: Self = Self { limb: 0, sum: 0 };

    const fn and(self, other: Self) -> Self {
        Self { limb: max(self.limb, other.limb), sum: max(self.sum, other.sum) }
    }
}

thread_local! {
    static SEEN: Cell<Peaks> = const { Cell::new(Peaks::NONE) };
}

/// The peaks of all numbers that were chosen from or became bytes, which is how every computation ends; starts again.
pub(super) fn take_peaks() -> Peaks {
    SEEN.replace(Peaks::NONE)
}

#[derive(Clone, Copy)]
struct Interval {
    low: i128,
    high: i128,
    peaks: Peaks,
}

impl Interval {
    const fn exactly(n: i128) -> Self {
        Self { low: n, high: n, peaks: Peaks::NONE }
    }

    const fn between(self, low: i128, high: i128) -> Self {
        Self { low, high, ..self }
    }

    const fn with_peaks_of(self, other: Self) -> Self {
        Self { peaks: self.peaks.and(other.peaks), ..self }
    }

    const fn plus(self, other: Self) -> Self {
        self.between(self.low + other.low, self.high + other.high).with_peaks_of(other)
    }

    const fn minus(self, other: Self) -> Self {
        self.between(self.low - other.high, self.high - other.low).with_peaks_of(other)
    }

    const fn times(self, other: Self) -> Self {
        let corners = [
            self.low * other.low,
            self.low * other.high,
            self.high * other.low,
            self.high * other.high,
        ];
        let [a, b, c, d] = corners;
        self.between(min(min(a, b), min(c, d)), max(max(a, b), max(c, d))).with_peaks_of(other)
    }

    const fn shifted_right(self, bits: u32) -> Self {
        self.between(self.low >> bits, self.high >> bits)
    }

    const fn low_bits(self, bits: u32) -> Self {
        let mask = (1 << bits) - 1;
        if self.low >> bits == self.high >> bits {
            self.between(self.low & mask, self.high & mask)
        } else {
            self.between(0, mask)
        }
    }

    /// Any of both.
    const fn or(self, other: Self) -> Self {
        self.between(min(self.low, other.low), max(self.high, other.high)).with_peaks_of(other)
    }

    /// The bits of both together, in as many bits as the longer has.
    const fn merged(self, other: Self) -> Self {
        if self.low == self.high && other.low == other.high {
            return self.between(self.low | other.low, self.low | other.low).with_peaks_of(other);
        }
        let either = self.or(other);
        let mut bits = 0;
        while either.high >> bits != 0 || either.low >> bits < -1 {
            bits += 1;
        }
        either.between(if either.low < 0 { -1 << bits } else { 0 }, (1 << bits) - 1)
    }

    const fn magnitude(self) -> i128 {
        max(self.high, -self.low)
    }

    fn note(self) {
        SEEN.set(SEEN.get().and(self.peaks));
    }
}

const fn min(a: i128, b: i128) -> i128 {
    if a < b { a } else { b }
}

const fn max(a: i128, b: i128) -> i128 {
    if a > b { a } else { b }
}

#[derive(Clone, Copy)]
pub(super) struct Limb(Interval);

impl Zeroize for Limb {
    fn zeroize(&mut self) {
        *self = Self::ZERO;
    }
}

impl Limb {
    pub(super) const ZERO: Self = Self::new(0);

    pub(super) const fn new(n: i32) -> Self {
        Self::checked(Interval::exactly(n as i128))
    }

    /// Anything from `low` to `high`.
    pub(super) const fn between(low: i32, high: i32) -> Self {
        Self::checked(Interval::exactly(0).between(low as i128, high as i128))
    }

    const fn checked(mut number: Interval) -> Self {
        let fits = number.low >= i32::MIN as i128 && number.high <= i32::MAX as i128;
        assert!(fits, "a limb may overflow");
        number.peaks.limb = max(number.peaks.limb, number.magnitude());
        Self(number)
    }

    pub(super) const fn plus(self, other: Self) -> Self {
        Self::checked(self.0.plus(other.0))
    }

    pub(super) const fn minus(self, other: Self) -> Self {
        Self::checked(self.0.minus(other.0))
    }

    pub(super) const fn times(self, other: Self) -> Sum {
        Sum::checked(self.0.times(other.0))
    }

    pub(super) const fn shifted_right(self, bits: u32) -> Self {
        Self::checked(self.0.shifted_right(bits))
    }

    pub(super) const fn low_bits(self, bits: u32) -> Self {
        Self::checked(self.0.low_bits(bits))
    }

    /// Nobody looks at it.
    pub(super) fn sign(self) -> i32 {
        self.0.note();
        0
    }

    pub(super) fn or_if(self, _: i32, other: Self) -> Self {
        let either = Self::checked(self.0.or(other.0));
        either.0.note();
        either
    }

    pub(super) fn merged(self, _: i32, other: Self) -> Self {
        self.or_if(0, Self::checked(self.0.merged(other.0)))
    }

    pub(super) fn negated_if(self, _: i32) -> Self {
        self.or_if(0, Self::ZERO.minus(self))
    }

    /// Zero: what the bytes of an interval are is not asked.
    pub(super) fn byte(self, _: u32, next: Self, _: u32) -> u8 {
        self.0.note();
        next.0.note();
        0
    }
}

#[derive(Clone, Copy)]
pub(super) struct Sum(Interval);

impl Sum {
    pub(super) const ZERO: Self = Self(Interval::exactly(0));

    const fn checked(mut number: Interval) -> Self {
        let fits = number.low >= i64::MIN as i128 && number.high <= i64::MAX as i128;
        assert!(fits, "a sum may overflow");
        number.peaks.sum = max(number.peaks.sum, number.magnitude());
        Self(number)
    }

    pub(super) const fn plus(self, other: Self) -> Self {
        Self::checked(self.0.plus(other.0))
    }

    pub(super) const fn minus(self, other: Self) -> Self {
        Self::checked(self.0.minus(other.0))
    }

    pub(super) const fn shifted_left(self, bits: u32) -> Self {
        Self::checked(self.0.times(Interval::exactly(1 << bits)))
    }

    pub(super) const fn shifted_right(self, bits: u32) -> Self {
        Self::checked(self.0.shifted_right(bits))
    }

    pub(super) const fn low_bits(self, bits: u32) -> Self {
        Self::checked(self.0.low_bits(bits))
    }

    /// Fits, or panics: nothing is cut off.
    pub(super) const fn to_limb(self) -> Limb {
        Limb::checked(self.0)
    }
}
