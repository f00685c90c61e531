//! AES-GCM and AES-CTR.

use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use fieldseal_arithmetic::{GCM_IV_LEN, GCM_TAG_LEN, TagMismatch};

const BLOCK: usize = 16;

/// An expanded key.
pub(in crate::crypto) struct Key(LessSafeKey);

impl Key {
    /// Expands a key; `None` unless it has 16, 24 or 32 bytes.
    pub(in crate::crypto) fn new(key: &[u8]) -> Option<Self> {
        let algorithm = match key.len() {
            16 => &AES_128_GCM,
            24 => &AES_192_GCM,
            32 => &AES_256_GCM,
            _ => return None,
        };
        UnboundKey::new(algorithm, key).ok().map(LessSafeKey::new).map(Self)
    }

    /// Expands four keys.
    pub(in crate::crypto) fn four(keys: [&[u8; 32]; 4]) -> [Self; 4] {
        keys.map(|key| Self::new(key).expect("AES has keys of 32 bytes"))
    }

    /// Encrypts `buffer` in place; `None` if GCM has no such length.
    pub(in crate::crypto) fn seal(
        &self,
        iv: &[u8; GCM_IV_LEN],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Option<[u8; GCM_TAG_LEN]> {
        let nonce = Nonce::assume_unique_for_key(*iv);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(aad), buffer).ok()?;
        tag.as_ref().try_into().ok()
    }

    /// Decrypts `buffer` in place if the tag fits; overwrites it with zeros if not.
    pub(in crate::crypto) fn open(
        &self,
        iv: &[u8; GCM_IV_LEN],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; GCM_TAG_LEN],
    ) -> Result<(), TagMismatch> {
        let nonce = Nonce::assume_unique_for_key(*iv);
        self.0
            .open_in_place_separate_tag(nonce, Aad::from(aad), tag, buffer)
            .map(|_| ())
            .map_err(|_| TagMismatch)
    }
}

/// Adds the keystream of AES-256 in counter mode to `bytes`. The counter is the last 32 bits of each
/// block.
pub(in crate::crypto) fn keystream(
    key: &[u8; 32],
    prefix: &[u8; 12],
    counter: u32,
    bytes: &mut [u8],
) {
    let key = UnboundCipherKey::new(&AES_256, key).and_then(EncryptingKey::ctr);
    let key = key.expect("AES-256 has keys of 32 bytes");
    // AWS-LC counts in 128 bits: it starts anew where 32 of them are spent.
    let left = (u32::MAX - counter) as usize + 1;
    let (before, after) = bytes.split_at_mut(bytes.len().min(left.saturating_mul(BLOCK)));
    for (counter, bytes) in [(counter, before), (0, after)] {
        let mut iv = [0; BLOCK];
        let (start, end) = iv.split_at_mut(prefix.len());
        start.copy_from_slice(prefix);
        end.copy_from_slice(&counter.to_be_bytes());
        key.less_safe_encrypt(bytes, EncryptionContext::Iv128(FixedLength::from(&iv)))
            .expect("counter mode takes any length");
    }
}
