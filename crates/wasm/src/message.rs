//! Encryption SDK messages: whole ones in one crossing, long ones and streams piece by piece.
//!
//! The input buffer holds an encryption context, counted like those of records but in any order, and then bytes of
//! plaintext or message. The output holds bytes of message or plaintext, for whole messages followed by the
//! header, the full encryption context, the context's length and the header's (u32, little-endian).

use core::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use fieldseal::error::{Error, Part, Result, Rule};
use fieldseal::host::LocalFuture;
use fieldseal::kms::count_calls;
use fieldseal::materials::{Cmm, CommitmentPolicy, EncryptionContext, Suite};
use fieldseal::message::{
    ContentType, DecryptOptions, Decryptor, EncryptOptions, Encryptor, Header, HeaderLimits,
    ResealOptions, Resealer,
};
use fieldseal::wire::Reader;

use super::build::NewObject;
use super::exports::handle;
use super::handles::{self, Object};
use super::session::MessageState;
use super::task::{self, Outcome, Task};
use super::{error, make, memory};

/// Long messages are read in pieces; a whole one has at most this many bytes to hold at once.
const MAX_WHOLE: usize = 1 << 30;

/// What of a message is configured by numbers; each is checked here.
struct Numbers {
    policy: CommitmentPolicy,
    suite: Option<&'static Suite>,
    limits: HeaderLimits,
}

impl Numbers {
    /// `how` is the suite's id, 0 when the caller names none, and above its 16 bits the policy; a header may have
    /// `max_keys` encrypted data keys and `max_header` bytes.
    fn new(how: u32, max_keys: u32, max_header: u32) -> Result<Self> {
        let policy = match how >> 16 {
            0 => CommitmentPolicy::EsdkForbidEncryptAllowDecrypt,
            1 => CommitmentPolicy::EsdkRequireEncryptAllowDecrypt,
            2 => CommitmentPolicy::EsdkRequireEncryptRequireDecrypt,
            _ => return Err(Error::bug("an unknown commitment policy")),
        };
        let suite = match how as u16 {
            0 => None,
            id => {
                let known = Suite::by_id(id).filter(|s| !s.is_dbe());
                let unknown =
                    || Error::misuse(Rule::Suite, "algorithmSuite is not a message suite");
                Some(known.ok_or_else(unknown)?)
            }
        };
        let limits = HeaderLimits {
            max_encrypted_data_keys: u16::try_from(max_keys).ok(),
            max_length: max_header as usize,
        };
        Ok(Self { policy, suite, limits })
    }

    /// How to read a message; suites that sign are welcome, unless changed.
    fn reading(&self, reproduced: EncryptionContext, max_frame_length: usize) -> DecryptOptions {
        DecryptOptions {
            policy: self.policy,
            reproduced,
            limits: self.limits,
            max_frame_length,
            require_unsigned: false,
        }
    }

    /// How to write a message.
    fn writing<'a>(
        &self,
        cmm: &'a dyn Cmm,
        context: EncryptionContext,
        frame_length: u32,
        max_plaintext: Option<u64>,
    ) -> EncryptOptions<'a> {
        EncryptOptions {
            cmm,
            policy: self.policy,
            suite: self.suite,
            context,
            frame_length,
            limits: self.limits,
            max_plaintext,
        }
    }
}

/// The context at the start of the input; the rest of the reader is what follows it.
fn read_context(r: &mut Reader<'_>) -> Result<EncryptionContext> {
    let mut pairs = Vec::new();
    for _ in 0..r.u16()? {
        pairs.push((r.str16()?.to_owned(), r.str16()?.to_owned()));
    }
    let mut context = EncryptionContext::new();
    context.extend(pairs)?;
    Ok(context)
}

fn split_input(input: &[u8]) -> Result<(EncryptionContext, &[u8])> {
    let mut r = Reader::new(input, Part::HostInput);
    let context = read_context(&mut r)?;
    let n = r.remaining();
    Ok((context, r.take(n)?))
}

