//! The header of a message (`data-format/message-header.md`).

use crate::error::{Error, Part, Result};
use crate::materials::{EncryptedDataKey, EncryptionContext, Suite};
use crate::util::steps;
use crate::wire::{Reader, Sink, put_bytes16};

/// Length in bytes of a header's authentication tag, and of its IV where it stores one.
const TAG_LEN: usize = 16;
const IV_LEN: usize = 12;
/// Length in bytes of the commitment of version 2.
const COMMITMENT_LEN: usize = 32;
/// The only type of version 1: customer authenticated encrypted data.
const TYPE_V1: u8 = 0x80;

/// How the body is divided; see [`Header`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// One piece. Read, never written.
    NonFramed,
    /// Frames of one length and a last one that is no longer.
    Framed,
}

/// What a header may cost whoever reads it before anything of it has verified; a writer keeps to the same. [`Header`] has an
/// example.
#[derive(Debug, Clone, Copy)]
pub struct HeaderLimits {
    /// The most encrypted data keys, each of which may take a call to a service.
    pub max_encrypted_data_keys: Option<u16>,
    /// The most bytes, from the version to the authentication tag.
    pub max_length: usize,
}

impl Default for HeaderLimits {
    /// 64 encrypted data keys, 1 MiB.
    fn default() -> Self {
        Self { max_encrypted_data_keys: Some(64), max_length: 1 << 20 }
    }
}

impl HeaderLimits {
    /// The format's own limits: 65,535 encrypted data keys, and whatever length they have.
    pub const NONE: Self = Self { max_encrypted_data_keys: None, max_length: usize::MAX };

    pub(super) fn check_keys(&self, found: usize) -> Result<()> {
        match self.max_encrypted_data_keys {
            Some(max) if found > max.into() => Err(too_many_keys(max, found)),
            _ => Ok(()),
        }
    }

    pub(super) fn check_length(&self, found: usize) -> Result<()> {
        if found <= self.max_length {
            return Ok(());
        }
        let what = "bytes of a message's header (maxHeaderLength)";
        Err(Error::limit(what, self.max_length as u64, found as u64))
    }
}

/// A header without what authenticates it (`data-format/message-header.md`).
///
/// ```
/// # use std::rc::Rc;
/// # use fieldseal::materials::{CommitmentPolicy, DefaultCmm, EncryptionContext, RawAesKeyring, Suite};
/// # use fieldseal::message::{EncryptOptions, Encryptor};
/// use fieldseal::message::{ContentType, Header, HeaderLimits};
///
/// # fieldseal_doctest::run(async {
/// # let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), vec![7; 32][..].into())?;
/// # let cmm = DefaultCmm::new(Rc::new(keyring));
/// # let policy = CommitmentPolicy::EsdkRequireEncryptRequireDecrypt;
/// # let (suite, context, max_plaintext) = (Suite::by_id(0x0478), EncryptionContext::new(), None);
/// # let (frame_length, limits) = (4096, HeaderLimits::default());
/// # let options = EncryptOptions { cmm: &cmm, policy, suite, context, frame_length, limits, max_plaintext };
/// # let mut message = Vec::new();
/// # let (header_len, _) = Encryptor::encrypt(options, b"hello", &mut message).await?;
/// // `message` is "hello" in frames of 4,096 bytes. To look at its header, no key is needed:
/// let header = Header::parse(&message, HeaderLimits::NONE)?;
/// assert_eq!((header.version(), header.suite.id), (2, 0x0478));
/// assert!(header.is_framed());
/// assert_eq!((header.content_type, header.frame_length), (ContentType::Framed, 4096));
/// assert_eq!(header.encrypted_data_keys[0].key_name(), Some("key-1"));
///
/// // What follows the header, and what is in it:
/// let rest = (message.len() - header_len) as u64;
/// assert_eq!(header.sealed_len(5), rest);
/// assert_eq!(header.opened_len(rest), 5);
///
/// let limits = HeaderLimits { max_length: 64, ..HeaderLimits::default() };
/// assert_eq!(Header::parse(&message, limits).unwrap_err().code(), "LIMIT_EXCEEDED");
/// # Ok(())
/// # });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Algorithm suite; it decides the format version, see [`Header::version`].
    pub suite: &'static Suite,
    /// Random id of the message: 16 bytes in version 1, 32 in version 2.
    pub message_id: Vec<u8>,
    /// Encryption context that the header stores.
    pub stored_context: EncryptionContext,
    /// The wrapped data keys, 1 to 65,535.
    pub encrypted_data_keys: Vec<EncryptedDataKey>,
    /// How the body is divided.
    pub content_type: ContentType,
    /// Length of a frame's content in bytes, 1 to 2^32 - 1; 0 when the body is not framed.
    pub frame_length: u32,
    /// Commitment to the data key, in version 2.
    pub commitment: Option<[u8; COMMITMENT_LEN]>,
}

