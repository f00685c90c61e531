//! Requests of the core to its host, from when they are asked until they are answered.
//!
//! Whatever the host may read or write belongs to the request, which stays where it is until the host has answered: never
//! to the future that waits for the answer, which can be dropped at any time. A request that the host has not seen is
//! dropped with its question; one that it has seen is withdrawn: the host is told that nobody waits for it any more.

use core::cell::{Cell, RefCell};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::rc::Rc;

use crate::util::slab::Slab;

/// Requests `R` and their answers `A`. Clones are handles of the same outbox.
pub struct Outbox<R, A>(Rc<RefCell<State<R, A>>>);

struct State<R, A> {
    requests: Slab<Entry<R, A>>,
    /// What the host has not seen yet.
    unsent: Vec<u32>,
    /// What the host has seen, is not waited for any more, and has not been told of.
    withdrawn: Vec<u32>,
    /// Of those in `withdrawn`.
    round: Rc<Round>,
}

/// What was withdrawn between two times that the host is told, as one thing to wait for: a list for everybody who waits
/// would cost the square of their number.
#[derive(Default)]
struct Round {
    /// Requests that the host has not answered yet.
    left: Cell<usize>,
    settling: RefCell<Vec<Waker>>,
}

struct Entry<R, A> {
    request: R,
    stage: Stage<A>,
    waker: Option<Waker>,
}

enum Stage<A> {
    Unsent,
    Sent,
    Answered(A),
    /// Sent, and its question is gone.
    Withdrawn(Rc<Round>),
}

impl<R, A> Default for Outbox<R, A> {
    fn default() -> Self {
        Self(Rc::new(RefCell::new(State {
            requests: Slab::new(),
            unsent: Vec::new(),
            withdrawn: Vec::new(),
            round: Rc::default(),
        })))
    }
}

impl<R, A> Clone for Outbox<R, A> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<R, A> Outbox<R, A> {
    /// Puts a request into the outbox; `None` if it is full (2^22 requests).
    pub fn ask(&self, request: R) -> Option<Question<R, A>> {
        let mut state = self.0.borrow_mut();
        let id = state.requests.insert(Entry { request, stage: Stage::Unsent, waker: None })?;
        state.unsent.push(id);
        Some(Question { outbox: self.clone(), id })
    }

    /// Hands the requests that the host has not seen yet to `send`, in the order in which they were asked.
    ///
    /// `send` must not come back to this outbox.
    pub fn send(&self, mut send: impl FnMut(u32, &mut R)) {
        let mut state = self.0.borrow_mut();
        let State { requests, unsent, .. } = &mut *state;
        for id in unsent.drain(..) {
            // What was dropped meanwhile is not there.
            if let Some(entry) = requests.get_mut(id) {
                entry.stage = Stage::Sent;
                send(id, &mut entry.request);
            }
        }
    }

    /// The requests for whose answers nobody waits any more, as far as the host has not been told.
    pub fn take_withdrawn(&self) -> Vec<u32> {
        let mut state = self.0.borrow_mut();
        state.round = Rc::default();
        core::mem::take(&mut state.withdrawn)
    }

    /// Gives the answer to a request. One that nobody waits for is dropped, and with it the request.
    pub fn answer(&self, id: u32, answer: A) {
        let mut state = self.0.borrow_mut();
        let Some(entry) = state.requests.get_mut(id) else { return };
        match &entry.stage {
            Stage::Sent => {
                entry.stage = Stage::Answered(answer);
                let waker = entry.waker.take();
                drop(state);
                waker.into_iter().for_each(Waker::wake);
            }
            Stage::Withdrawn(round) => {
                let round = Rc::clone(round);
                let entry = state.requests.remove(id);
                drop(state);
                drop((entry, answer));
                round.left.set(round.left.get() - 1);
                if round.left.get() == 0 {
                    round.settling.take().into_iter().for_each(Waker::wake);
                }
            }
            // The host answers once, and only what it has seen.
            Stage::Unsent | Stage::Answered(_) => {}
        }
    }

