//! Random tables, items and requests: what comes of a request on beacons must be what the request asks for, decided on the
//! plaintext by rules written a second time, and nothing that is stored or sent may have any of the encrypted values in it.
//! `FIELDSEAL_SEED=… cargo test --lib search::tests::model` repeats a run.

mod writer;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::super::Search;
use super::super::*;
use super::support::*;
use crate::dynamodb::expressions::{
    Condition, Operand, Placeholders, Term, Test, Value, holds_by, holds_test,
};
use crate::structured::CryptoAction;
use writer::Writer;

/// Numbers that follow from a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn of<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.below(list.len())]
    }
}

/// Values of encrypted attributes: nothing else has `zq` or `770` in it, whatever a transform does to them.
const SECRETS: [&str; 6] = ["zqa", "zqb", "ZQA", "zqab", "zqY_2", ""];
const SECRET_NUMBERS: [&str; 3] = ["7701", "7702", "-77035"];
const YEARS: [&str; 4] = ["2", "19", "20", "2X_"];
const NUMBERS: [&str; 3] = ["1", "2", "10"];
const PLAIN_TEXTS: [&str; 3] = ["d0", "d1", "d00"];
const TENANTS: [&str; 3] = ["t1", "t2", "t11"];
/// Names of attributes, and what they have.
const ATTRIBUTES: [(&str, CryptoAction, Kind); 10] = [
    ("y", SIGNED, Kind::Year),
    ("z", SIGNED, Kind::Number),
    ("d", PLAIN, Kind::Plain),
    ("ds", PLAIN, Kind::PlainSet),
    ("a", SECRET, Kind::Secret),
    ("b", SECRET, Kind::Secret),
    ("e", SECRET, Kind::Secret),
    ("n", SECRET, Kind::SecretNumber),
    ("u", SECRET, Kind::SecretSet),
    ("m", SECRET, Kind::SecretMap),
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Key,
    Tenant,
    Year,
    Number,
    Plain,
    PlainSet,
    Secret,
    SecretNumber,
    SecretSet,
    SecretMap,
    /// A virtual field.
    Virtual,
    /// The compound beacon at this position.
    Compound(usize),
}

fn text(text: impl AsRef<str>) -> AttributeValue<'static> {
    AttributeValue::S(text.as_ref().to_owned().into())
}

fn number(text: impl AsRef<str>) -> AttributeValue<'static> {
    AttributeValue::N(text.as_ref().to_owned().into())
}

/// Some members of a list.
fn set(r: &mut Random, of: &[&str]) -> AttributeValue<'static> {
    let mut members: Vec<Cow<'static, str>> = Vec::new();
    for member in of.iter().filter(|member| !member.is_empty()) {
        if members.is_empty() || r.chance(40) {
            members.push((*member).to_owned().into());
        }
    }
    AttributeValue::Ss(members)
}

fn value(r: &mut Random, kind: Kind) -> AttributeValue<'static> {
    match kind {
        Kind::Key => text(format!("k{}", r.below(10))),
        Kind::Tenant => text(r.of(&TENANTS[..2])),
        Kind::Year => text(r.of(&YEARS)),
        Kind::Number => number(r.of(&NUMBERS)),
        Kind::Plain => text(r.of(&PLAIN_TEXTS)),
        Kind::PlainSet => set(r, &PLAIN_TEXTS),
        Kind::Secret | Kind::Compound(_) => text(r.of(&SECRETS)),
        Kind::Virtual => text(format!("{}{}", r.of(&["zqa", "ZQA", "zq", "a"]), r.of(&["", "2"]))),
        Kind::SecretNumber => number(r.of(&SECRET_NUMBERS)),
        Kind::SecretSet => set(r, &SECRETS),
        Kind::SecretMap => {
            let list = AttributeValue::L(vec![text(r.of(&SECRETS))]);
            AttributeValue::M(vec![("x".into(), text(r.of(&SECRETS))), ("l".into(), list)])
        }
    }
}

/// A part of a compound beacon, as a query may have it.
#[derive(Debug, Clone)]
struct ModelPart {
    name: String,
    prefix: &'static str,
    kind: Kind,
    encrypted: bool,
}

#[derive(Debug)]
struct ModelCompound {
    name: &'static str,
    split: char,
    parts: Vec<ModelPart>,
    constructors: Vec<Vec<(usize, bool)>>,
}

