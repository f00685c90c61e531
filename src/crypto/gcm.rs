//! What all implementations of AES-GCM have in common.

/// Length of the nonce (IV) in bytes.
pub const GCM_IV_LEN: usize = 12;
/// Length of the authentication tag in bytes.
pub const GCM_TAG_LEN: usize = 16;

/// The tag does not match key, nonce, associated data and ciphertext. Says no more, on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagMismatch;
