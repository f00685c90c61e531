//! Decrypt (`client-apis/decrypt.md`), piece by piece: header, materials, header tag, body, signature, in this order.

use crate::crypto::{
    Curve, Direction, GcmBatch, MessageHash, Secret, VerifyingKey, constant_time_eq, gcm_open,
};
use crate::error::{Check, Error, Part, Result, Rule};
use crate::interop;
use crate::materials::{
    Cmm, CommitmentPolicy, DecryptionMaterials, DecryptionRequest, EncryptionContext,
};
use crate::wire::{Reader, Sink, put_zeros};

use super::body::{self, Found, Piece};
use super::header::{ContentType, Header, HeaderAuth, HeaderLimits, HeaderScan};
use super::keys::MessageKeys;

/// The most frames' bytes that one batch opens: bounds what a piece needs beyond itself.
const BATCH: usize = 1 << 20;

/// How a message is to be read.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::materials::{CommitmentPolicy, EncryptionContext};
/// # use fieldseal::materials::{DefaultCmm, RawAesKeyring};
/// use fieldseal::message::{DecryptOptions, Decryptor, HeaderLimits};
/// # use fieldseal::message::{EncryptOptions, Encryptor};
///
/// # fieldseal_doctest::run(async {
/// # let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), vec![7; 32][..].into())?;
/// # let cmm = DefaultCmm::new(Rc::new(keyring));
/// # let policy = CommitmentPolicy::EsdkRequireEncryptRequireDecrypt;
/// # let (suite, context, frame_length, max_plaintext) = (None, EncryptionContext::new(), 4096, None);
/// # let limits = HeaderLimits::default();
/// # let options = EncryptOptions { cmm: &cmm, policy, suite, context, frame_length, limits, max_plaintext };
/// # let mut message = Vec::new();
/// # Encryptor::encrypt(options, b"hello", &mut message).await?;
/// let options = DecryptOptions {
///     policy: CommitmentPolicy::EsdkRequireEncryptRequireDecrypt,
///     reproduced: EncryptionContext::new(),
///     limits: HeaderLimits::default(),
///     max_frame_length: 1 << 20,
///     require_unsigned: false,
/// };
/// // `message` is signed: nothing of it is to be used before `finish` has succeeded.
/// let mut plaintext = Vec::new();
/// let mut decryptor = Decryptor::new(options.clone());
/// decryptor.update(&message, &cmm, &mut plaintext).await?;
/// decryptor.finish()?;
/// assert_eq!(plaintext, b"hello");
///
/// // Where plaintext is used as it comes, such a message is refused at once.
/// let mut decryptor = Decryptor::new(DecryptOptions { require_unsigned: true, ..options });
/// let refused = decryptor.update(&message, &cmm, &mut plaintext).await;
/// assert_eq!(refused.unwrap_err().code(), "SUITE_NOT_ALLOWED");
/// # Ok(())
/// # });
/// ```
#[derive(Clone)]
pub struct DecryptOptions {
    /// Which suites are allowed.
    pub policy: CommitmentPolicy,
    /// Encryption context that the message must have, besides what it stores.
    pub reproduced: EncryptionContext,
    /// What its header may cost.
    pub limits: HeaderLimits,
    /// The longest frame, or body without frames, in bytes: it is held until it has verified.
    pub max_frame_length: usize,
    /// Refuse suites that sign as soon as the header is read: their frames are released before the signature is
    /// verified.
    pub require_unsigned: bool,
}

/// A message being read (`client-apis/decrypt.md`); [`Encryptor`](super::Encryptor) has an example of both.
///
/// What [`update`](Self::update) releases has verified under the data key. In suites that sign, though, the signature
/// stands at the end: until [`finish`](Self::finish) has succeeded, released frames may come from anyone who can open
/// the message. The last frame is only released then.
pub struct Decryptor {
    options: DecryptOptions,
    state: State,
    /// Bytes that nothing could be made of yet.
    pending: Vec<u8>,
}

enum State {
    Header(HeaderScan),
    Body(Box<Opened>),
    Footer(Box<Opened>),
    Done(Box<Opened>),
    /// An error ended it.
    Failed,
}

/// A message whose header has verified.
struct Opened {
    header: Header,
    header_bytes: Vec<u8>,
    context: EncryptionContext,
    key: Secret,
    signature: Option<Signature>,
    sequence: u32,
    /// The last frame, until the signature has verified.
    last: Secret,
}

impl Decryptor {
    /// A message of which nothing has been read.
    pub fn new(options: DecryptOptions) -> Self {
        let scan = HeaderScan::new(options.limits);
        Self { options, state: State::Header(scan), pending: Vec::new() }
    }

    /// The header and the full encryption context, once they have verified.
    pub fn header(&self) -> Option<(&Header, &EncryptionContext)> {
        match &self.state {
            State::Body(opened) | State::Footer(opened) | State::Done(opened) => {
                Some((&opened.header, &opened.context))
            }
            State::Header(_) | State::Failed => None,
        }
    }

