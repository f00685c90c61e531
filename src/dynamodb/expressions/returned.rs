//! What an update gives back: `ReturnValues`.

use crate::dynamodb::{AttributeValue, Item};
use crate::util::sort::sorted;

use super::path::{Path, Step};
use super::update::Update;

/// The kinds of `ReturnValues`, by default none.
///
/// ```
/// use fieldseal::dynamodb::expressions::ReturnValues;
///
/// assert_eq!(ReturnValues::by_name("ALL_NEW"), Some(ReturnValues::AllNew));
/// assert_eq!(ReturnValues::by_name("all_new"), None);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReturnValues {
    /// Nothing.
    #[default]
    None,
    /// The item as it was.
    AllOld,
    /// What was changed, as it was.
    UpdatedOld,
    /// The item as it is.
    AllNew,
    /// What was changed, as it is.
    UpdatedNew,
}

impl ReturnValues {
    /// By the name that requests have.
    pub fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "NONE" => Self::None,
            "ALL_OLD" => Self::AllOld,
            "UPDATED_OLD" => Self::UpdatedOld,
            "ALL_NEW" => Self::AllNew,
            "UPDATED_NEW" => Self::UpdatedNew,
            _ => return None,
        })
    }
}

/// `Attributes` of the response; `None` where the response has none. `update` is absent where nothing is changed.
///
/// ```
/// use fieldseal::dynamodb::expressions::{
///     Placeholders, ReturnValues, Update, apply_update, returned_attributes,
/// };
/// use fieldseal::dynamodb::{AttributeValue, Item};
///
/// let update = Update::parse("REMOVE draft", &Placeholders::new([], []))?;
/// let key: Item = vec![("id".into(), AttributeValue::S("c-1".into()))];
/// let mut before = key.clone();
/// before.push(("draft".into(), AttributeValue::Bool(true)));
/// let after = apply_update(&update, &key, Some(&before))?;
///
/// let returned = |kind| returned_attributes(kind, Some(&update), Some(&before), after.as_ref());
/// assert_eq!(returned(ReturnValues::AllNew), Some(key.clone()));
/// assert_eq!(returned(ReturnValues::UpdatedOld).unwrap(), before[1..]);
/// assert_eq!(returned(ReturnValues::None), None);
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn returned_attributes<'a>(
    kind: ReturnValues,
    update: Option<&Update<'a>>,
    before: Option<&Item<'a>>,
    after: Option<&Item<'a>>,
) -> Option<Item<'a>> {
    match kind {
        ReturnValues::None => None,
        ReturnValues::AllOld => before.cloned(),
        ReturnValues::AllNew => after.cloned(),
        ReturnValues::UpdatedOld => updated(update?, before?),
        ReturnValues::UpdatedNew => updated(update?, after?),
    }
}

/// What the item has at the paths of the update. An index is looked up as it stands, even where the list has changed its
/// length since: so does DynamoDB.
fn updated<'a>(update: &Update<'a>, item: &Item<'a>) -> Option<Item<'a>> {
    let paths = sorted(update.actions.iter().map(|a| &a.path).collect(), |a, b| a.cmp(b));
    let mut found: Vec<(&Path<'a>, AttributeValue<'a>)> = Vec::new();
    for path in paths {
        if let Some(value) = path.find(item) {
            found.push((path, value.clone()));
        }
    }
    let attributes = found.chunk_by(|(a, _), (b, _)| a.attribute == b.attribute);
    let attributes: Item<'a> = attributes
        .filter_map(|same| {
            let parts: Vec<(&[Step<'a>], &AttributeValue<'a>)> =
                same.iter().map(|(path, value)| (path.steps.as_slice(), value)).collect();
            Some((same.first()?.0.attribute.into(), assemble(&parts)?))
        })
        .collect();
    Some(attributes).filter(|attributes| !attributes.is_empty())
}

/// A document with nothing but the parts, which are in order of their paths. As deep as a path is long.
fn assemble<'a>(parts: &[(&[Step<'a>], &AttributeValue<'a>)]) -> Option<AttributeValue<'a>> {
    let (steps, value) = parts.first()?;
    let Some(first) = steps.first() else { return Some((*value).clone()) };
    let groups = parts.chunk_by(|(a, _), (b, _)| a.first() == b.first()).map(|same| {
        let below: Vec<_> = same
            .iter()
            .map(|(steps, value)| (steps.get(1..).unwrap_or_default(), *value))
            .collect();
        (same.first().and_then(|(steps, _)| steps.first()), assemble(&below))
    });
    Some(match first {
        Step::Member(_) => AttributeValue::M(
            groups
                .filter_map(|(step, value)| match step {
                    Some(Step::Member(name)) => Some(((*name).into(), value?)),
                    _ => None,
                })
                .collect(),
        ),
        Step::Element(_) => AttributeValue::L(groups.filter_map(|(_, value)| value).collect()),
    })
}
