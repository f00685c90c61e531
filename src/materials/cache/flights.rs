//! Fetches in flight, and waiting for one of them to end. Each step costs the logarithm of their number.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::{Rc, Weak};

use crate::error::Result;
use crate::flight::{Flight, Join};
use crate::operations::tick;

use super::state::Shared;
use super::{CacheId, Cached};

/// Fetches that have begun, and failed ones that are too fresh to be tried again.
#[derive(Default)]
pub(super) struct Flights {
    known: BTreeMap<CacheId, Known>,
    /// The entry of each that is known.
    numbers: BTreeMap<u64, CacheId>,
    /// Start and number of those that are in the air, and of those that have ended.
    flying: BTreeSet<(u64, u64)>,
    ended: BTreeSet<(u64, u64)>,
    last_number: u64,
    /// Those who wait for a place in the air, by the seat that each has taken.
    seats: BTreeMap<u64, (CacheId, Waker)>,
    /// The same, by the entry that they want.
    wanted: BTreeSet<(CacheId, u64)>,
}

struct Known {
    number: u64,
    started_ms: u64,
    /// Dead once the flight has ended.
    flight: Weak<Flight<Result<Cached>>>,
}

impl Flights {
    pub(super) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// A new flight, which takes the place of one for the same entry; returns who can join it now.
    pub(super) fn add(
        &mut self,
        id: CacheId,
        number: u64,
        started_ms: u64,
        flight: Weak<Flight<Result<Cached>>>,
    ) -> Vec<Waker> {
        if let Some(known) = self.known.insert(id, Known { number, started_ms, flight }) {
            self.forget_number(known.number, known.started_ms);
        }
        self.numbers.insert(number, id);
        self.flying.insert((started_ms, number));
        let joining: Vec<u64> =
            self.wanted.range((id, 0)..=(id, u64::MAX)).map(|(_, seat)| *seat).collect();
        joining.into_iter().filter_map(|seat| self.leave(seat)).collect()
    }

    /// Whether `number` is the flight for its entry, and not forgotten or given up.
    pub(super) fn is_current(&self, number: u64) -> bool {
        self.numbers.contains_key(&number)
    }

    /// The flight for an entry, unless it began `ttl_ms` ago or earlier.
    pub(super) fn join(&self, id: &CacheId, now: u64, ttl_ms: u64) -> Option<Join<Result<Cached>>> {
        let known = self.known.get(id)?;
        let flight = known.flight.upgrade()?;
        (now < known.started_ms.saturating_add(ttl_ms)).then(|| flight.join())
    }

    /// Whether a fetch for an entry is in flight, or was tried within the interval.
    pub(super) fn tried(&self, id: &CacheId, now: u64, interval_ms: u64, ttl_ms: u64) -> bool {
        self.known.get(id).is_some_and(|known| {
            let flying = known.flight.strong_count() > 0;
            now < known.started_ms.saturating_add(if flying { ttl_ms } else { interval_ms })
        })
    }

    /// Number of flights that are waited for: at most so many as may be in the air at once.
    pub(super) fn count(&self, now: u64, ttl_ms: u64) -> usize {
        self.flying.range((now.saturating_add(1).saturating_sub(ttl_ms), 0)..).count()
    }

    /// Lets go of a flight that brought its entry.
    pub(super) fn landed(&mut self, number: u64) {
        let Some(id) = self.numbers.get(&number) else { return };
        if let Some(known) = self.known.remove(id) {
            self.forget_number(number, known.started_ms);
        }
    }

    /// Lets go of what no longer matters.
    pub(super) fn prune(&mut self, now: u64, interval_ms: u64) {
        let over = |(started, _): &(u64, u64)| started.saturating_add(interval_ms) <= now;
        while let Some((_, number)) = self.ended.first().copied().filter(over) {
            self.landed(number);
        }
    }

    /// A flight has ended.
    pub(super) fn end(&mut self, number: u64) {
        // The flight itself lives until its last user drops it, but it is no longer in the air.
        let known = self.numbers.get(&number).and_then(|id| self.known.get_mut(id));
        if let Some(known) = known {
            known.flight = Weak::new();
            self.flying.remove(&(known.started_ms, number));
            self.ended.insert((known.started_ms, number));
        }
    }

    /// Who has waited longest for a place in the air, and is to be woken.
    pub(super) fn next_waiting(&mut self) -> Option<Waker> {
        let seat = *self.seats.first_key_value()?.0;
        self.leave(seat)
    }

    /// Whether anybody waits for a place in the air.
    pub(super) fn anybody_waits(&self) -> bool {
        !self.seats.is_empty()
    }

    /// No flight will bring an entry any more.
    pub(super) fn forget(&mut self) {
        self.known.clear();
        self.numbers.clear();
        self.flying.clear();
        self.ended.clear();
    }

    fn forget_number(&mut self, number: u64, started_ms: u64) {
        self.numbers.remove(&number);
        self.flying.remove(&(started_ms, number));
        self.ended.remove(&(started_ms, number));
    }

    /// Whoever has this seat, if anybody has.
    fn leave(&mut self, seat: u64) -> Option<Waker> {
        let (id, waker) = self.seats.remove(&seat)?;
        self.wanted.remove(&(id, seat));
        Some(waker)
    }
}

/// Waits for a place in the air, or for somebody else's flight for the same entry.
pub(super) struct SlotWait {
    shared: Rc<Shared>,
    id: CacheId,
    /// 0 before the first poll and once it is over.
    seat: u64,
}

impl SlotWait {
    pub(super) fn new(shared: Rc<Shared>, id: CacheId) -> Self {
        Self { shared, id, seat: 0 }
    }
}

impl Future for SlotWait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        tick();
        let shared = Rc::clone(&self.shared);
        let flights = &mut shared.state.borrow_mut().flights;
        if self.seat == 0 {
            self.seat = flights.next_number();
            flights.seats.insert(self.seat, (self.id, cx.waker().clone()));
            flights.wanted.insert((self.id, self.seat));
            return Poll::Pending;
        }
        match flights.seats.get_mut(&self.seat) {
            Some((_, waker)) => {
                waker.clone_from(cx.waker());
                Poll::Pending
            }
            None => {
                self.seat = 0;
                Poll::Ready(())
            }
        }
    }
}

impl Drop for SlotWait {
    fn drop(&mut self) {
        if self.seat == 0 {
            return;
        }
        let left = self.shared.state.borrow_mut().flights.leave(self.seat);
        if left.is_none() {
            // It was woken and is gone: the place is the next one's.
            self.shared.wake_next();
        }
    }
}
