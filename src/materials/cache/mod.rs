//! Caches of cryptographic materials (`cryptographic-materials-cache.md`): a local one with least
//! recently used eviction, and one that also keeps storms of requests from the key store.
//!
//! One cache may serve many keyrings and CMMs; what they may see of each other's entries is decided
//! by their partitions. Requests for an entry that is being fetched wait for that one fetch, woken
//! by its end, in both kinds of cache.
//!
//! Materials are wiped when the last of cache and users lets go of them: by eviction, expiry,
//! [`MaterialsCache::clear`] or the drop of the cache. Expired entries leave without being asked
//! for: a sweep in the background sees to it, which takes the place of the specification's pruning
//! tail.

mod clock;
mod config;
mod event;
mod id;
mod in_flight;
mod index;
mod kept;
mod lookup;
mod lru;
mod slot_wait;
mod state;

use core::any::Any;
use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Poll, Waker};
use std::rc::{Rc, Weak};

pub use config::{CacheConfig, StormConfig};
pub use event::{CacheEvent, CacheEventKind, MaterialsKind, OnCacheEvent};
pub(crate) use id::CacheId;
pub use id::Partition;
pub(super) use id::ids;
pub(crate) use lookup::{Cached, Fetch, Lookup, Uses};

use crate::error::{Error, Result, Rule};
use crate::host::{CacheHost, LocalFuture};
use crate::util::single_flight::{SharedFetch, Waiter};

use kept::Usage;
use slot_wait::SlotWait;
use state::{Shared, Step};

/// A cache. Cheap to clone; clones share their entries.
///
/// ```
/// use std::cell::RefCell;
/// use std::rc::Rc;
///
/// use fieldseal::materials::cache::{
///     CacheConfig, CacheEvent, MaterialsCache, OnCacheEvent, Partition,
/// };
/// use fieldseal::materials::{AwsKmsHierarchicalKeyring, BranchKeyIdSource, Keyring};
/// # use fieldseal::materials::{EncryptionContext, EncryptionMaterials, Suite};
/// # use fieldseal::materials::{StaticBranchKey, StaticBranchKeyStore};
///
/// # fieldseal_doctest::run(async {
/// # let key = StaticBranchKey {
/// #     branch_key_id: "tenant-a".into(),
/// #     version: "1234abcd-12ab-44cd-86ef-1234567890ab".into(),
/// #     branch_key: vec![7; 32][..].into(),
/// #     beacon_key: None,
/// #     encryption_context: EncryptionContext::new(),
/// # };
/// # let store = Rc::new(StaticBranchKeyStore::new(None, vec![key])?);
/// # let host = fieldseal_doctest::cache_host();
/// # let materials = || {
/// #     let suite = Suite::by_id(0x6700).unwrap();
/// #     EncryptionMaterials::new(suite, EncryptionContext::new(), vec![], None)
/// # };
/// let seen = Rc::new(RefCell::new(Vec::new()));
/// let log = Rc::clone(&seen);
/// let observer: OnCacheEvent =
///     Rc::new(move |event: &CacheEvent| log.borrow_mut().push(event.kind.name()));
/// let cache = MaterialsCache::new(CacheConfig::default(), host, Some(observer))?;
/// assert!(cache.is_empty());
///
/// let id = BranchKeyIdSource::Fixed("tenant-a".into());
/// let partition = Partition::named("reports");
/// let keyring = AwsKmsHierarchicalKeyring::new(store, id, 600_000, Some(cache.clone()), partition)?;
/// keyring.wrap(materials()?).await?;
/// keyring.wrap(materials()?).await?;
/// assert_eq!(*seen.borrow(), ["miss", "fetched", "hit"]);
///
/// assert_eq!(cache.len(), 1);
/// cache.clear(); // wipes the branch key
/// assert!(cache.is_empty());
/// # Ok(())
/// # });
/// ```
#[derive(Clone)]
pub struct MaterialsCache(Rc<Shared>);

impl MaterialsCache {
    /// An empty cache, with an observer of what happens in it.
    ///
    /// # Errors
    /// [`Rule::Config`]: settings that contradict each other.
    pub fn new(
        config: CacheConfig,
        host: Rc<dyn CacheHost>,
        on_event: Option<OnCacheEvent>,
    ) -> Result<Self> {
        config.check()?;
        Ok(Self(Rc::new(Shared::new(config, host, on_event))))
    }

