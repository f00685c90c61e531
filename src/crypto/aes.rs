//! AES-GCM (SP 800-38D) with 12-byte nonces and 16-byte tags, and the AES-256-CTR keystream (SP
//! 800-38A).

use fieldseal_arithmetic::{GCM_IV_LEN, GCM_TAG_LEN, TagMismatch};
use zeroize::Zeroize;

use crate::error::{Error, Result};

use super::cipher;

/// Appends ciphertext and tag to `out`. The key is 16, 24 or 32 bytes long.
pub fn gcm_seal(
    key: &[u8],
    iv: &[u8; GCM_IV_LEN],
    aad: &[u8],
    plaintext: &[u8],
    out: &mut Vec<u8>,
) -> Result<()> {
    let start = out.len();
    // Once, and before the plaintext is in: a later reallocation would leave a copy of it behind.
    out.reserve(plaintext.len().saturating_add(GCM_TAG_LEN));
    out.extend_from_slice(plaintext);
    match cipher::seal(key, iv, aad, &mut out[start..]) {
        Some(tag) => {
            out.extend_from_slice(&tag);
            Ok(())
        }
        None => {
            wipe_from(out, start);
            Err(Error::bug("an AES key or a plaintext of a length that AES-GCM does not have"))
        }
    }
}

/// Appends the plaintext of `sealed` (ciphertext and tag) to `out`. A key of a length that AES does
/// not have fits no tag.
///
/// On failure `out` is as long as before, and what lay beyond is wiped. If `out` holds secrets
/// already, reserve room in it first: growing it may leave a copy of them behind.
pub fn gcm_open(
    key: &[u8],
    iv: &[u8; GCM_IV_LEN],
    aad: &[u8],
    sealed: &[u8],
    out: &mut Vec<u8>,
) -> core::result::Result<(), TagMismatch> {
    let (ciphertext, tag) = sealed.split_last_chunk().ok_or(TagMismatch)?;
    let start = out.len();
    out.extend_from_slice(ciphertext);
    let opened = cipher::open(key, iv, aad, &mut out[start..], tag);
    if opened.is_err() {
        wipe_from(out, start);
    }
    opened
}

fn wipe_from(out: &mut Vec<u8>, start: usize) {
    out[start..].zeroize();
    out.truncate(start);
}

/// Fills `out` with the keystream of AES-256 in counter mode. Its blocks are the encryptions of
/// `prefix` and a big-endian number, which counts from `counter` and does not carry beyond its 32
/// bits.
pub fn ctr_keystream(key: &[u8; 32], prefix: &[u8; 12], counter: u32, out: &mut [u8]) {
    out.fill(0);
    cipher::keystream(key, prefix, counter, out);
}

#[cfg(test)]
#[path = "tests/aes.rs"]
mod tests;
