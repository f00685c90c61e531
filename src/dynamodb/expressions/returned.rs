//! What an update gives back: `ReturnValues`.

use crate::dynamodb::{AttributeValue, Item};
use crate::util::sort::ascending;

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
/// let update = Update::parse("REMOVE draft", &Placeholders::new(&[], &[]))?;
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
    let path = |i: usize| update.actions.get(i).map(|action| &action.path);
    let mut attributes = Item::new();
    let mut last: Option<&Path<'a>> = None;
    // In order, so that each has its place behind the one before.
    for i in ascending(update.actions.len(), &|a, b| path(a).cmp(&path(b))) {
        let Some(path) = path(i) else { continue };
        let Some(value) = path.find(item) else { continue };
        append(&mut attributes, last, path, value.clone());
        last = Some(path);
    }
    if attributes.is_empty() { None } else { Some(attributes) }
}

/// Adds a value at its path, of which nothing is there yet but what it shares with the path of the `last` one.
fn append<'a>(
    attributes: &mut Item<'a>,
    last: Option<&Path<'a>>,
    path: &Path<'a>,
    mut value: AttributeValue<'a>,
) {
    let shared = match last {
        Some(last) if last.attribute == path.attribute => {
            1 + last.steps.iter().zip(&path.steps).take_while(|(a, b)| a == b).count()
        }
        _ => 0,
    };
    for step in path.steps.get(shared..).unwrap_or_default().iter().rev() {
        value = match step {
            Step::Member(name) => AttributeValue::M(vec![((*name).into(), value)]),
            Step::Element(_) => AttributeValue::L(vec![value]),
        };
    }
    if shared == 0 {
        attributes.push((path.attribute.into(), value));
        return;
    }
    let mut at = attributes.last_mut().map(|(_, value)| value);
    for _ in 1..shared {
        at = match at {
            Some(AttributeValue::M(members)) => members.last_mut().map(|(_, value)| value),
            Some(AttributeValue::L(elements)) => elements.last_mut(),
            _ => None,
        };
    }
    match (at, path.steps.get(shared - 1)) {
        (Some(AttributeValue::M(members)), Some(Step::Member(name))) => {
            members.push(((*name).into(), value));
        }
        (Some(AttributeValue::L(elements)), Some(Step::Element(_))) => elements.push(value),
        // Paths of one update never lie within each other.
        _ => {}
    }
}
