//! What to do about a request: the rules of the local and the storm-tracking cache
//! (`local-cryptographic-materials-cache.md`, `storm-tracking-cryptographic-materials-cache.md`).

use core::cell::RefCell;
use core::mem::take;
use core::task::Waker;
use std::rc::{Rc, Weak};

use crate::error::{Error, Result};
use crate::host::{CacheHost, LocalFuture};
use crate::util::single_flight::Waiter;

use super::clock::Clock;
use super::config::{CacheConfig, StormConfig};
use super::event::{CacheEvent, CacheEventKind, OnCacheEvent};
use super::in_flight::InFlight;
use super::kept::{Entry, Usage};
use super::lookup::{Cached, Lookup, Uses};
use super::lru::Entries;

/// Sweeps are at least this far apart, in milliseconds.
const SWEEP_EVERY_MS: u64 = 1_000;
/// A sweep is never planned further ahead than this: timers stand still while machines sleep, and one that outlives its
/// cache should not do so for long.
const SWEEP_WITHIN_MS: u64 = 60_000;

/// What all clones of a cache share.
pub(super) struct Shared {
    pub(super) config: CacheConfig,
    pub(super) host: Rc<dyn CacheHost>,
    clock: Clock,
    pub(super) state: RefCell<State>,
    on_event: Option<OnCacheEvent>,
}

pub(super) struct State {
    pub(super) entries: Entries,
    pub(super) in_flight: InFlight,
    /// What the observer has not been told yet.
    events: Vec<CacheEvent>,
    sweeping: bool,
}

/// How a request goes on.
pub(super) enum Step {
    /// With the entry.
    Hit(Cached),
    /// With the entry, and a fetch in the background.
    Refresh(Cached),
    /// With a fetch.
    Start,
    /// With the fetch of another request.
    Share(Waiter<Result<Cached>>),
    /// From the start again, once a fetch has ended: there are too many.
    Wait,
}

impl Shared {
    pub(super) fn new(
        config: CacheConfig,
        host: Rc<dyn CacheHost>,
        on_event: Option<OnCacheEvent>,
    ) -> Self {
        let entries = Entries::new(config.capacity);
        let in_flight = InFlight::default();
        let state = State { entries, in_flight, events: Vec::new(), sweeping: false };
        let clock = Clock::new(&*host);
        Self { config, host, clock, state: RefCell::new(state), on_event }
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.clock.now_ms(&*self.host)
    }

    /// Decides about a request.
    pub(super) fn look(&self, lookup: &Lookup) -> Step {
        let now = self.now_ms();
        let state = &mut *self.state.borrow_mut();
        let storm = self.config.storm.as_ref();
        let ttl = self.config.in_flight_ttl_ms();
        state.in_flight.prune(now, storm.map_or(0, |storm| storm.grace_interval_ms));
        let step = match state.usable(lookup, now) {
            Some((value, end)) => match storm {
                Some(storm) if state.is_due(lookup, storm, now, end) => Step::Refresh(value),
                _ => Step::Hit(value),
            },
            None => match state.in_flight.join(&lookup.id, now, ttl) {
                Some(join) => Step::Share(join),
                None if storm.is_some_and(|s| state.in_flight.count(now, ttl) >= s.fan_out) => {
                    Step::Wait
                }
                None => Step::Start,
            },
        };
        let kind = match &step {
            Step::Hit(_) => CacheEventKind::Hit,
            Step::Refresh(_) => CacheEventKind::Refresh,
            Step::Start => CacheEventKind::Miss,
            Step::Share(_) => CacheEventKind::Joined,
            Step::Wait => return step,
        };
        state.event(kind, lookup);
        step
    }

    /// A fetch has ended: its result becomes an entry, unless it was given up in the meantime.
    pub(super) fn complete(
        &self,
        number: u64,
        started_ms: u64,
        asked: &Lookup,
        usage: Usage,
        result: &Result<Cached>,
    ) {
        let now = self.now_ms();
        let state = &mut *self.state.borrow_mut();
        let outcome = result.as_ref().map(|_| ()).map_err(Error::code);
        let duration_ms = now.saturating_sub(started_ms);
        state.event(CacheEventKind::Fetched { duration_ms, outcome }, asked);
        let Ok(value) = result else { return };
        if !state.in_flight.is_current(number) {
            return;
        }
        state.in_flight.completed(number);
        let evicted = state.entries.put(value.clone(), now, asked, usage);
        state.left(CacheEventKind::Evicted, evicted);
    }

