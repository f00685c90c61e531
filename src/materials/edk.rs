//! Encrypted data keys (`structures.md#encrypted-data-key`).

use crate::error::{Part, Result};
use crate::wire::{Reader, Sink, put_bytes16};

/// A data key wrapped by one keyring.
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
    pub fn read(r: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            provider_id: r.str16()?.into(),
            provider_info: r.bytes16()?.into(),
            ciphertext: r.bytes16()?.into(),
        })
    }

    /// Writes one entry.
    pub fn write(&self, out: &mut impl Sink) -> Result<()> {
        put_bytes16(out, self.provider_id.as_bytes(), Part::EncryptedDataKey)?;
        put_bytes16(out, &self.provider_info, Part::EncryptedDataKey)?;
        put_bytes16(out, &self.ciphertext, Part::EncryptedDataKey)
    }

    /// The provider info where it is text, else a note that it is not.
    pub fn key_id(&self) -> String {
        String::from_utf8(self.provider_info.clone()).unwrap_or_else(|_| "(binary)".into())
    }
}
