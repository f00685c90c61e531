//! The client: one method for each KMS operation.

use core::fmt;
use std::rc::Rc;

use crate::aws::{Call, Caller, Response};
use crate::error::{Error, Fault, KmsFailure, KmsKind, Result, Rule};
use crate::host::{LocalFuture, Network};

use super::arn::KmsKeyId;
use super::config::KmsConfig;
use super::count::note_call;
use super::protocol::{read_answer, request, unfit};
use super::public_keys::{Fingerprint, PublicKeyStore, PublicKeys, check_pins, check_stored};
use super::record::{Record, Value};
use super::schema::{self, Operation};
use super::service::KMS;
use super::types::{
    DataKeySize, DecryptRequest, DecryptResponse, DeriveSharedSecretRequest,
    DeriveSharedSecretResponse, DescribeKeyRequest, EncryptRequest, EncryptResponse,
    GenerateDataKeyPairRequest, GenerateDataKeyPairResponse, GenerateDataKeyRequest,
    GenerateDataKeyResponse, GenerateDataKeyWithoutPlaintextResponse, GetPublicKeyRequest,
    GetPublicKeyResponse, KeyMetadata, ReEncryptRequest, ReEncryptResponse, SignRequest,
    SignResponse,
};

/// A client for an endpoint that speaks the AWS KMS JSON protocol. Cheap to clone; clones share
/// credentials and public keys.
///
/// All methods fail with
/// - [`Fault::Misuse`](crate::error::Fault::Misuse) ([`Rule::Argument`]) or [`Fault::Malformed`](crate::error::Fault::Malformed) (key id) before anything is
///   sent;
/// - [`Fault::Kms`](crate::error::Fault::Kms) if the endpoint refuses, fails or cannot be reached, after the retries that
///   make sense;
/// - [`Fault::Malformed`](crate::error::Fault::Malformed) ([`Part::KmsResponse`](crate::error::Part::KmsResponse)) if it returns
///   nonsense.
///
/// An answer may get lost after the work was done: a call that is repeated then, by the client or
/// by its user, finds its own work in its way (`AlreadyExistsException`), or does it again
/// (RotateKeyOnDemand, CreateGrant without a `Name`).
///
/// ```
/// use fieldseal::aws::ClientConfig;
/// use fieldseal::kms::{DecryptRequest, EncryptRequest, KmsClient};
/// # use fieldseal_doctest::KEY;
///
/// # fieldseal_doctest::run(async {
/// # let network = fieldseal_doctest::network();
/// // `network` is your HTTP client and clock: `fieldseal::host::Network`.
/// let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
/// let kms = KmsClient::new(config.into(), network)?;
/// assert_eq!(kms.region(), Some("eu-central-1"));
///
/// let context = vec![("tenant".to_owned(), "a".to_owned())];
/// let sealed = kms
///     .encrypt(EncryptRequest {
///         key_id: KEY.into(),
///         plaintext: b"hello"[..].into(),
///         encryption_context: context.clone(),
///         ..Default::default()
///     })
///     .await?;
/// let opened = kms
///     .decrypt(DecryptRequest {
///         ciphertext_blob: sealed.ciphertext_blob.clone(),
///         key_id: Some(KEY.into()),
///         encryption_context: context,
///         ..Default::default()
///     })
///     .await?;
/// assert_eq!(opened.plaintext[..], b"hello"[..]);
///
/// let without_context =
///     DecryptRequest { ciphertext_blob: sealed.ciphertext_blob, ..Default::default() };
/// let refused = kms.decrypt(without_context).await;
/// assert_eq!(refused.unwrap_err().code(), "KMS_INVALID_CIPHERTEXT");
/// # Ok(())
/// # });
/// ```
#[derive(Clone)]
pub struct KmsClient(Rc<Inner>);

struct Inner {
    caller: Rc<Caller>,
    public_keys: PublicKeys,
    pins: Vec<(String, Fingerprint)>,
    store: Option<Rc<dyn PublicKeyStore>>,
}

impl fmt::Debug for KmsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KmsClient").field(&self.0.caller.config).finish()
    }
}

