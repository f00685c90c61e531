//! The primitives of AWS-LC, for native targets (feature `aws-lc-rs`): AES-GCM and AES-CTR, SHA-2, HMAC, and ECDSA on P-384. Through the
//! crate's stable interface only; what has no place there stays as it is without the feature: HKDF's framing, P-256, ECDH, RSA, and
//! the reading of compressed points and of DER, whose strictness the formats depend on.
//!
//! Secrets. What we hold is wiped as ever: keys, extracted keys and derived keys are written into our buffers, never returned by
//! value (`hmac::Tag` and `hkdf::Prk` are not used). What AWS-LC holds it wipes itself: expanded AES keys and their tables, scalars
//! and nonces of signatures when it frees them (`OPENSSL_free` overwrites all that it frees), states of hashes and of HMAC when they are
//! dropped. Moving such a state may leave a copy on the stack, as with any Rust value.
//!
//! Randomness. Private keys and nonces of signatures come from AWS-LC's generator, which is seeded by the operating system and
//! notices forks; everything else still comes from the operating system itself (`random.rs`).

pub(super) mod cipher;
pub(super) mod hash;
pub(super) mod hmac;
pub(super) mod p384_key;

#[cfg(test)]
mod tests;
