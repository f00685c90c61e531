//! ECDSA (FIPS 186-5) over P-256 with SHA-256 and P-384 with SHA-384; signatures in DER.

use core::fmt;

use fieldseal_arithmetic::curve384;

#[cfg(any(
    test,
    all(feature = "p256", any(feature = "software-fallback", feature = "messages"))
))]
use p256::ecdsa::signature::hazmat::PrehashVerifier;
#[cfg(any(test, feature = "p256"))]
use p256::ecdsa::signature::hazmat::RandomizedPrehashSigner;
use p384::elliptic_curve::ff::PrimeField;
use subtle::Choice;

use crate::error::{Error, Part, Result};

use super::curve::Curve;

use super::der::{SEQUENCE, Values, write_natural};
use super::digest::Digest;
use super::host::host_crypto;
#[cfg(feature = "messages")]
use super::message_hash::MessageHash;
use super::provider::p384_key::PrivateKey;
#[cfg(any(test, feature = "software-fallback", feature = "messages"))]
use super::provider::p384_key::verify as verify_p384;
use super::random::MAX_TRIES;
#[cfg(any(test, feature = "p256"))]
use super::random::{HostRng, random_scalar};

/// A private key for ECDSA: its scalar is wiped on drop and never printed.
///
/// ```
/// use fieldseal::crypto::{Curve, SigningKey, VerifyingKey};
///
/// let key = SigningKey::generate(Curve::P384)?;
/// let signature = key.sign(b"hello")?;
///
/// let point = key.public_compressed();
/// let public = VerifyingKey::from_compressed(key.curve(), &point)?;
/// assert!(public.verify(b"hello", &signature));
/// assert!(!public.verify(b"hullo", &signature));
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Clone)]
pub struct SigningKey(Private);

#[derive(Clone)]
enum Private {
    #[cfg(any(test, feature = "p256"))]
    P256(p256::ecdsa::SigningKey),
    P384(PrivateKey),
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            #[cfg(any(test, feature = "p256"))]
            Private::P256(_) => "SigningKey(P256)",
            Private::P384(_) => "SigningKey(P384)",
        })
    }
}

impl SigningKey {
    /// A new key, from the host's randomness.
    ///
    /// # Errors
    /// [`Fault::Host`](crate::error::Fault::Host) if the host has none; [`Fault::Bug`](crate::error::Fault::Bug) for P-256 in a
    /// build without the feature `messages`.
    pub fn generate(curve: Curve) -> Result<Self> {
        match curve {
            #[cfg(any(test, feature = "p256"))]
            Curve::P256 => {
                random_scalar(|s: &[u8; 32]| p256::ecdsa::SigningKey::from_slice(s).ok())
                    .map(|key| Self(Private::P256(key)))
            }
            #[cfg(not(any(test, feature = "p256")))]
            Curve::P256 => Err(absent()),
            Curve::P384 => PrivateKey::generate().map(|key| Self(Private::P384(key))),
        }
    }

    /// The curve, which decides the hash.
    pub fn curve(&self) -> Curve {
        match self.0 {
            #[cfg(any(test, feature = "p256"))]
            Private::P256(_) => Curve::P256,
            Private::P384(_) => Curve::P384,
        }
    }

    /// The public key as a compressed point (SEC 1 section 2.3.3) of [`Curve::compressed_len`] bytes.
    pub fn public_compressed(&self) -> Vec<u8> {
        match &self.0 {
            #[cfg(any(test, feature = "p256"))]
            Private::P256(key) => key.verifying_key().to_sec1_point(true).as_bytes().to_vec(),
            Private::P384(key) => key.public_compressed().to_vec(),
        }
    }