impl KmsClient {
    /// A client with this configuration, on this host.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) with [`Rule::Config`]: neither endpoint nor Region, an unusable endpoint
    /// URL, Region, header or pin, SigV4 without a Region, no attempt or no time allowed.
    pub fn new(config: KmsConfig, network: Rc<dyn Network>) -> Result<Self> {
        let pins = config.pins()?;
        let caller = Rc::new(Caller::new(&KMS, config.client, network)?);
        let store = config.public_key_store;
        Ok(Self(Rc::new(Inner { caller, public_keys: PublicKeys::default(), pins, store })))
    }

    /// The same client with `more` appended to its user agent, for a part of this library that says
    /// who it is. Shares the credentials, not the public keys.
    #[cfg(feature = "branch-keys")]
    #[must_use]
    pub(crate) fn also_as(&self, more: &str) -> Self {
        let caller = Rc::new(self.0.caller.also_as(more));
        let (pins, store) = (self.0.pins.clone(), self.0.store.clone());
        Self(Rc::new(Inner { caller, public_keys: PublicKeys::default(), pins, store }))
    }

    /// The Region of the configuration.
    pub fn region(&self) -> Option<&str> {
        self.0.caller.config.region.as_deref()
    }

    /// Any operation but GetPublicKey, by its table.
    ///
    /// # Errors
    /// Those of all methods; [`Fault::Misuse`](crate::error::Fault::Misuse) for a field that is missing, of the wrong type,
    /// outside its limits or not in the table, [`Fault::Limit`](crate::error::Fault::Limit) for too many bytes.
    // Boxed: the many futures that wait for it stay small, in memory and in code.
    ///
    /// ```
    /// use fieldseal::kms::{Record, schema};
    /// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
    /// # use fieldseal_doctest::KEY;
    ///
    /// # fieldseal_doctest::run(async {
    /// # let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
    /// # let kms = KmsClient::new(config.into(), fieldseal_doctest::network())?;
    /// let request = Record::default().with_text("AliasName", "alias/shop").with_text("TargetKeyId", KEY);
    /// kms.call(&schema::CREATE_ALIAS, request).await?;
    ///
    /// let incomplete = Record::default().with_text("AliasName", "alias/shop");
    /// let refused = kms.call(&schema::CREATE_ALIAS, incomplete).await;
    /// assert_eq!(refused.unwrap_err().code(), "INVALID_ARGUMENT"); // and nothing was sent
    /// # Ok(())
    /// # });
    /// ```
    pub fn call(
        &self,
        operation: &'static Operation,
        fields: Record,
    ) -> LocalFuture<'_, Result<Record>> {
        Box::pin(self.checked_call(operation, fields))
    }

    async fn checked_call(&self, operation: &'static Operation, fields: Record) -> Result<Record> {
        if operation.name == schema::GET_PUBLIC_KEY.name {
            return Err(argument("GetPublicKey goes through the cache: use get_public_key"));
        }
        let length = generated_length(operation, &fields)?;
        let check = |record: &Record, response: &Response<'_>| {
            let found = match record.get("Plaintext") {
                Some(Value::Secret(plaintext)) => u32::try_from(plaintext.len()).ok(),
                _ => None,
            };
            match (length, found) {
                (Some(wanted), Some(found)) if wanted != found => Err(unfit(
                    operation.name,
                    &format!("a plaintext of {found} bytes instead of {wanted}"),
                )),
                _ => require_valid(operation, record, response),
            }
        };
        self.perform(operation, fields, &check).await
    }

    /// A call whose answer is read by the table and then checked. Compiled once for all operations.
    fn perform<'a>(
        &'a self,
        operation: &'static Operation,
        fields: Record,
        check: &'a dyn Fn(&Record, &Response<'_>) -> Result<()>,
    ) -> LocalFuture<'a, Result<Record>> {
        Box::pin(async move {
            let request = request(operation, &fields)?;
            // Wiped before the wait for the network.
            drop(fields);
            let (key_id, keys) = (request.key_id, request.context_keys);
            let call = Call::new(operation.name, key_id, request.body, keys);
            let call = if operation.answer.is_empty() { call.without_response() } else { call };
            let mut answered = None;
            let mut read = |response: &Response<'_>| {
                // Services that know nothing to say say nothing.
                let nothing =
                    response.body.is_empty() && operation.answer.iter().all(|field| !field.needed);
                let body = if nothing { b"{}" } else { response.body };
                let record =
                    read_answer(operation.name, body, |answer| answer.record(operation.answer))?;
                check(&record, response)?;
                let key_arn = key_arn(&record).map(str::to_owned);
                answered = Some(record);
                Ok(key_arn)
            };
            note_call();
            self.0.caller.exchange(call, &mut read).await?;
            answered.ok_or_else(|| Error::bug("a KMS answer that was not read"))
        })
    }

    /// GetPublicKey. At most one call is in flight for a key id, and its result is kept until
    /// [`forget_public_key`](Self::forget_public_key); a failure is not kept. A store of the
    /// configuration is asked first; the pins of the configuration are checked.
    ///
    /// # Errors
    /// [`Fault::PinnedKey`](crate::error::Fault::PinnedKey) for a key with another fingerprint than the pinned one.
    ///
    /// ```
    /// use fieldseal::kms::{GetPublicKeyRequest, GetPublicKeyResponse};
    /// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
    /// # use fieldseal_doctest::RSA_KEY;
    ///
    /// # fieldseal_doctest::run(async {
    /// # let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
    /// # let kms = KmsClient::new(config.into(), fieldseal_doctest::network())?;
    /// let request = GetPublicKeyRequest { key_id: RSA_KEY.into(), ..Default::default() };
    /// let key: GetPublicKeyResponse = kms.get_public_key(request.clone()).await?;
    /// assert_eq!((&*key.key_spec, &*key.key_usage), ("RSA_2048", "ENCRYPT_DECRYPT"));
    ///
    /// assert_eq!(kms.get_public_key(request).await?, key); // without a call
    /// kms.forget_public_key(RSA_KEY); // the next one makes a call again
    /// # Ok(())
    /// # });
    /// ```
    pub fn get_public_key(
        &self,
        request: GetPublicKeyRequest,
    ) -> LocalFuture<'_, Result<GetPublicKeyResponse>> {
        Box::pin(async move {
            check_key_id(&request.key_id)?;
            let GetPublicKeyRequest { key_id, grant_tokens } = request;
            let fetch = || {
                let client = self.clone();
                let (key_id, grant_tokens) = (key_id.clone(), grant_tokens.clone());
                Box::pin(async move { client.load_or_fetch(key_id, grant_tokens).await }) as _
            };
            let key = self.0.public_keys.get(&key_id, &grant_tokens, fetch).await?;
            Ok((*key).clone())
        })
    }

    async fn load_or_fetch(
        &self,
        key_id: String,
        grant_tokens: Vec<String>,
    ) -> Result<GetPublicKeyResponse> {
        let Inner { caller, pins, store, .. } = &*self.0;
        if let Some(store) = store
            && let Some(stored) = store.load(&key_id).await
        {
            match check_stored(&key_id, stored, pins) {
                Ok(key) => return Ok(key),
                // A store that was tampered with must not keep the true key away.
                Err(error) => caller.report_unsent("LoadPublicKey", &key_id, &error),
            }
        }
        let fields = Record::default()
            .with_text("KeyId", key_id.as_str())
            .with("GrantTokens", Value::Texts(grant_tokens));
        let check = |record: &Record, _: &Response<'_>| match (
            record.text("KeyId"),
            record.get("PublicKey"),
        ) {
            (Some(arn), Some(Value::Bytes(der))) => check_pins(&key_id, arn, der, pins),
            _ => Err(Error::bug("a KMS field that its table does not have")),
        };
        let record = self.perform(&schema::GET_PUBLIC_KEY, fields, &check).await?;
        let key = public_key(record)?;
        if let Some(store) = store {
            store.save(&key_id, &key);
        }
        Ok(key)
    }

    /// Drops the kept public key of this key id, for example after a key was replaced behind an
    /// alias. What a store has is the store's.
    ///
    /// ```
    /// use fieldseal::kms::{GetPublicKeyRequest, count_calls};
    /// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
    /// # use fieldseal_doctest::RSA_KEY;
    ///
    /// # fieldseal_doctest::run(async {
    /// # let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
    /// # let kms = KmsClient::new(config.into(), fieldseal_doctest::network())?;
    /// let request = GetPublicKeyRequest { key_id: RSA_KEY.into(), ..Default::default() };
    /// kms.get_public_key(request.clone()).await?;
    /// assert_eq!(count_calls(kms.get_public_key(request.clone())).await.1, 0);
    /// kms.forget_public_key(RSA_KEY);
    /// assert_eq!(count_calls(kms.get_public_key(request)).await.1, 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn forget_public_key(&self, key_id: &str) {
        self.0.public_keys.forget(key_id);
    }

    /// GenerateDataKey. The plaintext has the length asked for.
    ///
    /// # Errors
    /// Those of all methods.
    ///
    /// ```
    /// use fieldseal::kms::{DataKeySize, GenerateDataKeyRequest, GenerateDataKeyResponse};
    /// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
    /// # use fieldseal_doctest::KEY;
    ///
    /// # fieldseal_doctest::run(async {
    /// # let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
    /// # let kms = KmsClient::new(config.into(), fieldseal_doctest::network())?;
    /// let request = GenerateDataKeyRequest {
    ///     key_id: KEY.into(),
    ///     size: DataKeySize::Aes256,
    ///     encryption_context: vec![("tenant".into(), "a".into())],
    ///     ..Default::default()
    /// };
    /// let key: GenerateDataKeyResponse = kms.generate_data_key(request).await?;
    /// assert_eq!((key.plaintext.len(), &*key.key_id), (32, KEY));
    /// assert!(!key.ciphertext_blob.is_empty()); // to be kept; Decrypt opens it
    /// # Ok(())
    /// # });
    /// ```
    pub async fn generate_data_key(
        &self,
        request: GenerateDataKeyRequest,
    ) -> Result<GenerateDataKeyResponse> {
        let mut key = self.call(&schema::GENERATE_DATA_KEY, data_key(request)).await?;
        Ok(GenerateDataKeyResponse {
            key_id: key.take_text("KeyId")?,
            plaintext: key.take_secret("Plaintext")?,
            ciphertext_blob: key.take_bytes("CiphertextBlob")?,
        })
    }

    /// GenerateDataKeyWithoutPlaintext: a data key for later, or for somebody else.
    ///
    /// # Errors
    /// Those of all methods.
    ///
    /// ```
    /// use fieldseal::kms::{GenerateDataKeyRequest, GenerateDataKeyWithoutPlaintextResponse};
    /// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
    /// # use fieldseal_doctest::KEY;
    ///
    /// # fieldseal_doctest::run(async {
    /// # let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
    /// # let kms = KmsClient::new(config.into(), fieldseal_doctest::network())?;
    /// let request = GenerateDataKeyRequest { key_id: KEY.into(), ..Default::default() };
    /// let key: GenerateDataKeyWithoutPlaintextResponse =
    ///     kms.generate_data_key_without_plaintext(request).await?;
    /// assert!(!key.ciphertext_blob.is_empty());
    /// # Ok(())
    /// # });
    /// ```
    pub async fn generate_data_key_without_plaintext(
        &self,
        request: GenerateDataKeyRequest,
    ) -> Result<GenerateDataKeyWithoutPlaintextResponse> {
        let operation = &schema::GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
        let mut key = self.call(operation, data_key(request)).await?;
        Ok(GenerateDataKeyWithoutPlaintextResponse {
            key_id: key.take_text("KeyId")?,
            ciphertext_blob: key.take_bytes("CiphertextBlob")?,
        })
    }

    /// GenerateDataKeyPair: a key pair, its private half in plaintext and wrapped.
    ///
    /// # Errors
    /// Those of all methods.
    ///
    /// ```
    /// use fieldseal::kms::{GenerateDataKeyPairRequest, GenerateDataKeyPairResponse};
    /// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
    /// # use fieldseal_doctest::KEY;
    ///
    /// # fieldseal_doctest::run(async {
    /// # let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
    /// # let kms = KmsClient::new(config.into(), fieldseal_doctest::network())?;
    /// let request = GenerateDataKeyPairRequest {
    ///     key_id: KEY.into(),
    ///     key_pair_spec: "ECC_NIST_P256".into(),
    ///     ..Default::default()
    /// };
    /// let pair: GenerateDataKeyPairResponse = kms.generate_data_key_pair(request).await?;
    /// let info = fieldseal::crypto::PublicKeyInfo::parse(&pair.public_key)?;
    /// assert_eq!(info.kind, fieldseal::crypto::PublicKeyKind::EcP256);
    /// assert!(!pair.private_key_plaintext.is_empty()); // PKCS #8
    /// # Ok(())
    /// # });
    /// ```
    pub async fn generate_data_key_pair(
        &self,
        request: GenerateDataKeyPairRequest,
    ) -> Result<GenerateDataKeyPairResponse> {
        let fields = Record::default()
            .with_text("KeyId", request.key_id)
            .with_text("KeyPairSpec", request.key_pair_spec)
            .with("EncryptionContext", Value::Context(request.encryption_context))
            .with("GrantTokens", Value::Texts(request.grant_tokens));
        let mut pair = self.call(&schema::GENERATE_DATA_KEY_PAIR, fields).await?;
        Ok(GenerateDataKeyPairResponse {
            key_id: pair.take_text("KeyId")?,
            key_pair_spec: pair.take_text("KeyPairSpec")?,
            public_key: pair.take_bytes("PublicKey")?,
            private_key_plaintext: pair.take_secret("PrivateKeyPlaintext")?,
            private_key_ciphertext_blob: pair.take_bytes("PrivateKeyCiphertextBlob")?,
        })
    }

    /// Encrypt, for 1 to 4,096 bytes.
    ///
    /// # Errors
    /// Those of all methods; [`Fault::Limit`](crate::error::Fault::Limit) for more bytes, before anything is sent.
    ///
    /// ```
    /// use fieldseal::kms::{EncryptRequest, EncryptResponse};
    /// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
    /// # use fieldseal_doctest::KEY;
    ///
    /// # fieldseal_doctest::run(async {
    /// # let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
    /// # let kms = KmsClient::new(config.into(), fieldseal_doctest::network())?;
    /// let mut request =
    ///     EncryptRequest { key_id: KEY.into(), plaintext: b"hello"[..].into(), ..Default::default() };
    /// let sealed: EncryptResponse = kms.encrypt(request.clone()).await?;
    /// assert_eq!(sealed.key_id, KEY);
    ///
    /// request.plaintext = vec![0; 5000][..].into();
    /// assert_eq!(kms.encrypt(request).await.unwrap_err().code(), "LIMIT_EXCEEDED");
    /// # Ok(())
    /// # });
    /// ```
    pub async fn encrypt(&self, request: EncryptRequest) -> Result<EncryptResponse> {
        let fields = Record::default()
            .with_text("KeyId", request.key_id)
            .with_some_text("EncryptionAlgorithm", request.encryption_algorithm)
            .with("EncryptionContext", Value::Context(request.encryption_context))
            .with("GrantTokens", Value::Texts(request.grant_tokens))
            .with("Plaintext", Value::Secret(request.plaintext));
        let mut sealed = self.call(&schema::ENCRYPT, fields).await?;
        Ok(EncryptResponse {
            key_id: sealed.take_text("KeyId")?,
            ciphertext_blob: sealed.take_bytes("CiphertextBlob")?,
            encryption_algorithm: sealed.take_some_text("EncryptionAlgorithm"),
        })
    }

    /// Decrypt: opens what Encrypt, GenerateDataKey or ReEncrypt sealed, with the same encryption context.
    ///
    /// # Errors
    /// Those of all methods.
    ///
    /// ```
    /// use fieldseal::kms::{DecryptRequest, DecryptResponse};
    /// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
    /// # use fieldseal_doctest::KEY;
    ///
    /// # fieldseal_doctest::run(async {
    /// # let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
    /// # let kms = KmsClient::new(config.into(), fieldseal_doctest::network())?;
    /// # let request = fieldseal::kms::GenerateDataKeyRequest { key_id: KEY.into(), ..Default::default() };
    /// # let made = kms.generate_data_key(request).await?;
    /// // `made` is what GenerateDataKey returned.
    /// let request = DecryptRequest {
    ///     ciphertext_blob: made.ciphertext_blob,
    ///     key_id: Some(KEY.into()),
    ///     ..Default::default()
    /// };
    /// let opened: DecryptResponse = kms.decrypt(request).await?;
    /// assert_eq!(opened.plaintext[..], made.plaintext[..]);
    /// # Ok(())
    /// # });
    /// ```
    pub async fn decrypt(&self, request: DecryptRequest) -> Result<DecryptResponse> {
        let fields = Record::default()
            .with_some_text("KeyId", request.key_id)
            .with("CiphertextBlob", Value::Bytes(request.ciphertext_blob))
            .with_some_text("EncryptionAlgorithm", request.encryption_algorithm)
            .with("EncryptionContext", Value::Context(request.encryption_context))
            .with("GrantTokens", Value::Texts(request.grant_tokens));
        let mut opened = self.call(&schema::DECRYPT, fields).await?;
        Ok(DecryptResponse {
            key_id: opened.take_text("KeyId")?,
            plaintext: opened.take_secret("Plaintext")?,
            encryption_algorithm: opened.take_some_text("EncryptionAlgorithm"),
        })
    }

    /// ReEncrypt. The key id in errors and events is the destination's.
    ///
    /// # Errors
    /// Those of all methods.
    ///
    /// ```
    /// use fieldseal::kms::{ReEncryptRequest, ReEncryptResponse};
    /// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
    /// # use fieldseal_doctest::KEY;
    ///
    /// # fieldseal_doctest::run(async {
    /// # let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
    /// # let kms = KmsClient::new(config.into(), fieldseal_doctest::network())?;
    /// # let request = fieldseal::kms::GenerateDataKeyRequest { key_id: KEY.into(), ..Default::default() };
    /// # let made = kms.generate_data_key(request).await?;
    /// // `made` is what GenerateDataKey returned: from now on with a context.
    /// let request = ReEncryptRequest {
    ///     ciphertext_blob: made.ciphertext_blob.clone(),
    ///     destination_key_id: KEY.into(),
    ///     destination_encryption_context: vec![("tenant".into(), "a".into())],
    ///     ..Default::default()
    /// };
    /// let moved: ReEncryptResponse = kms.re_encrypt(request).await?;
    /// assert_ne!(moved.ciphertext_blob, made.ciphertext_blob);
    /// # Ok(())
    /// # });
    /// ```
    pub async fn re_encrypt(&self, request: ReEncryptRequest) -> Result<ReEncryptResponse> {
        let (source, destination) =
            (request.source_encryption_context, request.destination_encryption_context);
        let (source_algorithm, destination_algorithm) =
            (request.source_encryption_algorithm, request.destination_encryption_algorithm);
        let fields = Record::default()
            .with_text("DestinationKeyId", request.destination_key_id)
            .with_some_text("SourceKeyId", request.source_key_id)
            .with("CiphertextBlob", Value::Bytes(request.ciphertext_blob))
            .with_some_text("SourceEncryptionAlgorithm", source_algorithm)
            .with_some_text("DestinationEncryptionAlgorithm", destination_algorithm)
            .with("SourceEncryptionContext", Value::Context(source))
            .with("DestinationEncryptionContext", Value::Context(destination))
            .with("GrantTokens", Value::Texts(request.grant_tokens));
        let mut again = self.call(&schema::RE_ENCRYPT, fields).await?;
        Ok(ReEncryptResponse {
            ciphertext_blob: again.take_bytes("CiphertextBlob")?,
            key_id: again.take_text("KeyId")?,
            source_key_id: again.take_some_text("SourceKeyId"),
            source_encryption_algorithm: again.take_some_text("SourceEncryptionAlgorithm"),
            destination_encryption_algorithm: again
                .take_some_text("DestinationEncryptionAlgorithm"),
        })
    }

    /// Sign, for 1 to 4,096 bytes or a digest.
    ///
    /// # Errors
    /// Those of all methods; [`Fault::Limit`](crate::error::Fault::Limit) for more bytes, before anything is sent.
    ///
    /// ```
    /// use fieldseal::kms::{SignRequest, SignResponse};
    /// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
    /// # use fieldseal_doctest::P256_KEY;
    ///
    /// # fieldseal_doctest::run(async {
    /// # let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
    /// # let kms = KmsClient::new(config.into(), fieldseal_doctest::network())?;
    /// let request = SignRequest {
    ///     key_id: P256_KEY.into(),
    ///     signing_algorithm: "ECDSA_SHA_256".into(),
    ///     message: b"hello"[..].into(),
    ///     ..Default::default()
    /// };
    /// let signed: SignResponse = kms.sign(request).await?;
    /// assert_eq!(signed.signature[0], 0x30); // DER
    /// # Ok(())
    /// # });
    /// ```
    pub async fn sign(&self, request: SignRequest) -> Result<SignResponse> {
        let fields = Record::default()
            .with_text("KeyId", request.key_id)
            .with_text("SigningAlgorithm", request.signing_algorithm)
            .with_text("MessageType", if request.is_digest { "DIGEST" } else { "RAW" })
            .with("GrantTokens", Value::Texts(request.grant_tokens))
            .with("Message", Value::Secret(request.message));
        let mut signed = self.call(&schema::SIGN, fields).await?;
        Ok(SignResponse {
            key_id: signed.take_text("KeyId")?,
            signature: signed.take_bytes("Signature")?,
            signing_algorithm: signed.take_text("SigningAlgorithm")?,
        })
    }

    /// DeriveSharedSecret, by ECDH with a peer's public key.
    ///
    /// # Errors
    /// Those of all methods.
    ///
    /// ```
    /// use fieldseal::kms::{DeriveSharedSecretRequest, DeriveSharedSecretResponse};
    /// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
    /// # use fieldseal_doctest::P256_KEY;
    ///
    /// # fieldseal_doctest::run(async {
    /// # let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
    /// # let kms = KmsClient::new(config.into(), fieldseal_doctest::network())?;
    /// # let peer = fieldseal_doctest::p256_public_key();
    /// let request =
    ///     DeriveSharedSecretRequest { key_id: P256_KEY.into(), public_key: peer, ..Default::default() };
    /// let derived: DeriveSharedSecretResponse = kms.derive_shared_secret(request).await?;
    /// assert_eq!(derived.shared_secret.len(), 32);
    /// # Ok(())
    /// # });
    /// ```
    pub async fn derive_shared_secret(
        &self,
        request: DeriveSharedSecretRequest,
    ) -> Result<DeriveSharedSecretResponse> {
        let fields = Record::default()
            .with_text("KeyId", request.key_id)
            .with_text("KeyAgreementAlgorithm", "ECDH")
            .with("PublicKey", Value::Bytes(request.public_key))
            .with("GrantTokens", Value::Texts(request.grant_tokens));
        let mut derived = self.call(&schema::DERIVE_SHARED_SECRET, fields).await?;
        Ok(DeriveSharedSecretResponse {
            key_id: derived.take_text("KeyId")?,
            shared_secret: derived.take_secret("SharedSecret")?,
        })
    }

    /// DescribeKey: what a key is, and whether it can be used.
    ///
    /// # Errors
    /// Those of all methods.
    ///
    /// ```
    /// use fieldseal::kms::{DescribeKeyRequest, KeyMetadata};
    /// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
    /// # use fieldseal_doctest::KEY;
    ///
    /// # fieldseal_doctest::run(async {
    /// # let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
    /// # let kms = KmsClient::new(config.into(), fieldseal_doctest::network())?;
    /// let request = DescribeKeyRequest { key_id: "alias/shop".into(), ..Default::default() };
    /// let key: KeyMetadata = kms.describe_key(request).await?;
    /// assert_eq!(key.arn, KEY); // what a keyring needs to open
    /// assert!(key.enabled);
    /// # Ok(())
    /// # });
    /// ```
    pub async fn describe_key(&self, request: DescribeKeyRequest) -> Result<KeyMetadata> {
        let fields = Record::default()
            .with_text("KeyId", request.key_id)
            .with("GrantTokens", Value::Texts(request.grant_tokens));
        let described = self.call(&schema::DESCRIBE_KEY, fields).await?;
        match described.get("KeyMetadata") {
            Some(Value::KeyMetadata(metadata)) => key_metadata(metadata.clone()),
            _ => Err(Error::bug("a KMS field that its table does not have")),
        }
    }
}

