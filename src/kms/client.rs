//! The client: one method for each KMS operation.

use core::fmt;
use std::rc::Rc;

use crate::error::{Error, Result, Rule};
use crate::port::Network;

use super::arn::KmsKeyId;
use super::call::{Call, Caller};
use super::config::KmsConfig;
use super::operations::{
    DataKeySize, DecryptRequest, DecryptResponse, DeriveSharedSecretRequest,
    DeriveSharedSecretResponse, DescribeKeyRequest, EncryptRequest, EncryptResponse,
    EncryptionContext, GenerateDataKeyRequest, GenerateDataKeyResponse,
    GenerateDataKeyWithoutPlaintextResponse, GetPublicKeyRequest, GetPublicKeyResponse,
    KeyMetadata, ReEncryptRequest, ReEncryptResponse,
};
use super::protocol::Fields;
use super::public_keys::PublicKeys;

/// The most bytes that the Encrypt operation takes.
const MAX_PLAINTEXT: usize = 4096;
/// The most bytes of a generated data key.
const MAX_DATA_KEY: u32 = 1024;

/// A client for an endpoint that speaks the AWS KMS JSON protocol. Cheap to clone; clones share
/// credentials and public keys.
///
/// All methods fail with
/// - [`Error::Misuse`] ([`Rule::Argument`]) or [`Error::Malformed`] (key id) before anything is
///   sent;
/// - [`Error::Kms`] if the endpoint refuses, fails or cannot be reached, after the retries that
///   make sense;
/// - [`Error::Malformed`] ([`Part::KmsResponse`](crate::error::Part::KmsResponse)) if it answers
///   nonsense.
#[derive(Clone)]
pub struct KmsClient(Rc<Inner>);

struct Inner {
    caller: Rc<Caller>,
    public_keys: PublicKeys,
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
    /// [`Error::Misuse`] with [`Rule::Config`]: neither endpoint nor Region, an unusable endpoint
    /// URL, Region or header, SigV4 without a Region, no attempt or no time allowed.
    pub fn new(config: KmsConfig, network: Rc<dyn Network>) -> Result<Self> {
        let caller = Rc::new(Caller::new(config, network)?);
        Ok(Self(Rc::new(Inner { caller, public_keys: PublicKeys::default() })))
    }

    /// The Region of the configuration.
    pub fn region(&self) -> Option<&str> {
        self.0.caller.config.region.as_deref()
    }

    /// GetPublicKey. At most one call is in flight for a key id, and its result is kept until
    /// [`forget_public_key`](Self::forget_public_key); a failure is not kept.
    pub async fn get_public_key(
        &self,
        request: GetPublicKeyRequest,
    ) -> Result<GetPublicKeyResponse> {
        check_key_id(&request.key_id)?;
        let GetPublicKeyRequest { key_id, grant_tokens } = request;
        let fetch = || {
            let caller = Rc::clone(&self.0.caller);
            let (key_id, grant_tokens) = (key_id.clone(), grant_tokens.clone());
            let call = async move {
                let fields = Fields {
                    key_id: Some(&key_id),
                    grant_tokens: &grant_tokens,
                    ..Fields::default()
                };
                let call = Call::new("GetPublicKey", Some(&key_id), fields.body()?, &[]);
                caller.run(call, |r| r.get_public_key()).await
            };
            Box::pin(call) as _
        };
        let key = self.0.public_keys.get(&key_id, &grant_tokens, fetch).await?;
        Ok((*key).clone())
    }

    /// Drops the kept public key of this key id, for example after a key was replaced behind an
    /// alias.
    pub fn forget_public_key(&self, key_id: &str) {
        self.0.public_keys.forget(key_id);
    }

    /// GenerateDataKey. The plaintext has the length asked for.
    pub async fn generate_data_key(
        &self,
        request: GenerateDataKeyRequest,
    ) -> Result<GenerateDataKeyResponse> {
        let size = request.size.in_bytes();
        let call = data_key_call("GenerateDataKey", &request)?;
        self.0.caller.run(call, |r| r.generate_data_key(size)).await
    }

    /// GenerateDataKeyWithoutPlaintext.
    pub async fn generate_data_key_without_plaintext(
        &self,
        request: GenerateDataKeyRequest,
    ) -> Result<GenerateDataKeyWithoutPlaintextResponse> {
        let call = data_key_call("GenerateDataKeyWithoutPlaintext", &request)?;
        self.0.caller.run(call, |r| r.generate_data_key_without_plaintext()).await
    }

    /// Encrypt, for 1 to 4,096 bytes.
    ///
    /// # Errors
    /// [`Error::Limit`] for more bytes, before anything is sent.
    pub async fn encrypt(&self, request: EncryptRequest) -> Result<EncryptResponse> {
        check_key_id(&request.key_id)?;
        if request.plaintext.is_empty() {
            return Err(argument("the plaintext is empty"));
        }
        if request.plaintext.len() > MAX_PLAINTEXT {
            return Err(Error::Limit {
                what: "KMS Encrypt plaintext, bytes; encrypt with a data key instead \
                       (envelope encryption)",
                limit: MAX_PLAINTEXT as u64,
                found: request.plaintext.len() as u64,
                attribute: None,
            });
        }
        let fields = Fields {
            key_id: Some(&request.key_id),
            encryption_context: &request.encryption_context,
            encryption_algorithm: request.encryption_algorithm.as_deref(),
            grant_tokens: &request.grant_tokens,
            plaintext: &request.plaintext,
            ..Fields::default()
        };
        let body = fields.body()?;
        let contexts = [&request.encryption_context];
        let call = Call::new("Encrypt", Some(&request.key_id), body, &contexts);
        // Not needed any more: wiped before the wait for the network.
        drop(request);
        self.0.caller.run(call, |r| r.encrypt()).await
    }

