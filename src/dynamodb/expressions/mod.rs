//! Expressions of DynamoDB requests: read into one tree, judged by a table's rules before a request is sent, and
//! evaluated on plaintext items as DynamoDB would.
//!
//! The grammar is that of the Amazon DynamoDB Developer Guide, "Expressions"; where it is silent or wrong, what the
//! service does. Nothing here recurses with an expression's length: conditions and update operands are kept in
//! postfix order.

mod apply;
mod compare;
mod condition;
mod cursor;
mod decimal;
mod evaluate;
mod key_condition;
mod path;
mod placeholders;
mod request;
mod returned;
mod rules;
mod statement;
mod token;
mod update;

#[cfg(test)]
mod tests;

pub use apply::apply_update;
#[cfg(feature = "search")]
pub(super) use compare::{equal, has_bytes};
pub use condition::{Comparator, Condition, Node, Operand, Term, Test};
pub use evaluate::holds;
#[cfg(feature = "search")]
pub(super) use evaluate::{holds_by, holds_test};
#[cfg(feature = "search")]
pub(super) use path::member;
pub use path::{Path, Step};
pub use placeholders::{Placeholders, Value};
pub use request::{Expressions, RequestParts};
pub use returned::{ReturnValues, returned_attributes};
pub use rules::{TableRules, TableRulesConfig};
pub use statement::statement_tables;
#[cfg(feature = "search")]
pub(super) use token::{Token, token_at};
pub use update::{Action, Change, Update, UpdateTerm};
#[cfg(feature = "search")]
pub(super) use {key_condition::check_key_condition, update::parse_projection};

use crate::error::{Error, Part, Rule};

/// Bytes that DynamoDB allows an expression; one with more is not read.
///
/// ```
/// use fieldseal::dynamodb::expressions::{Condition, MAX_EXPRESSION_BYTES, Placeholders};
///
/// let text = "a = b".to_owned() + &" ".repeat(MAX_EXPRESSION_BYTES);
/// let placeholders = Placeholders::new(&[], &[]);
/// assert!(Condition::parse("FilterExpression", &text, &placeholders).is_err());
/// ```
pub const MAX_EXPRESSION_BYTES: usize = 4096;
/// Operators and functions that DynamoDB allows an expression; one with more is not read.
///
/// ```
/// use fieldseal::dynamodb::expressions::{Condition, MAX_OPERATORS, Placeholders};
///
/// let text = "NOT ".repeat(MAX_OPERATORS) + "a = b";
/// let placeholders = Placeholders::new(&[], &[]);
/// assert!(Condition::parse("FilterExpression", &text, &placeholders).is_err());
/// ```
pub const MAX_OPERATORS: usize = 300;
/// Segments that DynamoDB allows a document path; an expression whose path has more is not read.
///
/// ```
/// use fieldseal::dynamodb::expressions::{Condition, MAX_PATH_SEGMENTS, Placeholders};
///
/// let path = ["a"; MAX_PATH_SEGMENTS].join(".");
/// let (fits, long) = (format!("{path} = b"), format!("{path}.a = b"));
/// let placeholders = Placeholders::new(&[], &[]);
/// assert!(Condition::parse("FilterExpression", &fits, &placeholders).is_ok());
/// assert!(Condition::parse("FilterExpression", &long, &placeholders).is_err());
/// ```
pub const MAX_PATH_SEGMENTS: usize = 32;

/// An expression that is not one.
fn malformed(problem: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::malformed(Part::Expression, problem)
}

/// An expression that this item does not allow, in DynamoDB's words.
fn not_applicable(problem: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::misuse(Rule::Evaluation, problem)
}
