//! Raw AES keyring (`raw-aes-keyring.md`): a 128, 192 or 256-bit wrapping key that the caller holds.

use core::future::ready;

use crate::crypto::{GCM_IV_LEN, GCM_TAG_LEN, Secret, gcm_open, gcm_seal, random_array};
use crate::error::{Check, Error, Result, Rule};
use crate::host::LocalFuture;

use super::super::{
    EncryptedDataKey, EncryptionMaterials, Keyring, OpenRequest, OpenedKey, wrapping,
};
use super::{Opener, check_provider_id, first_opened, not_mine};

/// Wraps data keys with AES-GCM under a key given by the caller.
///
/// ```
/// use fieldseal::crypto::Secret;
/// use fieldseal::materials::{
///     EncryptionContext, EncryptionMaterials, Keyring, OpenRequest, RawAesKeyring, Suite,
/// };
///
/// # fieldseal_doctest::run(async {
/// let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), Secret::new(vec![7; 32]))?;
///
/// // What an encryptor asks of a keyring: a data key, and the same wrapped …
/// let suite = Suite::by_id(0x6700).unwrap();
/// let mut context = EncryptionContext::new();
/// context.insert("tenant", "a")?;
/// let materials = EncryptionMaterials::new(suite, context.clone(), vec![], None)?;
/// let sealed = keyring.wrap(materials).await?;
/// let wrapped = &sealed.encrypted_data_keys()[0];
/// assert_eq!(wrapped.provider_id, "shop");
///
/// // … and, with the same context, to unwrap it.
/// let aad = context.aad()?;
/// let encrypted_data_keys = sealed.encrypted_data_keys();
/// let request = OpenRequest { suite, context: &context, aad: &aad, encrypted_data_keys };
/// assert_eq!(keyring.open(request).await?.data_key[..], sealed.data_key().unwrap()[..]);
///
/// let short = RawAesKeyring::new("shop".into(), "key-1".into(), Secret::new(vec![7; 5]));
/// assert_eq!(short.err().unwrap().code(), "INVALID_CONFIG");
/// # Ok(())
/// # });
/// ```
pub struct RawAesKeyring {
    namespace: String,
    name: String,
    wrapping_key: Secret,
    /// Provider info without the IV at its end: name, tag length in *bits*, IV length in *bytes*.
    info_prefix: Vec<u8>,
}

impl RawAesKeyring {
    /// `wrapping_key` has 16, 24 or 32 bytes. `namespace` and `name` say which key it is: both must be the same to open.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) with [`Rule::Config`]: a key of another length, or a namespace that begins with
    /// `aws-kms`.
    pub fn new(namespace: String, name: String, wrapping_key: Secret) -> Result<Self> {
        check_provider_id("keyNamespace", &namespace)?;
        if !matches!(wrapping_key.len(), 16 | 24 | 32) {
            let n = wrapping_key.len();
            let problem = format!("wrappingKey must have 16, 24 or 32 bytes, it has {n}");
            return Err(Error::misuse(Rule::Config, problem));
        }
        let mut info_prefix = name.as_bytes().to_vec();
        info_prefix.extend_from_slice(&(8 * GCM_TAG_LEN as u32).to_be_bytes());
        info_prefix.extend_from_slice(&(GCM_IV_LEN as u32).to_be_bytes());
        Ok(Self { namespace, name, wrapping_key, info_prefix })
    }

    /// The IV of an encrypted data key that names this keyring's key.
    fn iv<'a>(&self, edk: &'a EncryptedDataKey) -> Option<&'a [u8; GCM_IV_LEN]> {
        Some(&edk.provider_info)
            .filter(|_| edk.provider_id == self.namespace)
            .and_then(|info| info.strip_prefix(self.info_prefix.as_slice()))
            .and_then(|iv| iv.try_into().ok())
    }
}

impl Opener for RawAesKeyring {
    fn is_mine(&self, edk: &EncryptedDataKey) -> bool {
        self.iv(edk).is_some()
    }

    fn not_mine(&self, edk: &EncryptedDataKey) -> Error {
        not_mine(edk, format!("raw AES key '{}' of '{}'", self.name, self.namespace))
    }

    fn open_one<'a>(
        &'a self,
        request: OpenRequest<'a>,
        edk: &'a EncryptedDataKey,
    ) -> LocalFuture<'a, Result<OpenedKey>> {
        let open = || {
            let iv = self.iv(edk).ok_or_else(|| self.not_mine(edk))?;
            let wrapped = wrapping::keyring_part(request.suite, edk)?;
            let mut key = Vec::with_capacity(wrapped.len());
            gcm_open(&self.wrapping_key, iv, request.aad, wrapped, &mut key)
                .map_err(|_| Error::unauthentic(Check::WrappedKey))?;
            wrapping::open(&request, edk, Secret::new(key))
        };
        Box::pin(ready(open()))
    }
}

impl Keyring for RawAesKeyring {
    fn wrap(
        &self,
        mut materials: EncryptionMaterials,
    ) -> LocalFuture<'_, Result<EncryptionMaterials>> {
        Box::pin(async move {
            let key = wrapping::next_key(&mut materials)?;
            let iv = random_array()?;
            let mut info = self.info_prefix.clone();
            info.extend_from_slice(&iv);
            let mut wrapped = Vec::with_capacity(key.len() + GCM_TAG_LEN);
            gcm_seal(&self.wrapping_key, &iv, materials.aad(), &key, &mut wrapped)?;
            wrapping::add(&mut materials, &key, &self.namespace, info, &wrapped)?;
            Ok(materials)
        })
    }

    fn open<'a>(&'a self, request: OpenRequest<'a>) -> LocalFuture<'a, Result<OpenedKey>> {
        first_opened(request, self)
    }
}