/// Runs `work` on `len` bytes of input.
fn start(
    len: u32,
    work: impl for<'a> FnOnce(&'a [u8]) -> LocalFuture<'a, Result<Vec<u8>>> + 'static,
) -> u32 {
    let input = memory::take_input(len as usize);
    let task: Task = Box::pin(async move {
        let result = work(&input).await;
        memory::recycle_input(input);
        match result {
            Ok(bytes) => Outcome::Packed(bytes, JsValue::UNDEFINED),
            Err(e) => Outcome::Failed(error::to_js(&e, None)),
        }
    });
    task::start(task)
}

fn put_trailer(out: &mut Vec<u8>, header: &[u8], context: &EncryptionContext) -> Result<()> {
    out.extend_from_slice(header);
    let start = out.len();
    context.write_counted(out)?;
    let n = out.len() - start;
    out.extend_from_slice(&(n as u32).to_le_bytes());
    out.extend_from_slice(&(header.len() as u32).to_le_bytes());
    Ok(())
}

/// Encrypts the input as one message; a status of [`task::start`].
#[wasm_bindgen]
pub fn encrypt_message(
    materials: u32,
    how: u32,
    frame_length: u32,
    max_keys: u32,
    max_header: u32,
    len: u32,
) -> u32 {
    start(len, move |input| {
        Box::pin(async move {
            let numbers = Numbers::new(how, max_keys, max_header)?;
            let (context, plaintext) = split_input(input)?;
            let cmm = handles::cmm(materials)?;
            // All the room at once: header and trailer are small, and frames have at most 40 bytes around them.
            let frames = plaintext.len() / (frame_length.max(1) as usize) + 1;
            let mut out = Vec::with_capacity(plaintext.len() + 40 * frames + 2048);
            let bound = Some(plaintext.len() as u64);
            let options = numbers.writing(&*cmm, context, frame_length, bound);
            let (header, context) = Encryptor::encrypt(options, plaintext, &mut out).await?;
            let header = out.get(..header).unwrap_or_default().to_vec();
            put_trailer(&mut out, &header, &context)?;
            Ok(out)
        })
    })
}

/// Decrypts the input, which is one whole message; a status of [`task::start`].
#[wasm_bindgen]
pub fn decrypt_message(materials: u32, how: u32, max_keys: u32, max_header: u32, len: u32) -> u32 {
    start(len, move |input| {
        Box::pin(async move {
            let numbers = Numbers::new(how, max_keys, max_header)?;
            let (reproduced, message) = split_input(input)?;
            let cmm = handles::cmm(materials)?;
            let mut decryptor = Decryptor::new(numbers.reading(reproduced, MAX_WHOLE));
            let mut out = Vec::with_capacity(message.len());
            decryptor.update(message, &*cmm, &mut out).await?;
            decryptor.finish()?;
            let (_, context) =
                decryptor.header().ok_or_else(|| Error::bug("no header was read"))?;
            put_trailer(&mut out, decryptor.header_bytes(), context)?;
            Ok(out)
        })
    })
}

/// Begins a message that is encrypted piece by piece: the output is its header. A status of [`task::start`].
///
/// `session` is a handle of [`make_session`]. `max_plaintext` is negative when there is no bound.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments, reason = "numbers cross one by one")]
pub fn begin_encryption(
    session: u32,
    materials: u32,
    how: u32,
    frame_length: u32,
    max_keys: u32,
    max_header: u32,
    max_plaintext: f64,
    len: u32,
) -> u32 {
    start(len, move |input| {
        Box::pin(async move {
            let numbers = Numbers::new(how, max_keys, max_header)?;
            let session = handles::session(session)?;
            let (context, _) = split_input(input)?;
            let cmm = handles::cmm(materials)?;
            let mut out = Vec::new();
            // The cast saturates.
            let bound = (max_plaintext >= 0.0).then_some(max_plaintext as u64);
            let options = numbers.writing(&*cmm, context, frame_length, bound);
            let encryptor = Encryptor::begin(options, &mut out).await?;
            session.replace(Some(MessageState::Encrypting(Box::new(encryptor))));
            Ok(out)
        })
    })
}

