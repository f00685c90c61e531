//! Queries and scans as DynamoDB can answer them (`ddb-support.md#queryinputforbeacons`, `#scaninputforbeacons`).

use crate::dynamodb::expressions::{
    Condition, MAX_EXPRESSION_BYTES, MAX_OPERATORS, Placeholders, RequestParts, Token,
    check_key_condition, parse_projection, token_at,
};
use crate::dynamodb::{AttributeValue, ItemEncryptorConfig};
use crate::error::{Error, Result, Rule};
use crate::materials::BeaconKey;
use crate::util::index::Index;

use super::clause::{Clause, Fate};
use super::compound::{Keyed, PartSource, query_text};
use super::config::BeaconKeys;
use super::key_named::KeyNamed;
use super::names::PARTITION_VALUE;
use super::render::{Names, plain_names, render, variant_without};
use super::searched::Search;
use super::test_plan::{Planner, Sent};

/// What asks; [`Search`](super::Search) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchOperation {
    /// Query: of one partition of a beacon in its key condition at a time.
    Query,
    /// Scan: of all partitions.
    Scan,
}

/// The parts of a request that beacons change; [`Search`](super::Search) has an example.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchRequest {
    /// KeyConditionExpression.
    pub key_condition: Option<String>,
    /// FilterExpression.
    pub filter: Option<String>,
    /// ExpressionAttributeNames.
    pub names: Vec<(String, String)>,
    /// ExpressionAttributeValues.
    pub values: Vec<(String, AttributeValue<'static>)>,
}

/// A request, read.
pub(in crate::dynamodb) struct Asked<'s, 'a> {
    planner: Planner<'s>,
    pub(super) key: Option<Clause<'s, 'a>>,
    pub(super) filter: Option<Clause<'s, 'a>>,
    /// The value of [`PARTITION_VALUE`].
    partition: Option<&'a AttributeValue<'a>>,
    names: &'a [(&'a str, &'a str)],
    /// Placeholders of names that a projection uses.
    projected: Vec<&'a str>,
}

/// Which partition a request is for.
pub(in crate::dynamodb) struct Target {
    partition: u8,
    /// How many queries find everything.
    queries: u8,
}

