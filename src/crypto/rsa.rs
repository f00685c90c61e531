//! RSA encryption (RFC 8017). Public-key operations only; decryption is the host's:
//! [`super::RsaPrivateKey`].
//!
//! Written out, because so little of RSA is needed: one power with a public exponent and two paddings. The crate `rsa`,
//! against which it is tested, would be a tenth of the core.

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use crate::error::{Error, Part, Result};

use super::montgomery::Modulus;
use super::random::{fill_random, random_array};
use super::{PublicKeyInfo, PublicKeyKind, Secret};

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

/// Greatest exponent: a greater one is a way to keep others busy.
const MAX_EXPONENT: u64 = (1 << 33) - 1;

/// An RSA public key of 2048 to 4096 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RsaPublicKey {
    modulus: Modulus,
    exponent: u64,
}

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
        let weird = || Error::malformed(Part::Key, WEIRD);
        let (modulus, exponent) = info.rsa().ok_or_else(weird)?;
        let modulus = Modulus::new(modulus).ok_or_else(weird)?;
        let exponent = match exponent.len() {
            ..=8 => exponent.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
            _ => u64::MAX,
        };
        if exponent & 1 == 0 || !(2..=MAX_EXPONENT).contains(&exponent) {
            return Err(weird());
        }
        Ok(Self { modulus, exponent })
    }

    /// Length of the modulus in bits.
    pub fn bits(&self) -> usize {
        self.modulus.bits()
    }

    /// The longest plaintext that fits, in bytes.
    pub fn max_plaintext(&self, padding: RsaPadding) -> usize {
        self.modulus.len().saturating_sub(padding.overhead())
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
        let room = limit - plaintext.len();
        let padded = match padding {
            RsaPadding::Pkcs1 => pkcs1(room, plaintext),
            RsaPadding::OaepSha1 => oaep(digest::<Sha1>, room, plaintext),
            RsaPadding::OaepSha256 => oaep(digest::<Sha256>, room, plaintext),
            RsaPadding::OaepSha384 => oaep(digest::<Sha384>, room, plaintext),
            RsaPadding::OaepSha512 => oaep(digest::<Sha512>, room, plaintext),
        }?;
        // It begins with a zero byte, and so is below the modulus.
        Ok(self.modulus.power(&padded, self.exponent))
    }
}

/// EME-PKCS1-v1_5 (RFC 8017 section 7.2.1): 0, 2, random bytes other than zero, 0, the plaintext. `room` is how many
/// bytes longer the plaintext could be.
fn pkcs1(room: usize, plaintext: &[u8]) -> Result<Secret> {
    let mut padding = Zeroizing::new(vec![0; 8 + room]);
    fill_random(&mut padding)?;
    for byte in padding.iter_mut() {
        while *byte == 0 {
            [*byte] = random_array()?;
        }
    }
    Ok(Secret::new([&[0, 2], &padding[..], &[0], plaintext].concat()))
}

/// EME-OAEP with an empty label (RFC 8017 section 7.1.1): 0, the masked seed, the masked data block. `room` is how many
/// bytes longer the plaintext could be.
fn oaep(hash: HashParts, room: usize, plaintext: &[u8]) -> Result<Secret> {
    let label = hash(&[]);
    let mut seed = Zeroizing::new(vec![0; label.len()]);
    fill_random(&mut seed)?;
    let mut block = Zeroizing::new([&label, &vec![0; room][..], &[1], plaintext].concat());
    mask(hash, &seed, &mut block);
    mask(hash, &block, &mut seed);
    Ok(Secret::new([&[0], &seed[..], &block].concat()))
}

/// MGF1 of `seed` (RFC 8017 appendix B.2.1), added to `bytes` by exclusive or.
fn mask(hash: HashParts, seed: &[u8], bytes: &mut [u8]) {
    let chunk = hash(&[]).len();
    for (counter, bytes) in (0u32..).zip(bytes.chunks_mut(chunk)) {
        let mask = hash(&[seed, &counter.to_be_bytes()]);
        for (byte, mask) in bytes.iter_mut().zip(&*mask) {
            *byte ^= mask;
        }
    }
}

/// The hash of the concatenation of parts.
type HashParts = fn(&[&[u8]]) -> Zeroizing<Vec<u8>>;

fn digest<D: Digest>(parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut hash = D::new();
    for part in parts {
        hash.update(part);
    }
    Zeroizing::new(hash.finalize().to_vec())
}

const WEIRD: &str = "an RSA key whose modulus is even, or whose exponent is even, 1 or above 2^33";

#[cfg(test)]
#[path = "tests/rsa.rs"]
mod tests;
