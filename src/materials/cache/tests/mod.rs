//! Caches over a virtual clock.

pub(in crate::materials) mod host;
mod local;
mod storm;

use core::cell::Cell;
use std::rc::Rc;

use host::{FakeHost, Observed};

use super::{
    CacheConfig, Cached, Fetch, Lookup, MaterialsCache, MaterialsKind, Partition, StormConfig,
    Uses, ids,
};
use crate::crypto::Secret;
use crate::error::{Error, Result};
use crate::host::{CacheHost, LocalFuture};
use crate::materials::{BranchKeyMaterials, EncryptionContext};

const TTL_MS: u64 = 60_000;

/// What entries are fetched from: the n-th fetch answers a key of bytes n.
struct Source {
    host: Rc<FakeHost>,
    fetches: Cell<u8>,
    latency_ms: Cell<u32>,
    down: Cell<bool>,
}

/// A cache, its source and what was seen of it.
struct Bench {
    host: Rc<FakeHost>,
    cache: MaterialsCache,
    source: Rc<Source>,
    seen: Observed,
}

fn local(capacity: usize) -> Bench {
    bench(CacheConfig { capacity, storm: None })
}

fn storm() -> Bench {
    bench(CacheConfig::default())
}

fn bench(config: CacheConfig) -> Bench {
    let (host, seen) = (FakeHost::new(), Observed::default());
    let cache = MaterialsCache::new(config, Rc::clone(&host) as _, Some(seen.observer())).unwrap();
    let source = Rc::new(Source {
        host: Rc::clone(&host),
        fetches: Cell::new(0),
        latency_ms: Cell::new(50),
        down: Cell::new(false),
    });
    Bench { host, cache, source, seen }
}

fn entry(name: &str) -> Lookup {
    Lookup {
        id: ids::cache_id(&[name.as_bytes()]),
        ttl_ms: TTL_MS,
        kind: MaterialsKind::BranchKey,
        partition: "p".into(),
        branch_key_id: Some(name.into()),
        uses: None,
    }
}

fn fetch(source: &Rc<Source>) -> LocalFuture<'static, Result<Cached>> {
    let source = Rc::clone(source);
    Box::pin(async move {
        source.fetches.set(source.fetches.get().wrapping_add(1));
        let number = source.fetches.get();
        if source.latency_ms.get() > 0 {
            source.host.sleep_ms(source.latency_ms.get()).await;
        }
        if source.down.get() {
            return Err(Error::host("down"));
        }
        Ok(Cached::BranchKey(Rc::new(BranchKeyMaterials {
            branch_key_id: "id".into(),
            version: host::VERSION.into(),
            encryption_context: EncryptionContext::new(),
            key: Secret::new(vec![number; 32]),
        })))
    })
}

impl Bench {
    /// A request in progress; returns the number of the fetch that its key comes from.
    fn ask(&self, lookup: &Lookup) -> host::Handle<Result<u8>> {
        let (cache, source, lookup) = (self.cache.clone(), Rc::clone(&self.source), lookup.clone());
        self.host.task(async move {
            let fetch: Fetch<'_> = &|| fetch(&source);
            let value = cache.get(&lookup, fetch).await?;
            Ok(value.branch_key()?.key[0])
        })
    }

    /// A request and its answer.
    fn get(&self, lookup: &Lookup) -> Result<u8> {
        let asked = self.ask(lookup);
        self.host.go();
        for _ in 0..100_000 {
            if asked.is_done() {
                return asked.result();
            }
            self.host.advance(1);
        }
        panic!("the request waits for something that does not happen");
    }

    fn fetches(&self) -> u8 {
        self.source.fetches.get()
    }
}
