//! The ground floor: the only folder of this crate that names a cryptography crate or the host's cryptography.

mod aes;
#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
mod batch;
mod curve;
mod der;
mod digest;
#[cfg(any(test, feature = "ecdh"))]
mod ecdh;
mod ecdsa;
mod hash;
#[cfg(test)]
#[path = "tests/hex.rs"]
mod hex;
mod host;
#[cfg(any(test, feature = "branch-keys", feature = "ecdh"))]
mod kdf;
#[cfg(feature = "messages")]
mod message_hash;
mod pkcs1;
#[cfg(any(test, not(feature = "aws-lc-rs")))]
mod portable;
mod random;
mod rsa;
#[cfg(any(test, feature = "software-fallback"))]
mod rsa_fallback;
mod rsa_padding;
mod secret;
#[cfg(test)]
#[path = "../../crates/arithmetic/src/tests/seeded.rs"]
mod seeded;
mod spki;
#[cfg(test)]
#[path = "tests/host.rs"]
pub(crate) mod test_host;

#[cfg(all(feature = "aws-lc-rs", target_arch = "wasm32"))]
compile_error!(
    "the feature `aws-lc-rs` of fieldseal is for native targets: AWS-LC does not compile to WebAssembly"
);

// The one choice between implementations: both have the modules `cipher`, `hash`, `hmac` and `p384_key`, with the same names.
#[cfg(feature = "aws-lc-rs")]
use aws_lc as provider;
#[cfg(not(feature = "aws-lc-rs"))]
use portable as provider;

pub(crate) use aes::{GcmKey, ctr_keystream};
pub use aes::{gcm_open, gcm_seal};
pub use batch::{Direction, GcmBatch, GcmTask};
pub use curve::Curve;
#[cfg(any(test, feature = "ecdh"))]
pub use ecdh::{EcdhCurve, EcdhPrivateKey, EcdhPublicKey, EphemeralEcdh};
pub use ecdsa::{SigningKey, VerifyingKey};
pub use fieldseal_arithmetic::{GCM_IV_LEN, GCM_TAG_LEN, TagMismatch, constant_time_eq};
#[cfg(feature = "search")]
pub(crate) use hash::HmacSha384;
pub use hash::{Hash, Hkdf, hmac, sha256, sha384};
pub(crate) use hash::{HashSink, hmac_parts};
pub use host::{HostCrypto, HostHash, RsaPrivateKey, set_host_crypto};
#[cfg(any(test, feature = "branch-keys", feature = "ecdh"))]
pub(crate) use kdf::kdf_ctr;
#[cfg(feature = "messages")]
pub(crate) use message_hash::MessageHash;
pub use pkcs1::{RawRsa, pkcs1_data_key};
pub use random::{discard_random_pool, fill_random, random_array, random_secret};
pub use rsa::RsaPublicKey;
pub use rsa_padding::RsaPadding;
pub use secret::Secret;
pub use spki::{PublicKeyInfo, PublicKeyKind};
