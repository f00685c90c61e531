//! A host with a virtual clock, and a key store on it. Tasks are polled only when they were woken,
//! so that a lost wake-up shows as a task that never ends, and spinning as a number of polls.

use core::cell::{Cell, RefCell};
use core::future::{Future, poll_fn};
use core::task::{Context, Poll, Waker};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;

use crate::crypto::Secret;
use crate::error::{Error, Result};
use crate::host::{CacheHost, LocalFuture};
use crate::materials::cache::{CacheEvent, CacheEventKind, OnCacheEvent};
use crate::materials::{BeaconKeyMaterials, BranchKeyMaterials, BranchKeyStore, EncryptionContext};

pub(in crate::materials) const START_MS: u64 = 1_709_251_199_123;

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

type Task = (LocalFuture<'static, ()>, Arc<Flag>);

#[derive(Default)]
struct Timer {
    due_ms: u64,
    done: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// Virtual time and an executor.
#[derive(Default)]
pub(in crate::materials) struct FakeHost {
    elapsed_ms: Cell<u64>,
    /// By which the wall clock is ahead of where it would be.
    wall_ahead_ms: Cell<i64>,
    timers: Rc<RefCell<Vec<Rc<Timer>>>>,
    tasks: RefCell<Vec<Task>>,
    pub(in crate::materials) polls: Cell<usize>,
}

/// The result of a task, once it has one.
pub(in crate::materials) struct Handle<T>(Rc<RefCell<Option<T>>>);

impl<T> Handle<T> {
    pub(in crate::materials) fn is_done(&self) -> bool {
        self.0.borrow().is_some()
    }

    pub(in crate::materials) fn result(self) -> T {
        self.0.take().expect("the task has ended")
    }
}

impl FakeHost {
    pub(in crate::materials) fn new() -> Rc<Self> {
        Rc::default()
    }

    /// A task, which runs with the next [`go`](Self::go).
    pub(in crate::materials) fn task<T: 'static>(
        &self,
        future: impl Future<Output = T> + 'static,
    ) -> Handle<T> {
        let slot = Rc::new(RefCell::new(None));
        let result = Rc::clone(&slot);
        self.spawn(Box::pin(async move {
            let value = future.await;
            slot.replace(Some(value));
        }));
        Handle(result)
    }

    /// Runs whatever can run without time passing.
    pub(in crate::materials) fn go(&self) {
        loop {
            let woken = {
                let tasks = &mut *self.tasks.borrow_mut();
                let at = tasks.iter().position(|(_, flag)| flag.0.load(Ordering::SeqCst));
                at.map(|at| tasks.remove(at))
            };
            let Some((mut future, flag)) = woken else { return };
            flag.0.store(false, Ordering::SeqCst);
            self.polls.set(self.polls.get() + 1);
            let waker = Waker::from(Arc::clone(&flag));
            if future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
                self.tasks.borrow_mut().push((future, flag));
            }
        }
    }

    /// Runs while time passes.
    pub(in crate::materials) fn advance(&self, ms: u64) {
        let end = self.elapsed_ms.get() + ms;
        self.go();
        loop {
            let next = {
                let timers = &mut *self.timers.borrow_mut();
                // Of timers that nobody holds any more only this list has a reference.
                timers.retain(|timer| Rc::strong_count(timer) > 1 && !timer.done.get());
                timers.iter().min_by_key(|timer| timer.due_ms).cloned()
            };
            let Some(timer) = next.filter(|timer| timer.due_ms <= end) else { break };
            self.elapsed_ms.set(self.elapsed_ms.get().max(timer.due_ms));
            timer.done.set(true);
            let waker = timer.waker.take();
            waker.into_iter().for_each(Waker::wake);
            self.go();
        }
        self.elapsed_ms.set(end);
    }

    /// Sets the wall clock forward, or back.
    pub(in crate::materials) fn set_wall_clock(&self, ms: i64) {
        self.wall_ahead_ms.set(self.wall_ahead_ms.get() + ms);
    }

    /// Time that only the wall clock counts.
    pub(in crate::materials) fn sleep_machine(&self, ms: u32) {
        self.set_wall_clock(i64::from(ms));
    }

    /// Runs a task to its end; time passes only as far as it must.
    pub(in crate::materials) fn block_on<T: 'static>(
        &self,
        future: impl Future<Output = T> + 'static,
    ) -> T {
        let handle = self.task(future);
        self.go();
        for _ in 0..100_000 {
            if handle.is_done() {
                return handle.result();
            }
            self.advance(1);
        }
        panic!("the task waits for something that does not happen");
    }

    /// Tasks that have not ended, those in the background included.
    pub(in crate::materials) fn unfinished(&self) -> usize {
        self.tasks.borrow().len()
    }
}

