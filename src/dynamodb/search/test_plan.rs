//! What becomes of a test of a query: which beacons stand for its values, and what DynamoDB's answer to it says.

use crate::dynamodb::expressions::{Comparator, Operand, Path, Term, Test};
use crate::dynamodb::{AttributeValue, ItemEncryptorConfig};
use crate::error::{Error, Result, Rule};
use crate::structured::CryptoAction;

use super::beacon::Beacon;
use super::compound::{Compound, End, query_text};
use super::key_named::KeyNamed;
use super::names::BEACON_PREFIX;
use super::searched::Search;
use super::standard::Standard;

/// What DynamoDB's answer says of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The same as the test of the plaintext.
    Same,
    /// Yes wherever the test holds, and elsewhere.
    More,
    /// No wherever the test does not hold, and elsewhere.
    Less,
    /// Nothing.
    Unknown,
}

/// What a value is sent as.
#[derive(Clone, Copy)]
pub(super) enum Sent<'s> {
    AsItIs,
    Standard { beacon: &'s Standard },
    Compound { beacon: &'s Compound, end: End },
}

/// A value of a test: what stands for it, itself, and what it is sent as.
pub(super) type SentValue<'s, 'a> = (&'a str, &'a AttributeValue<'a>, Sent<'s>);

/// What becomes of a test.
pub(super) struct Plan<'s, 'a> {
    pub(super) answer: Answer,
    /// The values that it has.
    pub(super) values: Vec<SentValue<'s, 'a>>,
}

/// Who plans: the table's beacons, and what is done with its attributes.
#[derive(Clone, Copy)]
pub(super) struct Planner<'s> {
    pub(super) search: &'s Search,
    pub(super) table: &'s ItemEncryptorConfig,
}

impl<'s> Planner<'s> {
    /// The beacon that a path stands for.
    pub(super) fn beacon(&self, path: &Path<'_>) -> Option<Beacon<'s>> {
        self.search.beacon_at(path)
    }

    /// Whether the existence of what the path names is that of a beacon, and not of an attribute of that name.
    pub(super) fn is_only_beacon(&self, path: &Path<'_>) -> bool {
        self.table.action(path.attribute).is_none()
    }

    pub(super) fn plan<'a>(&self, test: &Test<'a>) -> Result<Plan<'s, 'a>> {
        let as_it_is = |answer| Ok(Plan { answer, values: values(test, Sent::AsItIs)? });
        if self.is_on_dropped_key_field(test) {
            self.check_dropped_key_field(test)?;
            return as_it_is(Answer::Unknown);
        }
        if let Some(path) = test.existence() {
            self.check_existence(path)?;
            return as_it_is(Answer::Same);
        }
        let mut beacons = Vec::new();
        for operand in test.operands() {
            let Term::Path(path) = &operand.term else { continue };
            let Some(beacon) = self.beacon(path) else {
                self.check_plain(path)?;
                continue;
            };
            if operand.size || matches!(test, Test::Type(..)) {
                let function = if operand.size { "size" } else { "attribute_type" };
                return Err(refused(path, &format!("{function} cannot be asked of a beacon")));
            }
            if matches!(beacon, Beacon::Standard(standard) if standard.part_only) {
                return Err(refused(path, "the beacon is only a part of compound beacons"));
            }
            beacons.push(beacon);
        }
        let answer = match &beacons[..] {
            [] => Answer::Same,
            [Beacon::Standard(beacon)] if self.compares_beacon_with_values(test) => {
                return self.of_standard(test, beacon);
            }
            [Beacon::Compound(beacon)] if self.compares_beacon_with_values(test) => {
                return self.of_compound(test, beacon);
            }
            [_] if self.has_impossible_attribute(test) => Answer::Same,
            all if all.iter().all(|beacon| !beacon.is_encrypted()) => Answer::Same,
            [Beacon::Standard(one), Beacon::Standard(other)]
                if are_twins(one, other) && is_equality(test) =>
            {
                Answer::More
            }
            _ => Answer::Unknown,
        };
        as_it_is(answer)
    }

    /// Whether a test is on the attribute that names the branch key and is not stored.
    pub(super) fn is_on_dropped_key_field(&self, test: &Test<'_>) -> bool {
        let field = self.search.dropped_key_field(self.table);
        field.is_some() && test.paths().iter().any(|path| field == Some(path.attribute))
    }

