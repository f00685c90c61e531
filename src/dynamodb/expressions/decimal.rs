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
        let (negative, magnitude) = match text.strip_prefix('-') {
            Some(magnitude) => (true, magnitude),
            None => (false, &*text),
        };
        let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
        let digits = whole.bytes().chain(fraction.bytes()).map(|digit| digit - b'0');
        Ok(Self::new(negative, digits.collect(), -(fraction.len() as i32)))
    }

    fn new(negative: bool, mut digits: Vec<u8>, mut exponent: i32) -> Self {
        while digits.pop_if(|digit| *digit == 0).is_some() {
            exponent += 1;
        }
        let zeros = digits.iter().take_while(|digit| **digit == 0).count();
        digits.drain(..zeros);
        match digits.is_empty() {
            true => Self { negative: false, digits, exponent: 0 },
            false => Self { negative, digits, exponent },
        }
    }

    /// The digits down to the power `exponent`, which is not above its own, from the power `top`.
    fn aligned(&self, exponent: i32, top: i32) -> Vec<u8> {
        let zeros = |n: i32| core::iter::repeat_n(0, usize::try_from(n).unwrap_or(0));
        let first = self.exponent + self.digits.len() as i32;
        zeros(top - first)
            .chain(self.digits.iter().copied())
            .chain(zeros(self.exponent - exponent))
            .collect()
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
        let sign = if self.negative { "-" } else { "" };
        let digits: String = self.digits.iter().map(|digit| char::from(digit + b'0')).collect();
        let text =
            format!("{sign}{}e{}", if digits.is_empty() { "0" } else { &digits }, self.exponent);
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
