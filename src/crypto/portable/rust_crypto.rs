//! AES-GCM and AES-CTR of the RustCrypto crates, for targets without an implementation of our own.

use aes::cipher::{BlockCipherEncrypt, KeyInit, array::Array};
use aes::{Aes128, Aes192, Aes256};
use aes_gcm::AesGcm;
use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::consts::U12;
use fieldseal_arithmetic::{GCM_IV_LEN, GCM_TAG_LEN, TagMismatch};
use zeroize::Zeroizing;

const BLOCK: usize = 16;
/// Blocks per call of the cipher: hardware and software both work on several at the price of one.
const GROUP: usize = 4;

/// An expanded key. Its parts wipe themselves.
pub(in crate::crypto) enum Key {
    Aes128(AesGcm<Aes128, U12>),
    Aes192(AesGcm<Aes192, U12>),
    Aes256(AesGcm<Aes256, U12>),
}

impl Key {
    /// Expands a key; `None` unless it has 16, 24 or 32 bytes.
    pub(in crate::crypto) fn new(key: &[u8]) -> Option<Self> {
        match key.len() {
            16 => AesGcm::new_from_slice(key).ok().map(Self::Aes128),
            24 => AesGcm::new_from_slice(key).ok().map(Self::Aes192),
            32 => AesGcm::new_from_slice(key).ok().map(Self::Aes256),
            _ => None,
        }
    }

    /// Expands four keys.
    pub(in crate::crypto) fn four(keys: [&[u8; 32]; 4]) -> [Self; 4] {
        keys.map(|key| Self::Aes256(AesGcm::new(key.into())))
    }

    /// Encrypts `buffer` in place; `None` if GCM has no such length.
    pub(in crate::crypto) fn seal(
        &self,
        iv: &[u8; GCM_IV_LEN],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Option<[u8; GCM_TAG_LEN]> {
        let (iv, buffer) = (iv.into(), buffer.into());
        let tag = match self {
            Self::Aes128(key) => key.encrypt_inout_detached(iv, aad, buffer),
            Self::Aes192(key) => key.encrypt_inout_detached(iv, aad, buffer),
            Self::Aes256(key) => key.encrypt_inout_detached(iv, aad, buffer),
        };
        tag.map(Into::into).ok()
    }

    /// Decrypts `buffer` in place if the tag fits.
    pub(in crate::crypto) fn open(
        &self,
        iv: &[u8; GCM_IV_LEN],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; GCM_TAG_LEN],
    ) -> Result<(), TagMismatch> {
        let (iv, buffer, tag) = (iv.into(), buffer.into(), tag.into());
        let opened = match self {
            Self::Aes128(key) => key.decrypt_inout_detached(iv, aad, buffer, tag),
            Self::Aes192(key) => key.decrypt_inout_detached(iv, aad, buffer, tag),
            Self::Aes256(key) => key.decrypt_inout_detached(iv, aad, buffer, tag),
        };
        opened.map_err(|_| TagMismatch)
    }
}

/// Adds the keystream of AES-256 in counter mode to `bytes`. The counter is the last 32 bits of each
/// block.
pub(in crate::crypto) fn keystream(
    key: &[u8; 32],
    prefix: &[u8; 12],
    mut counter: u32,
    bytes: &mut [u8],
) {
    let aes = Aes256::new(key.into());
    let mut blocks = Zeroizing::new([[0; BLOCK]; GROUP]);
    for piece in bytes.chunks_mut(BLOCK * GROUP) {
        for block in blocks.iter_mut() {
            let (start, end) = block.split_at_mut(prefix.len());
            start.copy_from_slice(prefix);
            end.copy_from_slice(&counter.to_be_bytes());
            counter = counter.wrapping_add(1);
        }
        aes.encrypt_blocks(Array::cast_slice_from_core_mut(&mut *blocks));
        let stream = blocks.as_flattened();
        piece.iter_mut().zip(stream).for_each(|(byte, stream)| *byte ^= stream);
    }
}
