//! Searched tables: encryptors that add beacons, requests that ask for them, and what of the results was asked for.
//!
//! A request crosses as in `tables.rs`: its parts, then its values.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use fieldseal::dynamodb::expressions::RequestParts;
use fieldseal::dynamodb::search::{
    self, BeaconKeys, BeaconStyle, ConstructorPart, SearchOperation, SearchRequest, Transform,
};
use fieldseal::dynamodb::{AttributeValue, Item, ItemEncryptor};
use fieldseal::error::{Error, Result, Rule};
use fieldseal::materials::BeaconKeySource;

use super::batch::{self, Work};
use super::config::{
    BeaconStyleConfig, Configuration, ConstructorConfig, Field, SearchConfig, Seconds,
    TransformConfig, Whole, one_character,
};
use super::exports::handle;
use super::handles::{self, Object};
use super::pack;
use super::read::Fields;
use super::request::{incomplete, request_and_items};
use super::task::{self, Outcome};
use super::{caches, error, make, memory};

/// Makes an item encryptor of a searched table: its handle, or -1 and the error in
/// [`take_value`](super::exports::take_value).
#[wasm_bindgen]
pub fn make_searchable_encryptor(
    #[wasm_bindgen(unchecked_param_type = "EncryptorConfig")] config: JsValue,
    #[wasm_bindgen(unchecked_param_type = "SearchConfig")] search: JsValue,
) -> i32 {
    let made = || {
        let search = search_config(SearchConfig::of(search)?)?;
        let encryptor = ItemEncryptor::with_search(make::encryptor_config(config)?, search)?;
        handles::add(Object::Encryptor(Rc::new(encryptor)))
    };
    handle(made())
}

/// Seals the packed items in the input, each for its partition; otherwise as
/// [`encrypt_items`](super::exports::encrypt_items).
#[wasm_bindgen]
pub fn encrypt_items_in_partitions(
    encryptor: u32,
    settle: bool,
    len: u32,
    partitions: Vec<u8>,
) -> u32 {
    let work = handles::encryptor(encryptor).map(|e| Work::SealInPartitions(e, partitions));
    task::start(Box::pin(batch::run(work, settle, memory::take_input(len as usize))))
}

/// Opens the packed items in the input behind the request that found them, but for those that it did not ask for; otherwise as
/// [`decrypt_items`](super::exports::decrypt_items).
#[wasm_bindgen]
pub fn open_found_items(encryptor: u32, settle: bool, len: u32) -> u32 {
    let work = handles::encryptor(encryptor).map(Work::OpenFound);
    task::start(Box::pin(batch::run(work, settle, memory::take_input(len as usize))))
}

/// The names of the signed beacons that an encryptor adds: 0 and the names in
/// [`take_value`](super::exports::take_value), or -1 and the error there.
#[wasm_bindgen]
pub fn signed_beacons(encryptor: u32) -> i32 {
    handle(handles::encryptor(encryptor).map(|encryptor| {
        let names = Array::new();
        if let Some(search) = encryptor.search() {
            for name in search.signed_beacons() {
                names.push(&name.into());
            }
        }
        task::set_value(names.into());
        0
    }))
}

/// How many queries find all that the query in the input asks for, or -1 and the error in
/// [`take_value`](super::exports::take_value).
#[wasm_bindgen]
pub fn number_of_queries(encryptor: u32, len: u32) -> i32 {
    about_request(encryptor, len, |encryptor, parts| {
        encryptor.number_of_queries(parts).map(u32::from)
    })
}

/// Whether results of the request in the input are looked through: 1, 0, or -1 and the error in
/// [`take_value`](super::exports::take_value).
#[wasm_bindgen]
pub fn looks_through(encryptor: u32, len: u32) -> i32 {
    about_request(encryptor, len, |encryptor, parts| {
        let filter = encryptor.result_filter(parts)?;
        Ok(filter.is_some_and(|filter| filter.looks()).into())
    })
}

fn about_request(
    encryptor: u32,
    len: u32,
    ask: fn(&ItemEncryptor, &RequestParts<'_>) -> Result<u32>,
) -> i32 {
    let input = memory::take_input(len as usize);
    let answer = || {
        let items = pack::read_items(&input)?;
        let (parts, _) = request_and_items(&items)?;
        ask(&*handles::encryptor(encryptor)?, &parts)
    };
    let answer = answer();
    memory::recycle_input(input);
    handle(answer)
}

/// What the query or scan in the input is sent as; a status of [`task::start`]. The output has its parts and its values.
#[wasm_bindgen]
pub fn search_request(encryptor: u32, scan: bool, len: u32) -> u32 {
    let input = memory::take_input(len as usize);
    let operation = if scan { SearchOperation::Scan } else { SearchOperation::Query };
    task::start(Box::pin(async move {
        let result = rewritten(encryptor, operation, &input).await;
        memory::recycle_input(input);
        match result {
            Ok(bytes) => Outcome::Packed(bytes, JsValue::UNDEFINED),
            Err(e) => Outcome::Failed(error::to_js(&e, None)),
        }
    }))
}

async fn rewritten(encryptor: u32, operation: SearchOperation, input: &[u8]) -> Result<Vec<u8>> {
    let items = pack::read_items(input)?;
    let (parts, _) = request_and_items(&items)?;
    let encryptor = handles::encryptor(encryptor)?;
    let request = encryptor.search_request(operation, &parts).await?;
    let SearchRequest { key_condition, filter, names, values } = request.ok_or_else(incomplete)?;
    let mut sent: Item<'_> = Vec::new();
    for (name, expression) in
        [("KeyConditionExpression", key_condition), ("FilterExpression", filter)]
    {
        if let Some(expression) = expression {
            sent.push((name.into(), AttributeValue::S(expression.into())));
        }
    }
    sent.push(("names".into(), AttributeValue::M(strings(names))));
    let mut sent_values: Item<'_> = Vec::with_capacity(values.len());
    for (placeholder, value) in values {
        sent_values.push((placeholder.into(), value));
    }
    pack::write_items(&[Some(sent), Some(sent_values)])
}

/// An item of strings.
fn strings(pairs: Vec<(String, String)>) -> Item<'static> {
    let mut item: Item<'_> = Vec::with_capacity(pairs.len());
    for (name, text) in pairs {
        item.push((name.into(), AttributeValue::S(text.into())));
    }
    item
}

