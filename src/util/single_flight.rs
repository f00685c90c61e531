//! Single flight: one future, awaited by any number of callers.

use core::cell::RefCell;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;

use crate::util::LocalFuture;
use crate::util::slab::Slab;

/// A shared future. Whoever is polled drives it, so that no caller depends on another one staying
/// alive; when the last caller is gone, so is the future.
pub(crate) struct SharedFetch<T> {
    state: RefCell<State<T>>,
    waiting: Arc<Waiting>,
}

enum State<T> {
    Running(LocalFuture<'static, T>),
    Completed(T),
}

/// The wakers of all callers. `Mutex`, because a `Waker` must be `Sync`; it is never contended.
struct Waiting(Mutex<Slab<Option<Waker>>>);

impl Waiting {
    fn with<R>(&self, act: impl FnOnce(&mut Slab<Option<Waker>>) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Wakes all, and not only one to drive the future on: that one may be dropped before it is polled.
    fn wake_all(&self) {
        // Out of the lock first: a waker may run its task at once.
        let mut woken = Vec::new();
        self.with(|wakers| wakers.values_mut().for_each(|waker| woken.extend(waker.take())));
        woken.into_iter().for_each(Waker::wake);
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }
}

impl<T: Clone> SharedFetch<T> {
    /// A shared `future`, which starts when a waiter is polled.
    pub(crate) fn new(future: LocalFuture<'static, T>) -> Rc<Self> {
        Rc::new(Self {
            state: RefCell::new(State::Running(future)),
            waiting: Arc::new(Waiting(Mutex::new(Slab::new()))),
        })
    }

    /// One more caller.
    pub(crate) fn join(self: Rc<Self>) -> Waiter<T> {
        let place = self.waiting.with(|wakers| wakers.insert(None));
        Waiter { flight: self, place }
    }
}

/// A caller's share of a [`SharedFetch`].
pub(crate) struct Waiter<T> {
    flight: Rc<SharedFetch<T>>,
    /// None beyond 2^22 callers: those are polled for as long as they are not done.
    place: Option<u32>,
}

impl<T: Clone> Future for Waiter<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let SharedFetch { state, waiting } = &*self.flight;
        match self.place {
            None => cx.waker().wake_by_ref(),
            Some(place) => waiting.with(|wakers| {
                if let Some(waker) = wakers.get_mut(place) {
                    *waker = Some(cx.waker().clone());
                }
            }),
        }
        // Borrowed already: the future itself, while polled, came back here. It wakes us when it
        // completes.
        let Ok(mut state) = state.try_borrow_mut() else { return Poll::Pending };
        match &mut *state {
            State::Completed(value) => Poll::Ready(value.clone()),
            State::Running(future) => {
                let waker = Waker::from(Arc::clone(waiting));
                match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    Poll::Pending => Poll::Pending,
                    Poll::Ready(value) => {
                        *state = State::Completed(value.clone());
                        drop(state);
                        waiting.wake_all();
                        Poll::Ready(value)
                    }
                }
            }
        }
    }
}

impl<T> Drop for Waiter<T> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            drop(self.flight.waiting.with(|wakers| wakers.remove(place)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::slab::tests::LOOKED_UP;

    /// How many values are looked up for `n` callers of a future that waits twice.
    fn lookups(n: usize) -> u64 {
        LOOKED_UP.set(0);
        let mut left = 2;
        let (give, take) = std::sync::mpsc::channel();
        let flight = SharedFetch::new(Box::pin(core::future::poll_fn(move |cx| {
            give.send(cx.waker().clone()).unwrap();
            left -= 1;
            if left < 0 { Poll::Ready(7) } else { Poll::Pending }
        })));
        let mut callers: Vec<_> = (0..n).map(|_| Rc::clone(&flight).join()).collect();
        let mut all = || {
            let mut ready = 0;
            for caller in &mut callers {
                let polled = Pin::new(caller).poll(&mut Context::from_waker(Waker::noop()));
                ready += usize::from(polled == Poll::Ready(7));
            }
            ready
        };
        // Every caller polls it: it ends within the first round, and all are told.
        assert_eq!(all(), n - 2);
        take.try_iter().for_each(Waker::wake);
        assert_eq!(all(), n);
        drop(callers);
        LOOKED_UP.get()
    }

    #[test]
    fn many_callers_cost_no_more_each() {
        assert_eq!(lookups(10_000) - lookups(9_000), lookups(2_000) - lookups(1_000));
    }
}
