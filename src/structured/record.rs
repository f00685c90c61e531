//! What the signature covers (`footer.md#canonical-record`), and the keys of the encrypted fields.

use crate::crypto::{GCM_IV_LEN, Hash, HashSink, Hkdf, Secret, ctr_keystream};
use crate::error::{Error, Result};
use crate::wire::Sink;

use super::TypeId;

/// Hashes a record: header, encryption context, then every signed field in path order.
pub(super) struct CanonicalHash(HashSink);

impl CanonicalHash {
    pub(super) fn new(header: &[u8], aad: &[u8]) -> Self {
        let mut hash = HashSink::new(Hash::Sha384);
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
        let mut digest = [0; 48];
        self.0.finish(&mut digest);
        digest
    }
}

/// The encrypted fields' keys and nonces (`encrypt-path-structure.md#calculate-cipherkey-and-nonce`).
pub(super) struct FieldKeys(Secret);

/// 32 bytes of key, 12 bytes of nonce.
const FIELD_KEY_LEN: usize = 44;
/// A field's key is cut from three whole AES blocks.
const FIELD_BLOCKS_LEN: usize = 48;

impl FieldKeys {
    /// Derives the keys of `n` fields at once. `keys`: HKDF-SHA512 extracted from the data key, without
    /// a salt.
    pub(super) fn new(keys: &Hkdf, message_id: &[u8], n: usize) -> Result<Self> {
        if u32::try_from(n).ok().and_then(|n| n.checked_mul(3)).is_none() {
            return Err(Error::bug("more fields than a record holds"));
        }
        let root = keys.expand::<32>(&[b"AWS_DBE_DERIVE_KEY", message_id])?;
        let mut stream = Secret::zeros(n * FIELD_BLOCKS_LEN);
        ctr_keystream(&root, b"AwsDbeField\x2c", 0, stream.bytes_mut());
        Ok(Self(stream))
    }

    /// Key and nonce of each field, in path order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8; GCM_IV_LEN])> {
        self.0.chunks_exact(FIELD_BLOCKS_LEN).filter_map(|blocks| {
            let (key, _) = blocks.split_at_checked(FIELD_KEY_LEN)?;
            key.split_last_chunk()
        })
    }
}