    /// A signature over `message` in DER, of exactly [`Curve::signature_len`] bytes.
    ///
    /// Nonces are hedged (RFC 6979 section 3.6): a function of key, message and fresh randomness,
    /// so that neither a repeated nor a predictable random number gives the key away.
    ///
    /// # Errors
    /// [`Fault::Host`](crate::error::Fault::Host) if the host has no randomness.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        self.sign_digest(&Digest::of(self.curve(), message))
    }

    /// The same over a message that was hashed with the hash of [`curve`](Self::curve).
    ///
    /// # Errors
    /// As [`sign`](Self::sign), and if the host fails to hash.
    #[cfg(feature = "messages")]
    pub(crate) fn sign_hash(&self, hash: MessageHash) -> Result<Vec<u8>> {
        self.sign_digest(&hash.finish()?)
    }

    fn sign_digest(&self, Digest(digest): &Digest) -> Result<Vec<u8>> {
        match &self.0 {
            #[cfg(any(test, feature = "p256"))]
            Private::P256(key) => first_of_len(Curve::P256.signature_len(), || {
                let one: p256::ecdsa::Signature =
                    key.sign_prehash_with_rng(&mut HostRng, digest).map_err(no_nonce)?;
                Ok(to_der(&one.r().to_repr(), &unlike(*one.r(), *one.s()).to_repr()))
            }),
            Private::P384(key) => first_of_len(Curve::P384.signature_len(), || {
                let digest =
                    digest.first_chunk().ok_or_else(|| Error::bug("a digest of SHA-256"))?;
                let [r, s] = key.sign(digest)?;
                Ok(to_der(&r.to_repr(), &unlike(r, s).to_repr()))
            }),
        }
    }
}

/// s or n - s, whichever has another highest bit than r: just one of a pair (r, s) and (r, n - s), which both verify,
/// nearly always does. Which of them was taken is secret, like the nonce's sign.
fn unlike<S: PrimeField>(r: S, s: S) -> S {
    let highest = |n: &S| n.to_repr().as_ref()[0] >> 7;
    S::conditional_select(&s, &-s, Choice::from(highest(&r) ^ highest(&s) ^ 1))
}

#[cfg(not(any(test, feature = "p256")))]
fn absent() -> Error {
    Error::bug(
        "only messages are signed with P-256, and this build (without the feature messages) has none",
    )
}

#[cfg(any(test, feature = "p256"))]
fn no_nonce(_: p256::ecdsa::Error) -> Error {
    Error::host("no random bytes for a signature".to_owned())
}

/// The first signature that has `len` bytes in DER.
fn first_of_len(len: usize, sign: impl Fn() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    for _ in 0..MAX_TRIES {
        let der = sign()?;
        if der.len() == len {
            return Ok(der);
        }
    }
    Err(Error::bug("no signature of the exact length"))
}

/// Ecdsa-Sig-Value (SEC 1 appendix C.8): a SEQUENCE of the two numbers, which are below 64 bytes.
fn to_der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let mut der = vec![SEQUENCE, 0];
    write_natural(&mut der, r);
    write_natural(&mut der, s);
    der[1] = (der.len() - 2) as u8;
    der
}

/// The two numbers of a signature in DER, each of `len` bytes; whether they are in range is the crates' to say.
fn from_der(len: usize, der: &[u8]) -> Option<Vec<u8>> {
    let mut numbers = Values::new(der).only_sequence()?;
    let mut fixed = Vec::with_capacity(2 * len);
    for end in [len, 2 * len] {
        let number = numbers.natural().filter(|number| number.len() <= len)?;
        fixed.resize(end - number.len(), 0);
        fixed.extend_from_slice(number);
    }
    numbers.is_empty().then_some(fixed)
}

/// A public key for ECDSA.
///
/// ```
/// use fieldseal::crypto::{Curve, SigningKey, VerifyingKey};
///
/// let key = SigningKey::generate(Curve::P384)?;
/// let public = VerifyingKey::from_compressed(Curve::P384, &key.public_compressed())?;
/// assert_eq!(public.curve(), Curve::P384);
/// assert!(public.verify(b"hello", &key.sign(b"hello")?));
///
/// let zeros = VerifyingKey::from_compressed(Curve::P384, &[0; 49]);
/// assert_eq!(zeros.unwrap_err().code(), "MALFORMED_KEY");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey(Public);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Public {
    #[cfg(any(test, feature = "p256"))]
    P256(p256::ecdsa::VerifyingKey),
    /// Uncompressed.
    P384([u8; 97]),
}

