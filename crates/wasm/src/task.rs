//! Runs the core's futures: each once at its start, and again when the host has answered what it waits for.

use core::cell::{Cell, RefCell};
use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Wake;

use wasm_bindgen::JsValue;

use fieldseal::crypto::discard_random_pool;
use fieldseal::error::Error;
use fieldseal::host::LocalFuture;
use fieldseal::slab::Slab;

use super::{error, host, memory};

/// How an operation ended.
pub(super) enum Outcome {
    /// Its result is in the output buffer, or rather these bytes are on their way there.
    /// Beside them there may be a value: the errors of those items of a batch that failed.
    Packed(Vec<u8>, JsValue),
    /// A value for JavaScript.
    Value(JsValue),
    /// A [`CoreError`](super::error).
    Failed(JsValue),
}

/// An operation in progress.
pub(super) type Task = LocalFuture<'static, Outcome>;

/// Where a task is.
enum State {
    Waiting(Task),
    /// It is being polled: what it calls may come back here.
    Running,
    /// It was cancelled while it was being polled.
    Cancelled,
}

thread_local! {
    static TASKS: RefCell<Slab<State>> = const { RefCell::new(Slab::new()) };
    static READY: RefCell<VecDeque<u32>> = const { RefCell::new(VecDeque::new()) };
    static VALUE: RefCell<JsValue> = const { RefCell::new(JsValue::UNDEFINED) };
    static STATUS: Cell<u32> = const { Cell::new(0) };
    /// The task that is being polled.
    static CURRENT: Cell<u32> = const { Cell::new(STARTING) };
}

/// Status codes of [`start`] and [`finish`]; `js/src/core.ts` has the same.
const PACKED: u32 = 0;
const VALUE_READY: u32 = 1;
const FAILED: u32 = 2;
/// Statuses from here on are task ids, plus this number.
const PENDING: u32 = 3;

/// Stands for the id of a task that has none yet.
const STARTING: u32 = u32::MAX;

struct TaskWaker(u32);

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        READY.with_borrow_mut(|ready| ready.push_back(self.0));
    }
}

/// Starts a task. Returns how it ended, or [`PENDING`] plus the id of a task that waits.
pub(super) fn start(mut task: Task) -> u32 {
    // Most tasks never wait: the waker is made for those that do.
    if let Poll::Ready(outcome) = poll(STARTING, &mut task, Waker::noop()) {
        drop(task);
        match end(outcome) {
            Ok(outcome) => return settle(outcome),
            Err(ending) => task = ending,
        }
    }
    let Some(id) = TASKS.with_borrow_mut(|tasks| tasks.insert(State::Running)) else {
        return settle(Outcome::Failed(error::to_js(&too_many(), None)));
    };
    // Polled again at once, so that whatever it waits for knows the true waker.
    match run(id, task) {
        Some(outcome) => settle(outcome),
        None => PENDING + id,
    }
}

#[cold]
fn too_many() -> Error {
    Error::limit("operations at once", 1 << 22, 1 << 22)
}

/// Runs work for which nobody waits, from the next [`next_finished`] on.
#[cfg(feature = "branch-keys")]
pub(super) fn spawn(work: LocalFuture<'static, ()>) {
    let task: Task = Box::pin(async move {
        work.await;
        Outcome::Value(JsValue::UNDEFINED)
    });
    let id = TASKS.with_borrow_mut(|tasks| tasks.insert(State::Waiting(task)));
    READY.with_borrow_mut(|ready| ready.extend(id));
}

/// Runs the tasks that were woken; returns the id of the next that ended, or `None` when all others still wait.
pub(super) fn next_finished() -> Option<u32> {
    while let Some(id) = READY.with_borrow_mut(VecDeque::pop_front) {
        let woken = TASKS.with_borrow_mut(|tasks| {
            let state = tasks.get_mut(id)?;
            match core::mem::replace(state, State::Running) {
                State::Waiting(task) => Some(task),
                other => {
                    *state = other;
                    None
                }
            }
        });
        if let Some(outcome) = woken.and_then(|task| run(id, task)) {
            STATUS.set(settle(outcome));
            return Some(id);
        }
    }
    None
}

/// Lets go of a task: its requests to the host are withdrawn.
pub(super) fn cancel(id: u32) {
    let task = TASKS.with_borrow_mut(|tasks| match tasks.get_mut(id) {
        Some(State::Waiting(_)) => tasks.remove(id),
        Some(state) => {
            *state = State::Cancelled;
            None
        }
        None => None,
    });
    drop(task);
    wipe();
}

/// The id of the task that is being polled.
#[cfg(feature = "branch-keys")]
pub(super) fn current() -> u32 {
    CURRENT.get()
}

fn poll(id: u32, task: &mut Task, waker: &Waker) -> Poll<Outcome> {
    // What a task calls may come back here and start another one.
    let outer = CURRENT.replace(id);
    let polled = task.as_mut().poll(&mut Context::from_waker(waker));
    CURRENT.set(outer);
    polled
}

/// Polls a task of the list; returns how it ended.
fn run(id: u32, mut task: Task) -> Option<Outcome> {
    let waker = Waker::from(Arc::new(TaskWaker(id)));
    let ended = loop {
        match poll(id, &mut task, &waker) {
            Poll::Pending => break Err(task),
            Poll::Ready(outcome) => {
                drop(task);
                match end(outcome) {
                    Ok(outcome) => break Ok(outcome),
                    Err(ending) => task = ending,
                }
            }
        }
    };
    let wanted = TASKS.with_borrow_mut(|tasks| matches!(tasks.get_mut(id), Some(State::Running)));
    match ended {
        Err(task) if wanted => {
            TASKS.with_borrow_mut(|tasks| tasks.get_mut(id).map(|s| *s = State::Waiting(task)));
            None
        }
        ended => {
            TASKS.with_borrow_mut(|tasks| tasks.remove(id));
            // What was cancelled meanwhile is let go of here, where nothing is borrowed.
            let outcome = ended.ok().filter(|_| wanted);
            if !wanted {
                wipe();
            }
            outcome
        }
    }
}

/// How an operation whose future has ended ends: at once, or when the host is done with what it withdrew. No request is
/// served once its operation is over.
fn end(outcome: Outcome) -> core::result::Result<Outcome, Task> {
    match host::settled() {
        None => Ok(outcome),
        Some(settled) => Err(Box::pin(async move {
            settled.await;
            outcome
        })),
    }
}

/// How the task of [`next_finished`] ended.
pub(super) fn finished_status() -> u32 {
    STATUS.get()
}

/// Leaves a value for [`take_value`].
pub(super) fn set_value(value: JsValue) {
    VALUE.replace(value);
}

/// The value of a task that ended with one.
pub(super) fn take_value() -> JsValue {
    VALUE.replace(JsValue::UNDEFINED)
}

fn settle(outcome: Outcome) -> u32 {
    let status = match outcome {
        Outcome::Packed(bytes, value) => {
            memory::set_output(bytes);
            set_value(value);
            PACKED
        }
        Outcome::Value(value) => {
            set_value(value);
            VALUE_READY
        }
        Outcome::Failed(error) => {
            set_value(error);
            FAILED
        }
    };
    wipe();
    status
}

/// What an operation that is over, however that came, may leave behind.
fn wipe() {
    // A snapshot of this memory must not hand out the same random bytes twice.
    discard_random_pool();
    memory::wipe_stack();
}
