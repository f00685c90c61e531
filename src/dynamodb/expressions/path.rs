//! Document paths: an attribute, and a place within it.

use core::fmt;

use crate::dynamodb::{AttributeValue, Item};
use crate::error::Result;
use crate::util::sort::ascending;

use super::malformed;

/// A document path, names resolved. The order is such that a path comes right before those within it.
///
/// ```
/// use fieldseal::dynamodb::expressions::{Path, Step};
/// use fieldseal::dynamodb::{AttributeValue, Item};
///
/// // `orders[1].total`
/// let steps = vec![Step::Element(1), Step::Member("total")];
/// let path = Path { attribute: "orders", steps };
///
/// let total =
///     |n: &'static str| AttributeValue::M(vec![("total".into(), AttributeValue::N(n.into()))]);
/// let item: Item = vec![("orders".into(), AttributeValue::L(vec![total("10"), total("20")]))];
/// assert_eq!(path.find(&item), Some(&AttributeValue::N("20".into())));
/// assert_eq!(path.find(&vec![]), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path<'a> {
    /// The attribute.
    pub attribute: &'a str,
    /// The way to a place within it; none for the whole attribute.
    pub steps: Vec<Step<'a>>,
}

/// A step of a [`Path`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step<'a> {
    /// To a member of a map.
    Member(&'a str),
    /// To an element of a list.
    Element(u32),
}

impl Path<'_> {
    /// What is there in `item`.
    pub fn find<'i, 'v>(&self, item: &'i Item<'v>) -> Option<&'i AttributeValue<'v>> {
        self.steps.iter().try_fold(member(item, self.attribute)?, |value, step| {
            match (step, value) {
                (Step::Member(name), AttributeValue::M(members)) => member(members, name),
                (Step::Element(index), AttributeValue::L(elements)) => {
                    elements.get(*index as usize)
                }
                _ => None,
            }
        })
    }
}

/// The member of this name of an item, or of a map.
pub(in crate::dynamodb) fn member<'i, 'v>(
    members: &'i Item<'v>,
    name: &str,
) -> Option<&'i AttributeValue<'v>> {
    members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// As DynamoDB's errors show it.
impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}", self.attribute)?;
        for step in &self.steps {
            match step {
                Step::Member(name) => write!(f, ", {name}")?,
                Step::Element(index) => write!(f, ", [{index}]")?,
            }
        }
        f.write_str("]")
    }
}

/// Fails if two paths are the same place, one lies within the other, or both cannot be in one document.
pub(super) fn check_distinct<'p>(
    parameter: &str,
    count: usize,
    path: &dyn Fn(usize) -> Option<&'p Path<'p>>,
) -> Result<()> {
    let order = ascending(count, &|a, b| path(a).cmp(&path(b)));
    // Of two paths that clash, one comes right before the other or before one that clashes as well.
    for pair in order.windows(2) {
        let (Some(one), Some(two)) = (path(pair[0]), path(pair[1])) else { continue };
        if one.attribute != two.attribute {
            continue;
        }
        let fork = one.steps.iter().zip(&two.steps).find(|(a, b)| a != b);
        let clash = match fork {
            None => "overlap",
            Some((Step::Member(_), Step::Element(_)) | (Step::Element(_), Step::Member(_))) => {
                "conflict"
            }
            Some(_) => continue,
        };
        return Err(malformed(format!(
            "{parameter}: two document paths {clash} with each other; must remove or rewrite one of \
             these paths; path one: {one}, path two: {two}"
        ))
        .of_attribute(one.attribute));
    }
    Ok(())
}
