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

/// A name or a value, by what stands for it in expressions.
struct Entry<'a> {
    placeholder: &'a str,
    name: &'a str,
    value: Option<&'a AttributeValue<'a>>,
    used: Cell<bool>,
}

/// ExpressionAttributeNames and ExpressionAttributeValues, shared by all expressions of a request.
///
/// ```
/// use fieldseal::dynamodb::AttributeValue;
/// use fieldseal::dynamodb::expressions::{Condition, Placeholders, Term, Test, Value};
///
/// let adult = AttributeValue::N("18".into());
/// let placeholders = Placeholders::new(&[("#a", "age")], &[(":adult", Some(&adult)), (":x", None)]);
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
    names: Vec<Entry<'a>>,
    values: Vec<Entry<'a>>,
}

impl<'a> Placeholders<'a> {
    /// The names with what they stand for, and the values with theirs, where they are known.
    pub fn new(
        names: &[(&'a str, &'a str)],
        values: &[(&'a str, Option<&'a AttributeValue<'a>>)],
    ) -> Self {
        let entry =
            |placeholder, name, value| Entry { placeholder, name, value, used: false.into() };
        let (mut of_names, mut of_values) = (Vec::new(), Vec::new());
        for (placeholder, name) in names {
            of_names.push(entry(*placeholder, *name, None));
        }
        for (placeholder, value) in values {
            of_values.push(entry(*placeholder, "", *value));
        }
        let order = |a: &Entry<'_>, b: &Entry<'_>| a.placeholder.cmp(b.placeholder);
        Self { names: sorted(of_names, order), values: sorted(of_values, order) }
    }

    /// The attribute that `#name` stands for.
    pub(super) fn name(&self, placeholder: &str) -> Result<&'a str> {
        let kind = "name used in the document path";
        find(&self.names, placeholder, kind, "name").map(|entry| entry.name)
    }

    /// The value that `:value` stands for.
    pub(super) fn value(&self, placeholder: &'a str) -> Result<Value<'a>> {
        let entry = find(&self.values, placeholder, "value used in expression", "value")?;
        Ok(Value { placeholder, value: entry.value })
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

fn find<'e, 'a>(
    entries: &'e [Entry<'a>],
    placeholder: &str,
    used_where: &str,
    kind: &str,
) -> Result<&'e Entry<'a>> {
    let order = |entry: &Entry<'_>| {
        tick();
        entry.placeholder.cmp(placeholder)
    };
    let found = entries.binary_search_by(order).ok().and_then(|at| entries.get(at));
    let undefined = || {
        malformed(format!(
            "an expression attribute {used_where} is not defined; attribute {kind}: {placeholder}"
        ))
    };
    let entry = found.ok_or_else(undefined)?;
    entry.used.set(true);
    Ok(entry)
}

fn report_unused(entries: &[Entry<'_>], parameter: &str) -> Result<()> {
    let mut unused = String::new();
    for entry in entries.iter().filter(|entry| !entry.used.get()) {
        if !unused.is_empty() {
            unused.push_str(", ");
        }
        unused.push_str(entry.placeholder);
    }
    match unused.is_empty() {
        true => Ok(()),
        false => Err(malformed(format!(
            "value provided in {parameter} unused in expressions: keys: {{{unused}}}"
        ))),
    }
}