impl CacheHost for FakeHost {
    fn monotonic_ms(&self) -> u64 {
        self.elapsed_ms.get()
    }

    fn unix_ms(&self) -> u64 {
        (START_MS + self.elapsed_ms.get()).saturating_add_signed(self.wall_ahead_ms.get())
    }

    fn sleep_ms(&self, ms: u32) -> LocalFuture<'static, ()> {
        let due_ms = self.elapsed_ms.get() + u64::from(ms);
        let timer = Rc::new(Timer { due_ms, ..Timer::default() });
        self.timers.borrow_mut().push(Rc::clone(&timer));
        Box::pin(poll_fn(move |cx| {
            timer.waker.replace(Some(cx.waker().clone()));
            if timer.done.get() { Poll::Ready(()) } else { Poll::Pending }
        }))
    }

    fn spawn(&self, work: LocalFuture<'static, ()>) {
        self.tasks.borrow_mut().push((work, Arc::new(Flag(AtomicBool::new(true)))));
    }
}

/// A key store whose keys name the call that fetched them.
pub(in crate::materials) struct FakeStore {
    host: Rc<FakeHost>,
    pub(in crate::materials) name: String,
    pub(in crate::materials) latency_ms: Cell<u32>,
    pub(in crate::materials) down: Cell<bool>,
    pub(in crate::materials) calls: RefCell<Vec<String>>,
}

pub(in crate::materials) const VERSION: &str = "e9ce18a3-edb5-4272-9f86-1cacb7997ff6";

impl FakeStore {
    pub(in crate::materials) fn new(host: &Rc<FakeHost>) -> Rc<Self> {
        Rc::new(Self {
            host: Rc::clone(host),
            name: "keys".into(),
            latency_ms: Cell::new(50),
            down: Cell::new(false),
            calls: RefCell::default(),
        })
    }

    pub(in crate::materials) fn count(&self) -> usize {
        self.calls.borrow().len()
    }

    async fn call(&self, call: String) -> Result<()> {
        self.calls.borrow_mut().push(call);
        if self.latency_ms.get() > 0 {
            self.host.sleep_ms(self.latency_ms.get()).await;
        }
        if self.down.get() { Err(Error::host("the key store is down")) } else { Ok(()) }
    }
}

impl BranchKeyStore for FakeStore {
    fn logical_name(&self) -> &str {
        &self.name
    }

    fn active<'a>(&'a self, branch_key_id: &'a str) -> LocalFuture<'a, Result<BranchKeyMaterials>> {
        self.version(branch_key_id, VERSION)
    }

    fn version<'a>(
        &'a self,
        branch_key_id: &'a str,
        version: &'a str,
    ) -> LocalFuture<'a, Result<BranchKeyMaterials>> {
        Box::pin(async move {
            self.call(format!("{branch_key_id} {version}")).await?;
            Ok(BranchKeyMaterials {
                branch_key_id: branch_key_id.into(),
                version: version.into(),
                encryption_context: EncryptionContext::new(),
                key: Secret::new(vec![7; 32]),
            })
        })
    }

    fn beacon<'a>(&'a self, branch_key_id: &'a str) -> LocalFuture<'a, Result<BeaconKeyMaterials>> {
        Box::pin(async move {
            self.call(format!("{branch_key_id} beacon")).await?;
            Ok(BeaconKeyMaterials {
                branch_key_id: branch_key_id.into(),
                encryption_context: EncryptionContext::new(),
                key: Secret::new(vec![8; 32]),
            })
        })
    }
}

/// Collects events.
#[derive(Clone, Default)]
pub(in crate::materials) struct Observed(Rc<RefCell<Vec<CacheEvent>>>);

impl Observed {
    pub(in crate::materials) fn observer(&self) -> OnCacheEvent {
        let events = Rc::clone(&self.0);
        Rc::new(move |event| events.borrow_mut().push(event.clone()))
    }

    pub(in crate::materials) fn count(&self, kind: &CacheEventKind) -> usize {
        self.0.borrow().iter().filter(|event| event.kind == *kind).count()
    }

    pub(in crate::materials) fn take(&self) -> Vec<CacheEvent> {
        self.0.take()
    }
}
