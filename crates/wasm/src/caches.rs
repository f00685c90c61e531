//! Caches, key stores and what is made of them: hierarchical keyrings and caching CMMs.

use core::any::Any;
use std::rc::Rc;

use js_sys::Date;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use fieldseal::error::{Error, Result, Rule};
use fieldseal::host::{CacheHost, LocalFuture};
use fieldseal::materials::cache::{
    CacheConfig, CacheEventKind, MaterialsCache, OnCacheEvent, Partition, StormConfig,
};
use fieldseal::materials::{
    AwsKmsHierarchicalKeyring, BranchKeyIdSource, BranchKeyIdSupplier, CachingCmm,
    CachingCmmLimits, EncryptionContext, Keyring, StaticBranchKey, StaticBranchKeyStore,
};

use super::build::NewObject;
use super::config::{
    self, CachingCmmConfig, Configuration, Count, HierarchicalConfig, Seconds, StaticKeyConfig,
    StaticKeyStoreConfig,
};
use super::handles::{Object, add, any_key_store, cache, cmm};
use super::host::{ask, tell, text};
use super::task;

/// Makes a cache; `host` is told of events and of work in the background.
pub(super) fn make_cache(config: JsValue, host: JsValue) -> Result<u32> {
    let config = config::CacheConfig::of(config)?;
    let ms = |given: Option<Seconds>, default| given.map_or(default, |Seconds(ms)| ms);
    let default = StormConfig::default();
    let storm = config.storm.then(|| StormConfig {
        grace_period_ms: ms(config.grace_period_ms, default.grace_period_ms),
        grace_interval_ms: ms(config.grace_interval_ms, default.grace_interval_ms),
        fan_out: config.fan_out.map_or(default.fan_out, |n| n as usize),
        in_flight_ttl_ms: ms(config.in_flight_ttl_ms, default.in_flight_ttl_ms),
    });
    let capacity = config.capacity.map_or(CacheConfig::default().capacity, |n| n as usize);
    let on_event = config.observed.then(|| event_sink(host.clone()));
    let config = match config.for_ttl_ms {
        Some(Seconds(ttl_ms)) => CacheConfig::for_ttl(ttl_ms),
        None => CacheConfig { capacity, storm },
    };
    let cache = MaterialsCache::new(config, Rc::new(HostCache(host)), on_event)?;
    add(Object::Cache(cache))
}

/// Empties a cache.
pub(super) fn clear_cache(handle: u32) {
    if let Ok(cache) = cache(handle) {
        cache.clear();
    }
}

/// Makes a static key store.
pub(super) fn make_static_key_store(config: JsValue) -> Result<u32> {
    let config = StaticKeyStoreConfig::of(config)?;
    let mut keys = Vec::new();
    for key in config.keys.0 {
        keys.push(static_key(key)?);
    }
    let store = StaticBranchKeyStore::new(config.logical_key_store_name, keys)?;
    add(Object::KeyStore(Rc::new(store)))
}

fn static_key(config: StaticKeyConfig) -> Result<StaticBranchKey> {
    let mut encryption_context = EncryptionContext::new();
    encryption_context.extend(config.encryption_context.0)?;
    let StaticKeyConfig { branch_key_id, version, branch_key, beacon_key, .. } = config;
    Ok(StaticBranchKey { branch_key_id, version, branch_key, beacon_key, encryption_context })
}

/// A hierarchical keyring; `host` has its branch key id supplier, if it has one.
pub(super) fn hierarchical(config: HierarchicalConfig, host: JsValue) -> Result<Rc<dyn Keyring>> {
    let store = any_key_store(config.key_store.0)?;
    let source = match config.branch_key_id {
        Some(id) => BranchKeyIdSource::Fixed(id),
        None => {
            let supplier: Rc<dyn BranchKeyIdSupplier> = Rc::new(HostSupplier(host));
            BranchKeyIdSource::Supplier(supplier)
        }
    };
    let cache = config.cache.map(|one| cache(one.0)).transpose()?;
    let (Seconds(ttl_ms), partition) = (config.ttl_ms, partition(config.partition_id)?);
    let keyring = AwsKmsHierarchicalKeyring::new(store, source, ttl_ms, cache, partition)?;
    Ok(Rc::new(keyring))
}

