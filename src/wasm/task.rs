//! Runs the core's futures: each once at its start, and again when the host has answered what it waits for.

use core::cell::{Cell, RefCell};
use core::task::{Context, Poll, Waker};
use std::sync::Arc;
use std::task::Wake;

use wasm_bindgen::JsValue;

use crate::crypto::discard_random_pool;
use crate::port::LocalFuture;

use super::memory;

/// How an operation ended.
pub(super) enum Outcome {
    /// Its result is in the output buffer, or rather these bytes are on their way there.
    Packed(Vec<u8>),
    /// A value for JavaScript.
    Value(JsValue),
    /// A [`CoreError`](super::error).
    Failed(JsValue),
}

/// An operation in progress.
pub(super) type Task = LocalFuture<'static, Outcome>;

thread_local! {
    static WAITING: RefCell<Vec<(u32, Task)>> = const { RefCell::new(Vec::new()) };
    static READY: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
    static VALUE: RefCell<JsValue> = const { RefCell::new(JsValue::UNDEFINED) };
    static STATUS: Cell<u32> = const { Cell::new(0) };
    static LAST_ID: Cell<u32> = const { Cell::new(0) };
}

/// Status codes of [`start`] and [`finish`]; `js/src/core.ts` has the same.
const PACKED: u32 = 0;
const VALUE_READY: u32 = 1;
const FAILED: u32 = 2;
/// Statuses from here on are task ids, less this number.
const PENDING: u32 = 3;

struct TaskWaker(u32);

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        READY.with_borrow_mut(|ready| ready.push(self.0));
    }
}

/// Starts a task. Answers how it ended, or [`PENDING`] plus the id of a task that waits.
pub(super) fn start(mut task: Task) -> u32 {
    // Most tasks never wait: the waker is made for those that do.
    if let Poll::Ready(outcome) = task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return settle(outcome);
    }
    let id = next_id();
    // Polled again at once, so that whatever it waits for knows the true waker.
    match poll(id, &mut task) {
        Some(outcome) => settle(outcome),
        None => {
            WAITING.with_borrow_mut(|waiting| waiting.push((id, task)));
            PENDING + id
        }
    }
}

/// Runs work for which nobody waits, from the next [`next_finished`] on.
#[cfg(feature = "branch-keys")]
pub(super) fn spawn(work: LocalFuture<'static, ()>) {
    let id = next_id();
    let task: Task = Box::pin(async move {
        work.await;
        Outcome::Value(JsValue::UNDEFINED)
    });
    WAITING.with_borrow_mut(|waiting| waiting.push((id, task)));
    READY.with_borrow_mut(|ready| ready.push(id));
}

fn next_id() -> u32 {
    let id = LAST_ID.get().wrapping_add(1) & 0x3fff_ffff;
    LAST_ID.set(id);
    id
}

/// Runs the tasks that were woken; answers the id of the next that ended, or `None` when all others still wait.
pub(super) fn next_finished() -> Option<u32> {
    while let Some(id) = READY.with_borrow_mut(Vec::pop) {
        let woken = WAITING.with_borrow_mut(|waiting| {
            let at = waiting.iter().position(|(waits, _)| *waits == id)?;
            Some(waiting.swap_remove(at))
        });
        let Some((_, mut task)) = woken else { continue };
        match poll(id, &mut task) {
            Some(outcome) => {
                STATUS.set(settle(outcome));
                return Some(id);
            }
            None => WAITING.with_borrow_mut(|waiting| waiting.push((id, task))),
        };
    }
    None
}

/// How the task of [`next_finished`] ended.
pub(super) fn finished_status() -> u32 {
    STATUS.get()
}

/// Leaves a value for [`take_value`].
pub(super) fn set_value(value: JsValue) {
    VALUE.set(value);
}

/// The value of a task that ended with one.
pub(super) fn take_value() -> JsValue {
    VALUE.replace(JsValue::UNDEFINED)
}

fn poll(id: u32, task: &mut Task) -> Option<Outcome> {
    let waker = Waker::from(Arc::new(TaskWaker(id)));
    match task.as_mut().poll(&mut Context::from_waker(&waker)) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}

fn settle(outcome: Outcome) -> u32 {
    let status = match outcome {
        Outcome::Packed(bytes) => {
            memory::set_output(bytes);
            PACKED
        }
        Outcome::Value(value) => {
            VALUE.set(value);
            VALUE_READY
        }
        Outcome::Failed(error) => {
            VALUE.set(error);
            FAILED
        }
    };
    // A snapshot of this memory must not hand out the same random bytes twice.
    discard_random_pool();
    memory::wipe_stack();
    status
}
