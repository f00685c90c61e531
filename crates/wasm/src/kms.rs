//! KMS operations for JavaScript: names and shapes of the KMS API, in camel case, bytes as
//! `Uint8Array`, times as `…Ms`. One reader and one writer serve every operation's table.

use std::rc::Rc;

#[cfg(feature = "kms-admin")]
use js_sys::{Array, Object};
use wasm_bindgen::JsValue;

use fieldseal::aws::OnEvent;
#[cfg(feature = "kms-admin")]
use fieldseal::aws::Repetition;
use fieldseal::crypto::{PublicKeyInfo, Secret};
use fieldseal::error::{Error, Result, Rule};
use fieldseal::host::LocalFuture;
use fieldseal::kms::schema::{self, Field, Kind};
use fieldseal::kms::{
    GetPublicKeyRequest, GetPublicKeyResponse, KmsClient, PublicKeyStore, Record, Value,
    camel_case, hex,
};

use super::build::NewObject;
use super::host::{ask, tell};
use super::read::Fields;
use super::task::{Outcome, Task};

/// The task of one KMS call.
pub(super) fn call(client: KmsClient, operation: String, request: JsValue) -> Task {
    Box::pin(async move {
        match run(&client, &operation, request).await {
            Ok(value) => Outcome::Value(value),
            Err(error) => Outcome::Failed(super::error::to_js(&error, None)),
        }
    })
}

async fn run(client: &KmsClient, name: &str, request: JsValue) -> Result<JsValue> {
    match name {
        "GetPublicKey" => return get_public_key(client, request).await,
        "ForgetPublicKey" => {
            client.forget_public_key(&request.as_string().unwrap_or_default());
            return Ok(JsValue::UNDEFINED);
        }
        _ => {}
    }
    let known = if cfg!(feature = "kms-admin") { schema::ALL } else { schema::ON_DATA };
    // The TypeScript layer knows no other: this build lacks it.
    let operation = known
        .iter()
        .find(|operation| operation.name == name)
        .ok_or_else(|| Error::unsupported("this KMS operation by this build of the core"))?;
    let request = read(operation.name, operation.request, request)?;
    let answer = client.call(operation, request).await?;
    // DescribeKey and CreateKey return nothing but the metadata.
    if let Some(Value::KeyMetadata(metadata)) = answer.get("KeyMetadata") {
        return Ok(write(metadata));
    }
    Ok(write(&answer))
}

/// The fields of a request, or of an object in one.
fn read(what: &'static str, table: &'static [Field], object: JsValue) -> Result<Record> {
    let known = |name: &str| table.iter().any(|field| property(field) == name);
    let fields = Fields::new(object, what, Rule::Argument).only(&known)?;
    let mut record = Record::default();
    for field in table {
        let name = &property(field);
        let value = match field.kind {
            Kind::KeyId | Kind::Text => fields.text(name)?.map(Value::Text),
            Kind::Number => fields.whole_number(name)?.map(Value::Number),
            Kind::Flag => fields.flag(name).then_some(Value::Flag(true)),
            Kind::Bytes => fields.bytes(name)?.map(Value::Bytes),
            Kind::Secret => fields.bytes(name)?.map(|bytes| Value::Secret(Secret::new(bytes))),
            Kind::Texts => Some(Value::Texts(fields.texts(name)?)),
            Kind::Context => Some(Value::Context(fields.entries(name)?)),
            Kind::Object(table) => match fields.object(name)? {
                Some(object) => Some(Value::Object(read(what, table, object)?)),
                None => None,
            },
            Kind::List(table) => {
                let mut records = Vec::new();
                for member in fields.list(name)? {
                    records.push(read(what, table, member)?);
                }
                Some(Value::List(records))
            }
            Kind::Time => fields.number(name)?.map(|ms| Value::TimeMs(ms.max(0.0) as u64)),
            // In responses only.
            Kind::KeyMetadata => None,
        };
        if let Some(value) = value {
            record.push(field.name, value);
        }
    }
    Ok(record)
}

/// A field's name in JavaScript, which says the unit of times.
fn property(field: &Field) -> String {
    let unit = if matches!(field.kind, Kind::Time) { "Ms" } else { "" };
    camel_case(field.name) + unit
}

