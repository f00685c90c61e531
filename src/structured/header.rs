//! The record's header, `aws_dbe_head` (`header.md`).

use crate::crypto::{Hkdf, constant_time_eq, hmac};
use crate::error::{Check, Error, Part, Result};
use crate::interop;
use crate::materials::{EncryptedDataKey, EncryptionContext, Suite};
use crate::wire::{Reader, Sink, put_bytes16};

/// Length of the message id and of the commitment, in bytes.
pub(super) const MESSAGE_ID_LEN: usize = 32;
const COMMITMENT_LEN: usize = 32;

/// The longest header that is written and read, in bytes: more than twice what a DynamoDB item can hold. It has not been
/// verified when it is read.
const MAX_LEN: usize = 1 << 20;

/// Which encryption context a record was sealed with; see [`Header`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordVersion {
    /// Key values are in the context as base64.
    V1,
    /// Attributes marked for the context are in it, readable.
    V2,
}

impl RecordVersion {
    /// The version of a header, read from its first byte alone.
    pub(crate) fn of_header(header: &[u8]) -> Result<Self> {
        match header.first() {
            Some(1) => Ok(Self::V1),
            Some(2) => Ok(Self::V2),
            Some(other) => Err(Error::malformed(Part::Header, format!("unknown version {other}"))),
            None => Err(Error::malformed(Part::Header, "it is empty")),
        }
    }

    fn byte(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }
}

/// A header without its commitment (`header.md`).
///
/// ```
/// # use std::rc::Rc;
/// # use fieldseal::materials::{DefaultCmm, EncryptionContext, RawAesKeyring};
/// # use fieldseal::materials::Suite;
/// # use fieldseal::structured::{self, CryptoAction, EncryptRequest, Field, TypeId};
/// use fieldseal::structured::{Header, RecordVersion};
///
/// # fieldseal_doctest::run(async {
/// # let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), vec![7; 32][..].into())?;
/// # let cmm = DefaultCmm::new(Rc::new(keyring));
/// # let (action, type_id) = (CryptoAction::SignOnly, TypeId::STRING);
/// # let fields = &[Field { name: "id", action, type_id, value: b"c-1".into() }];
/// # let (table, context, suite) = ("customers", EncryptionContext::new(), Suite::by_id(0x6700));
/// # let max_encrypted_data_keys = None;
/// # let request = EncryptRequest { table, fields, context, suite, max_encrypted_data_keys, cmm: &cmm };
/// # let sealed = structured::encrypt(request).await?;
/// # let bytes = &sealed.header;
/// // `bytes` is the value of `aws_dbe_head`. To look at it, no key is needed:
/// let header = Header::parse(bytes)?;
/// assert_eq!(header.version, RecordVersion::V1);
/// assert_eq!(header.suite.id, 0x6700);
/// assert_eq!(header.encrypted_data_keys[0].key_name(), Some("key-1"));
/// assert_eq!(header.legend, b"s"); // one field, signed only
///
/// assert_eq!(Header::parse(b"hello").unwrap_err().code(), "MALFORMED_HEADER");
/// # Ok(())
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct Header {
    /// Record version.
    pub version: RecordVersion,
    /// Algorithm suite.
    pub suite: &'static Suite,
    /// Random id that the record's keys are derived with.
    pub message_id: [u8; MESSAGE_ID_LEN],
    /// One byte for each signed field, in path order.
    pub legend: Vec<u8>,
    /// Encryption context that the header stores.
    pub stored_context: EncryptionContext,
    /// The wrapped data keys, 1 to 255.
    pub encrypted_data_keys: Vec<EncryptedDataKey>,
}

impl Header {
    /// The header's bytes, commitment included.
    pub(super) fn seal(&self, keys: &Hkdf) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(512);
        self.write(&mut out)?;
        check_len(out.len() + COMMITMENT_LEN)?;
        let commitment = commitment(keys, &self.message_id, &out)?;
        out.extend_from_slice(&commitment);
        Ok(out)
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<()> {
        let [_, flavor] = self.suite.id.to_be_bytes();
        out.put(&[self.version.byte(), flavor]);
        out.put(&self.message_id);
        put_bytes16(out, &self.legend, Part::Header)?;
        self.stored_context.write_counted(out)?;
        let n = self.encrypted_data_keys.len();
        let count = u8::try_from(n)
            .map_err(|_| Error::limit("encrypted data keys in one record", 255, n as u64))?;
        out.put(&[count]);
        self.encrypted_data_keys.iter().try_for_each(|edk| edk.write(out))
    }

    /// Reads a header; the commitment needs the data key and is checked on decryption.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::Header`] or the part of it that is not one.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        check_len(bytes.len())?;
        let version = RecordVersion::of_header(bytes)?;
        let mut r = Reader::new(bytes, Part::Header);
        let [_, flavor] = r.array()?;
        let suite = Suite::by_id(u16::from_be_bytes([0x67, flavor]))
            .ok_or_else(|| r.error(format!("unknown algorithm suite 67{flavor:02x}")))?;
        let message_id = r.array()?;
        let legend = r.bytes16()?.to_vec();
        let stored_context = EncryptionContext::read_counted(&mut r)?;
        let count = r.u8()?;
        if count == 0 {
            return Err(r.error("no encrypted data keys"));
        }
        let encrypted_data_keys = EncryptedDataKey::read_all(&mut r, count.into())?;
        r.take(COMMITMENT_LEN)?;
        r.end()?;
        Ok(Self { version, suite, message_id, legend, stored_context, encrypted_data_keys })
    }

    /// Fails if it has more encrypted data keys than `max`: each may take a call to a service.
    pub(super) fn check_keys(&self, max: Option<u8>) -> Result<()> {
        match (max, self.encrypted_data_keys.len()) {
            (Some(max), n) if n > max.into() => {
                let what = "encrypted data keys in one item (maxEncryptedDataKeys)";
                Err(Error::limit(what, max.into(), n as u64))
            }
            _ => Ok(()),
        }
    }

    /// Fails unless the header `bytes` commit to the data key that `keys` was extracted from.
    pub(super) fn check_commitment(&self, bytes: &[u8], keys: &Hkdf) -> Result<()> {
        let (body, stored) = bytes
            .split_last_chunk::<COMMITMENT_LEN>()
            .ok_or_else(|| Error::bug("a parsed header without a commitment"))?;
        match constant_time_eq(&commitment(keys, &self.message_id, body)?, stored) {
            true => Ok(()),
            false => Err(Error::unauthentic(Check::Commitment)),
        }
    }
}

fn check_len(n: usize) -> Result<()> {
    match n <= MAX_LEN {
        true => Ok(()),
        false => Err(Error::limit("bytes of a header (aws_dbe_head)", MAX_LEN as u64, n as u64)),
    }
}

fn commitment(keys: &Hkdf, message_id: &[u8], body: &[u8]) -> Result<[u8; COMMITMENT_LEN]> {
    let key = keys.expand::<32>(&[b"AWS_DBE_COMMIT_KEY", message_id])?;
    let mac = hmac(interop::COMMITMENT_HASH, &*key, body);
    mac.first_chunk().copied().ok_or_else(|| Error::bug("an HMAC shorter than the commitment"))
}
