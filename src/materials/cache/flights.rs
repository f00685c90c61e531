//! Fetches in flight, and waiting for one of them to end. Each step costs the logarithm of their number.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::rc::{Rc, Weak};

use crate::error::Result;
use crate::util::single_flight::{Flight, Join};
use crate::util::steps::tick;

use super::index::{Index, Kept, Key};
use super::state::Shared;
use super::{CacheId, Cached};

/// Fetches that have begun, and failed ones that are too fresh to be tried again.
#[derive(Default)]
pub(super) struct Flights {
    known: Index,
    /// The entry of each that is known.
    numbers: Index,
    /// Start and number of those that are in the air, and of those that have ended.
    flying: Index,
    ended: Index,
    last_number: u64,
    /// Those who wait for a place in the air, by the seat that each has taken.
    seats: Index,
    /// The same, by the entry that they want.
    wanted: Index,
}

pub(super) struct Known {
    number: u64,
    started_ms: u64,
    /// Dead once the flight has ended.
    flight: Weak<Flight<Result<Cached>>>,
}

impl Known {
    /// Its key by its start.
    fn start(&self) -> Key {
        Key::at(self.started_ms).with_seat(self.number)
    }
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
        self.forget_one(id);
        let known = Known { number, started_ms, flight };
        self.numbers.insert(Key::at(number), Kept::Id(id));
        self.flying.insert(known.start(), Kept::Key);
        self.known.insert(Key::of(id), Kept::Flight(known));
        let seats = self.wanted.from(Key::of(id)).take_while(|key| key.id == id);
        let joining: Vec<u64> = seats.map(|key| key.seat).collect();
        joining.into_iter().filter_map(|seat| self.leave(seat)).collect()
    }

    /// Whether `number` is the flight for its entry, and not forgotten or given up.
    pub(super) fn is_current(&self, number: u64) -> bool {
        self.entry_of(number).is_some()
    }

    /// The flight for an entry, unless it began `ttl_ms` ago or earlier.
    pub(super) fn join(&self, id: &CacheId, now: u64, ttl_ms: u64) -> Option<Join<Result<Cached>>> {
        let known = self.known(id)?;
        let flight = known.flight.upgrade()?;
        (now < known.started_ms.saturating_add(ttl_ms)).then(|| flight.join())
    }

    /// Whether a fetch for an entry is in flight, or was tried within the interval.
    pub(super) fn tried(&self, id: &CacheId, now: u64, interval_ms: u64, ttl_ms: u64) -> bool {
        self.known(id).is_some_and(|known| {
            let flying = known.flight.strong_count() > 0;
            now < known.started_ms.saturating_add(if flying { ttl_ms } else { interval_ms })
        })
    }

    /// Number of flights that are waited for: at most so many as may be in the air at once.
    pub(super) fn count(&self, now: u64, ttl_ms: u64) -> usize {
        self.flying.from(Key::at(now.saturating_add(1).saturating_sub(ttl_ms))).count()
    }

    /// Lets go of a flight that brought its entry.
    pub(super) fn landed(&mut self, number: u64) {
        if let Some(id) = self.entry_of(number) {
            self.forget_one(id);
        }
    }

    /// Lets go of what no longer matters.
    pub(super) fn prune(&mut self, now: u64, interval_ms: u64) {
        let over = |key: &Key| key.number.saturating_add(interval_ms) <= now;
        while let Some(key) = self.ended.first().filter(over) {
            self.landed(key.seat);
        }
    }

    /// A flight has ended.
    pub(super) fn end(&mut self, number: u64) {
        // The flight itself lives until its last user drops it, but it is no longer in the air.
        let Some(id) = self.entry_of(number) else { return };
        if let Some(Kept::Flight(known)) = self.known.get_mut(&Key::of(id)) {
            known.flight = Weak::new();
            self.flying.remove(&known.start());
            self.ended.insert(known.start(), Kept::Key);
        }
    }

    /// Who has waited longest for a place in the air, and is to be woken.
    pub(super) fn next_waiting(&mut self) -> Option<Waker> {
        let seat = self.seats.first()?.number;
        self.leave(seat)
    }

    /// Whether anybody waits for a place in the air.
    pub(super) fn anybody_waits(&self) -> bool {
        self.seats.len() > 0
    }

    /// No flight will bring an entry any more.
    pub(super) fn forget(&mut self) {
        self.known.clear();
        self.numbers.clear();
        self.flying.clear();
        self.ended.clear();
    }

    fn known(&self, id: &CacheId) -> Option<&Known> {
        match self.known.get(&Key::of(*id)) {
            Some(Kept::Flight(known)) => Some(known),
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
        if let Some(Kept::Flight(known)) = self.known.remove(&Key::of(id)) {
            self.numbers.remove(&Key::at(known.number));
            self.flying.remove(&known.start());
            self.ended.remove(&known.start());
        }
    }

    /// Whoever has this seat, if anybody has.
    fn leave(&mut self, seat: u64) -> Option<Waker> {
        let Some(Kept::Waiting(id, waker)) = self.seats.remove(&Key::at(seat)) else { return None };
        self.wanted.remove(&Key::of(id).with_seat(seat));
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
            let waiting = Kept::Waiting(self.id, cx.waker().clone());
            flights.seats.insert(Key::at(self.seat), waiting);
            flights.wanted.insert(Key::of(self.id).with_seat(self.seat), Kept::Key);
            return Poll::Pending;
        }
        match flights.seats.get_mut(&Key::at(self.seat)) {
            Some(Kept::Waiting(_, waker)) => {
                waker.clone_from(cx.waker());
                Poll::Pending
            }
            _ => {
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