    /// Fails when entries would never be out of the grace period.
    pub(super) fn check_ttl(&self, ttl_ms: u64) -> Result<()> {
        match &self.0.config.storm {
            Some(storm) if storm.grace_period_ms >= ttl_ms => {
                let problem = "the cache's grace period must be shorter than the time to live";
                Err(Error::misuse(Rule::Config, problem))
            }
            _ => Ok(()),
        }
    }

    /// The entry: from the cache, from a fetch in flight, or from `fetch`.
    ///
    /// In the grace period before an entry's end, one request sets off a fetch in the background
    /// and all are served from the cache, whatever becomes of that fetch.
    ///
    /// # Errors
    /// Those of `fetch`; they are not kept. All requests that wait for one fetch get its error.
    pub(crate) async fn get(&self, lookup: &Lookup, fetch: Fetch<'_>) -> Result<Cached> {
        loop {
            let step = self.0.look(lookup);
            self.0.report();
            // One that waited for a place and needs none any more passes it on.
            if !matches!(step, Step::Start | Step::Wait) {
                self.0.wake_next();
            }
            match step {
                Step::Hit(value) => return Ok(value),
                Step::Refresh(value) => {
                    let flight = self.start(lookup, fetch, Usage::default());
                    self.0.host.spawn(Box::pin(async move {
                        // The event says what became of it.
                        let _ = flight.await;
                    }));
                    return Ok(value);
                }
                Step::Start => {
                    let mine = lookup.uses.map(|uses| Usage { messages: 1, bytes: uses.bytes });
                    return self.start(lookup, fetch, mine.unwrap_or_default()).await;
                }
                Step::Share(flight) => match self.in_time(flight).await {
                    Some(Err(error)) => return Err(error),
                    Some(Ok(value)) if lookup.uses.is_none() => return Ok(value),
                    // Its use is to be counted; or the fetch is given up, and ours is next.
                    _ => {}
                },
                Step::Wait => {
                    let _ = self.in_time(SlotWait::new(Rc::clone(&self.0), lookup.id)).await;
                }
            }
        }
    }

    /// Removes all entries, and lets fetches in flight end without an entry.
    pub fn clear(&self) {
        let state = &mut *self.0.state.borrow_mut();
        let removed = state.entries.clear();
        state.in_flight.forget();
        drop(removed);
    }

    /// Number of entries, expired ones that were not swept yet included.
    pub fn len(&self) -> usize {
        self.0.state.borrow().entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Starts a fetch whose result becomes an entry.
    fn start(&self, lookup: &Lookup, fetch: Fetch<'_>, usage: Usage) -> Waiter<Result<Cached>> {
        let shared = Rc::downgrade(&self.0);
        let mut fetched = fetch();
        let started_ms = self.0.now_ms();
        let number = self.0.state.borrow_mut().in_flight.next_number();
        let end = OnFetchEnd { shared: Weak::clone(&shared), number };
        let asked = lookup.clone();
        let held = HELD.with_borrow(Clone::clone).unwrap_or_else(|| self.0.host.hold());
        let flight = SharedFetch::new(Box::pin(async move {
            let _end = end;
            let result = poll_fn(|cx| {
                let outer = HELD.replace(Some(Rc::clone(&held)));
                let polled = fetched.as_mut().poll(cx);
                HELD.set(outer);
                polled
            })
            .await;
            if let Some(shared) = shared.upgrade() {
                shared.complete(number, started_ms, &asked, usage, &result);
                shared.report();
                shared.sweep_later();
            }
            result
        }) as LocalFuture<'static, Result<Cached>>);
        let joining = {
            let fetches = &mut self.0.state.borrow_mut().in_flight;
            fetches.add(lookup.id, number, started_ms, Rc::downgrade(&flight))
        };
        let join = flight.join();
        joining.into_iter().for_each(Waker::wake);
        self.0.wake_next();
        join
    }

    /// What `future` returns, or `None` when it takes longer than a fetch is waited for.
    async fn in_time<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let limit = self.0.config.in_flight_ttl_ms();
        let mut timer = self.0.host.sleep_ms(u32::try_from(limit).unwrap_or(u32::MAX));
        let mut future = pin!(future);
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending => timer.as_mut().poll(cx).map(|()| None),
        })
        .await
    }
}

thread_local! {
    /// What the fetch that is being polled keeps. Whatever it begins is for the operation that began it, whoever polls it.
    static HELD: RefCell<Option<Rc<dyn Any>>> = const { RefCell::new(None) };
}

/// Frees a fetch's place when it has completed, and when all who waited for it are gone.
struct OnFetchEnd {
    shared: Weak<Shared>,
    number: u64,
}

impl Drop for OnFetchEnd {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.state.borrow_mut().in_flight.end(self.number);
            shared.wake_next();
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
