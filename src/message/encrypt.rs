//! Encrypt (`client-apis/encrypt.md`), piece by piece.

use crate::crypto::{
    Direction, GCM_TAG_LEN, GcmBatch, GcmTask, MessageHash, Secret, SigningKey, gcm_seal,
    random_secret,
};
use crate::error::{Error, Part, Result, Rule};
use crate::materials::{
    Cmm, CommitmentPolicy, EncryptionContext, EncryptionRequest, RESERVED_PREFIX, Suite,
};
use crate::wire::{Sink, put_bytes16, put_zeros};

use super::body::{Piece, aad, iv, put_frame_header};
use super::header::{ContentType, Header, HeaderAuth, HeaderLimits, message_id_len, version};
use super::keys::MessageKeys;

/// Frame length in bytes when the caller gives none; [`EncryptOptions`] has an example.
///
/// AWS's libraries have 4,096 bytes. A frame costs its host a beginning and an end: with these, a message of a mebibyte takes
/// half the time. It is not longer because readers of streams hold a frame, and longer ones save little.
pub const DEFAULT_FRAME_LENGTH: u32 = 65_536;

/// The most bytes that one batch of frames has: bounds what a piece needs beyond itself.
const BATCH: usize = 1 << 20;

/// How a message is to be made.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::materials::{CommitmentPolicy, DefaultCmm, EncryptionContext, RawAesKeyring};
/// use fieldseal::message::{DEFAULT_FRAME_LENGTH, EncryptOptions, Encryptor, HeaderLimits};
///
/// # fieldseal_doctest::run(async {
/// # let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), vec![7; 32][..].into())?;
/// # let cmm = DefaultCmm::new(Rc::new(keyring));
/// let mut context = EncryptionContext::new();
/// context.insert("tenant", "a")?;
/// let options = EncryptOptions {
///     cmm: &cmm,
///     policy: CommitmentPolicy::EsdkRequireEncryptRequireDecrypt,
///     suite: None, // AES-256-GCM with key commitment and signature
///     context,
///     frame_length: DEFAULT_FRAME_LENGTH,
///     limits: HeaderLimits::default(),
///     max_plaintext: Some(1 << 20),
/// };
/// let mut message = Vec::new();
/// let (header_len, context) = Encryptor::encrypt(options, b"hello", &mut message).await?;
/// assert!(header_len < message.len());
/// assert_eq!(context.value("tenant"), Some("a"));
/// # Ok(())
/// # });
/// ```
pub struct EncryptOptions<'a> {
    /// Where the materials come from.
    pub cmm: &'a dyn Cmm,
    /// Which suites are allowed.
    pub policy: CommitmentPolicy,
    /// The suite; the policy's default when absent.
    pub suite: Option<&'static Suite>,
    /// The caller's encryption context; keys must not begin with `aws-crypto-`.
    pub context: EncryptionContext,
    /// Bytes of plaintext in a frame, 1 to 2^32 - 1.
    pub frame_length: u32,
    /// What its header may cost a reader.
    pub limits: HeaderLimits,
    /// The most bytes of plaintext that will come; more is refused.
    pub max_plaintext: Option<u64>,
}

/// A message in the making (`client-apis/encrypt.md`); [`EncryptOptions`] has an example of one that is made at once.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::crypto::Secret;
/// use fieldseal::materials::{CommitmentPolicy, DefaultCmm, EncryptionContext, RawAesKeyring, Suite};
/// use fieldseal::message::{DecryptOptions, Decryptor, EncryptOptions, Encryptor, HeaderLimits};
///
/// # fieldseal_doctest::run(async {
/// let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), Secret::new(vec![7; 32]))?;
/// let cmm = DefaultCmm::new(Rc::new(keyring));
/// let policy = CommitmentPolicy::EsdkRequireEncryptRequireDecrypt;
///
/// let options = EncryptOptions {
///     cmm: &cmm,
///     policy,
///     suite: Suite::by_id(0x0478),
///     context: EncryptionContext::new(),
///     frame_length: 4096,
///     limits: HeaderLimits::default(),
///     max_plaintext: None,
/// };
/// let mut message = Vec::new();
/// let mut encryptor = Encryptor::begin(options, &mut message).await?;
/// assert_eq!(encryptor.header().frame_length, 4096);
/// assert!(encryptor.context().is_empty()); // nothing was given, and the suite does not sign
/// encryptor.update_before_more(b"piece ", &mut message).await?; // it is known that more comes
/// encryptor.update(b"by ", &mut message).await?;
/// encryptor.finish(b"piece", &mut message).await?;
///
/// let mut decryptor = Decryptor::new(DecryptOptions {
///     policy,
///     reproduced: EncryptionContext::new(),
///     limits: HeaderLimits::default(),
///     max_frame_length: 1 << 20,
///     require_unsigned: true, // what `update` releases has verified
/// });
/// let mut plaintext = Vec::new();
/// for piece in message.chunks(100) {
///     decryptor.update(piece, &cmm, &mut plaintext).await?;
/// }
/// decryptor.finish()?; // an error if the message is cut short
/// let (header, context) = decryptor.header().unwrap();
/// assert_eq!((header.suite.id, context.is_empty()), (0x0478, true));
/// assert!(message.starts_with(decryptor.header_bytes()));
/// assert_eq!(plaintext, b"piece by piece");
/// # Ok(())
/// # });
/// ```
pub struct Encryptor {
    header: Header,
    context: EncryptionContext,
    key: Secret,
    signing: Option<(SigningKey, MessageHash)>,
    sequence: u32,
    /// Plaintext that no frame has yet: at most one frame, held back because it may be the last.
    held: Secret,
    /// Plaintext bytes that may still come.
    allowance: Option<u64>,
    max_plaintext: u64,
}

