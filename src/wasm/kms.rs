//! KMS operations for JavaScript: names and shapes of the KMS API, in camel case, bytes as `Uint8Array`.

use std::collections::BTreeMap;
use std::rc::Rc;

use js_sys::{Function, Reflect};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use wasm_bindgen::{JsCast, JsValue};

use crate::crypto::{PublicKeyInfo, Secret};
use crate::error::{Error, Result, Rule};
use crate::kms::{self, DataKeySize, KmsClient, OnEvent};

use super::task::{Outcome, Task};

type Context = BTreeMap<String, String>;

/// One request shape for all operations: what an operation does not take is refused by the TypeScript types.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Request {
    key_id: Option<String>,
    key_spec: Option<String>,
    number_of_bytes: Option<u32>,
    #[serde(default)]
    encryption_context: Context,
    encryption_algorithm: Option<String>,
    plaintext: Option<ByteBuf>,
    ciphertext_blob: Option<ByteBuf>,
    source_key_id: Option<String>,
    #[serde(default)]
    source_encryption_context: Context,
    source_encryption_algorithm: Option<String>,
    destination_key_id: Option<String>,
    #[serde(default)]
    destination_encryption_context: Context,
    destination_encryption_algorithm: Option<String>,
    #[serde(default)]
    grant_tokens: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PublicKey {
    key_id: String,
    public_key: ByteBuf,
    public_key_pem: String,
    fingerprint: ByteBuf,
    key_spec: String,
    key_usage: String,
    encryption_algorithms: Vec<String>,
    signing_algorithms: Vec<String>,
    key_agreement_algorithms: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DataKey {
    key_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    plaintext: Option<ByteBuf>,
    ciphertext_blob: ByteBuf,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ciphertext {
    key_id: String,
    ciphertext_blob: ByteBuf,
    encryption_algorithm: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Plaintext {
    key_id: String,
    plaintext: ByteBuf,
    encryption_algorithm: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReEncrypted {
    key_id: String,
    ciphertext_blob: ByteBuf,
    source_key_id: Option<String>,
    source_encryption_algorithm: Option<String>,
    destination_encryption_algorithm: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyMetadata {
    key_id: String,
    arn: String,
    account_id: Option<String>,
    enabled: bool,
    key_state: String,
    key_usage: String,
    key_spec: String,
    description: Option<String>,
    key_manager: Option<String>,
    origin: Option<String>,
    creation_date_ms: Option<f64>,
    deletion_date_ms: Option<f64>,
    encryption_algorithms: Vec<String>,
    signing_algorithms: Vec<String>,
    key_agreement_algorithms: Vec<String>,
    multi_region: bool,
    multi_region_key_type: Option<String>,
    primary_key_arn: Option<String>,
    replica_key_arns: Vec<String>,
}

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
    let r: Request = serde_wasm_bindgen::from_value(request)
        .map_err(|e| Error::misuse(Rule::Argument, format!("the {operation} request: {e}")))?;
    match operation {
        "GetPublicKey" => get_public_key(client, r).await,
        "GenerateDataKey" => {
            let key = client.generate_data_key(data_key_request(r)?).await?;
            to_js(&DataKey {
                key_id: key.key_id,
                plaintext: Some(bytes(&key.plaintext)),
                ciphertext_blob: key.ciphertext_blob.into(),
            })
        }
        "GenerateDataKeyWithoutPlaintext" => {
            let key = client.generate_data_key_without_plaintext(data_key_request(r)?).await?;
            to_js(&DataKey {
                key_id: key.key_id,
                plaintext: None,
                ciphertext_blob: key.ciphertext_blob.into(),
            })
        }
        "Encrypt" => {
            let request = kms::EncryptRequest {
                key_id: r.key_id.unwrap_or_default(),
                plaintext: Secret::new(r.plaintext.unwrap_or_default().into_vec()),
                encryption_context: r.encryption_context,
                encryption_algorithm: r.encryption_algorithm,
                grant_tokens: r.grant_tokens,
            };
            let sealed = client.encrypt(request).await?;
            to_js(&Ciphertext {
                key_id: sealed.key_id,
                ciphertext_blob: sealed.ciphertext_blob.into(),
                encryption_algorithm: sealed.encryption_algorithm,
            })
        }
        "Decrypt" => {
            let request = kms::DecryptRequest {
                ciphertext_blob: r.ciphertext_blob.unwrap_or_default().into_vec(),
                key_id: r.key_id,
                encryption_context: r.encryption_context,
                encryption_algorithm: r.encryption_algorithm,
                grant_tokens: r.grant_tokens,
            };
            let opened = client.decrypt(request).await?;
            to_js(&Plaintext {
                key_id: opened.key_id,
                plaintext: bytes(&opened.plaintext),
                encryption_algorithm: opened.encryption_algorithm,
            })
        }
        "ReEncrypt" => {
            let request = kms::ReEncryptRequest {
                ciphertext_blob: r.ciphertext_blob.unwrap_or_default().into_vec(),
                source_key_id: r.source_key_id,
                source_encryption_context: r.source_encryption_context,
                source_encryption_algorithm: r.source_encryption_algorithm,
                destination_key_id: r.destination_key_id.unwrap_or_default(),
                destination_encryption_context: r.destination_encryption_context,
                destination_encryption_algorithm: r.destination_encryption_algorithm,
                grant_tokens: r.grant_tokens,
            };
            let again = client.re_encrypt(request).await?;
            to_js(&ReEncrypted {
                key_id: again.key_id,
                ciphertext_blob: again.ciphertext_blob.into(),
                source_key_id: again.source_key_id,
                source_encryption_algorithm: again.source_encryption_algorithm,
                destination_encryption_algorithm: again.destination_encryption_algorithm,
            })
        }
        "DescribeKey" => describe_key(client, r).await,
        _ => Err(Error::Bug("a KMS operation that the door does not know")),
    }
}

fn data_key_request(r: Request) -> Result<kms::GenerateDataKeyRequest> {
    let size = match (r.key_spec.as_deref(), r.number_of_bytes) {
        (Some("AES_128"), None) => DataKeySize::Aes128,
        (Some("AES_256"), None) => DataKeySize::Aes256,
        (None, Some(n)) => DataKeySize::Bytes(n),
        _ => {
            let problem = "give keySpec ('AES_128' or 'AES_256') or numberOfBytes";
            return Err(Error::misuse(Rule::Argument, problem));
        }
    };
    Ok(kms::GenerateDataKeyRequest {
        key_id: r.key_id.unwrap_or_default(),
        size,
        encryption_context: r.encryption_context,
        grant_tokens: r.grant_tokens,
    })
}

async fn get_public_key(client: &KmsClient, r: Request) -> Result<JsValue> {
    let key_id = r.key_id.unwrap_or_default();
    let request = kms::GetPublicKeyRequest { key_id, grant_tokens: r.grant_tokens };
    let key = client.get_public_key(request).await?;
    let info = PublicKeyInfo::parse(&key.public_key)?;
    to_js(&PublicKey {
        key_id: key.key_id,
        public_key_pem: info.to_pem(),
        fingerprint: info.fingerprint().to_vec().into(),
        public_key: info.der.into(),
        key_spec: key.key_spec,
        key_usage: key.key_usage,
        encryption_algorithms: key.encryption_algorithms,
        signing_algorithms: key.signing_algorithms,
        key_agreement_algorithms: key.key_agreement_algorithms,
    })
}

async fn describe_key(client: &KmsClient, r: Request) -> Result<JsValue> {
    let key_id = r.key_id.unwrap_or_default();
    let request = kms::DescribeKeyRequest { key_id, grant_tokens: r.grant_tokens };
    let key = client.describe_key(request).await?;
    to_js(&KeyMetadata {
        key_id: key.key_id,
        arn: key.arn,
        account_id: key.account_id,
        enabled: key.enabled,
        key_state: key.key_state,
        key_usage: key.key_usage,
        key_spec: key.key_spec,
        description: key.description,
        key_manager: key.key_manager,
        origin: key.origin,
        creation_date_ms: key.creation_date_ms.map(|ms| ms as f64),
        deletion_date_ms: key.deletion_date_ms.map(|ms| ms as f64),
        encryption_algorithms: key.encryption_algorithms,
        signing_algorithms: key.signing_algorithms,
        key_agreement_algorithms: key.key_agreement_algorithms,
        multi_region: key.multi_region,
        multi_region_key_type: key.multi_region_key_type,
        primary_key_arn: key.primary_key_arn,
        replica_key_arns: key.replica_key_arns,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    operation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    started_ms: f64,
    duration_ms: f64,
    attempts: u32,
    outcome: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    encryption_context_keys: &'a [String],
}

/// Hands events to the host object's `onEvent`.
pub(super) fn event_sink(host: JsValue) -> OnEvent {
    Rc::new(move |event| {
        let event = to_js(&Event {
            operation: event.operation,
            key_id: event.key_id.as_deref(),
            region: event.region.as_deref(),
            started_ms: event.started_ms as f64,
            duration_ms: event.duration_ms as f64,
            attempts: event.attempts,
            outcome: event.outcome.err().unwrap_or("OK"),
            request_id: event.request_id.as_deref(),
            encryption_context_keys: &event.encryption_context_keys,
        });
        let observer =
            Reflect::get(&host, &"onEvent".into()).and_then(JsCast::dyn_into::<Function>);
        if let (Ok(observer), Ok(event)) = (observer, event) {
            // The TypeScript layer catches what an observer throws: it must not change the call's outcome.
            let _ = observer.call1(&JsValue::UNDEFINED, &event);
        }
    })
}

/// Plaintext on its way to a caller who asked for it; the copy in linear memory is wiped as it is freed.
fn bytes(secret: &Secret) -> ByteBuf {
    ByteBuf::from(secret.to_vec())
}

fn to_js(value: &impl Serialize) -> Result<JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::new();
    value.serialize(&serializer).map_err(|_| Error::Bug("a response that JavaScript cannot hold"))
}