fn public_key(mut record: Record) -> Result<GetPublicKeyResponse> {
    Ok(GetPublicKeyResponse {
        key_id: record.take_text("KeyId")?,
        public_key: record.take_bytes("PublicKey")?,
        key_spec: record.take_text("KeySpec")?,
        key_usage: record.take_text("KeyUsage")?,
        encryption_algorithms: record.take_texts("EncryptionAlgorithms"),
        signing_algorithms: record.take_texts("SigningAlgorithms"),
        key_agreement_algorithms: record.take_texts("KeyAgreementAlgorithms"),
    })
}

fn key_metadata(mut record: Record) -> Result<KeyMetadata> {
    Ok(KeyMetadata {
        key_id: record.take_text("KeyId")?,
        arn: record.take_text("Arn")?,
        account_id: record.take_some_text("AccountId"),
        enabled: record.take_flag("Enabled"),
        key_state: record.take_text("KeyState")?,
        key_usage: record.take_text("KeyUsage")?,
        key_spec: record.take_text("KeySpec")?,
        description: record.take_some_text("Description"),
        key_manager: record.take_some_text("KeyManager"),
        origin: record.take_some_text("Origin"),
        creation_date_ms: record.take_some_time_ms("CreationDate"),
        #[cfg(feature = "kms-admin")]
        valid_to_ms: record.take_some_time_ms("ValidTo"),
        #[cfg(feature = "kms-admin")]
        expiration_model: record.take_some_text("ExpirationModel"),
        deletion_date_ms: record.take_some_time_ms("DeletionDate"),
        encryption_algorithms: record.take_texts("EncryptionAlgorithms"),
        signing_algorithms: record.take_texts("SigningAlgorithms"),
        key_agreement_algorithms: record.take_texts("KeyAgreementAlgorithms"),
        mac_algorithms: record.take_texts("MacAlgorithms"),
        current_key_material_id: record.take_some_text("CurrentKeyMaterialId"),
        multi_region: record.take_flag("MultiRegion"),
        multi_region_key_type: record.take_some_text("MultiRegionKeyType"),
        primary_key_arn: record.take_some_text("PrimaryKeyArn"),
        replica_key_arns: record.take_texts("ReplicaKeyArns"),
    })
}

