//! CreateKey, VersionKey, and what puts a lost active record back.

use crate::dynamodb_client::{Item, Put};
use crate::error::{DynamoDbKind, Error, Fault, KeyStoreKind, Result, Rule};
use crate::kms::{DataKeySize, GenerateDataKeyRequest, ReEncryptRequest};
use crate::materials::EncryptionContext;

use super::super::uuid::Uuid;
use super::DynamoDbBranchKeyStore;
use super::read::KEY_LEN;
use super::record::{ACTIVE, BranchKeyContext, ENC, ID, Record};
use super::store::check_id;

/// A branch key and its active version; see [`DynamoDbBranchKeyStore`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchKeyVersion {
    /// The branch key's id.
    pub branch_key_id: String,
    /// The version, a UUID of 36 characters.
    pub version: String,
}

/// Holds for an item only if there is none of its key.
const IS_NEW: &str = "attribute_not_exists(#k)";
/// Holds only if the item of its key still has this wrapped key.
const IS_UNCHANGED: &str = "attribute_exists(#k) AND #v = :v";

/// Writes an item of which there is none yet.
fn put_new(item: &Item) -> Put<'_> {
    Put { item, condition: IS_NEW, key_name: ID, value: None }
}

impl DynamoDbBranchKeyStore {
    /// CreateKey: a new branch key with its first version and its beacon key. Without an id, the id
    /// is a random UUID.
    ///
    /// # Errors
    /// - [`Rule::Argument`]: an empty id, or an id without an encryption context: ids of one's own
    ///   are not secret and may be reused, so that something else must tell the keys apart.
    /// - [`Rule::Config`]: a discovery configuration.
    /// - [`KeyStoreKind::Exists`]: a branch key of this id exists.
    pub async fn create_key(
        &self,
        branch_key_id: Option<String>,
        encryption_context: &EncryptionContext,
    ) -> Result<BranchKeyVersion> {
        let arn = self.configuration.for_writing("CreateKey")?;
        if branch_key_id.is_some() && encryption_context.is_empty() {
            let problem = "a branch key with an id that you choose needs an encryption context";
            return Err(Error::misuse(Rule::Argument, problem));
        }
        let branch_key_id = match branch_key_id {
            Some(id) => id,
            None => Uuid::random()?.to_string(),
        };
        check_id(&branch_key_id)?;
        let version = Uuid::random()?.to_string();
        let context = BranchKeyContext::of_version(
            &branch_key_id,
            &version,
            self.time(),
            &self.logical_name,
            arn,
            encryption_context,
        );
        let beacon = context.beacon();
        let first = self.wrapped(&branch_key_id, arn, context).await?;
        let active = self.activated(&branch_key_id, arn, &first).await?;
        let beacon = self.wrapped(&branch_key_id, arn, beacon).await?;
        let (first, active_item, beacon) = (first.to_item(), active.to_item(), beacon.to_item());
        let puts = [put_new(&first), put_new(&active_item), put_new(&beacon)];
        let lost = (KeyStoreKind::Exists, "a branch key of this id exists");
        self.commit(&branch_key_id, &puts, &active, lost).await?;
        Ok(BranchKeyVersion { branch_key_id, version })
    }

    /// VersionKey: a new version becomes the active one; earlier versions can still be read. The
    /// beacon key stays.
    ///
    /// # Errors
    /// - [`Rule::Config`]: a discovery configuration.
    /// - [`KeyStoreKind::NotFound`]: no such branch key; [`KeyStoreKind::NoActive`]: see
    ///   [`restore_active`](Self::restore_active).
    /// - [`KeyStoreKind::WrongKmsKey`], [`KeyStoreKind::Unauthentic`]: the active record is not one
    ///   that this key store would open.
    /// - [`KeyStoreKind::Changed`]: another writer came first; nothing was written.
    pub async fn version_key(&self, branch_key_id: &str) -> Result<BranchKeyVersion> {
        self.configuration.for_writing("VersionKey")?;
        let old = self.active_record(branch_key_id).await?;
        let arn = self.arn_for(branch_key_id, &old)?;
        // Only a record that KMS vouches for is built upon.
        self.re_encrypt(branch_key_id, &arn, &old, &old.context).await?;

        let version = Uuid::random()?.to_string();
        let context = old.context.next_version(&version, self.time());
        let next = self.wrapped(branch_key_id, &arn, context).await?;
        let active = self.activated(branch_key_id, &arn, &next).await?;
        let (next, active_item) = (next.to_item(), active.to_item());
        let puts = [
            put_new(&next),
            Put {
                item: &active_item,
                condition: IS_UNCHANGED,
                key_name: ID,
                value: Some((ENC, &old.enc)),
            },
        ];
        let problem = "another writer changed it meanwhile; nothing was written";
        self.commit(branch_key_id, &puts, &active, (KeyStoreKind::Changed, problem)).await?;
        Ok(BranchKeyVersion { branch_key_id: branch_key_id.to_owned(), version })
    }

