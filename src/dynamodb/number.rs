//! Number normalization (`ddb-attribute-serialization.md#number`): equal numbers have one text. No floating
//! point anywhere.

use std::borrow::Cow;

use crate::error::{Error, Part, Result};

/// Significant digits that DynamoDB stores.
const MAX_DIGITS: usize = 38;
/// Exponents of the leading digit that DynamoDB stores.
const MAX_EXPONENT: i64 = 125;
const MIN_EXPONENT: i64 = -130;

/// The canonical text of a DynamoDB number: no sign but `-`, no exponent, no needless zeros.
///
/// Accepts what DynamoDB accepts, without surrounding spaces: at most 38 significant digits, magnitude 0 or
/// 1e-130 to 9.99…e125.
///
/// # Errors
/// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::Number`] for anything else.
///
/// ```
/// use fieldseal::dynamodb::normalize_number;
///
/// assert_eq!(normalize_number("+1.50e3")?, "1500");
/// assert_eq!(normalize_number("-0")?, "0");
/// assert_eq!(normalize_number("0x10").unwrap_err().code(), "MALFORMED_NUMBER");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn normalize_number(text: &str) -> Result<Cow<'_, str>> {
    if is_small_integer(text) {
        return Ok(text.into());
    }
    let Parsed { negative, digits, exponent } = parse(text)?;
    let first = digits.iter().position(|d| *d != b'0');
    let Some(first) = first else { return Ok("0".into()) };
    let last = digits.iter().rposition(|d| *d != b'0').unwrap_or(first);
    // value = 0.significant × 10^point
    let significant = digits.get(first..=last).unwrap_or_default();
    let point = exponent - first as i64;
    if significant.len() > MAX_DIGITS {
        return Err(error(format!("{} significant digits, 38 are allowed", significant.len())));
    }
    if point - 1 > MAX_EXPONENT {
        return Err(error("its magnitude is larger than 9.99…e125"));
    }
    if point - 1 < MIN_EXPONENT {
        return Err(error("its magnitude is smaller than 1e-130"));
    }
    Ok(layout(negative, significant, point).into())
}

/// The common case, already canonical: an integer of up to 38 digits without sign or leading zero.
fn is_small_integer(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= MAX_DIGITS
        && bytes.iter().all(u8::is_ascii_digit)
        && matches!(bytes, [b'0'] | [b'1'..=b'9', ..])
}

struct Parsed {
    negative: bool,
    /// All digits, the point taken out.
    digits: Vec<u8>,
    /// Where the point stands, counted from the front of `digits`, after the exponent moved it.
    exponent: i64,
}

fn parse(text: &str) -> Result<Parsed> {
    if text.is_empty() {
        return Err(error("an empty string is not a number"));
    }
    let (negative, rest) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let mut digits = Vec::with_capacity(rest.len());
    let mut point = None;
    let mut exponent = 0;
    for (i, &byte) in rest.iter().enumerate() {
        match byte {
            b'0'..=b'9' => digits.push(byte),
            b'.' if point.is_none() => point = Some(digits.len()),
            b'e' | b'E' => {
                exponent = parse_exponent(rest.get(i + 1..).unwrap_or_default())?;
                break;
            }
            _ => return Err(error("a character that numbers do not have")),
        }
    }
    if digits.is_empty() {
        return Err(error("no digits"));
    }
    let exponent = point.unwrap_or(digits.len()) as i64 + exponent;
    Ok(Parsed { negative, digits, exponent })
}

fn parse_exponent(text: &[u8]) -> Result<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(error("an exponent that is not an integer"));
    }
    // Saturates far beyond any legal exponent: `0e999999999999` is zero, anything else out of range.
    let n = digits
        .iter()
        .fold(0i64, |n, d| n.saturating_mul(10).saturating_add((d - b'0').into()))
        .min(i64::from(u32::MAX));
    Ok(if negative { -n } else { n })
}

/// Writes 0.`significant` × 10^`point`.
fn layout(negative: bool, significant: &[u8], point: i64) -> String {
    let mut out = String::with_capacity(significant.len() + 3 + point.unsigned_abs() as usize);
    if negative {
        out.push('-');
    }
    let zeros = |out: &mut String, n: usize| out.extend(core::iter::repeat_n('0', n));
    let put = |out: &mut String, d: &[u8]| out.extend(d.iter().map(|&b| char::from(b)));
    match usize::try_from(point) {
        Ok(point) if point >= significant.len() => {
            put(&mut out, significant);
            zeros(&mut out, point - significant.len());
        }
        Ok(point) if point > 0 => {
            let (whole, fraction) = significant.split_at(point);
            put(&mut out, whole);
            out.push('.');
            put(&mut out, fraction);
        }
        _ => {
            out.push_str("0.");
            zeros(&mut out, point.unsigned_abs() as usize);
            put(&mut out, significant);
        }
    }
    out
}

fn error(problem: impl Into<Cow<'static, str>>) -> Error {
    Error::malformed(Part::Number, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalizes() {
        for (text, want) in [
            ("0", "0"),
            ("-0", "0"),
            ("+0.00", "0"),
            ("0e999", "0"),
            ("0e-999999999999", "0"),
            ("42", "42"),
            ("+42", "42"),
            ("-42", "-42"),
            ("0042", "42"),
            ("42.0", "42"),
            ("42.", "42"),
            ("0001.500", "1.5"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("1.2e2", "120"),
            ("1.2E+2", "120"),
            ("12e-1", "1.2"),
            ("1e-3", "0.001"),
            ("100e-2", "1"),
            ("000.00100", "0.001"),
            ("1e20", "100000000000000000000"),
            ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ] {
            assert_eq!(normalize_number(text).unwrap(), want, "{text}");
        }
        for (text, len) in [("1e125", 126), ("-9.9e125", 127), ("1e-130", 132), ("1E-130", 132)] {
            assert_eq!(normalize_number(text).unwrap().len(), len, "{text}");
        }
    }

    #[test]
    fn is_idempotent() {
        for text in ["1.5e-7", "-123.456e10", "9e125", "1e-130", "000.1"] {
            let once = normalize_number(text).unwrap();
            assert_eq!(normalize_number(&once).unwrap(), once);
        }
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "+",
            "-",
            ".",
            "e9",
            ".e9",
            "1e",
            "1e+",
            "1.2.3",
            "1e1.1",
            "1e1e1",
            " 1",
            "1 ",
            "12 ",
            "--1",
            "+-1",
            "1-",
            "NaN",
            "Infinity",
            "-inf",
            "abc",
            "0x10",
            "1,000",
            "1_000",
            "١",
            "1e126",
            "9.9e126",
            "1e-131",
            "9.9E-131",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "0.111111111111111111111111111111111111111",
            "123456789012345678901234567890123456789",
        ] {
            assert!(normalize_number(text).is_err(), "{text}");
        }
    }
}
