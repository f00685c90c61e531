//! ECDH keyrings from configuration objects, and their private keys, which stay with the host.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use fieldseal::crypto::{EcdhCurve, EcdhPrivateKey, EcdhPublicKey, EphemeralEcdh, Secret};
use fieldseal::error::{Error, Fault, Part, Result, Rule};
use fieldseal::host::LocalFuture;
use fieldseal::kms::KmsClient;
use fieldseal::materials::{AwsKmsEcdhKey, EcdhKeyring, Keyring};

use super::build::NewObject;
use super::host::{ask, bytes, no_bytes, take_secret};
use super::read::Fields;

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
