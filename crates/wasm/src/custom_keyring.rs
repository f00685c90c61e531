//! Keyrings whose functions the caller wrote: `customKeyring` in JavaScript.

use wasm_bindgen::JsValue;

use fieldseal::error::{Error, Result, Rule};
use fieldseal::host::LocalFuture;
use fieldseal::materials::{
    EncryptedDataKey, EncryptionContext, EncryptionMaterials, Keyring, OpenRequest, OpenedKey,
    Opener, Suite, check_provider_id, first_opened, not_mine, wrapping,
};

use super::build::NewObject;
use super::config::CustomConfig;
use super::host::{ask, take_secret, text};
use super::read::Fields;

/// Wraps and unwraps through functions of the host, which checks what they give.
pub(super) struct HostKeyring {
    provider_id: String,
    generates: bool,
    host: JsValue,
}

impl HostKeyring {
    pub(super) fn new(config: CustomConfig, host: JsValue) -> Result<Self> {
        let CustomConfig { provider_id, generates } = config;
        check_provider_id("providerId", &provider_id)?;
        Ok(Self { provider_id, generates, host })
    }

    /// Asks one of the functions.
    async fn ask(
        &self,
        function: &'static str,
        details: NewObject,
        suite: &Suite,
        context: &EncryptionContext,
        aad: &[u8],
    ) -> Result<JsValue> {
        details
            .text("suite", &format!("{:04x}", suite.id))
            .number("keyLength", suite.key_len as f64)
            .pairs("encryptionContext", context.iter())
            .bytes("aad", aad);
        ask(&self.host, function, details.into_js()).await.map_err(|reason| {
            let problem =
                format!("{function} of keyring '{}' failed: {}", self.provider_id, text(&reason));
            Error::misuse(Rule::KeyringFunction, problem)
        })
    }
}

impl Opener for HostKeyring {
    fn is_mine(&self, edk: &EncryptedDataKey) -> bool {
        edk.provider_id == self.provider_id
    }

    fn not_mine(&self, edk: &EncryptedDataKey) -> Error {
        not_mine(edk, format!("keyring '{}'", self.provider_id))
    }

    fn open_one<'a>(
        &'a self,
        request: OpenRequest<'a>,
        edk: &'a EncryptedDataKey,
    ) -> LocalFuture<'a, Result<OpenedKey>> {
        Box::pin(async move {
            let wrapped = NewObject::new();
            wrapped
                .bytes("providerInfo", &edk.provider_info)
                .bytes("ciphertext", wrapping::keyring_part(request.suite, edk)?);
            let details = NewObject::new();
            details.set("encryptedDataKey", &wrapped.into_js());
            let OpenRequest { suite, context, aad, .. } = request;
            let key = self.ask("onDecrypt", details, suite, context, aad).await?;
            if key.is_undefined() {
                return Err(self.not_mine(edk));
            }
            wrapping::open(&request, edk, take_secret(key)?)
        })
    }
}

impl Keyring for HostKeyring {
    fn wrap(
        &self,
        mut materials: EncryptionMaterials,
    ) -> LocalFuture<'_, Result<EncryptionMaterials>> {
        Box::pin(async move {
            let details = NewObject::new();
            let (function, key) = match self.generates && materials.data_key().is_none() {
                true => ("onGenerate", None),
                false => ("onEncrypt", Some(wrapping::next_key(&mut materials)?)),
            };
            if let Some(key) = &key {
                details.bytes("dataKey", key);
            }
            let (suite, context) = (materials.suite(), materials.context());
            let made = self.ask(function, details, suite, context, materials.aad()).await?;
            let made = Fields::new(made, function, Rule::KeyringFunction);
            let key = match key {
                Some(key) => key,
                None => {
                    let key = made.secret("dataKey")?;
                    wrapping::adopt_key(&mut materials, &key)?;
                    key
                }
            };
            let info = made.bytes("providerInfo")?.unwrap_or_default();
            let wrapped = made.bytes("ciphertext")?.unwrap_or_default();
            wrapping::add(&mut materials, &key, &self.provider_id, info, &wrapped)?;
            Ok(materials)
        })
    }

    fn open<'a>(&'a self, request: OpenRequest<'a>) -> LocalFuture<'a, Result<OpenedKey>> {
        first_opened(request, self)
    }
}
