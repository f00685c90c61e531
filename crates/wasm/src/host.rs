//! The host's side of the ports: requests go into an outbox, the TypeScript layer answers them.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use js_sys::{Date, Function, Object, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use fieldseal::crypto::{RawRsa, RsaPadding, RsaPrivateKey, Secret};
use fieldseal::error::{Check, Error, Part, Result, Rule};
use fieldseal::host::{
    Credentials, CredentialsProvider, HttpFailure, HttpRequest, HttpResponse, LocalFuture, Network,
};
use fieldseal::outbox::{self, Outbox};

use super::build::NewObject;
use super::read::Fields;

thread_local! {
    static OUTBOX: Outbox<Request, Given> = Outbox::default();
}

/// What is asked of the host, and all that it may touch for it.
struct Request {
    kind: &'static str,
    /// The function of the TypeScript layer that serves it.
    host: JsValue,
    details: Details,
}

/// What a request is about.
enum Details {
    /// A value, until the host has it.
    Value(JsValue),
    /// A buffer in linear memory that the host reads and writes until it answers. It does not move meanwhile.
    Buffer(Vec<u8>),
}

impl Drop for Request {
    fn drop(&mut self) {
        if let Details::Value(value) = &self.details {
            wipe(value);
        }
    }
}

/// The host fulfils a request with a value or refuses it with a reason.
pub(super) type Answer = core::result::Result<JsValue, JsValue>;

/// What the host gave. Wiped if nobody takes it: it may be a plaintext data key.
struct Given(Option<Answer>);

impl Drop for Given {
    fn drop(&mut self) {
        if let Some(Ok(value)) = &self.0 {
            wipe(value);
        }
    }
}

/// Wipes bytes, and those that an object or array has for members.
fn wipe(value: &JsValue) {
    let fill = |bytes: &Uint8Array| drop(bytes.fill(0, 0, bytes.length()));
    match (value.dyn_ref(), value.dyn_ref::<Object>()) {
        (Some(bytes), _) => fill(bytes),
        (None, Some(object)) => {
            Object::values(object)
                .iter()
                .filter_map(|member| member.dyn_into().ok())
                .for_each(|bytes| fill(&bytes));
        }
        (None, None) => {}
    }
}

/// Waits for the host's response. Dropping it withdraws the request.
pub(super) struct Question(Option<outbox::Question<Request, Given>>);

impl Question {
    /// The answer, and the buffer that the request had.
    fn poll_whole(&mut self, context: &mut Context<'_>) -> Poll<(Answer, Vec<u8>)> {
        let Some(question) = &mut self.0 else {
            return Poll::Ready((Err("too many requests at once".into()), Vec::new()));
        };
        Pin::new(question).poll(context).map(|(mut request, mut given)| {
            let buffer = match &mut request.details {
                Details::Buffer(buffer) => core::mem::take(buffer),
                Details::Value(_) => Vec::new(),
            };
            (given.0.take().unwrap_or(Err(JsValue::UNDEFINED)), buffer)
        })
    }
}

impl Future for Question {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        self.poll_whole(context).map(|(answer, _)| answer)
    }
}

/// Puts a request into the outbox: `host` is the function of the TypeScript layer that serves it.
pub(super) fn ask(host: &JsValue, kind: &'static str, details: JsValue) -> Question {
    put(host, kind, Details::Value(details))
}

/// Tells the host something, or asks what it knows at once. What its own caller's functions throw, it catches.
pub(super) fn tell(host: &JsValue, kind: &str, first: &JsValue, second: &JsValue) -> JsValue {
    let host: &Function = host.unchecked_ref();
    host.call3(&JsValue::UNDEFINED, &kind.into(), first, second).unwrap_or_default()
}

/// Has the host work on a buffer, which comes back with its answer.
pub(super) async fn work_on(
    host: &JsValue,
    kind: &'static str,
    buffer: Vec<u8>,
) -> (Answer, Vec<u8>) {
    let mut question = put(host, kind, Details::Buffer(buffer));
    core::future::poll_fn(|context| question.poll_whole(context)).await
}

fn put(host: &JsValue, kind: &'static str, details: Details) -> Question {
    let request = Request { kind, host: host.clone(), details };
    Question(OUTBOX.with(|outbox| outbox.ask(request)))
}

/// Takes the requests that the host has not seen yet.
pub(super) fn take_requests() -> Vec<JsValue> {
    let mut requests = Vec::new();
    OUTBOX.with(Clone::clone).send(|id, request| {
        let details = match &mut request.details {
            Details::Value(value) => core::mem::replace(value, JsValue::UNDEFINED),
            Details::Buffer(buffer) => {
                let place = NewObject::new();
                place.number("at", f64::from(buffer.as_ptr() as usize as u32));
                place.number("length", buffer.len() as f64);
                place.into_js()
            }
        };
        let sent = NewObject::new();
        sent.number("id", id.into())
            .text("kind", request.kind)
            .set("host", &request.host)
            .set("details", &details);
        requests.push(sent.into_js());
    });
    requests
}

/// The requests for whose answers nobody waits any more, as far as the host has not been told.
pub(super) fn take_withdrawn() -> Vec<u32> {
    OUTBOX.with(Outbox::take_withdrawn)
}

/// Gives the answer to a request.
pub(super) fn answer(id: u32, answer: Answer) {
    OUTBOX.with(Clone::clone).answer(id, Given(Some(answer)));
}

