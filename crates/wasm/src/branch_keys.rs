//! What JavaScript calls about branch keys and caches.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use fieldseal::dynamodb_client::DynamoDbClient;
use fieldseal::error::Result;

use super::config::{Configuration, KeyStoreConfig, ServiceConfig};
use super::exports::handle;
use super::handles::{Object, add, dynamodb_key_store};
use super::make::client_config;
use super::read::configuration;
use super::task::{self, Outcome};
use super::{caches, error, key_store};

/// A DynamoDB client; `host` performs its requests and has its credentials.
fn new_dynamodb(config: JsValue, host: JsValue) -> Result<u32> {
    let fields = configuration(config);
    let config = ServiceConfig::read(&fields)?;
    let (config, network) = client_config(config, &fields, &host, "table")?;
    add(Object::DynamoDb(DynamoDbClient::new(config, network)?))
}

/// A branch key store of the clients that its configuration names.
fn new_key_store(config: JsValue) -> Result<u32> {
    add(Object::DynamoDbKeyStore(Rc::new(key_store::make(KeyStoreConfig::of(config)?)?)))
}

/// Makes a cache: its handle, or -1 and the error in [`take_value`].
#[wasm_bindgen]
pub fn make_cache(
    #[wasm_bindgen(unchecked_param_type = "CacheConfig")] config: JsValue,
    host: JsValue,
) -> i32 {
    handle(caches::make_cache(config, host))
}

/// Empties a cache.
#[wasm_bindgen]
pub fn clear_cache(cache: u32) {
    caches::clear_cache(cache);
}

/// Makes a static key store: its handle, or -1 and the error in [`take_value`].
#[wasm_bindgen]
pub fn make_static_key_store(
    #[wasm_bindgen(unchecked_param_type = "StaticKeyStoreConfig")] config: JsValue,
) -> i32 {
    handle(caches::make_static_key_store(config))
}

/// Makes a caching CMM: its handle, or -1 and the error in [`take_value`].
#[wasm_bindgen]
pub fn make_caching_cmm(
    #[wasm_bindgen(unchecked_param_type = "CachingCmmConfig")] config: JsValue,
) -> i32 {
    handle(caches::make_caching_cmm(config))
}

/// Makes a DynamoDB client: its handle, or -1 and the error in [`take_value`].
#[wasm_bindgen]
pub fn make_dynamodb(
    #[wasm_bindgen(unchecked_param_type = "ServiceConfig")] config: JsValue,
    host: JsValue,
) -> i32 {
    handle(new_dynamodb(config, host))
}

/// Makes a branch key store: its handle, or -1 and the error in [`take_value`].
#[wasm_bindgen]
pub fn make_key_store(
    #[wasm_bindgen(unchecked_param_type = "KeyStoreConfig")] config: JsValue,
) -> i32 {
    handle(new_key_store(config))
}

/// Starts an operation of a key store; a status of [`task::start`].
#[wasm_bindgen]
pub fn key_store_call(store: u32, operation: String, request: JsValue) -> u32 {
    task::start(match dynamodb_key_store(store) {
        Ok(store) => key_store::call(store, operation, request),
        Err(e) => Box::pin(core::future::ready(Outcome::Failed(error::to_js(&e, None)))),
    })
}
