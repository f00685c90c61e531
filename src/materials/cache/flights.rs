//! Fetches in flight, and waiting for one of them to end.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::rc::{Rc, Weak};

use crate::error::Result;
use crate::flight::{Flight, Join};

use super::state::Shared;
use super::{CacheId, Cached};

/// Fetches that have begun, and failed ones that are too fresh to be tried again.
#[derive(Default)]
pub(super) struct Flights {
    known: Vec<Known>,
    last_number: u64,
    /// Wakers of those who wait for any flight to end, each with its seat.
    seats: Vec<(u64, Waker)>,
}

struct Known {
    id: CacheId,
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

    /// A new flight; it takes the place of one for the same entry.
    pub(super) fn add(
        &mut self,
        id: CacheId,
        number: u64,
        started_ms: u64,
        flight: Weak<Flight<Result<Cached>>>,
    ) {
        self.known.retain(|known| known.id != id);
        self.known.push(Known { id, number, started_ms, flight });
    }

    /// Whether `number` is the flight for its entry, and not forgotten or given up.
    pub(super) fn is_current(&self, number: u64) -> bool {
        self.known.iter().any(|known| known.number == number)
    }

    /// The flight for an entry, unless it began `ttl_ms` ago or earlier.
    pub(super) fn join(&self, id: &CacheId, now: u64, ttl_ms: u64) -> Option<Join<Result<Cached>>> {
        let known = self.known.iter().find(|known| known.id == *id)?;
        let flight = known.flight.upgrade()?;
        (now < known.started_ms.saturating_add(ttl_ms)).then(|| flight.join())
    }

    /// Whether a fetch for an entry is in flight, or was tried within the interval.
    pub(super) fn tried(&self, id: &CacheId, now: u64, interval_ms: u64, ttl_ms: u64) -> bool {
        self.known.iter().filter(|known| known.id == *id).any(|known| {
            let flying = known.flight.strong_count() > 0;
            now < known.started_ms.saturating_add(if flying { ttl_ms } else { interval_ms })
        })
    }

    /// Number of flights that are waited for.
    pub(super) fn count(&self, now: u64, ttl_ms: u64) -> usize {
        let waited_for = |known: &&Known| {
            known.flight.strong_count() > 0 && now < known.started_ms.saturating_add(ttl_ms)
        };
        self.known.iter().filter(waited_for).count()
    }

    /// Lets go of a flight that brought its entry.
    pub(super) fn landed(&mut self, number: u64) {
        self.known.retain(|known| known.number != number);
    }

    /// Lets go of what no longer matters.
    pub(super) fn prune(&mut self, now: u64, interval_ms: u64) {
        self.known.retain(|known| {
            known.flight.strong_count() > 0 || now < known.started_ms.saturating_add(interval_ms)
        });
    }

    /// A flight has ended: answers who is to be woken.
    pub(super) fn end(&mut self, number: u64) -> Vec<Waker> {
        // The flight itself lives until its last user drops it, but it is no longer in the air.
        if let Some(known) = self.known.iter_mut().find(|known| known.number == number) {
            known.flight = Weak::new();
        }
        self.seats.drain(..).map(|(_, waker)| waker).collect()
    }

    /// No flight will bring an entry any more.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }
}

/// Waits for the next flight to end, whichever it is.
pub(super) struct SlotWait {
    shared: Rc<Shared>,
    /// 0 before the first poll.
    seat: u64,
}

impl SlotWait {
    pub(super) fn new(shared: Rc<Shared>) -> Self {
        Self { shared, seat: 0 }
    }
}

impl Future for SlotWait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let shared = Rc::clone(&self.shared);
        let flights = &mut shared.state.borrow_mut().flights;
        if self.seat == 0 {
            self.seat = flights.next_number();
            flights.seats.push((self.seat, cx.waker().clone()));
            return Poll::Pending;
        }
        match flights.seats.iter_mut().find(|(seat, _)| *seat == self.seat) {
            Some((_, waker)) => {
                waker.clone_from(cx.waker());
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }
}

impl Drop for SlotWait {
    fn drop(&mut self) {
        let seat = self.seat;
        self.shared.state.borrow_mut().flights.seats.retain(|(other, _)| *other != seat);
    }
}
