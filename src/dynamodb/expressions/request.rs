//! The parts of a request that expressions are in.

use crate::dynamodb::AttributeValue;
use crate::error::Result;

use super::condition::Condition;
use super::key_condition::check_key_condition;
use super::path::Path;
use super::placeholders::Placeholders;
use super::update::{Update, parse_projection};

/// What of a request says which attributes it reads and writes; see [`Expressions`].
#[derive(Debug, Default)]
pub struct RequestParts<'a> {
    /// ConditionExpression.
    pub condition: Option<&'a str>,
    /// FilterExpression.
    pub filter: Option<&'a str>,
    /// KeyConditionExpression.
    pub key_condition: Option<&'a str>,
    /// UpdateExpression.
    pub update: Option<&'a str>,
    /// ProjectionExpression.
    pub projection: Option<&'a str>,
    /// ExpressionAttributeNames.
    pub names: Vec<(&'a str, &'a str)>,
    /// ExpressionAttributeValues; their names are enough to check a request.
    pub values: Vec<(&'a str, Option<&'a AttributeValue<'a>>)>,
    /// A legacy parameter that it has, by name.
    pub legacy: Option<&'a str>,
}

/// The expressions of a request.
///
/// ```
/// use fieldseal::dynamodb::expressions::{Expressions, RequestParts};
///
/// let mut parts = RequestParts {
///     key_condition: Some("id = :id"),
///     filter: Some("#v > :v"),
///     names: vec![("#v", "views")],
///     values: vec![(":id", None), (":v", None)],
///     ..RequestParts::default()
/// };
/// let expressions = Expressions::parse(&parts)?;
/// assert!(expressions.key_condition.is_some() && expressions.filter.is_some());
/// assert_eq!(expressions.update, None);
///
/// parts.filter = None; // `#v` and `:v` are not used any more
/// assert_eq!(Expressions::parse(&parts).unwrap_err().code(), "MALFORMED_EXPRESSION");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Debug)]
pub struct Expressions<'a> {
    /// ConditionExpression.
    pub condition: Option<Condition<'a>>,
    /// FilterExpression.
    pub filter: Option<Condition<'a>>,
    /// KeyConditionExpression.
    pub key_condition: Option<Condition<'a>>,
    /// UpdateExpression.
    pub update: Option<Update<'a>>,
    /// ProjectionExpression.
    pub projection: Option<Vec<Path<'a>>>,
}

impl<'a> Expressions<'a> {
    /// Reads all expressions of a request.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::Expression`](crate::error::Part::Expression) for what DynamoDB would not read, and for placeholders that none of them uses.
    pub fn parse(parts: &RequestParts<'a>) -> Result<Self> {
        let placeholders = Placeholders::new(&parts.names, &parts.values);
        let condition = |parameter, text: Option<&'a str>| match text {
            Some(text) => Condition::parse(parameter, text, &placeholders).map(Some),
            None => Ok(None),
        };
        let mut expressions = Self {
            condition: condition("ConditionExpression", parts.condition)?,
            filter: condition("FilterExpression", parts.filter)?,
            key_condition: condition("KeyConditionExpression", parts.key_condition)?,
            update: None,
            projection: None,
        };
        if let Some(text) = parts.update {
            expressions.update = Some(Update::parse(text, &placeholders)?);
        }
        if let Some(text) = parts.projection {
            expressions.projection = Some(parse_projection(text, &placeholders)?);
        }
        if let Some(condition) = &expressions.key_condition {
            check_key_condition(condition)?;
        }
        placeholders.all_used()?;
        Ok(expressions)
    }
}
