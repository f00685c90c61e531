//! Structured encryption of a record (`structured-encryption/`): named fields go in, each with a crypto action;
//! ciphertexts, a header and a footer come out. Knows nothing of DynamoDB.
//!
//! The specification allows paths into nested structures; the deployed libraries only ever use paths of one
//! segment, a field's name, and so does this module.

mod action;
mod decrypt;
mod encrypt;
mod field;
mod footer;
mod header;
mod path;
mod record;

pub use action::CryptoAction;
pub use decrypt::{DecryptRequest, Opened, SealedField, decrypt};
pub use encrypt::{EncryptRequest, Sealed, encrypt};
pub use field::{Field, TypeId};
pub use header::{Header, RecordVersion};

/// The format's own field names, which callers' fields must not have.
pub const HEADER_FIELD: &str = "aws_dbe_head";
/// See [`HEADER_FIELD`].
pub const FOOTER_FIELD: &str = "aws_dbe_foot";
/// Every name of the format begins so.
pub const RESERVED_FIELD_PREFIX: &str = "aws_dbe_";

/// What a sealed record says of itself.
#[derive(Debug, Clone)]
pub struct ParsedHeader {
    /// Algorithm suite.
    pub suite: &'static crate::materials::Suite,
    /// Encryption context that the header stores.
    pub stored_context: crate::materials::EncryptionContext,
    /// The full encryption context, as the keyrings saw it.
    pub context: crate::materials::EncryptionContext,
    /// The wrapped data keys.
    pub encrypted_data_keys: Vec<crate::materials::EncryptedDataKey>,
    /// The action of each field that is signed or was given, by field index.
    pub actions: Vec<CryptoAction>,
}
