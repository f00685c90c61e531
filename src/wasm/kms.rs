//! KMS operations for JavaScript: names and shapes of the KMS API, in camel case, bytes as `Uint8Array`.

use std::rc::Rc;

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::crypto::{PublicKeyInfo, Secret};
use crate::error::{Error, Result, Rule};
use crate::kms::{self, DataKeySize, KmsClient, OnEvent};
use crate::port::LocalFuture;

use super::object::{Fields, NewObject};
use super::task::{Outcome, Task};

/// The fields of all requests: what an operation does not take is refused by the TypeScript types.
const FIELDS: [&str; 14] = [
    "keyId",
    "keySpec",
    "numberOfBytes",
    "encryptionContext",
    "encryptionAlgorithm",
    "plaintext",
    "ciphertextBlob",
    "sourceKeyId",
    "sourceEncryptionContext",
    "sourceEncryptionAlgorithm",
    "destinationKeyId",
    "destinationEncryptionContext",
    "destinationEncryptionAlgorithm",
    "grantTokens",
];

/// The task of one KMS call.
pub(super) fn call(client: KmsClient, operation: String, request: JsValue) -> Task {
    Box::pin(async move {
        match run(&client, &operation, request).await {
            Ok(value) => Outcome::Value(value),
            Err(error) => Outcome::Failed(super::error::to_js(&error, None)),
        }
    })
}

async fn run(client: &KmsClient, operation: &str, request: JsValue) -> Result<JsValue> {
    let request = Fields::new(request, "the KMS request", Rule::Argument).only(&FIELDS)?;
    // Boxed one by one: the task is as large as the operation that it runs, not as the largest.
    let answer: LocalFuture<'_, Result<NewObject>> = match operation {
        "GetPublicKey" => Box::pin(get_public_key(client, request)),
        "GenerateDataKey" => Box::pin(generate_data_key(client, request)),
        "GenerateDataKeyWithoutPlaintext" => {
            Box::pin(generate_data_key_without_plaintext(client, request))
        }
        "Encrypt" => Box::pin(encrypt(client, request)),
        "Decrypt" => Box::pin(decrypt(client, request)),
        "ReEncrypt" => Box::pin(re_encrypt(client, request)),
        "DescribeKey" => Box::pin(describe_key(client, request)),
        _ => return Err(Error::Bug("a KMS operation that the door does not know")),
    };
    answer.await.map(NewObject::into_js)
}

async fn generate_data_key(client: &KmsClient, r: Fields) -> Result<NewObject> {
    let key = client.generate_data_key(data_key_request(&r)?).await?;
    let object = NewObject::new();
    object
        .text("keyId", &key.key_id)
        .bytes("plaintext", &key.plaintext)
        .bytes("ciphertextBlob", &key.ciphertext_blob);
    Ok(object)
}

async fn generate_data_key_without_plaintext(client: &KmsClient, r: Fields) -> Result<NewObject> {
    let key = client.generate_data_key_without_plaintext(data_key_request(&r)?).await?;
    let object = NewObject::new();
    object.text("keyId", &key.key_id).bytes("ciphertextBlob", &key.ciphertext_blob);
    Ok(object)
}

async fn encrypt(client: &KmsClient, r: Fields) -> Result<NewObject> {
    let request = kms::EncryptRequest {
        key_id: key_id(&r)?,
        plaintext: Secret::new(r.bytes("plaintext")?.unwrap_or_default()),
        encryption_context: r.entries("encryptionContext")?,
        encryption_algorithm: r.text("encryptionAlgorithm")?,
        grant_tokens: r.texts("grantTokens")?,
    };
    let sealed = client.encrypt(request).await?;
    let object = NewObject::new();
    object
        .text("keyId", &sealed.key_id)
        .bytes("ciphertextBlob", &sealed.ciphertext_blob)
        .some_text("encryptionAlgorithm", sealed.encryption_algorithm.as_deref());
    Ok(object)
}

async fn decrypt(client: &KmsClient, r: Fields) -> Result<NewObject> {
    let request = kms::DecryptRequest {
        ciphertext_blob: r.bytes("ciphertextBlob")?.unwrap_or_default(),
        key_id: r.text("keyId")?,
        encryption_context: r.entries("encryptionContext")?,
        encryption_algorithm: r.text("encryptionAlgorithm")?,
        grant_tokens: r.texts("grantTokens")?,
    };
    let opened = client.decrypt(request).await?;
    let object = NewObject::new();
    object
        .text("keyId", &opened.key_id)
        .bytes("plaintext", &opened.plaintext)
        .some_text("encryptionAlgorithm", opened.encryption_algorithm.as_deref());
    Ok(object)
}

