//! Raw RSA keyring (`raw-rsa-keyring.md`): wraps with a public key, opens with a private key that stays with
//! the host's cryptography. The format binds no encryption context to the wrapped key; in records the
//! signature does.

use std::rc::Rc;

use crate::crypto::{RsaPadding, RsaPrivateKey, RsaPublicKey, pkcs1_data_key};
use crate::error::{Error, Result, Rule};
use crate::host::LocalFuture;

use super::super::{
    EncryptedDataKey, EncryptionMaterials, Keyring, OpenRequest, OpenedKey, wrapping,
};
use super::{Opener, check_provider_id, first_opened, not_mine};

/// Wraps data keys with RSA: with a public key whose private half others hold, or which the host uses.
///
/// ```
/// use fieldseal::crypto::{RsaPadding, RsaPublicKey};
/// use fieldseal::materials::{
///     EncryptionContext, EncryptionMaterials, Keyring, OpenRequest, RawRsaKeyring, Suite,
/// };
///
/// # fieldseal_doctest::run(async {
/// # let pem = fieldseal_doctest::rsa_public_key();
/// let public = RsaPublicKey::from_spki(&pem)?;
/// let (namespace, name) = ("shop".to_owned(), "rsa-1".to_owned());
/// let padding = RsaPadding::OaepSha256;
/// let keyring = RawRsaKeyring::new(namespace, name, padding, Some(public), None)?;
///
/// let (suite, context) = (Suite::by_id(0x6700).unwrap(), EncryptionContext::new());
/// let materials = EncryptionMaterials::new(suite, context.clone(), vec![], None)?;
/// let sealed = keyring.wrap(materials).await?;
/// assert_eq!(sealed.encrypted_data_keys()[0].key_name(), Some("rsa-1"));
///
/// // Without the private key, it opens nothing.
/// let encrypted_data_keys = sealed.encrypted_data_keys();
/// let request = OpenRequest { suite, context: &context, aad: &[], encrypted_data_keys };
/// let error = keyring.open(request).await.err().unwrap();
/// assert_eq!(error.root().unwrap().code(), "KEYRING_CANNOT");
/// # Ok(())
/// # });
/// ```
pub struct RawRsaKeyring {
    namespace: String,
    name: String,
    padding: RsaPadding,
    public_key: Option<RsaPublicKey>,
    private_key: Option<Rc<dyn RsaPrivateKey>>,
}

impl RawRsaKeyring {
    /// At least one of the two keys must be there: `public_key` wraps, `private_key` opens. `namespace` and `name` say which key it
    /// is: both must be the same to open.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) with [`Rule::Config`]: neither key, or a namespace that begins with `aws-kms`.
    pub fn new(
        namespace: String,
        name: String,
        padding: RsaPadding,
        public_key: Option<RsaPublicKey>,
        private_key: Option<Rc<dyn RsaPrivateKey>>,
    ) -> Result<Self> {
        check_provider_id("keyNamespace", &namespace)?;
        if public_key.is_none() && private_key.is_none() {
            let problem =
                "a raw RSA keyring needs publicKey (to encrypt), privateKey (to decrypt) or both";
            return Err(Error::misuse(Rule::Config, problem));
        }
        Ok(Self { namespace, name, padding, public_key, private_key })
    }
}

impl Opener for RawRsaKeyring {
    fn is_mine(&self, edk: &EncryptedDataKey) -> bool {
        edk.provider_id == self.namespace && edk.provider_info == self.name.as_bytes()
    }

    fn not_mine(&self, edk: &EncryptedDataKey) -> Error {
        not_mine(edk, format!("raw RSA key '{}' of '{}'", self.name, self.namespace))
    }

    fn open_one<'a>(
        &'a self,
        request: OpenRequest<'a>,
        edk: &'a EncryptedDataKey,
    ) -> LocalFuture<'a, Result<OpenedKey>> {
        Box::pin(async move {
            let Some(private_key) = &self.private_key else {
                let problem =
                    format!("raw RSA key '{}' has no privateKey to decrypt with", self.name);
                return Err(Error::misuse(Rule::Keyring, problem));
            };
            let wrapped = wrapping::keyring_part(request.suite, edk)?;
            let len = request.suite.key_len;
            let key = match self.padding {
                RsaPadding::Pkcs1 => {
                    pkcs1_data_key(&private_key.decrypt_raw(wrapped).await?, wrapped, len)?
                }
                // WebKit takes the plaintext for a number: one key in 256 begins with a zero that it drops.
                padding => private_key.decrypt(padding, wrapped).await?.left_padded(len),
            };
            wrapping::open(&request, edk, key)
        })
    }
}

impl Keyring for RawRsaKeyring {
    fn wrap(
        &self,
        mut materials: EncryptionMaterials,
    ) -> LocalFuture<'_, Result<EncryptionMaterials>> {
        Box::pin(async move {
            let Some(public_key) = &self.public_key else {
                let problem =
                    format!("raw RSA key '{}' has no publicKey to encrypt with", self.name);
                return Err(Error::misuse(Rule::Keyring, problem));
            };
            let key = wrapping::next_key(&mut materials)?;
            let wrapped = public_key.encrypt(self.padding, &key).await?;
            let info = self.name.as_bytes().to_vec();
            wrapping::add(&mut materials, &key, &self.namespace, info, &wrapped)?;
            Ok(materials)
        })
    }

    fn open<'a>(&'a self, request: OpenRequest<'a>) -> LocalFuture<'a, Result<OpenedKey>> {
        first_opened(request, self)
    }
}

#[cfg(test)]
#[path = "tests/raw_rsa.rs"]
mod tests;
