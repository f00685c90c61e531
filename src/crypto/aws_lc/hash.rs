//! SHA-2.

use std::sync::OnceLock;

use aws_lc_rs::{digest, hmac};

/// A hash function.
pub(in crate::crypto) struct Hash {
    algorithm: &'static digest::Algorithm,
    pub(super) hmac: hmac::Algorithm,
    /// Length of the output in bytes.
    pub(in crate::crypto) output_len: usize,
    /// The HMAC key of zeros, which HKDF has without a salt. Made at the first use and kept; no secret.
    pub(super) unsalted: OnceLock<hmac::Key>,
}

/// SHA-256.
pub(in crate::crypto) static SHA256: Hash = Hash {
    algorithm: &digest::SHA256,
    hmac: hmac::HMAC_SHA256,
    output_len: digest::SHA256_OUTPUT_LEN,
    unsalted: OnceLock::new(),
};

/// SHA-384.
pub(in crate::crypto) static SHA384: Hash = Hash {
    algorithm: &digest::SHA384,
    hmac: hmac::HMAC_SHA384,
    output_len: digest::SHA384_OUTPUT_LEN,
    unsalted: OnceLock::new(),
};

/// SHA-512.
pub(in crate::crypto) static SHA512: Hash = Hash {
    algorithm: &digest::SHA512,
    hmac: hmac::HMAC_SHA512,
    output_len: digest::SHA512_OUTPUT_LEN,
    unsalted: OnceLock::new(),
};

/// A hash that is fed piece by piece.
pub(in crate::crypto) struct Hasher(digest::Context);

impl Hasher {
    /// Of nothing so far.
    pub(in crate::crypto) fn new(hash: &Hash) -> Self {
        Self(digest::Context::new(hash.algorithm))
    }

    /// Takes the next bytes.
    pub(in crate::crypto) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of everything: its first bytes, as many as `out` has.
    pub(in crate::crypto) fn finish(self, out: &mut [u8]) {
        let digest = self.0.finish();
        out.copy_from_slice(&digest.as_ref()[..out.len()]);
    }
}
