//! The item encryptor (`dynamodb-encryption-client/`): DynamoDB items in, DynamoDB items out; no network, no
//! DynamoDB client.

mod attribute;
mod config;
mod context;
mod encryptor;
#[cfg(feature = "tables")]
pub mod expressions;
#[cfg(feature = "tables")]
pub mod migration;
mod number;
#[cfg(feature = "search")]
pub mod search;
#[cfg(feature = "search")]
mod searching;

pub use attribute::{AttributeValue, Item, MAX_DEPTH};
pub use config::{ItemEncryptorConfig, PlaintextOverride};
pub use encryptor::{ItemEncryptor, OpenedItem, SealedItem};
pub use number::normalize_number;