fn data_key(request: GenerateDataKeyRequest) -> Record {
    let fields = Record::default()
        .with_text("KeyId", request.key_id)
        .with("EncryptionContext", Value::Context(request.encryption_context))
        .with("GrantTokens", Value::Texts(request.grant_tokens));
    match request.size {
        DataKeySize::Aes128 => fields.with_text("KeySpec", "AES_128"),
        DataKeySize::Aes256 => fields.with_text("KeySpec", "AES_256"),
        DataKeySize::Bytes(n) => fields.with("NumberOfBytes", Value::Number(n)),
    }
}

/// How many secret bytes the endpoint is asked to make. A shorter data key would be a weaker one.
fn generated_length(operation: &Operation, fields: &Record) -> Result<Option<u32>> {
    let makes_data_key = operation.name.starts_with("GenerateDataKey")
        && operation.request.iter().any(|field| field.name == "NumberOfBytes");
    match (fields.text("KeySpec"), fields.get("NumberOfBytes")) {
        (None, Some(Value::Number(n))) => Ok(Some(*n)),
        (Some("AES_128"), None) if makes_data_key => Ok(Some(16)),
        (Some("AES_256"), None) if makes_data_key => Ok(Some(32)),
        _ if makes_data_key => {
            Err(argument("give keySpec ('AES_128' or 'AES_256') or numberOfBytes"))
        }
        _ => Ok(None),
    }
}