/// A table with its search and its items.
struct World {
    encryptor: ItemEncryptor,
    multi: bool,
    partitions: u8,
    compounds: Vec<ModelCompound>,
    /// Standard beacons and what they are of.
    standard: Vec<(String, Kind)>,
    plain: Vec<Item<'static>>,
    stored: Vec<Item<'static>>,
    opened: Vec<Item<'static>>,
}

const PREFIXES: [&str; 8] = ["A_", "B", "n-", "X_", "V^", "Y_", "Z", "T-"];

impl World {
    fn new(r: &mut Random) -> Self {
        let multi = r.chance(25);
        let mut actions: Vec<(&str, CryptoAction)> =
            ATTRIBUTES.iter().map(|(name, action, _)| (*name, *action)).collect();
        let store = Tenants::new("store", &["bk", "t1", "t2"]);
        let table = match multi {
            false => table(&actions),
            true => {
                actions.push(("tenant", CONTEXT));
                table_of(&actions, tenants_keyring(&store))
            }
        };
        let partitions = if r.chance(40) { 1 } else { 2 + r.below(5) as u8 };
        let mut standard: Vec<StandardBeacon> = Vec::new();
        let mut kinds: Vec<(String, Kind)> = Vec::new();
        let mut add = |r: &mut Random, name: &str, location: Option<&str>, kind, style| {
            standard.push(StandardBeacon {
                name: name.into(),
                length: 1 + r.below(6) as u8,
                location: location.map(str::to_owned),
                style,
                number_of_partitions: (partitions > 1 && r.chance(50))
                    .then(|| 1 + r.below(usize::from(partitions) - 1) as u8),
            });
            kinds.push((name.to_owned(), kind));
        };
        // One that has the name of an attribute and is of another one.
        let crossed = r.chance(20);
        match crossed {
            true => add(r, "e", Some("a"), Kind::Secret, BeaconStyle::Plain),
            false => {
                let style = if r.chance(15) { BeaconStyle::PartOnly } else { BeaconStyle::Plain };
                add(r, "a", None, Kind::Secret, style);
            }
        }
        if r.chance(70) {
            let other = if crossed { "e" } else { "a" };
            let shared = BeaconStyle::Shared { other: other.into() };
            let style = if r.chance(60) { shared } else { BeaconStyle::Plain };
            add(r, "b", None, Kind::Secret, style);
        }
        if r.chance(70) {
            add(r, "n", None, Kind::SecretNumber, BeaconStyle::Plain);
        }
        if r.chance(70) {
            let style = if r.chance(70) { BeaconStyle::AsSet } else { BeaconStyle::Plain };
            add(r, "u", None, Kind::SecretSet, style);
        }
        if r.chance(50) {
            add(r, "mx", Some("m.x"), Kind::Secret, BeaconStyle::Plain);
        }
        if r.chance(50) {
            add(r, "first", Some("m.l[0]"), Kind::Secret, BeaconStyle::Plain);
        }
        let mut virtual_fields = Vec::new();
        if r.chance(60) {
            let transforms = [
                Transform::Lower,
                Transform::Upper,
                Transform::Prefix { length: 3 },
                Transform::Suffix { length: 1 },
                Transform::Substring { low: 0, high: -1 },
            ];
            let of_a = [r.of(&transforms).clone()];
            let mut parts: Vec<(&str, &[Transform])> = vec![("e", &of_a)];
            if r.chance(50) {
                parts.push(("y", &[Transform::Prefix { length: 1 }]));
            }
            virtual_fields.push(virtual_field("v", &parts));
            add(r, "v", None, Kind::Virtual, BeaconStyle::Plain);
        }
        // Twins have one length.
        let length = standard[0].length;
        for beacon in &mut standard {
            if beacon.style.other().is_some() {
                beacon.length = length;
                if r.chance(50) {
                    beacon.number_of_partitions = None;
                }
            }
        }
        if standard.iter().any(|beacon| beacon.style.other().is_some()) && r.chance(50) {
            standard[0].number_of_partitions = None;
        }
        let is_part_only = standard[0].style == BeaconStyle::PartOnly;
        let mut compounds: Vec<ModelCompound> = Vec::new();
        for name in ["c", "signed"] {
            if !(r.chance(70) || name == "c" && is_part_only) {
                continue;
            }
            let mut parts: Vec<ModelPart> = Vec::new();
            for (i, (part, kind)) in kinds.iter().enumerate() {
                let may = name == "c" && *kind != Kind::SecretSet;
                if may && (r.chance(40) || i == 0 && is_part_only) {
                    let (name, prefix) = (part.clone(), PREFIXES[parts.len()]);
                    parts.push(ModelPart { name, prefix, kind: *kind, encrypted: true });
                }
            }
            let (years, numbers) = (("y", Kind::Year, 5), ("z", Kind::Number, 6));
            let tenant = ("tenant", Kind::Tenant, 7);
            for (part, kind, prefix) in [years, numbers, tenant] {
                if parts.len() <= prefix && (kind != Kind::Tenant || multi) && r.chance(70) {
                    let prefix = PREFIXES[prefix];
                    parts.push(ModelPart { name: part.into(), prefix, kind, encrypted: false });
                }
            }
            if parts.is_empty() {
                continue;
            }
            if !parts.iter().any(|part| part.encrypted) && name == "c" {
                continue;
            }
            parts.sort_by_key(|part| part.encrypted);
            let mut constructors: Vec<Vec<(usize, bool)>> = Vec::new();
            for _ in 0..r.below(3) {
                let mut order: Vec<usize> = (0..parts.len()).collect();
                for i in 1..order.len() {
                    order.swap(i, r.below(i + 1));
                }
                order.truncate(1 + r.below(order.len()));
                let required = r.below(order.len());
                let part = |(i, at): (usize, &usize)| (*at, i == required || r.chance(50));
                let one: Vec<(usize, bool)> = order.iter().enumerate().map(part).collect();
                let required = |one: &[(usize, bool)]| {
                    let required = one.iter().filter(|(_, required)| *required);
                    required.map(|(at, _)| *at).collect::<BTreeSet<_>>()
                };
                if !constructors.iter().any(|known| required(known) == required(&one)) {
                    constructors.push(one);
                }
            }
            let split = *r.of(&['.', '|', '/']);
            compounds.push(ModelCompound { name, split, parts, constructors });
        }
        if is_part_only && compounds.is_empty() {
            standard[0].style = BeaconStyle::Plain;
        }
        let compound_beacons = compounds.iter().map(|beacon| {
            let of = |encrypted: bool| -> Vec<(&str, &str)> {
                let parts = beacon.parts.iter().filter(|part| part.encrypted == encrypted);
                parts.map(|part| (part.name.as_str(), part.prefix)).collect()
            };
            let constructor = |parts: &Vec<(usize, bool)>| {
                let part = |(at, required): &(usize, bool)| ConstructorPart {
                    name: beacon.parts[*at].name.clone(),
                    required: *required,
                };
                parts.iter().map(part).collect()
            };
            CompoundBeacon {
                split: beacon.split,
                constructors: beacon.constructors.iter().map(constructor).collect(),
                ..compound(beacon.name, &of(true), &of(false))
            }
        });
        let search = SearchConfig {
            key_source: source(&store),
            keys: match multi {
                false => BeaconKeys::Single { branch_key_id: "bk".into() },
                true => BeaconKeys::Multi { key_field_name: "tenant".into() },
            },
            compound_beacons: compound_beacons.collect(),
            standard_beacons: standard.clone(),
            virtual_fields,
            maximum_number_of_partitions: partitions,
            default_number_of_partitions: (partitions > 1 && r.chance(30))
                .then(|| 1 + r.below(usize::from(partitions) - 1) as u8),
            ..super::support::search()
        };
        let mut world = Self {
            encryptor: made(table, search),
            multi,
            partitions,
            compounds,
            standard: kinds,
            plain: Vec::new(),
            stored: Vec::new(),
            opened: Vec::new(),
        };
        world.fill(r);
        world
    }

