//! Fields: a name and terminal data (`structures.md#structured-data-terminal`).

use std::borrow::Cow;

use crate::error::{Error, Part, Result};
use crate::util::base64;

use super::CryptoAction;

/// The two bytes that say how a value is to be read (`structures.md#structured-data-terminal`).
///
/// ```
/// use fieldseal::dynamodb::AttributeValue;
/// use fieldseal::structured::TypeId;
///
/// assert_eq!(AttributeValue::S("a".into()).type_id(), TypeId::STRING);
/// assert_eq!(AttributeValue::N("1".into()).type_id(), TypeId::NUMBER);
/// assert_eq!(AttributeValue::Bool(true).type_id(), TypeId::BOOLEAN);
/// assert_eq!(AttributeValue::Null(true).type_id(), TypeId::NULL);
/// assert_eq!(AttributeValue::B(vec![1].into()).type_id(), TypeId::BINARY);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeId(pub [u8; 2]);

impl TypeId {
    /// Null.
    pub const NULL: Self = Self([0x00, 0x00]);
    /// Text.
    pub const STRING: Self = Self([0x00, 0x01]);
    /// A decimal number as text.
    pub const NUMBER: Self = Self([0x00, 0x02]);
    /// A boolean.
    pub const BOOLEAN: Self = Self([0x00, 0x04]);
    /// Raw bytes; the type of every encrypted field.
    pub const BINARY: Self = Self([0xff, 0xff]);
}

/// A field to seal; [`encrypt`](super::encrypt) has an example.
pub struct Field<'a> {
    /// Its name, unique in the record.
    pub name: &'a str,
    /// What happens to it.
    pub action: CryptoAction,
    /// How its value is to be read.
    pub type_id: TypeId,
    /// Its value in canonical form.
    pub value: Cow<'a, [u8]>,
}

/// How a field stands in the encryption context of record version 2, and its letter in
/// `aws-crypto-legend` (`encrypt-path-structure.md`, `encrypt-item.md`).
pub(super) fn context_value(name: &str, type_id: TypeId, value: &[u8]) -> Result<(String, char)> {
    let text = |letter| match core::str::from_utf8(value) {
        Ok(text) => Ok((text.to_owned(), letter)),
        Err(_) => Err(Error::malformed(Part::Attribute, "text that is not UTF-8")),
    };
    match (type_id, value) {
        (TypeId::STRING, _) => text('S'),
        (TypeId::NUMBER, _) => text('N'),
        (TypeId::NULL, _) => Ok(("null".into(), 'L')),
        (TypeId::BOOLEAN, [0]) => Ok(("false".into(), 'L')),
        (TypeId::BOOLEAN, _) => Ok(("true".into(), 'L')),
        _ => Ok((base64::encode(&[&type_id.0, value].concat()), 'B')),
    }
    .map_err(|e: Error| e.of_attribute(name))
}
