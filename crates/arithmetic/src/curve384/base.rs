//! Multiples of P-384's base point by secret scalars, in constant time.

use std::sync::OnceLock;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::field::FIELD_LEN;
use super::point::{Affine, Point};

/// Bits of a window: digits of a scalar are from -2^(WINDOW - 1) to 2^(WINDOW - 1).
const WINDOW: usize = 5;
/// Windows that share a table, which is then that much smaller; doublings make up for it.
const SPACING: usize = 4;
/// The multiples 1 to this of one point.
const ROW: usize = 1 << (WINDOW - 1);
/// 77 digits have 385 bits: the highest takes the carry of the others.
const DIGITS: usize = (8 * FIELD_LEN).div_ceil(WINDOW);
const ROWS: usize = DIGITS.div_ceil(SPACING);

type Row = [Affine; ROW];

/// Row i has the multiples 1 to [`ROW`] of 2^(20 i) G.
///
/// Made at the first use and kept: 35 KiB of public points, for which 300 additions and as many doublings are made, what
/// four multiplications take.
static TABLE: OnceLock<Vec<Row>> = OnceLock::new();

fn make_table() -> Vec<Row> {
    let mut base = Point::from(Affine::BASE);
    let bases: Vec<Point> = (0..ROWS)
        .map(|_| {
            let next = (0..WINDOW * SPACING).fold(base, |point, _| point.doubled());
            core::mem::replace(&mut base, next)
        })
        .collect();
    let points: Vec<Point> = Point::all_to_affine(&bases)
        .iter()
        .flat_map(|base| Point::multiples(base).take(ROW))
        .collect();
    Point::all_to_affine(&points).as_chunks().0.to_vec()
}

/// The digits of a scalar in base 2^[`WINDOW`], least significant first: at most [`ROW`] in magnitude.
fn digits(scalar: &[u8; FIELD_LEN]) -> Zeroizing<[i8; DIGITS]> {
    let mut digits = Zeroizing::new([0; DIGITS]);
    let mut carry = 0;
    for (i, digit) in digits.iter_mut().enumerate() {
        let bit = |at: usize| {
            scalar.iter().rev().nth(at / 8).map_or(0, |byte| i32::from(byte >> (at % 8) & 1))
        };
        let window = (0..WINDOW).fold(0, |window, j| window | bit(WINDOW * i + j) << j) + carry;
        // 1 from 17 on: 16 stays.
        carry = (window + ROW as i32 - 1) >> WINDOW;
        *digit = (window - (carry << WINDOW)) as i8;
    }
    digits
}

/// The entry that `digit` says, negated if it is negative; no point if it is 0. Reads all of the row.
fn look_up(row: &Row, digit: i8) -> Affine {
    let sign = digit >> 7;
    let magnitude = (digit ^ sign).wrapping_sub(sign) as u8;
    let mut found = Affine::NONE;
    for (entry, number) in row.iter().zip(1_u8..) {
        let mask = -i32::from(magnitude.ct_eq(&number).unwrap_u8());
        found.x.merge(mask, &entry.x);
        found.y.merge(mask, &entry.y);
    }
    found.y = found.y.negated_if(sign.into());
    found
}

/// Adds the multiples of G for the windows `first`, `first` + [`SPACING`] and so on, each as if it were the window `first`
/// of its row.
fn add_windows(sum: &mut Point, digits: &[i8; DIGITS], first: usize) {
    let table = TABLE.get_or_init(make_table);
    for (row, &digit) in table.iter().zip(digits.iter().skip(first).step_by(SPACING)) {
        let entry = Zeroizing::new(look_up(row, digit));
        let none = -i32::from(digit.ct_eq(&0).unwrap_u8());
        let next = Zeroizing::new(sum.plus(&entry));
        *sum = sum.or_if(none, &next);
    }
}

/// The coordinates x and y of `scalar` times G, for an integer of 384 bits, least significant byte last; `None` for
/// infinity, and for a result that is no point of the curve: then a computation has gone wrong.
pub fn multiply_base(scalar: &[u8; FIELD_LEN]) -> Option<[[u8; FIELD_LEN]; 2]> {
    let digits = digits(scalar);
    // A coordinate Z says something about the scalar.
    let mut sum = Zeroizing::new(Point::INFINITY);
    for first in (0..SPACING).rev() {
        if first + 1 < SPACING {
            *sum = (0..WINDOW).fold(*sum, |sum, _| sum.doubled());
        }
        add_windows(&mut sum, &digits, first);
    }
    let point = Zeroizing::new(sum.to_affine());
    point.is_on_curve().then(|| point.to_bytes())
}

#[cfg(test)]
#[path = "../tests/curve384_base.rs"]
mod tests;
