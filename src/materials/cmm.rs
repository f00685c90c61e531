//! Cryptographic materials managers (`cmm-interface.md`): from a request to materials ready for use.

use std::rc::Rc;

use crate::crypto::{Secret, SigningKey, VerifyingKey};
use crate::error::{Check, Error, Part, Result, Rule};
use crate::host::LocalFuture;
use crate::util::base64;
use crate::util::sort::sorted;

use super::{
    CommitmentPolicy, EncryptedDataKey, EncryptionContext, EncryptionMaterials, Keyring,
    OpenRequest, PUBLIC_KEY_KEY, Suite, keyring::foreign_keys,
};

/// Serves requests for materials. They are shared, not copied: a CMM may keep them for other
/// requests.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::error::{Error, Result, Rule};
/// use fieldseal::host::LocalFuture;
/// use fieldseal::materials::{
///     Cmm, CommitmentPolicy, DecryptionMaterials, DecryptionRequest, DefaultCmm, EncryptionContext,
///     EncryptionMaterials, EncryptionRequest, RawAesKeyring,
/// };
///
/// /// Refuses to seal without a tenant; leaves the rest to another CMM.
/// struct TenantCmm(DefaultCmm);
///
/// impl Cmm for TenantCmm {
///     fn for_encryption(
///         &self,
///         request: EncryptionRequest,
///     ) -> LocalFuture<'_, Result<Rc<EncryptionMaterials>>> {
///         if request.context.contains("tenant") {
///             return self.0.for_encryption(request);
///         }
///         Box::pin(async { Err(Error::misuse(Rule::RequiredContext, "there is no tenant")) })
///     }
///
///     fn for_decryption<'a>(
///         &'a self,
///         request: DecryptionRequest<'a>,
///     ) -> LocalFuture<'a, Result<Rc<DecryptionMaterials>>> {
///         self.0.for_decryption(request)
///     }
/// }
///
/// # fieldseal_doctest::run(async {
/// # let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), vec![7; 32][..].into())?;
/// let cmm = TenantCmm(DefaultCmm::new(Rc::new(keyring)));
/// let mut request = EncryptionRequest {
///     context: EncryptionContext::new(),
///     required_keys: vec![],
///     policy: CommitmentPolicy::EsdkRequireEncryptRequireDecrypt,
///     suite: None,
///     plaintext_length: Some(5),
/// };
/// let refused = cmm.for_encryption(request.clone()).await;
/// assert_eq!(refused.err().unwrap().code(), "REQUIRED_CONTEXT_MISSING");
///
/// request.context.insert("tenant", "a")?;
/// let sealing = cmm.for_encryption(request.clone()).await?;
/// let opening: Rc<DecryptionMaterials> = cmm
///     .for_decryption(DecryptionRequest {
///         suite: sealing.suite(),
///         policy: request.policy,
///         encrypted_data_keys: sealing.encrypted_data_keys(),
///         stored: sealing.context(),
///         reproduced: &EncryptionContext::new(),
///     })
///     .await?;
/// assert_eq!(opening.data_key[..], sealing.data_key().unwrap()[..]);
/// assert_eq!(opening.context.value("tenant"), Some("a"));
/// assert!(opening.verifying_key.is_some()); // the suite signs
/// # Ok(())
/// # });
/// ```
pub trait Cmm {
    /// GetEncryptionMaterials: a data key, wrapped at least once.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) for a suite that the policy does not allow ([`Rule::Suite`]) and for a reserved
    /// context key; those of [`Keyring::wrap`].
    fn for_encryption(
        &self,
        request: EncryptionRequest,
    ) -> LocalFuture<'_, Result<Rc<EncryptionMaterials>>>;

    /// DecryptMaterials: the data key of one of the request's encrypted data keys.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) for a suite that the policy does not allow; [`Check::EncryptionContext`] if the
    /// stored and the reproduced context differ; those of [`Keyring::open`].
    fn for_decryption<'a>(
        &'a self,
        request: DecryptionRequest<'a>,
    ) -> LocalFuture<'a, Result<Rc<DecryptionMaterials>>>;
}