impl<'s, 'a> Asked<'s, 'a> {
    pub(in crate::dynamodb) fn read(
        search: &'s Search,
        table: &'s ItemEncryptorConfig,
        parts: &'a RequestParts<'a>,
    ) -> Result<Self> {
        let planner = Planner { search, table };
        let (mut values, mut partition) = (Vec::with_capacity(parts.values.len()), None);
        for (name, value) in &parts.values {
            match *name {
                PARTITION_VALUE => partition = *value,
                name => values.push((name, *value)),
            }
        }
        let placeholders = Placeholders::new(&parts.names, &values);
        let clause = |parameter, text: Option<&'a str>| match text {
            Some(text) => Clause::read(planner, parameter, text, &placeholders).map(Some),
            None => Ok(None),
        };
        let key = clause("KeyConditionExpression", parts.key_condition)?;
        if let Some(key) = &key {
            check_key_condition(&key.condition)?;
            if key.fates.iter().any(|fate| *fate != Fate::Sent) {
                let problem = "KeyConditionExpression asks for something that DynamoDB cannot find: between two values of a compound \
                               beacon of which one ends with an encrypted part, or by an attribute that is not stored";
                return Err(Error::misuse(Rule::BeaconQuery, problem));
            }
        }
        let filter = clause("FilterExpression", parts.filter)?;
        let mut projected = Vec::new();
        if let Some(projection) = parts.projection {
            parse_projection(projection, &placeholders)?;
            each_name(projection, &mut |name| projected.push(name));
        }
        placeholders.all_used()?;
        Ok(Self { planner, key, filter, partition, names: &parts.names, projected })
    }

    pub(super) fn clauses(&self) -> Vec<&Clause<'s, 'a>> {
        match (&self.key, &self.filter) {
            (Some(key), Some(filter)) => vec![key, filter],
            (Some(only), None) | (None, Some(only)) => vec![only],
            (None, None) => Vec::new(),
        }
    }

    /// How many queries find everything that the key condition asks for (`ddb-get-number-of-queries.md`).
    pub(in crate::dynamodb) fn number_of_queries(&self) -> Result<u8> {
        let maximum = self.planner.search.partitions;
        let mut number = 1;
        let values = self.key.as_ref().map(Clause::sent).unwrap_or_default();
        for (_, value, sent) in values {
            match sent {
                Sent::AsItIs => {}
                Sent::Standard { beacon } => number = common(number, beacon.partitions, maximum),
                Sent::Compound { beacon, .. } => {
                    for piece in beacon.pieces(query_text(beacon, value)?)? {
                        let PartSource::Encrypted(at) = piece.part.source else { continue };
                        if let Some(standard) = self.planner.search.standard.get(at) {
                            number = common(number, standard.partitions, maximum);
                        }
                    }
                }
            }
        }
        Ok(number)
    }

    /// Whether anything that is sent is hashed.
    fn needs_key(&self) -> Result<bool> {
        for clause in self.clauses() {
            for (_, value, sent) in clause.sent() {
                let is_hashed = match sent {
                    Sent::AsItIs => false,
                    Sent::Standard { .. } => true,
                    Sent::Compound { beacon, end } => {
                        beacon.hashes(query_text(beacon, value)?, *end)?
                    }
                };
                if is_hashed {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    pub(in crate::dynamodb) fn target(&self, operation: SearchOperation) -> Result<Target> {
        let maximum = self.planner.search.partitions;
        let error = |problem: String| {
            Err(Error::misuse(Rule::BeaconQuery, problem).of_attribute(PARTITION_VALUE))
        };
        let Some(value) = self.partition else {
            let queries = match operation {
                SearchOperation::Scan => 1,
                SearchOperation::Query => self.number_of_queries()?,
            };
            return match queries {
                1 => Ok(Target { partition: 0, queries }),
                _ => error(format!(
                    "the query has to say which of its {queries} partitions it is for, as a number in \
                     ExpressionAttributeValues: 0 for the first; queryPartitions asks all"
                )),
            };
        };
        if operation == SearchOperation::Scan {
            return error("a scan is of all partitions".to_owned());
        }
        if maximum == 1 {
            return error("the table has no partitions".to_owned());
        }
        let queries = self.number_of_queries()?;
        let partition = match value {
            AttributeValue::N(text) => crate::dynamodb::normalize_number(text)?.parse().ok(),
            _ => None,
        };
        match partition.filter(|partition| *partition < queries) {
            Some(partition) => Ok(Target { partition, queries }),
            None => error(format!("the partition must be a number from 0 to {}", queries - 1)),
        }
    }

    /// The one branch key that all items must be of that are asked for, where a table has many
    /// (`search-config.md#get-beacon-key-for-query`).
    pub(super) fn branch_key_id(&self) -> Result<Option<&'a str>> {
        let BeaconKeys::Multi { key_field_name } = &self.planner.search.keys else {
            return Ok(None);
        };
        let clauses = self.clauses();
        let mut conditions = Vec::with_capacity(clauses.len());
        for clause in &clauses {
            conditions.push(&clause.condition);
        }
        let named = KeyNamed { search: self.planner.search, key_field_name };
        let id = named.by_all(&conditions)?;
        if id.is_some() {
            return Ok(id);
        }
        for clause in clauses {
            if clause.tests().iter().any(|test| self.planner.is_on_dropped_key_field(test)) {
                let problem = "the attribute is not stored: whatever else is asked for (AND), it must equal the id of one branch key";
                return Err(Error::misuse(Rule::BeaconQuery, problem).of_attribute(key_field_name));
            }
        }
        Ok(None)
    }

    /// The id of the branch key that the beacons are of, if any are sent.
    pub(in crate::dynamodb) fn beacon_key_id(&self) -> Result<Option<&str>> {
        // Checked whether it is needed or not: what is not of the branch key is left out of the results.
        let named = self.branch_key_id()?;
        if !self.needs_key()? {
            return Ok(None);
        }
        match &self.planner.search.keys {
            BeaconKeys::Single { branch_key_id } => Ok(Some(branch_key_id)),
            BeaconKeys::Multi { .. } if named.is_some() => Ok(named),
            BeaconKeys::Multi { key_field_name } => {
                let problem = "the request asks for beacons, and does not say of which one branch key: besides whatever else it \
                               asks for (AND), compare this attribute with the branch key's id, or a compound beacon that \
                               it is a signed part of";
                Err(Error::misuse(Rule::BeaconQuery, problem).of_attribute(key_field_name))
            }
        }
    }

    /// The request as it is sent, with the key of [`beacon_key_id`](Self::beacon_key_id).
    pub(in crate::dynamodb) fn rewritten(
        &self,
        target: &Target,
        key: Option<&BeaconKey>,
    ) -> Result<SearchRequest> {
        let mut names = Names::new(self.names);
        for name in &self.projected {
            names.fixed.add(name, 0);
        }
        let clauses = self.clauses();
        for clause in &clauses {
            plain_names(self.planner, clause, &mut names);
        }
        let mut values = self.values(&clauses, key, target.partition)?;
        let key_condition = self.key.as_ref().map(|clause| {
            render(self.planner, clause, &mut names, &|placeholder| placeholder.to_owned())
        });
        let filter = match &self.filter {
            Some(clause) => {
                Some(self.filter_of_partitions(clause, key, target, &mut names, &mut values)?)
            }
            None => None,
        };
        let names = names.used(&self.projected, &[key_condition.as_deref(), filter.as_deref()]);
        let request = SearchRequest { key_condition, filter, names, values: values.all };
        request.check_limits(self.planner.search.partitions)?;
        Ok(request)
    }

    /// The filter for each partition that the query is for (`ddb-support.md#queryinputforbeacons`).
    fn filter_of_partitions(
        &self,
        clause: &Clause<'s, 'a>,
        key: Option<&BeaconKey>,
        target: &Target,
        names: &mut Names<'_>,
        values: &mut Values,
    ) -> Result<String> {
        let mut filters: Vec<String> = Vec::new();
        let mut bytes = 0;
        let partitions = target.partition..self.planner.search.partitions;
        for partition in partitions.step_by(usize::from(target.queries)) {
            // Where the values are that placeholders stand for here. Those of the first partition are there already.
            let mut replaced = Index::default();
            if partition != target.partition {
                for (name, value) in self.values(&[clause], key, partition)?.all {
                    replaced.add(&name, values.add(&name, value));
                }
            }
            let value = |placeholder: &str| {
                let found = replaced.get(placeholder).and_then(|at| values.all.get(at));
                found.map_or(placeholder, |(name, _)| name).to_owned()
            };
            let filter = render(self.planner, clause, names, &value);
            if !filters.contains(&filter) {
                bytes += filter.len();
                filters.push(filter);
            }
            // What is too long gets no longer.
            if bytes > MAX_EXPRESSION_BYTES {
                return Err(too_long("FilterExpression", self.planner.search.partitions));
            }
        }
        let mut joined = String::new();
        for filter in &filters {
            let or = if joined.is_empty() { "" } else { " OR " };
            let is_whole = filters.len() == 1 || is_enclosed(filter);
            let [open, close] = if is_whole { ["", ""] } else { ["(", ")"] };
            for text in [or, open, filter, close] {
                joined.push_str(text);
            }
        }
        Ok(joined)
    }

    /// The values that the clauses have, as they are sent to a partition.
    fn values(
        &self,
        clauses: &[&Clause<'s, 'a>],
        key: Option<&BeaconKey>,
        partition: u8,
    ) -> Result<Values> {
        let search = self.planner.search;
        let mut values = Values::default();
        for clause in clauses {
            for (placeholder, value, sent) in clause.sent() {
                let keyed = key.map(|key| Keyed { key, partition });
                let missing = || Error::bug("a beacon without a key");
                let value = match sent {
                    Sent::AsItIs => (*value).clone().into_owned(),
                    Sent::Standard { beacon } => {
                        let Keyed { key, .. } = keyed.ok_or_else(missing)?;
                        beacon.of_query(value, key, partition)?
                    }
                    Sent::Compound { beacon, end } => {
                        let text = query_text(beacon, value)?;
                        AttributeValue::S(
                            beacon.of_query(text, *end, search.sources(), keyed)?.into(),
                        )
                    }
                };
                match values.get(placeholder) {
                    None => values.push((*placeholder).to_owned(), value),
                    Some(known) if *known == value => {}
                    Some(_) => {
                        let problem = "the value is compared with two beacons, or with a beacon and an attribute: give it twice, by two names";
                        return Err(
                            Error::misuse(Rule::BeaconQuery, problem).of_attribute(placeholder)
                        );
                    }
                }
            }
        }
        Ok(values)
    }
}

impl SearchRequest {
    /// Fails if there is more of it than DynamoDB takes. For one partition it has the operators that were asked for.
    fn check_limits(&self, partitions: u8) -> Result<()> {
        let parts =
            [("KeyConditionExpression", &self.key_condition), ("FilterExpression", &self.filter)];
        for (parameter, text) in parts {
            let Some(text) = text else { continue };
            if text.len() > MAX_EXPRESSION_BYTES || partitions > 1 && !self.can_be_read(text) {
                return Err(too_long(parameter, partitions));
            }
        }
        Ok(())
    }

    fn can_be_read(&self, text: &str) -> bool {
        let mut names = Vec::with_capacity(self.names.len());
        for (placeholder, name) in &self.names {
            names.push((placeholder.as_str(), name.as_str()));
        }
        let mut values = Vec::with_capacity(self.values.len());
        for (placeholder, value) in &self.values {
            values.push((placeholder.as_str(), Some(value)));
        }
        let placeholders = Placeholders::new(&names, &values);
        Condition::parse("FilterExpression", text, &placeholders).is_ok()
    }
}

fn too_long(parameter: &str, partitions: u8) -> Error {
    let problem = format!(
        "{parameter}, written with beacons for up to {partitions} partitions, has more bytes than DynamoDB takes \
         ({MAX_EXPRESSION_BYTES}) or more operators ({MAX_OPERATORS}): ask for less at once, or use fewer partitions"
    );
    Error::misuse(Rule::BeaconQuery, problem)
}

/// ExpressionAttributeValues, as they are sent.
#[derive(Default)]
struct Values {
    all: Vec<(String, AttributeValue<'static>)>,
    /// Positions by placeholder.
    index: Index,
}

impl Values {
    fn get(&self, placeholder: &str) -> Option<&AttributeValue<'static>> {
        let at = self.index.get(placeholder)?;
        self.all.get(at).map(|(_, value)| value)
    }

    fn push(&mut self, placeholder: String, value: AttributeValue<'static>) {
        self.index.add(&placeholder, self.all.len());
        self.all.push((placeholder, value));
    }

    /// The position of a value by the placeholder `wanted`, or one that begins so.
    fn add(&mut self, wanted: &str, value: AttributeValue<'static>) -> usize {
        let is_other =
            |known: Option<&AttributeValue<'_>>| known.is_some_and(|known| *known != value);
        let free = variant_without(wanted, &|variant| is_other(self.get(variant)));
        match self.index.get(&free) {
            Some(at) => at,
            None => {
                self.push(free, value);
                self.all.len() - 1
            }
        }
    }
}

impl Names<'_> {
    /// Without what no expression uses any more: DynamoDB refuses it.
    fn used(self, projected: &[&str], expressions: &[Option<&str>]) -> Vec<(String, String)> {
        let mut used = Index::default();
        for name in projected {
            used.add(name, 0);
        }
        for expression in expressions.iter().flatten() {
            each_name(expression, &mut |name| {
                used.add(name, 0);
            });
        }
        let mut all = Vec::with_capacity(self.all.len());
        for (placeholder, name) in self.all {
            if used.has(&placeholder) {
                all.push((placeholder, name));
            }
        }
        all
    }
}

/// Whether an expression stands in parentheses as a whole: DynamoDB refuses more of them around it.
fn is_enclosed(expression: &str) -> bool {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        let (_, token, end) = token_at(expression, at);
        match token {
            Token::Symbol("(") => depth += 1,
            Token::Symbol(")") => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return token == Token::Symbol(")") && token_at(expression, end).1 == Token::End;
        }
        at = end;
    }
}

/// Calls `visit` with every `#name` in an expression.
fn each_name<'t>(expression: &'t str, visit: &mut dyn FnMut(&'t str)) {
    let mut at = 0;
    loop {
        let (_, token, end) = token_at(expression, at);
        match token {
            Token::End => return,
            Token::Name(name) => visit(name),
            _ => {}
        }
        at = end;
    }
}

/// The least common multiple of two numbers of partitions, and at most `maximum`.
fn common(one: u8, other: u8, maximum: u8) -> u8 {
    let (mut a, mut b) = (one, other);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let multiple = u16::from(one / a.max(1)) * u16::from(other);
    u8::try_from(multiple).unwrap_or(u8::MAX).min(maximum)
}
