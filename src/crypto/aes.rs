//! AES-GCM (SP 800-38D) with 12-byte nonces and 16-byte tags, and the AES-256-CTR keystream (SP
//! 800-38A).

use aes::cipher::{BlockCipherEncrypt, KeyInit, array::Array};
use aes::{Aes128, Aes192, Aes256};
use aes_gcm::AesGcm;
use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::consts::{U12, U16};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Result};

/// Length of the nonce (IV) in bytes.
pub const GCM_IV_LEN: usize = 12;
/// Length of the authentication tag in bytes.
pub const GCM_TAG_LEN: usize = 16;

const BLOCK: usize = 16;
/// Blocks per call of the cipher. Software AES works on 2 or 4 blocks at the price of one and takes
/// a remainder one by one, so a group is always encrypted in full, even when less of it is asked
/// for.
const GROUP: usize = 4;

/// The tag does not fit key, nonce, associated data and ciphertext. Says no more, on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagMismatch;

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
    let tag = match key.len() {
        16 => seal_in_place::<Aes128>(key, iv, aad, &mut out[start..]),
        24 => seal_in_place::<Aes192>(key, iv, aad, &mut out[start..]),
        32 => seal_in_place::<Aes256>(key, iv, aad, &mut out[start..]),
        _ => Err(Error::Bug("an AES key that is not 16, 24 or 32 bytes long")),
    };
    match tag {
        Ok(tag) => out.extend_from_slice(&tag),
        Err(_) => wipe_from(out, start),
    }
    tag.map(drop)
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
    let opened = match key.len() {
        16 => open_in_place::<Aes128>(key, iv, aad, &mut out[start..], tag),
        24 => open_in_place::<Aes192>(key, iv, aad, &mut out[start..], tag),
        32 => open_in_place::<Aes256>(key, iv, aad, &mut out[start..], tag),
        _ => Err(TagMismatch),
    };
    if opened.is_err() {
        wipe_from(out, start);
    }
    opened
}

fn wipe_from(out: &mut Vec<u8>, start: usize) {
    out[start..].zeroize();
    out.truncate(start);
}

fn seal_in_place<A>(
    key: &[u8],
    iv: &[u8; GCM_IV_LEN],
    aad: &[u8],
    buffer: &mut [u8],
) -> Result<[u8; GCM_TAG_LEN]>
where
    AesGcm<A, U12>: KeyInit + AeadInOut<NonceSize = U12, TagSize = U16>,
{
    let cipher = AesGcm::<A, U12>::new_from_slice(key)
        .map_err(|_| Error::Bug("an AES key of the wrong length"))?;
    cipher
        .encrypt_inout_detached(iv.into(), aad, buffer.into())
        .map(Into::into)
        .map_err(|_| Error::Bug("more than 64 GiB for one AES-GCM nonce"))
}

fn open_in_place<A>(
    key: &[u8],
    iv: &[u8; GCM_IV_LEN],
    aad: &[u8],
    buffer: &mut [u8],
    tag: &[u8; GCM_TAG_LEN],
) -> core::result::Result<(), TagMismatch>
where
    AesGcm<A, U12>: KeyInit + AeadInOut<NonceSize = U12, TagSize = U16>,
{
    let cipher = AesGcm::<A, U12>::new_from_slice(key).map_err(|_| TagMismatch)?;
    cipher
        .decrypt_inout_detached(iv.into(), aad, buffer.into(), tag.into())
        .map_err(|_| TagMismatch)
}

/// AES-256 in counter mode, from which the formats draw keys.
pub struct Ctr256(Aes256);

impl Ctr256 {
    /// Expands `key` once; [`Ctr256::keystream`] may then be called for many counter blocks.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Aes256::new(key.into()))
    }

    /// Fills `out` with the keystream that starts at `initial_counter_block`, a 128-bit big-endian
    /// counter.
    pub fn keystream(&self, initial_counter_block: &[u8; BLOCK], out: &mut [u8]) {
        let mut counter = u128::from_be_bytes(*initial_counter_block);
        let mut blocks = Zeroizing::new([[0; BLOCK]; GROUP]);
        for piece in out.chunks_mut(BLOCK * GROUP) {
            for block in blocks.iter_mut() {
                *block = counter.to_be_bytes();
                counter = counter.wrapping_add(1);
            }
            self.0.encrypt_blocks(Array::cast_slice_from_core_mut(&mut *blocks));
            piece.copy_from_slice(&blocks.as_flattened()[..piece.len()]);
        }
    }
}

#[cfg(test)]
#[path = "tests/aes.rs"]
mod tests;
