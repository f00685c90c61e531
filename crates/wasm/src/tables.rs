//! Requests on encrypted tables: checked by the table's rules, or evaluated on plaintext.
//!
//! A request crosses as `request.rs` has it. To be evaluated, an item of the values follows, then the key or nothing, and the items.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use fieldseal::dynamodb::expressions::{
    Condition, Expressions, ReturnValues, TableRules, apply_update, holds, returned_attributes,
};
use fieldseal::dynamodb::{AttributeValue, Item, PlaintextOverride, expressions};
use fieldseal::error::{Error, Result, Rule};
#[cfg(feature = "search")]
use fieldseal::structured::CryptoAction;

use super::config::{Configuration, TableRulesConfig};
use super::exports::handle;
use super::handles::{self, Object};
use super::pack;
use super::read::given_strings;
use super::request::{incomplete, parts};
use super::task::{self, Outcome};
use super::{error, memory};

/// Makes the rules of a table: their handle, or -1 and the error in [`take_value`](super::exports::take_value).
#[wasm_bindgen]
pub fn make_table_rules(
    #[wasm_bindgen(unchecked_param_type = "TableRulesConfig")] config: JsValue,
) -> i32 {
    handle(make(config))
}

fn make(config: JsValue) -> Result<u32> {
    let config = TableRulesConfig::of(config)?;
    #[cfg_attr(not(feature = "search"), expect(unused_mut))]
    let mut attribute_actions = config.attribute_actions.0;
    #[cfg(feature = "search")]
    let mut names_in_queries = None;
    #[cfg(feature = "search")]
    if let Some(encryptor) = config.encryptor {
        let (encryptor, mut names) = (handles::encryptor(encryptor.0)?, Vec::new());
        if let Some(search) = encryptor.search() {
            for name in search.signed_beacons() {
                attribute_actions.push((name.to_owned(), CryptoAction::SignOnly));
            }
            for name in search.names_in_queries() {
                names.push(name.to_owned());
            }
        }
        names_in_queries = Some(names);
    }
    let config = expressions::TableRulesConfig {
        attribute_actions,
        #[cfg(feature = "search")]
        names_in_queries,
        allowed_unsigned_attributes: config.allowed_unsigned_attributes.0,
        allowed_unsigned_attribute_prefix: config.allowed_unsigned_attribute_prefix,
        partition_key_name: config.partition_key_name,
        sort_key_name: config.sort_key_name,
        plaintext_override: config
            .plaintext_override
            .map_or_else(PlaintextOverride::default, |name| name.0),
    };
    handles::add(Object::TableRules(Rc::new(TableRules::new(config))))
}

/// Checks the request in the input by a table's rules: 0, or -1 and the error in [`take_value`](super::exports::take_value).
#[wasm_bindgen]
pub fn check_request(rules: u32, operation: &str, len: u32) -> i32 {
    let input = memory::take_input(len as usize);
    let checked = check(rules, operation, &input);
    memory::recycle_input(input);
    handle(checked.map(|()| 0))
}

fn check(rules: u32, operation: &str, input: &[u8]) -> Result<()> {
    let rules = handles::table_rules(rules)?;
    let items = pack::read_items(input)?;
    let request = items.first().ok_or_else(incomplete)?;
    rules.check(operation, &parts(request, None)?)
}

/// Checks the names of attributes that an update gave back: 0, or -1 and the error in
/// [`take_value`](super::exports::take_value).
#[wasm_bindgen]
pub fn check_updated(
    rules: u32,
    #[wasm_bindgen(unchecked_param_type = "string[]")] names: Array,
) -> i32 {
    let check = || {
        let names = given_strings(&names)?;
        handles::table_rules(rules)?.check_updated(names.iter().map(String::as_str))
    };
    handle(check().map(|()| 0))
}