async fn re_encrypt(client: &KmsClient, r: Fields) -> Result<NewObject> {
    let request = kms::ReEncryptRequest {
        ciphertext_blob: r.bytes("ciphertextBlob")?.unwrap_or_default(),
        source_key_id: r.text("sourceKeyId")?,
        source_encryption_context: r.entries("sourceEncryptionContext")?,
        source_encryption_algorithm: r.text("sourceEncryptionAlgorithm")?,
        destination_key_id: r.text("destinationKeyId")?.unwrap_or_default(),
        destination_encryption_context: r.entries("destinationEncryptionContext")?,
        destination_encryption_algorithm: r.text("destinationEncryptionAlgorithm")?,
        grant_tokens: r.texts("grantTokens")?,
    };
    let again = client.re_encrypt(request).await?;
    let object = NewObject::new();
    object
        .text("keyId", &again.key_id)
        .bytes("ciphertextBlob", &again.ciphertext_blob)
        .some_text("sourceKeyId", again.source_key_id.as_deref())
        .some_text("sourceEncryptionAlgorithm", again.source_encryption_algorithm.as_deref())
        .some_text(
            "destinationEncryptionAlgorithm",
            again.destination_encryption_algorithm.as_deref(),
        );
    Ok(object)
}

async fn get_public_key(client: &KmsClient, r: Fields) -> Result<NewObject> {
    let request =
        kms::GetPublicKeyRequest { key_id: key_id(&r)?, grant_tokens: r.texts("grantTokens")? };
    let key = client.get_public_key(request).await?;
    let info = PublicKeyInfo::parse(&key.public_key)?;
    let object = NewObject::new();
    object
        .text("keyId", &key.key_id)
        .bytes("publicKey", &info.der)
        .text("publicKeyPem", &info.to_pem())
        .bytes("fingerprint", &info.fingerprint())
        .text("keySpec", &key.key_spec)
        .text("keyUsage", &key.key_usage)
        .texts("encryptionAlgorithms", &key.encryption_algorithms)
        .texts("signingAlgorithms", &key.signing_algorithms)
        .texts("keyAgreementAlgorithms", &key.key_agreement_algorithms);
    Ok(object)
}

async fn describe_key(client: &KmsClient, r: Fields) -> Result<NewObject> {
    let request =
        kms::DescribeKeyRequest { key_id: key_id(&r)?, grant_tokens: r.texts("grantTokens")? };
    let key = client.describe_key(request).await?;
    let object = NewObject::new();
    object
        .text("keyId", &key.key_id)
        .text("arn", &key.arn)
        .some_text("accountId", key.account_id.as_deref())
        .set("enabled", &key.enabled.into())
        .text("keyState", &key.key_state)
        .text("keyUsage", &key.key_usage)
        .text("keySpec", &key.key_spec)
        .some_text("description", key.description.as_deref())
        .some_text("keyManager", key.key_manager.as_deref())
        .some_text("origin", key.origin.as_deref())
        .some_number("creationDateMs", key.creation_date_ms.map(|ms| ms as f64))
        .some_number("deletionDateMs", key.deletion_date_ms.map(|ms| ms as f64))
        .texts("encryptionAlgorithms", &key.encryption_algorithms)
        .texts("signingAlgorithms", &key.signing_algorithms)
        .texts("keyAgreementAlgorithms", &key.key_agreement_algorithms)
        .set("multiRegion", &key.multi_region.into())
        .some_text("multiRegionKeyType", key.multi_region_key_type.as_deref())
        .some_text("primaryKeyArn", key.primary_key_arn.as_deref())
        .texts("replicaKeyArns", &key.replica_key_arns);
    Ok(object)
}

/// The key id; empty when absent, which the client refuses with its own words.
fn key_id(r: &Fields) -> Result<String> {
    Ok(r.text("keyId")?.unwrap_or_default())
}

fn data_key_request(r: &Fields) -> Result<kms::GenerateDataKeyRequest> {
    let size = match (r.text("keySpec")?.as_deref(), r.whole_number("numberOfBytes")?) {
        (Some("AES_128"), None) => DataKeySize::Aes128,
        (Some("AES_256"), None) => DataKeySize::Aes256,
        (None, Some(n)) => DataKeySize::Bytes(n),
        _ => return Err(r.error("give keySpec ('AES_128' or 'AES_256') or numberOfBytes")),
    };
    Ok(kms::GenerateDataKeyRequest {
        key_id: key_id(r)?,
        size,
        encryption_context: r.entries("encryptionContext")?,
        grant_tokens: r.texts("grantTokens")?,
    })
}

/// Hands events to the host object's `onEvent`; what a call was `about` is a key or a table.
pub(super) fn event_sink(host: JsValue, about: &'static str) -> OnEvent {
    Rc::new(move |event| {
        let object = NewObject::new();
        object
            .text("operation", event.operation)
            .some_text(about, event.key_id.as_deref())
            .some_text("region", event.region.as_deref())
            .number("startedMs", event.started_ms as f64)
            .number("durationMs", event.duration_ms as f64)
            .number("attempts", event.attempts.into())
            .text("outcome", event.outcome.err().unwrap_or("OK"))
            .some_text("requestId", event.request_id.as_deref())
            .texts("encryptionContextKeys", &event.encryption_context_keys);
        let observer =
            Reflect::get(&host, &"onEvent".into()).and_then(JsCast::dyn_into::<Function>);
        if let Ok(observer) = observer {
            // The TypeScript layer catches what an observer throws: it must not change the call's outcome.
            let _ = observer.call1(&JsValue::UNDEFINED, &object.into_js());
        }
    })
}