    /// The header as it stands in the message, once it has verified; empty before.
    pub fn header_bytes(&self) -> &[u8] {
        match &self.state {
            State::Body(opened) | State::Footer(opened) | State::Done(opened) => {
                &opened.header_bytes
            }
            State::Header(_) | State::Failed => &[],
        }
    }

    /// Takes more of the message and appends to `out` what may be released.
    ///
    /// After an error nothing more can be read. `out` then holds what earlier calls released, and nothing of this
    /// one's that has not verified.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) ([`Part::Message`]) for what is not a message;
    /// [`Fault::Unauthentic`](crate::error::Fault::Unauthentic) for one that was changed; [`Fault::Limit`](crate::error::Fault::Limit)
    /// for one that exceeds the options; those of the CMM.
    pub async fn update(&mut self, bytes: &[u8], cmm: &dyn Cmm, out: &mut Vec<u8>) -> Result<()> {
        let mut pending = core::mem::take(&mut self.pending);
        let read = if pending.is_empty() {
            self.read(bytes, cmm, out).await.map(|used| {
                pending.extend_from_slice(bytes.get(used..).unwrap_or_default());
            })
        } else {
            pending.extend_from_slice(bytes);
            self.read(&pending, cmm, out).await.map(|used| drop(pending.drain(..used)))
        };
        self.pending = pending;
        if read.is_err() {
            self.state = State::Failed;
        }
        read
    }

    /// Ends the message.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) ([`Part::Message`]) if the message ends too early.
    pub fn finish(&mut self) -> Result<()> {
        let whole = matches!(self.state, State::Done(_)) && self.pending.is_empty();
        if whole {
            return Ok(());
        }
        self.state = State::Failed;
        Err(Error::malformed(Part::Message, "it ends too early"))
    }

    /// Reads what is complete at the start of `bytes`; returns how much of them that was.
    async fn read(&mut self, bytes: &[u8], cmm: &dyn Cmm, out: &mut Vec<u8>) -> Result<usize> {
        let mut at = 0;
        loop {
            self.state = match core::mem::replace(&mut self.state, State::Failed) {
                State::Header(mut scan) => {
                    let Some(end) = scan.advance(bytes)? else {
                        self.state = State::Header(scan);
                        return Ok(at);
                    };
                    at = end;
                    let header = bytes.get(..end).unwrap_or_default();
                    State::Body(Box::new(open_header(header, &self.options, cmm).await?))
                }
                State::Body(mut opened) => {
                    let max = self.options.max_frame_length;
                    match opened.read_batch(bytes, &mut at, max, out).await? {
                        Progress::Waits => {
                            opened.hash(bytes.get(..at).unwrap_or_default())?;
                            self.state = State::Body(opened);
                            return Ok(at);
                        }
                        Progress::Goes => State::Body(opened),
                        Progress::Ended if opened.signature.is_some() => State::Footer(opened),
                        Progress::Ended => State::Done(opened),
                    }
                }
                State::Footer(mut opened) => {
                    let (signed, rest) = bytes.split_at_checked(at).unwrap_or_default();
                    let mut r = Reader::new(rest, Part::Message);
                    if !r.has(2) || !r.has(2 + usize::from(r.clone().u16()?)) {
                        opened.hash(signed)?;
                        self.state = State::Footer(opened);
                        return Ok(at);
                    }
                    let signature = r.bytes16()?;
                    let expected =
                        opened.signature.take().ok_or_else(|| Error::bug("no signature"))?;
                    if !expected.matches(signed, signature).await? {
                        return Err(Error::unauthentic(Check::Signature));
                    }
                    at += rest.len() - r.remaining();
                    out.put(&core::mem::take(&mut opened.last));
                    State::Done(opened)
                }
                State::Done(opened) => {
                    self.state = State::Done(opened);
                    return match bytes.len() - at {
                        0 => Ok(at),
                        _ => Err(Error::malformed(Part::Message, "unexpected bytes at its end")),
                    };
                }
                State::Failed => {
                    let problem = "this message could not be read; begin again from its start";
                    return Err(Error::misuse(Rule::Argument, problem));
                }
            };
        }
    }
}

/// What the signature is to be checked with.
struct Signature {
    key: VerifyingKey,
    hash: MessageHash,
    /// Whether anything has been hashed: not before it is known that the message comes in pieces.
    fed: bool,
}

impl Signature {
    /// Whether `der` is the signature over what has been hashed and `rest`.
    async fn matches(mut self, rest: &[u8], der: &[u8]) -> Result<bool> {
        if self.key.curve() == Curve::P256 && !self.fed {
            // All of the message is here: a host that verifies on this curve hashes it, too.
            return self.key.verify_fast(rest, der).await;
        }
        self.hash.put(rest)?;
        self.key.verify_hash(self.hash, der)
    }
}

enum Progress {
    /// The next frame is not all there.
    Waits,
    /// There may be more frames.
    Goes,
    /// That was the last frame.
    Ended,
}

