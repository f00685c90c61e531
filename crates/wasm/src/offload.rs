//! Cryptography of the host, for work that is worth the way there.
//!
//! A synchronous host works on linear memory while it is called, in which nothing of the work moves. One that is
//! asynchronous gets a buffer of its own, which belongs to the request: whatever becomes of the operation meanwhile, the host
//! reads and writes nothing else. Both read the same table of offsets, from the start of memory or of the buffer;
//! `js/src/host/crypto.ts` is its reader.

use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};

#[cfg(feature = "messages")]
use fieldseal::crypto::HostHash;
use fieldseal::crypto::{
    Curve, Direction, GcmBatch, HostCrypto, RsaPadding, RsaPublicKey, set_host_crypto,
};
use fieldseal::error::{Error, Result};
use fieldseal::host::LocalFuture;

use super::host::work_on;

/// The host's cryptography.
struct HostOffload {
    /// Takes the kind of work and the address of its table in linear memory, and returns a number. Absent where the
    /// host's cryptography is asynchronous.
    call: Option<Function>,
    /// Asked through the outbox, for what `call` does not have.
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
    let host = HostOffload { call: call.dyn_into().ok(), host, min_frame, min_batch };
    set_host_crypto(Some(Rc::new(host)));
}

/// The number by which a host says that it does not have what a kind of work takes: `ABSENT` of `js/src/host/work.ts`.
const ABSENT: f64 = -2.0;

/// More bytes than these are not copied for the host.
const MAX_COPIED: usize = 64 << 20;

/// Bits of a curve's order, and of its hash.
fn hash_bits(curve: Curve) -> u32 {
    match curve {
        Curve::P256 => 256,
        Curve::P384 => 384,
    }
}

impl HostOffload {
    /// Calls a synchronous host. `table` and what it names must stay where they are, and what the host writes be borrowed
    /// by the caller.
    fn call(&self, call: &Function, kind: &'static str, table: &[u32]) -> Option<f64> {
        call.call2(&self.host, &kind.into(), &JsValue::from(address(table))).ok()?.as_f64()
    }

    /// Has an asynchronous host work on a buffer.
    async fn work(&self, kind: &'static str, buffer: Vec<u8>) -> (Option<f64>, Vec<u8>) {
        let (answer, buffer) = work_on(&self.host, kind, buffer).await;
        (answer.ok().and_then(|answer| answer.as_f64()), buffer)
    }

    /// Work on a number and a few byte strings: the host's answer and the result of `len` bytes. The table is the number, then
    /// offset and length of each string, last that of the result.
    async fn simple(
        &self,
        kind: &'static str,
        number: u32,
        given: &[&[u8]],
        len: usize,
    ) -> (Option<f64>, Vec<u8>) {
        let mut words = vec![number];
        if let Some(call) = &self.call {
            let mut result = vec![0; len];
            for bytes in given {
                words.extend([address(bytes), bytes.len() as u32]);
            }
            words.extend([result.as_mut_ptr() as usize as u32, len as u32]);
            let answer = self.call(call, kind, &words);
            if answer != Some(ABSENT) {
                return (answer, result);
            }
            words.truncate(1);
        }
        let mut buffer = Buffer::new(1 + 2 * (given.len() + 1));
        for bytes in given {
            words.extend([buffer.put(bytes), bytes.len() as u32]);
        }
        words.extend([buffer.room(len), len as u32]);
        let (answer, mut buffer) = self.work(kind, buffer.finish(&words)).await;
        let result = buffer.split_off(buffer.len().saturating_sub(len));
        (answer, result)
    }
}

impl HostCrypto for HostOffload {
    fn prefers(&self, batch: &GcmBatch<'_>) -> bool {
        let longest = batch.tasks.iter().map(|task| task.input.len()).max();
        // Chromium's WebCrypto has no 192-bit keys, and an asynchronous host gets a copy of everything.
        (self.call.is_some() || batch.key.len() != 24 && batch.input.len() <= MAX_COPIED)
            && longest.is_some_and(|n| n >= self.min_frame)
            && batch.input.len() >= self.min_batch
    }