    fn search(&self) -> &Search {
        self.encryptor.search().unwrap()
    }

    fn fill(&mut self, r: &mut Random) {
        for i in 0..10 {
            let mut item: Item<'static> = vec![("pk".into(), text(format!("k{i}")))];
            if self.multi {
                item.push(("tenant".into(), value(r, Kind::Tenant)));
            }
            for (name, _, kind) in ATTRIBUTES {
                if r.chance(80) {
                    item.push((name.into(), value(r, kind)));
                }
            }
            let partition = r.below(usize::from(self.partitions)) as u8;
            let stored = sealed_in(&self.encryptor, &item, partition)
                .unwrap_or_else(|error| panic!("{}", told(&error)));
            has_no_secret(&format!("{:?}", without_binary(&stored)));
            self.opened.push(opened(&self.encryptor, &stored));
            self.stored.push(stored);
            self.plain.push(item);
        }
    }

    fn compound(&self, name: &str) -> Option<&ModelCompound> {
        self.compounds.iter().find(|beacon| beacon.name == name)
    }

    /// The item with the values of beacons under their names; encrypted parts in a form that nothing else matches any of,
    /// if `whole`.
    fn extended(&self, item: &Item<'static>, whole: bool) -> Item<'static> {
        let resolved = self.search().resolve_attributes(item).unwrap();
        let mut extended = item.clone();
        extended.retain(|(name, _)| !self.standard.iter().any(|(known, _)| known == name));
        for (name, _) in &self.standard {
            let found = match name.as_str() {
                "v" => resolved.virtual_fields.first().map(|(_, value)| text(value)),
                "e" => get(item, "a").cloned(),
                "mx" | "first" => get(item, "m").map(|map| {
                    let AttributeValue::M(members) = map else { panic!("{map:?}") };
                    match (name.as_str(), get(members, "x"), get(members, "l")) {
                        ("mx", Some(x), _) => x.clone(),
                        (_, _, Some(AttributeValue::L(list))) => list[0].clone(),
                        other => panic!("{other:?}"),
                    }
                }),
                name => get(item, name).cloned(),
            };
            extended.extend(found.map(|value| (name.clone().into(), value)));
        }
        for (name, value) in &resolved.compound_beacons {
            let beacon = self.compound(name).unwrap();
            let value = if whole { beacon.in_wholes(value, false) } else { value.clone() };
            extended.retain(|(known, _)| known != name);
            extended.push((name.clone().into(), text(&value)));
        }
        extended
    }

    /// What a test says of an item.
    fn decide(&self, test: &Test<'_>, item: &Item<'static>) -> Result<bool> {
        if let Some(path) = test.existence() {
            let is_attribute = get(item, path.attribute).is_some()
                || ATTRIBUTES.iter().any(|(name, ..)| *name == path.attribute);
            let whole = if is_attribute { item.clone() } else { self.extended(item, false) };
            return holds_test(test, &whole);
        }
        if let Test::BeginsWith(left, right) | Test::Contains(left, right) = test
            && let Some(beacon) = left.path().and_then(|path| self.compound(path.attribute))
            && let Operand { term: Term::Value(given), size: false } = right
            && let Some(AttributeValue::S(wanted)) = given.value
        {
            let wanted = text(beacon.in_wholes(wanted, true));
            let value = Value { placeholder: given.placeholder, value: Some(&wanted) };
            let right = Operand { term: Term::Value(value), size: false };
            let test = match test {
                Test::BeginsWith(..) => Test::BeginsWith(left.clone(), right),
                _ => Test::Contains(left.clone(), right),
            };
            return holds_test(&test, &self.extended(item, true));
        }
        holds_test(test, &self.extended(item, false))
    }

    /// The items that a request asks for.
    fn wanted(&self, ask: &Ask<'_>) -> Result<BTreeSet<usize>> {
        let parts = ask.parts();
        let placeholders = Placeholders::new(&parts.names, &parts.values);
        let mut wanted: BTreeSet<usize> = (0..self.plain.len()).collect();
        for text in [ask.key, ask.filter].into_iter().flatten() {
            let condition = Condition::parse("FilterExpression", text, &placeholders)?;
            for (i, item) in self.plain.iter().enumerate() {
                if !holds_by(&condition, &mut |test| self.decide(test, item))? {
                    wanted.remove(&i);
                }
            }
        }
        Ok(wanted)
    }

    /// The items that come of it, and how many more DynamoDB found.
    fn found(&self, ask: &Ask<'_>) -> Result<(BTreeSet<usize>, usize)> {
        let queries = match ask.key {
            Some(_) => self.encryptor.number_of_queries(&ask.parts())?,
            None => 1,
        };
        let (mut found, mut more) = (BTreeSet::new(), 0);
        for partition in 0..queries {
            let partition = number(partition.to_string());
            let mut values = ask.values.to_vec();
            if ask.key.is_some() && self.partitions > 1 {
                values.push((PARTITION_VALUE, partition));
            }
            let ask = Ask { values: &values, ..*ask };
            let request = ask.sent(&self.encryptor)?;
            has_no_secret(&format!("{request:?}"));
            let asks_for_key = ask.names.iter().any(|(_, name)| *name == "pk")
                || ask.filter.is_some_and(|text| text.contains("pk"));
            if ask.key.is_some() && !asks_for_key {
                // DynamoDB takes no key attribute in the filter of a query.
                let pk = request.names.iter().find(|(_, name)| name == "pk");
                let filter = request.filter.as_deref().unwrap_or_default();
                let names = pk.is_some_and(|(pk, _)| filter.split(' ').any(|word| word == pk));
                assert!(!names, "{request:?}");
            }
            let parts = ask.parts();
            let filter = self.encryptor.result_filter(&parts)?.unwrap();
            for (i, stored) in self.stored.iter().enumerate() {
                let is_found = finds(&request, ask.projection, stored);
                if !is_found.unwrap_or_else(|e| panic!("{} {request:?}", told(&e))) {
                    continue;
                }
                match filter.is_of_branch_key(stored) && filter.keeps(&self.opened[i])? {
                    true => drop(found.insert(i)),
                    false => more += 1,
                }
            }
        }
        Ok((found, more))
    }
}

impl ModelCompound {
    /// A value in which each encrypted part that is there as a whole is in a script of its own, and ends so.
    fn in_wholes(&self, value: &str, may_end_bare: bool) -> String {
        let pieces: Vec<&str> = value.split(self.split).collect();
        let mut out: Vec<String> = Vec::new();
        for (i, piece) in pieces.iter().enumerate() {
            let part = self.parts.iter().find(|part| piece.starts_with(part.prefix));
            let Some(part) = part.filter(|part| part.encrypted) else {
                out.push((*piece).to_owned());
                continue;
            };
            let rest = &piece[part.prefix.len()..];
            if may_end_bare && rest.is_empty() && i + 1 == pieces.len() {
                out.push((*piece).to_owned());
                continue;
            }
            let secret = |unit: char| char::from_u32(0xe000 + u32::from(unit)).unwrap();
            let rest: String = rest.chars().map(secret).collect();
            out.push(format!("{}{rest}\u{f8ff}", part.prefix));
        }
        out.join(&self.split.to_string())
    }