    /// Waits until the host has answered everything that was withdrawn and that it has not been told of yet, what is
    /// withdrawn before it is told included; `None` if there is no such request.
    pub fn settled(&self) -> Option<Settled> {
        let state = self.0.borrow();
        (!state.withdrawn.is_empty()).then(|| Settled(Rc::clone(&state.round)))
    }
}

/// A question to the host, until it is answered. Dropping it withdraws the request.
pub struct Question<R, A> {
    outbox: Outbox<R, A>,
    id: u32,
}

impl<R, A> Future for Question<R, A> {
    type Output = (R, A);

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<(R, A)> {
        let mut state = self.outbox.0.borrow_mut();
        // Invariant: a request stays until its question is gone. One that was answered is not asked again.
        let Some(entry) = state.requests.get_mut(self.id) else { return Poll::Pending };
        if !matches!(entry.stage, Stage::Answered(_)) {
            entry.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        match state.requests.remove(self.id) {
            Some(Entry { request, stage: Stage::Answered(answer), .. }) => {
                Poll::Ready((request, answer))
            }
            _ => Poll::Pending,
        }
    }
}

impl<R, A> Drop for Question<R, A> {
    fn drop(&mut self) {
        let mut state = self.outbox.0.borrow_mut();
        let Some(entry) = state.requests.get_mut(self.id) else { return };
        if matches!(entry.stage, Stage::Sent) {
            let State { withdrawn, round, .. } = &mut *state;
            withdrawn.push(self.id);
            round.left.set(round.left.get() + 1);
            let round = Rc::clone(round);
            if let Some(entry) = state.requests.get_mut(self.id) {
                entry.stage = Stage::Withdrawn(round);
                entry.waker = None;
            }
            return;
        }
        let entry = state.requests.remove(self.id);
        drop(state);
        drop(entry);
    }
}

/// Waits for the host to be done with requests that were withdrawn.
pub struct Settled(Rc<Round>);

impl Future for Settled {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0.left.get() == 0 {
            return Poll::Ready(());
        }
        self.0.settling.borrow_mut().push(context.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
        Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    fn send<A>(outbox: &Outbox<&'static str, A>) -> Vec<(u32, &'static str)> {
        let mut sent = Vec::new();
        outbox.send(|id, request| sent.push((id, *request)));
        sent
    }

    #[test]
    fn answers_reach_their_questions_with_the_request() {
        let outbox = Outbox::default();
        let mut a = outbox.ask("a").unwrap();
        let mut b = outbox.ask("b").unwrap();
        let sent = send(&outbox);
        assert_eq!(sent.iter().map(|(_, r)| *r).collect::<Vec<_>>(), ["a", "b"]);
        assert!(send(&outbox).is_empty());
        outbox.answer(sent[1].0, 2);
        assert_eq!(poll(&mut a), Poll::Pending);
        assert_eq!(poll(&mut b), Poll::Ready(("b", 2)));
        outbox.answer(sent[0].0, 1);
        assert_eq!(poll(&mut a), Poll::Ready(("a", 1)));
        drop((a, b));
        assert!(outbox.take_withdrawn().is_empty());
    }

    #[test]
    fn what_was_not_sent_goes_with_its_question() {
        let outbox = Outbox::<_, ()>::default();
        drop(outbox.ask("a").unwrap());
        assert!(send(&outbox).is_empty());
        assert!(outbox.take_withdrawn().is_empty());
        assert!(outbox.settled().is_none());
    }

    #[test]
    fn what_was_sent_stays_until_it_is_answered() {
        let owned = Rc::new(());
        let outbox = Outbox::default();
        let question = outbox.ask(Rc::clone(&owned)).unwrap();
        let mut id = None;
        outbox.send(|sent, _| id = Some(sent));
        drop(question);
        assert_eq!(Rc::strong_count(&owned), 2, "the host may still read it");
        let mut settled = outbox.settled().unwrap();
        assert_eq!(outbox.take_withdrawn(), [id.unwrap()]);
        assert_eq!(poll(&mut settled), Poll::Pending);
        let answer = Rc::new(());
        outbox.answer(id.unwrap(), Rc::clone(&answer));
        assert_eq!((Rc::strong_count(&owned), Rc::strong_count(&answer)), (1, 1));
        assert_eq!(poll(&mut settled), Poll::Ready(()));
    }

    #[test]
    fn an_answer_that_came_too_early_twice_or_to_nobody_is_dropped() {
        let outbox = Outbox::default();
        let mut question = outbox.ask("a").unwrap();
        outbox.answer(0, "before it was sent");
        assert_eq!(poll(&mut question), Poll::Pending);
        let id = send(&outbox)[0].0;
        outbox.answer(id, "first");
        outbox.answer(id, "second");
        assert_eq!(poll(&mut question), Poll::Ready(("a", "first")));
        outbox.answer(id, "third");
        let mut next = outbox.ask("b").unwrap();
        assert_ne!(send(&outbox)[0].0, id);
        outbox.answer(id, "fourth");
        assert_eq!(poll(&mut next), Poll::Pending);
    }

    /// How many values are looked up for `n` requests at once, half of them withdrawn.
    fn lookups(n: u32) -> u64 {
        use crate::util::slab::tests::LOOKED_UP;
        LOOKED_UP.set(0);
        let outbox = Outbox::<_, u32>::default();
        let mut questions: Vec<_> = (0..n).map(|i| outbox.ask(i).unwrap()).collect();
        let mut sent = Vec::new();
        outbox.send(|id, _| sent.push(id));
        questions.iter_mut().for_each(|q| assert!(poll(q).is_pending()));
        let rest = questions.split_off(n as usize / 2);
        drop(rest);
        outbox.take_withdrawn();
        sent.iter().for_each(|&id| outbox.answer(id, id));
        questions.iter_mut().for_each(|q| assert!(poll(q).is_ready()));
        LOOKED_UP.get()
    }

    /// How many values are looked up when `n` operations end at once, each of which withdraws a request.
    fn lookups_of_endings(n: u32) -> u64 {
        use crate::util::slab::tests::LOOKED_UP;
        LOOKED_UP.set(0);
        let outbox = Outbox::<_, ()>::default();
        let questions: Vec<_> = (0..n).map(|i| outbox.ask(i).unwrap()).collect();
        outbox.send(|_, _| ());
        let end = |question| {
            drop(question);
            outbox.settled().unwrap()
        };
        let mut endings: Vec<_> = questions.into_iter().map(end).collect();
        endings.iter_mut().for_each(|ending| assert!(poll(ending).is_pending()));
        for id in outbox.take_withdrawn() {
            assert!(endings.iter_mut().take(3).all(|ending| poll(ending).is_pending()));
            outbox.answer(id, ());
        }
        endings.iter_mut().for_each(|ending| assert!(poll(ending).is_ready()));
        assert!(outbox.settled().is_none());
        LOOKED_UP.get()
    }

    #[test]
    fn many_operations_that_end_at_once_cost_no_more_each() {
        assert_eq!(lookups_of_endings(1_000), 10 * lookups_of_endings(100));
    }

    #[test]
    fn what_is_withdrawn_later_is_waited_for_by_others() {
        let outbox = Outbox::<_, ()>::default();
        let [a, b] = ["a", "b"].map(|request| outbox.ask(request).unwrap());
        let sent = send(&outbox);
        drop(a);
        let mut first = outbox.settled().unwrap();
        outbox.take_withdrawn();
        drop(b);
        let mut second = outbox.settled().unwrap();
        outbox.take_withdrawn();
        outbox.answer(sent[0].0, ());
        assert_eq!((poll(&mut first), poll(&mut second)), (Poll::Ready(()), Poll::Pending));
        outbox.answer(sent[1].0, ());
        assert_eq!(poll(&mut second), Poll::Ready(()));
    }

    #[test]
    fn many_requests_at_once_cost_no_more_each() {
        assert_eq!(lookups(10_000), 10 * lookups(1_000));
    }
}
