//! What JavaScript calls. Every function answers; none throws, and none traps on what it is given.

use core::future::poll_fn;
use core::task::Poll;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::dynamodb::ItemEncryptor;
use crate::error::{Error, Result};
use crate::kms::count_calls;
use crate::port::LocalFuture;

use super::task::{self, Outcome, Task};
use super::{error, host, kms, memory, objects, pack};

/// Batches keep this many items in progress at once: enough to hide the way to KMS, not enough to be throttled.
const IN_PROGRESS: usize = 16;

/// Room for `len` bytes of input; answers their address.
#[wasm_bindgen]
pub fn reserve_input(len: u32) -> *const u8 {
    memory::reserve_input(len as usize)
}

/// Wipes the input when writing it failed half-way.
#[wasm_bindgen]
pub fn discard_input() {
    memory::discard_input();
}

/// Address of the output.
#[wasm_bindgen]
pub fn output_ptr() -> *const u8 {
    memory::output_ptr()
}

/// Length of the output in bytes.
#[wasm_bindgen]
pub fn output_len() -> u32 {
    memory::output_len() as u32
}

/// Wipes the output; to be called once it has been read.
#[wasm_bindgen]
pub fn wipe_output() {
    memory::wipe_output();
}

/// Seals the packed items in the input; a status of [`task::start`].
#[wasm_bindgen]
pub fn encrypt_items(encryptor: u32, len: u32) -> u32 {
    start(encryptor, len, |encryptor, input| {
        Box::pin(async move {
            let result = encrypt_batch(&encryptor, &input).await;
            memory::recycle_input(input);
            outcome(result)
        })
    })
}

/// Opens the packed items in the input; a status of [`task::start`].
#[wasm_bindgen]
pub fn decrypt_items(encryptor: u32, len: u32) -> u32 {
    start(encryptor, len, |encryptor, input| {
        Box::pin(async move {
            let result = decrypt_batch(&encryptor, &input).await;
            memory::recycle_input(input);
            outcome(result)
        })
    })
}

/// Opens the packed items in the input with one encryptor and seals them with another; a status of [`task::start`].
/// The output is that of [`encrypt_items`], and then the number of KMS calls (u32, little-endian).
#[wasm_bindgen]
pub fn reseal_items(from: u32, to: u32, len: u32) -> u32 {
    start(to, len, move |to, input| {
        Box::pin(async move {
            let (result, calls) = count_calls(reseal_batch(from, &to, &input)).await;
            memory::recycle_input(input);
            outcome(result.map(|mut bytes| {
                bytes.extend_from_slice(&(calls as u32).to_le_bytes());
                bytes
            }))
        })
    })
}

async fn reseal_batch(
    from: u32,
    to: &ItemEncryptor,
    input: &[u8],
) -> core::result::Result<Vec<u8>, BatchError> {
    let from = objects::encryptor(from).map_err(whole)?;
    let items = pack::read_items(input).map_err(whole)?;
    let results = each(&items, |item| Box::pin(to.reseal(&from, item))).await?;
    pack::write_sealed(&results).map_err(whole)
}

fn start(
    encryptor: u32,
    len: u32,
    make: impl FnOnce(std::rc::Rc<ItemEncryptor>, Vec<u8>) -> Task,
) -> u32 {
    let input = memory::take_input(len as usize);
    task::start(match objects::encryptor(encryptor) {
        Ok(encryptor) => make(encryptor, input),
        Err(e) => Box::pin(core::future::ready(outcome(Err((None, e))))),
    })
}

/// An error and the item of the batch that it is about.
type BatchError = (Option<usize>, Error);

async fn encrypt_batch(
    encryptor: &ItemEncryptor,
    input: &[u8],
) -> core::result::Result<Vec<u8>, BatchError> {
    let items = pack::read_items(input).map_err(whole)?;
    let results = each(&items, |item| Box::pin(encryptor.encrypt(item))).await?;
    pack::write_sealed(&results).map_err(whole)
}

async fn decrypt_batch(
    encryptor: &ItemEncryptor,
    input: &[u8],
) -> core::result::Result<Vec<u8>, BatchError> {
    let items = pack::read_items(input).map_err(whole)?;
    let results = each(&items, |item| Box::pin(encryptor.decrypt(item))).await?;
    pack::write_opened(&items, &results).map_err(whole)
}

fn whole(error: Error) -> BatchError {
    (None, error)
}