/// What virtual fields and compound beacons are made of in the item in the input; a status of [`task::start`]. The output
/// has the former and the latter.
#[wasm_bindgen]
pub fn resolve_attributes(encryptor: u32, len: u32) -> u32 {
    let input = memory::take_input(len as usize);
    let resolved = || {
        let items = pack::read_items(&input)?;
        let (item, encryptor) =
            (items.first().ok_or_else(incomplete)?, handles::encryptor(encryptor)?);
        let resolved = match encryptor.search() {
            Some(search) => search.resolve_attributes(item)?,
            None => Default::default(),
        };
        let [virtual_fields, compound_beacons] =
            [resolved.virtual_fields, resolved.compound_beacons].map(strings);
        pack::write_items(&[Some(virtual_fields), Some(compound_beacons)])
    };
    let outcome = match resolved() {
        Ok(bytes) => Outcome::Packed(bytes, JsValue::UNDEFINED),
        Err(e) => Outcome::Failed(error::to_js(&e, None)),
    };
    memory::recycle_input(input);
    task::start(Box::pin(core::future::ready(outcome)))
}

fn search_config(config: SearchConfig) -> Result<search::SearchConfig> {
    let Seconds(ttl_ms) = config.ttl_ms;
    let keys = match (config.branch_key_id, config.key_field_name) {
        (Some(branch_key_id), None) => BeaconKeys::Single { branch_key_id },
        (None, Some(key_field_name)) => BeaconKeys::Multi { key_field_name },
        _ => return Err(config_error("search needs a branch key, or the attribute that names it")),
    };
    Ok(search::SearchConfig {
        key_source: BeaconKeySource::new(
            handles::any_key_store(config.key_store.0)?,
            ttl_ms,
            config.cache.map(|one| handles::cache(one.0)).transpose()?,
            caches::partition(config.partition_id)?,
        )?,
        keys,
        standard_beacons: config.standard_beacons.0,
        compound_beacons: config.compound_beacons.0,
        virtual_fields: config.virtual_fields.0,
        encrypted_parts: config.encrypted_parts.0,
        signed_parts: config.signed_parts.0,
        maximum_number_of_partitions: config.maximum_number_of_partitions.unwrap_or(1),
        default_number_of_partitions: config.default_number_of_partitions,
    })
}

fn config_error(problem: &'static str) -> Error {
    Error::misuse(Rule::Config, problem)
}

impl Field for BeaconStyle {
    fn field(fields: &Fields, _: &'static str) -> Self {
        let BeaconStyleConfig { style, other } = BeaconStyleConfig::fields(fields);
        let other = other.unwrap_or_default();
        match style.as_deref() {
            None => Self::Plain,
            Some("partOnly") => Self::PartOnly,
            Some("shared") => Self::Shared { other },
            Some("asSet") => Self::AsSet,
            Some("sharedSet") => Self::SharedSet { other },
            Some(_) => {
                let problem = "the style of a beacon must be partOnly, shared, asSet or sharedSet";
                fields.keep(Err(config_error(problem))).unwrap_or_default()
            }
        }
    }
}

/// A constructor.
impl Configuration for Vec<ConstructorPart> {
    fn fields(fields: &Fields) -> Self {
        ConstructorConfig::fields(fields).parts.0
    }
}

impl Configuration for Transform {
    fn fields(fields: &Fields) -> Self {
        let read = transform(TransformConfig::fields(fields));
        fields.keep(read.map(Some)).unwrap_or(Self::Upper)
    }
}

fn transform(config: TransformConfig) -> Result<Transform> {
    let number = |given: Option<Whole>| {
        given.map(|Whole(number)| number).ok_or_else(|| config_error("a transform lacks a number"))
    };
    let text = config.text.unwrap_or_default();
    let split = || {
        let problem = "what separates must be one character: one UTF-16 code unit";
        one_character(&text).ok_or_else(|| config_error(problem))
    };
    Ok(match config.kind.as_str() {
        "upper" => Transform::Upper,
        "lower" => Transform::Lower,
        "insert" => Transform::Insert { literal: text },
        "prefix" => Transform::Prefix { length: number(config.length)? },
        "suffix" => Transform::Suffix { length: number(config.length)? },
        "substring" => {
            Transform::Substring { low: number(config.low)?, high: number(config.high)? }
        }
        "segment" => Transform::Segment { split: split()?, index: number(config.index)? },
        "segments" => Transform::Segments {
            split: split()?,
            low: number(config.low)?,
            high: number(config.high)?,
        },
        _ => return Err(config_error("a transform of an unknown type")),
    })
}
