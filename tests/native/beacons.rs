//! Searchable encryption: what AWS's library makes of the same inputs, `tests/vectors/official-beacons.json`.

#![cfg(not(target_arch = "wasm32"))]

#[allow(dead_code)]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use fieldseal::dynamodb::expressions::{RequestParts, TableRules, TableRulesConfig};
use fieldseal::dynamodb::search::{
    BeaconKeys, BeaconStyle, CompoundBeacon, ConstructorPart, EncryptedPart, SearchConfig,
    SearchOperation, SignedPart, StandardBeacon, Transform, VirtualField, VirtualPart,
};
use fieldseal::dynamodb::{AttributeValue, Item, ItemEncryptor};
use fieldseal::error::Result;
use fieldseal::materials::cache::Partition;
use fieldseal::materials::{BeaconKeySource, DefaultCmm};
use serde_json::{Value, json};
use support::{block_on, encryptor_config, item, static_store};

/// Requests that are sent otherwise: AWS's library has `contains` of a beacon of a string find the whole string only, so that
/// what contains it is lost; here DynamoDB is not asked, and the items are looked through.
const SENT_OTHERWISE: [&str; 1] = ["bc226"];

fn vectors() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/official-beacons.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is missing in {value}")).to_owned()
}

fn list(value: &Value, name: &str) -> Vec<Value> {
    value[name].as_array().cloned().unwrap_or_default()
}

fn number(value: &Value, name: &str) -> Option<u8> {
    // What no byte holds is out of range in any case.
    value[name].as_i64().map(|number| u8::try_from(number).unwrap_or(0))
}

fn standard(beacon: &Value) -> StandardBeacon {
    let style = beacon["style"].as_object().and_then(|style| style.iter().next());
    let other = |style: &Value| text(style, "other");
    StandardBeacon {
        name: text(beacon, "name"),
        length: number(beacon, "length").unwrap(),
        location: beacon["loc"].as_str().map(str::to_owned),
        style: match style.map(|(name, style)| (name.as_str(), style)) {
            None => BeaconStyle::Plain,
            Some(("partOnly", _)) => BeaconStyle::PartOnly,
            Some(("asSet", _)) => BeaconStyle::AsSet,
            Some(("shared", style)) => BeaconStyle::Shared { other: other(style) },
            Some(("sharedSet", style)) => BeaconStyle::SharedSet { other: other(style) },
            Some((name, _)) => panic!("style {name}"),
        },
        number_of_partitions: number(beacon, "number_of_partitions"),
    }
}

fn compound(beacon: &Value) -> CompoundBeacon {
    let encrypted =
        |part: &Value| EncryptedPart { name: text(part, "name"), prefix: text(part, "prefix") };
    let signed = |part: &Value| SignedPart {
        name: text(part, "name"),
        prefix: text(part, "prefix"),
        location: part["loc"].as_str().map(str::to_owned),
    };
    let constructor = |parts: &Value| {
        let part = |part: &Value| ConstructorPart {
            name: text(part, "name"),
            required: part["required"].as_bool().unwrap_or(true),
        };
        parts.as_array().unwrap().iter().map(part).collect()
    };
    CompoundBeacon {
        name: text(beacon, "name"),
        split: text(beacon, "split").chars().next().unwrap(),
        encrypted_parts: list(beacon, "encrypted").iter().map(encrypted).collect(),
        signed_parts: list(beacon, "signed").iter().map(signed).collect(),
        constructors: list(beacon, "constructors").iter().map(constructor).collect(),
    }
}

fn transform(transform: &Value) -> Transform {
    let (kind, options) = transform.as_object().unwrap().iter().next().unwrap();
    let int = |name: &str| i32::try_from(options[name].as_i64().unwrap()).unwrap();
    let split = || text(options, "split").chars().next().unwrap();
    match kind.as_str() {
        "upper" => Transform::Upper,
        "lower" => Transform::Lower,
        "insert" => Transform::Insert { literal: text(options, "literal") },
        "prefix" => Transform::Prefix { length: int("length") },
        "suffix" => Transform::Suffix { length: int("length") },
        "substring" => Transform::Substring { low: int("low"), high: int("high") },
        "segment" => Transform::Segment { split: split(), index: int("index") },
        "segments" => Transform::Segments { split: split(), low: int("low"), high: int("high") },
        other => panic!("transform {other}"),
    }
}

