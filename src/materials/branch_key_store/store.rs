//! The key store: what it is made of and what it is told.

use core::fmt;

use crate::dynamodb_client::DynamoDbClient;
use crate::error::{Error, Fault, KeyStoreFailure, KeyStoreKind, Result, Rule};
use crate::kms::KmsClient;
use crate::util::date::iso_micros;

use super::super::uuid::Uuid;
use super::configuration::KmsConfiguration;

/// What the key store tells KMS that it is (`branch-key-store.md#initialization`).
const USER_AGENT: &str = "aws-kms-hierarchy";

/// What a key store is made of; [`DynamoDbBranchKeyStore`] has an example.
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
///
/// ```
/// use fieldseal::aws::ClientConfig;
/// use fieldseal::dynamodb_client::DynamoDbClient;
/// use fieldseal::kms::KmsClient;
/// use fieldseal::materials::{
///     BranchKeyStore, BranchKeyVersion, DynamoDbBranchKeyStore, DynamoDbBranchKeyStoreConfig,
///     EncryptionContext, KmsConfiguration,
/// };
/// # use fieldseal_doctest::KEY;
///
/// # fieldseal_doctest::run(async {
/// # let network = fieldseal_doctest::network();
/// let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
/// let store = DynamoDbBranchKeyStore::new(DynamoDbBranchKeyStoreConfig {
///     dynamodb: DynamoDbClient::new(config.clone(), network.clone())?,
///     table_name: "keys".into(),
///     logical_key_store_name: "our-keys".into(),
///     kms: KmsClient::new(config.into(), network)?,
///     kms_configuration: KmsConfiguration::KeyArn(KEY.into()),
///     grant_tokens: vec![],
///     id: None,
/// })?;
/// assert_eq!((store.table_name(), store.logical_name()), ("keys", "our-keys"));
/// assert_eq!(store.kms_configuration(), &KmsConfiguration::KeyArn(KEY.into()));
/// assert!(store.grant_tokens().is_empty());
/// assert_eq!(store.id().len(), 36); // a UUID, as none was given
///
/// // Once, by whoever administrates the keys:
/// assert!(store.create_key_store().await?.ends_with(":table/keys"));
/// let mut context = EncryptionContext::new();
/// context.insert("tenant", "a")?;
/// let first: BranchKeyVersion = store.create_key(Some("tenant-a".into()), &context).await?;
///
/// // Keyrings then read: `AwsKmsHierarchicalKeyring`.
/// let active = store.active("tenant-a").await?;
/// assert_eq!((&active.version, active.key.len()), (&first.version, 32));
/// assert_eq!(active.encryption_context, context);
///
/// // Another version from now on; what the first one wrapped still opens.
/// let second = store.version_key("tenant-a").await?;
/// assert_eq!(store.active("tenant-a").await?.version, second.version);
/// assert!(store.version("tenant-a", &first.version).await.is_ok());
/// assert!(store.beacon("tenant-a").await.is_ok());
/// assert_eq!(store.active("tenant-b").await.unwrap_err().code(), "BRANCH_KEY_NOT_FOUND");
/// // After a backup that lost the active record, `restore_active` writes it. Here it is there:
/// let restored = store.restore_active("tenant-a", &first.version).await;
/// assert_eq!(restored.unwrap_err().code(), "BRANCH_KEY_EXISTS");
/// # Ok(())
/// # });
/// ```
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

    /// Grant tokens of all KMS calls.
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
