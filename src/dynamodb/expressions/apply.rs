//! An update applied to an item in plaintext.

use crate::dynamodb::{AttributeValue, Item};
use crate::error::{Error, Result};
use crate::util::sort::ascending;

use super::compare::{normalized, numbers, wrong_type};
use super::decimal::add;
use super::not_applicable;
use super::path::{Path, Step};
use super::placeholders::Value;
use super::update::{Action, Change, Update, UpdateTerm};

/// What becomes of a place.
enum Outcome<'a> {
    Is(AttributeValue<'a>),
    Gone,
    Unchanged,
}

/// The item after the update; `None` where there is none and the update makes none.
///
/// `item` is what is stored, `key` the request's key, which may not be changed. All values are read before any is
/// changed, and indexes are those of the lists as they were.
///
/// # Errors
/// [`Fault::Misuse`](crate::error::Fault::Misuse) with [`Rule::Evaluation`](crate::error::Rule::Evaluation) where DynamoDB refuses the update, in its words.
///
/// ```
/// use fieldseal::dynamodb::expressions::{Placeholders, Update, apply_update};
/// use fieldseal::dynamodb::{AttributeValue, Item};
///
/// let one = AttributeValue::N("1".into());
/// let placeholders = Placeholders::new(&[], &[(":one", Some(&one))]);
/// let update = Update::parse("SET views = views + :one REMOVE draft", &placeholders)?;
///
/// let key: Item = vec![("id".into(), AttributeValue::S("c-1".into()))];
/// let mut stored = key.clone();
/// stored.push(("views".into(), AttributeValue::N("41".into())));
/// stored.push(("draft".into(), AttributeValue::Bool(true)));
/// let after = apply_update(&update, &key, Some(&stored))?.unwrap();
/// assert_eq!(after[1..], [("views".into(), AttributeValue::N("42".into()))]);
///
/// let none = apply_update(&update, &key, None); // `views` cannot be read
/// assert_eq!(none.unwrap_err().code(), "EXPRESSION_NOT_APPLICABLE");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn apply_update<'a>(
    update: &Update<'a>,
    key: &Item<'a>,
    item: Option<&Item<'a>>,
) -> Result<Option<Item<'a>>> {
    for action in &update.actions {
        if key.iter().any(|(name, _)| name == action.path.attribute) {
            let problem = "cannot update an attribute that is part of the key";
            return Err(not_applicable(problem).of_attribute(action.path.attribute));
        }
    }
    let makes = |action: &Action<'_>| matches!(action.change, Change::Set(_) | Change::Add(_));
    if item.is_none() && !update.actions.iter().any(makes) {
        return Ok(None);
    }
    let before = item.unwrap_or(key);
    let mut after = before.clone();
    // Lists are made longer and shorter when all else is done, so that indexes stay what they were.
    let (mut appended, mut removed) = (Vec::new(), Vec::new());
    for Action { path, change } in &update.actions {
        let outcome =
            outcome(path, change, before).map_err(|error| error.of_attribute(path.attribute))?;
        if item.is_none() && matches!(outcome, Outcome::Gone | Outcome::Unchanged) {
            continue;
        }
        match (place(&mut after, path)?, outcome) {
            (_, Outcome::Unchanged) => {}
            (Place::Member(members, name), Outcome::Gone) => {
                members.retain(|(known, _)| known != name);
            }
            (Place::Member(members, name), Outcome::Is(value)) => {
                match members.iter_mut().find(|(known, _)| known == name) {
                    Some((_, known)) => *known = value,
                    None => members.push((name.into(), value)),
                }
            }
            (Place::Element(elements, index), outcome) => {
                match (elements.get_mut(index), outcome) {
                    (Some(known), Outcome::Is(value)) => *known = value,
                    (Some(_), _) => removed.push(path),
                    (None, Outcome::Is(value)) => appended.push((path, value)),
                    (None, _) => {}
                }
            }
        }
    }
    for i in ascending(appended.len(), &|a, b| appended[a].0.cmp(appended[b].0)) {
        if let Some((path, value)) = appended.get_mut(i)
            && let Place::Element(elements, _) = place(&mut after, path)?
        {
            elements.push(core::mem::replace(value, AttributeValue::Null(true)));
        }
    }
    // From behind: what is taken out moves only what comes after it.
    for i in ascending(removed.len(), &|a, b| removed[b].cmp(removed[a])) {
        if let Some(path) = removed.get(i)
            && let Place::Element(elements, index) = place(&mut after, path)?
        {
            elements.remove(index);
        }
    }
    Ok(Some(after))
}