fn virtual_field(field: &Value) -> VirtualField {
    let part = |part: &Value| VirtualPart {
        location: text(part, "loc"),
        transforms: list(part, "trans").iter().map(transform).collect(),
    };
    VirtualField {
        name: text(field, "name"),
        parts: list(field, "parts").iter().map(part).collect(),
    }
}

fn search(config: &Value, key: &Value) -> Result<SearchConfig> {
    let map = |name: &str| list(config, name);
    Ok(SearchConfig {
        key_source: BeaconKeySource::new(
            Rc::new(static_store(key)),
            60_000,
            None,
            Partition::named("test"),
        )?,
        keys: BeaconKeys::Single { branch_key_id: text(key, "branch_key_id") },
        standard_beacons: map("standard_beacons").iter().map(standard).collect(),
        compound_beacons: map("compound_beacons").iter().map(compound).collect(),
        virtual_fields: map("virtual_fields").iter().map(virtual_field).collect(),
        encrypted_parts: Vec::new(),
        signed_parts: Vec::new(),
        maximum_number_of_partitions: number(config, "maximum_number_of_partitions").unwrap_or(1),
        default_number_of_partitions: number(config, "default_number_of_partitions"),
    })
}

/// What there is to do with a table.
struct Table {
    encryptor: ItemEncryptor,
    rules: TableRules,
    partitions: u8,
}

impl Table {
    fn new(config: &Value, keys: &Value) -> Result<Self> {
        let key = &keys[text(config, "keyring")];
        let cmm = Rc::new(DefaultCmm::new(support::keyring(key).unwrap()));
        let made = encryptor_config(config, cmm);
        let rules = TableRules::new(TableRulesConfig {
            attribute_actions: made.attribute_actions.clone(),
            partition_key_name: made.partition_key_name.clone(),
            ..TableRulesConfig::default()
        });
        let (encryptor, partitions) = match config["search"].is_object() {
            false => (ItemEncryptor::new(made)?, 1),
            true => {
                let search = search(&config["search"], key)?;
                let partitions = search.maximum_number_of_partitions;
                (ItemEncryptor::with_search(made, search)?, partitions)
            }
        };
        Ok(Self { encryptor, rules, partitions })
    }

    /// What each partition adds to an item.
    fn added(&self, plain: &Item<'_>) -> Result<Vec<Value>> {
        (0..self.partitions)
            .map(|partition| {
                let sealed =
                    block_on(self.encryptor.encrypt_in_partition(plain, partition))?.unwrap();
                let mut stored = sealed.into_item(plain.clone());
                let opened = block_on(self.encryptor.decrypt(&stored))?.unwrap();
                opened.into_item(stored.clone())?;
                stored.retain(|(name, _)| !plain.iter().any(|(known, _)| known == name));
                stored.retain(|(name, _)| !["aws_dbe_head", "aws_dbe_foot"].contains(&&**name));
                Ok(item_to_json(&stored))
            })
            .collect()
    }

    /// A request as it is sent, in the form of the vectors.
    fn request(&self, operation: SearchOperation, parts: &RequestParts<'_>) -> Result<Value> {
        let Some(request) = block_on(self.encryptor.search_request(operation, parts))? else {
            let name = if operation == SearchOperation::Query { "Query" } else { "Scan" };
            self.rules.check(name, parts)?;
            let values =
                parts.values.iter().map(|(name, value)| ((*name).into(), value.unwrap().clone()));
            return Ok(json!({
                "filter_expression": parts.filter,
                "key_condition_expression": parts.key_condition,
                "names": Value::Null,
                "values": or_null(item_to_json(&values.collect())),
            }));
        };
        let names: BTreeMap<_, _> = request.names.into_iter().collect();
        let values = request.values.into_iter().map(|(name, value)| (name.into(), value));
        Ok(json!({
            "filter_expression": request.filter,
            "key_condition_expression": request.key_condition,
            "names": or_null(json!(names)),
            "values": or_null(item_to_json(&values.collect())),
        }))
    }
}

fn or_null(map: Value) -> Value {
    if map.as_object().is_some_and(|map| map.is_empty()) { Value::Null } else { map }
}

fn optional<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value[name].as_str()
}