/// What is to be encrypted; [`Cmm`] has an example.
#[derive(Clone)]
pub struct EncryptionRequest {
    /// The caller's encryption context.
    pub context: EncryptionContext,
    /// Keys of it that no header shall store.
    pub required_keys: Vec<String>,
    /// Which suites are allowed.
    pub policy: CommitmentPolicy,
    /// The suite asked for; the policy's default when absent.
    pub suite: Option<&'static Suite>,
    /// The most bytes to be encrypted, where that is known.
    pub plaintext_length: Option<u64>,
}

/// What is to be decrypted; [`Cmm`] has an example.
#[derive(Clone, Copy)]
pub struct DecryptionRequest<'a> {
    /// Suite in the header.
    pub suite: &'static Suite,
    /// Which suites are allowed.
    pub policy: CommitmentPolicy,
    /// Encrypted data keys in the header.
    pub encrypted_data_keys: &'a [EncryptedDataKey],
    /// Encryption context in the header.
    pub stored: &'a EncryptionContext,
    /// Encryption context that the caller gives.
    pub reproduced: &'a EncryptionContext,
}

/// What decryption needs (`structures.md#decryption-materials`); [`Cmm`] has an example.
pub struct DecryptionMaterials {
    /// Stored and reproduced context together.
    pub context: EncryptionContext,
    /// The same, serialized as additional authenticated data.
    pub aad: Vec<u8>,
    /// Keys that only the caller gave.
    pub required_keys: Vec<String>,
    /// The plaintext data key.
    pub data_key: Secret,
    /// The HMAC key, where the suite asks for one.
    pub symmetric_signing_key: Option<Secret>,
    /// The key that verifies the signature, where the suite signs.
    pub verifying_key: Option<VerifyingKey>,
}

impl DecryptionMaterials {
    /// Fails on keys that are not those of the header's suite.
    pub(crate) fn check(&self, suite: &Suite) -> Result<()> {
        let fits = self.data_key.len() == suite.key_len
            && self.verifying_key.as_ref().map(VerifyingKey::curve) == suite.signature
            && self.symmetric_signing_key.is_some() == suite.symmetric_signature;
        if fits { Ok(()) } else { Err(foreign_keys(suite)) }
    }
}

/// The default CMM (`default-cmm.md`): one keyring, a fresh signing key for each request that signs.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::materials::{
///     Cmm, CommitmentPolicy, DefaultCmm, EncryptionContext, EncryptionRequest, PUBLIC_KEY_KEY,
///     RawAesKeyring,
/// };
///
/// # fieldseal_doctest::run(async {
/// # let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), vec![7; 32][..].into())?;
/// let cmm = DefaultCmm::new(Rc::new(keyring));
/// let request = EncryptionRequest {
///     context: EncryptionContext::new(),
///     required_keys: vec![],
///     policy: CommitmentPolicy::DbeRequireEncryptRequireDecrypt,
///     suite: None,
///     plaintext_length: None,
/// };
/// let materials = cmm.for_encryption(request).await?;
/// assert_eq!(materials.suite().id, 0x6701);
/// assert!(materials.context().contains(PUBLIC_KEY_KEY)); // of a pair made for this record
/// # Ok(())
/// # });
/// ```
pub struct DefaultCmm(Rc<dyn Keyring>);

impl DefaultCmm {
    /// A CMM over `keyring`, which wraps and opens its data keys.
    pub fn new(keyring: Rc<dyn Keyring>) -> Self {
        Self(keyring)
    }
}

