//! The core's objects that JavaScript holds by number: KMS clients, keyrings, CMMs, item encryptors.

use core::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use wasm_bindgen::JsValue;

use crate::crypto::{RsaPadding, RsaPrivateKey, RsaPublicKey, Secret};
use crate::dynamodb::{ItemEncryptor, ItemEncryptorConfig, PlaintextOverride};
use crate::error::{Error, Result, Rule};
use crate::kms::{Auth, KmsClient, KmsConfig};
use crate::materials::{
    AwsKmsKeyring, AwsKmsRsaKeyring, Cmm, DefaultCmm, Keyring, MultiKeyring, RawAesKeyring,
    RawRsaKeyring, RequiredEncryptionContextCmm, RsaPublicKeySource, Suite,
};
use crate::structured::{CryptoAction, Header, RecordVersion};

use super::host::{HostNetwork, HostRsaKey};
use super::kms::event_sink;
use super::task::Outcome;

#[derive(Clone)]
enum Object {
    Kms(KmsClient),
    Keyring(Rc<dyn Keyring>),
    Cmm(Rc<dyn Cmm>),
    Encryptor(Rc<ItemEncryptor>),
}

thread_local! {
    static OBJECTS: RefCell<Vec<Option<Object>>> = const { RefCell::new(Vec::new()) };
}

fn add(object: Object) -> u32 {
    OBJECTS.with_borrow_mut(|objects| {
        let free = objects.iter().position(Option::is_none).unwrap_or(objects.len());
        match objects.get_mut(free) {
            Some(slot) => *slot = Some(object),
            None => objects.push(Some(object)),
        }
        free as u32
    })
}

fn find<T>(handle: u32, pick: impl FnOnce(Object) -> Option<T>) -> Result<T> {
    OBJECTS
        .with_borrow(|objects| objects.get(handle as usize).cloned().flatten())
        .and_then(pick)
        .ok_or(Error::Bug("a handle that names no object of its kind"))
}

/// Lets an object go.
pub(super) fn release(handle: u32) {
    let object = OBJECTS.with_borrow_mut(|objects| objects.get_mut(handle as usize)?.take());
    drop(object);
}

pub(super) fn kms(handle: u32) -> Result<KmsClient> {
    find(handle, |o| if let Object::Kms(kms) = o { Some(kms) } else { None })
}

fn keyring(handle: u32) -> Result<Rc<dyn Keyring>> {
    find(handle, |o| if let Object::Keyring(keyring) = o { Some(keyring) } else { None })
}

/// A CMM, or the default CMM over a keyring.
fn cmm(handle: u32) -> Result<Rc<dyn Cmm>> {
    find(handle, |o| match o {
        Object::Cmm(cmm) => Some(cmm),
        Object::Keyring(keyring) => Some(Rc::new(DefaultCmm::new(keyring))),
        _ => None,
    })
}

pub(super) fn encryptor(handle: u32) -> Result<Rc<ItemEncryptor>> {
    find(handle, |o| if let Object::Encryptor(e) = o { Some(e) } else { None })
}