/// What authenticates a header.
pub(super) struct HeaderAuth {
    pub(super) iv: [u8; IV_LEN],
    pub(super) tag: [u8; TAG_LEN],
}

impl Header {
    /// Format version: 2 for suites that commit to their key, else 1.
    pub fn version(&self) -> u8 {
        version(self.suite)
    }

    /// Reads the header at the start of `message` and ignores what follows it: no key is needed, and nothing is
    /// verified.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) ([`Part::Message`]) if there is no whole header;
    /// [`Fault::Limit`](crate::error::Fault::Limit) if it exceeds `limits`.
    pub fn parse(message: &[u8], limits: HeaderLimits) -> Result<Self> {
        let mut scan = HeaderScan::new(limits);
        let end = scan.advance(message)?;
        let Some(bytes) = end.and_then(|end| message.get(..end)) else {
            return Err(Error::malformed(Part::Message, "it ends within its header"));
        };
        Self::read(bytes).map(|(header, _, _)| header)
    }

    /// Reads a whole header; returns it, the length of the part that is authenticated, and what authenticates it.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, usize, HeaderAuth)> {
        let mut r = Reader::new(bytes, Part::Message);
        let version = r.u8()?;
        if version == 1 && r.u8()? != TYPE_V1 {
            return Err(r.error("an unknown type"));
        }
        let suite = suite(&r, version, r.clone().u16()?)?;
        r.u16()?;
        let message_id = r.take(message_id_len(version))?.to_vec();
        let stored_context = read_context(r.bytes16()?)?;
        let count = r.u16()?;
        let encrypted_data_keys = EncryptedDataKey::read_all(&mut r, count)?;
        let content_type = match r.u8()? {
            1 => ContentType::NonFramed,
            2 => ContentType::Framed,
            _ => return Err(r.error("an unknown content type")),
        };
        if version == 1 && (r.u32()?, r.u8()?) != (0, IV_LEN as u8) {
            return Err(r.error("a reserved field or an IV length other than the format's"));
        }
        let frame_length = r.u32()?;
        if (frame_length == 0) != (content_type == ContentType::NonFramed) {
            return Err(r.error("a frame length that does not match its content type"));
        }
        let commitment = if version == 2 { Some(r.array()?) } else { None };
        let authenticated = bytes.len() - r.remaining();
        let iv = if version == 1 { r.array()? } else { [0; IV_LEN] };
        let auth = HeaderAuth { iv, tag: r.array()? };
        r.end()?;
        let header = Self {
            suite,
            message_id,
            stored_context,
            encrypted_data_keys,
            content_type,
            frame_length,
            commitment,
        };
        Ok((header, authenticated, auth))
    }

    /// The bytes that are authenticated.
    pub(super) fn body(&self) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(512);
        let version = self.version();
        out.put(&[version]);
        if version == 1 {
            out.put(&[TYPE_V1]);
        }
        out.put(&self.suite.id.to_be_bytes());
        out.put(&self.message_id);
        // Its length and nothing else when it is empty: not even the count.
        let context = self.stored_context.aad()?;
        if context.len() > u16::MAX.into() {
            let what = "bytes of encryption context that a message stores";
            return Err(Error::limit(what, u16::MAX.into(), context.len() as u64));
        }
        put_bytes16(&mut out, &context, Part::EncryptionContext)?;
        let found = self.encrypted_data_keys.len();
        let count = u16::try_from(found).map_err(|_| too_many_keys(0xffff, found))?;
        out.put(&count.to_be_bytes());
        self.encrypted_data_keys.iter().try_for_each(|edk| edk.write(&mut out))?;
        out.put(match self.content_type {
            ContentType::NonFramed => &[1],
            ContentType::Framed => &[2],
        });
        if version == 1 {
            out.put(&[0, 0, 0, 0, IV_LEN as u8]);
        }
        out.put(&self.frame_length.to_be_bytes());
        if let Some(commitment) = &self.commitment {
            out.put(commitment);
        }
        Ok(out)
    }
}

impl HeaderAuth {
    pub(super) fn write(&self, version: u8, out: &mut Vec<u8>) {
        if version == 1 {
            out.put(&self.iv);
        }
        out.put(&self.tag);
    }
}

fn too_many_keys(limit: u16, found: usize) -> Error {
    let what = "encrypted data keys in one message (maxEncryptedDataKeys)";
    Error::limit(what, limit.into(), found as u64)
}

/// The format version that a suite is written in.
pub(super) fn version(suite: &Suite) -> u8 {
    if suite.commits { 2 } else { 1 }
}

/// Length in bytes of the message id.
pub(super) fn message_id_len(version: u8) -> usize {
    if version == 1 { 16 } else { 32 }
}

