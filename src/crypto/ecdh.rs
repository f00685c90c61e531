//! Public keys for ECDH (SP 800-56A revision 3) on P-256, P-384 and P-521. The agreement itself is the host's
//! or KMS's: [`EcdhPrivateKey`].

use core::fmt;

use fieldseal_arithmetic::{curve384, curve521};

use crate::error::{Error, Part, Result};
use crate::util::LocalFuture;

use super::{PublicKeyInfo, PublicKeyKind, Secret};

/// A curve for key agreement.
///
/// ```
/// use fieldseal::crypto::EcdhCurve;
///
/// let curve = EcdhCurve::P521;
/// assert_eq!(curve.name(), "P-521");
/// assert_eq!(curve.field_len(), 66); // a shared secret
/// assert_eq!(curve.compressed_len(), 67); // a public key
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EcdhCurve {
    /// P-256.
    P256,
    /// P-384.
    P384,
    /// P-521.
    P521,
}

impl EcdhCurve {
    /// Length in bytes of a coordinate, and of a shared secret.
    pub fn field_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => curve521::FIELD_LEN,
        }
    }

    /// Length in bytes of a compressed point (SEC 1 section 2.3.3).
    pub fn compressed_len(self) -> usize {
        1 + self.field_len()
    }

    /// The curve's name, for example `P-256`.
    pub fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// What stands before an uncompressed point in a SubjectPublicKeyInfo (RFC 5480).
    fn spki_prefix(self) -> &'static [u8] {
        match self {
            Self::P256 => {
                b"0\x59\x30\x13\x06\x07*\x86H\xce=\x02\x01\x06\x08*\x86H\xce=\x03\x01\x07\x03\x42\0"
            }
            Self::P384 => {
                b"0\x76\x30\x10\x06\x07*\x86H\xce=\x02\x01\x06\x05+\x81\x04\0\x22\x03\x62\0"
            }
            Self::P521 => {
                b"0\x81\x9b\x30\x10\x06\x07*\x86H\xce=\x02\x01\x06\x05+\x81\x04\0\x23\x03\x81\x86\0"
            }
        }
    }
}

/// A public key: a point of its curve, not the one at infinity.
///
/// ```
/// use fieldseal::crypto::{EcdhCurve, EcdhPublicKey};
///
/// # let pem = fieldseal_doctest::p256_public_key();
/// // `pem` is what `openssl ec -pubout` writes, or the bytes that GetPublicKey returns.
/// let key = EcdhPublicKey::from_spki(EcdhCurve::P256, &pem)?;
/// assert_eq!(key.curve(), EcdhCurve::P256);
/// assert_eq!(key.to_spki(), pem);
///
/// let point = key.compressed();
/// assert_eq!(EcdhPublicKey::from_compressed(EcdhCurve::P256, &point)?, key);
///
/// let other = EcdhPublicKey::from_spki(EcdhCurve::P384, &pem);
/// assert_eq!(other.unwrap_err().code(), "MALFORMED_KEY");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct EcdhPublicKey {
    curve: EcdhCurve,
    /// Uncompressed, as SEC 1 writes it.
    point: Vec<u8>,
}

impl EcdhPublicKey {
    /// Reads a SubjectPublicKeyInfo (RFC 5280, RFC 5480) in PEM or DER.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::Key`]: not such a key, of another curve, or no point of it.
    pub fn from_spki(curve: EcdhCurve, pem_or_der: &[u8]) -> Result<Self> {
        let info = PublicKeyInfo::parse(pem_or_der)?;
        let found = match info.kind {
            PublicKeyKind::EcP256 => EcdhCurve::P256,
            PublicKeyKind::EcP384 => EcdhCurve::P384,
            PublicKeyKind::EcP521 => EcdhCurve::P521,
            PublicKeyKind::Rsa { .. } | PublicKeyKind::Other => {
                let problem = "a public key that is not for ECDH on P-256, P-384 or P-521";
                return Err(Error::malformed(Part::Key, problem));
            }
        };
        if found != curve {
            let problem =
                format!("a public key of {} where {} is needed", found.name(), curve.name());
            return Err(Error::malformed(Part::Key, problem));
        }
        Self::from_sec1(curve, &info.key)
    }

    /// Reads a compressed point (SEC 1 section 2.3.4) of [`EcdhCurve::compressed_len`] bytes.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::Key`]: not compressed, or no point of the curve.
    pub fn from_compressed(curve: EcdhCurve, point: &[u8]) -> Result<Self> {
        if point.len() != curve.compressed_len() {
            return Err(no_point(curve));
        }
        Self::from_sec1(curve, point)
    }

    fn from_sec1(curve: EcdhCurve, sec1: &[u8]) -> Result<Self> {
        // One spelling for each point: the crates would also take "compact" ones (tag 5).
        let known = matches!(
            (sec1.first(), sec1.len()),
            (Some(2 | 3), n) if n == curve.compressed_len()
        ) || matches!((sec1.first(), sec1.len()), (Some(4), n) if n == 1 + 2 * curve.field_len());
        let point = match curve {
            _ if !known => None,
            EcdhCurve::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(sec1)
                .ok()
                .map(|key| key.to_sec1_point(false).as_bytes().to_vec()),
            EcdhCurve::P384 => curve384::uncompressed(sec1).map(|point| point.to_vec()),
            EcdhCurve::P521 => {
                curve521::coordinates(sec1).map(|(x, y)| [&[4], &x[..], &y[..]].concat())
            }
        };
        point.map(|point| Self { curve, point }).ok_or_else(|| no_point(curve))
    }

    /// The curve.
    pub fn curve(&self) -> EcdhCurve {
        self.curve
    }

