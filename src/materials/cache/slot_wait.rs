//! Waiting for one of the fetches in flight to end.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::rc::Rc;

use crate::util::steps::tick;

use super::id::CacheId;
use super::kept::{Kept, Key};
use super::state::Shared;

/// Waits for a free place, or for somebody else's fetch for the same entry.
pub(super) struct SlotWait {
    shared: Rc<Shared>,
    id: CacheId,
    /// 0 before the first poll and once it is over.
    waiter: u64,
}

impl SlotWait {
    pub(super) fn new(shared: Rc<Shared>, id: CacheId) -> Self {
        Self { shared, id, waiter: 0 }
    }
}

impl Future for SlotWait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        tick();
        let shared = Rc::clone(&self.shared);
        let fetches = &mut shared.state.borrow_mut().in_flight;
        if self.waiter == 0 {
            self.waiter = fetches.next_number();
            let waiting = Kept::Waiting(self.id, cx.waker().clone());
            fetches.waiters.insert(Key::at(self.waiter), waiting);
            fetches.wanted.insert(Key::of(self.id).with_waiter(self.waiter), Kept::Key);
            return Poll::Pending;
        }
        match fetches.waiters.get_mut(&Key::at(self.waiter)) {
            Some(Kept::Waiting(_, waker)) => {
                waker.clone_from(cx.waker());
                Poll::Pending
            }
            _ => {
                self.waiter = 0;
                Poll::Ready(())
            }
        }
    }
}

impl Drop for SlotWait {
    fn drop(&mut self) {
        if self.waiter == 0 {
            return;
        }
        let left = self.shared.state.borrow_mut().in_flight.leave(self.waiter);
        if left.is_none() {
            // It was woken and is gone: the place is the next one's.
            self.shared.wake_next();
        }
    }
}
