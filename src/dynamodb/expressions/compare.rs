//! Attribute values compared as DynamoDB compares them.

use core::cmp::Ordering;
use std::borrow::Cow;

use crate::dynamodb::{AttributeValue, normalize_number};
use crate::error::{Error, Result};

use super::decimal::compare_numbers;
use super::malformed;

/// Whether two values are the same: numbers by their value, sets and maps in any order.
pub(in crate::dynamodb) fn equal(a: &AttributeValue<'_>, b: &AttributeValue<'_>) -> Result<bool> {
    // What is signed for a value is the same exactly if the value is.
    Ok(a.type_id() == b.type_id() && a.canonical()? == b.canonical()?)
}

/// Their order, where they have one: two strings by their UTF-8, two numbers, or the bytes of two binary values.
pub(super) fn order(a: &AttributeValue<'_>, b: &AttributeValue<'_>) -> Result<Option<Ordering>> {
    Ok(match (a, b) {
        (AttributeValue::S(a), AttributeValue::S(b)) => Some(a.cmp(b)),
        (AttributeValue::B(a), AttributeValue::B(b)) => Some(a.cmp(b)),
        (AttributeValue::N(a), AttributeValue::N(b)) => Some(compare_numbers(a, b)?),
        _ => None,
    })
}

/// Whether a string or binary value begins with another.
pub(super) fn begins_with(value: &AttributeValue<'_>, prefix: &AttributeValue<'_>) -> bool {
    match (value, prefix) {
        (AttributeValue::S(value), AttributeValue::S(prefix)) => value.starts_with(&**prefix),
        (AttributeValue::B(value), AttributeValue::B(prefix)) => value.starts_with(prefix),
        _ => false,
    }
}

/// Whether a string or binary value has another in it, or a set or list has it as a member.
pub(super) fn contains(value: &AttributeValue<'_>, member: &AttributeValue<'_>) -> Result<bool> {
    use AttributeValue::{B, Bs, L, N, Ns, S, Ss};
    Ok(match (value, member) {
        (S(value), S(member)) => has_bytes(value.as_bytes(), member.as_bytes()),
        (B(value), B(member)) => has_bytes(value, member),
        (Ss(members), S(member)) => members.iter().any(|known| known == member),
        (Bs(members), B(member)) => members.iter().any(|known| known == member),
        (Ns(members), N(member)) => {
            let member = normalize_number(member)?;
            for known in members {
                if normalize_number(known)? == member {
                    return Ok(true);
                }
            }
            false
        }
        (L(elements), member) => {
            for element in elements {
                if equal(element, member)? {
                    return Ok(true);
                }
            }
            false
        }
        _ => false,
    })
}

/// Whether `part` occurs in `bytes`, in time that grows with their sum: the prefix function of both.
pub(in crate::dynamodb) fn has_bytes(bytes: &[u8], part: &[u8]) -> bool {
    let mut borders: Vec<usize> = Vec::with_capacity(part.len());
    let mut matched = 0;
    let step = |borders: &[usize], mut matched: usize, byte: u8| {
        while matched > 0 && part.get(matched) != Some(&byte) {
            matched = borders.get(matched - 1).copied().unwrap_or(0);
        }
        matched + usize::from(part.get(matched) == Some(&byte))
    };
    for (i, byte) in part.iter().enumerate() {
        matched = if i == 0 { 0 } else { step(&borders, matched, *byte) };
        borders.push(matched);
    }
    matched = 0;
    part.is_empty()
        || bytes.iter().any(|byte| {
            matched = step(&borders, matched, *byte);
            matched == part.len()
        })
}

/// What `size` says of a value: UTF-16 code units of a string, as AWS's library has it, bytes of a binary value, members of
/// everything else that has such.
pub(super) fn size(value: &AttributeValue<'_>) -> Option<usize> {
    use AttributeValue::{B, Bool, Bs, L, M, N, Ns, Null, S, Ss};
    match value {
        S(text) => Some(text.encode_utf16().count()),
        B(bytes) => Some(bytes.len()),
        Ss(members) | Ns(members) => Some(members.len()),
        Bs(members) => Some(members.len()),
        L(elements) => Some(elements.len()),
        M(members) => Some(members.len()),
        N(_) | Bool(_) | Null(_) => None,
    }
}

/// The name of the value's type.
pub(super) fn type_name(value: &AttributeValue<'_>) -> &'static str {
    use AttributeValue::{B, Bool, Bs, L, M, N, Ns, Null, S, Ss};
    match value {
        S(_) => "S",
        N(_) => "N",
        B(_) => "B",
        Bool(_) => "BOOL",
        Null(_) => "NULL",
        Ss(_) => "SS",
        Ns(_) => "NS",
        Bs(_) => "BS",
        L(_) => "L",
        M(_) => "M",
    }
}

/// A value of the request that its operator does not take.
#[cold]
#[inline(never)]
pub(super) fn wrong_type(operator: &str, value: &AttributeValue<'_>) -> Error {
    malformed(format!(
        "incorrect operand type for operator or function; operator or function: {operator}, operand \
         type: {}",
        type_name(value)
    ))
}

/// The value as DynamoDB stores it: numbers in one form. Fails on what it does not store: a number that is none, a set
/// without members.
pub(super) fn normalized<'a>(value: &AttributeValue<'a>) -> Result<AttributeValue<'a>> {
    use AttributeValue::{Bs, L, M, N, Ns, Ss};
    match value {
        N(text) => Ok(N(number(text)?)),
        Ss(members) if members.is_empty() => Err(empty_set()),
        Ns(members) if members.is_empty() => Err(empty_set()),
        Bs(members) if members.is_empty() => Err(empty_set()),
        Ns(members) => Ok(Ns(numbers(members)?)),
        L(elements) => {
            let mut list = Vec::with_capacity(elements.len());
            for element in elements {
                list.push(normalized(element)?);
            }
            Ok(L(list))
        }
        M(members) => {
            let mut map = Vec::with_capacity(members.len());
            for (name, value) in members {
                map.push((name.clone(), normalized(value)?));
            }
            Ok(M(map))
        }
        other => Ok(other.clone()),
    }
}

fn empty_set() -> Error {
    malformed("a set may not be empty")
}

fn number<'a>(text: &Cow<'a, str>) -> Result<Cow<'a, str>> {
    Ok(match normalize_number(text)? {
        Cow::Owned(text) => text.into(),
        Cow::Borrowed(_) => text.clone(),
    })
}

/// Numbers in one form.
pub(super) fn numbers<'a>(members: &[Cow<'a, str>]) -> Result<Vec<Cow<'a, str>>> {
    let mut numbers = Vec::with_capacity(members.len());
    for member in members {
        numbers.push(number(member)?);
    }
    Ok(numbers)
}
