//! Caches, key stores and what is made of them: hierarchical keyrings and caching CMMs.

use core::any::Any;
use core::time::Duration;
use std::rc::Rc;

use js_sys::Date;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use fieldseal::crypto::Secret;
use fieldseal::error::{Error, Result, Rule};
use fieldseal::host::{CacheHost, LocalFuture};
use fieldseal::materials::cache::{
    CacheConfig, CacheEventKind, MaterialsCache, OnCacheEvent, Partition, StormConfig,
};
use fieldseal::materials::{
    AwsKmsHierarchicalKeyring, BranchKeyIdSource, BranchKeyIdSupplier, CachingCmm,
    CachingCmmLimits, EncryptionContext, StaticBranchKey, StaticBranchKeyStore,
};

use super::build::NewObject;
use super::handles::{Object, add, any_key_store, cache, cmm};
use super::host::{ask, tell, text};
use super::read::{Fields, configuration};
use super::task;

/// Makes a cache; `host` is told of events and of work in the background.
pub(super) fn make_cache(config: JsValue, host: JsValue) -> Result<u32> {
    let spec = configuration(config);
    let storm = match spec.flag("storm") {
        false => None,
        true => {
            let default = StormConfig::default();
            let ms = |name, default| Ok::<_, Error>(milliseconds(&spec, name)?.unwrap_or(default));
            Some(StormConfig {
                grace_period_ms: ms("gracePeriodSeconds", default.grace_period_ms)?,
                grace_interval_ms: ms("graceIntervalSeconds", default.grace_interval_ms)?,
                fan_out: spec.whole_number("fanOut")?.map_or(default.fan_out, |n| n as usize),
                in_flight_ttl_ms: ms("inFlightTtlSeconds", default.in_flight_ttl_ms)?,
            })
        }
    };
    let config = match milliseconds(&spec, "forTtlSeconds")? {
        Some(ttl_ms) => CacheConfig::for_ttl(ttl_ms),
        None => CacheConfig {
            capacity: spec
                .whole_number("capacity")?
                .map_or(CacheConfig::default().capacity, |n| n as usize),
            storm,
        },
    };
    let on_event = spec.flag("observed").then(|| event_sink(host.clone()));
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
    let spec = configuration(config);
    let keys = spec.list("keys")?.into_iter().map(static_key).collect::<Result<_>>()?;
    let store = StaticBranchKeyStore::new(spec.text("logicalKeyStoreName")?, keys)?;
    add(Object::KeyStore(Rc::new(store)))
}

fn static_key(key: JsValue) -> Result<StaticBranchKey> {
    let spec = configuration(key);
    let mut encryption_context = EncryptionContext::new();
    encryption_context.extend(spec.pairs("encryptionContext")?)?;
    Ok(StaticBranchKey {
        branch_key_id: spec.needed_text("branchKeyId")?,
        version: spec.needed_text("version")?,
        branch_key: Secret::new(spec.bytes("branchKey")?.unwrap_or_default()),
        beacon_key: spec.bytes("beaconKey")?.map(Secret::new),
        encryption_context,
    })
}

/// A hierarchical keyring; `host` has its branch key id supplier, if it has one.
pub(super) fn hierarchical(spec: &Fields, host: JsValue) -> Result<AwsKmsHierarchicalKeyring> {
    let store = any_key_store(spec.whole_number("keyStore")?.unwrap_or(u32::MAX))?;
    let source = match spec.text("branchKeyId")? {
        Some(id) => BranchKeyIdSource::Fixed(id),
        None => {
            let supplier: Rc<dyn BranchKeyIdSupplier> = Rc::new(HostSupplier(host));
            BranchKeyIdSource::Supplier(supplier)
        }
    };
    let ttl_ms = milliseconds(spec, "ttlSeconds")?.unwrap_or_default();
    let cache = spec.whole_number("cache")?.map(cache).transpose()?;
    AwsKmsHierarchicalKeyring::new(store, source, ttl_ms, cache, partition(spec)?)
}

/// Makes a caching CMM over a CMM or keyring.
pub(super) fn make_caching_cmm(config: JsValue) -> Result<u32> {
    let spec = configuration(config);
    let handle = |name| Ok::<_, Error>(spec.whole_number(name)?.unwrap_or(u32::MAX));
    let (inner, cache) = (cmm(handle("materials")?)?, cache(handle("cache")?)?);
    let limits = CachingCmmLimits {
        max_age_ms: milliseconds(&spec, "maxAgeSeconds")?.unwrap_or_default(),
        max_bytes: count(&spec, "maxBytes")?.unwrap_or(CachingCmmLimits::MAX_BYTES),
        max_messages: count(&spec, "maxMessages")?.unwrap_or(CachingCmmLimits::MAX_MESSAGES),
    };
    let cmm = CachingCmm::new(inner, cache, partition(&spec)?, limits)?;
    add(Object::Cmm(Rc::new(cmm)))
}

fn partition(spec: &Fields) -> Result<Partition> {
    spec.text("partitionId")?.map_or_else(Partition::random, |name| Ok(Partition::named(&name)))
}

/// A number of seconds, to the millisecond; more than zero.
fn milliseconds(spec: &Fields, name: &str) -> Result<Option<u64>> {
    let Some(seconds) = spec.number(name)? else { return Ok(None) };
    let time =
        Duration::try_from_secs_f64(seconds).ok().and_then(|t| t.as_millis().try_into().ok());
    match time {
        Some(ms) if (1..=1_000_000_000_000_000).contains(&ms) => Ok(Some(ms)),
        _ => Err(spec.error(&format!("{name} must be a number of seconds, 0.001 to 10^12"))),
    }
}

/// A whole number that JavaScript can hold.
fn count(spec: &Fields, name: &str) -> Result<Option<u64>> {
    const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;
    let Some(number) = spec.number(name)? else { return Ok(None) };
    match (0.0..=MAX_SAFE_INTEGER).contains(&number) && number.fract() == 0.0 {
        true => Ok(Some(number as u64)),
        false => Err(spec.error(&format!("{name} must be a whole number"))),
    }
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