    /// The compressed point; [`EcdhCurve::compressed_len`] bytes.
    pub fn compressed(&self) -> Vec<u8> {
        let odd = self.point.last().is_some_and(|byte| byte & 1 == 1);
        let x = self.point.get(1..self.curve.compressed_len()).unwrap_or_default();
        [&[2 + u8::from(odd)], x].concat()
    }

    /// The SubjectPublicKeyInfo in DER.
    pub fn to_spki(&self) -> Vec<u8> {
        [self.curve.spki_prefix(), &self.point].concat()
    }
}

impl fmt::Debug for EcdhPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EcdhPublicKey({}, {:02x?})", self.curve.name(), self.compressed())
    }
}

fn no_point(curve: EcdhCurve) -> Error {
    Error::malformed(Part::Key, format!("a public key that is not a point of {}", curve.name()))
}

/// A private key for ECDH that the host, or KMS, holds and uses.
///
/// A shared secret is the x coordinate of the shared point, with its leading zeros:
/// [`field_len`](EcdhCurve::field_len) bytes.
///
/// ```
/// use fieldseal::crypto::{EcdhCurve, EcdhPrivateKey, EcdhPublicKey, Secret};
/// use fieldseal::error::Result;
/// use fieldseal::host::LocalFuture;
/// use p256::elliptic_curve::sec1::ToSec1Point;
///
/// /// A key in memory. In the host's cryptography or in a hardware module, it could not be copied.
/// struct Key(p256::SecretKey);
///
/// impl EcdhPrivateKey for Key {
///     fn public_key(&self) -> LocalFuture<'_, Result<EcdhPublicKey>> {
///         let point = self.0.public_key().to_sec1_point(true);
///         Box::pin(async move { EcdhPublicKey::from_compressed(EcdhCurve::P256, point.as_bytes()) })
///     }
///
///     fn agree<'a>(&'a self, peer: &'a EcdhPublicKey) -> LocalFuture<'a, Result<Secret>> {
///         let peer = p256::PublicKey::from_sec1_bytes(&peer.compressed()).expect("a point");
///         let shared = p256::ecdh::diffie_hellman(self.0.to_nonzero_scalar(), peer.as_affine());
///         Box::pin(async move { Ok(shared.raw_secret_bytes()[..].into()) })
///     }
/// }
///
/// # fieldseal_doctest::run(async {
/// # let one = Key(p256::SecretKey::from_slice(&[1; 32]).unwrap());
/// # let other = Key(p256::SecretKey::from_slice(&[2; 32]).unwrap());
/// let (a, b) = (one.public_key().await?, other.public_key().await?);
/// assert_eq!(one.agree(&b).await?[..], other.agree(&a).await?[..]);
/// # Ok(())
/// # });
/// ```
pub trait EcdhPrivateKey {
    /// The public half.
    ///
    /// # Errors
    /// What the host fails with, as [`Fault::Host`](crate::error::Fault::Host).
    fn public_key(&self) -> LocalFuture<'_, Result<EcdhPublicKey>>;

    /// The secret shared with the holder of `peer`'s private half. `peer` is a point of its curve.
    ///
    /// # Errors
    /// What the host fails with, as [`Fault::Host`](crate::error::Fault::Host);
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) for a peer on another curve.
    fn agree<'a>(&'a self, peer: &'a EcdhPublicKey) -> LocalFuture<'a, Result<Secret>>;
}

/// Key pairs for ECDH that the host makes, uses once and forgets.
///
/// ```
/// use fieldseal::crypto::{EcdhCurve, EcdhPublicKey, EphemeralEcdh, Secret};
/// use fieldseal::error::Result;
/// use fieldseal::host::LocalFuture;
/// use p256::elliptic_curve::sec1::ToSec1Point;
///
/// struct Pairs;
///
/// impl EphemeralEcdh for Pairs {
///     fn agree<'a>(
///         &'a self,
///         peer: &'a EcdhPublicKey,
///     ) -> LocalFuture<'a, Result<(EcdhPublicKey, Secret)>> {
///         Box::pin(async {
///             // In earnest, ask the host for a new pair and for the agreement.
///             let key = p256::SecretKey::from_slice(&fieldseal::crypto::random_secret(32)?).unwrap();
///             let point = key.public_key().to_sec1_point(true);
///             let public = EcdhPublicKey::from_compressed(EcdhCurve::P256, point.as_bytes())?;
///             let peer = p256::PublicKey::from_sec1_bytes(&peer.compressed()).unwrap();
///             let shared = p256::ecdh::diffie_hellman(key.to_nonzero_scalar(), peer.as_affine());
///             Ok((public, shared.raw_secret_bytes()[..].into()))
///         })
///     }
/// }
///
/// # fieldseal_doctest::run(async {
/// # let recipient = fieldseal_doctest::p256_public_key();
/// let recipient = EcdhPublicKey::from_spki(EcdhCurve::P256, &recipient)?;
/// let (public, secret) = Pairs.agree(&recipient).await?;
/// assert_eq!(secret.len(), EcdhCurve::P256.field_len());
/// assert_ne!(public, Pairs.agree(&recipient).await?.0); // another pair each time
/// # Ok(())
/// # });
/// ```
pub trait EphemeralEcdh {
    /// The public half of a new pair on `peer`'s curve, and the secret that its private half shares with
    /// `peer`, as in [`EcdhPrivateKey`].
    ///
    /// # Errors
    /// What the host fails with, as [`Fault::Host`](crate::error::Fault::Host).
    fn agree<'a>(
        &'a self,
        peer: &'a EcdhPublicKey,
    ) -> LocalFuture<'a, Result<(EcdhPublicKey, Secret)>>;
}

#[cfg(test)]
#[path = "tests/ecdh.rs"]
mod tests;
