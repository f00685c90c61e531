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
mod flights;
mod id;
mod index;
mod lru;
mod state;

use core::any::Any;
use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Poll, Waker};
use std::rc::{Rc, Weak};

pub use config::{CacheConfig, StormConfig};
pub use event::{CacheEvent, CacheEventKind, MaterialsKind, OnCacheEvent};
pub(super) use id::ids;
pub use id::{CacheId, Partition};

use crate::error::{Error, Result, Rule};
use crate::host::{CacheHost, LocalFuture};
use crate::util::single_flight::{Flight, Join};

use super::{BeaconKeyMaterials, BranchKeyMaterials, DecryptionMaterials, EncryptionMaterials};
use flights::SlotWait;
use lru::Usage;
use state::{Shared, Step};

/// What a cache holds.
#[derive(Clone)]
pub enum Cached {
    /// Of a caching CMM.
    Encryption(Rc<EncryptionMaterials>),
    /// Of a caching CMM.
    Decryption(Rc<DecryptionMaterials>),
    /// Of a hierarchical keyring.
    BranchKey(Rc<BranchKeyMaterials>),
    /// Of searchable encryption.
    BeaconKey(Rc<BeaconKeyMaterials>),
}

/// How much a data key may do, and what the request at hand adds to it.
#[derive(Debug, Clone, Copy)]
pub struct Uses {
    /// Bytes to be encrypted now.
    pub bytes: u64,
    /// The most bytes that one data key may encrypt.
    pub max_bytes: u64,
    /// The most messages that one data key may encrypt.
    pub max_messages: u64,
}

/// Fetches what a cache does not have.
pub type Fetch<'a> = &'a dyn Fn() -> LocalFuture<'static, Result<Cached>>;

/// A request to a cache.
#[derive(Clone)]
pub struct Lookup {
    /// The entry.
    pub id: CacheId,
    /// Milliseconds for which this requester uses an entry, counted from its creation, also if it
    /// was made by another one with a longer time.
    pub ttl_ms: u64,
    /// Kind of materials, for events.
    pub kind: MaterialsKind,
    /// The requester's partition, for events.
    pub partition: Rc<str>,
    /// The branch key, for events.
    pub branch_key_id: Option<Rc<str>>,
    /// Limits, for encryption materials.
    pub uses: Option<Uses>,
}

/// A cache. Cheap to clone; clones share their entries.
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
    pub async fn get(&self, lookup: &Lookup, fetch: Fetch<'_>) -> Result<Cached> {
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
                Step::Join(flight) => match self.in_time(flight).await {
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

    /// Removes an entry, if it is there.
    pub fn remove(&self, id: &CacheId) {
        let removed = self.0.state.borrow_mut().entries.remove(id);
        drop(removed);
    }

    /// Removes all entries, and lets fetches in flight end without an entry.
    pub fn clear(&self) {
        let state = &mut *self.0.state.borrow_mut();
        let removed = state.entries.clear();
        state.flights.forget();
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
    fn start(&self, lookup: &Lookup, fetch: Fetch<'_>, usage: Usage) -> Join<Result<Cached>> {
        let shared = Rc::downgrade(&self.0);
        let mut fetched = fetch();
        let started_ms = self.0.now_ms();
        let number = self.0.state.borrow_mut().flights.next_number();
        let end = EndOfFlight { shared: Weak::clone(&shared), number };
        let asked = lookup.clone();
        let held = HELD.with_borrow(Clone::clone).unwrap_or_else(|| self.0.host.hold());
        let flight = Flight::new(Box::pin(async move {
            let _end = end;
            let result = poll_fn(|cx| {
                let outer = HELD.replace(Some(Rc::clone(&held)));
                let polled = fetched.as_mut().poll(cx);
                HELD.set(outer);
                polled
            })
            .await;
            if let Some(shared) = shared.upgrade() {
                shared.land(number, started_ms, &asked, usage, &result);
                shared.report();
                shared.sweep_later();
            }
            result
        }) as LocalFuture<'static, Result<Cached>>);
        let joining = {
            let flights = &mut self.0.state.borrow_mut().flights;
            flights.add(lookup.id, number, started_ms, Rc::downgrade(&flight))
        };
        let join = flight.join();
        joining.into_iter().for_each(Waker::wake);
        self.0.wake_next();
        join
    }

    /// What `future` answers, or `None` when it takes longer than a flight is waited for.
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

/// Frees a flight's place when it has landed, and when all who waited for it are gone.
struct EndOfFlight {
    shared: Weak<Shared>,
    number: u64,
}

impl Drop for EndOfFlight {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.state.borrow_mut().flights.end(self.number);
            shared.wake_next();
        }
    }
}

impl Cached {
    /// Branch key materials.
    pub(super) fn branch_key(self) -> Result<Rc<BranchKeyMaterials>> {
        if let Self::BranchKey(it) = self { Ok(it) } else { Err(other_kind()) }
    }

    /// Encryption materials.
    pub(super) fn encryption(self) -> Result<Rc<EncryptionMaterials>> {
        if let Self::Encryption(it) = self { Ok(it) } else { Err(other_kind()) }
    }

    /// Decryption materials.
    pub(super) fn decryption(self) -> Result<Rc<DecryptionMaterials>> {
        if let Self::Decryption(it) = self { Ok(it) } else { Err(other_kind()) }
    }
}

/// Ids begin with the kind of what they stand for.
fn other_kind() -> Error {
    Error::bug("a cache entry of another kind")
}

#[cfg(test)]
pub(super) mod tests;
