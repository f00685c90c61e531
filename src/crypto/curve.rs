//! The curves of ECDSA signatures.

use super::Hash;

/// A curve, and with it the hash: P-256 goes with SHA-256 and P-384 with SHA-384.
///
/// ```
/// use fieldseal::crypto::{Curve, SigningKey};
///
/// let key = SigningKey::generate(Curve::P384)?;
/// assert_eq!(key.public_compressed().len(), Curve::P384.compressed_len());
/// assert_eq!(key.sign(b"hello")?.len(), Curve::P384.signature_len());
/// assert_eq!((Curve::P256.compressed_len(), Curve::P256.signature_len()), (33, 71));
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// P-256, SHA-256.
    P256,
    /// P-384, SHA-384.
    P384,
}

impl Curve {
    /// The hash of its signatures.
    pub(super) fn hash(self) -> Hash {
        match self {
            Self::P256 => Hash::Sha256,
            Self::P384 => Hash::Sha384,
        }
    }

    /// The one length in bytes that the formats allow a DER signature to have.
    ///
    /// DER drops leading zeros and puts one before a high bit, so signatures come in several
    /// lengths. Readers cut at this one, though: the one at which exactly one of r and s has its
    /// high bit set.
    pub fn signature_len(self) -> usize {
        match self {
            Self::P256 => 71,
            Self::P384 => 103,
        }
    }

    /// Length in bytes of a compressed point (SEC 1 section 2.3.3).
    pub fn compressed_len(self) -> usize {
        match self {
            Self::P256 => 33,
            Self::P384 => 49,
        }
    }
}
