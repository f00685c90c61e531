//! The fields of a request or an answer, by their names on the wire.

use core::fmt;

use crate::crypto::Secret;
use crate::error::{Error, Result};

use super::types::EncryptionContext;

/// The value of one field of a [`Record`]; its kind is that of the operation's table.
#[derive(Clone)]
pub enum Value {
    /// A string or a key id.
    Text(String),
    /// A whole number.
    Number(u32),
    /// True or false.
    Flag(bool),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Bytes that are wiped on drop.
    Secret(Secret),
    /// Unix time in milliseconds.
    TimeMs(u64),
    /// A list of strings.
    Texts(Vec<String>),
    /// An encryption context.
    Context(EncryptionContext),
    /// An object.
    Object(Record),
    /// A list of objects.
    List(Vec<Record>),
    /// Metadata of a key.
    KeyMetadata(Record),
}

/// Fields and their values, for [`KmsClient::call`](super::KmsClient::call). `Debug` shows the names only.
///
/// ```
/// use fieldseal::kms::{Record, Value};
///
/// let mut request =
///     Record::default().with_text("KeyId", "alias/shop").with("NumberOfBytes", Value::Number(32));
/// request.push("GrantTokens", Value::Texts(vec![]));
///
/// assert_eq!(request.text("KeyId"), Some("alias/shop"));
/// assert!(matches!(request.get("NumberOfBytes"), Some(Value::Number(32))));
/// let names: Vec<_> = request.iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["KeyId", "NumberOfBytes", "GrantTokens"]);
/// ```
#[derive(Clone, Default)]
pub struct Record(Vec<(&'static str, Value)>);

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Record {
    /// Adds a field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.push(name, value);
        self
    }

    /// Adds a string.
    #[must_use]
    pub fn with_text(self, name: &'static str, text: impl Into<String>) -> Self {
        self.with(name, Value::Text(text.into()))
    }

    /// Adds a string, if there is one.
    #[must_use]
    pub(super) fn with_some_text(self, name: &'static str, text: Option<String>) -> Self {
        match text {
            Some(text) => self.with_text(name, text),
            None => self,
        }
    }

    /// Adds a field in place. Its name is that on the wire, and must be in the table of the operation.
    pub fn push(&mut self, name: &'static str, value: Value) {
        self.0.push((name, value));
    }

    /// The field `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// The string `name`; `None` where it is absent or something else.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(n, _)| *n == name)?;
        Some(self.0.swap_remove(at).1)
    }

    pub(super) fn take_some_text(&mut self, name: &str) -> Option<String> {
        match self.take(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn take_text(&mut self, name: &str) -> Result<String> {
        self.take_some_text(name).ok_or_else(not_in_table)
    }

    pub(super) fn take_bytes(&mut self, name: &str) -> Result<Vec<u8>> {
        match self.take(name) {
            Some(Value::Bytes(bytes)) => Ok(bytes),
            _ => Err(not_in_table()),
        }
    }

    pub(super) fn take_secret(&mut self, name: &str) -> Result<Secret> {
        match self.take(name) {
            Some(Value::Secret(secret)) => Ok(secret),
            _ => Err(not_in_table()),
        }
    }

    pub(super) fn take_flag(&mut self, name: &str) -> bool {
        matches!(self.take(name), Some(Value::Flag(true)))
    }

    pub(super) fn take_some_time_ms(&mut self, name: &str) -> Option<u64> {
        match self.take(name) {
            Some(Value::TimeMs(ms)) => Some(ms),
            _ => None,
        }
    }

    pub(super) fn take_texts(&mut self, name: &str) -> Vec<String> {
        match self.take(name) {
            Some(Value::Texts(texts)) => texts,
            _ => Vec::new(),
        }
    }
}

/// The reader gives every needed field of the table, or fails.
fn not_in_table() -> Error {
    Error::bug("a KMS field that its table does not have")
}
