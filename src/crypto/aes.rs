//! AES-GCM (SP 800-38D) with 12-byte nonces and 16-byte tags, and the AES-256-CTR keystream (SP
//! 800-38A).

use fieldseal_arithmetic::{GCM_IV_LEN, GCM_TAG_LEN, TagMismatch};
use zeroize::Zeroize;

use crate::error::{Error, Result};

use super::provider::cipher;

/// Encrypts with AES-GCM (SP 800-38D): appends the ciphertext, as long as `plaintext`, and the tag of 16 bytes to `out`.
/// The key has 16, 24 or 32 bytes. The nonce `iv` must never be used twice under one key.
///
/// # Errors
/// [`Fault::Bug`](crate::error::Fault::Bug) for a key of another length, or a plaintext of 64 GiB; `out` is as before.
///
/// ```
/// use fieldseal::crypto::{GCM_TAG_LEN, TagMismatch, gcm_open, gcm_seal, random_array};
///
/// let key = [7; 32];
/// let iv = random_array()?;
/// let mut sealed = Vec::new();
/// gcm_seal(&key, &iv, b"tenant a", b"hello", &mut sealed)?;
/// assert_eq!(sealed.len(), 5 + GCM_TAG_LEN);
///
/// let mut opened = Vec::new();
/// assert_eq!(gcm_open(&key, &iv, b"tenant a", &sealed, &mut opened), Ok(()));
/// assert_eq!(opened, b"hello");
///
/// assert_eq!(gcm_open(&key, &iv, b"tenant b", &sealed, &mut opened), Err(TagMismatch));
/// assert_eq!(opened, b"hello"); // nothing was added
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn gcm_seal(
    key: &[u8],
    iv: &[u8; GCM_IV_LEN],
    aad: &[u8],
    plaintext: &[u8],
    out: &mut Vec<u8>,
) -> Result<()> {
    GcmKey::new(key).ok_or_else(no_such_length)?.seal(iv, aad, plaintext, out)
}

/// Decrypts with AES-GCM: appends the plaintext of `sealed` (ciphertext and tag) to `out`. If `out` holds secrets already,
/// reserve room in it first: growing it may leave a copy of them behind.
///
/// # Errors
/// [`TagMismatch`] for another key, nonce or `aad`, for bytes that were changed, and for a key of a length that AES does not
/// have. `out` is as long as before, and what lay beyond is wiped.
///
/// ```
/// use fieldseal::crypto::{gcm_open, gcm_seal};
///
/// let (key, iv) = ([7; 16], [1; 12]);
/// let mut sealed = Vec::new();
/// gcm_seal(&key, &iv, b"", b"hello", &mut sealed)?;
///
/// let mut opened = Vec::new();
/// assert!(gcm_open(&key, &iv, b"", &sealed, &mut opened).is_ok());
/// assert_eq!(opened, b"hello");
///
/// sealed[0] ^= 1;
/// assert!(gcm_open(&key, &iv, b"", &sealed, &mut opened).is_err());
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn gcm_open(
    key: &[u8],
    iv: &[u8; GCM_IV_LEN],
    aad: &[u8],
    sealed: &[u8],
    out: &mut Vec<u8>,
) -> core::result::Result<(), TagMismatch> {
    GcmKey::new(key).ok_or(TagMismatch)?.open(iv, aad, sealed, out)
}

/// An expanded key, for many operations.
pub(crate) struct GcmKey(cipher::Key);

impl GcmKey {
    /// `None` unless the key has 16, 24 or 32 bytes.
    pub(crate) fn new(key: &[u8]) -> Option<Self> {
        cipher::Key::new(key).map(Self)
    }

    /// Expands four keys at once, which takes little longer than one.
    pub(crate) fn four(keys: [&[u8; 32]; 4]) -> [Self; 4] {
        cipher::Key::four(keys).map(Self)
    }

    /// As [`gcm_seal`].
    pub(crate) fn seal(
        &self,
        iv: &[u8; GCM_IV_LEN],
        aad: &[u8],
        plaintext: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let start = out.len();
        // Once, and before the plaintext is in: a later reallocation would leave a copy of it behind.
        out.reserve(plaintext.len().saturating_add(GCM_TAG_LEN));
        out.extend_from_slice(plaintext);
        match self.0.seal(iv, aad, &mut out[start..]) {
            Some(tag) => {
                out.extend_from_slice(&tag);
                Ok(())
            }
            None => {
                wipe_from(out, start);
                Err(no_such_length())
            }
        }
    }

    /// As [`gcm_open`].
    pub(crate) fn open(
        &self,
        iv: &[u8; GCM_IV_LEN],
        aad: &[u8],
        sealed: &[u8],
        out: &mut Vec<u8>,
    ) -> core::result::Result<(), TagMismatch> {
        let (ciphertext, tag) = sealed.split_last_chunk().ok_or(TagMismatch)?;
        let start = out.len();
        out.extend_from_slice(ciphertext);
        let opened = self.0.open(iv, aad, &mut out[start..], tag);
        if opened.is_err() {
            wipe_from(out, start);
        }
        opened
    }
}

fn no_such_length() -> Error {
    Error::bug("an AES key or a plaintext of a length that AES-GCM does not have")
}

fn wipe_from(out: &mut Vec<u8>, start: usize) {
    out[start..].zeroize();
    out.truncate(start);
}

/// Fills `out` with the keystream of AES-256 in counter mode. Its blocks are the encryptions of
/// `prefix` and a big-endian number, which counts from `counter` and does not carry beyond its 32
/// bits.
pub(crate) fn ctr_keystream(key: &[u8; 32], prefix: &[u8; 12], counter: u32, out: &mut [u8]) {
    out.fill(0);
    cipher::keystream(key, prefix, counter, out);
}

#[cfg(test)]
#[path = "tests/aes.rs"]
mod tests;