/// A place that can be written to.
enum Place<'m, 'a> {
    Member(&'m mut Item<'a>, &'a str),
    Element(&'m mut Vec<AttributeValue<'a>>, usize),
}

/// The place at the path; fails unless what it is in exists.
fn place<'m, 'a>(item: &'m mut Item<'a>, path: &Path<'a>) -> Result<Place<'m, 'a>> {
    let invalid = || {
        let problem = "the document path provided in the update expression is invalid for update";
        not_applicable(problem).of_attribute(path.attribute)
    };
    let Some((last, way)) = path.steps.split_last() else {
        return Ok(Place::Member(item, path.attribute));
    };
    let mut at = member_mut(item, path.attribute).ok_or_else(invalid)?;
    for step in way {
        at = match (step, at) {
            (Step::Member(name), AttributeValue::M(members)) => member_mut(members, name),
            (Step::Element(index), AttributeValue::L(elements)) => {
                elements.get_mut(*index as usize)
            }
            _ => None,
        }
        .ok_or_else(invalid)?;
    }
    match (last, at) {
        (Step::Member(name), AttributeValue::M(members)) => Ok(Place::Member(members, name)),
        (Step::Element(index), AttributeValue::L(elements)) => {
            Ok(Place::Element(elements, *index as usize))
        }
        _ => Err(invalid()),
    }
}

fn member_mut<'m, 'a>(members: &'m mut Item<'a>, name: &str) -> Option<&'m mut AttributeValue<'a>> {
    members.iter_mut().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn outcome<'a>(path: &Path<'a>, change: &Change<'a>, before: &Item<'a>) -> Result<Outcome<'a>> {
    Ok(match change {
        Change::Set(terms) => Outcome::Is(assigned(terms, before)?),
        Change::Remove => Outcome::Gone,
        Change::Add(value) => Outcome::Is(added(value_of("ADD", value)?, path.find(before))?),
        Change::Delete(value) => {
            let value = value_of("DELETE", value)?;
            if let AttributeValue::N(_) = value {
                return Err(wrong_type("DELETE", value));
            }
            match path.find(before) {
                None => Outcome::Unchanged,
                Some(known) => deleted(value, known)?.map_or(Outcome::Gone, Outcome::Is),
            }
        }
    })
}

/// The value of ADD and DELETE: a set, or a number.
fn value_of<'a>(section: &str, value: &Value<'a>) -> Result<&'a AttributeValue<'a>> {
    let value = known(value)?;
    match value {
        AttributeValue::N(_)
        | AttributeValue::Ss(_)
        | AttributeValue::Ns(_)
        | AttributeValue::Bs(_) => Ok(value),
        _ => Err(wrong_type(section, value)),
    }
}

fn known<'a>(value: &Value<'a>) -> Result<&'a AttributeValue<'a>> {
    value.value.ok_or_else(|| Error::bug("a value without itself"))
}

fn mismatch() -> Error {
    not_applicable("an operand in the update expression has an incorrect data type")
}

fn missing() -> Error {
    not_applicable("the provided expression refers to an attribute that does not exist in the item")
}

/// What SET assigns.
fn assigned<'a>(terms: &[UpdateTerm<'a>], before: &Item<'a>) -> Result<AttributeValue<'a>> {
    use AttributeValue::{L, N};
    // An operand that is missing is an error only if nothing takes its place.
    let mut stack: Vec<Result<AttributeValue<'a>>> = Vec::new();
    for term in terms {
        let mut pop =
            || stack.pop().unwrap_or_else(|| Err(Error::bug("an update without its operands")));
        let value = match term {
            UpdateTerm::Path(path) => path.find(before).cloned().ok_or_else(missing),
            UpdateTerm::Value(value) => known(value).and_then(normalized),
            UpdateTerm::IfNotExists(path) => {
                let otherwise = pop();
                path.find(before).cloned().map_or(otherwise, Ok)
            }
            UpdateTerm::ListAppend => {
                let second = pop();
                match (pop()?, second?) {
                    (L(mut elements), L(more)) => {
                        elements.extend(more);
                        Ok(L(elements))
                    }
                    _ => Err(mismatch()),
                }
            }
            UpdateTerm::Add | UpdateTerm::Subtract => {
                let second = pop();
                match (pop()?, second?) {
                    (N(first), N(second)) => {
                        let subtract = matches!(term, UpdateTerm::Subtract);
                        add(&first, &second, subtract).map(|sum| N(sum.into()))
                    }
                    _ => Err(mismatch()),
                }
            }
        };
        stack.push(value);
    }
    stack.pop().unwrap_or_else(|| Err(Error::bug("an update without a value")))
}

/// What ADD makes of what is there.
fn added<'a>(
    value: &AttributeValue<'a>,
    there: Option<&AttributeValue<'a>>,
) -> Result<AttributeValue<'a>> {
    use AttributeValue::{Bs, N, Ns, Ss};
    Ok(match (there, value) {
        (None, value) => normalized(value)?,
        (Some(N(known)), N(more)) => N(add(known, more, false)?.into()),
        (Some(Ss(known)), Ss(more)) => Ss(union(known, more)),
        (Some(Bs(known)), Bs(more)) => Bs(union(known, more)),
        (Some(Ns(known)), Ns(more)) => Ns(union(&numbers(known)?, &numbers(more)?)),
        _ => return Err(mismatch()),
    })
}

/// What DELETE leaves of what is there; nothing of a set without members.
fn deleted<'a>(
    value: &AttributeValue<'a>,
    there: &AttributeValue<'a>,
) -> Result<Option<AttributeValue<'a>>> {
    use AttributeValue::{Bs, Ns, Ss};
    Ok(match (there, value) {
        (Ss(known), Ss(less)) => without(known, less).map(Ss),
        (Bs(known), Bs(less)) => without(known, less).map(Bs),
        (Ns(known), Ns(less)) => without(&numbers(known)?, &numbers(less)?).map(Ns),
        _ => return Err(mismatch()),
    })
}

/// Adds those of `more` that are not in `set`.
fn add_others<T: Clone + Ord>(members: &mut Vec<T>, more: &[T], set: &[T]) {
    let order = ascending(set.len(), &|a, b| set[a].cmp(&set[b]));
    for member in more {
        if order.binary_search_by(|&i| set[i].cmp(member)).is_err() {
            members.push(member.clone());
        }
    }
}

fn union<T: Clone + Ord>(known: &[T], more: &[T]) -> Vec<T> {
    let mut members = known.to_vec();
    add_others(&mut members, more, known);
    members
}

fn without<T: Clone + Ord>(known: &[T], less: &[T]) -> Option<Vec<T>> {
    let mut left = Vec::new();
    add_others(&mut left, known, less);
    if left.is_empty() { None } else { Some(left) }
}
