//! The branch key store on a DynamoDB table (`framework/branch-key-store.md`).

mod configuration;
mod read;
mod record;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod write;

pub use configuration::KmsConfiguration;
pub use store::{DynamoDbBranchKeyStore, DynamoDbBranchKeyStoreConfig};
pub use write::BranchKeyVersion;
