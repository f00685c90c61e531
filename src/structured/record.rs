//! What the signature covers (`footer.md#canonical-record`), and the keys of the encrypted fields.

use crate::crypto::{GCM_IV_LEN, GcmKey, Hash, HashSink, Hkdf, Secret, ctr_keystream};
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

/// The encrypted fields' keys and nonces (`encrypt-path-structure.md#calculate-cipherkey-and-nonce`), in path order.
pub(super) struct FieldKeys {
    stream: Secret,
    taken: usize,
    /// Those of the last one that was taken, and of its neighbours.
    four: Option<[GcmKey; 4]>,
}

/// Keys that are expanded at a time.
const AT_ONCE: usize = 4;
/// 32 bytes of key and 12 bytes of nonce are cut from three whole AES blocks.
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
        Ok(Self { stream, taken: 0, four: None })
    }

    /// Those of the next field.
    pub(super) fn next(&mut self) -> Result<(&GcmKey, &[u8; GCM_IV_LEN])> {
        let at = self.taken;
        self.taken += 1;
        let blocks = |n: usize| self.stream.get(n * FIELD_BLOCKS_LEN..);
        if at.is_multiple_of(AT_ONCE) {
            // Behind the last field there is none: what is expanded in its place nobody takes.
            let key = |n| blocks(n).and_then(|blocks| blocks.first_chunk()).unwrap_or(&[0; 32]);
            self.four = Some(GcmKey::four([key(at), key(at + 1), key(at + 2), key(at + 3)]));
        }
        let key = self.four.as_ref().and_then(|four| four.get(at % AT_ONCE));
        let nonce = blocks(at).and_then(|blocks| blocks.get(32..)?.first_chunk());
        key.zip(nonce).ok_or_else(|| Error::bug("fewer keys than fields"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::gcm_seal;

    /// Four are expanded at a time, of the last ones perhaps fewer.
    #[test]
    fn each_field_has_the_key_that_is_cut_for_it() {
        let keys = Hkdf::extract(Hash::Sha512, &[], &[7; 32]);
        for n in 0..=9 {
            let mut fields = FieldKeys::new(&keys, &[1; 32], n).unwrap();
            let stream = fields.stream.to_vec();
            for blocks in stream.chunks(FIELD_BLOCKS_LEN) {
                let (mut one, mut other) = (Vec::new(), Vec::new());
                let (key, nonce) = fields.next().unwrap();
                assert_eq!(nonce[..], blocks[32..44]);
                key.seal(nonce, b"path", b"text", &mut one).unwrap();
                gcm_seal(&blocks[..32], nonce, b"path", b"text", &mut other).unwrap();
                assert_eq!(one, other);
            }
            assert!(fields.next().is_err(), "{n} fields have no other key");
        }
    }
}