/// Waits until the host is done with what was just withdrawn; `None` if that is nothing.
pub(super) fn settled() -> Option<LocalFuture<'static, ()>> {
    let settled = OUTBOX.with(Outbox::settled)?;
    Some(Box::pin(settled))
}

/// HTTP, time and credentials through the host of one client.
pub(super) struct HostNetwork(pub(super) JsValue);

impl Network for HostNetwork {
    fn send(
        &self,
        request: HttpRequest,
    ) -> LocalFuture<'_, core::result::Result<HttpResponse, HttpFailure>> {
        Box::pin(async move {
            let HttpRequest { url, headers, body, timeout_ms, max_response_bytes } = request;
            let details = NewObject::new();
            details
                .text("url", &url)
                .pairs("headers", headers.iter().map(|(n, v)| (n.as_str(), v.as_str())))
                .bytes("body", &body)
                .number("timeoutMs", timeout_ms.into())
                .number("maxResponseBytes", max_response_bytes as f64);
            drop(body);
            let answered = ask(&self.0, "http", details.into_js()).await;
            let fields = |value| Fields::new(value, "the host's response", Rule::Argument);
            match answered {
                Ok(value) => {
                    response(&fields(value)).map_err(|e| HttpFailure::Unreachable(e.to_string()))
                }
                Err(value) => Err(refusal(&fields(value))),
            }
        })
    }

    fn now_ms(&self) -> u64 {
        Date::now() as u64
    }

    fn read_date(&self, text: &str) -> Option<u64> {
        // NaN for what is not a date.
        Some(Date::parse(text)).filter(|ms| *ms >= 0.0).map(|ms| ms as u64)
    }

    fn sleep_ms(&self, ms: u32) -> LocalFuture<'_, ()> {
        Box::pin(async move {
            // A host that cannot sleep is a host that does not wait.
            let _ = ask(&self.0, "sleep", ms.into()).await;
        })
    }
}

fn response(fields: &Fields) -> Result<HttpResponse> {
    let status = fields.whole_number("status")?.and_then(|status| u16::try_from(status).ok());
    Ok(HttpResponse {
        status: status.ok_or_else(|| fields.error("no status"))?,
        headers: fields.pairs("headers")?,
        // It may hold a plaintext data key.
        body: fields.secret("body")?,
    })
}

fn refusal(fields: &Fields) -> HttpFailure {
    match (fields.flag("timedOut"), fields.needed_text("reason")) {
        (true, _) if fields.flag("waited") => HttpFailure::NotSent,
        (true, _) => HttpFailure::TimedOut,
        (false, Ok(reason)) => HttpFailure::Unreachable(reason),
        (false, Err(e)) => HttpFailure::Unreachable(e.to_string()),
    }
}

impl CredentialsProvider for HostNetwork {
    fn credentials(&self, force_refresh: bool) -> LocalFuture<'_, Result<Credentials>> {
        Box::pin(async move {
            let value = ask(&self.0, "credentials", force_refresh.into())
                .await
                .map_err(|reason| Error::host(text(&reason)))?;
            let fields = Fields::new(value, "the credentials", Rule::Argument);
            credentials(&fields).map_err(|e| Error::host(format!("they are not usable: {e}")))
        })
    }
}

fn credentials(fields: &Fields) -> Result<Credentials> {
    Ok(Credentials {
        access_key_id: fields.needed_text("accessKeyId")?,
        secret_access_key: Secret::new(fields.needed_text("secretAccessKey")?.into_bytes()),
        session_token: fields.text("sessionToken")?,
        expires_at_ms: fields.number("expiresAtMs")?.map(|ms| ms.max(0.0) as u64),
    })
}

/// An RSA private key that stays with the host's cryptography.
pub(super) struct HostRsaKey(pub(super) JsValue);

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
            let details = NewObject::new();
            details.text("padding", padding).bytes("ciphertext", ciphertext);
            match ask(&self.0, "rsaDecrypt", details.into_js()).await {
                Ok(value) => take_secret(value),
                // A string says that the host cannot; anything else, that the ciphertext is not good.
                Err(reason) => Err(match reason.as_string() {
                    Some(reason) => Error::unsupported(reason),
                    None => Error::unauthentic(Check::WrappedKey),
                }),
            }
        })
    }

    fn decrypt_raw<'a>(&'a self, ciphertext: &'a [u8]) -> LocalFuture<'a, Result<RawRsa>> {
        Box::pin(async move {
            // A secret of the key, then the padded plaintext.
            let both = self.decrypt(RsaPadding::Pkcs1, ciphertext).await?;
            let (secret, encoded) = both.split_at_checked(32).ok_or_else(no_bytes)?;
            Ok(RawRsa { encoded: encoded.into(), rejection_secret: secret.into() })
        })
    }
}

pub(super) fn bytes(value: JsValue) -> Result<Uint8Array> {
    value.dyn_into().map_err(|_| no_bytes())
}

/// Takes the host's bytes and wipes them there.
pub(super) fn take_secret(value: JsValue) -> Result<Secret> {
    let bytes = bytes(value)?;
    let secret = Secret::new(bytes.to_vec());
    bytes.fill(0, 0, bytes.length());
    Ok(secret)
}

pub(super) fn no_bytes() -> Error {
    Error::malformed(Part::HostInput, "no bytes from the host's cryptography")
}

/// What a rejected promise says of itself.
pub(super) fn text(reason: &JsValue) -> String {
    reason.as_string().unwrap_or_else(|| "the provider failed".into())
}