    /// It is decided by the branch key that an item is of.
    fn check_dropped_key_field(&self, test: &Test<'_>) -> Result<()> {
        let field = self.search.dropped_key_field(self.table).unwrap_or_default();
        let named = KeyNamed { search: self.search, key_field_name: field };
        if named.by_test(test)?.is_none() {
            let problem = "the attribute is not stored, since it has no action that signs it: all that can be asked of it is \
                           whether it equals the id of a branch key";
            return Err(Error::misuse(Rule::BeaconQuery, problem).of_attribute(field));
        }
        Ok(())
    }

    /// Whether a test has an attribute that no item has: it compares as nothing does, wherever that is decided.
    fn has_impossible_attribute(&self, test: &Test<'_>) -> bool {
        let is_absent = |path: &Path<'_>| self.beacon(path).is_none() && self.is_impossible(path);
        test.paths().into_iter().any(is_absent)
    }

    fn compares_beacon_with_values(&self, test: &Test<'_>) -> bool {
        let is_beacon =
            |operand: &Operand<'_>| operand.path().is_some_and(|path| self.beacon(path).is_some());
        let is_value = |operand: &Operand<'_>| !operand.size && operand.path().is_none();
        match test {
            Test::Compare(left, _, right) => {
                (is_beacon(left) && is_value(right)) || (is_value(left) && is_beacon(right))
            }
            Test::Between(beacon, low, high) => {
                is_beacon(beacon) && is_value(low) && is_value(high)
            }
            Test::In(beacon, list) => is_beacon(beacon) && list.iter().all(is_value),
            Test::BeginsWith(beacon, value) | Test::Contains(beacon, value) => {
                is_beacon(beacon) && is_value(value)
            }
            Test::Exists(_) | Test::NotExists(_) | Test::Type(..) => false,
        }
    }

