//! Sums of multiples of public points, for ECDSA's verification: everything here is public, and takes a time that depends on it.

use std::sync::OnceLock;

use super::field::{Element, FIELD_LEN};
use super::point::{Affine, Point};

/// Bits of the windows of the base point's scalar, and of the other point's: of the former, multiples are kept.
const BASE_WINDOW: u32 = 8;
const WINDOW: u32 = 5;

/// The digits of a scalar: one more than it has bits, for the last carry.
const DIGITS: usize = 8 * FIELD_LEN + 1;

/// The order n of the curve, and p - n.
const ORDER: Element = Element::from_hex(
    b"ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
);
const FIELD_BEYOND_ORDER: [u8; FIELD_LEN] = {
    let mut bytes = [0; FIELD_LEN];
    let (_, end) = bytes.split_at_mut(FIELD_LEN / 2);
    end.copy_from_slice(
        b"\x38\x9c\xb2\x7e\x0b\xc8\xd2\x1f\xa7\xe5\xf2\x4c\xb7\x4f\x58\x85\x13\x13\xe6\x96\x33\x3a\xd6\x8c",
    );
    bytes
};

/// x = X / Z², y = Y / Z³. Coordinates have 1 limbs; comments count limbs.
///
/// The formulas have exceptions: a sum of equal or of opposite points has Z = 0, whether it is infinity or not, and so have
/// all sums with it from then on. [`has_x`] looks at the end, and computes with [`Point`] then, whose formulas have none.
#[derive(Clone, Copy)]
pub(super) struct Jacobian {
    pub(super) x: Element,
    pub(super) y: Element,
    pub(super) z: Element,
}

/// A sum of points on its way.
pub(super) trait Sum: Copy + From<Affine> {
    fn doubled(&self) -> Self;
    fn plus(&self, other: &Affine) -> Self;
    /// x as a fraction.
    fn x(&self) -> (Element, Element);
}

impl From<Affine> for Jacobian {
    fn from(point: Affine) -> Self {
        Self { x: point.x, y: point.y, z: Element::ONE }
    }
}

impl Sum for Jacobian {
    /// "dbl-2001-b" of the Explicit-Formulas Database.
    fn doubled(&self) -> Self {
        let zz = self.z.squared();
        let yy = self.y.squared();
        let yy2 = yy.plus(&yy);
        // 1 * 4
        let xyy4 = self.x.times(&yy2.plus(&yy2));
        // 2 * 2, then 3
        let slope = self.x.minus(&zz).times(&self.x.plus(&zz)).tripled();
        let yyyy4 = yy2.squared();
        // 1 + 2: 3, carried to 1
        let x = slope.squared().minus(&xyy4.plus(&xyy4)).carried();
        Self {
            x,
            // 3 * 2, then 1 + 2: 3, carried to 1
            y: slope.times(&xyy4.minus(&x)).minus(&yyyy4.plus(&yyyy4)).carried(),
            // 2 * 1
            z: self.y.plus(&self.y).times(&self.z),
        }
    }

    fn plus(&self, other: &Affine) -> Self {
        let zz = self.z.squared();
        // 2
        let width = other.x.times(&zz).minus(&self.x);
        let height = other.y.times(&self.z.times(&zz)).minus(&self.y);
        let width2 = width.squared();
        let width3 = width2.times(&width);
        let xwidth2 = self.x.times(&width2);
        // 1 + 1 + 2: 4, carried to 1
        let x = height.squared().minus(&width3.plus(&xwidth2).plus(&xwidth2)).carried();
        Self {
            x,
            // 2 * 2 + 1 * 1
            y: Element::sum_of_products(
                &height,
                &xwidth2.minus(&x),
                &self.y.negated_if(-1),
                &width3,
            ),
            z: self.z.times(&width),
        }
    }

    fn x(&self) -> (Element, Element) {
        (self.x, self.z.squared())
    }
}

impl Sum for Point {
    fn doubled(&self) -> Self {
        self.doubled()
    }

    fn plus(&self, other: &Affine) -> Self {
        self.plus(other)
    }

    fn x(&self) -> (Element, Element) {
        self.x_fraction()
    }
}

