//! RSA encryption (RFC 8017). Public-key operations only; decryption is the host's:
//! [`super::RsaPrivateKey`].

use ::rsa::traits::{PaddingScheme, PublicKeyParts};
use ::rsa::{BoxedUint, Oaep, Pkcs1v15Encrypt};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use crate::error::{Error, Part, Result};

use super::random::HostRng;
use super::{PublicKeyInfo, PublicKeyKind};

/// Modulus lengths that are served: below is weak, and above nobody can have a key in KMS.
const BITS: core::ops::RangeInclusive<usize> = 2048..=4096;

/// How a plaintext is padded. MGF1 uses the same hash as OAEP, and the label is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsaPadding {
    /// PKCS #1 v1.5. For data that other software made; weak against attackers who can try
    /// ciphertexts.
    Pkcs1,
    /// OAEP with SHA-1.
    OaepSha1,
    /// OAEP with SHA-256.
    OaepSha256,
    /// OAEP with SHA-384.
    OaepSha384,
    /// OAEP with SHA-512.
    OaepSha512,
}

impl RsaPadding {
    /// Bytes of the modulus that the padding takes (RFC 8017 sections 7.1.1 and 7.2.1).
    fn overhead(self) -> usize {
        match self {
            Self::Pkcs1 => 11,
            Self::OaepSha1 => 2 * 20 + 2,
            Self::OaepSha256 => 2 * 32 + 2,
            Self::OaepSha384 => 2 * 48 + 2,
            Self::OaepSha512 => 2 * 64 + 2,
        }
    }
}

/// An RSA public key of 2048 to 4096 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RsaPublicKey(::rsa::RsaPublicKey);

impl RsaPublicKey {
    /// Reads a SubjectPublicKeyInfo in PEM or DER.
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
        let [modulus, exponent] = info
            .rsa()
            .map(|(n, e)| [n, e].map(BoxedUint::from_be_slice_vartime))
            .ok_or_else(|| Error::malformed(Part::Key, WEIRD))?;
        ::rsa::RsaPublicKey::new(modulus, exponent)
            .map(Self)
            .map_err(|_| Error::malformed(Part::Key, WEIRD))
    }

    /// Length of the modulus in bits.
    pub fn bits(&self) -> usize {
        self.0.n().bits_vartime() as usize
    }

    /// The longest plaintext that fits, in bytes.
    pub fn max_plaintext(&self, padding: RsaPadding) -> usize {
        self.0.size().saturating_sub(padding.overhead())
    }

    /// Encrypts `plaintext`; the ciphertext is as long as the modulus.
    pub fn encrypt(&self, padding: RsaPadding, plaintext: &[u8]) -> Result<Vec<u8>> {
        let limit = self.max_plaintext(padding);
        if plaintext.len() > limit {
            return Err(Error::limit(
                "RSA plaintext in bytes",
                limit as u64,
                plaintext.len() as u64,
            ));
        }
        match padding {
            RsaPadding::Pkcs1 => self.pad_and_encrypt(Pkcs1v15Encrypt, plaintext),
            RsaPadding::OaepSha1 => self.pad_and_encrypt(Oaep::<Sha1>::new(), plaintext),
            RsaPadding::OaepSha256 => self.pad_and_encrypt(Oaep::<Sha256>::new(), plaintext),
            RsaPadding::OaepSha384 => self.pad_and_encrypt(Oaep::<Sha384>::new(), plaintext),
            RsaPadding::OaepSha512 => self.pad_and_encrypt(Oaep::<Sha512>::new(), plaintext),
        }
    }

    fn pad_and_encrypt(&self, padding: impl PaddingScheme, plaintext: &[u8]) -> Result<Vec<u8>> {
        padding.encrypt(&mut HostRng, &self.0, plaintext).map_err(|e| match e {
            ::rsa::Error::Rng => Error::host("no random bytes for RSA".to_owned()),
            _ => Error::bug("RSA encryption under a checked key failed"),
        })
    }
}

const WEIRD: &str = "an RSA key whose modulus is even, or whose exponent is even, 1 or above 2^33";

#[cfg(test)]
#[path = "tests/rsa.rs"]
mod tests;
