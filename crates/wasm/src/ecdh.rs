//! ECDH keyrings from configuration objects, and their private keys, which stay with the host.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use fieldseal::crypto::{EcdhCurve, EcdhPrivateKey, EcdhPublicKey, EphemeralEcdh, Secret};
use fieldseal::error::{Error, Fault, Part, Result, Rule};
use fieldseal::host::LocalFuture;
use fieldseal::materials::{AwsKmsEcdhKey, EcdhKeyring, Keyring};

use super::build::NewObject;
use super::config::{AwsKmsEcdhConfig, CurveSpec, RawEcdhConfig};
use super::handles::kms;
use super::host::{ask, bytes, no_bytes, take_secret};

/// The raw ECDH keyring; `host` has the private key or makes pairs.
pub(super) fn raw_ecdh(config: RawEcdhConfig, host: JsValue) -> Result<Rc<dyn Keyring>> {
    let CurveSpec(curve) = config.curve_spec;
    let host = Rc::new(HostEcdh { host, curve });
    let recipient = || recipient(curve, config.recipient_public_key);
    Ok(Rc::new(match config.scheme.as_str() {
        "static" => EcdhKeyring::raw_static(host, recipient()?),
        "ephemeral" => EcdhKeyring::raw_ephemeral(host, recipient()?),
        "discovery" => EcdhKeyring::raw_discovery(curve, host),
        _ => return Err(unknown_scheme()),
    }))
}

/// The private key is in KMS.
pub(super) fn kms_ecdh(config: AwsKmsEcdhConfig) -> Result<Rc<dyn Keyring>> {
    let CurveSpec(curve) = config.curve_spec;
    let (client, tokens) = (kms(config.kms.0)?, config.grant_tokens.0);
    let sender = |key: Vec<u8>| public_key("senderPublicKey", curve, &key);
    let public_key = config.sender_public_key.map(sender).transpose()?;
    let own = AwsKmsEcdhKey::new(client, config.key_id, curve, public_key, tokens)?;
    Ok(Rc::new(match config.scheme.as_str() {
        "static" => EcdhKeyring::kms_static(own, recipient(curve, config.recipient_public_key)?),
        "discovery" => EcdhKeyring::kms_discovery(own),
        _ => return Err(unknown_scheme()),
    }))
}

fn recipient(curve: EcdhCurve, key: Option<Vec<u8>>) -> Result<EcdhPublicKey> {
    public_key("recipientPublicKey", curve, &key.unwrap_or_default())
}

fn public_key(name: &str, curve: EcdhCurve, spki: &[u8]) -> Result<EcdhPublicKey> {
    EcdhPublicKey::from_spki(curve, spki).map_err(|e| match e.into_fault() {
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

/// A private key for ECDH that stays with the host's cryptography, or a host that makes pairs for it.
struct HostEcdh {
    host: JsValue,
    curve: EcdhCurve,
}

impl HostEcdh {
    async fn ask(&self, kind: &'static str, peer: Option<&EcdhPublicKey>) -> Result<JsValue> {
        let details = NewObject::new();
        if let Some(peer) = peer {
            details.bytes("publicKey", &peer.to_spki());
        }
        // A string says what is wrong with the key that the host was given.
        ask(&self.host, kind, details.into_js()).await.map_err(|reason| match reason.as_string() {
            Some(reason) => Error::malformed(Part::Key, reason),
            None => Error::host(format!("no key agreement on {}", self.curve.name())),
        })
    }
}

impl EcdhPrivateKey for HostEcdh {
    fn public_key(&self) -> LocalFuture<'_, Result<EcdhPublicKey>> {
        Box::pin(async move {
            let key = self.ask("ecdhPublicKey", None).await?;
            EcdhPublicKey::from_spki(self.curve, &bytes(key)?.to_vec())
        })
    }

    fn agree<'a>(&'a self, peer: &'a EcdhPublicKey) -> LocalFuture<'a, Result<Secret>> {
        Box::pin(async move { take_secret(self.ask("ecdhAgree", Some(peer)).await?) })
    }
}

impl EphemeralEcdh for HostEcdh {
    fn agree<'a>(
        &'a self,
        peer: &'a EcdhPublicKey,
    ) -> LocalFuture<'a, Result<(EcdhPublicKey, Secret)>> {
        Box::pin(async move {
            let made = self.ask("ecdhEphemeral", Some(peer)).await?;
            let pair = made.dyn_into::<Array>().map_err(|_| no_bytes())?;
            let public = EcdhPublicKey::from_spki(self.curve, &bytes(pair.get(0))?.to_vec())?;
            Ok((public, take_secret(pair.get(1))?))
        })
    }
}
