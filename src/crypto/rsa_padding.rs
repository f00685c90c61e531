//! Paddings of RSA encryption (RFC 8017).

/// How a plaintext is padded before RSA encryption (RFC 8017 section 7). MGF1 uses the same hash as OAEP, and the label is
/// empty.
///
/// ```
/// use fieldseal::crypto::{RsaPadding, RsaPublicKey};
///
/// # let spki = fieldseal_doctest::rsa_public_key();
/// let key = RsaPublicKey::from_spki(&spki)?;
/// // A data key of 32 bytes fits under all of them.
/// let paddings = [RsaPadding::Pkcs1, RsaPadding::OaepSha1, RsaPadding::OaepSha256];
/// assert_eq!(paddings.map(|padding| key.max_plaintext(padding)), [245, 214, 190]);
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
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
    pub(super) fn overhead(self) -> usize {
        match self {
            Self::Pkcs1 => 11,
            Self::OaepSha1 => 2 * 20 + 2,
            Self::OaepSha256 => 2 * 32 + 2,
            Self::OaepSha384 => 2 * 48 + 2,
            Self::OaepSha512 => 2 * 64 + 2,
        }
    }
}