    fn gcm<'a>(&'a self, batch: &'a mut GcmBatch<'_>) -> LocalFuture<'a, Result<Option<bool>>> {
        Box::pin(async move {
            let answer = match &self.call {
                Some(call) => {
                    let table = gcm_table(batch, address);
                    self.call(call, "gcm", &table)
                }
                None => {
                    let mut buffer = Buffer::new(GCM_HEAD + GCM_TASK * batch.tasks.len());
                    let table = gcm_table(batch, |part| buffer.put(part));
                    let (answer, buffer) = self.work("gcm", buffer.finish(&table)).await;
                    let results = buffer.len().checked_sub(batch.output.len());
                    let results = results.and_then(|at| buffer.get(at..)).unwrap_or_default();
                    for task in &batch.tasks {
                        let to = batch.output.get_mut(task.output.clone());
                        if let (Some(to), Some(from)) = (to, results.get(task.output.clone())) {
                            to.copy_from_slice(from);
                        }
                    }
                    answer
                }
            };
            match answer {
                Some(-1.0) => Ok(Some(true)),
                Some(ABSENT) => Ok(None),
                // The first whose tag does not match.
                Some(at) if (0..batch.tasks.len()).any(|i| i as f64 == at) => Ok(Some(false)),
                _ => Err(failed("gcm")),
            }
        })
    }

    fn rsa_encrypt<'a>(
        &'a self,
        key: &'a RsaPublicKey,
        padding: RsaPadding,
        plaintext: &'a [u8],
    ) -> LocalFuture<'a, Result<Option<Vec<u8>>>> {
        Box::pin(async move {
            // The bits of OAEP's hash.
            let bits = match padding {
                RsaPadding::Pkcs1 => 0,
                RsaPadding::OaepSha1 => 1,
                RsaPadding::OaepSha256 => 256,
                RsaPadding::OaepSha384 => 384,
                RsaPadding::OaepSha512 => 512,
            };
            let (answer, ciphertext) =
                self.simple("rsa", bits, &[key.spki(), plaintext], key.size()).await;
            result("rsa", answer, ciphertext)
        })
    }

    #[cfg(feature = "messages")]
    fn hash(&self, curve: Curve) -> Option<Box<dyn HostHash>> {
        let call = self.call.as_ref()?;
        let step = call.call2(&self.host, &"hash".into(), &hash_bits(curve).into()).ok()?;
        Some(Box::new(Hash(step.dyn_into().ok()?)))
    }

    fn verify<'a>(
        &'a self,
        curve: Curve,
        point: &'a [u8],
        message: &'a [u8],
        signature: &'a [u8],
    ) -> LocalFuture<'a, Result<Option<bool>>> {
        Box::pin(async move {
            let given = [point, message, signature];
            let (answer, _) = self.simple("verify", hash_bits(curve), &given, 0).await;
            yes_or_no("verify", answer)
        })
    }
}

/// A hash in the middle, which belongs to a synchronous host: a function that takes an address, a length and whether the
/// digest goes there instead of more being hashed. Nothing else holds it: the host's hash goes when this is dropped, or with
/// all that the instance has when that is given up.
#[cfg(feature = "messages")]
struct Hash(Function);

#[cfg(feature = "messages")]
impl Hash {
    fn step(&self, at: u32, len: usize, last: bool) -> Result<()> {
        let (at, len) = (at.into(), (len as u32).into());
        match self.0.call3(&JsValue::UNDEFINED, &at, &len, &last.into()) {
            Ok(done) if done == true => Ok(()),
            _ => Err(failed("hash")),
        }
    }
}

#[cfg(feature = "messages")]
impl HostHash for Hash {
    fn update(&mut self, bytes: &[u8]) -> Result<()> {
        self.step(address(bytes), bytes.len(), false)
    }

    fn finish(self: Box<Self>, digest: &mut [u8]) -> Result<()> {
        self.step(digest.as_mut_ptr() as usize as u32, digest.len(), true)
    }
}

/// 1 or 0; anything else is no answer.
fn yes_or_no(kind: &str, answer: Option<f64>) -> Result<Option<bool>> {
    match answer {
        Some(1.0) => Ok(Some(true)),
        Some(0.0) => Ok(Some(false)),
        Some(ABSENT) => Ok(None),
        _ => Err(failed(kind)),
    }
}

/// The result of work that always has one.
fn result(kind: &str, answer: Option<f64>, result: Vec<u8>) -> Result<Option<Vec<u8>>> {
    match yes_or_no(kind, answer)? {
        Some(true) => Ok(Some(result)),
        Some(false) => Err(failed(kind)),
        None => Ok(None),
    }
}

fn failed(kind: &str) -> Error {
    Error::host(format!("its cryptography failed ({kind})"))
}

fn address<T>(of: &[T]) -> u32 {
    of.as_ptr() as usize as u32
}

const GCM_HEAD: usize = 4;
const GCM_TASK: usize = 8;

/// A batch as the host reads it: direction (1 seals), key offset and length, number of operations; for each the offsets of
/// associated data, input and output, each of the first two with its length, and the 12 bytes of the IV. `place` says where a
/// part is; it is asked for the output last.
fn gcm_table(batch: &GcmBatch<'_>, mut place: impl FnMut(&[u8]) -> u32) -> Vec<u32> {
    let mut words = Vec::with_capacity(GCM_HEAD + GCM_TASK * batch.tasks.len());
    let (key, aads, input) = (place(batch.key), place(&batch.aads), place(batch.input));
    let output = place(batch.output);
    words.push(u32::from(batch.direction == Direction::Seal));
    words.extend([key, batch.key.len() as u32, batch.tasks.len() as u32]);
    for task in &batch.tasks {
        words.extend([
            aads + task.aad.start as u32,
            task.aad.len() as u32,
            input + task.input.start as u32,
            task.input.len() as u32,
            output + task.output.start as u32,
        ]);
        let iv = task.iv.as_chunks::<4>().0;
        words.extend(iv.iter().map(|word| u32::from_le_bytes(*word)));
    }
    words
}

/// A buffer for the host: the table, then what it names.
struct Buffer(Vec<u8>);

impl Buffer {
    /// With room for a table of so many words.
    fn new(words: usize) -> Self {
        Self(vec![0; 4 * words])
    }

    fn put(&mut self, bytes: &[u8]) -> u32 {
        let at = self.0.len();
        self.0.extend_from_slice(bytes);
        at as u32
    }

    fn room(&mut self, len: usize) -> u32 {
        let at = self.0.len();
        self.0.resize(at + len, 0);
        at as u32
    }

    fn finish(mut self, table: &[u32]) -> Vec<u8> {
        for (to, word) in self.0.chunks_exact_mut(4).zip(table) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        self.0
    }
}
