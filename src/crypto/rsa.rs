//! RSA encryption (RFC 8017). Public-key operations only; decryption is the host's:
//! [`super::RsaPrivateKey`].

use crate::error::{Error, Part, Result};

#[cfg(any(test, feature = "software-fallback"))]
use super::rsa_fallback;
use super::rsa_padding::RsaPadding;
use super::{PublicKeyInfo, PublicKeyKind};

/// Modulus lengths that are served: below is weak, and above nobody can have a key in KMS.
const BITS: core::ops::RangeInclusive<usize> = 2048..=4096;

/// An RSA public key of 2048 to 4096 bits, for encryption (RFC 8017).
///
/// ```
/// use fieldseal::crypto::{RsaPadding, RsaPublicKey};
///
/// # fieldseal_doctest::run(async {
/// # let pem = fieldseal_doctest::rsa_public_key();
/// // `pem` is what `openssl pkey -pubout` writes, or the bytes that GetPublicKey returns.
/// let key = RsaPublicKey::from_spki(&pem)?;
/// assert_eq!((key.bits(), key.size()), (2048, 256));
/// assert_eq!(key.spki(), pem);
///
/// let padding = RsaPadding::OaepSha256;
/// assert_eq!(key.max_plaintext(padding), 190);
/// assert_eq!(key.encrypt(padding, b"data key").await?.len(), 256);
///
/// let long = key.encrypt(padding, &[0; 191]).await;
/// assert_eq!(long.unwrap_err().code(), "LIMIT_EXCEEDED");
/// # Ok(())
/// # });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RsaPublicKey {
    spki: Vec<u8>,
    bits: usize,
    #[cfg(any(test, feature = "software-fallback"))]
    fallback: rsa_fallback::Key,
}

impl RsaPublicKey {
    /// Reads a SubjectPublicKeyInfo (RFC 5280) in PEM or DER.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::Key`] for anything else, a private key above all;
    /// [`Fault::Unsupported`](crate::error::Fault::Unsupported) for a key of another length.
    pub fn from_spki(pem_or_der: &[u8]) -> Result<Self> {
        let info = PublicKeyInfo::parse(pem_or_der)?;
        let PublicKeyKind::Rsa { bits } = info.kind else {
            return Err(Error::malformed(Part::Key, "a public key that is not for RSA"));
        };
        if !BITS.contains(&bits) {
            return Err(Error::unsupported(format!(
                "an RSA key of {bits} bits; {} to {} are allowed",
                BITS.start(),
                BITS.end()
            )));
        }
        let weird = || Error::malformed(Part::Key, WEIRD);
        let (modulus, exponent) = info.rsa().ok_or_else(weird)?;
        if !odd(modulus) || !odd(exponent) || !EXPONENTS.contains(&small(exponent)) {
            return Err(weird());
        }
        Ok(Self {
            #[cfg(any(test, feature = "software-fallback"))]
            fallback: rsa_fallback::Key::new(modulus, exponent).ok_or_else(weird)?,
            spki: info.der,
            bits,
        })
    }

    /// Length of the modulus in bits.
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// Length of the modulus, and of a ciphertext, in bytes.
    pub fn size(&self) -> usize {
        self.bits.div_ceil(8)
    }

    /// The SubjectPublicKeyInfo in DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The longest plaintext that fits, in bytes.
    pub fn max_plaintext(&self, padding: RsaPadding) -> usize {
        self.size().saturating_sub(padding.overhead())
    }

    #[cfg(any(test, feature = "software-fallback"))]
    pub(super) fn encrypt_in_core(&self, padding: RsaPadding, plaintext: &[u8]) -> Result<Vec<u8>> {
        self.fallback.encrypt(padding, plaintext)
    }

    #[cfg(not(any(test, feature = "software-fallback")))]
    pub(super) fn encrypt_in_core(&self, padding: RsaPadding, _: &[u8]) -> Result<Vec<u8>> {
        Err(Error::unsupported(match padding {
            RsaPadding::Pkcs1 => "RSA with PKCS #1 v1.5, which WebCrypto does not have",
            _ => "RSA without WebCrypto, which pages have over HTTPS or from localhost",
        }))
    }
}

/// Exponents that are served.
const EXPONENTS: core::ops::RangeInclusive<u64> = 3..=(1 << 33) - 1;
const WEIRD: &str = "an RSA key whose modulus is even, or whose exponent is even, 1 or above 2^33";

fn odd(number: &[u8]) -> bool {
    number.last().is_some_and(|byte| byte & 1 == 1)
}

/// A big-endian number, or the greatest there is.
fn small(number: &[u8]) -> u64 {
    match number.len() {
        0..=8 => number.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
        _ => u64::MAX,
    }
}

#[cfg(test)]
#[path = "tests/rsa.rs"]
mod tests;
