//! Cryptographic arithmetic of fieldseal's own, and nothing else: what is here is here because it was measured several
//! times faster, or smaller, on WebAssembly than the crate that would otherwise do it. `README.md` says against what, and
//! what stands behind each part.
//!
//! An implementation detail of the crate `fieldseal`: the interface is unchecked (lengths are types, but keys may be any
//! bytes) and changes with it.

#[cfg(any(test, all(target_arch = "wasm32", target_feature = "simd128")))]
pub mod aes_gcm;
pub mod curve384;
pub mod curve521;
pub mod hash;
pub mod hmac;
#[cfg(test)]
#[path = "tests/seeded.rs"]
mod seeded;

use subtle::ConstantTimeEq;

/// Length of the nonce (IV) of AES-GCM in bytes.
pub const GCM_IV_LEN: usize = 12;
/// Length of the authentication tag of AES-GCM in bytes.
pub const GCM_TAG_LEN: usize = 16;

/// The tag does not match key, nonce, associated data and ciphertext. Says no more, on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagMismatch;

/// Whether `a` and `b` are equal, in time that depends on their lengths only.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}
