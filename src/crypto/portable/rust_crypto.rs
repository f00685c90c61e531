//! AES-GCM and AES-CTR of the RustCrypto crates, for targets without an implementation of our own.

use aes::cipher::{BlockCipherEncrypt, KeyInit, array::Array};
use aes::{Aes128, Aes192, Aes256};
use aes_gcm::AesGcm;
use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::consts::{U12, U16};
use fieldseal_arithmetic::{GCM_IV_LEN, GCM_TAG_LEN, TagMismatch};
use zeroize::Zeroizing;

const BLOCK: usize = 16;
/// Blocks per call of the cipher: hardware and software both work on several at the price of one.
const GROUP: usize = 4;

/// Encrypts `buffer` in place; `None` if AES has no such key or GCM no such length.
pub(in crate::crypto) fn seal(
    key: &[u8],
    iv: &[u8; GCM_IV_LEN],
    aad: &[u8],
    buffer: &mut [u8],
) -> Option<[u8; GCM_TAG_LEN]> {
    match key.len() {
        16 => Key::<Aes128>::new(key)?.seal(iv, aad, buffer),
        24 => Key::<Aes192>::new(key)?.seal(iv, aad, buffer),
        32 => Key::<Aes256>::new(key)?.seal(iv, aad, buffer),
        _ => None,
    }
}

/// Decrypts `buffer` in place if the tag fits.
pub(in crate::crypto) fn open(
    key: &[u8],
    iv: &[u8; GCM_IV_LEN],
    aad: &[u8],
    buffer: &mut [u8],
    tag: &[u8; GCM_TAG_LEN],
) -> Result<(), TagMismatch> {
    match key.len() {
        16 => Key::<Aes128>::new(key).ok_or(TagMismatch)?.open(iv, aad, buffer, tag),
        24 => Key::<Aes192>::new(key).ok_or(TagMismatch)?.open(iv, aad, buffer, tag),
        32 => Key::<Aes256>::new(key).ok_or(TagMismatch)?.open(iv, aad, buffer, tag),
        _ => Err(TagMismatch),
    }
}

/// An expanded key, of 256 bits unless it says otherwise.
pub(in crate::crypto) struct Key<A = Aes256>(AesGcm<A, U12>);

impl Key {
    /// Expands four keys.
    pub(in crate::crypto) fn four(keys: [&[u8; 32]; 4]) -> [Self; 4] {
        keys.map(|key| Self(KeyInit::new(key.into())))
    }
}

impl<A> Key<A>
where
    AesGcm<A, U12>: KeyInit + AeadInOut<NonceSize = U12, TagSize = U16>,
{
    /// `None` for a key of another length than this AES has.
    fn new(key: &[u8]) -> Option<Self> {
        AesGcm::new_from_slice(key).ok().map(Self)
    }

    /// As [`seal`].
    pub(in crate::crypto) fn seal(
        &self,
        iv: &[u8; GCM_IV_LEN],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Option<[u8; GCM_TAG_LEN]> {
        self.0.encrypt_inout_detached(iv.into(), aad, buffer.into()).map(Into::into).ok()
    }

    /// As [`open`].
    pub(in crate::crypto) fn open(
        &self,
        iv: &[u8; GCM_IV_LEN],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; GCM_TAG_LEN],
    ) -> Result<(), TagMismatch> {
        self.0
            .decrypt_inout_detached(iv.into(), aad, buffer.into(), tag.into())
            .map_err(|_| TagMismatch)
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