    /// Writes the active record of a branch key that lost it, from the record of a version, which encrypts from then
    /// on. The other versions can still be read. (Not of the specification; what it writes is what CreateKey and
    /// VersionKey write.)
    ///
    /// # Errors
    /// - [`Rule::Argument`]: `version` is not a UUID.
    /// - [`Rule::Config`]: a discovery configuration.
    /// - [`KeyStoreKind::NotFound`]: no such version.
    /// - [`KeyStoreKind::WrongKmsKey`], [`KeyStoreKind::Unauthentic`]: its record is not one that this key store would
    ///   open.
    /// - [`KeyStoreKind::Exists`]: the active record is there; nothing was written.
    pub async fn restore_active(
        &self,
        branch_key_id: &str,
        version: &str,
    ) -> Result<BranchKeyVersion> {
        self.configuration.for_writing("restoreActive")?;
        let record = self.version_record(branch_key_id, version).await?;
        let arn = self.arn_for(branch_key_id, &record)?;
        // KMS opens the record in its own context only: one that was changed is not built upon.
        let active = self.activated(branch_key_id, &arn, &record).await?;
        let item = active.to_item();
        let lost =
            (KeyStoreKind::Exists, "its record 'branch:ACTIVE' is there; nothing was written");
        self.commit(branch_key_id, &[put_new(&item)], &active, lost).await?;
        Ok(BranchKeyVersion {
            branch_key_id: branch_key_id.to_owned(),
            version: version.to_owned(),
        })
    }

    /// A new key that nobody has seen, bound to `context`.
    async fn wrapped(
        &self,
        branch_key_id: &str,
        arn: &str,
        context: BranchKeyContext,
    ) -> Result<Record> {
        let request = GenerateDataKeyRequest {
            key_id: arn.to_owned(),
            size: DataKeySize::Bytes(KEY_LEN as u32),
            encryption_context: context.to_kms(),
            grant_tokens: self.grant_tokens.clone(),
        };
        let made = self.kms.generate_data_key_without_plaintext(request).await?;
        self.check_key(branch_key_id, arn, &made.key_id)?;
        Ok(Record { context, enc: made.ciphertext_blob })
    }

    /// The active record that has the key of this version.
    async fn activated(&self, branch_key_id: &str, arn: &str, version: &Record) -> Result<Record> {
        let context = version.context.active();
        let enc = self.re_encrypt(branch_key_id, arn, version, &context).await?;
        Ok(Record { context, enc })
    }

    async fn re_encrypt(
        &self,
        branch_key_id: &str,
        arn: &str,
        record: &Record,
        to: &BranchKeyContext,
    ) -> Result<Vec<u8>> {
        let request = ReEncryptRequest {
            ciphertext_blob: record.enc.clone(),
            source_key_id: Some(arn.to_owned()),
            source_encryption_context: record.context.to_kms(),
            destination_key_id: arn.to_owned(),
            destination_encryption_context: to.to_kms(),
            grant_tokens: self.grant_tokens.clone(),
            ..Default::default()
        };
        let moved = self.kms.re_encrypt(request).await;
        let moved = moved.map_err(|error| self.explained(branch_key_id, error))?;
        self.check_key(branch_key_id, arn, &moved.key_id)?;
        // Some endpoints leave the source out.
        self.check_key(branch_key_id, arn, moved.source_key_id.as_deref().unwrap_or(arn))?;
        Ok(moved.ciphertext_blob)
    }

    fn check_key(&self, branch_key_id: &str, arn: &str, answered: &str) -> Result<()> {
        if arn == answered {
            return Ok(());
        }
        let problem = "KMS used another key than the one asked for";
        Err(self.failure(KeyStoreKind::WrongKmsKey, branch_key_id, problem))
    }

    /// Writes all or nothing. When a condition fails, another writer came first (`lost`); unless it
    /// was we: an answer got lost, and the endpoint did not know the repetition by its token.
    async fn commit(
        &self,
        branch_key_id: &str,
        puts: &[Put<'_>],
        active: &Record,
        (lost, problem): (KeyStoreKind, &str),
    ) -> Result<()> {
        let token = Uuid::random()?.to_string();
        let written = self.dynamodb.transact_put(&self.table, &token, puts).await;
        let Err(error) = written else { return Ok(()) };
        match error.into_fault() {
            Fault::DynamoDb(failure) if failure.kind == DynamoDbKind::ConditionFailed => {
                if failure.attempts > 1 {
                    let found = self.record(branch_key_id, ACTIVE).await;
                    if found.is_ok_and(|found| found.enc == active.enc) {
                        return Ok(());
                    }
                }
                let id = failure.request_id.map(|id| format!(" (request id {id})"));
                let problem = [problem, id.as_deref().unwrap_or_default()].concat();
                Err(self.failure(lost, branch_key_id, problem))
            }
            other => Err(other.into()),
        }
    }
}