/// The tables that a PartiQL statement may name: 0 and their names in [`take_value`](super::exports::take_value), or -1 and the
/// error there.
#[wasm_bindgen]
pub fn statement_tables(statement: &str) -> i32 {
    handle(expressions::statement_tables(statement).map(|tables| {
        let names: Array = tables.iter().map(|name| JsValue::from_str(name)).collect();
        task::set_value(names.into());
        0
    }))
}

/// Evaluates the update in the input on its item, if there is one; a status of [`task::start`]. The value is `false` where the
/// condition does not hold; else the output has the item as it becomes and what is given back, each if there is any.
#[wasm_bindgen]
pub fn evaluate_update(len: u32) -> u32 {
    evaluate(len, updated)
}

fn updated(items: &[Item<'_>]) -> Result<Outcome> {
    let [request, values, key, item @ ..] = items else { return Err(incomplete()) };
    let (before, absent) = (item.first(), Item::new());
    let expressions = Expressions::parse(&parts(request, Some(values))?)?;
    if let Some(condition) = &expressions.condition
        && !holds(condition, before.unwrap_or(&absent))?
    {
        return Ok(Outcome::Value(JsValue::FALSE));
    }
    let update = expressions.update.as_ref();
    let after = match update {
        Some(update) => apply_update(update, key, before)?,
        None => Some(before.unwrap_or(key).clone()),
    };
    let kind = return_values(request)?;
    let returned = returned_attributes(kind, update, before, after.as_ref());
    Ok(Outcome::Packed(pack::write_items(&[after, returned])?, JsValue::UNDEFINED))
}

/// Evaluates the condition or filter in the input on its items; a status of [`task::start`]. The output has a byte for each
/// item: 1 where it holds.
#[wasm_bindgen]
pub fn evaluate_condition(len: u32) -> u32 {
    evaluate(len, held)
}

/// The same of the key condition alone: the items need no attributes but those of their keys.
#[wasm_bindgen]
pub fn evaluate_key_condition(len: u32) -> u32 {
    evaluate(len, key_condition_held)
}

fn held(items: &[Item<'_>]) -> Result<Outcome> {
    hold(items, |expressions| {
        vec![&expressions.condition, &expressions.key_condition, &expressions.filter]
    })
}

fn key_condition_held(items: &[Item<'_>]) -> Result<Outcome> {
    hold(items, |expressions| vec![&expressions.key_condition])
}

fn hold(
    items: &[Item<'_>],
    of: for<'e, 'a> fn(&'e Expressions<'a>) -> Vec<&'e Option<Condition<'a>>>,
) -> Result<Outcome> {
    let [request, values, items @ ..] = items else { return Err(incomplete()) };
    let expressions = Expressions::parse(&parts(request, Some(values))?)?;
    let conditions = of(&expressions);
    let mut held = Vec::with_capacity(items.len());
    for item in items {
        let mut all = true;
        for condition in conditions.iter().copied().flatten() {
            all &= holds(condition, item)?;
        }
        held.push(u8::from(all));
    }
    Ok(Outcome::Packed(held, JsValue::UNDEFINED))
}

fn evaluate(len: u32, work: fn(&[Item<'_>]) -> Result<Outcome>) -> u32 {
    let input = memory::take_input(len as usize);
    let outcome = pack::read_items(&input).and_then(|items| work(&items));
    memory::recycle_input(input);
    let outcome = outcome.unwrap_or_else(|e| Outcome::Failed(error::to_js(&e, None)));
    task::start(Box::pin(core::future::ready(outcome)))
}

fn return_values(request: &Item<'_>) -> Result<ReturnValues> {
    let given = request.iter().find(|(name, _)| name == "ReturnValues");
    let Some((_, AttributeValue::S(name))) = given else { return Ok(ReturnValues::None) };
    ReturnValues::by_name(name).ok_or_else(|| {
        Error::misuse(Rule::Argument, "ReturnValues must be one of those that DynamoDB knows")
    })
}
