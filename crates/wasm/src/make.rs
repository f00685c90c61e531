//! Makes what JavaScript holds by number from its configuration: KMS clients, keyrings, CMMs, item encryptors.

use std::rc::Rc;

use wasm_bindgen::JsValue;

use fieldseal::aws::{Auth, ClientConfig};
use fieldseal::crypto::{RsaPadding, RsaPrivateKey, RsaPublicKey, Secret};
use fieldseal::dynamodb::{ItemEncryptor, ItemEncryptorConfig, PlaintextOverride};
use fieldseal::error::{Error, Result, Rule};
use fieldseal::kms::{KmsClient, KmsConfig, PublicKeyStore, assert_mrks_unique};
use fieldseal::materials::{
    AwsKmsRsaKeyring, EncryptedDataKey, Keyring, MultiKeyring, RawAesKeyring, RawRsaKeyring,
    RequiredEncryptionContextCmm, RsaPublicKeySource, Suite,
};
use fieldseal::structured::{CryptoAction, Header, RecordVersion};

use super::build::NewObject;
use super::custom_keyring::HostKeyring;
use super::handles::{Object, add, cmm, keyring, kms};
use super::host::{HostNetwork, HostRsaKey};
use super::keyrings;
use super::kms::{HostPublicKeyStore, event_sink};
use super::read::{Fields, configuration};
use super::task::Outcome;

/// The KMS client of a keyring's configuration.
fn client(spec: &Fields) -> Result<KmsClient> {
    kms(spec.whole_number("kms")?.unwrap_or(u32::MAX))
}

/// A handle in a configuration.
fn handle(value: &JsValue) -> Result<u32> {
    let handle = value.as_f64().ok_or_else(|| Error::bug("a handle that is not a number"))?;
    Ok(handle as u32)
}

/// Makes a KMS client; `host` performs its requests and has its credentials.
pub(super) fn make_kms(config: JsValue, host: JsValue) -> Result<u32> {
    let spec = configuration(config);
    let (client, network) = client_config(&spec, &host, "keyId")?;
    let config = KmsConfig {
        client,
        pinned_public_keys: spec.pairs("pins")?,
        public_key_store: spec
            .flag("stores")
            .then(|| Rc::new(HostPublicKeyStore(host)) as Rc<dyn PublicKeyStore>),
    };
    add(Object::Kms(KmsClient::new(config, network)?))
}

/// How to reach a service; `about` names in its events what a call was about.
pub(super) fn client_config(
    spec: &Fields,
    host: &JsValue,
    about: &'static str,
) -> Result<(ClientConfig, Rc<HostNetwork>)> {
    let network = Rc::new(HostNetwork(host.clone()));
    let default = ClientConfig::default();
    let config = ClientConfig {
        endpoint: spec.text("endpoint")?,
        region: spec.text("region")?,
        auth: if spec.flag("signs") { Auth::SigV4(network.clone()) } else { Auth::None },
        headers: spec.pairs("headers")?,
        timeout_ms: spec.whole_number("timeoutMs")?.unwrap_or(default.timeout_ms),
        max_attempts: spec.whole_number("maxAttempts")?.unwrap_or(default.max_attempts),
        user_agent: spec.text("userAgent")?,
        on_event: spec.flag("observed").then(|| event_sink(host.clone(), about)),
    };
    Ok((config, network))
}

/// Makes a keyring; `host` holds the private key or has the functions of one that has any.
pub(super) fn make_keyring(config: JsValue, host: JsValue) -> Result<u32> {
    let spec = configuration(config);
    let keyring: Rc<dyn Keyring> = match spec.needed_text("type")?.as_str() {
        "rawAes" => {
            let wrapping_key = Secret::new(spec.bytes("wrappingKey")?.unwrap_or_default());
            let (namespace, name) =
                (spec.needed_text("keyNamespace")?, spec.needed_text("keyName")?);
            Rc::new(RawAesKeyring::new(namespace, name, wrapping_key)?)
        }
        "custom" => Rc::new(HostKeyring::new(&spec, host)?),
        "rawRsa" => Rc::new(raw_rsa(&spec, host)?),
        #[cfg(feature = "ecdh")]
        "rawEcdh" => super::ecdh::raw_ecdh(&spec, host)?,
        "kms" => keyrings::kms(&spec, client(&spec)?)?,
        "kmsDiscovery" => keyrings::kms_discovery(&spec, client(&spec)?)?,
        #[cfg(feature = "ecdh")]
        "kmsEcdh" => super::ecdh::kms_ecdh(&spec, client(&spec)?)?,
        "kmsRsa" => Rc::new(kms_rsa(&spec)?),
        #[cfg(feature = "branch-keys")]
        "hierarchical" => Rc::new(super::caches::hierarchical(&spec, host)?),
        "multi" => {
            assert_mrks_unique(&spec.texts("mrkKeyIds")?)?;
            let generator = spec.whole_number("generator")?.map(keyring).transpose()?;
            let children = spec.list("children")?;
            let children = children.iter().map(|child| keyring(handle(child)?));
            Rc::new(MultiKeyring::new(generator, children.collect::<Result<_>>()?)?)
        }
        // The TypeScript layer knows no other: this build lacks it.
        _ => return Err(Error::unsupported("a keyring of this type by this build of the core")),
    };
    add(Object::Keyring(keyring))
}