impl Encryptor {
    /// Appends a whole message to `out`; returns its header's length and the full encryption context.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn encrypt(
        options: EncryptOptions<'_>,
        plaintext: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(usize, EncryptionContext)> {
        let start = out.len();
        let encryptor = Self::begin(options, out).await?;
        let (header, context) = (out.len() - start, encryptor.context.clone());
        encryptor.finish(plaintext, out).await?;
        Ok((header, context))
    }

    /// Obtains materials and appends the header to `out`.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) for a suite that the policy refuses, a reserved context key or a frame length of 0;
    /// [`Fault::Limit`](crate::error::Fault::Limit) for too many encrypted data keys; what the keyrings fail with.
    pub async fn begin(options: EncryptOptions<'_>, out: &mut Vec<u8>) -> Result<Self> {
        let EncryptOptions { cmm, policy, suite, context, frame_length, .. } = options;
        if let Some(key) = context.keys().find(|key| key.starts_with(RESERVED_PREFIX)) {
            let problem = format!(
                "the encryption context key '{key}' begins with '{RESERVED_PREFIX}', which is reserved"
            );
            return Err(Error::misuse(Rule::ReservedName, problem));
        }
        if frame_length == 0 {
            let problem = "frameLength must be 1 to 4,294,967,295 bytes";
            return Err(Error::misuse(Rule::Argument, problem));
        }
        if let Some(suite) = suite {
            policy.check_encrypt(suite)?;
        }
        let request = EncryptionRequest {
            context,
            required_keys: Vec::new(),
            policy,
            suite,
            plaintext_length: options.max_plaintext,
        };
        let materials = cmm.for_encryption(request).await?;
        let suite = materials.suite();
        policy.check_encrypt(suite)?;
        let encrypted_data_keys = materials.encrypted_data_keys().to_vec();
        options.limits.check_keys(encrypted_data_keys.len())?;

        let data_key = materials.checked_data_key()?;
        let message_id = random_secret(message_id_len(version(suite)))?.to_vec();
        let keys = MessageKeys::derive(suite, data_key, &message_id)?;
        let header = Header {
            suite,
            message_id,
            stored_context: materials.context().without(materials.required_keys()),
            encrypted_data_keys,
            content_type: ContentType::Framed,
            frame_length,
            commitment: keys.commitment.as_deref().copied(),
        };
        let start = out.len();
        let body = header.body()?;
        out.put(&body);
        let only_authenticated = materials.context().only(materials.required_keys()).aad()?;
        let auth = authenticate(&keys.content, body, &only_authenticated)?;
        auth.write(header.version(), out);
        options.limits.check_length(out.len() - start)?;

        let signing = match materials.signing_key().cloned() {
            Some(key) => {
                let mut hash = MessageHash::new(key.curve());
                hash.put(out.get(start..).unwrap_or_default())?;
                Some((key, hash))
            }
            None => None,
        };
        Ok(Self {
            header,
            context: materials.context().clone(),
            key: keys.content,
            signing,
            sequence: 1,
            held: Secret::default(),
            allowance: options.max_plaintext,
            max_plaintext: options.max_plaintext.unwrap_or(u64::MAX),
        })
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The full encryption context.
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// Takes more plaintext and appends the frames that are complete.
    ///
    /// # Errors
    /// [`Fault::Limit`](crate::error::Fault::Limit) for more than [`max_plaintext`](EncryptOptions::max_plaintext), or 2^32 - 1
    /// frames; [`Fault::Host`](crate::error::Fault::Host). The message is of no use then.
    pub async fn update(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.spend(plaintext.len())?;
        self.take(plaintext, false, out).await
    }

    /// The same where it is known that more plaintext follows: a frame that is full need not be held back, which spares a copy
    /// of it.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub async fn update_before_more(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.spend(plaintext.len())?;
        self.take(plaintext, true, out).await
    }

