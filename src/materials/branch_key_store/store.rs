//! The key store: what it is made of and what it is told.

use core::fmt;

use crate::aws::iso_micros;
use crate::dynamodb_client::DynamoDbClient;
use crate::error::{Error, Fault, KeyStoreFailure, KeyStoreKind, Result, Rule};
use crate::kms::KmsClient;

use super::super::uuid::Uuid;
use super::configuration::KmsConfiguration;

/// What the key store tells KMS that it is (`branch-key-store.md#initialization`).
const USER_AGENT: &str = "aws-kms-hierarchy";

/// What a key store is made of.
#[derive(Debug, Clone)]
pub struct DynamoDbBranchKeyStoreConfig {
    /// Has the table.
    pub dynamodb: DynamoDbClient,
    /// The table's name.
    pub table_name: String,
    /// The name that is bound to every key; it outlives tables that are restored under other names.
    pub logical_key_store_name: String,
    /// Wraps and unwraps the keys.
    pub kms: KmsClient,
    /// Which KMS key.
    pub kms_configuration: KmsConfiguration,
    /// Grant tokens for all KMS calls.
    pub grant_tokens: Vec<String>,
    /// The key store's id; by default a random UUID.
    pub id: Option<String>,
}

/// A branch key store on a DynamoDB table.
///
/// A branch key has an id, one active version, any number of earlier ones, and one beacon key. All
/// are wrapped by KMS keys and bound to every attribute that stands beside them.
pub struct DynamoDbBranchKeyStore {
    pub(super) dynamodb: DynamoDbClient,
    pub(super) table: String,
    pub(super) logical_name: String,
    pub(super) kms: KmsClient,
    pub(super) configuration: KmsConfiguration,
    pub(super) grant_tokens: Vec<String>,
    id: String,
}

impl fmt::Debug for DynamoDbBranchKeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoDbBranchKeyStore")
            .field("id", &self.id)
            .field("table", &self.table)
            .field("logical_name", &self.logical_name)
            .field("kms_configuration", &self.configuration)
            .finish_non_exhaustive()
    }
}

impl DynamoDbBranchKeyStore {
    /// A key store; sends nothing.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) with [`Rule::Config`]: an empty name or Region.
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::KeyId`](crate::error::Part::KeyId): a KMS configuration
    /// whose ARN is not a key ARN.
    pub fn new(config: DynamoDbBranchKeyStoreConfig) -> Result<Self> {
        config.kms_configuration.check()?;
        for (name, text) in [
            ("tableName", &config.table_name),
            ("logicalKeyStoreName", &config.logical_key_store_name),
        ] {
            if text.is_empty() {
                return Err(Error::misuse(
                    Rule::Config,
                    format!("the key store's {name} is empty"),
                ));
            }
        }
        Ok(Self {
            dynamodb: config.dynamodb,
            table: config.table_name,
            logical_name: config.logical_key_store_name,
            kms: config.kms.also_as(USER_AGENT),
            configuration: config.kms_configuration,
            grant_tokens: config.grant_tokens,
            id: match config.id {
                Some(id) => id,
                None => Uuid::random()?.to_string(),
            },
        })
    }

    /// The key store's id. Like [`table_name`](Self::table_name), [`grant_tokens`](Self::grant_tokens),
    /// [`kms_configuration`](Self::kms_configuration) and the logical name a part of GetKeyStoreInfo.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The table's name.
    pub fn table_name(&self) -> &str {
        &self.table
    }

    /// Grant tokens.
    pub fn grant_tokens(&self) -> &[String] {
        &self.grant_tokens
    }

    /// Which KMS key it may use.
    pub fn kms_configuration(&self) -> &KmsConfiguration {
        &self.configuration
    }

    /// Now, as records have it.
    pub(super) fn time(&self) -> String {
        iso_micros(self.dynamodb.network().now_ms())
    }

    /// An error about a branch key, or with an empty id about the table.
    pub(super) fn failure(
        &self,
        kind: KeyStoreKind,
        branch_key_id: &str,
        problem: impl Into<String>,
    ) -> Error {
        Error::from(Fault::KeyStore(Box::new(KeyStoreFailure {
            kind,
            table: self.table.clone(),
            branch_key_id: Some(branch_key_id).filter(|id| !id.is_empty()).map(str::to_owned),
            problem: problem.into(),
        })))
    }
}

/// Refuses an empty branch key id.
pub(super) fn check_id(branch_key_id: &str) -> Result<()> {
    if branch_key_id.is_empty() {
        return Err(Error::misuse(Rule::Argument, "the branch key id is empty"));
    }
    Ok(())
}
