//! What was asked for, of what DynamoDB found (`ddb-support.md#queryoutputforbeacons`).

use crate::dynamodb::expressions::{
    Condition, Operand, RequestParts, Term, Test, Value, holds_by, holds_test, member,
};
use crate::dynamodb::{AttributeValue, Item, ItemEncryptorConfig};
use crate::error::Result;
use crate::structured::{HEADER_FIELD, Header};

use super::beacon::Beacon;
use super::clause::Clause;
use super::compound::query_text;
use super::query::Asked;
use super::searched::{Search, branch_key_id};
use super::test_plan::{Answer, Planner};

/// Which items of a response were asked for; [`Search`](super::Search) has an example.
pub struct ResultFilter<'s, 'a> {
    planner: Planner<'s>,
    asked: Asked<'s, 'a>,
    branch_key_id: Option<&'a str>,
    /// Whether DynamoDB's answer may have too many.
    looks: bool,
}

impl<'s, 'a> ResultFilter<'s, 'a> {
    pub(in crate::dynamodb) fn new(
        search: &'s Search,
        table: &'s ItemEncryptorConfig,
        parts: &'a RequestParts<'a>,
    ) -> Result<Self> {
        let asked = Asked::read(search, table, parts)?;
        let branch_key_id = asked.branch_key_id()?;
        let mut looks = false;
        for clause in asked.clauses() {
            looks |= clause.plans.iter().any(|plan| plan.answer != Answer::Same);
        }
        Ok(Self { planner: Planner { search, table }, asked, branch_key_id, looks })
    }

    /// Whether DynamoDB's answer may have items that were not asked for.
    pub fn looks(&self) -> bool {
        self.looks
    }

    /// Whether opened items are looked at: then, and after a query, whose items are those that its key condition asks for
    /// whatever the service says.
    pub fn looks_at_items(&self) -> bool {
        self.looks || self.asked.key.is_some()
    }

    /// Whether a sealed item is one of the branch key that the request names, as far as its header says so; if not, it
    /// need not be opened.
    pub fn is_of_branch_key(&self, sealed: &Item<'_>) -> bool {
        let Some(id) = self.branch_key_id else { return true };
        let Some(AttributeValue::B(bytes)) = member(sealed, HEADER_FIELD) else { return true };
        // What cannot be read is for opening to say.
        let Ok(header) = Header::parse(bytes) else { return true };
        branch_key_id(&header.encrypted_data_keys).is_none_or(|wrapped| wrapped == id.as_bytes())
    }

    /// Whether an item in plaintext was asked for.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) for values of types that their operators do not take, as DynamoDB has it.
    pub fn keeps(&self, item: &Item<'_>) -> Result<bool> {
        let holds = |clause: &Option<_>| match clause {
            Some(clause) => self.holds(clause, item),
            None => Ok(true),
        };
        Ok(holds(&self.asked.key)? && (!self.looks || holds(&self.asked.filter)?))
    }

    fn holds(&self, clause: &Clause<'s, 'a>, item: &Item<'_>) -> Result<bool> {
        let condition: &Condition<'a> = &clause.condition;
        holds_by(condition, &mut |test| self.decide(test, item))
    }

    fn decide(&self, test: &Test<'a>, item: &Item<'_>) -> Result<bool> {
        if let (Some(id), true) = (self.branch_key_id, self.planner.is_on_dropped_key_field(test))
            && let Some(field) = self.planner.search.dropped_key_field(self.planner.table)
        {
            let id = AttributeValue::S(id.into());
            return holds_test(test, &vec![(field.into(), id)]);
        }
        let paths = test.paths();
        if !paths.iter().any(|path| self.planner.beacon(path).is_some()) {
            return holds_test(test, item);
        }
        if let Some(path) = test.existence() {
            let exists = match self.planner.beacon(path) {
                Some(beacon) if self.planner.is_only_beacon(path) => {
                    self.plain(beacon, item)?.is_some()
                }
                _ => path.find(item).is_some(),
            };
            return Ok(exists == matches!(test, Test::Exists(_)));
        }
        // What the test is about, and of a beacon what it is of: under the beacon's name.
        let mut view: Item<'_> = Vec::new();
        for path in paths {
            let value = match self.planner.beacon(path) {
                Some(beacon) => self.plain(beacon, item)?,
                None => member(item, path.attribute).cloned(),
            };
            if let Some(value) = value {
                view.push((path.attribute.into(), value));
            }
        }
        match test {
            Test::BeginsWith(left, right) | Test::Contains(left, right) => {
                if let (Some(Beacon::Compound(compound)), Operand { term, size: false }) =
                    (left.path().and_then(|path| self.planner.beacon(path)), right)
                    && let Term::Value(Value { value: Some(given), .. }) = term
                {
                    let wanted = query_text(compound, given)?;
                    return match view.first() {
                        Some((_, AttributeValue::S(value))) => {
                            compound.has(value, wanted, matches!(test, Test::Contains(..)))
                        }
                        _ => Ok(false),
                    };
                }
                holds_test(test, &view)
            }
            _ => holds_test(test, &view),
        }
    }

    /// What a beacon is of in an item.
    fn plain<'v>(&self, beacon: Beacon<'_>, item: &Item<'v>) -> Result<Option<AttributeValue<'v>>> {
        match beacon {
            Beacon::Standard(beacon) => beacon.plain(&self.planner.search.virtual_fields, item),
            Beacon::Compound(beacon) => {
                let text = beacon.of_item(self.planner.search.sources(), item, None)?;
                Ok(text.map(|text| AttributeValue::S(text.into())))
            }
        }
    }
}