/// Begins a message that is decrypted piece by piece: nothing of it has been read. A status of [`task::start`].
#[wasm_bindgen]
#[allow(clippy::too_many_arguments, reason = "numbers cross one by one")]
pub fn begin_decryption(
    session: u32,
    materials: u32,
    how: u32,
    max_keys: u32,
    max_header: u32,
    max_frame_length: u32,
    require_unsigned: bool,
    len: u32,
) -> u32 {
    start(len, move |input| {
        Box::pin(async move {
            let numbers = Numbers::new(how, max_keys, max_header)?;
            let session = handles::session(session)?;
            let (reproduced, _) = split_input(input)?;
            let reading = numbers.reading(reproduced, max_frame_length as usize);
            let decryptor = Decryptor::new(DecryptOptions { require_unsigned, ..reading });
            let cmm = handles::cmm(materials)?;
            session.replace(Some(MessageState::Decrypting(Box::new(decryptor), cmm)));
            Ok(Vec::new())
        })
    })
}

/// Begins a message that is resealed piece by piece: nothing of it has been read. A status of [`task::start`].
///
/// The input is the context that the old message must have, a byte that says whether there is a new one, and that. The
/// suite and `frame_length` are 0 where the old message's are kept.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments, reason = "numbers cross one by one")]
pub fn begin_reseal(
    session: u32,
    from: u32,
    to: u32,
    how: u32,
    frame_length: u32,
    max_keys: u32,
    max_header: u32,
    len: u32,
) -> u32 {
    start(len, move |input| {
        Box::pin(async move {
            let numbers = Numbers::new(how, max_keys, max_header)?;
            let session = handles::session(session)?;
            let mut r = Reader::new(input, Part::HostInput);
            let reproduced = read_context(&mut r)?;
            let context = if r.u8()? == 1 { Some(read_context(&mut r)?) } else { None };
            let reading = numbers.reading(reproduced, MAX_WHOLE);
            let writing = ResealOptions {
                cmm: handles::cmm(to)?,
                policy: numbers.policy,
                suite: numbers.suite,
                context,
                frame_length: (frame_length > 0).then_some(frame_length),
                limits: numbers.limits,
            };
            let resealer = Resealer::new(reading, handles::cmm(from)?, writing);
            session.replace(Some(MessageState::Resealing(Box::new(resealer), 0)));
            Ok(Vec::new())
        })
    })
}

/// How many KMS calls the resealing of a message has made.
#[wasm_bindgen]
pub fn reseal_calls(session: u32) -> f64 {
    let Ok(session) = handles::session(session) else { return 0.0 };
    match &*session.borrow() {
        Some(MessageState::Resealing(_, calls) | MessageState::Resealed(calls)) => *calls as f64,
        _ => 0.0,
    }
}

