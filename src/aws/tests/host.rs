//! A host for tests: scripted answers, a virtual clock, and an executor that polls only what was
//! woken.

use core::cell::{Cell, RefCell};
use core::future::{Future, poll_fn};
use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;

use serde_json::{Value, json};

use crate::crypto::Secret;
use crate::error::Result;
use crate::host::{
    Credentials, CredentialsProvider, HttpFailure, HttpRequest, HttpResponse, LocalFuture, Network,
};

/// The virtual clock's start: 2024-02-29T23:59:59.123Z.
pub(crate) const START_MS: u64 = 1_709_251_199_123;
/// How long each request takes, in virtual milliseconds.
pub(crate) const LATENCY_MS: u64 = 7;

type Answer = core::result::Result<(u16, Vec<(String, String)>, Vec<u8>), HttpFailure>;

/// What was sent.
pub(crate) struct Sent {
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) raw: Vec<u8>,
    pub(crate) timeout_ms: u32,
    pub(crate) max_response_bytes: usize,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.raw).unwrap()
    }
}

/// A network that gives the scripted answers in order.
#[derive(Default)]
pub(crate) struct Script {
    answers: RefCell<VecDeque<Answer>>,
    pub(crate) sent: RefCell<Vec<Sent>>,
    pub(crate) sleeps: RefCell<Vec<u32>>,
    pub(crate) elapsed_ms: Cell<u64>,
}

impl Script {
    pub(crate) fn new() -> Rc<Self> {
        Rc::default()
    }

    pub(crate) fn then(self: &Rc<Self>, status: u16, body: Value) -> Rc<Self> {
        self.then_raw(status, &[], body.to_string())
    }

    pub(crate) fn then_raw(
        self: &Rc<Self>,
        status: u16,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Rc<Self> {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        self.answers.borrow_mut().push_back(Ok((status, headers, body.into())));
        Rc::clone(self)
    }

    pub(crate) fn then_fail(self: &Rc<Self>, failure: HttpFailure) -> Rc<Self> {
        self.answers.borrow_mut().push_back(Err(failure));
        Rc::clone(self)
    }

    pub(crate) fn then_refuse(self: &Rc<Self>, status: u16, name: &str) -> Rc<Self> {
        self.then(status, json!({ "__type": name, "message": "because" }))
    }

    pub(crate) fn count(&self) -> usize {
        self.sent.borrow().len()
    }
}

impl Network for Script {
    fn send(
        &self,
        request: HttpRequest,
    ) -> LocalFuture<'_, core::result::Result<HttpResponse, HttpFailure>> {
        self.sent.borrow_mut().push(Sent {
            url: request.url.clone(),
            headers: request.headers.clone(),
            raw: request.body.to_vec(),
            timeout_ms: request.timeout_ms,
            max_response_bytes: request.max_response_bytes,
        });
        Box::pin(async move {
            io().await;
            self.elapsed_ms.set(self.elapsed_ms.get() + LATENCY_MS);
            let answer = self.answers.borrow_mut().pop_front().expect("a scripted answer");
            answer.map(|(status, headers, body)| HttpResponse {
                status,
                headers,
                body: Secret::new(body),
            })
        })
    }

    fn now_ms(&self) -> u64 {
        START_MS + self.elapsed_ms.get()
    }

    fn sleep_ms(&self, ms: u32) -> LocalFuture<'_, ()> {
        self.sleeps.borrow_mut().push(ms);
        self.elapsed_ms.set(self.elapsed_ms.get() + u64::from(ms));
        Box::pin(io())
    }
}

/// A provider whose every answer is scripted: credentials named by their access key id, or an
/// error.
#[derive(Default)]
pub(crate) struct Provider {
    answers: RefCell<VecDeque<Result<Credentials>>>,
    pub(crate) calls: Cell<u32>,
    /// How many of them were to be fresh.
    pub(crate) forced: Cell<u32>,
}

impl Provider {
    pub(crate) fn new() -> Rc<Self> {
        Rc::default()
    }

    pub(crate) fn then(self: &Rc<Self>, id: &str, expires_at_ms: Option<u64>) -> Rc<Self> {
        self.then_result(Ok(Credentials {
            access_key_id: id.to_owned(),
            secret_access_key: Secret::from(&b"TOPSECRETKEY"[..]),
            session_token: Some(format!("TOPSECRETTOKEN-{id}")),
            expires_at_ms,
        }))
    }

    pub(crate) fn then_result(self: &Rc<Self>, result: Result<Credentials>) -> Rc<Self> {
        self.answers.borrow_mut().push_back(result);
        Rc::clone(self)
    }
}

impl CredentialsProvider for Provider {
    fn credentials(&self, force_refresh: bool) -> LocalFuture<'_, Result<Credentials>> {
        self.calls.set(self.calls.get() + 1);
        self.forced.set(self.forced.get() + u32::from(force_refresh));
        Box::pin(async move {
            io().await;
            self.answers.borrow_mut().pop_front().expect("scripted credentials")
        })
    }
}

/// Something that ends by itself, outside of all tasks.
#[derive(Default)]
struct Io {
    done: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

std::thread_local! {
    /// What is going on outside, oldest first. The executor lets one end when no task can go on.
    static OUTSIDE: RefCell<VecDeque<Rc<Io>>> = const { RefCell::new(VecDeque::new()) };
}

async fn io() {
    let io = Rc::new(Io::default());
    OUTSIDE.with_borrow_mut(|outside| outside.push_back(Rc::clone(&io)));
    poll_fn(|cx| {
        io.waker.replace(Some(cx.waker().clone()));
        if io.done.get() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

fn end_oldest_io() {
    let io = OUTSIDE.with_borrow_mut(VecDeque::pop_front).expect("a future waits for nothing");
    io.done.set(true);
    if let Some(waker) = io.waker.take() {
        waker.wake();
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Polls once, with a waker that does nothing.
pub(crate) fn poll_once<T>(future: &mut LocalFuture<'_, T>) -> Poll<T> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// Runs all futures; polls a future only after its waker was called, so that a lost wake-up is
/// found.
pub(crate) fn join_all<T>(futures: Vec<LocalFuture<'_, T>>) -> Vec<T> {
    let mut tasks: Vec<_> = futures
        .into_iter()
        .map(|future| (Some(future), Arc::new(Flag(AtomicBool::new(true))), None))
        .collect();
    while tasks.iter().any(|(_, _, result)| result.is_none()) {
        let mut progress = false;
        for (slot, flag, result) in &mut tasks {
            let Some(future) = slot else { continue };
            if !flag.0.swap(false, Ordering::SeqCst) {
                continue;
            }
            progress = true;
            let waker = Waker::from(Arc::clone(flag));
            if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                *slot = None;
                *result = Some(value);
            }
        }
        if !progress {
            end_oldest_io();
        }
    }
    tasks.into_iter().map(|(_, _, result)| result.unwrap()).collect()
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    join_all(vec![Box::pin(future)]).pop().unwrap()
}
