//! What a KeyConditionExpression may be, of all conditions.

use crate::error::{Error, Result};

use super::condition::{Comparator, Condition, Node, Test};
use super::malformed;

/// Fails unless the condition is one on keys: up to two tests, each of one attribute against values.
pub(in crate::dynamodb) fn check_key_condition(condition: &Condition<'_>) -> Result<()> {
    let mut tested: Vec<&str> = Vec::new();
    for node in &condition.nodes {
        let attribute = match node {
            Node::And => continue,
            Node::Or => return Err(invalid_operator("OR")),
            Node::Not => return Err(invalid_operator("NOT")),
            Node::Test(test) => key_of(test)?,
        };
        if tested.contains(&attribute) {
            return Err(error("must only contain one condition per key").of_attribute(attribute));
        }
        tested.push(attribute);
    }
    match tested.len() {
        0..=2 => Ok(()),
        _ => Err(error("conditions must not be on more than two attributes")),
    }
}

/// The attribute that the test is on.
fn key_of<'t>(test: &'t Test<'_>) -> Result<&'t str> {
    let first_must_be_key = match test {
        Test::Compare(_, Comparator::NotEqual, _) => return Err(invalid_operator("<>")),
        Test::Compare(..) => false,
        Test::Between(..) | Test::BeginsWith(..) => true,
        Test::In(..) => return Err(invalid_operator("IN")),
        Test::Exists(_) => return Err(invalid_operator("attribute_exists")),
        Test::NotExists(_) => return Err(invalid_operator("attribute_not_exists")),
        Test::Type(..) => return Err(invalid_operator("attribute_type")),
        Test::Contains(..) => return Err(invalid_operator("contains")),
    };
    let operands = test.operands();
    if operands.iter().any(|operand| operand.size) {
        return Err(error("cannot contain nested operations"));
    }
    let mut paths = operands.iter().filter_map(|operand| operand.path());
    let path = match (paths.next(), paths.next()) {
        (Some(path), None) => path,
        (None, _) => return Err(error("no key attribute specified")),
        _ => return Err(error("multiple attribute names used in one condition")),
    };
    if first_must_be_key && operands.first().is_none_or(|first| first.path().is_none()) {
        return Err(error("BETWEEN and begins_with must have the key attribute as first operand"));
    }
    match path.steps.is_empty() {
        true => Ok(path.attribute),
        false => {
            Err(error("cannot have conditions on nested attributes").of_attribute(path.attribute))
        }
    }
}

fn invalid_operator(operator: &str) -> Error {
    error(&format!("invalid operator used: {operator}"))
}

fn error(problem: &str) -> Error {
    malformed(format!("KeyConditionExpression: {problem}"))
}
