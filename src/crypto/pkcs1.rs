//! Unpadding of RSAES-PKCS1-v1_5 (RFC 8017 section 7.2.2) for data keys, whose length is known, with implicit rejection.
//!
//! Whoever learns whether a padding was good can decrypt by asking often enough (Bleichenbacher), and hosts that tell
//! refuse this padding. So a bad one yields a key as well: a random one of the right length, the same each time for a
//! ciphertext, which fails where every wrong key does. The idea is that of `draft-irtf-cfrg-rsa-guidance` and of
//! OpenSSL 3.2; what the key is derived from is nobody's business but ours.

use subtle::{ConditionallySelectable, ConstantTimeEq};

use crate::error::{Check, Error, Result};

use super::{Hash, Secret, hmac_parts};

/// Begins what the key for a bad padding is derived from.
const REJECTED: &[u8] = b"fieldseal rejected PKCS #1 v1.5 padding";
/// Bytes of padding that are not zero, at least.
const MIN_PADDING: usize = 8;

/// What a private key's bare RSA operation makes of a ciphertext ([`RsaPrivateKey::decrypt_raw`](super::RsaPrivateKey::decrypt_raw));
/// [`pkcs1_data_key`] reads it.
#[derive(Debug)]
pub struct RawRsa {
    /// The padded plaintext, as long as the modulus.
    pub encoded: Secret,
    /// A secret of the private key, the same each time: with it, keys for bad paddings are derived.
    pub rejection_secret: Secret,
}

/// The data key of `len` bytes, at most 32, in `raw`; or, in the same time, another one: a random key, the same each time for
/// a ciphertext.
///
/// # Errors
/// [`Fault::Unauthentic`](crate::error::Fault::Unauthentic) with [`Check::WrappedKey`] for lengths that cannot be, which
/// everybody can see.
///
/// ```
/// use fieldseal::crypto::{RawRsa, Secret, pkcs1_data_key};
///
/// // 00 02, random bytes without zeros, 00, the data key: as long as the modulus.
/// let encoded = [&[0, 2], &[9; 221][..], &[0], &[7; 32]].concat();
/// let mut raw = RawRsa { encoded: Secret::new(encoded), rejection_secret: Secret::zeros(32) };
/// let ciphertext = [1; 256];
/// assert_eq!(pkcs1_data_key(&raw, &ciphertext, 32)?[..], [7; 32]);
///
/// raw.encoded.bytes_mut()[1] = 1; // a bad padding: a key that nothing opens with
/// assert_ne!(pkcs1_data_key(&raw, &ciphertext, 32)?[..], [7; 32]);
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn pkcs1_data_key(raw: &RawRsa, ciphertext: &[u8], len: usize) -> Result<Secret> {
    let unfit = || Error::unauthentic(Check::WrappedKey);
    if raw.encoded.len() != ciphertext.len() || len > 32 {
        return Err(unfit());
    }
    let at = raw.encoded.len().checked_sub(len).ok_or_else(unfit)?;
    let (head, key) = raw.encoded.split_at(at);
    let [zero, two, padding @ .., end] = head else { return Err(unfit()) };
    if padding.len() < MIN_PADDING {
        return Err(unfit());
    }
    let mut good = zero.ct_eq(&0) & two.ct_eq(&2) & end.ct_eq(&0);
    for byte in padding {
        good &= !byte.ct_eq(&0);
    }
    let mac = hmac_parts(Hash::Sha256, &raw.rejection_secret, &[REJECTED, ciphertext]);
    let mut result = Secret::new(mac);
    for (byte, true_byte) in result.bytes_mut().iter_mut().zip(key) {
        *byte = u8::conditional_select(byte, true_byte, good);
    }
    Ok(Secret::from(&result[..len]))
}

#[cfg(test)]
#[path = "tests/pkcs1.rs"]
mod tests;
