//! Where beacon keys come from: a branch key store now and then, and a cache otherwise
//! (`search-config.md#get-beacon-key-materials`).

use std::rc::Rc;

use crate::error::{Error, Result, Rule};
use crate::host::LocalFuture;

use super::beacon_key::BeaconKey;
use super::branch_key::BranchKeyStore;
use super::cache::{Cached, Lookup, MaterialsCache, MaterialsKind, Partition, ids};

/// Where beacon keys come from (`search-config.md#beacon-key-source`).
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::materials::cache::{CacheConfig, MaterialsCache, Partition};
/// use fieldseal::materials::{BeaconKeySource, StaticBranchKeyStore};
///
/// # let host = fieldseal_doctest::cache_host();
/// let store = Rc::new(StaticBranchKeyStore::new(Some("keys".into()), vec![])?);
/// let cache = MaterialsCache::new(CacheConfig::default(), host, None)?;
/// let source = |ttl_ms| {
///     let (store, cache) = (store.clone(), Some(cache.clone()));
///     BeaconKeySource::new(store, ttl_ms, cache, Partition::named("customers"))
/// };
/// assert!(source(600_000).is_ok()); // with `search::SearchConfig`
/// assert_eq!(source(0).err().unwrap().code(), "INVALID_CONFIG");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub struct BeaconKeySource {
    store: Rc<dyn BranchKeyStore>,
    ttl_ms: u64,
    cache: Option<MaterialsCache>,
    partition: Partition,
}

impl BeaconKeySource {
    /// Beacon keys are used for `ttl_ms` after they were fetched; without a cache they are fetched each time. Sources share entries of
    /// a cache when partition, logical key store name and branch key id are the same: two key stores must never have one
    /// logical name.
    ///
    /// # Errors
    /// [`Rule::Config`]: no time to live, or one within the cache's grace period.
    pub fn new(
        store: Rc<dyn BranchKeyStore>,
        ttl_ms: u64,
        cache: Option<MaterialsCache>,
        partition: Partition,
    ) -> Result<Self> {
        if ttl_ms == 0 {
            return Err(Error::misuse(Rule::Config, "the time to live must be more than zero"));
        }
        cache.as_ref().map_or(Ok(()), |cache| cache.check_ttl(ttl_ms))?;
        Ok(Self { store, ttl_ms, cache, partition })
    }

    /// The beacon key of a branch key. In a box, as other crates that wait for it would have the cache compiled once more.
    pub(crate) fn key(&self, branch_key_id: &str) -> LocalFuture<'_, Result<Rc<BeaconKey>>> {
        Box::pin(self.fetched_or_cached(branch_key_id.into()))
    }

    async fn fetched_or_cached(&self, id: Rc<str>) -> Result<Rc<BeaconKey>> {
        let fetch = || {
            let (store, id) = (Rc::clone(&self.store), Rc::clone(&id));
            Box::pin(async move {
                Ok(Cached::BeaconKey(Rc::new(BeaconKey::new(store.beacon(&id).await?))))
            }) as LocalFuture<'static, Result<Cached>>
        };
        let Some(cache) = &self.cache else { return fetch().await?.beacon_key() };
        let (partition, store) = (self.partition.bytes(), self.store.logical_name().as_bytes());
        let fields =
            [ids::OF_HIERARCHICAL_KEYRING, ids::FOR_SEARCH, partition, store, id.as_bytes()];
        let lookup = Lookup {
            id: ids::cache_id(&fields),
            ttl_ms: self.ttl_ms,
            kind: MaterialsKind::BeaconKey,
            partition: Rc::clone(self.partition.name()),
            branch_key_id: Some(Rc::clone(&id)),
            uses: None,
        };
        cache.get(&lookup, &fetch).await?.beacon_key()
    }
}