    /// Seals the frames that are complete and not the last; `more` says that none is.
    async fn take(&mut self, mut plaintext: &[u8], more: bool, out: &mut Vec<u8>) -> Result<()> {
        let frame = self.header.frame_length as usize;
        // A full frame is held until it is known not to be the last.
        let behind = usize::from(!more);
        if !self.held.is_empty() {
            let room = frame.saturating_sub(self.held.len()).min(plaintext.len());
            let (head, rest) = plaintext.split_at(room);
            self.held.append(head);
            plaintext = rest;
            if self.held.len() < frame || plaintext.len() < behind {
                return Ok(());
            }
            let held = core::mem::take(&mut self.held);
            self.seal(Piece::Regular, &held, out).await?;
        }
        loop {
            let frames = plaintext.len().saturating_sub(behind) / frame;
            if frames == 0 {
                break;
            }
            let (head, rest) = plaintext.split_at(frames.min((BATCH / frame).max(1)) * frame);
            self.seal(Piece::Regular, head, out).await?;
            plaintext = rest;
        }
        self.held = plaintext.into();
        Ok(())
    }

    /// Takes the rest of the plaintext and appends the last frame and the footer.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub async fn finish(mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.spend(plaintext.len())?;
        // What goes straight into the last frame need not be held first.
        let last = if self.held.is_empty() {
            let full = plaintext.len().saturating_sub(1) / self.header.frame_length as usize;
            let (head, last) = plaintext.split_at(full * self.header.frame_length as usize);
            self.take(head, true, out).await?;
            last
        } else {
            self.take(plaintext, false, out).await?;
            &core::mem::take(&mut self.held)
        };
        self.seal(Piece::Final, last, out).await?;
        if let Some((key, hash)) = self.signing.take() {
            put_bytes16(out, &key.sign_hash(hash)?, Part::Message)?;
        }
        Ok(())
    }

    fn spend(&mut self, bytes: usize) -> Result<()> {
        let Some(allowance) = &mut self.allowance else { return Ok(()) };
        *allowance = allowance.checked_sub(bytes as u64).ok_or_else(|| {
            Error::limit(
                "bytes of plaintext (plaintextLength)",
                self.max_plaintext,
                (self.max_plaintext - *allowance).saturating_add(bytes as u64),
            )
        })?;
        Ok(())
    }

    /// Appends `plaintext` as one last frame, or as regular frames, of which it is a multiple.
    async fn seal(&mut self, piece: Piece, plaintext: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let frame = match piece {
            Piece::Final => plaintext.len(),
            _ => self.header.frame_length as usize,
        };
        let count = if piece == Piece::Final { 1 } else { plaintext.len() / frame };
        let start = out.len();
        // The longest front is that of a last frame.
        out.reserve(plaintext.len() + count * (24 + GCM_TAG_LEN));
        let (mut aads, mut tasks) = (Vec::with_capacity(96 * count), Vec::with_capacity(count));
        for i in 0..count {
            let sequence = self.sequence;
            if piece == Piece::Regular {
                // The greatest number marks the last frame and is no frame's own.
                self.sequence =
                    sequence.checked_add(1).filter(|n| *n != u32::MAX).ok_or_else(|| {
                        Error::limit(
                            "frames in one message; raise frameLength",
                            u64::from(u32::MAX) - 1,
                            u64::from(u32::MAX),
                        )
                    })?;
            }
            put_frame_header(piece, sequence, frame as u32, out);
            let aad = aad(piece, &self.header.message_id, sequence, frame as u64, &mut aads);
            let at = out.len() - start;
            put_zeros(out, frame + GCM_TAG_LEN);
            let (input, output) = (i * frame..(i + 1) * frame, at..at + frame + GCM_TAG_LEN);
            tasks.push(GcmTask { iv: iv(sequence), aad, input, output });
        }
        let output = out.get_mut(start..).unwrap_or_default();
        let (direction, key) = (Direction::Seal, &self.key);
        GcmBatch { direction, key, aads, input: plaintext, output, tasks }.run().await?;
        if let Some((_, hash)) = &mut self.signing {
            hash.put(out.get(start..).unwrap_or_default())?;
        }
        Ok(())
    }
}

/// The tag over a header's bytes and the context that it does not store. The IV is zero, which no frame has.
fn authenticate(key: &Secret, body: Vec<u8>, only_authenticated: &[u8]) -> Result<HeaderAuth> {
    let iv = iv(0);
    let mut aad = body;
    aad.put(only_authenticated);
    let mut tag = Vec::with_capacity(GCM_TAG_LEN);
    gcm_seal(key, &iv, &aad, &[], &mut tag)?;
    let tag = tag.try_into().map_err(|_| Error::bug("a tag of another length"))?;
    Ok(HeaderAuth { iv, tag })
}