/// Does what a vector says.
fn run(vector: &Value, keys: &Value) -> Result<Value> {
    let table = Table::new(&vector["config"], keys)?;
    let input = &vector["input"];
    let none = json!({});
    let given = &input["values"];
    let values = item(if given.is_object() { given } else { &none });
    let parts = RequestParts {
        filter: optional(input, "filter_expression"),
        key_condition: optional(input, "key_condition_expression"),
        names: input["names"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(placeholder, name)| (placeholder.as_str(), name.as_str().unwrap()))
            .collect(),
        values: values
            .iter()
            .map(|(name, value): &(_, AttributeValue<'_>)| (&**name, Some(value)))
            .collect(),
        ..RequestParts::default()
    };
    match text(vector, "transform").as_str() {
        "put-item-input" => Ok(json!(table.added(&item(&input["item"]))?)),
        "scan-input" => table.request(SearchOperation::Scan, &parts),
        "query-input" => table.request(SearchOperation::Query, &parts),
        "number-of-queries" => {
            Ok(json!({ "number_of_queries": table.encryptor.number_of_queries(&parts)? }))
        }
        "resolve-attributes" => {
            let search = table.encryptor.search().unwrap();
            let resolved = search.resolve_attributes(&item(&input["item"]))?;
            let map = |pairs: Vec<(String, String)>| pairs.into_iter().collect::<BTreeMap<_, _>>();
            Ok(json!({
                "virtual_fields": map(resolved.virtual_fields),
                "compound_beacons": map(resolved.compound_beacons),
            }))
        }
        other => panic!("transform {other}"),
    }
}

/// To DynamoDB JSON.
fn item_to_json(item: &Item<'_>) -> Value {
    item.iter().map(|(name, value)| (name.to_string(), value_to_json(value))).collect()
}

fn value_to_json(value: &AttributeValue<'_>) -> Value {
    match value {
        AttributeValue::Null(v) => json!({ "NULL": v }),
        AttributeValue::Bool(v) => json!({ "BOOL": v }),
        AttributeValue::S(v) => json!({ "S": v }),
        AttributeValue::N(v) => json!({ "N": v }),
        AttributeValue::B(v) => json!({ "B": BASE64.encode(v) }),
        AttributeValue::Ss(v) => json!({ "SS": v }),
        AttributeValue::Ns(v) => json!({ "NS": v }),
        AttributeValue::Bs(v) => {
            json!({ "BS": v.iter().map(|v| BASE64.encode(v)).collect::<Vec<_>>() })
        }
        AttributeValue::M(v) => json!({ "M": item_to_json(v) }),
        AttributeValue::L(v) => json!({ "L": v.iter().map(value_to_json).collect::<Vec<_>>() }),
    }
}

/// What is compared of what the official library made.
fn expected(vector: &Value) -> Value {
    let mut output = vector["output"].clone();
    let Some(object) = output.as_object_mut() else { return vector["added"].clone() };
    object.remove("index_name");
    if text(vector, "transform") == "scan-input" {
        object.insert("key_condition_expression".into(), Value::Null);
    }
    output
}

#[test]
fn transforms_of_the_official_library() {
    let all = vectors();
    let (mut same, mut refused, mut otherwise) = (0, 0, Vec::new());
    for vector in all["vectors"].as_array().unwrap() {
        let id = text(vector, "id");
        let result = run(vector, &all["keys"]);
        if let Some(official) = optional(vector, "official_error") {
            let error = result.err().unwrap_or_else(|| panic!("{id} is not refused: {official}"));
            assert!(
                ["TABLE_REQUEST_REFUSED", "INVALID_CONFIG", "BEACON_NOT_POSSIBLE"]
                    .contains(&error.code()),
                "{id}: {error}"
            );
            refused += 1;
            continue;
        }
        let found = result.unwrap_or_else(|e| panic!("{id} is refused: {e} ({:?})", e.attribute()));
        let want = expected(vector);
        let is_same = match found.as_array() {
            Some(partitions) => partitions.contains(&want),
            None => found == want,
        };
        if SENT_OTHERWISE.contains(&id.as_str()) {
            assert!(!is_same, "{id} is the same");
            assert_eq!(found["filter_expression"], "attribute_not_exists ( #aws_dbe_none )");
            otherwise.push(id);
        } else {
            assert!(
                is_same,
                "{id} {}\n{found:#}\ninstead of\n{want:#}",
                text(vector, "description")
            );
            same += 1;
        }
    }
    println!("{same} the same, {refused} refused by both, sent otherwise: {otherwise:?}");
    assert_eq!(same + refused + otherwise.len(), 189);
    assert_eq!(refused, 46);
}
