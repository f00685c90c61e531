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

/// What a private key's bare RSA operation makes of a ciphertext.
#[derive(Debug)]
pub struct RawRsa {
    /// The padded plaintext, as long as the modulus.
    pub encoded: Secret,
    /// A secret of the private key, the same each time: with it, keys for bad paddings are derived.
    pub rejection_secret: Secret,
}

/// The data key of `len` bytes, at most 32, in `raw`; or, in the same time, another one.
///
/// # Errors
/// For lengths that cannot be, which everybody can see.
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
