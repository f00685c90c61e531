//! Makes what JavaScript holds by number from its configuration: KMS clients, keyrings, CMMs, item encryptors.

use std::rc::Rc;

use wasm_bindgen::JsValue;

use fieldseal::aws::{Auth, ClientConfig};
#[cfg(feature = "kms-admin")]
use fieldseal::aws::{AwsEndpoints, RetryMode};
use fieldseal::dynamodb::{ItemEncryptor, ItemEncryptorConfig, PlaintextOverride};
use fieldseal::error::{Error, Result, Rule};
use fieldseal::kms::{KmsClient, KmsConfig, PublicKeyStore};
use fieldseal::materials::{EncryptedDataKey, Keyring, RequiredEncryptionContextCmm, Suite};
use fieldseal::structured::{Header, RecordVersion};

use super::build::NewObject;
use super::config::{self, Configuration, EncryptorConfig, ServiceConfig};
use super::custom_keyring::HostKeyring;
use super::handles::{Object, add, cmm};
use super::host::HostNetwork;
use super::keyrings;
use super::kms::{HostPublicKeyStore, event_sink};
use super::read::{Fields, configuration};
use super::task::Outcome;

/// Makes a KMS client; `host` performs its requests and has its credentials.
pub(super) fn make_kms(config: JsValue, host: JsValue) -> Result<u32> {
    let fields = configuration(config);
    let config = config::KmsConfig::read(&fields)?;
    let (client, network) = client_config(config.service, &fields, &host, "keyId")?;
    let store = || Rc::new(HostPublicKeyStore(host)) as Rc<dyn PublicKeyStore>;
    let config = KmsConfig {
        client,
        pinned_public_keys: config.pins.0,
        public_key_store: config.stores.then(store),
    };
    add(Object::Kms(KmsClient::new(config, network)?))
}

/// How to reach a service; `about` names in its events what a call was about.
pub(super) fn client_config(
    config: ServiceConfig,
    fields: &Fields,
    host: &JsValue,
    about: &'static str,
) -> Result<(ClientConfig, Rc<HostNetwork>)> {
    let network = Rc::new(HostNetwork(host.clone()));
    let default = ClientConfig::default();
    #[allow(clippy::needless_update, reason = "a smaller build has no more fields")]
    let config = ClientConfig {
        endpoint: config.endpoint,
        region: config.region,
        auth: if config.signs { Auth::SigV4(network.clone()) } else { Auth::None },
        headers: config.headers.0,
        timeout_ms: config.timeout_ms.unwrap_or(default.timeout_ms),
        max_attempts: config.max_attempts,
        user_agent: config.user_agent,
        on_event: config.observed.then(|| event_sink(host.clone(), about)),
        ..default
    };
    #[cfg(feature = "kms-admin")]
    let config = with_extras(config, config::ClientExtras::read(fields)?);
    #[cfg(not(feature = "kms-admin"))]
    let _ = fields;
    Ok((config, network))
}

/// The same with what only the whole core's clients can.
#[cfg(feature = "kms-admin")]
fn with_extras(config: ClientConfig, extras: config::ClientExtras) -> ClientConfig {
    let config::ClientExtras { adaptive, fips, dualstack, operation_timeout_ms, clock_offset_ms } =
        extras;
    ClientConfig {
        endpoints: AwsEndpoints { fips, dualstack },
        operation_timeout_ms,
        retry_mode: if adaptive { RetryMode::Adaptive } else { RetryMode::Standard },
        clock_offset_ms: clock_offset_ms.map_or(0, |offset| offset.0),
        ..config
    }
}

