//! What the signature covers (`footer.md#canonical-record`), and the keys of the encrypted fields.

use zeroize::Zeroizing;

use crate::crypto::{Ctr256, Hkdf, Sha384Sink};
use crate::error::{Error, Result};
use crate::wire::Sink;

use super::TypeId;

/// Hashes a record: header, encryption context, then every signed field in path order.
pub(super) struct CanonicalHash(Sha384Sink);

impl CanonicalHash {
    pub(super) fn new(header: &[u8], aad: &[u8]) -> Self {
        let mut hash = Sha384Sink::default();
        hash.put(header);
        hash.put(&(aad.len() as u64).to_be_bytes());
        hash.put(aad);
        Self(hash)
    }

    /// A field in plaintext.
    pub(super) fn plaintext(&mut self, path: &[u8], type_id: TypeId, value: &[u8]) {
        self.0.put(path);
        self.0.put(&(value.len() as u64).to_be_bytes());
        self.0.put(b"PLAINTEXT");
        self.0.put(&type_id.0);
        self.0.put(value);
    }

    /// An encrypted field: `value` begins with the two bytes of the inner type, which the length leaves out.
    pub(super) fn encrypted(&mut self, path: &[u8], value: &[u8]) {
        self.0.put(path);
        self.0.put(&(value.len().saturating_sub(2) as u64).to_be_bytes());
        self.0.put(b"ENCRYPTED");
        self.0.put(value);
    }

    pub(super) fn finish(self) -> [u8; 48] {
        self.0.finish()
    }
}

/// Derives each encrypted field's key and nonce (`encrypt-path-structure.md#calculate-cipherkey-and-nonce`).
pub(super) struct FieldKeys {
    keystream: Ctr256,
    next_offset: u32,
}

/// 32 bytes of key, 12 bytes of nonce.
pub(super) struct FieldKey(Zeroizing<[u8; 44]>);

impl FieldKeys {
    /// `keys`: HKDF-SHA512 extracted from the data key, without a salt.
    pub(super) fn new(keys: &Hkdf, message_id: &[u8]) -> Result<Self> {
        let root = keys.expand::<32>(&[b"AWS_DBE_DERIVE_KEY", message_id])?;
        Ok(Self { keystream: Ctr256::new(&root), next_offset: 0 })
    }

    /// The key of the next encrypted field in path order.
    pub(super) fn next(&mut self) -> Result<FieldKey> {
        let mut counter = *b"AwsDbeField\x2c\0\0\0\0";
        counter[12..].copy_from_slice(&self.next_offset.to_be_bytes());
        // 44 bytes take three AES blocks.
        self.next_offset =
            self.next_offset.checked_add(3).ok_or(Error::Bug("more fields than a record holds"))?;
        let mut key = Zeroizing::new([0; 44]);
        self.keystream.keystream(&counter, &mut *key);
        Ok(FieldKey(key))
    }
}

impl FieldKey {
    pub(super) fn key(&self) -> &[u8] {
        self.0.split_at(32).0
    }

    pub(super) fn nonce(&self) -> Result<&[u8; 12]> {
        self.0.last_chunk().ok_or(Error::Bug("44 bytes end with 12"))
    }
}
