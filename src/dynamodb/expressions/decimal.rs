//! Numbers of DynamoDB, exactly: their order, sum and difference.

use core::cmp::Ordering;
use std::borrow::Cow;

use crate::dynamodb::normalize_number;
use crate::error::{Fault, Result};

use super::not_applicable;

/// A number; equal ones are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    /// Values of the digits, from the first that is not 0 to the last; none for 0.
    digits: Vec<u8>,
    /// The power of ten that the last digit counts.
    exponent: i32,
}

impl Decimal {
    fn parse(text: &str) -> Result<Self> {
        let text = normalize_number(text)?;
        let (mut digits, mut exponent, mut fraction) = (Vec::with_capacity(text.len()), 0, false);
        for byte in text.bytes() {
            match byte {
                b'0'..=b'9' => {
                    digits.push(byte - b'0');
                    exponent -= i32::from(fraction);
                }
                b'.' => fraction = true,
                _ => {}
            }
        }
        Ok(Self::new(text.starts_with('-'), digits, exponent))
    }

    fn new(negative: bool, mut digits: Vec<u8>, mut exponent: i32) -> Self {
        while digits.last() == Some(&0) {
            digits.pop();
            exponent += 1;
        }
        let first = digits.iter().position(|digit| *digit != 0);
        match first.and_then(|first| digits.get(first..)) {
            None => Self { negative: false, digits: Vec::new(), exponent: 0 },
            Some(digits) => Self { negative, digits: digits.to_vec(), exponent },
        }
    }

    /// The digits down to the power `exponent`, which is not above its own, from the power `top`.
    fn aligned(&self, exponent: i32, top: i32) -> Vec<u8> {
        let length = |n: i32| usize::try_from(n).unwrap_or(0);
        let mut digits = vec![0; length(top - self.exponent - self.digits.len() as i32)];
        digits.extend_from_slice(&self.digits);
        digits.resize(digits.len() + length(self.exponent - exponent), 0);
        digits
    }

    fn plus(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        let top = |number: &Self| number.exponent + number.digits.len() as i32;
        // One place more, for what is carried over.
        let top = top(self).max(top(other)) + 1;
        let (mut a, mut b) = (self.aligned(exponent, top), other.aligned(exponent, top));
        let mut negative = self.negative;
        let mut carry = 0;
        if self.negative == other.negative {
            for (a, b) in a.iter_mut().zip(&b).rev() {
                let sum = *a + b + carry;
                (*a, carry) = (sum % 10, sum / 10);
            }
        } else {
            if a < b {
                core::mem::swap(&mut a, &mut b);
                negative = other.negative;
            }
            for (a, b) in a.iter_mut().zip(&b).rev() {
                let taken = b + carry;
                carry = u8::from(*a < taken);
                *a = *a + 10 * carry - taken;
            }
        }
        Self::new(negative, a, exponent)
    }

    fn text(&self) -> Result<String> {
        // The zero is that of zero itself.
        let mut text = String::from(if self.negative { "-0" } else { "0" });
        for digit in &self.digits {
            text.push(char::from(b'0' + digit));
        }
        text.push('e');
        text.push_str(&self.exponent.to_string());
        // Too many digits is what DynamoDB calls an overflow as well.
        normalize_number(&text).map(Cow::into_owned).map_err(|error| match error.fault() {
            Fault::Malformed { problem, .. } => not_applicable(format!(
                "number overflow. Attempting to store a number with magnitude larger than supported \
                 range ({problem})"
            )),
            _ => error,
        })
    }
}

/// The order of two numbers.
pub(super) fn compare_numbers(a: &str, b: &str) -> Result<Ordering> {
    let (a, b) = (Decimal::parse(a)?, Decimal::parse(b)?);
    let sign = |number: &Decimal| match (number.digits.is_empty(), number.negative) {
        (true, _) => 0,
        (false, true) => -1,
        (false, false) => 1,
    };
    let magnitude = |number: &Decimal| number.exponent + number.digits.len() as i32;
    Ok(sign(&a).cmp(&sign(&b)).then_with(|| {
        let order = magnitude(&a).cmp(&magnitude(&b)).then_with(|| a.digits.cmp(&b.digits));
        if a.negative { order.reverse() } else { order }
    }))
}

/// `a` + `b`, or `a` - `b`; fails if DynamoDB does not store such a number.
pub(super) fn add(a: &str, b: &str, subtract: bool) -> Result<String> {
    let (a, mut b) = (Decimal::parse(a)?, Decimal::parse(b)?);
    b.negative ^= subtract;
    a.plus(&b).text()
}