/// Works on the next piece, or the `last`; the output is what that gives. `more` says that another with at least a byte
/// follows. A status of [`task::start`].
#[wasm_bindgen]
pub fn next_piece(session: u32, last: bool, more: bool, len: u32) -> u32 {
    start(len, move |input| {
        Box::pin(async move {
            let session = handles::session(session)?;
            let taken = session.borrow_mut().take();
            let mut out = Vec::new();
            let middle = match taken
                .ok_or_else(|| Error::bug("a message that is not in the middle"))?
            {
                MessageState::Encrypting(encryptor) if last => {
                    encryptor.finish(input, &mut out).await?;
                    return Ok(out);
                }
                MessageState::Encrypting(mut encryptor) => {
                    match more {
                        true => encryptor.update_before_more(input, &mut out).await?,
                        false => encryptor.update(input, &mut out).await?,
                    }
                    MessageState::Encrypting(encryptor)
                }
                MessageState::Decrypting(mut decryptor, cmm) => {
                    decryptor.update(input, &*cmm, &mut out).await?;
                    if last {
                        decryptor.finish()?;
                    }
                    MessageState::Decrypting(decryptor, cmm)
                }
                MessageState::Resealing(resealer, calls) if last => {
                    let (result, more) = count_calls(resealer.finish(input, &mut out)).await;
                    result.map(|()| MessageState::Resealed(calls + more))?
                }
                MessageState::Resealing(mut resealer, calls) => {
                    let (result, more) = count_calls(resealer.update(input, &mut out)).await;
                    result.map(|()| MessageState::Resealing(resealer, calls + more))?
                }
                MessageState::Resealed(_) => return Err(Error::bug("a message that has ended")),
            };
            session.replace(Some(middle));
            Ok(out)
        })
    })
}

/// Makes the place of a message in the middle: its handle, or -1 and the error in [`take_value`](super::exports::take_value).
#[wasm_bindgen]
pub fn make_session() -> i32 {
    handle(handles::add(Object::Session(Rc::new(RefCell::new(None)))))
}

/// How many bytes come after the header of a message in the middle if `len` bytes of plaintext go in; or out of it if it
/// has `len` bytes with its header. 0 while that is not known.
#[wasm_bindgen]
pub fn session_room(session: u32, len: f64) -> f64 {
    let Ok(session) = handles::session(session) else { return 0.0 };
    let len = len as u64;
    let room = match &*session.borrow() {
        Some(MessageState::Encrypting(encryptor)) => encryptor.header().sealed_len(len),
        Some(MessageState::Decrypting(decryptor, _)) => {
            decryptor.header().map_or(0, |(header, _)| {
                header.opened_len(len.saturating_sub(decryptor.header_bytes().len() as u64))
            })
        }
        _ => 0,
    };
    room as f64
}

/// The header of a message in the middle, once it has verified, else `undefined`.
#[wasm_bindgen]
pub fn session_header(session: u32) -> JsValue {
    let Ok(session) = handles::session(session) else { return JsValue::UNDEFINED };
    let middle = session.borrow();
    let verified = match &*middle {
        Some(MessageState::Encrypting(encryptor)) => {
            Some((encryptor.header(), encryptor.context()))
        }
        Some(MessageState::Decrypting(decryptor, _)) => decryptor.header(),
        Some(MessageState::Resealing(resealer, _)) => {
            resealer.encryptor().map(|encryptor| (encryptor.header(), encryptor.context()))
        }
        Some(MessageState::Resealed(_)) | None => None,
    };
    verified.map_or(JsValue::UNDEFINED, |(header, context)| {
        let object = describe(header);
        object.pairs("encryptionContext", context.iter());
        object.into_js()
    })
}

/// Parses a message's header without any key: an object, or the error.
#[wasm_bindgen]
pub fn inspect_message(message: &[u8], max_header: u32) -> u32 {
    let limits = HeaderLimits { max_length: max_header as usize, ..HeaderLimits::NONE };
    let outcome = match Header::parse(message, limits) {
        Ok(header) => Outcome::Value(describe(&header).into_js()),
        Err(e) => Outcome::Failed(error::to_js(&e, None)),
    };
    task::start(Box::pin(core::future::ready(outcome)))
}

fn describe(header: &Header) -> NewObject {
    let object = NewObject::new();
    object
        .number("version", header.version().into())
        .text("algorithmSuite", &format!("{:04x}", header.suite.id))
        .bytes("messageId", &header.message_id)
        .pairs("storedEncryptionContext", header.stored_context.iter())
        .list("encryptedDataKeys", make::describe_keys(&header.encrypted_data_keys))
        .number("frameLength", header.frame_length.into());
    debug_assert_eq!(header.frame_length == 0, header.content_type == ContentType::NonFramed);
    object
}
