//! The keyring interface (`keyring-interface.md`) and the materials that pass through it.

use crate::crypto::{Secret, SigningKey};
use crate::error::{Error, Result, Rule};
use crate::host::LocalFuture;

use super::{EncryptedDataKey, EncryptionContext, Suite};

/// Wraps and unwraps data keys.
///
/// "Not mine" is [`Fault::NotMine`](crate::error::Fault::NotMine), "mine, and it failed" any other error; both are collected and shown.
pub trait Keyring {
    /// OnEncrypt: makes a data key if there is none, then adds at least one encrypted data key.
    fn wrap(&self, materials: EncryptionMaterials) -> LocalFuture<'_, Result<EncryptionMaterials>>;

    /// OnDecrypt: opens one of the request's encrypted data keys, or fails with [`Fault::NoKey`](crate::error::Fault::NoKey).
    fn open<'a>(&'a self, request: OpenRequest<'a>) -> LocalFuture<'a, Result<OpenedKey>>;

    /// Whether the keyring can serve suites with an asymmetric signature.
    fn serves_signing_suites(&self) -> bool {
        true
    }
}

/// What encryption needs; filled in by keyrings (`structures.md#encryption-materials`).
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

/// What OnDecrypt is asked for.
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

/// What OnDecrypt answers.
pub struct OpenedKey {
    /// The plaintext data key.
    pub data_key: Secret,
    /// The HMAC key of the wrapped data key that was opened, where the suite asks for one.
    pub symmetric_signing_key: Option<Secret>,
}
