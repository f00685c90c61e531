//! Keyrings made from configuration objects, as far as that takes more than a line.

use std::rc::Rc;

use wasm_bindgen::JsValue;

use crate::crypto::{EcdhCurve, EcdhPublicKey};
use crate::error::{Error, Fault, Part, Result, Rule};
use crate::kms::KmsClient;
use crate::materials::{
    AwsKmsDiscoveryKeyring, AwsKmsEcdhKey, AwsKmsKeyring, DiscoveryFilter, EcdhKeyring, Keyring,
};

use super::host::HostEcdh;
use super::object::Fields;

/// `kms`: one symmetric KMS key, `mrkAware` or not.
pub(super) fn kms(spec: &Fields, client: KmsClient) -> Result<Rc<dyn Keyring>> {
    let (key_id, tokens) = (spec.needed_text("keyId")?, spec.texts("grantTokens")?);
    Ok(Rc::new(match spec.flag("mrkAware") {
        true => AwsKmsKeyring::mrk_aware(client, key_id, tokens)?,
        false => AwsKmsKeyring::new(client, key_id, tokens)?,
    }))
}

/// `kmsDiscovery`: whatever KMS key wrapped, `mrkAware` or not.
pub(super) fn kms_discovery(spec: &Fields, client: KmsClient) -> Result<Rc<dyn Keyring>> {
    let filter = match spec.text("partition")? {
        None => None,
        Some(partition) => Some(DiscoveryFilter::new(partition, spec.texts("accountIds")?)?),
    };
    let tokens = spec.texts("grantTokens")?;
    Ok(Rc::new(match spec.flag("mrkAware") {
        true => AwsKmsDiscoveryKeyring::mrk_aware(client, filter, spec.text("region")?, tokens)?,
        false => AwsKmsDiscoveryKeyring::new(client, filter, tokens),
    }))
}

/// `rawEcdh`; `host` has the private key or makes pairs.
pub(super) fn raw_ecdh(spec: &Fields, host: JsValue) -> Result<Rc<dyn Keyring>> {
    let curve = curve(spec)?;
    let host = Rc::new(HostEcdh { host, curve });
    Ok(Rc::new(match spec.needed_text("scheme")?.as_str() {
        "static" => EcdhKeyring::raw_static(host, recipient(spec, curve)?),
        "ephemeral" => EcdhKeyring::raw_ephemeral(host, recipient(spec, curve)?),
        "discovery" => EcdhKeyring::raw_discovery(curve, host),
        _ => return Err(unknown_scheme()),
    }))
}

/// `kmsEcdh`: the private key is in KMS.
pub(super) fn kms_ecdh(spec: &Fields, client: KmsClient) -> Result<Rc<dyn Keyring>> {
    let curve = curve(spec)?;
    let (key_id, tokens) = (spec.needed_text("keyId")?, spec.texts("grantTokens")?);
    let public_key = public_key(spec, "senderPublicKey", curve)?;
    let own = AwsKmsEcdhKey::new(client, key_id, curve, public_key, tokens)?;
    Ok(Rc::new(match spec.needed_text("scheme")?.as_str() {
        "static" => EcdhKeyring::kms_static(own, recipient(spec, curve)?),
        "discovery" => EcdhKeyring::kms_discovery(own),
        _ => return Err(unknown_scheme()),
    }))
}

fn curve(spec: &Fields) -> Result<EcdhCurve> {
    match spec.needed_text("curveSpec")?.as_str() {
        "P256" => Ok(EcdhCurve::P256),
        "P384" => Ok(EcdhCurve::P384),
        "P521" => Ok(EcdhCurve::P521),
        _ => Err(Error::misuse(Rule::Config, "curveSpec must be 'P256', 'P384' or 'P521'")),
    }
}

fn recipient(spec: &Fields, curve: EcdhCurve) -> Result<EcdhPublicKey> {
    let name = "recipientPublicKey";
    public_key(spec, name, curve)?.ok_or_else(|| spec.error(&format!("{name} is missing")))
}

fn public_key(spec: &Fields, name: &str, curve: EcdhCurve) -> Result<Option<EcdhPublicKey>> {
    let Some(bytes) = spec.bytes(name)? else { return Ok(None) };
    EcdhPublicKey::from_spki(curve, &bytes).map(Some).map_err(|e| match e.into_fault() {
        // There are two public keys and only one is wrong.
        Fault::Malformed { problem, .. } => {
            Error::malformed(Part::Key, format!("{name}: {problem}"))
        }
        other => other.into(),
    })
}

fn unknown_scheme() -> Error {
    Error::misuse(Rule::Config, "an unknown type of keyAgreementScheme")
}
