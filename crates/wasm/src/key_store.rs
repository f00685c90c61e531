//! The branch key store for JavaScript: its operations, and its parts from configuration objects.

use std::rc::Rc;

use wasm_bindgen::JsValue;

use fieldseal::crypto::Secret;
use fieldseal::error::{Error, Result, Rule};
use fieldseal::host::LocalFuture;
use fieldseal::materials::{
    BranchKeyStore, BranchKeyVersion, DynamoDbBranchKeyStore, DynamoDbBranchKeyStoreConfig,
    EncryptionContext, KmsConfiguration,
};

use super::build::NewObject;
use super::config::KeyStoreConfig;
use super::handles::{dynamodb, kms};
use super::read::Fields;
use super::task::{Outcome, Task};

/// A key store of its configuration.
pub(super) fn make(config: KeyStoreConfig) -> Result<DynamoDbBranchKeyStore> {
    let (arn, region) = (config.kms_key_arn.unwrap_or_default(), config.region.unwrap_or_default());
    let kms_configuration = match config.kms_type.as_str() {
        "kmsKeyArn" => KmsConfiguration::KeyArn(arn),
        "kmsMrkArn" => KmsConfiguration::MrKeyArn(arn),
        "discovery" => KmsConfiguration::Discovery,
        "mrkDiscovery" => KmsConfiguration::MrDiscovery(region),
        _ => return Err(Error::misuse(Rule::Config, "an unknown kmsConfiguration")),
    };
    DynamoDbBranchKeyStore::new(DynamoDbBranchKeyStoreConfig {
        dynamodb: dynamodb(config.dynamodb.0)?,
        table_name: config.table_name,
        logical_key_store_name: config.logical_key_store_name,
        kms: kms(config.kms.0)?,
        kms_configuration,
        grant_tokens: config.grant_tokens.0,
        id: config.key_store_id,
    })
}

/// The task of one operation.
pub(super) fn call(store: Rc<DynamoDbBranchKeyStore>, operation: String, request: JsValue) -> Task {
    Box::pin(async move {
        match run(&store, &operation, request).await {
            Ok(value) => Outcome::Value(value.into_js()),
            Err(error) => Outcome::Failed(super::error::to_js(&error, None)),
        }
    })
}

async fn run(
    store: &DynamoDbBranchKeyStore,
    operation: &str,
    request: JsValue,
) -> Result<NewObject> {
    let request = Fields::new(request, "the key store's request", Rule::Argument);
    let branch_key_id = request.text("branchKeyId")?;
    let id = branch_key_id.as_deref().unwrap_or_default();
    let object = NewObject::new();
    match operation {
        "CreateKeyStore" => {
            let create: LocalFuture<'_, _> = Box::pin(store.create_key_store());
            object.text("tableArn", &create.await?);
        }
        "CreateKey" => {
            let mut context = EncryptionContext::new();
            context.extend(request.pairs("encryptionContext")?)?;
            let create: LocalFuture<'_, _> = Box::pin(store.create_key(branch_key_id, &context));
            set_version(&object, &create.await?);
        }
        "VersionKey" => {
            let version: LocalFuture<'_, _> = Box::pin(store.version_key(id));
            set_version(&object, &version.await?);
        }
        "RestoreActive" => {
            let version = request.needed_text("version")?;
            let restore: LocalFuture<'_, _> = Box::pin(store.restore_active(id, &version));
            set_version(&object, &restore.await?);
        }
        "GetActiveBranchKey" | "GetBranchKeyVersion" => {
            let version = request.text("version")?.unwrap_or_default();
            let key = match operation {
                "GetActiveBranchKey" => store.active(id).await?,
                _ => store.version(id, &version).await?,
            };
            object.text("version", &key.version);
            set_key(&object, &key.branch_key_id, &key.encryption_context, "branchKey", &key.key);
        }
        "GetBeaconKey" => {
            let key = store.beacon(id).await?;
            set_key(&object, &key.branch_key_id, &key.encryption_context, "beaconKey", &key.key);
        }
        "GetKeyStoreInfo" => {
            object.text("keyStoreId", store.id());
        }
        _ => return Err(Error::bug("an unknown key store operation")),
    }
    Ok(object)
}

fn set_version(object: &NewObject, made: &BranchKeyVersion) {
    object.text("branchKeyId", &made.branch_key_id).text("version", &made.version);
}

fn set_key(object: &NewObject, id: &str, context: &EncryptionContext, name: &str, key: &Secret) {
    object.text("branchKeyId", id).bytes(name, key).pairs("encryptionContext", context.iter());
}
