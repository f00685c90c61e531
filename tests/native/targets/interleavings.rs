//! Requests to the host under every order of asking, sending, answering, dropping and waiting.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

use fieldseal::outbox::{Outbox, Question, Settled};

/// What a request owns: the host writes its own number of the request there.
type Buffer = Rc<Cell<u32>>;

/// The host's side: what it was sent and has not answered. It holds nothing of it, as a host with addresses does not.
struct Served {
    id: u32,
    buffer: Weak<Cell<u32>>,
    number: u32,
    /// How often the host had been told before it was told of this one.
    told: Option<u32>,
}

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Each byte is a step: what is done, and to which of those there are.
pub(crate) fn interleavings(steps: &[u8]) {
    let outbox = Outbox::default();
    let mut waiting: Vec<Question<Buffer, u32>> = Vec::new();
    let mut served: Vec<Served> = Vec::new();
    let mut settling: Vec<(Settled, u32)> = Vec::new();
    let mut rounds = 0;
    let mut last = 0;
    for step in steps {
        let which = |n: usize| usize::from(step >> 3) % n.max(1);
        match step & 7 {
            0 | 1 => {
                waiting.push(outbox.ask(Rc::new(Cell::new(0))).unwrap());
            }
            2 => outbox.send(|id, buffer| {
                last += 1;
                let number = last;
                assert!(served.iter().all(|s| s.id != id), "a number that is in use");
                served.push(Served { id, buffer: Rc::downgrade(buffer), number, told: None });
                buffer.set(number);
            }),
            3 | 4 if !served.is_empty() => {
                let Served { id, buffer, number, .. } = served.swap_remove(which(served.len()));
                let buffer = buffer.upgrade().expect("the host writes where nothing is any more");
                assert_eq!(buffer.get(), number, "the host writes what belongs to another");
                drop(buffer);
                outbox.answer(id, number);
                // Answers to what is answered already reach nobody.
                outbox.answer(id, u32::MAX);
            }
            5 if !waiting.is_empty() => drop(waiting.swap_remove(which(waiting.len()))),
            6 if !waiting.is_empty() => {
                let at = which(waiting.len());
                if let Poll::Ready((buffer, answer)) = poll(&mut waiting[at]) {
                    assert_eq!(buffer.get(), answer, "an answer to another request");
                    assert_eq!(Rc::strong_count(&buffer), 1);
                    waiting.swap_remove(at);
                }
            }
            7 if step & 8 == 0 => {
                for id in outbox.take_withdrawn() {
                    let Some(served) = served.iter_mut().find(|s| s.id == id) else { continue };
                    assert!(served.told.is_none(), "told twice");
                    served.told = Some(rounds);
                }
                rounds += 1;
            }
            7 => {
                if let Some(settled) = outbox.settled() {
                    settling.push((settled, rounds));
                }
            }
            _ => {}
        }
        for served in &served {
            assert!(served.buffer.upgrade().is_some(), "freed while the host may write to it");
        }
        settling.retain_mut(|(settled, round)| {
            // Those that are served for nobody, and that the host is told of at the end of this round: a superset.
            let left = served.iter().any(|s| s.told.unwrap_or(rounds) == *round);
            match poll(settled) {
                Poll::Ready(()) => false,
                Poll::Pending => {
                    assert!(left, "waits for what the host has answered");
                    true
                }
            }
        });
    }
    // In the end nothing is left of what nobody waits for.
    drop(waiting);
    let buffers: Vec<_> = served.iter().map(|s| s.buffer.clone()).collect();
    for Served { id, .. } in served {
        outbox.answer(id, 0);
    }
    assert!(buffers.iter().all(|buffer| buffer.upgrade().is_none()), "kept after its answer");
    for (mut settled, _) in settling {
        assert!(poll(&mut settled).is_ready());
    }
    assert!(outbox.settled().is_none() || !outbox.take_withdrawn().is_empty());
}
