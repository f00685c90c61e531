//! The time by which entries end.

use core::cell::Cell;

use crate::host::CacheHost;

/// Clocks that run apart by less, in milliseconds, are taken to agree: they are rounded, and slewed.
const TOLERANCE_MS: u64 = 1_000;

/// Milliseconds that only grow, as the faster of the host's two clocks counts them.
///
/// The monotonic clock alone would do, but many hosts stop it while the machine sleeps, and a laptop that was closed
/// for a night must not wake up with yesterday's keys. So an entry ends as soon as either clock says so: setting the
/// wall clock back has no effect, setting it forward costs a fetch.
pub(super) struct Clock {
    now: Cell<u64>,
    monotonic: Cell<Hand>,
    wall: Cell<Hand>,
}

/// A clock of the host: what it showed, and what time that was.
#[derive(Clone, Copy)]
struct Hand {
    shown: u64,
    time: u64,
}

impl Hand {
    /// The time by this clock, which shows `shown` now.
    fn time(self, shown: u64) -> Option<u64> {
        Some(self.time.saturating_add(shown.checked_sub(self.shown)?))
    }
}

impl Clock {
    pub(super) fn new(host: &dyn CacheHost) -> Self {
        let hand = |shown| Cell::new(Hand { shown, time: 0 });
        let (monotonic, wall) = (hand(host.monotonic_ms()), hand(host.unix_ms()));
        Self { now: Cell::new(0), monotonic, wall }
    }

    /// The time since the clock was made.
    pub(super) fn now_ms(&self, host: &dyn CacheHost) -> u64 {
        let read = [(&self.monotonic, host.monotonic_ms()), (&self.wall, host.unix_ms())]
            .map(|(hand, shown)| (hand, shown, hand.get().time(shown)));
        let now = read.iter().fold(self.now.get(), |now, (.., time)| now.max(time.unwrap_or(0)));
        for (hand, shown, time) in read {
            // It jumped back, or stood still, or the other one jumped: from here on both count again.
            if time.is_none_or(|time| time.saturating_add(TOLERANCE_MS) < now) {
                hand.set(Hand { shown, time: now });
            }
        }
        self.now.set(now);
        now
    }
}

#[cfg(test)]
#[path = "tests/clock.rs"]
mod tests;