/// The multiples 1, 3, 5 and so on of a point, as many as the digits of this width need.
fn odd_multiples(point: &Affine, width: u32) -> Vec<Affine> {
    let odd: Vec<Point> = Point::multiples(point).step_by(2).take(1 << (width - 2)).collect();
    Point::all_to_affine(&odd)
}

/// Of the base point: 7 KiB, made at the first use and kept.
fn base_multiples() -> &'static [Affine] {
    static MULTIPLES: OnceLock<Vec<Affine>> = OnceLock::new();
    MULTIPLES.get_or_init(|| odd_multiples(&Affine::BASE, BASE_WINDOW))
}

/// The digits of a number in base 2, least significant first, in a form that has few of them: 0 or odd, below 2^(width - 1)
/// in magnitude, and at least `width - 1` zeros after each that is not 0. Not inlined, and neither is `has_x`: each has two callers.
#[inline(never)]
fn sparse_digits(number: &[u8; FIELD_LEN], width: u32) -> [i8; DIGITS] {
    let bit = |at: usize| {
        number.iter().rev().nth(at / 8).map_or(0, |byte| i32::from(byte >> (at % 8) & 1))
    };
    let mut digits = [0; DIGITS];
    let (mut at, mut carry) = (0, 0);
    while at < DIGITS {
        // 0, or 2 and a carry as before.
        if bit(at) == carry {
            at += 1;
            continue;
        }
        let window = (0..width).fold(carry, |window, j| window + (bit(at + j as usize) << j));
        carry = window >> (width - 1);
        digits[at] = (window - (carry << width)) as i8;
        at += width as usize;
    }
    digits
}

/// The sum of the multiples, of each term by its digits; `None` if all of them are 0.
fn sum_of<S: Sum>(terms: &[([i8; DIGITS], &[Affine]); 2]) -> Option<S> {
    let mut sum: Option<S> = None;
    for at in (0..DIGITS).rev() {
        sum = sum.map(|sum| sum.doubled());
        for (digits, odd_multiples) in terms {
            let digit = digits[at];
            if digit == 0 {
                continue;
            }
            let Affine { x, y } = odd_multiples[usize::from(digit.unsigned_abs() / 2)];
            let entry = Affine { x, y: y.negated_if((digit >> 7).into()) };
            sum = Some(sum.map_or_else(|| entry.into(), |sum| sum.plus(&entry)));
        }
    }
    sum
}

/// Whether x of a sum is `r` modulo the order: the other number below p that this may be is r + n. `None` if the sum has no
/// x, which is given as a fraction: Z is 0.
#[inline(never)]
fn has_x((numerator, denominator): (Element, Element), r: &[u8; FIELD_LEN]) -> Option<bool> {
    if denominator.to_bytes() == [0; FIELD_LEN] {
        return None;
    }
    let numerator = numerator.to_bytes();
    let is = |x: &Element| x.times(&denominator).to_bytes() == numerator;
    let x = Element::from_bytes(r);
    Some(is(&x) || (*r < FIELD_BEYOND_ORDER && is(&x.plus(&ORDER))))
}

/// Whether `u1` G + `u2` Q is a point whose x is `r` modulo the order n, which is the last step of verifying an ECDSA
/// signature (FIPS 186-5 section 6.4.2). `r` is below n; `point` is Q as SEC 1 writes it. `false` as well if Q is
/// not on the curve.
///
/// Takes a time that depends on all of them.
pub fn sum_has_x(
    u1: &[u8; FIELD_LEN],
    u2: &[u8; FIELD_LEN],
    point: &[u8],
    r: &[u8; FIELD_LEN],
) -> bool {
    let Some(point) = Affine::from_sec1(point) else { return false };
    let multiples = odd_multiples(&point, WINDOW);
    let terms = [
        (sparse_digits(u1, BASE_WINDOW), base_multiples()),
        (sparse_digits(u2, WINDOW), &multiples[..]),
    ];
    sum_of::<Jacobian>(&terms)
        .and_then(|sum| has_x(sum.x(), r))
        .or_else(|| sum_of::<Point>(&terms).and_then(|sum| has_x(sum.x(), r)))
        .unwrap_or(false)
}

#[cfg(test)]
#[path = "../tests/curve384_verify.rs"]
mod tests;