    /// A value that a query may have.
    fn query_value(&self, r: &mut Random, world: &[Item<'static>], search: &Search) -> String {
        // Of an item, as a whole or the first parts of it.
        let of_item = |r: &mut Random| {
            let resolved = search.resolve_attributes(r.of(world)).unwrap();
            let found = resolved.compound_beacons.into_iter().find(|(name, _)| name == self.name);
            found.map(|(_, value)| value)
        };
        if let (true, Some(value)) = (r.chance(50), of_item(r)) {
            let pieces: Vec<&str> = value.split(self.split).collect();
            let from = if r.chance(20) { r.below(pieces.len()) } else { 0 };
            let to = from + 1 + r.below(pieces.len() - from);
            return self.cut(r, &pieces[from..to]);
        }
        let all: Vec<(usize, bool)> = (0..self.parts.len()).map(|at| (at, true)).collect();
        let constructor = match self.constructors.is_empty() {
            true => all,
            false => r.of(&self.constructors).clone(),
        };
        let mut pieces: Vec<String> = Vec::new();
        for (at, required) in constructor {
            let part = &self.parts[at];
            if (!required || pieces.is_empty()) && r.chance(40) {
                continue;
            }
            let (AttributeValue::S(value) | AttributeValue::N(value)) = value(r, part.kind) else {
                continue;
            };
            pieces.push(format!("{}{value}", part.prefix));
        }
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        match pieces.is_empty() {
            true => self.parts[0].prefix.to_owned(),
            false => self.cut(r, &pieces),
        }
    }

    /// The pieces as a value, the last one perhaps without its end.
    fn cut(&self, r: &mut Random, pieces: &[&str]) -> String {
        let mut value = pieces.join(&self.split.to_string());
        let last = pieces[pieces.len() - 1];
        let part = self.parts.iter().find(|part| last.starts_with(part.prefix)).unwrap();
        let rest = last.len() - part.prefix.len();
        if r.chance(30) {
            value.truncate(value.len() - if part.encrypted { rest } else { r.below(rest + 1) });
        }
        value
    }
}

fn without_binary(item: &Item<'static>) -> Item<'static> {
    let mut item = item.clone();
    item.retain(|(_, value)| !matches!(value, AttributeValue::B(_)));
    item
}

fn has_no_secret(shown: &str) {
    let lower = shown.to_ascii_lowercase();
    assert!(!lower.contains("zq") && !lower.contains("770"), "a secret is in {shown}");
}

#[test]
fn what_comes_of_a_request_is_what_it_asks_for() {
    let seed = std::env::var("FIELDSEAL_SEED").map_or_else(
        |_| u64::from(u32::from_be_bytes(crate::crypto::random_array().unwrap())),
        |text| text.parse().expect("FIELDSEAL_SEED is a number"),
    );
    println!("FIELDSEAL_SEED={seed}");
    let worlds = std::env::var("FIELDSEAL_WORLDS").map_or(60, |text| text.parse().unwrap());
    let mut r = Random(seed);
    let (mut same, mut some, mut more, mut refused, mut invalid) = (0, 0, 0, 0, 0);
    for _ in 0..worlds {
        let world = World::new(&mut r);
        for _ in 0..40 {
            let mut writer = Writer { world: &world, names: BTreeMap::new(), values: Vec::new() };
            let key = r.chance(50).then(|| writer.key_condition(&mut r));
            let mut filter = (key.is_none() || r.chance(70)).then(|| writer.condition(&mut r, 3));
            if world.multi && r.chance(80) {
                let given = writer.given(&mut r, Kind::Tenant);
                filter = Some(match filter {
                    Some(filter) => format!("tenant = {given} AND ({filter})"),
                    None => format!("tenant = {given}"),
                });
            }
            let projection = writer.names.keys().next().filter(|_| r.chance(20)).cloned();
            writer.keep_used(&[&key, &filter, &projection]);
            let names: Vec<(&str, &str)> =
                writer.names.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            let values: Vec<(&str, AttributeValue<'_>)> =
                writer.values.iter().map(|(a, b)| (a.as_str(), b.clone())).collect();
            let ask = Ask {
                key: key.as_deref(),
                filter: filter.as_deref(),
                projection: projection.as_deref(),
                names: &names,
                values: &values,
            };
            // What DynamoDB would not take.
            let Ok(wanted) = world.wanted(&ask) else {
                invalid += 1;
                continue;
            };
            match world.found(&ask) {
                Err(error) => {
                    assert_ne!(error.code(), "INTERNAL", "{} {ask:?}", told(&error));
                    if std::env::var("FIELDSEAL_SHOW").is_ok() {
                        println!("{} {:?} {:?}", told(&error), key, filter);
                    }
                    refused += 1;
                }
                Ok((found, others)) => {
                    if found != wanted {
                        world.show(&ask, &found, &wanted);
                    }
                    same += 1;
                    some += usize::from(!found.is_empty());
                    more += others;
                }
            }
        }
    }
    println!(
        "{same} requests, {some} of them with results, {more} items found in vain; {refused} refused, {invalid} invalid"
    );
    assert!(same > 4 * worlds && some > worlds && more > worlds, "{same} {some} {more}");
}

impl World {
    /// Fails, with all that is needed to see why.
    fn show(&self, ask: &Ask<'_>, found: &BTreeSet<usize>, wanted: &BTreeSet<usize>) {
        println!("compound beacons {:#?}", self.compounds);
        println!("standard beacons {:?}, {} partitions", self.standard, self.partitions);
        println!("sent {:?}", ask.sent(&self.encryptor));
        for i in found.symmetric_difference(wanted) {
            println!("item {:?}", self.plain[*i]);
            println!("extended {:?}", self.extended(&self.plain[*i], false));
            println!("stored {:?}", without_binary(&self.stored[*i]));
        }
        panic!("{ask:?} finds {found:?} and not {wanted:?}");
    }
}