/// The real service refuses a signature by an error. One that says "not valid" in its answer must
/// not pass with a caller who looks for errors only.
fn require_valid(operation: &Operation, record: &Record, response: &Response<'_>) -> Result<()> {
    let invalid = record.iter().any(|(name, value)| {
        matches!(name, "SignatureValid" | "MacValid") && matches!(value, Value::Flag(false))
    });
    if !invalid {
        return Ok(());
    }
    Err(Error::from(Fault::Kms(Box::new(KmsFailure {
        kind: KmsKind::InvalidSignature,
        operation: operation.name,
        key_id: response.about.map(str::to_owned),
        name: None,
        message: "the endpoint answered that it is not valid".into(),
        status: 200,
        request_id: response.request_id.map(str::to_owned),
        attempts: response.attempts,
    }))))
}

/// The key ARN of an answer, for events of calls that named no key.
fn key_arn(record: &Record) -> Option<&str> {
    record.iter().find_map(|(name, value)| match value {
        Value::Text(id) if name == "KeyId" => Some(id.as_str()),
        Value::KeyMetadata(metadata) => metadata.text("Arn"),
        _ => None,
    })
}

fn check_key_id(key_id: &str) -> Result<()> {
    if key_id.is_empty() {
        return Err(argument("the key id is empty"));
    }
    KmsKeyId::parse(key_id).map(|_| ())
}

fn argument(problem: &'static str) -> Error {
    Error::misuse(Rule::Argument, problem)
}
