//! GetActiveBranchKey, GetBranchKeyVersion, GetBeaconKey: one GetItem and one Decrypt each.

use crate::crypto::Secret;
use crate::error::{Error, Fault, KeyStoreKind, KmsKind, Result, Rule};
use crate::host::LocalFuture;
use crate::kms::DecryptRequest;
use crate::materials::branch_key::{BeaconKeyMaterials, BranchKeyMaterials, BranchKeyStore};

use super::super::uuid::Uuid;
use super::DynamoDbBranchKeyStore;
use super::record::{ACTIVE, BEACON, ID, Record, TYPE, type_of_version};
use super::store::check_id;

/// Bytes of a branch key and of a beacon key.
pub(super) const KEY_LEN: usize = 32;

impl BranchKeyStore for DynamoDbBranchKeyStore {
    fn logical_name(&self) -> &str {
        &self.logical_name
    }

    fn active<'a>(&'a self, branch_key_id: &'a str) -> LocalFuture<'a, Result<BranchKeyMaterials>> {
        Box::pin(async move {
            self.branch_key(branch_key_id, self.active_record(branch_key_id).await?).await
        })
    }

    fn version<'a>(
        &'a self,
        branch_key_id: &'a str,
        version: &'a str,
    ) -> LocalFuture<'a, Result<BranchKeyMaterials>> {
        Box::pin(async move {
            let record = self.version_record(branch_key_id, version).await?;
            self.branch_key(branch_key_id, record).await
        })
    }

    fn beacon<'a>(&'a self, branch_key_id: &'a str) -> LocalFuture<'a, Result<BeaconKeyMaterials>> {
        Box::pin(async move {
            let record = self.record(branch_key_id, BEACON).await?;
            let key = self.opened(branch_key_id, &record).await?;
            let encryption_context = record.custom_context()?;
            let branch_key_id = branch_key_id.to_owned();
            Ok(BeaconKeyMaterials { branch_key_id, encryption_context, key })
        })
    }
}

impl DynamoDbBranchKeyStore {
    async fn branch_key(&self, branch_key_id: &str, record: Record) -> Result<BranchKeyMaterials> {
        let version = record.version().unwrap_or_default();
        let key = self.opened(branch_key_id, &record).await?;
        Ok(BranchKeyMaterials {
            branch_key_id: branch_key_id.to_owned(),
            version: version.to_owned(),
            encryption_context: record.custom_context()?,
            key,
        })
    }

    /// The record of a version.
    pub(super) async fn version_record(
        &self,
        branch_key_id: &str,
        version: &str,
    ) -> Result<Record> {
        if Uuid::parse(version).is_none() {
            return Err(Error::misuse(Rule::Argument, "the branch key version is not a UUID"));
        }
        self.record(branch_key_id, &type_of_version(version)).await
    }

    /// The record of the active version. A branch key that lost it still has its beacon key.
    pub(super) async fn active_record(&self, branch_key_id: &str) -> Result<Record> {
        let error = match self.record(branch_key_id, ACTIVE).await {
            Ok(record) => return Ok(record),
            Err(error) => error,
        };
        let missing = |error: &Error| matches!(error.fault(), Fault::KeyStore(f) if f.kind == KeyStoreKind::NotFound);
        if !missing(&error) || self.record(branch_key_id, BEACON).await.is_err() {
            return Err(error);
        }
        let problem = "its record 'branch:ACTIVE' is gone, though the branch key is there";
        Err(self.failure(KeyStoreKind::NoActive, branch_key_id, problem))
    }

    /// The record of this type.
    // Boxed: compiled once, whoever waits for it.
    pub(super) fn record<'a>(
        &'a self,
        branch_key_id: &'a str,
        record_type: &'a str,
    ) -> LocalFuture<'a, Result<Record>> {
        Box::pin(async move {
            check_id(branch_key_id)?;
            let key = [(ID, branch_key_id), (TYPE, record_type)];
            let Some(item) = self.dynamodb.get_item(&self.table, key).await? else {
                let problem = format!("there is no record '{record_type}'");
                return Err(self.failure(KeyStoreKind::NotFound, branch_key_id, problem));
            };
            let record = Record::from_item(item, branch_key_id, record_type, &self.logical_name)
                .map_err(|problem| {
                    let problem = format!("the record '{record_type}' is not usable: {problem}");
                    self.failure(KeyStoreKind::Malformed, branch_key_id, problem)
                })?;
            record.check_layout()?;
            Ok(record)
        })
    }

    /// The ARN to call KMS with for this record.
    pub(super) fn arn_for(&self, branch_key_id: &str, record: &Record) -> Result<String> {
        let record_arn = record.kms_arn();
        self.configuration.for_record(record_arn)?.ok_or_else(|| {
            // Anybody may have written it: keep the error short.
            let shown: String = record_arn.chars().filter(|c| !c.is_control()).take(200).collect();
            let problem = format!("its KMS key '{shown}' is not the configured one");
            self.failure(KeyStoreKind::WrongKmsKey, branch_key_id, problem)
        })
    }

    /// AWS KMS branch key decryption.
    async fn opened(&self, branch_key_id: &str, record: &Record) -> Result<Secret> {
        let arn = self.arn_for(branch_key_id, record)?;
        let request = DecryptRequest {
            ciphertext_blob: record.enc.clone(),
            key_id: Some(arn.clone()),
            encryption_context: record.context.to_kms(),
            grant_tokens: self.grant_tokens.clone(),
            ..Default::default()
        };
        let response = self.kms.decrypt(request).await;
        let response = response.map_err(|error| self.explained(branch_key_id, error))?;
        if response.key_id != arn || response.plaintext.len() != KEY_LEN {
            let problem = "KMS used another key than the one asked for";
            return Err(self.failure(KeyStoreKind::Unauthentic, branch_key_id, problem));
        }
        Ok(response.plaintext)
    }

    /// A ciphertext that KMS does not open in its context is a record that was changed, or that
    /// belongs to a key store of another name. All other errors stay as they are.
    pub(super) fn explained(&self, branch_key_id: &str, error: Error) -> Error {
        match error.fault() {
            Fault::Kms(failure)
                if matches!(failure.kind, KmsKind::InvalidCiphertext | KmsKind::IncorrectKey) =>
            {
                let problem = format!(
                    "its record does not verify under the logical key store name '{}': {error}",
                    self.logical_name
                );
                self.failure(KeyStoreKind::Unauthentic, branch_key_id, problem)
            }
            _ => error,
        }
    }
}
