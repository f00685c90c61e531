//! The keyring interface (`keyring-interface.md`) and the materials that pass through it.

use crate::crypto::{Secret, SigningKey};
use crate::error::{Error, Result, Rule};
use crate::host::LocalFuture;

use super::{EncryptedDataKey, EncryptionContext, Suite};

/// Wraps and unwraps data keys.
///
/// "Not mine" is [`Fault::NotMine`](crate::error::Fault::NotMine), "mine, and it failed" any other error; both are collected and shown.
///
/// This is where the formats are extended: implement it to wrap data keys with whatever holds your keys, such as the key
/// management service of another cloud or a hardware token. The steps of [`wrapping`](super::wrapping) and
/// [`first_opened`](super::first_opened) do what is the same for every keyring. Use the whole encryption context as
/// additional authenticated data (it comes serialized, as `aad`), or a wrapped key opens in the place of another.
///
/// ```
/// use fieldseal::crypto::Secret;
/// use fieldseal::error::{Check, Error, Result};
/// use fieldseal::host::LocalFuture;
/// use fieldseal::materials::{
///     EncryptedDataKey, EncryptionContext, EncryptionMaterials, Keyring, OpenRequest, OpenedKey,
///     Opener, Suite, first_opened, not_mine, wrapping,
/// };
///
/// /// What wraps keys for you: here it only counts the bytes of the context, and protects nothing.
/// struct Token;
///
/// impl Token {
///     fn wrap(&self, key: &[u8], aad: &[u8]) -> Vec<u8> {
///         [&[aad.len() as u8], key].concat()
///     }
///
///     fn unwrap(&self, wrapped: &[u8], aad: &[u8]) -> Option<Secret> {
///         let (length, key) = wrapped.split_first()?;
///         (*length == aad.len() as u8).then(|| key.into())
///     }
/// }
///
/// struct TokenKeyring {
///     slot: String,
///     token: Token,
/// }
///
/// impl Keyring for TokenKeyring {
///     fn wrap(
///         &self,
///         mut materials: EncryptionMaterials,
///     ) -> LocalFuture<'_, Result<EncryptionMaterials>> {
///         Box::pin(async move {
///             let key = wrapping::next_key(&mut materials)?;
///             let wrapped = self.token.wrap(&key, materials.aad());
///             let info = self.slot.clone().into_bytes();
///             wrapping::add(&mut materials, &key, "token", info, &wrapped)?;
///             Ok(materials)
///         })
///     }
///
///     fn open<'a>(&'a self, request: OpenRequest<'a>) -> LocalFuture<'a, Result<OpenedKey>> {
///         first_opened(request, self)
///     }
/// }
///
/// impl Opener for TokenKeyring {
///     fn is_mine(&self, edk: &EncryptedDataKey) -> bool {
///         edk.provider_id == "token" && edk.provider_info == self.slot.as_bytes()
///     }
///
///     fn not_mine(&self, edk: &EncryptedDataKey) -> Error {
///         not_mine(edk, format!("slot '{}' of the token", self.slot))
///     }
///
///     fn open_one<'a>(
///         &'a self,
///         request: OpenRequest<'a>,
///         edk: &'a EncryptedDataKey,
///     ) -> LocalFuture<'a, Result<OpenedKey>> {
///         Box::pin(async move {
///             let wrapped = wrapping::keyring_part(request.suite, edk)?;
///             let key = self.token.unwrap(wrapped, request.aad);
///             let key = key.ok_or_else(|| Error::unauthentic(Check::WrappedKey))?;
///             wrapping::open(&request, edk, key)
///         })
///     }
/// }
///
/// # fieldseal_doctest::run(async {
/// let keyring = TokenKeyring { slot: "7".into(), token: Token };
/// assert!(keyring.serves_signing_suites());
/// let suite = Suite::by_id(0x6700).unwrap();
/// let mut context = EncryptionContext::new();
/// context.insert("tenant", "a")?;
/// let sealed = keyring.wrap(EncryptionMaterials::new(suite, context.clone(), vec![], None)?).await?;
///
/// let aad = context.aad()?;
/// let encrypted_data_keys = sealed.encrypted_data_keys();
/// let request = OpenRequest { suite, context: &context, aad: &aad, encrypted_data_keys };
/// assert_eq!(keyring.open(request).await?.data_key[..], sealed.data_key().unwrap()[..]);
///
/// let other = OpenRequest { aad: b"another context", ..request };
/// assert_eq!(keyring.open(other).await.err().unwrap().code(), "NO_KEYRING_OPENED");
/// # Ok(())
/// # });
/// ```
pub trait Keyring {
    /// OnEncrypt: makes a data key if there is none, then adds at least one encrypted data key.
    ///
    /// # Errors
    /// Why it cannot: the keyring has no key to wrap with ([`Rule::Keyring`]), or what holds the key refuses or fails.
    fn wrap(&self, materials: EncryptionMaterials) -> LocalFuture<'_, Result<EncryptionMaterials>>;

    /// OnDecrypt: opens one of the request's encrypted data keys.
    ///
    /// # Errors
    /// [`Fault::NoKey`](crate::error::Fault::NoKey) with a reason for each that it could not open.
    fn open<'a>(&'a self, request: OpenRequest<'a>) -> LocalFuture<'a, Result<OpenedKey>>;

    /// Whether the keyring can serve suites with an asymmetric signature; by default it can.
    fn serves_signing_suites(&self) -> bool {
        true
    }
}