    /// Tells the observer what has happened.
    pub(super) fn report(&self) {
        let events = take(&mut self.state.borrow_mut().events);
        if let Some(on_event) = &self.on_event {
            events.iter().for_each(|event| on_event(event));
        }
    }

    /// Wakes who has waited longest for a free place, if there is one.
    pub(super) fn wake_next(&self) {
        let Some(storm) = &self.config.storm else { return };
        let waker = {
            let fetches = &mut self.state.borrow_mut().in_flight;
            let free = fetches.anybody_waits()
                && fetches.count(self.now_ms(), storm.in_flight_ttl_ms) < storm.fan_out;
            if free { fetches.next_waiting() } else { None }
        };
        waker.into_iter().for_each(Waker::wake);
    }

    /// Sees to it that entries leave when they have expired, even if nobody asks for anything.
    pub(super) fn sweep_later(self: &Rc<Self>) {
        if core::mem::replace(&mut self.state.borrow_mut().sweeping, true) {
            return;
        }
        let shared = Rc::downgrade(self);
        self.host.spawn(Box::pin(async move {
            // While it waits it holds nothing: neither the cache nor the host, which leads to the observer.
            while let Some(wait) = sweep(&shared) {
                wait.await;
            }
        }));
    }
}

/// Sweeps once; returns the wait for the next time while there is anything left.
fn sweep(shared: &Weak<Shared>) -> Option<LocalFuture<'static, ()>> {
    let shared = shared.upgrade()?;
    let now = shared.now_ms();
    let next = {
        let state = &mut *shared.state.borrow_mut();
        let expired = state.entries.purge(now);
        state.left(CacheEventKind::Expired, expired);
        let next = state.entries.next_expiry();
        state.sweeping = next.is_some();
        next
    };
    shared.report();
    let wait = next?.saturating_sub(now).clamp(SWEEP_EVERY_MS, SWEEP_WITHIN_MS);
    Some(shared.host.sleep_ms(wait as u32))
}

impl State {
    /// The entry for a request and the time at which it ends for this requester, if it can serve:
    /// its use is counted.
    fn usable(&mut self, lookup: &Lookup, now: u64) -> Option<(Cached, u64)> {
        let entry = self.entries.find(&lookup.id)?;
        if entry.expires_ms <= now {
            let expired = self.entries.remove(&lookup.id);
            self.left(CacheEventKind::Expired, expired);
            return None;
        }
        // In a shared cache the entry may come from a requester with a longer time to live.
        let end = entry.expires_ms.min(entry.created_ms.saturating_add(lookup.ttl_ms));
        if end <= now {
            return None;
        }
        if let Some(uses) = &lookup.uses {
            let Some(usage) = used(entry.usage, uses) else {
                let exhausted = self.entries.remove(&lookup.id);
                self.left(CacheEventKind::Exhausted, exhausted);
                return None;
            };
            entry.usage = usage;
        }
        Some((entry.value.clone(), end))
    }

    /// Whether an entry that serves is to be fetched anew.
    fn is_due(&self, lookup: &Lookup, storm: &StormConfig, now: u64, end: u64) -> bool {
        let ttl = storm.in_flight_ttl_ms;
        end.saturating_sub(storm.grace_period_ms) <= now
            && self.in_flight.count(now, ttl) < storm.fan_out
            && !self.in_flight.tried(&lookup.id, now, storm.grace_interval_ms, ttl)
    }

    fn event(&mut self, kind: CacheEventKind, about: &Lookup) {
        self.events.push(CacheEvent {
            kind,
            materials: about.kind,
            partition: Rc::clone(&about.partition),
            branch_key_id: about.branch_key_id.clone(),
        });
    }

    /// Entries that leave.
    fn left(&mut self, kind: CacheEventKind, entries: impl IntoIterator<Item = Entry>) {
        for entry in entries {
            self.event(kind.clone(), &entry.made_for);
        }
    }
}

/// The usage after one more; `None` beyond the limits.
fn used(usage: Usage, uses: &Uses) -> Option<Usage> {
    let messages = usage.messages.checked_add(1).filter(|n| *n <= uses.max_messages)?;
    let bytes = usage.bytes.checked_add(uses.bytes).filter(|n| *n <= uses.max_bytes)?;
    Some(Usage { messages, bytes })
}
