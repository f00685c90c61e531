//! The item encryptor (`dynamodb-encryption-client/`): DynamoDB items in, DynamoDB items out; no network, no
//! DynamoDB client.

mod attribute;
mod config;
mod context;
mod encryptor;
#[cfg(feature = "tables")]
pub mod expressions;
mod number;

pub use attribute::{AttributeValue, Item, MAX_DEPTH};
pub use config::{ItemEncryptorConfig, PlaintextOverride};
pub use encryptor::{ItemEncryptor, OpenedItem, SealedItem};
pub use number::normalize_number;