/// What encryption needs; filled in by keyrings (`structures.md#encryption-materials`).
///
/// ```
/// use fieldseal::crypto::{Curve, SigningKey};
/// use fieldseal::materials::{EncryptionContext, EncryptionMaterials, Keyring, RawAesKeyring, Suite};
///
/// # fieldseal_doctest::run(async {
/// let suite = Suite::by_id(0x6701).unwrap();
/// let mut context = EncryptionContext::new();
/// context.insert("tenant", "a")?;
/// let required = vec!["tenant".to_owned()]; // not stored
/// let key = SigningKey::generate(Curve::P384)?;
/// let materials = EncryptionMaterials::new(suite, context.clone(), required, Some(key))?;
/// assert!(materials.data_key().is_none());
///
/// # let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), vec![7; 32][..].into())?;
/// let materials = keyring.wrap(materials).await?;
/// assert_eq!(materials.data_key().unwrap().len(), suite.key_len);
/// assert_eq!(materials.encrypted_data_keys().len(), 1);
/// assert_eq!(materials.symmetric_signing_keys().len(), 1); // records have them
/// assert_eq!(materials.suite(), suite);
/// assert_eq!(materials.context(), &context);
/// assert_eq!(materials.aad(), context.aad()?);
/// assert_eq!(materials.required_keys(), ["tenant"]);
/// assert_eq!(materials.signing_key().unwrap().curve(), Curve::P384);
/// # Ok(())
/// # });
/// ```
#[derive(Clone)]
pub struct EncryptionMaterials {
    suite: &'static Suite,
    context: EncryptionContext,
    aad: Vec<u8>,
    required_keys: Vec<String>,
    signing_key: Option<SigningKey>,
    pub(super) data_key: Option<Secret>,
    pub(super) encrypted_data_keys: Vec<EncryptedDataKey>,
    pub(super) symmetric_signing_keys: Vec<Secret>,
}

impl EncryptionMaterials {
    /// Materials without keys. `required_keys` are the context keys that no header stores.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) with [`Rule::RequiredContext`]: the context lacks one of them.
    /// [`Fault::Malformed`](crate::error::Fault::Malformed): the context cannot be serialized.
    pub fn new(
        suite: &'static Suite,
        context: EncryptionContext,
        required_keys: Vec<String>,
        signing_key: Option<SigningKey>,
    ) -> Result<Self> {
        if let Some(missing) = required_keys.iter().find(|key| !context.contains(key)) {
            let problem = format!("the encryption context lacks the required key '{missing}'");
            return Err(Error::misuse(Rule::RequiredContext, problem));
        }
        Ok(Self {
            suite,
            aad: context.aad()?,
            context,
            required_keys,
            signing_key,
            data_key: None,
            encrypted_data_keys: Vec::new(),
            symmetric_signing_keys: Vec::new(),
        })
    }

    /// The plaintext data key, if all keys are those of the suite: what a CMM gives is checked before it is used.
    pub(crate) fn checked_data_key(&self) -> Result<&Secret> {
        let Self { suite, signing_key, encrypted_data_keys, symmetric_signing_keys, .. } = self;
        let macs = if suite.symmetric_signature { encrypted_data_keys.len() } else { 0 };
        self.data_key
            .as_ref()
            .filter(|key| {
                key.len() == suite.key_len
                    && !encrypted_data_keys.is_empty()
                    && symmetric_signing_keys.len() == macs
                    && signing_key.as_ref().map(SigningKey::curve) == suite.signature
            })
            .ok_or_else(|| foreign_keys(suite))
    }

    /// The suite to encrypt with.
    pub fn suite(&self) -> &'static Suite {
        self.suite
    }

    /// The full encryption context.
    pub fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The full encryption context, serialized as additional authenticated data.
    pub fn aad(&self) -> &[u8] {
        &self.aad
    }

    /// Context keys that no header stores and that decryption must be given.
    pub fn required_keys(&self) -> &[String] {
        &self.required_keys
    }

    /// The key that signs the record or message, where the suite signs.
    pub fn signing_key(&self) -> Option<&SigningKey> {
        self.signing_key.as_ref()
    }

    /// The plaintext data key, once a keyring made it.
    pub fn data_key(&self) -> Option<&Secret> {
        self.data_key.as_ref()
    }

    /// The wrapped data keys.
    pub fn encrypted_data_keys(&self) -> &[EncryptedDataKey] {
        &self.encrypted_data_keys
    }

    /// One HMAC key for each wrapped data key, in the same order, where the suite asks for them.
    pub fn symmetric_signing_keys(&self) -> &[Secret] {
        &self.symmetric_signing_keys
    }
}

/// The error about keys that belong to another suite.
pub(super) fn foreign_keys(suite: &Suite) -> Error {
    let problem = format!("the CMM gave other keys than those of the suite {suite}");
    Error::misuse(Rule::Keyring, problem)
}

/// What OnDecrypt is asked for; [`Keyring`] has an example.
#[derive(Clone, Copy)]
pub struct OpenRequest<'a> {
    /// Suite of the message or record.
    pub suite: &'static Suite,
    /// The full encryption context.
    pub context: &'a EncryptionContext,
    /// The same, serialized.
    pub aad: &'a [u8],
    /// The wrapped data keys, any one of which will do.
    pub encrypted_data_keys: &'a [EncryptedDataKey],
}

/// What OnDecrypt returns; [`Keyring`] has an example.
pub struct OpenedKey {
    /// The plaintext data key.
    pub data_key: Secret,
    /// The HMAC key of the wrapped data key that was opened, where the suite asks for one.
    pub symmetric_signing_key: Option<Secret>,
}