fn write(record: &Record) -> JsValue {
    let object = NewObject::new();
    for (name, value) in record.iter() {
        let name = camel_case(name);
        match value {
            Value::Text(text) => object.text(&name, text),
            Value::Number(number) => object.number(&name, (*number).into()),
            Value::Flag(flag) => object.set(&name, &(*flag).into()),
            Value::Bytes(bytes) => object.bytes(&name, bytes),
            Value::Secret(bytes) => object.bytes(&name, bytes),
            Value::TimeMs(ms) => object.number(&format!("{name}Ms"), *ms as f64),
            Value::Texts(texts) => object.texts(&name, texts),
            // Requests only, in a smaller build.
            #[cfg(not(feature = "kms-admin"))]
            Value::Context(_) => &object,
            #[cfg(feature = "kms-admin")]
            Value::Context(pairs) => {
                let entries = Array::new();
                for (key, value) in pairs {
                    entries.push(&Array::of2(&key.into(), &value.into()));
                }
                // Pairs cannot fail to be entries.
                object.set(&name, &Object::from_entries(&entries).unwrap_or_default())
            }
            Value::Object(record) => object.set(&name, &write(record)),
            Value::List(records) => object.list(&name, records.iter().map(write)),
            Value::KeyMetadata(metadata) => object.set(&name, &write(metadata)),
        };
    }
    object.into_js()
}

async fn get_public_key(client: &KmsClient, request: JsValue) -> Result<JsValue> {
    let r = Fields::new(request, "GetPublicKey", Rule::Argument)
        .only(&|name| matches!(name, "keyId" | "grantTokens"))?;
    // An absent key id is refused by the client, in its own words.
    let key_id = r.text("keyId")?.unwrap_or_default();
    let request = GetPublicKeyRequest { key_id, grant_tokens: r.texts("grantTokens")? };
    let key = client.get_public_key(request).await?;
    let info = PublicKeyInfo::parse(&key.public_key)?;
    let object = public_key(&key, &info);
    object.bytes("publicKey", &info.der);
    Ok(object.into_js())
}

/// A public key in the form in which it is stored, without the bytes.
fn public_key(key: &GetPublicKeyResponse, info: &PublicKeyInfo) -> NewObject {
    let object = NewObject::new();
    object
        .text("keyId", &key.key_id)
        .text("publicKeyPem", &info.to_pem())
        .text("fingerprint", &hex(&info.fingerprint()))
        .text("keySpec", &key.key_spec)
        .text("keyUsage", &key.key_usage)
        .texts("encryptionAlgorithms", &key.encryption_algorithms)
        .texts("signingAlgorithms", &key.signing_algorithms)
        .texts("keyAgreementAlgorithms", &key.key_agreement_algorithms);
    object
}

/// The store of public keys behind the host, which reports its failures.
pub(super) struct HostPublicKeyStore(pub(super) JsValue);

impl PublicKeyStore for HostPublicKeyStore {
    fn load(&self, key_id: &str) -> LocalFuture<'_, Option<GetPublicKeyResponse>> {
        let question = ask(&self.0, "loadPublicKey", key_id.into());
        Box::pin(async move {
            let entry = question.await.ok().filter(JsValue::is_object)?;
            let entry = Fields::new(entry, "the stored public key", Rule::Argument);
            // What is missing or of another type is caught with all else that makes it no key.
            let text = |name| entry.text(name).ok().flatten().unwrap_or_default();
            let texts = |name| entry.texts(name).unwrap_or_default();
            Some(GetPublicKeyResponse {
                key_id: text("keyId"),
                public_key: entry.bytes("publicKey").ok().flatten().unwrap_or_default(),
                key_spec: text("keySpec"),
                key_usage: text("keyUsage"),
                encryption_algorithms: texts("encryptionAlgorithms"),
                signing_algorithms: texts("signingAlgorithms"),
                key_agreement_algorithms: texts("keyAgreementAlgorithms"),
            })
        })
    }

    fn save(&self, key_id: &str, key: &GetPublicKeyResponse) {
        // A key that cannot be read is refused where it is used.
        let Ok(info) = PublicKeyInfo::parse(&key.public_key) else { return };
        tell(&self.0, "savePublicKey", &key_id.into(), &public_key(key, &info).into_js());
    }
}

#[cfg(feature = "kms-admin")]
fn repetition(of: &Repetition) -> JsValue {
    let object = NewObject::new();
    object
        .number("attempt", of.attempt.into())
        .text("reason", of.reason)
        .number("backoffMs", of.backoff_ms.into());
    object.into_js()
}

/// Hands events to the host's `onEvent`; what a call was `about` is a key or a table.
pub(super) fn event_sink(host: JsValue, about: &'static str) -> OnEvent {
    Rc::new(move |event| {
        let object = NewObject::new();
        object
            .text("operation", event.operation)
            .some_text(about, event.about.as_deref())
            .some_text("region", event.region.as_deref())
            .text("host", &event.host)
            .number("startedMs", event.started_ms as f64)
            .number("durationMs", event.duration_ms as f64)
            .number("attempts", event.attempts.into())
            .text("outcome", event.outcome.err().unwrap_or("OK"))
            .some_text("requestId", event.request_id.as_deref())
            .texts("encryptionContextKeys", &event.encryption_context_keys);
        #[cfg(feature = "kms-admin")]
        if !event.repetitions.is_empty() {
            object.list("repetitions", event.repetitions.iter().map(repetition));
        }
        tell(&host, "onEvent", &object.into_js(), &JsValue::UNDEFINED);
    })
}
