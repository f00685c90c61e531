//! Fetches in flight, and waiting for one of them to end. Each step costs the logarithm of their number.

use core::task::Waker;
use std::rc::Weak;

use crate::error::Result;
use crate::util::single_flight::{SharedFetch, Waiter};

use super::id::CacheId;
use super::index::Index;
use super::kept::{Kept, Key, Known};
use super::lookup::Cached;

/// Fetches that have begun, and failed ones that are too fresh to be tried again.
#[derive(Default)]
pub(super) struct InFlight {
    known: Index,
    /// The entry of each that is known.
    numbers: Index,
    /// Start and number of those in flight, and of those that have ended.
    running: Index,
    ended: Index,
    last_number: u64,
    /// Those who wait for a free place, by the number that each was given.
    pub(super) waiters: Index,
    /// The same, by the entry that they want.
    pub(super) wanted: Index,
}

impl InFlight {
    pub(super) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// A new fetch, which takes the place of one for the same entry; returns who can join it now.
    pub(super) fn add(
        &mut self,
        id: CacheId,
        number: u64,
        started_ms: u64,
        flight: Weak<SharedFetch<Result<Cached>>>,
    ) -> Vec<Waker> {
        self.forget_one(id);
        let known = Known { number, started_ms, flight };
        self.numbers.insert(Key::at(number), Kept::Id(id));
        self.running.insert(known.start(), Kept::Key);
        self.known.insert(Key::of(id), Kept::Fetch(known));
        let waiters = self.wanted.from(Key::of(id)).take_while(|key| key.id == id);
        let joining: Vec<u64> = waiters.map(|key| key.waiter).collect();
        joining.into_iter().filter_map(|waiter| self.leave(waiter)).collect()
    }

    /// Whether `number` is the fetch for its entry, and not forgotten or given up.
    pub(super) fn is_current(&self, number: u64) -> bool {
        self.entry_of(number).is_some()
    }

    /// The fetch for an entry, unless it began `ttl_ms` ago or earlier.
    pub(super) fn join(
        &self,
        id: &CacheId,
        now: u64,
        ttl_ms: u64,
    ) -> Option<Waiter<Result<Cached>>> {
        let known = self.known(id)?;
        let flight = known.flight.upgrade()?;
        (now < known.started_ms.saturating_add(ttl_ms)).then(|| flight.join())
    }

    /// Whether a fetch for an entry is in flight, or was tried within the interval.
    pub(super) fn tried(&self, id: &CacheId, now: u64, interval_ms: u64, ttl_ms: u64) -> bool {
        self.known(id).is_some_and(|known| {
            let running = known.flight.strong_count() > 0;
            now < known.started_ms.saturating_add(if running { ttl_ms } else { interval_ms })
        })
    }

    /// Number of fetches that are waited for: at most so many as may be in flight at once.
    pub(super) fn count(&self, now: u64, ttl_ms: u64) -> usize {
        self.running.from(Key::at(now.saturating_add(1).saturating_sub(ttl_ms))).count()
    }

    /// Lets go of a fetch that brought its entry.
    pub(super) fn completed(&mut self, number: u64) {
        if let Some(id) = self.entry_of(number) {
            self.forget_one(id);
        }
    }

    /// Lets go of what no longer matters.
    pub(super) fn prune(&mut self, now: u64, interval_ms: u64) {
        let over = |key: &Key| key.number.saturating_add(interval_ms) <= now;
        while let Some(key) = self.ended.first().filter(over) {
            self.completed(key.waiter);
        }
    }

    /// A fetch has ended.
    pub(super) fn end(&mut self, number: u64) {
        // The fetch itself lives until its last user drops it, but it is no longer in flight.
        let Some(id) = self.entry_of(number) else { return };
        if let Some(Kept::Fetch(known)) = self.known.get_mut(&Key::of(id)) {
            known.flight = Weak::new();
            self.running.remove(&known.start());
            self.ended.insert(known.start(), Kept::Key);
        }
    }

    /// Who has waited longest for a free place, and is to be woken.
    pub(super) fn next_waiting(&mut self) -> Option<Waker> {
        let waiter = self.waiters.first()?.number;
        self.leave(waiter)
    }

    /// Whether anybody waits for a free place.
    pub(super) fn anybody_waits(&self) -> bool {
        self.waiters.len() > 0
    }

    /// No fetch will bring an entry any more.
    pub(super) fn forget(&mut self) {
        self.known.clear();
        self.numbers.clear();
        self.running.clear();
        self.ended.clear();
    }

    fn known(&self, id: &CacheId) -> Option<&Known> {
        match self.known.get(&Key::of(*id)) {
            Some(Kept::Fetch(known)) => Some(known),
            _ => None,
        }
    }

    fn entry_of(&self, number: u64) -> Option<CacheId> {
        match self.numbers.get(&Key::at(number)) {
            Some(Kept::Id(id)) => Some(*id),
            _ => None,
        }
    }

    fn forget_one(&mut self, id: CacheId) {
        if let Some(Kept::Fetch(known)) = self.known.remove(&Key::of(id)) {
            self.numbers.remove(&Key::at(known.number));
            self.running.remove(&known.start());
            self.ended.remove(&known.start());
        }
    }

    /// Whoever waits under this number, if anybody does.
    pub(super) fn leave(&mut self, waiter: u64) -> Option<Waker> {
        let Some(Kept::Waiting(id, waker)) = self.waiters.remove(&Key::at(waiter)) else {
            return None;
        };
        self.wanted.remove(&Key::of(id).with_waiter(waiter));
        Some(waker)
    }
}