/// Makes a keyring; `host` holds the private key or has the functions of one that has any.
pub(super) fn make_keyring(config: JsValue, host: JsValue) -> Result<u32> {
    let spec = configuration(config);
    let keyring: Rc<dyn Keyring> = match spec.needed_text("type")?.as_str() {
        "rawAes" => keyrings::raw_aes(Configuration::read(&spec)?)?,
        "custom" => Rc::new(HostKeyring::new(Configuration::read(&spec)?, host)?),
        "rawRsa" => keyrings::raw_rsa(Configuration::read(&spec)?, host)?,
        #[cfg(feature = "ecdh")]
        "rawEcdh" => super::ecdh::raw_ecdh(Configuration::read(&spec)?, host)?,
        "kms" => keyrings::kms(Configuration::read(&spec)?)?,
        "kmsDiscovery" => keyrings::kms_discovery(Configuration::read(&spec)?)?,
        #[cfg(feature = "ecdh")]
        "kmsEcdh" => super::ecdh::kms_ecdh(Configuration::read(&spec)?)?,
        "kmsRsa" => keyrings::kms_rsa(Configuration::read(&spec)?)?,
        #[cfg(feature = "branch-keys")]
        "hierarchical" => super::caches::hierarchical(Configuration::read(&spec)?, host)?,
        "multi" => keyrings::multi(Configuration::read(&spec)?)?,
        // The TypeScript layer knows no other: this build lacks it.
        _ => return Err(Error::unsupported("a keyring of this type by this build of the core")),
    };
    add(Object::Keyring(keyring))
}

/// Makes a required-encryption-context CMM over a CMM or keyring.
pub(super) fn make_required_context_cmm(inner: u32, keys: Vec<String>) -> Result<u32> {
    let cmm = RequiredEncryptionContextCmm::new(cmm(inner)?, keys)?;
    add(Object::Cmm(Rc::new(cmm)))
}

/// Makes an item encryptor.
pub(super) fn make_encryptor(config: JsValue) -> Result<u32> {
    add(Object::Encryptor(Rc::new(ItemEncryptor::new(encryptor_config(config)?)?)))
}

pub(super) fn encryptor_config(config: JsValue) -> Result<ItemEncryptorConfig> {
    let config = EncryptorConfig::of(config)?;
    let suite = match config.algorithm_suite.as_deref() {
        None => None,
        Some("6700") => Suite::by_id(0x6700),
        Some("6701") => Suite::by_id(0x6701),
        Some(_) => {
            return Err(Error::misuse(Rule::Suite, "algorithmSuite must be '6700' or '6701'"));
        }
    };
    Ok(ItemEncryptorConfig {
        logical_table_name: config.logical_table_name,
        partition_key_name: config.partition_key_name,
        sort_key_name: config.sort_key_name,
        attribute_actions: config.attribute_actions.0,
        allowed_unsigned_attributes: config.allowed_unsigned_attributes.0,
        allowed_unsigned_attribute_prefix: config.allowed_unsigned_attribute_prefix,
        suite,
        drop_reserved_attributes: config.drop_reserved_attributes,
        plaintext_override: config
            .plaintext_override
            .map_or(PlaintextOverride::ForbidPlaintextWriteForbidPlaintextRead, |name| name.0),
        max_encrypted_data_keys: match config.max_encrypted_data_keys {
            None => ItemEncryptorConfig::DEFAULT_MAX_ENCRYPTED_DATA_KEYS,
            Some(max) => u8::try_from(max).ok(),
        },
        cmm: cmm(config.materials.0)?,
    })
}

/// What a header says of itself, without any key.
pub(super) fn inspect(header: &[u8]) -> Outcome {
    let header = match Header::parse(header) {
        Ok(header) => header,
        Err(e) => return Outcome::Failed(super::error::to_js(&e, None)),
    };
    let inspected = NewObject::new();
    inspected
        .number("version", if header.version == RecordVersion::V1 { 1.0 } else { 2.0 })
        .text("algorithmSuite", &format!("{:04x}", header.suite.id))
        .pairs("storedEncryptionContext", header.stored_context.iter())
        .list("encryptedDataKeys", describe_keys(&header.encrypted_data_keys));
    Outcome::Value(inspected.into_js())
}

/// Encrypted data keys as objects.
pub(super) fn describe_keys(keys: &[EncryptedDataKey]) -> impl Iterator<Item = JsValue> {
    keys.iter().map(|edk| {
        let key = NewObject::new();
        key.some_text("keyName", edk.key_name());
        key.text("keyProviderId", &edk.provider_id)
            .bytes("keyProviderInfo", &edk.provider_info)
            .bytes("ciphertext", &edk.ciphertext);
        key.into_js()
    })
}
