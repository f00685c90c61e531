//! Which branch key a request is for, where a table has many (`search-config.md#get-beacon-key-for-query`).
//!
//! Items of another one are left out of the results, so that all that is asked for must be of it: what stands under NOT
//! says nothing, and with OR both sides have to say it.

use crate::dynamodb::AttributeValue;
use crate::dynamodb::expressions::{Comparator, Condition, Node, Operand, Term, Test};
use crate::error::{Error, Result, Rule};
use crate::util::index::Index;

use super::beacon::Beacon;
use super::compound::{Compound, PartSource};
use super::searched::Search;

/// The ids that an item may have where a condition holds; `None` for any.
type Ids = Option<Vec<String>>;

pub(super) struct KeyNamed<'s> {
    pub(super) search: &'s Search,
    pub(super) key_field_name: &'s str,
}

impl KeyNamed<'_> {
    /// The one id that conditions name that hold together.
    pub(super) fn by_all<'c, 'a: 'c>(
        &self,
        conditions: impl Iterator<Item = &'c Condition<'a>>,
    ) -> Result<Option<String>> {
        let mut ids = None;
        for condition in conditions {
            ids = both(ids, self.by_condition(condition)?);
        }
        let Some(ids) = ids else { return Ok(None) };
        let mut ids = ids.into_iter();
        match (ids.next(), ids.next()) {
            (id, None) => Ok(id),
            _ => {
                let problem = "the request names more than one branch key";
                Err(Error::misuse(Rule::BeaconQuery, problem).of_attribute(self.key_field_name))
            }
        }
    }

    fn by_condition(&self, condition: &Condition<'_>) -> Result<Ids> {
        let mut left: Vec<Ids> = Vec::new();
        for node in &condition.nodes {
            let mut pop = || left.pop().flatten();
            let ids = match node {
                Node::Test(test) => self.by_test(test)?,
                Node::Not => {
                    pop();
                    None
                }
                Node::And => both(pop(), pop()),
                Node::Or => match (pop(), pop()) {
                    (Some(one), Some(other)) => Some(united(one, other)),
                    _ => None,
                },
            };
            left.push(ids);
        }
        Ok(left.pop().flatten())
    }

    pub(super) fn by_test(&self, test: &Test<'_>) -> Result<Ids> {
        let all = |(operand, values): (&Operand<'_>, Vec<&str>)| -> Result<Ids> {
            let Some(path) = operand.path().filter(|path| path.steps.is_empty()) else {
                return Ok(None);
            };
            if operand.size {
                return Ok(None);
            }
            if path.attribute == self.key_field_name {
                let ids = values.into_iter().map(str::to_owned).collect();
                return Ok(Some(united(Vec::new(), ids)));
            }
            let Some(Beacon::Compound(beacon)) = self.search.beacon_at(path) else {
                return Ok(None);
            };
            let mut ids = Vec::new();
            for value in values {
                let Some(id) = self.in_pieces(beacon, value, usize::MAX)? else {
                    return Ok(None);
                };
                ids.push(id);
            }
            Ok(Some(united(Vec::new(), ids)))
        };
        match test {
            Test::Compare(left, Comparator::Equal, right) => match (given(left), given(right)) {
                (None, Some(value)) => all((left, vec![value])),
                (Some(value), None) => all((right, vec![value])),
                _ => Ok(None),
            },
            Test::In(operand, list) => match list.iter().map(given).collect() {
                Some(values) => all((operand, values)),
                None => Ok(None),
            },
            Test::BeginsWith(operand, prefix) => match (self.compound(operand), given(prefix)) {
                // The last piece may go on.
                (Some(beacon), Some(value)) => {
                    let complete = value.matches(beacon.split).count();
                    Ok(self.in_pieces(beacon, value, complete)?.map(|id| vec![id]))
                }
                _ => Ok(None),
            },
            Test::Between(operand, low, high) => {
                match (self.compound(operand), given(low), given(high)) {
                    (Some(beacon), Some(low), Some(high)) => {
                        let complete = beacon.complete_pieces(low, high);
                        Ok(self.in_pieces(beacon, low, complete)?.map(|id| vec![id]))
                    }
                    _ => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }

    fn compound(&self, operand: &Operand<'_>) -> Option<&Compound> {
        match operand.path().filter(|_| !operand.size).map(|path| self.search.beacon_at(path))? {
            Some(Beacon::Compound(beacon)) => Some(beacon),
            _ => None,
        }
    }

    /// The id among the first `complete` pieces of a value, if it is there once.
    fn in_pieces(&self, beacon: &Compound, value: &str, complete: usize) -> Result<Option<String>> {
        let pieces = beacon.pieces(value)?;
        let mut named = pieces.iter().take(complete).filter(|piece| {
            matches!(
                &piece.part.source,
                PartSource::Signed(location)
                    if location.is_whole() && location.attribute == self.key_field_name
            )
        });
        Ok(match (named.next(), named.next()) {
            (Some(piece), None) => Some(piece.rest.to_owned()),
            _ => None,
        })
    }
}

/// The string that the request gave, and not its size.
fn given<'t>(operand: &'t Operand<'_>) -> Option<&'t str> {
    match &operand.term {
        Term::Value(value) if !operand.size => match value.value {
            Some(AttributeValue::S(text)) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// Of conditions that hold both. That no item is of two branch keys is for the caller to be told.
fn both(one: Ids, other: Ids) -> Ids {
    let (one, other) = match (one, other) {
        (Some(one), Some(other)) => (one, other),
        (one, other) => return one.or(other),
    };
    let mut known = Index::default();
    for id in &other {
        known.add(id, 0);
    }
    let common: Vec<String> = one.iter().filter(|id| known.has(id)).cloned().collect();
    match common.is_empty() {
        false => Some(common),
        true => Some(united(one, other)),
    }
}

/// Those of both, each once.
fn united(mut one: Vec<String>, other: Vec<String>) -> Vec<String> {
    let mut known = Index::default();
    for id in &one {
        known.add(id, 0);
    }
    for id in other {
        if known.add(&id, 0).is_none() {
            one.push(id);
        }
    }
    one
}
