//! The host's side of the ports: requests go into an outbox, the TypeScript layer answers them.

use core::cell::{Cell, RefCell};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::collections::BTreeMap;

use js_sys::{Date, Reflect, Uint8Array};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use wasm_bindgen::{JsCast, JsValue};

use crate::crypto::{RsaPadding, RsaPrivateKey, Secret};
use crate::error::{Check, Error, Part, Result};
use crate::port::{
    Credentials, CredentialsProvider, HttpFailure, HttpRequest, HttpResponse, LocalFuture, Network,
};

thread_local! {
    static OUTBOX: RefCell<Vec<JsValue>> = const { RefCell::new(Vec::new()) };
    static ASKED: RefCell<BTreeMap<u32, Asked>> = const { RefCell::new(BTreeMap::new()) };
    static LAST_ID: Cell<u32> = const { Cell::new(0) };
}

#[derive(Default)]
struct Asked {
    answer: Option<Answer>,
    waker: Option<Waker>,
}

/// The host fulfils a request with a value or refuses it with a reason.
type Answer = core::result::Result<JsValue, JsValue>;

/// A question to the host, until it is answered.
struct Question(u32);

impl Future for Question {
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        ASKED.with_borrow_mut(|asked| {
            let entry = asked.entry(self.0).or_default();
            match entry.answer.take() {
                Some(answer) => Poll::Ready(answer),
                None => {
                    entry.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        ASKED.with_borrow_mut(|asked| asked.remove(&self.0));
    }
}

/// Puts a request into the outbox: `host` is the object of the TypeScript layer that serves it.
fn ask(host: &JsValue, kind: &str, details: JsValue) -> Question {
    let id = LAST_ID.get().wrapping_add(1);
    LAST_ID.set(id);
    ASKED.with_borrow_mut(|asked| asked.insert(id, Asked::default()));
    let request = js_sys::Object::new();
    // Setting a property of a fresh plain object cannot fail.
    for (name, value) in
        [("id", &id.into()), ("kind", &kind.into()), ("host", host), ("details", &details)]
    {
        let _ = Reflect::set(&request, &name.into(), value);
    }
    OUTBOX.with_borrow_mut(|outbox| outbox.push(request.into()));
    Question(id)
}

/// Takes the requests that the host has not seen yet.
pub(super) fn take_requests() -> Vec<JsValue> {
    OUTBOX.take()
}

/// Answers a request; one that nobody waits for any more is let go.
pub(super) fn answer(id: u32, answer: Answer) {
    let waker = ASKED.with_borrow_mut(|asked| {
        let entry = asked.get_mut(&id)?;
        entry.answer = Some(answer);
        entry.waker.take()
    });
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// HTTP, time and credentials through the host object of one KMS client.
pub(super) struct HostNetwork(pub(super) JsValue);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HttpDetails<'a> {
    url: &'a str,
    headers: &'a [(String, String)],
    #[serde(with = "serde_bytes")]
    body: &'a [u8],
    timeout_ms: u32,
}

#[derive(Deserialize)]
struct HttpAnswer {
    status: u16,
    headers: Vec<(String, String)>,
    body: ByteBuf,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HttpRefusal {
    timed_out: bool,
    reason: String,
}

impl Network for HostNetwork {
    fn send(
        &self,
        request: HttpRequest,
    ) -> LocalFuture<'_, core::result::Result<HttpResponse, HttpFailure>> {
        Box::pin(async move {
            let HttpRequest { url, headers, body, timeout_ms } = &request;
            let details = HttpDetails { url, headers, body, timeout_ms: *timeout_ms };
            let details = to_js(&details);
            drop(request);
            match ask(&self.0, "http", details).await {
                Ok(value) => match serde_wasm_bindgen::from_value::<HttpAnswer>(value) {
                    Ok(HttpAnswer { status, headers, body }) => {
                        Ok(HttpResponse { status, headers, body: Secret::new(body.into_vec()) })
                    }
                    Err(e) => Err(HttpFailure::Unreachable(e.to_string())),
                },
                Err(value) => match serde_wasm_bindgen::from_value::<HttpRefusal>(value) {
                    Ok(refusal) if refusal.timed_out => Err(HttpFailure::TimedOut),
                    Ok(refusal) => Err(HttpFailure::Unreachable(refusal.reason)),
                    Err(e) => Err(HttpFailure::Unreachable(e.to_string())),
                },
            }
        })
    }

    fn now_ms(&self) -> u64 {
        Date::now() as u64
    }

    fn sleep_ms(&self, ms: u32) -> LocalFuture<'_, ()> {
        Box::pin(async move {
            // A host that cannot sleep is a host that does not wait.
            let _ = ask(&self.0, "sleep", ms.into()).await;
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HostCredentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expires_at_ms: Option<f64>,
}

impl CredentialsProvider for HostNetwork {
    fn credentials(&self) -> LocalFuture<'_, Result<Credentials>> {
        Box::pin(async move {
            let value = ask(&self.0, "credentials", JsValue::UNDEFINED)
                .await
                .map_err(|reason| Error::Host(text(&reason)))?;
            let c: HostCredentials = serde_wasm_bindgen::from_value(value)
                .map_err(|e| Error::Host(format!("they are not usable: {e}")))?;
            Ok(Credentials {
                access_key_id: c.access_key_id,
                secret_access_key: Secret::new(c.secret_access_key.into_bytes()),
                session_token: c.session_token,
                expires_at_ms: c.expires_at_ms.map(|ms| ms.max(0.0) as u64),
            })
        })
    }
}

/// An RSA private key that stays with the host's cryptography.
pub(super) struct HostRsaKey(pub(super) JsValue);

#[derive(Serialize)]
struct RsaDetails<'a> {
    padding: &'static str,
    #[serde(with = "serde_bytes")]
    ciphertext: &'a [u8],
}

impl RsaPrivateKey for HostRsaKey {
    fn decrypt<'a>(
        &'a self,
        padding: RsaPadding,
        ciphertext: &'a [u8],
    ) -> LocalFuture<'a, Result<Secret>> {
        Box::pin(async move {
            let padding = match padding {
                RsaPadding::Pkcs1 => "PKCS1",
                RsaPadding::OaepSha1 => "OAEP_SHA1_MGF1",
                RsaPadding::OaepSha256 => "OAEP_SHA256_MGF1",
                RsaPadding::OaepSha384 => "OAEP_SHA384_MGF1",
                RsaPadding::OaepSha512 => "OAEP_SHA512_MGF1",
            };
            match ask(&self.0, "rsaDecrypt", to_js(&RsaDetails { padding, ciphertext })).await {
                Ok(value) => {
                    let plain: Uint8Array = value
                        .dyn_into()
                        .map_err(|_| Error::malformed(Part::HostInput, "no bytes from RSA"))?;
                    let secret = Secret::new(plain.to_vec());
                    plain.fill(0, 0, plain.length());
                    Ok(secret)
                }
                // A text says that the host cannot; anything else, that the ciphertext is not good.
                Err(reason) => Err(match reason.as_string() {
                    Some(reason) => Error::Unsupported(reason),
                    None => Error::unauthentic(Check::WrappedKey),
                }),
            }
        })
    }
}

fn to_js(value: &impl Serialize) -> JsValue {
    serde_wasm_bindgen::to_value(value).unwrap_or(JsValue::NULL)
}

/// What a rejected promise says of itself.
fn text(reason: &JsValue) -> String {
    reason.as_string().unwrap_or_else(|| "the provider failed".into())
}
