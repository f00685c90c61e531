//! `#names` and `:values` of a request, and whether its expressions use them.

use core::cell::Cell;

use crate::dynamodb::AttributeValue;
use crate::error::Result;
use crate::util::sort::sorted;
use crate::util::steps::tick;

use super::malformed;

/// A value that an expression names; see [`Placeholders`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value<'a> {
    /// Its name, with the colon.
    pub placeholder: &'a str,
    /// What it stands for, unless the request was given without its values.
    pub value: Option<&'a AttributeValue<'a>>,
}

struct Entry<'a, T> {
    placeholder: &'a str,
    stands_for: T,
    used: Cell<bool>,
}

/// ExpressionAttributeNames and ExpressionAttributeValues, shared by all expressions of a request.
///
/// ```
/// use fieldseal::dynamodb::AttributeValue;
/// use fieldseal::dynamodb::expressions::{Condition, Placeholders, Term, Test, Value};
///
/// let adult = AttributeValue::N("18".into());
/// let placeholders = Placeholders::new([("#a", "age")], [(":adult", Some(&adult)), (":x", None)]);
/// let condition = Condition::parse("FilterExpression", "#a >= :adult", &placeholders)?;
/// let Some(Test::Compare(_, _, right)) = condition.tests().next() else { panic!("{condition:?}") };
/// let value = Value { placeholder: ":adult", value: Some(&adult) };
/// assert_eq!(right.term, Term::Value(value));
///
/// let unused = placeholders.all_used(); // `:x` is not
/// assert_eq!(unused.unwrap_err().code(), "MALFORMED_EXPRESSION");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub struct Placeholders<'a> {
    names: Vec<Entry<'a, &'a str>>,
    values: Vec<Entry<'a, Option<&'a AttributeValue<'a>>>>,
}

impl<'a> Placeholders<'a> {
    /// The names with what they stand for, and the values with theirs, where they are known.
    pub fn new(
        names: impl IntoIterator<Item = (&'a str, &'a str)>,
        values: impl IntoIterator<Item = (&'a str, Option<&'a AttributeValue<'a>>)>,
    ) -> Self {
        Self { names: entries(names), values: entries(values) }
    }

    /// The attribute that `#name` stands for.
    pub(super) fn name(&self, placeholder: &'a str) -> Result<&'a str> {
        find(&self.names, placeholder).copied().ok_or_else(|| {
            malformed(format!(
                "an expression attribute name used in the document path is not defined; \
                 attribute name: {placeholder}"
            ))
        })
    }

    /// The value that `:value` stands for.
    pub(super) fn value(&self, placeholder: &'a str) -> Result<Value<'a>> {
        let value = find(&self.values, placeholder).copied().ok_or_else(|| {
            malformed(format!(
                "an expression attribute value used in expression is not defined; attribute \
                 value: {placeholder}"
            ))
        })?;
        Ok(Value { placeholder, value })
    }

    /// Checks that the expressions that have been read use each of them, as DynamoDB does.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::Expression`](crate::error::Part::Expression), naming one that is not used.
    pub fn all_used(&self) -> Result<()> {
        report_unused(&self.names, "ExpressionAttributeNames")?;
        report_unused(&self.values, "ExpressionAttributeValues")
    }
}

fn entries<'a, T>(given: impl IntoIterator<Item = (&'a str, T)>) -> Vec<Entry<'a, T>> {
    let entry = |(placeholder, stands_for)| Entry { placeholder, stands_for, used: false.into() };
    sorted(given.into_iter().map(entry).collect(), |a, b| a.placeholder.cmp(b.placeholder))
}

fn find<'e, T>(entries: &'e [Entry<'_, T>], placeholder: &str) -> Option<&'e T> {
    let order = |entry: &Entry<'_, T>| {
        tick();
        entry.placeholder.cmp(placeholder)
    };
    let at = entries.binary_search_by(order).ok()?;
    let entry = entries.get(at)?;
    entry.used.set(true);
    Some(&entry.stands_for)
}

fn report_unused<T>(entries: &[Entry<'_, T>], parameter: &str) -> Result<()> {
    let unused: Vec<&str> =
        entries.iter().filter(|entry| !entry.used.get()).map(|entry| entry.placeholder).collect();
    if unused.is_empty() {
        return Ok(());
    }
    let keys = unused.join(", ");
    Err(malformed(format!("value provided in {parameter} unused in expressions: keys: {{{keys}}}")))
}