impl Opened {
    /// Opens the frames that are there from `at` on, up to a batch of them, and moves `at` behind them.
    async fn read_batch(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        max: usize,
        out: &mut Vec<u8>,
    ) -> Result<Progress> {
        let (mut aads, mut tasks, mut plain) = (Vec::new(), Vec::new(), 0);
        let progress = loop {
            let found = body::find(bytes, *at, &self.header, self.sequence, max)?;
            let Some(found) = found else { break Progress::Waits };
            let last = found.piece != Piece::Regular;
            // A last frame that waits for a signature goes elsewhere, alone.
            if last && self.signature.is_some() {
                if tasks.is_empty() {
                    return self.hold_last(bytes, at, &found).await;
                }
                break Progress::Goes;
            }
            let output = plain..plain + found.content_len();
            plain = output.end;
            tasks.push(found.task(&self.header, self.sequence, output, &mut aads));
            *at = found.sealed.end;
            if last {
                break Progress::Ended;
            }
            // Invariant: a frame with the number u32::MAX would have been read as a last one.
            self.sequence = self.sequence.wrapping_add(1);
            if plain >= BATCH {
                break Progress::Goes;
            }
        };
        if !tasks.is_empty() {
            let start = out.len();
            put_zeros(out, plain);
            let output = out.get_mut(start..).unwrap_or_default();
            let (direction, key) = (Direction::Open, &self.key);
            let batch = GcmBatch { direction, key, aads, input: bytes, output, tasks };
            if let Err(error) = batch.run().await {
                out.truncate(start);
                return Err(error);
            }
        }
        Ok(progress)
    }

    async fn hold_last(&mut self, bytes: &[u8], at: &mut usize, found: &Found) -> Result<Progress> {
        let mut aads = Vec::new();
        let mut last = Secret::zeros(found.content_len());
        let tasks = vec![found.task(&self.header, self.sequence, 0..last.len(), &mut aads)];
        let (direction, key, output) = (Direction::Open, &self.key, last.bytes_mut());
        GcmBatch { direction, key, aads, input: bytes, output, tasks }.run().await?;
        self.last = last;
        *at = found.sealed.end;
        Ok(Progress::Ended)
    }

    /// Takes note of bytes that are signed and will not be seen again.
    fn hash(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some(signature) = &mut self.signature {
            signature.hash.put(bytes)?;
            signature.fed |= !bytes.is_empty();
        }
        Ok(())
    }
}

async fn open_header(bytes: &[u8], options: &DecryptOptions, cmm: &dyn Cmm) -> Result<Opened> {
    let (header, authenticated, auth) = Header::read(bytes)?;
    let policy = options.policy;
    policy.check_decrypt(header.suite)?;
    if options.require_unsigned && header.suite.signature.is_some() {
        let suite = header.suite;
        let problem = format!("the message has the signing suite {suite} (requireUnsigned)");
        return Err(Error::misuse(Rule::Suite, problem));
    }
    let request = DecryptionRequest {
        suite: header.suite,
        policy,
        encrypted_data_keys: &header.encrypted_data_keys,
        stored: &header.stored_context,
        reproduced: &options.reproduced,
    };
    let materials = cmm.for_decryption(request).await?;
    materials.check(header.suite)?;
    let body = bytes.get(..authenticated).unwrap_or_default();
    let key = verify_header(&header, body, &auth, &materials)?;
    let context = materials.context.clone();
    let signature = materials.verifying_key.clone().map(|key| {
        let hash = MessageHash::new(key.curve());
        Signature { key, hash, fed: false }
    });
    let header_bytes = bytes.to_vec();
    Ok(Opened {
        header,
        header_bytes,
        context,
        key,
        signature,
        sequence: 1,
        last: Secret::default(),
    })
}

/// The key of the body, if the header verifies with it.
fn verify_header(
    header: &Header,
    body: &[u8],
    auth: &HeaderAuth,
    materials: &DecryptionMaterials,
) -> Result<Secret> {
    let keys = MessageKeys::derive(header.suite, &materials.data_key, &header.message_id)?;
    match (&keys.commitment, &header.commitment) {
        (None, None) => {}
        (Some(derived), Some(stored)) if constant_time_eq(&**derived, stored) => {}
        _ => return Err(Error::unauthentic(Check::Commitment)),
    }
    let only_authenticated = materials.context.only(&materials.required_keys);
    let fits = |key: &Secret, context: &[u8]| {
        let aad = [body, context].concat();
        gcm_open(key, &auth.iv, &aad, &auth.tag, &mut Vec::new()).is_ok()
    };
    if fits(&keys.content, &only_authenticated.aad()?) {
        return Ok(keys.content);
    }
    // A writer with two faults of its own, which the libraries go on reading.
    let (id, context) = interop::net_4_0_0(header.suite.commits, &header.message_id);
    let keys = MessageKeys::derive(header.suite, &materials.data_key, id)?;
    let aad = if only_authenticated.is_empty() { context } else { only_authenticated.aad()? };
    match fits(&keys.content, &aad) {
        true => Ok(keys.content),
        false => Err(Error::unauthentic(Check::HeaderTag)),
    }
}

impl Header {
    /// Whether all of the body is one piece.
    pub fn is_framed(&self) -> bool {
        self.content_type == ContentType::Framed
    }
}
