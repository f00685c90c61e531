//! What JavaScript calls. Every function returns; none throws, and none traps on what it is given.

use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use fieldseal::error::Result;

use super::batch::{self, Work};
use super::read::given_strings;
use super::task::{self, Outcome};
use super::{error, handles, host, kms, make, memory, offload};

/// Room for `len` bytes of input; returns their address. With `keep`, those that are there stay.
#[wasm_bindgen]
pub fn reserve_input(len: u32, keep: bool) -> *const u8 {
    memory::reserve_input(len as usize, keep)
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

/// Seals the packed items in the input; a status of [`task::start`]. Where the batch is to `settle`, the value beside the
/// output is an array of the errors of the items that failed.
#[wasm_bindgen]
pub fn encrypt_items(encryptor: u32, settle: bool, len: u32) -> u32 {
    start(handles::encryptor(encryptor).map(Work::Seal), settle, len)
}

/// Opens the packed items in the input; otherwise as [`encrypt_items`].
#[wasm_bindgen]
pub fn decrypt_items(encryptor: u32, settle: bool, len: u32) -> u32 {
    start(handles::encryptor(encryptor).map(Work::Open), settle, len)
}

/// Opens the packed items in the input with one encryptor and seals them with another; otherwise as [`encrypt_items`]. The
/// output ends with the number of KMS calls (u32, little-endian).
#[wasm_bindgen]
pub fn reseal_items(from: u32, to: u32, settle: bool, len: u32) -> u32 {
    let both = || Ok(Work::Reseal(handles::encryptor(from)?, handles::encryptor(to)?));
    start(both(), settle, len)
}

fn start(work: Result<Work>, settle: bool, len: u32) -> u32 {
    task::start(Box::pin(batch::run(work, settle, memory::take_input(len as usize))))
}

/// Starts a KMS call; a status of [`task::start`].
#[wasm_bindgen]
pub fn kms_call(client: u32, operation: String, request: JsValue) -> u32 {
    task::start(match handles::kms(client) {
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

/// Requests that the host has seen and for whose answers nobody waits any more, as far as it has not been told.
#[wasm_bindgen]
pub fn take_withdrawn() -> Vec<u32> {
    host::take_withdrawn()
}

/// Lets go of a task that waits; nothing comes of it any more.
#[wasm_bindgen]
pub fn cancel(task: u32) {
    task::cancel(task);
}

/// Gives the answer to a request of the outbox.
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
pub fn make_kms(
    #[wasm_bindgen(unchecked_param_type = "KmsConfig")] config: JsValue,
    host: JsValue,
) -> i32 {
    handle(make::make_kms(config, host))
}

/// Makes a keyring: its handle, or -1 and the error in [`take_value`].
#[wasm_bindgen]
pub fn make_keyring(
    #[wasm_bindgen(unchecked_param_type = "KeyringConfig")] config: JsValue,
    host: JsValue,
) -> i32 {
    handle(make::make_keyring(config, host))
}

/// Makes a required-encryption-context CMM: its handle, or -1 and the error in [`take_value`].
#[wasm_bindgen]
pub fn make_required_context_cmm(
    inner: u32,
    #[wasm_bindgen(unchecked_param_type = "string[]")] keys: Array,
) -> i32 {
    handle(given_strings(&keys).and_then(|keys| make::make_required_context_cmm(inner, keys)))
}

/// Makes an item encryptor: its handle, or -1 and the error in [`take_value`].
#[wasm_bindgen]
pub fn make_encryptor(
    #[wasm_bindgen(unchecked_param_type = "EncryptorConfig")] config: JsValue,
) -> i32 {
    handle(make::make_encryptor(config))
}

/// Makes the host's cryptography known to the core: a function where it is synchronous, else an object to ask.
#[wasm_bindgen]
pub fn set_host_crypto(call: JsValue, host: JsValue, min_frame: u32, min_batch: u32) {
    offload::set_crypto(call, host, min_frame, min_batch);
}

/// Lets an object go.
#[wasm_bindgen]
pub fn release(handle: u32) {
    handles::release(handle);
}

/// Parses a record's header without any key: an object, or the error.
#[wasm_bindgen]
pub fn inspect_header(header: &[u8]) -> u32 {
    task::start(Box::pin(core::future::ready(make::inspect(header))))
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