/// Runs `work` on every item, several at a time; answers all results in order, or the first error.
async fn each<'a, I, T>(
    items: &'a [I],
    work: impl Fn(&'a I) -> LocalFuture<'a, Result<T>>,
) -> core::result::Result<Vec<T>, BatchError> {
    let mut results: Vec<Option<T>> = items.iter().map(|_| None).collect();
    let mut waiting = items.iter().enumerate();
    let mut running: Vec<(usize, LocalFuture<'a, Result<T>>)> = Vec::new();
    poll_fn(|context| {
        loop {
            let room = IN_PROGRESS - running.len();
            running.extend(waiting.by_ref().take(room).map(|(i, item)| (i, work(item))));
            let before = running.len();
            let mut failed = None;
            running.retain_mut(|(i, future)| match future.as_mut().poll(context) {
                Poll::Pending => true,
                Poll::Ready(Ok(result)) => {
                    results[*i] = Some(result);
                    false
                }
                Poll::Ready(Err(e)) => {
                    failed.get_or_insert(((items.len() > 1).then_some(*i), e));
                    false
                }
            });
            match failed {
                Some(error) => return Poll::Ready(Err(error)),
                None if running.is_empty() && waiting.len() == 0 => return Poll::Ready(Ok(())),
                // Those that ended made room for others, which nobody has polled yet.
                None if running.len() < before && waiting.len() > 0 => {}
                None => return Poll::Pending,
            }
        }
    })
    .await?;
    Ok(results.into_iter().flatten().collect())
}

fn outcome(result: core::result::Result<Vec<u8>, BatchError>) -> Outcome {
    match result {
        Ok(bytes) => Outcome::Packed(bytes),
        Err((item, e)) => Outcome::Failed(error::to_js(&e, item)),
    }
}

/// Starts a KMS call; a status of [`task::start`].
#[wasm_bindgen]
pub fn kms_call(client: u32, operation: String, request: JsValue) -> u32 {
    task::start(match objects::kms(client) {
        Ok(client) => kms::call(client, operation, request),
        Err(e) => Box::pin(core::future::ready(Outcome::Failed(error::to_js(&e, None)))),
    })
}

/// The value or error of the task that just ended.
#[wasm_bindgen]
pub fn take_value() -> JsValue {
    task::take_value()
}

/// Requests to the host that it has not seen yet.
#[wasm_bindgen]
pub fn take_requests() -> Vec<JsValue> {
    host::take_requests()
}

/// Answers a request of the outbox.
#[wasm_bindgen]
pub fn answer(id: u32, fulfilled: bool, value: JsValue) {
    host::answer(id, if fulfilled { Ok(value) } else { Err(value) });
}

/// Runs tasks until one ends: its id, or -1 when all that are left wait. [`finished_status`] says how.
#[wasm_bindgen]
pub fn next_finished() -> i32 {
    match task::next_finished() {
        Some(id) => id as i32,
        None => -1,
    }
}

/// How the task of [`next_finished`] ended.
#[wasm_bindgen]
pub fn finished_status() -> u32 {
    task::finished_status()
}

/// Makes a KMS client: its handle, or -1 and the error in [`take_value`].
#[wasm_bindgen]
pub fn make_kms(config: JsValue, host: JsValue) -> i32 {
    handle(objects::make_kms(config, host))
}

/// Makes a keyring: its handle, or -1 and the error in [`take_value`].
#[wasm_bindgen]
pub fn make_keyring(config: JsValue, host: JsValue) -> i32 {
    handle(objects::make_keyring(config, host))
}

/// Makes a required-encryption-context CMM: its handle, or -1 and the error in [`take_value`].
#[wasm_bindgen]
pub fn make_required_context_cmm(inner: u32, keys: Vec<String>) -> i32 {
    handle(objects::make_required_context_cmm(inner, keys))
}

/// Makes an item encryptor: its handle, or -1 and the error in [`take_value`].
#[wasm_bindgen]
pub fn make_encryptor(config: JsValue) -> i32 {
    handle(objects::make_encryptor(config))
}

/// Makes the host's cryptography known to the core: a function where it is synchronous, else an object to ask.
#[wasm_bindgen]
pub fn set_host_crypto(call: JsValue, host: JsValue, min_frame: u32, min_batch: u32) {
    host::set_crypto(call, host, min_frame, min_batch);
}

/// Lets an object go.
#[wasm_bindgen]
pub fn release(handle: u32) {
    objects::release(handle);
}

/// Parses a record's header without any key: an object, or the error.
#[wasm_bindgen]
pub fn inspect_header(header: &[u8]) -> u32 {
    task::start(Box::pin(core::future::ready(objects::inspect(header))))
}

pub(super) fn handle(made: Result<u32>) -> i32 {
    memory::wipe_stack();
    match made {
        Ok(handle) => handle as i32,
        Err(e) => {
            task::set_value(error::to_js(&e, None));
            -1
        }
    }
}
