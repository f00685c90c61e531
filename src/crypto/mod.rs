//! The ground floor: the only folder that names a cryptography crate or the host's cryptography.

mod aes;
mod batch;
mod curve;
mod curve384;
mod der;
#[cfg(any(test, feature = "ecdh"))]
mod ecdh;
mod ecdsa;
mod gcm;
mod hash;
#[cfg(test)]
#[path = "tests/hex.rs"]
mod hex;
mod host;
mod kdf;
#[cfg(any(test, feature = "ecdh"))]
mod p521;
mod pkcs1;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable;
mod random;
mod rsa;
#[cfg(any(test, feature = "software-fallback"))]
mod rsa_fallback;
mod rsa_padding;
mod secret;
#[cfg(test)]
#[path = "tests/seeded.rs"]
mod seeded;
#[cfg(any(test, all(target_arch = "wasm32", target_feature = "simd128")))]
mod simd;
mod spki;
#[cfg(test)]
#[path = "tests/host.rs"]
pub(crate) mod test_host;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use portable as cipher;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use simd as cipher;

pub use aes::{ctr_keystream, gcm_open, gcm_seal};
pub use batch::{Direction, GcmBatch, GcmTask};
pub use curve::Curve;
#[cfg(any(test, feature = "ecdh"))]
pub use ecdh::{EcdhCurve, EcdhPrivateKey, EcdhPublicKey, EphemeralEcdh};
pub use ecdsa::{Digest, MessageHash, SigningKey, VerifyingKey};
pub use gcm::{GCM_IV_LEN, GCM_TAG_LEN, TagMismatch};
pub use hash::{Hash, Hkdf, Sha384Sink, hmac, hmac_parts, sha256, sha384};
pub use host::{HostCrypto, RsaPrivateKey, set_host_crypto};
pub use kdf::kdf_ctr;
pub use pkcs1::{RawRsa, pkcs1_data_key};
pub use random::{discard_random_pool, fill_random, random_array, random_secret};
pub use rsa::RsaPublicKey;
pub use rsa_padding::RsaPadding;
pub use secret::{Secret, constant_time_eq};
pub use spki::{PublicKeyInfo, PublicKeyKind};
