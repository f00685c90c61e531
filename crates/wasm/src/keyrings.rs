//! Keyrings of their configurations.

use std::rc::Rc;

use wasm_bindgen::JsValue;

use fieldseal::crypto::{RsaPadding, RsaPrivateKey, RsaPublicKey};
#[cfg(not(feature = "kms-admin"))]
use fieldseal::error::Error;
use fieldseal::error::Result;
use fieldseal::kms::assert_mrks_unique;
use fieldseal::materials::{
    AwsKmsDiscoveryKeyring, AwsKmsKeyring, AwsKmsRsaKeyring, DiscoveryFilter, Keyring,
    MultiKeyring, RawAesKeyring, RawRsaKeyring, RsaPublicKeySource,
};

use super::config::{
    AwsKmsConfig, AwsKmsDiscoveryConfig, AwsKmsRsaConfig, MultiConfig, RawAesConfig, RawRsaConfig,
};
use super::handles::{keyring, kms as client};
use super::host::HostRsaKey;

type Made = Result<Rc<dyn Keyring>>;

/// A key that the caller holds.
pub(super) fn raw_aes(config: RawAesConfig) -> Made {
    let RawAesConfig { key_namespace, key_name, wrapping_key } = config;
    Ok(Rc::new(RawAesKeyring::new(key_namespace, key_name, wrapping_key)?))
}

/// An RSA key pair, or half of one; `host` has the private key.
pub(super) fn raw_rsa(config: RawRsaConfig, host: JsValue) -> Made {
    let private_key = || Rc::new(HostRsaKey(host)) as Rc<dyn RsaPrivateKey>;
    Ok(Rc::new(RawRsaKeyring::new(
        config.key_namespace,
        config.key_name,
        config.padding_scheme.0,
        public_key(config.public_key)?,
        config.has_private_key.then(private_key),
    )?))
}

fn public_key(spki: Option<Vec<u8>>) -> Result<Option<RsaPublicKey>> {
    spki.map(|key| RsaPublicKey::from_spki(&key)).transpose()
}

/// One symmetric KMS key.
pub(super) fn kms(config: AwsKmsConfig) -> Made {
    let (client, tokens) = (client(config.kms.0)?, config.grant_tokens.0);
    Ok(Rc::new(match config.mrk_aware {
        true => AwsKmsKeyring::mrk_aware(client, config.key_id, tokens)?,
        false => AwsKmsKeyring::new(client, config.key_id, tokens)?,
    }))
}

/// Whatever KMS key wrapped.
pub(super) fn kms_discovery(config: AwsKmsDiscoveryConfig) -> Made {
    let (client, tokens) = (client(config.kms.0)?, config.grant_tokens.0);
    let filter = |partition| DiscoveryFilter::new(partition, config.account_ids.0);
    let filter = config.partition.map(filter).transpose()?;
    Ok(Rc::new(match config.mrk_aware {
        true => AwsKmsDiscoveryKeyring::mrk_aware(client, filter, config.region, tokens)?,
        false => AwsKmsDiscoveryKeyring::new(client, filter, tokens),
    }))
}

/// A KMS RSA key, whose public half may be at hand.
pub(super) fn kms_rsa(config: AwsKmsRsaConfig) -> Made {
    let source = public_key(config.public_key)?;
    let source = source.map_or(RsaPublicKeySource::Kms, RsaPublicKeySource::Given);
    let padding = config.encryption_algorithm.map_or(RsaPadding::OaepSha256, |name| name.0);
    let client = config.kms.map(|kms| client(kms.0)).transpose()?;
    let (key_id, tokens) = (config.kms_key_id, config.grant_tokens.0);
    Ok(Rc::new(AwsKmsRsaKeyring::new(client, key_id, source, padding, tokens)?))
}

/// Several keyrings.
pub(super) fn multi(config: MultiConfig) -> Made {
    assert_mrks_unique(&config.mrk_key_ids.0)?;
    let generator = config.generator.map(|one| keyring(one.0)).transpose()?;
    let mut children = Vec::new();
    for child in config.children.0 {
        children.push(keyring(child)?);
    }
    let multi = MultiKeyring::new(generator, children)?;
    if config.skips_unavailable {
        #[cfg(feature = "kms-admin")]
        return Ok(Rc::new(multi.skipping_unavailable()));
        #[cfg(not(feature = "kms-admin"))]
        return Err(Error::unsupported("onUnavailableChild by this build of the core"));
    }
    Ok(Rc::new(multi))
}