fn suite(r: &Reader<'_>, version: u8, id: u16) -> Result<&'static Suite> {
    Suite::by_id(id)
        .filter(|suite| !suite.is_dbe() && self::version(suite) == version)
        .ok_or_else(|| r.error(format!("no algorithm suite {id:04x} in version {version}")))
}

fn read_context(bytes: &[u8]) -> Result<EncryptionContext> {
    let mut r = Reader::new(bytes, Part::Message);
    match bytes {
        [] => Ok(EncryptionContext::new()),
        [0, 0, ..] => Err(r.error("an encryption context of zero pairs that is not empty")),
        _ => {
            let context = EncryptionContext::read_counted(&mut r)?;
            r.end()?;
            Ok(context)
        }
    }
}

/// Finds the end of a header that is still arriving. Each field is looked at once, however small the pieces.
pub(super) struct HeaderScan {
    limits: HeaderLimits,
    at: usize,
    next: Field,
}

#[derive(Clone, Copy)]
enum Field {
    Version,
    /// What lies between the version and the encryption context.
    Fixed(u8),
    Context(u8),
    KeyCount(u8),
    /// Parts of encrypted data keys that are left, three for each.
    KeyPart(u8, u32),
    /// What follows the encrypted data keys.
    Rest(u8),
}

impl HeaderScan {
    /// A scan from the start of a message. What exceeds the limits is refused as soon as that is certain, from the
    /// lengths that the header declares: nothing is waited for that would not be taken.
    pub(super) fn new(limits: HeaderLimits) -> Self {
        Self { limits, at: 0, next: Field::Version }
    }

    /// Fails if the header, of which `len` more bytes are certain before its rest, is too long.
    fn check(&self, len: usize, version: u8) -> Result<()> {
        self.limits.check_length(self.at.saturating_add(len).saturating_add(rest_len(version)))
    }

    /// The header's length, or `None` while more of `bytes` is needed. `bytes` start where the message starts.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> Result<Option<usize>> {
        loop {
            steps::tick();
            let mut r = Reader::new(bytes.get(self.at..).unwrap_or_default(), Part::Message);
            let left = r.remaining();
            self.next = match self.next {
                Field::Version if !r.has(2) => return Ok(None),
                Field::Version => match r.array()? {
                    [version @ (1 | 2), _] => Field::Fixed(version),
                    [b'A', b'Y' | b'g'] => {
                        let problem = "it looks like base64 text; decode it to bytes first";
                        return Err(r.error(problem));
                    }
                    [other, _] => return Err(r.error(format!("unknown version {other}"))),
                },
                // The second byte has been read: the type in version 1, half of the suite in version 2.
                Field::Fixed(version) => {
                    let n = if version == 1 { 2 } else { 1 } + message_id_len(version);
                    if !r.has(n) {
                        return Ok(None);
                    }
                    r.take(n)?;
                    Field::Context(version)
                }
                Field::Context(version) => {
                    let Some(n) = len16(&r)? else { return Ok(None) };
                    self.check(n + 2, version)?;
                    if !r.has(n) {
                        return Ok(None);
                    }
                    r.take(n)?;
                    Field::KeyCount(version)
                }
                Field::KeyCount(_) if !r.has(2) => return Ok(None),
                Field::KeyCount(version) => {
                    let n = r.u16()?;
                    if n == 0 {
                        return Err(r.error("no encrypted data keys"));
                    }
                    self.limits.check_keys(n.into())?;
                    Field::KeyPart(version, u32::from(n) * 3)
                }
                Field::KeyPart(version, 0) => Field::Rest(version),
                Field::KeyPart(version, left) => {
                    let Some(n) = len16(&r)? else { return Ok(None) };
                    // The other parts have at least their lengths.
                    self.check(n + 2 * (left as usize - 1), version)?;
                    if !r.has(n) {
                        return Ok(None);
                    }
                    r.take(n)?;
                    Field::KeyPart(version, left - 1)
                }
                Field::Rest(version) => {
                    let n = rest_len(version);
                    return Ok(r.has(n).then_some(self.at + n));
                }
            };
            self.at += left - r.remaining();
        }
    }
}

/// Length in bytes of what follows the encrypted data keys.
fn rest_len(version: u8) -> usize {
    match version {
        1 => 1 + 4 + 1 + 4 + IV_LEN + TAG_LEN,
        _ => 1 + 4 + COMMITMENT_LEN + TAG_LEN,
    }
}

/// Length in bytes of a field behind a u16 length, both together, once the length is there.
fn len16(r: &Reader<'_>) -> Result<Option<usize>> {
    match r.has(2) {
        true => Ok(Some(2 + usize::from(r.clone().u16()?))),
        false => Ok(None),
    }
}
