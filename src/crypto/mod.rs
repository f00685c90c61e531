//! The ground floor: the only folder that names a cryptography crate or the host's cryptography.

mod aes;
mod ecdsa;
mod hash;
#[cfg(test)]
#[path = "tests/hex.rs"]
mod hex;
mod host;
mod random;
mod rsa;
mod secret;
mod spki;

pub use aes::{Ctr256, GCM_IV_LEN, GCM_TAG_LEN, TagMismatch, gcm_open, gcm_seal};
pub use ecdsa::{Curve, SigningKey, VerifyingKey};
pub use hash::{Hash, Hkdf, Sha384Sink, hmac, hmac_parts, sha256, sha384};
pub use host::RsaPrivateKey;
pub use random::{discard_random_pool, fill_random, random_array, random_secret};
pub use rsa::{RsaPadding, RsaPublicKey};
pub use secret::{Secret, constant_time_eq};
pub use spki::{PublicKeyInfo, PublicKeyKind};