impl VerifyingKey {
    /// Reads a compressed point (SEC 1 section 2.3.3) of [`Curve::compressed_len`] bytes.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::Key`]: not compressed, or not a point of the curve.
    pub fn from_compressed(curve: Curve, point: &[u8]) -> Result<Self> {
        // The crate would also take uncompressed points and "compact" ones (tag 5, any sign of y),
        // which the formats do not have: one key, one spelling.
        if point.len() != curve.compressed_len() || !matches!(point.first(), Some(2 | 3)) {
            return Err(Error::malformed(Part::Key, "an ECDSA key that is not a compressed point"));
        }
        match curve {
            #[cfg(any(test, feature = "p256"))]
            Curve::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok().map(Public::P256),
            #[cfg(not(any(test, feature = "p256")))]
            Curve::P256 => return Err(absent()),
            Curve::P384 => curve384::uncompressed(point).map(Public::P384),
        }
        .map(Self)
        .ok_or_else(|| Error::malformed(Part::Key, "an ECDSA key that is not a point of its curve"))
    }

    /// Whether `der` is a signature over `message`. Both s and n - s are accepted, in DER of any
    /// length.
    #[cfg(any(test, feature = "software-fallback", feature = "messages"))]
    pub fn verify(&self, message: &[u8], der: &[u8]) -> bool {
        self.verify_digest(&Digest::of(self.curve(), message), der)
    }

    /// The same, by the host where it is faster: for P-256, if it has cryptography of its own. In a build without the features
    /// `software-fallback` and `messages`, by the host only.
    ///
    /// # Errors
    /// [`Fault::Host`](crate::error::Fault::Host) if that fails;
    /// [`Fault::Unsupported`](crate::error::Fault::Unsupported) if there is none where it is needed.
    pub(crate) async fn verify_fast(&self, message: &[u8], der: &[u8]) -> Result<bool> {
        #[cfg(any(test, feature = "software-fallback", feature = "messages"))]
        if matches!(self.0, Public::P384(_)) {
            return Ok(self.verify(message, der));
        }
        if let Some(host) = host_crypto() {
            let (point, signature) = match &self.0 {
                #[cfg(any(test, feature = "p256"))]
                Public::P256(key) => {
                    (key.to_sec1_point(false).as_bytes().to_vec(), from_der(32, der))
                }
                Public::P384(point) => (point.to_vec(), from_der(48, der)),
            };
            let Some(signature) = signature else { return Ok(false) };
            let verified = host.verify(self.curve(), &point, message, &signature).await?;
            if let Some(verified) = verified {
                return Ok(verified);
            }
        }
        #[cfg(any(test, feature = "software-fallback", feature = "messages"))]
        return Ok(self.verify(message, der));
        #[cfg(not(any(test, feature = "software-fallback", feature = "messages")))]
        return Err(Error::unsupported(
            "verifying a signature without WebCrypto, which pages have over HTTPS or from localhost",
        ));
    }

    /// The same over a message that was hashed with the hash of [`curve`](Self::curve).
    ///
    /// # Errors
    /// [`Fault::Host`](crate::error::Fault::Host) if the host fails to hash.
    #[cfg(feature = "messages")]
    pub(crate) fn verify_hash(&self, hash: MessageHash, der: &[u8]) -> Result<bool> {
        Ok(self.verify_digest(&hash.finish()?, der))
    }

    #[cfg(any(test, feature = "software-fallback", feature = "messages"))]
    fn verify_digest(&self, Digest(digest): &Digest, der: &[u8]) -> bool {
        match &self.0 {
            #[cfg(any(test, feature = "p256"))]
            Public::P256(key) => from_der(32, der)
                .and_then(|signature| p256::ecdsa::Signature::from_slice(&signature).ok())
                .is_some_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            Public::P384(point) => from_der(48, der)
                .zip(digest.first_chunk())
                .is_some_and(|(signature, digest)| verify_p384(point, digest, &signature)),
        }
    }

    /// The curve, which decides the hash.
    pub fn curve(&self) -> Curve {
        match self.0 {
            #[cfg(any(test, feature = "p256"))]
            Public::P256(_) => Curve::P256,
            Public::P384(_) => Curve::P384,
        }
    }
}

#[cfg(test)]
#[path = "tests/ecdsa.rs"]
mod tests;
