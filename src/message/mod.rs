//! Messages of the AWS Encryption SDK, format versions 1 and 2 (`data-format/message.md`): for what is not a record: a
//! column, a file, a stream.
//!
//! ```text
//! header   which suite, which context, which wrapped data keys; authenticated
//! body     frames of one length, and a last one; or, in old messages, one piece
//! footer   a signature over both, where the suite signs
//! ```
//!
//! Both directions work piece by piece ([`Encryptor`], [`Decryptor`]) and hold no more than a piece and one frame.

mod body;
mod decrypt;
mod encrypt;
mod header;
mod keys;
mod reseal;
#[cfg(test)]
mod tests;

pub use decrypt::{DecryptOptions, Decryptor};
pub use encrypt::{DEFAULT_FRAME_LENGTH, EncryptOptions, Encryptor};
pub use header::{ContentType, Header, HeaderLimits};
pub use reseal::{ResealOptions, Resealer};
