//! The algorithm suites of the Encryption SDK and the Database Encryption SDK (`algorithm-suites.md`).

use core::fmt;

use crate::crypto::{Curve, Hash};

/// How the data key becomes the encryption key; see [`Suite`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kdf {
    /// The data key is the encryption key.
    Identity,
    /// HKDF with this hash.
    Hkdf(Hash),
}

/// What a keyring wraps; see [`Suite`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// The data key itself.
    Direct,
    /// A fresh intermediate key, which in turn wraps the data key.
    Intermediate,
}

/// One algorithm suite (`algorithm-suites.md`).
///
/// ```
/// use fieldseal::crypto::{Curve, Hash};
/// use fieldseal::materials::{Kdf, Suite, Wrapping};
///
/// // What messages are sealed with by default …
/// let suite = Suite::by_id(0x0578).unwrap();
/// assert_eq!((suite.key_len, suite.commits, suite.is_dbe()), (32, true, false));
/// assert_eq!(suite.kdf, Kdf::Hkdf(Hash::Sha512));
/// assert_eq!(suite.signature, Some(Curve::P384));
/// assert_eq!(suite.wrapping, Wrapping::Direct);
///
/// // … and the two that items have.
/// let items: Vec<_> = Suite::all().iter().filter(|suite| suite.is_dbe()).map(|s| s.id).collect();
/// assert_eq!(items, [0x6700, 0x6701]);
/// assert!(Suite::by_id(0x9999).is_none());
/// ```
#[derive(PartialEq, Eq)]
pub struct Suite {
    /// Id on the wire.
    pub id: u16,
    /// The specification's name.
    pub name: &'static str,
    /// Length of the data key, and of the encryption key derived from it, in bytes.
    pub key_len: usize,
    /// Key derivation.
    pub kdf: Kdf,
    /// Whether the header commits to the data key.
    pub commits: bool,
    /// ECDSA signature, where the suite has one.
    pub signature: Option<Curve>,
    /// Whether records carry an HMAC tag for each recipient.
    pub symmetric_signature: bool,
    /// How keyrings wrap the data key.
    pub wrapping: Wrapping,
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x} {}", self.id, self.name)
    }
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const P256: Option<Curve> = Some(Curve::P256);
const P384: Option<Curve> = Some(Curve::P384);
const SHA256: Kdf = Kdf::Hkdf(Hash::Sha256);
const SHA384: Kdf = Kdf::Hkdf(Hash::Sha384);

/// A suite of the Encryption SDK that does not commit to its key.
const fn esdk(
    id: u16,
    name: &'static str,
    key_len: usize,
    kdf: Kdf,
    signature: Option<Curve>,
) -> Suite {
    let wrapping = Wrapping::Direct;
    Suite {
        id,
        name,
        key_len,
        kdf,
        commits: false,
        signature,
        symmetric_signature: false,
        wrapping,
    }
}

/// A committing suite: AES-256-GCM with HKDF-SHA512.
const fn committing(
    id: u16,
    name: &'static str,
    signature: Option<Curve>,
    wrapping: Wrapping,
) -> Suite {
    let symmetric_signature = matches!(wrapping, Wrapping::Intermediate);
    let kdf = Kdf::Hkdf(Hash::Sha512);
    Suite { id, name, key_len: 32, kdf, commits: true, signature, symmetric_signature, wrapping }
}

static SUITES: [Suite; 13] = [
    esdk(0x0014, "AES_128_GCM_IV12_TAG16_NO_KDF", 16, Kdf::Identity, None),
    esdk(0x0046, "AES_192_GCM_IV12_TAG16_NO_KDF", 24, Kdf::Identity, None),
    esdk(0x0078, "AES_256_GCM_IV12_TAG16_NO_KDF", 32, Kdf::Identity, None),
    esdk(0x0114, "AES_128_GCM_IV12_TAG16_HKDF_SHA256", 16, SHA256, None),
    esdk(0x0146, "AES_192_GCM_IV12_TAG16_HKDF_SHA256", 24, SHA256, None),
    esdk(0x0178, "AES_256_GCM_IV12_TAG16_HKDF_SHA256", 32, SHA256, None),
    esdk(0x0214, "AES_128_GCM_IV12_TAG16_HKDF_SHA256_ECDSA_P256", 16, SHA256, P256),
    esdk(0x0346, "AES_192_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384", 24, SHA384, P384),
    esdk(0x0378, "AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384", 32, SHA384, P384),
    committing(0x0478, "AES_256_GCM_HKDF_SHA512_COMMIT_KEY", None, Wrapping::Direct),
    committing(0x0578, "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384", P384, Wrapping::Direct),
    committing(
        0x6700,
        "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_SYMSIG_HMAC_SHA384",
        None,
        Wrapping::Intermediate,
    ),
    committing(
        0x6701,
        "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384_SYMSIG_HMAC_SHA384",
        P384,
        Wrapping::Intermediate,
    ),
];

impl Suite {
    /// The suite with this id.
    pub fn by_id(id: u16) -> Option<&'static Suite> {
        SUITES.iter().find(|suite| suite.id == id)
    }

    /// Every suite, in order of their ids.
    pub fn all() -> &'static [Suite] {
        &SUITES
    }

    /// Whether this is a suite of the Database Encryption SDK.
    pub fn is_dbe(&self) -> bool {
        self.symmetric_signature
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_known() {
        let mut ids: Vec<_> = Suite::all().iter().map(|s| s.id).collect();
        ids.dedup();
        assert_eq!(ids.len(), 13);
        assert!(Suite::by_id(0x6701).is_some_and(|s| s.is_dbe() && s.signature.is_some()));
        for unknown in [0x0000, 0x0070, 0x0479, 0x6702, 0xffff] {
            assert!(Suite::by_id(unknown).is_none());
        }
    }

    #[test]
    fn a_symmetric_signature_needs_intermediate_wrapping() {
        for suite in Suite::all() {
            assert_eq!(suite.symmetric_signature, suite.wrapping == Wrapping::Intermediate);
        }
    }
}
