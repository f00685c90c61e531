//! The host's side of the ports: requests go into an outbox, the TypeScript layer answers them.

use core::cell::{Cell, RefCell};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::rc::Rc;

use js_sys::{Date, Function, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::crypto::{
    Curve, Direction, GcmBatch, HostCrypto, RsaPadding, RsaPrivateKey, RsaPublicKey, Secret,
    set_host_crypto,
};
use crate::error::{Check, Error, Part, Result, Rule};
use crate::port::{
    Credentials, CredentialsProvider, HttpFailure, HttpRequest, HttpResponse, LocalFuture, Network,
};

use super::object::{Fields, NewObject};

thread_local! {
    static OUTBOX: RefCell<Vec<JsValue>> = const { RefCell::new(Vec::new()) };
    static ASKED: RefCell<Vec<Asked>> = const { RefCell::new(Vec::new()) };
    static LAST_ID: Cell<u32> = const { Cell::new(0) };
}

struct Asked {
    id: u32,
    answer: Option<Answer>,
    waker: Option<Waker>,
}

/// The host fulfils a request with a value or refuses it with a reason.
pub(super) type Answer = core::result::Result<JsValue, JsValue>;

/// A question to the host, until it is answered.
pub(super) struct Question(u32);

impl Future for Question {
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        ASKED.with_borrow_mut(|asked| {
            // Invariant: what is asked stays in the list until the question is dropped.
            let Some(entry) = asked.iter_mut().find(|entry| entry.id == self.0) else {
                return Poll::Pending;
            };
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
        ASKED.with_borrow_mut(|asked| asked.retain(|entry| entry.id != self.0));
    }
}

/// Puts a request into the outbox: `host` is the object of the TypeScript layer that serves it.
pub(super) fn ask(host: &JsValue, kind: &str, details: JsValue) -> Question {
    let id = LAST_ID.get().wrapping_add(1);
    LAST_ID.set(id);
    ASKED.with_borrow_mut(|asked| asked.push(Asked { id, answer: None, waker: None }));
    let request = NewObject::new();
    request.number("id", id.into()).text("kind", kind).set("host", host).set("details", &details);
    OUTBOX.with_borrow_mut(|outbox| outbox.push(request.into_js()));
    Question(id)
}

/// Takes the requests that the host has not seen yet.
pub(super) fn take_requests() -> Vec<JsValue> {
    OUTBOX.take()
}

/// Answers a request; one that nobody waits for any more is let go.
pub(super) fn answer(id: u32, answer: Answer) {
    let waker = ASKED.with_borrow_mut(|asked| {
        let entry = asked.iter_mut().find(|entry| entry.id == id)?;
        entry.answer = Some(answer);
        entry.waker.take()
    });
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// HTTP, time and credentials through the host object of one KMS client.
pub(super) struct HostNetwork(pub(super) JsValue);

impl Network for HostNetwork {
    fn send(
        &self,
        request: HttpRequest,
    ) -> LocalFuture<'_, core::result::Result<HttpResponse, HttpFailure>> {
        Box::pin(async move {
            let HttpRequest { url, headers, body, timeout_ms } = request;
            let details = NewObject::new();
            details
                .text("url", &url)
                .pairs("headers", headers.iter().map(|(n, v)| (n.as_str(), v.as_str())))
                .bytes("body", &body)
                .number("timeoutMs", timeout_ms.into());
            drop(body);
            let answered = ask(&self.0, "http", details.into_js()).await;
            let fields = |value| Fields::new(value, "the host's answer", Rule::Argument);
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
        (true, _) => HttpFailure::TimedOut,
        (false, Ok(reason)) => HttpFailure::Unreachable(reason),
        (false, Err(e)) => HttpFailure::Unreachable(e.to_string()),
    }
}

impl CredentialsProvider for HostNetwork {
    fn credentials(&self) -> LocalFuture<'_, Result<Credentials>> {
        Box::pin(async move {
            let value = ask(&self.0, "credentials", JsValue::UNDEFINED)
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
                // A text says that the host cannot; anything else, that the ciphertext is not good.
                Err(reason) => Err(match reason.as_string() {
                    Some(reason) => Error::unsupported(reason),
                    None => Error::unauthentic(Check::WrappedKey),
                }),
            }
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

/// Cryptography of the host, for work that is worth the way there.
struct FastHost {
    /// Takes the kind of work and the address of its table in linear memory; answers a number. Absent where the
    /// host's cryptography is asynchronous: then `host` is asked through the outbox.
    call: Option<Function>,
    host: JsValue,
    /// Smaller frames, and smaller batches, stay here: bytes.
    min_frame: usize,
    min_batch: usize,
}

/// Makes the host's cryptography known to the core; without `host`, the core does everything itself.
pub(super) fn set_crypto(call: JsValue, host: JsValue, min_frame: u32, min_batch: u32) {
    if host.is_undefined() {
        return set_host_crypto(None);
    }
    let (min_frame, min_batch) = (min_frame as usize, min_batch as usize);
    let host = FastHost { call: call.dyn_into().ok(), host, min_frame, min_batch };
    set_host_crypto(Some(Rc::new(host)));
}

/// Messages below so many bytes are hashed here.
const MIN_DIGEST: usize = 8192;

/// Bits of a curve's order, and of its hash.
fn hash_bits(curve: Curve) -> u32 {
    match curve {
        Curve::P256 => 256,
        Curve::P384 => 384,
    }
}

impl FastHost {
    /// Has the work done that `table` describes. The host reads and writes linear memory while this future is alive,
    /// in which nothing of the work moves.
    async fn work(&self, kind: &'static str, table: Vec<u32>) -> Result<f64> {
        let at = JsValue::from(table.as_ptr() as usize as u32);
        let answer = match &self.call {
            Some(call) => call.call2(&self.host, &kind.into(), &at),
            None => ask(&self.host, kind, at).await,
        };
        let answer = answer.ok().and_then(|answer| answer.as_f64());
        answer.ok_or_else(|| Error::host(format!("its cryptography failed ({kind})")))
    }
}

impl HostCrypto for FastHost {
    fn wants(&self, batch: &GcmBatch<'_>) -> bool {
        let longest = batch.tasks.iter().map(|task| task.input.len()).max();
        // Chromium's WebCrypto has no 192-bit keys.
        (self.call.is_some() || batch.key.len() != 24)
            && longest.is_some_and(|n| n >= self.min_frame)
            && batch.input.len() >= self.min_batch
    }

    fn gcm<'a>(&'a self, batch: GcmBatch<'a>) -> LocalFuture<'a, Result<Option<usize>>> {
        Box::pin(async move {
            let failed = self.work("gcm", table(&batch)).await?;
            Ok((failed >= 0.0).then_some(failed as usize))
        })
    }

    fn rsa_encrypt<'a>(
        &'a self,
        key: &'a RsaPublicKey,
        padding: RsaPadding,
        plaintext: &'a [u8],
    ) -> LocalFuture<'a, Result<Option<Vec<u8>>>> {
        Box::pin(async move {
            let mut ciphertext = vec![0; key.size()];
            // The bits of OAEP's hash.
            let bits = match padding {
                RsaPadding::Pkcs1 => 0,
                RsaPadding::OaepSha1 => 1,
                RsaPadding::OaepSha256 => 256,
                RsaPadding::OaepSha384 => 384,
                RsaPadding::OaepSha512 => 512,
            };
            let table = texts(bits, &[key.spki(), plaintext], &mut ciphertext);
            Ok((self.work("rsa", table).await? == 1.0).then_some(ciphertext))
        })
    }

    fn wants_digest(&self, len: usize) -> bool {
        len >= MIN_DIGEST
    }

    fn digest<'a>(&'a self, curve: Curve, message: &'a [u8]) -> LocalFuture<'a, Result<Vec<u8>>> {
        Box::pin(async move {
            let bits = hash_bits(curve);
            let mut digest = vec![0; bits as usize / 8];
            let table = texts(bits, &[message], &mut digest);
            self.work("digest", table).await.map(|_| digest)
        })
    }

    fn verify<'a>(
        &'a self,
        curve: Curve,
        point: &'a [u8],
        message: &'a [u8],
        signature: &'a [u8],
    ) -> LocalFuture<'a, Result<bool>> {
        Box::pin(async move {
            let table = texts(hash_bits(curve), &[point, message, signature], &mut []);
            Ok(self.work("verify", table).await? == 1.0)
        })
    }
}

/// Other work as the host reads it: a number, then address and length of each text, last that of the result.
fn texts(number: u32, given: &[&[u8]], result: &mut [u8]) -> Vec<u32> {
    let mut words = vec![number];
    for bytes in given {
        words.extend([bytes.as_ptr() as usize as u32, bytes.len() as u32]);
    }
    words.extend([result.as_mut_ptr() as usize as u32, result.len() as u32]);
    words
}

/// A batch as the host reads it, little-endian words: direction (1 seals), key address and length, number of
/// operations; for each the addresses of IV, associated data, input and output, with the lengths of the second and
/// third. `js/src/host-crypto.ts` reads the same.
fn table(batch: &GcmBatch<'_>) -> Vec<u32> {
    let address = |bytes: &[u8], at: usize| (bytes.as_ptr() as usize + at) as u32;
    let mut words = Vec::with_capacity(4 + 6 * batch.tasks.len());
    words.push(u32::from(batch.direction == Direction::Seal));
    words.extend([address(batch.key, 0), batch.key.len() as u32, batch.tasks.len() as u32]);
    for task in &batch.tasks {
        words.extend([
            address(&task.iv, 0),
            address(&batch.aads, task.aad.start),
            task.aad.len() as u32,
            address(batch.input, task.input.start),
            task.input.len() as u32,
            address(batch.output, task.output.start),
        ]);
    }
    words
}