impl Cmm for DefaultCmm {
    fn for_encryption(
        &self,
        request: EncryptionRequest,
    ) -> LocalFuture<'_, Result<Rc<EncryptionMaterials>>> {
        Box::pin(async move {
            let EncryptionRequest { mut context, required_keys, policy, suite, .. } = request;
            if context.contains(PUBLIC_KEY_KEY) {
                let problem =
                    format!("the encryption context must not have the key '{PUBLIC_KEY_KEY}'");
                return Err(Error::misuse(Rule::ReservedName, problem));
            }
            let serves_signing = self.0.serves_signing_suites();
            let suite = suite.unwrap_or_else(|| policy.default_suite(serves_signing));
            policy.check_encrypt(suite)?;
            let signing_key = match suite.signature {
                None => None,
                Some(_) if !serves_signing => {
                    let problem = format!(
                        "the AWS KMS RSA keyring cannot serve the signing suite {suite}: \
                         its wrapped keys would not be bound to the signature; use suite 6700"
                    );
                    return Err(Error::misuse(Rule::Suite, problem));
                }
                Some(curve) => {
                    let key = SigningKey::generate(curve)?;
                    context.insert(PUBLIC_KEY_KEY, base64::encode(&key.public_compressed()))?;
                    Some(key)
                }
            };
            let materials = EncryptionMaterials::new(suite, context, required_keys, signing_key)?;
            let materials = self.0.wrap(materials).await?;
            match materials.encrypted_data_keys() {
                [] => Err(Error::bug("a keyring wrapped nothing")),
                _ => Ok(Rc::new(materials)),
            }
        })
    }

    fn for_decryption<'a>(
        &'a self,
        request: DecryptionRequest<'a>,
    ) -> LocalFuture<'a, Result<Rc<DecryptionMaterials>>> {
        Box::pin(async move {
            request.policy.check_decrypt(request.suite)?;
            let (context, required_keys) = merge(request.stored, request.reproduced)?;
            let verifying_key = verifying_key(request.suite, &context)?;
            let aad = context.aad()?;
            let opened = self
                .0
                .open(OpenRequest {
                    suite: request.suite,
                    context: &context,
                    aad: &aad,
                    encrypted_data_keys: request.encrypted_data_keys,
                })
                .await?;
            Ok(Rc::new(DecryptionMaterials {
                data_key: opened.data_key,
                symmetric_signing_key: opened.symmetric_signing_key,
                context,
                aad,
                required_keys,
                verifying_key,
            }))
        })
    }
}

/// Stored context with the reproduced one; keys that only the latter has are required keys.
fn merge(
    stored: &EncryptionContext,
    reproduced: &EncryptionContext,
) -> Result<(EncryptionContext, Vec<String>)> {
    let (mut added, mut required) = (Vec::new(), Vec::new());
    for (key, value) in reproduced.iter() {
        match stored.value(key) {
            Some(known) if known == value => {}
            Some(_) => return Err(Error::unauthentic(Check::EncryptionContext)),
            None => {
                added.push((key.to_owned(), value.to_owned()));
                required.push(key.into());
            }
        }
    }
    let mut context = stored.clone();
    context.extend(added)?;
    Ok((context, required))
}

fn verifying_key(suite: &Suite, context: &EncryptionContext) -> Result<Option<VerifyingKey>> {
    match (suite.signature, context.value(PUBLIC_KEY_KEY)) {
        (None, None) => Ok(None),
        (Some(curve), Some(text)) => {
            let bytes = base64::decode(text).ok_or_else(|| {
                let problem = format!("'{PUBLIC_KEY_KEY}' is not base64");
                Error::malformed(Part::EncryptionContext, problem)
            })?;
            VerifyingKey::from_compressed(curve, &bytes).map(Some)
        }
        (Some(_), None) => {
            let problem = format!("the suite signs, but '{PUBLIC_KEY_KEY}' is missing");
            Err(Error::malformed(Part::EncryptionContext, problem))
        }
        (None, Some(_)) => {
            let problem = format!("the suite does not sign, but '{PUBLIC_KEY_KEY}' is present");
            Err(Error::malformed(Part::EncryptionContext, problem))
        }
    }
}

