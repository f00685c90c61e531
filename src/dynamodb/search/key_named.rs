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
type Ids<'a> = Option<Vec<&'a str>>;

pub(super) struct KeyNamed<'s> {
    pub(super) search: &'s Search,
    pub(super) key_field_name: &'s str,
}

impl KeyNamed<'_> {
    /// The one id that conditions name that hold together.
    pub(super) fn by_all<'a>(&self, conditions: &[&Condition<'a>]) -> Result<Option<&'a str>> {
        let mut ids = None;
        for condition in conditions {
            ids = both(ids, self.by_condition(condition)?);
        }
        match ids.unwrap_or_default()[..] {
            [] => Ok(None),
            [id] => Ok(Some(id)),
            _ => {
                let problem = "the request names more than one branch key";
                Err(Error::misuse(Rule::BeaconQuery, problem).of_attribute(self.key_field_name))
            }
        }
    }

    fn by_condition<'a>(&self, condition: &Condition<'a>) -> Result<Ids<'a>> {
        let mut left: Vec<Ids<'a>> = Vec::new();
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
                    (Some(one), Some(other)) => Some(united(&one, &other)),
                    _ => None,
                },
            };
            left.push(ids);
        }
        Ok(left.pop().flatten())
    }

    pub(super) fn by_test<'a>(&self, test: &Test<'a>) -> Result<Ids<'a>> {
        match test {
            Test::Compare(left, Comparator::Equal, right) => match (given(left), given(right)) {
                (None, Some(value)) => self.by_equality(left, &[value]),
                (Some(value), None) => self.by_equality(right, &[value]),
                _ => Ok(None),
            },
            Test::In(operand, list) => {
                let mut values = Vec::with_capacity(list.len());
                for member in list {
                    let Some(value) = given(member) else { return Ok(None) };
                    values.push(value);
                }
                self.by_equality(operand, &values)
            }
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

    /// Where the operand equals one of the values.
    fn by_equality<'a>(&self, operand: &Operand<'_>, values: &[&'a str]) -> Result<Ids<'a>> {
        let path = operand.path().filter(|path| path.steps.is_empty() && !operand.size);
        if path.is_some_and(|path| path.attribute == self.key_field_name) {
            return Ok(Some(united(&[], values)));
        }
        let Some(beacon) = self.compound(operand) else { return Ok(None) };
        let mut ids = Vec::with_capacity(values.len());
        for value in values {
            let Some(id) = self.in_pieces(beacon, value, usize::MAX)? else { return Ok(None) };
            ids.push(id);
        }
        Ok(Some(united(&[], &ids)))
    }

    fn compound(&self, operand: &Operand<'_>) -> Option<&Compound> {
        match operand.path().filter(|_| !operand.size).map(|path| self.search.beacon_at(path))? {
            Some(Beacon::Compound(beacon)) => Some(beacon),
            _ => None,
        }
    }

    /// The id among the first `complete` pieces of a value, if it is there once.
    fn in_pieces<'a>(
        &self,
        beacon: &Compound,
        value: &'a str,
        complete: usize,
    ) -> Result<Option<&'a str>> {
        let pieces = beacon.pieces(value)?;
        let mut id = None;
        for piece in pieces.get(..complete).unwrap_or(&pieces) {
            if let PartSource::Signed(location) = &piece.part.source
                && location.is_whole()
                && location.attribute == self.key_field_name
                && id.replace(piece.rest).is_some()
            {
                return Ok(None);
            }
        }
        Ok(id)
    }
}

/// The string that the request gave, and not its size.
fn given<'a>(operand: &Operand<'a>) -> Option<&'a str> {
    match &operand.term {
        Term::Value(value) if !operand.size => match value.value {
            Some(AttributeValue::S(text)) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// Of conditions that hold both. That no item is of two branch keys is for the caller to be told.
fn both<'a>(one: Ids<'a>, other: Ids<'a>) -> Ids<'a> {
    let (one, other) = match (one, other) {
        (Some(one), Some(other)) => (one, other),
        (one, other) => return one.or(other),
    };
    let mut known = Index::default();
    for id in &other {
        known.add(id, 0);
    }
    let mut common = Vec::new();
    for id in &one {
        if known.has(id) {
            common.push(*id);
        }
    }
    match common.is_empty() {
        false => Some(common),
        true => Some(united(&one, &other)),
    }
}

/// Those of both, each once.
fn united<'a>(one: &[&'a str], other: &[&'a str]) -> Vec<&'a str> {
    let (mut known, mut all) = (Index::default(), Vec::new());
    for ids in [one, other] {
        for id in ids {
            if known.add(id, 0).is_none() {
                all.push(*id);
            }
        }
    }
    all
}