fn read<T: for<'de> Deserialize<'de>>(config: JsValue) -> Result<T> {
    serde_wasm_bindgen::from_value(config)
        .map_err(|e| Error::misuse(Rule::Config, format!("the configuration is not usable: {e}")))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KmsSpec {
    endpoint: Option<String>,
    region: Option<String>,
    signs: bool,
    headers: Vec<(String, String)>,
    timeout_ms: Option<u32>,
    max_attempts: Option<u32>,
    user_agent: Option<String>,
    observed: bool,
}

/// Makes a KMS client; `host` performs its requests and has its credentials.
pub(super) fn make_kms(config: JsValue, host: JsValue) -> Result<u32> {
    let spec: KmsSpec = read(config)?;
    let network = Rc::new(HostNetwork(host.clone()));
    let default = KmsConfig::default();
    let config = KmsConfig {
        endpoint: spec.endpoint,
        region: spec.region,
        auth: if spec.signs { Auth::SigV4(network.clone()) } else { Auth::None },
        headers: spec.headers,
        timeout_ms: spec.timeout_ms.unwrap_or(default.timeout_ms),
        max_attempts: spec.max_attempts.unwrap_or(default.max_attempts),
        user_agent: spec.user_agent,
        on_event: spec.observed.then(|| event_sink(host)),
    };
    Ok(add(Object::Kms(KmsClient::new(config, network)?)))
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum KeyringSpec {
    RawAes {
        key_namespace: String,
        key_name: String,
        wrapping_key: ByteBuf,
    },
    RawRsa {
        key_namespace: String,
        key_name: String,
        padding_scheme: String,
        public_key: Option<ByteBuf>,
        has_private_key: bool,
    },
    Kms {
        kms: u32,
        key_id: String,
        grant_tokens: Vec<String>,
    },
    KmsRsa {
        kms: Option<u32>,
        kms_key_id: String,
        public_key: Option<ByteBuf>,
        encryption_algorithm: Option<String>,
        grant_tokens: Vec<String>,
    },
    Multi {
        generator: Option<u32>,
        children: Vec<u32>,
    },
}

/// Makes a keyring; `host` holds the private key of one that has any.
pub(super) fn make_keyring(config: JsValue, host: JsValue) -> Result<u32> {
    let keyring: Rc<dyn Keyring> = match read(config)? {
        KeyringSpec::RawAes { key_namespace, key_name, wrapping_key } => {
            let wrapping_key = Secret::new(wrapping_key.into_vec());
            Rc::new(RawAesKeyring::new(key_namespace, key_name, wrapping_key)?)
        }
        KeyringSpec::RawRsa {
            key_namespace,
            key_name,
            padding_scheme,
            public_key,
            has_private_key,
        } => {
            let padding = match padding_scheme.as_str() {
                "PKCS1" => RsaPadding::Pkcs1,
                "OAEP_SHA1_MGF1" => RsaPadding::OaepSha1,
                "OAEP_SHA256_MGF1" => RsaPadding::OaepSha256,
                "OAEP_SHA384_MGF1" => RsaPadding::OaepSha384,
                "OAEP_SHA512_MGF1" => RsaPadding::OaepSha512,
                _ => return Err(Error::misuse(Rule::Config, "an unknown paddingScheme")),
            };
            let public_key = public_key.map(|key| RsaPublicKey::from_spki(&key)).transpose()?;
            let private_key =
                has_private_key.then(|| Rc::new(HostRsaKey(host)) as Rc<dyn RsaPrivateKey>);
            Rc::new(RawRsaKeyring::new(key_namespace, key_name, padding, public_key, private_key)?)
        }
        KeyringSpec::Kms { kms: client, key_id, grant_tokens } => {
            Rc::new(AwsKmsKeyring::new(kms(client)?, key_id, grant_tokens)?)
        }
        KeyringSpec::KmsRsa {
            kms: client,
            kms_key_id,
            public_key,
            encryption_algorithm,
            grant_tokens,
        } => {
            let source = match public_key {
                Some(key) => RsaPublicKeySource::Given(RsaPublicKey::from_spki(&key)?),
                None => RsaPublicKeySource::Kms,
            };
            let padding = match encryption_algorithm.as_deref() {
                None | Some("RSAES_OAEP_SHA_256") => RsaPadding::OaepSha256,
                Some("RSAES_OAEP_SHA_1") => RsaPadding::OaepSha1,
                // Refused by the keyring, with its own words.
                Some(_) => RsaPadding::Pkcs1,
            };
            let client = client.map(kms).transpose()?;
            Rc::new(AwsKmsRsaKeyring::new(client, kms_key_id, source, padding, grant_tokens)?)
        }
        KeyringSpec::Multi { generator, children } => {
            let generator = generator.map(keyring).transpose()?;
            let children = children.into_iter().map(keyring).collect::<Result<_>>()?;
            Rc::new(MultiKeyring::new(generator, children)?)
        }
    };
    Ok(add(Object::Keyring(keyring)))
}

/// Makes a required-encryption-context CMM over a CMM or keyring.
pub(super) fn make_required_context_cmm(inner: u32, keys: Vec<String>) -> Result<u32> {
    let cmm = RequiredEncryptionContextCmm::new(cmm(inner)?, keys)?;
    Ok(add(Object::Cmm(Rc::new(cmm))))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EncryptorSpec {
    logical_table_name: String,
    partition_key_name: String,
    sort_key_name: Option<String>,
    attribute_actions: Vec<(String, Action)>,
    allowed_unsigned_attributes: HashSet<String>,
    allowed_unsigned_attribute_prefix: Option<String>,
    algorithm_suite: Option<String>,
    plaintext_override: Option<String>,
    materials: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Action {
    EncryptAndSign,
    SignAndIncludeInEncryptionContext,
    SignOnly,
    DoNothing,
}

/// Makes an item encryptor.
pub(super) fn make_encryptor(config: JsValue) -> Result<u32> {
    let spec: EncryptorSpec = read(config)?;
    let suite = match spec.algorithm_suite.as_deref() {
        None => None,
        Some("6700") => Suite::by_id(0x6700),
        Some("6701") => Suite::by_id(0x6701),
        Some(_) => {
            return Err(Error::misuse(Rule::Suite, "algorithmSuite must be '6700' or '6701'"));
        }
    };
    let config = ItemEncryptorConfig {
        logical_table_name: spec.logical_table_name,
        partition_key_name: spec.partition_key_name,
        sort_key_name: spec.sort_key_name,
        attribute_actions: spec
            .attribute_actions
            .into_iter()
            .map(action)
            .collect::<HashMap<_, _>>(),
        allowed_unsigned_attributes: spec.allowed_unsigned_attributes,
        allowed_unsigned_attribute_prefix: spec.allowed_unsigned_attribute_prefix,
        suite,
        plaintext_override: plaintext_override(spec.plaintext_override.as_deref())?,
        cmm: cmm(spec.materials)?,
    };
    Ok(add(Object::Encryptor(Rc::new(ItemEncryptor::new(config)?))))
}

fn plaintext_override(name: Option<&str>) -> Result<PlaintextOverride> {
    match name {
        None | Some("FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ") => {
            Ok(PlaintextOverride::ForbidPlaintextWriteForbidPlaintextRead)
        }
        Some("FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ") => {
            Ok(PlaintextOverride::ForbidPlaintextWriteAllowPlaintextRead)
        }
        Some("FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ") => {
            Ok(PlaintextOverride::ForcePlaintextWriteAllowPlaintextRead)
        }
        Some(_) => Err(Error::misuse(Rule::Config, "an unknown plaintextOverride")),
    }
}

fn action((name, action): (String, Action)) -> (String, CryptoAction) {
    let action = match action {
        Action::EncryptAndSign => CryptoAction::EncryptAndSign,
        Action::SignAndIncludeInEncryptionContext => {
            CryptoAction::SignAndIncludeInEncryptionContext
        }
        Action::SignOnly => CryptoAction::SignOnly,
        Action::DoNothing => CryptoAction::DoNothing,
    };
    (name, action)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Inspected {
    version: u8,
    algorithm_suite: String,
    stored_encryption_context: Vec<(String, String)>,
    encrypted_data_keys: Vec<InspectedKey>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InspectedKey {
    key_provider_id: String,
    key_provider_info: ByteBuf,
    ciphertext: ByteBuf,
}

/// What a header says of itself, without any key.
pub(super) fn inspect(header: &[u8]) -> Outcome {
    let header = match Header::parse(header) {
        Ok(header) => header,
        Err(e) => return Outcome::Failed(super::error::to_js(&e, None)),
    };
    let pairs = header.stored_context.iter().map(|(k, v)| (k.into(), v.into()));
    let inspected = Inspected {
        version: if header.version == RecordVersion::V1 { 1 } else { 2 },
        algorithm_suite: format!("{:04x}", header.suite.id),
        stored_encryption_context: pairs.collect(),
        encrypted_data_keys: header
            .encrypted_data_keys
            .into_iter()
            .map(|edk| InspectedKey {
                key_provider_id: edk.provider_id,
                key_provider_info: edk.provider_info.into(),
                ciphertext: edk.ciphertext.into(),
            })
            .collect(),
    };
    Outcome::Value(serde_wasm_bindgen::to_value(&inspected).unwrap_or(JsValue::NULL))
}
