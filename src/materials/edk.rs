//! Encrypted data keys (`structures.md#encrypted-data-key`).

use crate::error::{Part, Result};
use crate::wire::{Reader, Sink, put_bytes16};

/// A data key wrapped by one keyring.
///
/// ```
/// use fieldseal::error::Part;
/// use fieldseal::materials::EncryptedDataKey;
/// use fieldseal::wire::Reader;
///
/// let wrapped = EncryptedDataKey {
///     provider_id: "aws-kms-rsa".into(),
///     provider_info: b"arn:aws:kms:eu-central-1:111122223333:key/1234".to_vec(),
///     ciphertext: vec![1; 256],
/// };
/// assert_eq!(wrapped.key_name(), Some("arn:aws:kms:eu-central-1:111122223333:key/1234"));
/// assert_eq!(wrapped.key_id(), "arn:aws:kms:eu-central-1:111122223333:key/1234");
///
/// let mut bytes = Vec::new();
/// wrapped.write(&mut bytes)?;
/// assert_eq!(EncryptedDataKey::read(&mut Reader::new(&bytes, Part::Header))?, wrapped);
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptedDataKey {
    /// Which kind of keyring wrapped it: `aws-kms`, `aws-kms-rsa`, or a key namespace.
    pub provider_id: String,
    /// Which key wrapped it. Bytes: not always text (raw AES).
    pub provider_info: Vec<u8>,
    /// The wrapped key.
    pub ciphertext: Vec<u8>,
}

impl EncryptedDataKey {
    /// Reads one entry: three fields, each behind a u16 length.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn read(r: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            provider_id: r.str16()?.into(),
            provider_info: r.bytes16()?.into(),
            ciphertext: r.bytes16()?.into(),
        })
    }

    /// Reads `count` entries, one after another.
    pub(crate) fn read_all(r: &mut Reader<'_>, count: u16) -> Result<Vec<Self>> {
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(Self::read(r)?);
        }
        Ok(all)
    }

    /// Writes one entry.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::EncryptedDataKey`]: a field has more than 65,535 bytes.
    pub fn write(&self, out: &mut impl Sink) -> Result<()> {
        put_bytes16(out, self.provider_id.as_bytes(), Part::EncryptedDataKey)?;
        put_bytes16(out, &self.provider_info, Part::EncryptedDataKey)?;
        put_bytes16(out, &self.ciphertext, Part::EncryptedDataKey)
    }

    /// The name or id of the wrapping key, where the provider info has one: a KMS key's ARN, a branch key's id, a raw
    /// key's name. For people; keyrings look at the provider info itself.
    pub fn key_name(&self) -> Option<&str> {
        // Raw AES puts a tag length in bits, an IV length in bytes and an IV behind the name.
        let name = match self.provider_info.split_last_chunk::<20>() {
            Some((name, [0, 0, 0, 0x80, 0, 0, 0, 12, ..])) => name,
            _ => &self.provider_info,
        };
        // Of ECDH, the info is two public keys.
        if self.provider_id.ends_with("-ecdh") { None } else { core::str::from_utf8(name).ok() }
    }

    /// The provider info where it is text, else a note that it is not.
    pub fn key_id(&self) -> &str {
        core::str::from_utf8(&self.provider_info).unwrap_or("(binary)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_keys() {
        let name = |provider_id: &str, info: &[u8]| {
            let (provider_id, provider_info) = (provider_id.into(), info.to_vec());
            let edk = EncryptedDataKey { provider_id, provider_info, ciphertext: Vec::new() };
            edk.key_name().map(str::to_owned)
        };
        let raw_aes = [&b"k1"[..], &[0, 0, 0, 0x80, 0, 0, 0, 12], &[0xff; 12]].concat();
        assert_eq!(name("ns", &raw_aes).as_deref(), Some("k1"));
        assert_eq!(name("ns", &raw_aes[2..]).as_deref(), Some(""));
        assert_eq!(name("aws-kms", b"arn:aws:kms:x").as_deref(), Some("arn:aws:kms:x"));
        assert_eq!(name("ns", &[0xff, 0xfe]), None);
        assert_eq!(name("raw-ecdh", b"\x01text"), None);
        assert_eq!(name("aws-kms-ecdh", b"\x01text"), None);
    }
}