    fn of_standard<'a>(&self, test: &Test<'a>, beacon: &'s Standard) -> Result<Plan<'s, 'a>> {
        let answer = match test {
            Test::Compare(_, Comparator::Equal, _) | Test::In(..) => Answer::More,
            Test::Contains(..) if beacon.as_set => Answer::More,
            Test::Contains(..) => Answer::Unknown,
            _ => {
                let problem = "a standard beacon can be asked for equal values only: '=', IN and, of a set, contains";
                return Err(Error::misuse(Rule::BeaconQuery, problem).of_attribute(&beacon.name));
            }
        };
        Ok(Plan { answer, values: values(test, Sent::Standard { beacon })? })
    }

    fn of_compound<'a>(&self, test: &Test<'a>, beacon: &'s Compound) -> Result<Plan<'s, 'a>> {
        let comparator = comparator(test);
        let end = match comparator {
            // What is less than a prefix is less than all that begins with it, and what is not less than it is so as well.
            // What equals it has the beacon of a part that is empty.
            Some(Comparator::Less | Comparator::GreaterOrEqual | Comparator::Greater) => {
                End::Prefix
            }
            Some(_) => End::Empty,
            None if matches!(test, Test::In(..)) => End::Empty,
            None => End::Prefix,
        };
        let mut values = values(test, Sent::Compound { beacon, end })?;
        if let (Test::Between(..), [_, (_, _, sent)]) = (test, &mut values[..]) {
            *sent = Sent::Compound { beacon, end: End::Empty };
        }
        let (mut texts, mut hashed) = (Vec::with_capacity(values.len()), false);
        for (_, value, _) in &values {
            let text = query_text(beacon, value)?;
            hashed |= beacon.pieces(text)?.iter().any(|piece| piece.part.is_encrypted());
            texts.push(text);
        }
        let answer = match test {
            Test::Compare(_, Comparator::Equal, _) | Test::In(..) if hashed => Answer::More,
            Test::Compare(_, Comparator::NotEqual, _) if hashed => Answer::Less,
            Test::Compare(_, Comparator::Equal | Comparator::NotEqual, _) | Test::In(..) => {
                Answer::Same
            }
            Test::Compare(..) => {
                for text in texts {
                    beacon.check_order(text, 0)?;
                }
                match comparator {
                    Some(Comparator::LessOrEqual | Comparator::Greater) if hashed => Answer::More,
                    _ => Answer::Same,
                }
            }
            Test::Between(..) => {
                let [low, high] = texts[..] else {
                    return Err(Error::bug("BETWEEN without its bounds"));
                };
                let common = beacon.common_pieces(low, high);
                beacon.check_order(low, common)?;
                beacon.check_order(high, common)?;
                match (beacon.has_order_between(low, high)?, hashed) {
                    (false, _) => Answer::Unknown,
                    (true, true) => Answer::More,
                    (true, false) => Answer::Same,
                }
            }
            Test::BeginsWith(..) if !hashed => Answer::Same,
            _ if !beacon.is_encrypted() => Answer::Same,
            _ => Answer::More,
        };
        Ok(Plan { answer, values })
    }

    /// An attribute that is compared and is no beacon.
    fn check_plain(&self, path: &Path<'_>) -> Result<()> {
        let name = path.attribute;
        if let Some(beacon) = name.strip_prefix(BEACON_PREFIX) {
            let problem = format!("queries name beacons as they are configured: '{beacon}'");
            return Err(refused(path, &problem));
        }
        if self.search.is_virtual_field(name) {
            return Err(refused(
                path,
                "a virtual field is not stored: it can be searched by a beacon of it only",
            ));
        }
        if self.table.action(name) == Some(CryptoAction::EncryptAndSign) {
            let problem = match path.steps.is_empty() {
                true => "the attribute is encrypted, and cannot be searched without a beacon",
                false => {
                    "what is within an encrypted attribute can be searched by a beacon of it only, under the beacon's name"
                }
            };
            return Err(refused(path, problem));
        }
        Ok(())
    }

    fn check_existence(&self, path: &Path<'_>) -> Result<()> {
        match self.beacon(path) {
            Some(Beacon::Standard(beacon)) if beacon.part_only && self.is_only_beacon(path) => {
                Err(refused(path, "the beacon is only a part of compound beacons"))
            }
            Some(_) => Ok(()),
            // DynamoDB can tell whether an encrypted attribute is there.
            None if path.steps.is_empty() && self.table.action(path.attribute).is_some() => Ok(()),
            None => self.check_plain(path),
        }
    }

    /// Whether no item has such an attribute.
    fn is_impossible(&self, path: &Path<'_>) -> bool {
        self.table.action(path.attribute).is_none() && !self.table.is_unsigned(path.attribute)
    }
}

/// Whether equal values have one beacon in both.
fn are_twins(one: &Standard, other: &Standard) -> bool {
    one.key_name == other.key_name
        && one.length == other.length
        && one.partitions == other.partitions
        && one.as_set == other.as_set
}

/// The comparator of a comparison, as it is with the attribute on the left.
fn comparator(test: &Test<'_>) -> Option<Comparator> {
    use Comparator::{Greater, GreaterOrEqual, Less, LessOrEqual};
    let Test::Compare(left, comparator, _) = test else { return None };
    Some(match (left.path(), comparator) {
        (Some(_), comparator) => *comparator,
        (None, Less) => Greater,
        (None, LessOrEqual) => GreaterOrEqual,
        (None, Greater) => Less,
        (None, GreaterOrEqual) => LessOrEqual,
        (None, comparator) => *comparator,
    })
}

fn is_equality(test: &Test<'_>) -> bool {
    matches!(test, Test::Compare(_, Comparator::Equal, _))
}

/// The values that a test has, all sent the same.
fn values<'s, 'a>(test: &Test<'a>, sent: Sent<'s>) -> Result<Vec<SentValue<'s, 'a>>> {
    let mut values = Vec::new();
    for operand in test.operands() {
        if let Term::Value(value) = &operand.term {
            let given = value.value.ok_or_else(|| {
                let problem = "search needs the request's values, and not their names alone";
                Error::misuse(Rule::Argument, problem).of_attribute(value.placeholder)
            })?;
            values.push((value.placeholder, given, sent));
        }
    }
    Ok(values)
}

fn refused(path: &Path<'_>, problem: &str) -> Error {
    Error::misuse(Rule::BeaconQuery, problem.to_owned()).of_attribute(path.attribute)
}