/// Requires context keys on both sides (`required-encryption-context-cmm.md`): on encryption they must be
/// given and are not stored; on decryption the caller must give them again.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::materials::{
///     Cmm, CommitmentPolicy, DefaultCmm, EncryptionContext, EncryptionRequest, RawAesKeyring,
///     RequiredEncryptionContextCmm,
/// };
///
/// # fieldseal_doctest::run(async {
/// # let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), vec![7; 32][..].into())?;
/// let inner = Rc::new(DefaultCmm::new(Rc::new(keyring)));
/// let cmm = RequiredEncryptionContextCmm::new(inner.clone(), vec!["tenant".into()])?;
/// let mut request = EncryptionRequest {
///     context: EncryptionContext::new(),
///     required_keys: vec![],
///     policy: CommitmentPolicy::EsdkRequireEncryptRequireDecrypt,
///     suite: None,
///     plaintext_length: None,
/// };
/// let refused = cmm.for_encryption(request.clone()).await;
/// assert_eq!(refused.err().unwrap().code(), "REQUIRED_CONTEXT_MISSING");
///
/// request.context.insert("tenant", "a")?;
/// assert_eq!(cmm.for_encryption(request).await?.required_keys(), ["tenant"]);
/// assert!(RequiredEncryptionContextCmm::new(inner, vec![]).is_err());
/// # Ok(())
/// # });
/// ```
pub struct RequiredEncryptionContextCmm {
    inner: Rc<dyn Cmm>,
    keys: Vec<String>,
}

impl RequiredEncryptionContextCmm {
    /// A CMM over `inner`, which requires `keys`.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse): `keys` is empty ([`Rule::Config`]) or names [`PUBLIC_KEY_KEY`]
    /// ([`Rule::ReservedName`]).
    pub fn new(inner: Rc<dyn Cmm>, keys: Vec<String>) -> Result<Self> {
        if keys.is_empty() {
            return Err(Error::misuse(Rule::Config, "requiredKeys must name at least one key"));
        }
        if keys.iter().any(|key| key == PUBLIC_KEY_KEY) {
            let problem = format!("requiredKeys must not name '{PUBLIC_KEY_KEY}'");
            return Err(Error::misuse(Rule::ReservedName, problem));
        }
        Ok(Self { inner, keys })
    }

    fn check(&self, context: &EncryptionContext) -> Result<()> {
        match self.keys.iter().find(|key| !context.contains(key)) {
            None => Ok(()),
            Some(key) => {
                let problem = format!("the encryption context lacks the required key '{key}'");
                Err(Error::misuse(Rule::RequiredContext, problem))
            }
        }
    }
}

impl Cmm for RequiredEncryptionContextCmm {
    fn for_encryption(
        &self,
        mut request: EncryptionRequest,
    ) -> LocalFuture<'_, Result<Rc<EncryptionMaterials>>> {
        Box::pin(async move {
            self.check(&request.context)?;
            request.required_keys.extend(self.keys.iter().cloned());
            request.required_keys = sorted(request.required_keys, String::cmp);
            request.required_keys.dedup();
            let materials = self.inner.for_encryption(request).await?;
            let required = sorted(materials.required_keys().to_vec(), String::cmp);
            match self.keys.iter().all(|key| required.binary_search(key).is_ok()) {
                true => Ok(materials),
                false => Err(Error::bug("a CMM dropped a required key")),
            }
        })
    }

    fn for_decryption<'a>(
        &'a self,
        request: DecryptionRequest<'a>,
    ) -> LocalFuture<'a, Result<Rc<DecryptionMaterials>>> {
        Box::pin(async move {
            self.check(request.reproduced)?;
            let materials = self.inner.for_decryption(request).await?;
            self.check(&materials.context)?;
            Ok(materials)
        })
    }
}

#[cfg(test)]
#[path = "tests/foreign_keys.rs"]
mod tests;