    /// Decrypt.
    pub async fn decrypt(&self, request: DecryptRequest) -> Result<DecryptResponse> {
        let key_id = request.key_id.as_deref();
        key_id.map_or(Ok(()), check_key_id)?;
        check_ciphertext(&request.ciphertext_blob)?;
        let fields = Fields {
            key_id,
            ciphertext_blob: &request.ciphertext_blob,
            encryption_context: &request.encryption_context,
            encryption_algorithm: request.encryption_algorithm.as_deref(),
            grant_tokens: &request.grant_tokens,
            ..Fields::default()
        };
        let contexts = [&request.encryption_context];
        let call = Call::new("Decrypt", key_id, fields.body()?, &contexts);
        self.0.caller.run(call, |r| r.decrypt()).await
    }

    /// ReEncrypt. The key id in errors and events is the destination's.
    pub async fn re_encrypt(&self, request: ReEncryptRequest) -> Result<ReEncryptResponse> {
        check_key_id(&request.destination_key_id)?;
        request.source_key_id.as_deref().map_or(Ok(()), check_key_id)?;
        check_ciphertext(&request.ciphertext_blob)?;
        let fields = Fields {
            ciphertext_blob: &request.ciphertext_blob,
            source_key_id: request.source_key_id.as_deref(),
            source_encryption_context: &request.source_encryption_context,
            source_encryption_algorithm: request.source_encryption_algorithm.as_deref(),
            destination_key_id: Some(&request.destination_key_id),
            destination_encryption_context: &request.destination_encryption_context,
            destination_encryption_algorithm: request.destination_encryption_algorithm.as_deref(),
            grant_tokens: &request.grant_tokens,
            ..Fields::default()
        };
        let contexts =
            [&request.source_encryption_context, &request.destination_encryption_context];
        let key_id = Some(request.destination_key_id.as_str());
        let call = Call::new("ReEncrypt", key_id, fields.body()?, &contexts);
        self.0.caller.run(call, |r| r.re_encrypt()).await
    }

    /// DeriveSharedSecret, by ECDH.
    pub async fn derive_shared_secret(
        &self,
        request: DeriveSharedSecretRequest,
    ) -> Result<DeriveSharedSecretResponse> {
        check_key_id(&request.key_id)?;
        if request.public_key.is_empty() {
            return Err(argument("the public key is empty"));
        }
        let fields = Fields {
            key_id: Some(&request.key_id),
            key_agreement_algorithm: Some("ECDH"),
            public_key: &request.public_key,
            grant_tokens: &request.grant_tokens,
            ..Fields::default()
        };
        let call = Call::new("DeriveSharedSecret", Some(&request.key_id), fields.body()?, &[]);
        self.0.caller.run(call, |r| r.derive_shared_secret()).await
    }

    /// DescribeKey.
    pub async fn describe_key(&self, request: DescribeKeyRequest) -> Result<KeyMetadata> {
        check_key_id(&request.key_id)?;
        let fields = Fields {
            key_id: Some(&request.key_id),
            grant_tokens: &request.grant_tokens,
            ..Fields::default()
        };
        let call = Call::new("DescribeKey", Some(&request.key_id), fields.body()?, &[]);
        self.0.caller.run(call, |r| r.describe_key()).await
    }
}

fn data_key_call(operation: &'static str, request: &GenerateDataKeyRequest) -> Result<Call> {
    check_key_id(&request.key_id)?;
    let (key_spec, number_of_bytes) = match request.size {
        DataKeySize::Aes128 => (Some("AES_128"), None),
        DataKeySize::Aes256 => (Some("AES_256"), None),
        DataKeySize::Bytes(n) if (1..=MAX_DATA_KEY).contains(&n) => (None, Some(n)),
        DataKeySize::Bytes(n) => {
            return Err(argument(&format!("a data key has 1 to {MAX_DATA_KEY} bytes, not {n}")));
        }
    };
    let fields = Fields {
        key_id: Some(&request.key_id),
        key_spec,
        number_of_bytes,
        encryption_context: &request.encryption_context,
        grant_tokens: &request.grant_tokens,
        ..Fields::default()
    };
    let contexts: [&EncryptionContext; 1] = [&request.encryption_context];
    Ok(Call::new(operation, Some(&request.key_id), fields.body()?, &contexts))
}

fn check_key_id(key_id: &str) -> Result<()> {
    if key_id.is_empty() {
        return Err(argument("the key id is empty"));
    }
    KmsKeyId::parse(key_id).map(|_| ())
}

fn check_ciphertext(ciphertext: &[u8]) -> Result<()> {
    if ciphertext.is_empty() { Err(argument("the ciphertext is empty")) } else { Ok(()) }
}

fn argument(problem: &str) -> Error {
    Error::misuse(Rule::Argument, problem)
}