fn public_key(spec: &Fields) -> Result<Option<RsaPublicKey>> {
    spec.bytes("publicKey")?.map(|key| RsaPublicKey::from_spki(&key)).transpose()
}

fn raw_rsa(spec: &Fields, host: JsValue) -> Result<RawRsaKeyring> {
    let padding = match spec.needed_text("paddingScheme")?.as_str() {
        "PKCS1" => RsaPadding::Pkcs1,
        "OAEP_SHA1_MGF1" => RsaPadding::OaepSha1,
        "OAEP_SHA256_MGF1" => RsaPadding::OaepSha256,
        "OAEP_SHA384_MGF1" => RsaPadding::OaepSha384,
        "OAEP_SHA512_MGF1" => RsaPadding::OaepSha512,
        _ => return Err(Error::misuse(Rule::Config, "an unknown paddingScheme")),
    };
    let private_key =
        spec.flag("hasPrivateKey").then(|| Rc::new(HostRsaKey(host)) as Rc<dyn RsaPrivateKey>);
    let (namespace, name) = (spec.needed_text("keyNamespace")?, spec.needed_text("keyName")?);
    RawRsaKeyring::new(namespace, name, padding, public_key(spec)?, private_key)
}

fn kms_rsa(spec: &Fields) -> Result<AwsKmsRsaKeyring> {
    let source = public_key(spec)?.map_or(RsaPublicKeySource::Kms, RsaPublicKeySource::Given);
    let padding = match spec.text("encryptionAlgorithm")?.as_deref() {
        None | Some("RSAES_OAEP_SHA_256") => RsaPadding::OaepSha256,
        Some("RSAES_OAEP_SHA_1") => RsaPadding::OaepSha1,
        Some(_) => return Err(Error::misuse(Rule::Config, "an unknown encryptionAlgorithm")),
    };
    let client = spec.whole_number("kms")?.map(kms).transpose()?;
    let (key_id, tokens) = (spec.needed_text("kmsKeyId")?, spec.texts("grantTokens")?);
    AwsKmsRsaKeyring::new(client, key_id, source, padding, tokens)
}

/// Makes a required-encryption-context CMM over a CMM or keyring.
pub(super) fn make_required_context_cmm(inner: u32, keys: Vec<String>) -> Result<u32> {
    let cmm = RequiredEncryptionContextCmm::new(cmm(inner)?, keys)?;
    add(Object::Cmm(Rc::new(cmm)))
}

/// Makes an item encryptor.
pub(super) fn make_encryptor(config: JsValue) -> Result<u32> {
    let spec = configuration(config);
    let suite = match spec.text("algorithmSuite")?.as_deref() {
        None => None,
        Some("6700") => Suite::by_id(0x6700),
        Some("6701") => Suite::by_id(0x6701),
        Some(_) => {
            return Err(Error::misuse(Rule::Suite, "algorithmSuite must be '6700' or '6701'"));
        }
    };
    let actions = spec.pairs("attributeActions")?;
    let config = ItemEncryptorConfig {
        logical_table_name: spec.needed_text("logicalTableName")?,
        partition_key_name: spec.needed_text("partitionKeyName")?,
        sort_key_name: spec.text("sortKeyName")?,
        attribute_actions: actions.into_iter().map(action).collect::<Result<_>>()?,
        allowed_unsigned_attributes: spec.texts("allowedUnsignedAttributes")?,
        allowed_unsigned_attribute_prefix: spec.text("allowedUnsignedAttributePrefix")?,
        suite,
        drop_reserved_attributes: spec.flag("dropReservedAttributes"),
        plaintext_override: plaintext_override(spec.text("plaintextOverride")?.as_deref())?,
        max_encrypted_data_keys: match spec.whole_number("maxEncryptedDataKeys")? {
            None => ItemEncryptorConfig::DEFAULT_MAX_ENCRYPTED_DATA_KEYS,
            Some(max) => u8::try_from(max).ok(),
        },
        cmm: cmm(spec.whole_number("materials")?.unwrap_or(u32::MAX))?,
    };
    add(Object::Encryptor(Rc::new(ItemEncryptor::new(config)?)))
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

fn action((name, action): (String, String)) -> Result<(String, CryptoAction)> {
    let action = match action.as_str() {
        "ENCRYPT_AND_SIGN" => CryptoAction::EncryptAndSign,
        "SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT" => CryptoAction::SignAndIncludeInEncryptionContext,
        "SIGN_ONLY" => CryptoAction::SignOnly,
        "DO_NOTHING" => CryptoAction::DoNothing,
        _ => {
            return Err(Error::misuse(Rule::Config, "an unknown crypto action").of_attribute(&name));
        }
    };
    Ok((name, action))
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
