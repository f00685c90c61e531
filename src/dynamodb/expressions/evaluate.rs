//! Whether a condition holds for an item in plaintext.

use core::cmp::Ordering;
use std::borrow::Cow;

use crate::dynamodb::{AttributeValue, Item};
use crate::error::{Error, Result};

use super::compare::{begins_with, contains, equal, order, size, type_name, wrong_type};
use super::condition::{Comparator, Condition, Node, Operand, Term, Test};
use super::malformed;

/// Types that have an order.
const ORDERED: [&str; 3] = ["S", "N", "B"];
/// Names of types, as attribute_type takes them.
const TYPES: [&str; 10] = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"];

/// Whether the condition holds for `item`; an item that does not exist is one without attributes. Attributes of types that its
/// operators do not take make a test fail to hold.
///
/// # Errors
/// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::Expression`](crate::error::Part::Expression) for values of such types.
///
/// ```
/// use fieldseal::dynamodb::expressions::{Condition, Placeholders, holds};
/// use fieldseal::dynamodb::{AttributeValue, Item};
///
/// let adult = AttributeValue::N("18".into());
/// let placeholders = Placeholders::new(&[], &[(":adult", Some(&adult))]);
/// let condition = Condition::parse("FilterExpression", "age >= :adult", &placeholders)?;
///
/// let item = |age: &'static str| -> Item { vec![("age".into(), AttributeValue::N(age.into()))] };
/// assert!(holds(&condition, &item("18.0"))?);
/// assert!(!holds(&condition, &item("9"))?);
/// assert!(!holds(&condition, &vec![])?);
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn holds(condition: &Condition<'_>, item: &Item<'_>) -> Result<bool> {
    holds_by(condition, &mut |test| holds_test(test, item))
}

/// The same, whatever decides the tests, which are asked for in their order.
pub(in crate::dynamodb) fn holds_by<'c, 'a>(
    condition: &'c Condition<'a>,
    decide: &mut dyn FnMut(&'c Test<'a>) -> Result<bool>,
) -> Result<bool> {
    let mut outcomes: Vec<bool> = Vec::new();
    for node in &condition.nodes {
        let mut pop =
            || outcomes.pop().ok_or_else(|| Error::bug("a condition without its operands"));
        let outcome = match node {
            Node::Test(test) => decide(test)?,
            Node::Not => !pop()?,
            // Both are evaluated: values of wrong types are found whatever the item is.
            Node::And => pop()? & pop()?,
            Node::Or => pop()? | pop()?,
        };
        outcomes.push(outcome);
    }
    outcomes.pop().ok_or_else(|| Error::bug("a condition without a test"))
}

/// What an operand stands for; `None` for an attribute that the item lacks.
fn resolve<'v>(
    operand: &'v Operand<'v>,
    item: &'v Item<'v>,
) -> Result<Option<Cow<'v, AttributeValue<'v>>>> {
    let value = match &operand.term {
        Term::Path(path) => path.find(item),
        Term::Value(value) => {
            Some(value.value.ok_or_else(|| Error::bug("a value without itself"))?)
        }
    };
    let (true, Some(value)) = (operand.size, value) else { return Ok(value.map(Cow::Borrowed)) };
    match (size(value), &operand.term) {
        (Some(size), _) => Ok(Some(Cow::Owned(AttributeValue::N(size.to_string().into())))),
        (None, Term::Path(_)) => Ok(None),
        (None, Term::Value(_)) => Err(wrong_type("size", value)),
    }
}

/// The request's own value that an operand is.
fn given<'v>(operand: &'v Operand<'v>) -> Option<&'v AttributeValue<'v>> {
    match &operand.term {
        Term::Value(value) if !operand.size => value.value,
        _ => None,
    }
}

/// Fails if one of the operands is a value of a type that the operator does not take.
fn must_be(types: &[&str], operator: &str, operands: &[&Operand<'_>]) -> Result<()> {
    let wrong = |value: &&AttributeValue<'_>| !types.contains(&type_name(value));
    match operands.iter().filter_map(|operand| given(operand)).find(wrong) {
        Some(value) => Err(wrong_type(operator, value)),
        None => Ok(()),
    }
}

pub(in crate::dynamodb) fn holds_test(test: &Test<'_>, item: &Item<'_>) -> Result<bool> {
    match test {
        Test::Exists(path) => Ok(path.find(item).is_some()),
        Test::NotExists(path) => Ok(path.find(item).is_none()),
        Test::Compare(left, comparator, right) => compare(left, *comparator, right, item),
        Test::Between(operand, low, high) => {
            check_bounds(low, high)?;
            Ok(compare(operand, Comparator::GreaterOrEqual, low, item)?
                & compare(operand, Comparator::LessOrEqual, high, item)?)
        }
        Test::In(operand, list) => {
            for candidate in list {
                if compare(operand, Comparator::Equal, candidate, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Test::Type(operand, name) => {
            let Some(AttributeValue::S(name)) = given(name) else {
                let Some(value) = given(name) else {
                    return Err(malformed("attribute_type requires a value as its second operand"));
                };
                return Err(wrong_type("attribute_type", value));
            };
            if !TYPES.contains(&&**name) {
                return Err(malformed("invalid attribute type name found"));
            }
            Ok(resolve(operand, item)?.is_some_and(|value| type_name(&value) == name))
        }
        Test::BeginsWith(operand, prefix) => {
            must_be(&["S", "B"], "begins_with", &[operand, prefix])?;
            let both = resolve(operand, item)?.zip(resolve(prefix, item)?);
            Ok(both.is_some_and(|(value, prefix)| begins_with(&value, &prefix)))
        }
        Test::Contains(operand, member) => {
            let both = resolve(operand, item)?.zip(resolve(member, item)?);
            both.map_or(Ok(false), |(value, member)| contains(&value, &member))
        }
    }
}

fn compare(
    left: &Operand<'_>,
    comparator: Comparator,
    right: &Operand<'_>,
    item: &Item<'_>,
) -> Result<bool> {
    if !matches!(comparator, Comparator::Equal | Comparator::NotEqual) {
        must_be(&ORDERED, comparator.symbol(), &[left, right])?;
    }
    // An attribute that is not there equals nothing, and has no order.
    let both = resolve(left, item)?.zip(resolve(right, item)?);
    let Some((left, right)) = both else { return Ok(comparator == Comparator::NotEqual) };
    let ordered = |fits: fn(Ordering) -> bool| Ok(order(&left, &right)?.is_some_and(fits));
    match comparator {
        Comparator::Equal => equal(&left, &right),
        Comparator::NotEqual => Ok(!equal(&left, &right)?),
        Comparator::Less => ordered(Ordering::is_lt),
        Comparator::LessOrEqual => ordered(Ordering::is_le),
        Comparator::Greater => ordered(Ordering::is_gt),
        Comparator::GreaterOrEqual => ordered(Ordering::is_ge),
    }
}

/// Two values as bounds are of one type, and in order.
fn check_bounds(low: &Operand<'_>, high: &Operand<'_>) -> Result<()> {
    let (Some(low), Some(high)) = (given(low), given(high)) else { return Ok(()) };
    if low.type_id() != high.type_id() {
        let problem = "the BETWEEN operator requires same data type for lower and upper bounds";
        return Err(malformed(problem));
    }
    match order(low, high)? {
        Some(Ordering::Greater) => Err(malformed(
            "the BETWEEN operator requires upper bound to be greater than or equal to lower bound",
        )),
        _ => Ok(()),
    }
}
