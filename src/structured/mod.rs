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

/// The name of the header's field, which callers' fields must not have.
///
/// ```
/// use fieldseal::structured::{FOOTER_FIELD, HEADER_FIELD, RESERVED_FIELD_PREFIX};
///
/// for name in [HEADER_FIELD, FOOTER_FIELD] {
///     assert!(name.starts_with(RESERVED_FIELD_PREFIX));
/// }
/// ```
pub const HEADER_FIELD: &str = "aws_dbe_head";
/// The name of the footer's field; see [`HEADER_FIELD`].
pub const FOOTER_FIELD: &str = "aws_dbe_foot";
/// Every name of the format begins so; see [`HEADER_FIELD`].
pub const RESERVED_FIELD_PREFIX: &str = "aws_dbe_";

/// What a sealed record says of itself.
///
/// ```
/// # use std::rc::Rc;
/// # use fieldseal::materials::{DefaultCmm, EncryptionContext, RawAesKeyring};
/// # use fieldseal::materials::Suite;
/// # use fieldseal::structured::{self, EncryptRequest, Field, TypeId};
/// use fieldseal::structured::{CryptoAction, ParsedHeader};
///
/// # fieldseal_doctest::run(async {
/// # let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), vec![7; 32][..].into())?;
/// # let cmm = DefaultCmm::new(Rc::new(keyring));
/// # let (action, type_id) = (CryptoAction::SignOnly, TypeId::STRING);
/// # let fields = &[Field { name: "id", action, type_id, value: b"c-1".into() }];
/// # let (table, context, suite) = ("customers", EncryptionContext::new(), Suite::by_id(0x6700));
/// # let max_encrypted_data_keys = None;
/// # let request = EncryptRequest { table, fields, context, suite, max_encrypted_data_keys, cmm: &cmm };
/// # let sealed = structured::encrypt(request).await?;
/// let header: ParsedHeader = sealed.parsed;
/// assert_eq!(header.suite.id, 0x6700);
/// assert_eq!(header.actions, [CryptoAction::SignOnly]);
/// assert_eq!(header.encrypted_data_keys.len(), 1);
/// # Ok(())
/// # });
/// ```
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