/// Makes a caching CMM over a CMM or keyring.
pub(super) fn make_caching_cmm(config: JsValue) -> Result<u32> {
    let config = CachingCmmConfig::of(config)?;
    let (inner, cache) = (cmm(config.materials.0)?, cache(config.cache.0)?);
    let count = |given: Option<Count>, default| given.map_or(default, |Count(n)| n);
    let limits = CachingCmmLimits {
        max_age_ms: config.max_age_ms.0,
        max_bytes: count(config.max_bytes, CachingCmmLimits::MAX_BYTES),
        max_messages: count(config.max_messages, CachingCmmLimits::MAX_MESSAGES),
    };
    let cmm = CachingCmm::new(inner, cache, partition(config.partition_id)?, limits)?;
    add(Object::Cmm(Rc::new(cmm)))
}

pub(super) fn partition(id: Option<String>) -> Result<Partition> {
    id.map_or_else(Partition::random, |name| Ok(Partition::named(&name)))
}

/// Hands events to the host's `onEvent`.
fn event_sink(host: JsValue) -> OnCacheEvent {
    Rc::new(move |event| {
        let object = NewObject::new();
        object
            .text("kind", event.kind.name())
            .text("materials", event.materials.name())
            .text("partitionId", &event.partition)
            .some_text("branchKeyId", event.branch_key_id.as_deref());
        if let CacheEventKind::Fetched { duration_ms, outcome } = &event.kind {
            object
                .number("durationMs", *duration_ms as f64)
                .text("outcome", outcome.err().unwrap_or("OK"));
        }
        tell(&host, "onEvent", &object.into_js(), &JsValue::UNDEFINED);
    })
}

#[wasm_bindgen]
extern "C" {
    /// Every host has it; in some it stands still while the machine sleeps.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

impl CacheHost for HostCache {
    fn monotonic_ms(&self) -> u64 {
        performance_now() as u64
    }

    fn unix_ms(&self) -> u64 {
        Date::now() as u64
    }

    fn sleep_ms(&self, ms: u32) -> LocalFuture<'static, ()> {
        idle(ms)
    }

    fn spawn(&self, work: LocalFuture<'static, ()>) {
        task::spawn(work);
        // Nobody may be waiting for the core: it has to be asked to go on.
        tell(&self.0, "wake", &JsValue::UNDEFINED, &JsValue::UNDEFINED);
    }

    fn hold(&self) -> Rc<dyn Any> {
        let task = task::current().into();
        Rc::new(tell(&self.0, "uses", &task, &JsValue::UNDEFINED))
    }
}

/// For wrong answers of the host's supplier.
fn no_branch_key_id(reason: Option<String>) -> Error {
    let reason = reason.unwrap_or_else(|| "it did not return a string".into());
    Error::misuse(Rule::KeyringFunction, format!("branchKeyIdSupplier failed: {reason}"))
}

/// The host of one cache.
struct HostCache(JsValue);

/// A wait that does not keep the host's process alive. The host starts it when it is first waited
/// for.
fn idle(ms: u32) -> LocalFuture<'static, ()> {
    Box::pin(async move {
        let _ = ask(&JsValue::UNDEFINED, "idle", ms.into()).await;
    })
}

/// A function that names the branch key for an encryption context.
struct HostSupplier(JsValue);

impl BranchKeyIdSupplier for HostSupplier {
    fn branch_key_id<'a>(
        &'a self,
        context: &'a EncryptionContext,
    ) -> LocalFuture<'a, Result<String>> {
        Box::pin(async move {
            let details = NewObject::new();
            details.pairs("encryptionContext", context.iter());
            match ask(&self.0, "branchKeyId", details.into_js()).await {
                Ok(id) => id.as_string().ok_or_else(|| no_branch_key_id(None)),
                Err(reason) => Err(no_branch_key_id(Some(text(&reason)))),
            }
        })
    }
}
