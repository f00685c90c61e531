//! Requests and responses of the KMS operations, in the words of the AWS KMS API reference.
//!
//! `Debug` shows the keys of an encryption context, never its values.

use core::fmt;

use crate::crypto::Secret;

/// The pairs that a ciphertext is bound to; each key once. Not secret, but not for logs either.
///
/// ```
/// use fieldseal::kms::EncryptionContext;
///
/// let context: EncryptionContext = vec![("tenant".into(), "a".into())];
/// assert_eq!(context[0].0, "tenant");
/// ```
pub type EncryptionContext = Vec<(String, String)>;

/// How long a data key is to be.
///
/// ```
/// use fieldseal::kms::DataKeySize;
///
/// assert_eq!(DataKeySize::default().in_bytes(), 32);
/// assert_eq!(DataKeySize::Bytes(48).in_bytes(), 48);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DataKeySize {
    /// `KeySpec` `AES_128`: 16 bytes.
    Aes128,
    /// `KeySpec` `AES_256`: 32 bytes.
    #[default]
    Aes256,
    /// `NumberOfBytes`: 1 to 1,024 bytes.
    Bytes(u32),
}

impl DataKeySize {
    /// Length in bytes.
    pub fn in_bytes(self) -> u32 {
        match self {
            Self::Aes128 => 16,
            Self::Aes256 => 32,
            Self::Bytes(n) => n,
        }
    }
}

/// Input of GetPublicKey ([`KmsClient::get_public_key`](super::KmsClient::get_public_key)).
#[derive(Debug, Clone, Default)]
pub struct GetPublicKeyRequest {
    /// Key id, key ARN, alias name or alias ARN of an asymmetric key.
    pub key_id: String,
    /// Grant tokens.
    pub grant_tokens: Vec<String>,
}

/// Output of GetPublicKey ([`KmsClient::get_public_key`](super::KmsClient::get_public_key)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetPublicKeyResponse {
    /// Key ARN.
    pub key_id: String,
    /// DER-encoded SubjectPublicKeyInfo (RFC 5280).
    pub public_key: Vec<u8>,
    /// For example `RSA_2048` or `ECC_NIST_P256`.
    pub key_spec: String,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY` or `KEY_AGREEMENT`.
    pub key_usage: String,
    /// Algorithms for encryption; empty for other usages.
    pub encryption_algorithms: Vec<String>,
    /// Algorithms for signing; empty for other usages.
    pub signing_algorithms: Vec<String>,
    /// Algorithms for key agreement; empty for other usages.
    pub key_agreement_algorithms: Vec<String>,
}

/// Input of GenerateDataKey ([`KmsClient::generate_data_key`](super::KmsClient::generate_data_key)) and
/// GenerateDataKeyWithoutPlaintext.
#[derive(Clone, Default)]
pub struct GenerateDataKeyRequest {
    /// Key id, key ARN, alias name or alias ARN of a symmetric encryption key.
    pub key_id: String,
    /// Length of the data key.
    pub size: DataKeySize,
    /// Encryption context; empty for none.
    pub encryption_context: EncryptionContext,
    /// Grant tokens.
    pub grant_tokens: Vec<String>,
}

/// Output of GenerateDataKey ([`KmsClient::generate_data_key`](super::KmsClient::generate_data_key)).
#[derive(Debug)]
pub struct GenerateDataKeyResponse {
    /// Key ARN.
    pub key_id: String,
    /// The data key; as long as was asked for.
    pub plaintext: Secret,
    /// The data key, encrypted under the KMS key.
    pub ciphertext_blob: Vec<u8>,
}

/// Output of GenerateDataKeyWithoutPlaintext ([`KmsClient::generate_data_key_without_plaintext`](super::KmsClient::generate_data_key_without_plaintext)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerateDataKeyWithoutPlaintextResponse {
    /// Key ARN.
    pub key_id: String,
    /// The data key, encrypted under the KMS key.
    pub ciphertext_blob: Vec<u8>,
}

/// Input of GenerateDataKeyPair ([`KmsClient::generate_data_key_pair`](super::KmsClient::generate_data_key_pair)).
#[derive(Clone, Default)]
pub struct GenerateDataKeyPairRequest {
    /// Key id, key ARN, alias name or alias ARN of a symmetric encryption key.
    pub key_id: String,
    /// For example `RSA_3072` or `ECC_NIST_P384`.
    pub key_pair_spec: String,
    /// Encryption context; empty for none.
    pub encryption_context: EncryptionContext,
    /// Grant tokens.
    pub grant_tokens: Vec<String>,
}

/// Output of GenerateDataKeyPair ([`KmsClient::generate_data_key_pair`](super::KmsClient::generate_data_key_pair)).
#[derive(Debug)]
pub struct GenerateDataKeyPairResponse {
    /// Key ARN.
    pub key_id: String,
    /// What was asked for.
    pub key_pair_spec: String,
    /// DER-encoded SubjectPublicKeyInfo (RFC 5280).
    pub public_key: Vec<u8>,
    /// DER-encoded PKCS #8 (RFC 5958).
    pub private_key_plaintext: Secret,
    /// The private key, encrypted under the KMS key.
    pub private_key_ciphertext_blob: Vec<u8>,
}

/// Input of Sign ([`KmsClient::sign`](super::KmsClient::sign)).
#[derive(Clone, Default)]
pub struct SignRequest {
    /// Key id, key ARN, alias name or alias ARN of a `SIGN_VERIFY` key.
    pub key_id: String,
    /// For example `ECDSA_SHA_256` or `RSASSA_PSS_SHA_256`.
    pub signing_algorithm: String,
    /// 1 to 4,096 bytes, or the digest that the algorithm signs.
    pub message: Secret,
    /// Whether the message is a digest.
    pub is_digest: bool,
    /// Grant tokens.
    pub grant_tokens: Vec<String>,
}

/// Output of Sign ([`KmsClient::sign`](super::KmsClient::sign)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignResponse {
    /// Key ARN.
    pub key_id: String,
    /// For ECDSA in DER (RFC 3279, section 2.2.3).
    pub signature: Vec<u8>,
    /// The algorithm used.
    pub signing_algorithm: String,
}

/// Input of Encrypt ([`KmsClient::encrypt`](super::KmsClient::encrypt)).
#[derive(Clone, Default)]
pub struct EncryptRequest {
    /// Key id, key ARN, alias name or alias ARN.
    pub key_id: String,
    /// 1 to 4,096 bytes.
    pub plaintext: Secret,
    /// Encryption context; empty for none. Symmetric keys only.
    pub encryption_context: EncryptionContext,
    /// Needed for asymmetric keys, for example `RSAES_OAEP_SHA_256`.
    pub encryption_algorithm: Option<String>,
    /// Grant tokens.
    pub grant_tokens: Vec<String>,
}

/// Output of Encrypt ([`KmsClient::encrypt`](super::KmsClient::encrypt)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptResponse {
    /// Key ARN.
    pub key_id: String,
    /// Ciphertext.
    pub ciphertext_blob: Vec<u8>,
    /// The algorithm used, where the endpoint says so.
    pub encryption_algorithm: Option<String>,
}

/// Input of Decrypt ([`KmsClient::decrypt`](super::KmsClient::decrypt)).
#[derive(Clone, Default)]
pub struct DecryptRequest {
    /// Ciphertext; at least 1 byte.
    pub ciphertext_blob: Vec<u8>,
    /// The key it was encrypted under; needed for asymmetric keys, and wise for all.
    pub key_id: Option<String>,
    /// The encryption context used on encryption; empty for none.
    pub encryption_context: EncryptionContext,
    /// Needed for asymmetric keys, for example `RSAES_OAEP_SHA_256`.
    pub encryption_algorithm: Option<String>,
    /// Grant tokens.
    pub grant_tokens: Vec<String>,
}

/// Output of Decrypt ([`KmsClient::decrypt`](super::KmsClient::decrypt)).
#[derive(Debug)]
pub struct DecryptResponse {
    /// Key ARN.
    pub key_id: String,
    /// Plaintext.
    pub plaintext: Secret,
    /// The algorithm used, where the endpoint says so.
    pub encryption_algorithm: Option<String>,
}

/// Input of ReEncrypt ([`KmsClient::re_encrypt`](super::KmsClient::re_encrypt)).
#[derive(Clone, Default)]
pub struct ReEncryptRequest {
    /// Ciphertext; at least 1 byte.
    pub ciphertext_blob: Vec<u8>,
    /// The key it was encrypted under; needed for asymmetric keys, and wise for all.
    pub source_key_id: Option<String>,
    /// The encryption context it was encrypted with.
    pub source_encryption_context: EncryptionContext,
    /// The algorithm it was encrypted with; needed for asymmetric keys.
    pub source_encryption_algorithm: Option<String>,
    /// The key to encrypt under.
    pub destination_key_id: String,
    /// The encryption context to encrypt with.
    pub destination_encryption_context: EncryptionContext,
    /// The algorithm to encrypt with; needed for asymmetric keys.
    pub destination_encryption_algorithm: Option<String>,
    /// Grant tokens.
    pub grant_tokens: Vec<String>,
}

/// Output of ReEncrypt ([`KmsClient::re_encrypt`](super::KmsClient::re_encrypt)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReEncryptResponse {
    /// The new ciphertext.
    pub ciphertext_blob: Vec<u8>,
    /// ARN of the key it is encrypted under now.
    pub key_id: String,
    /// The key it was encrypted under before.
    pub source_key_id: Option<String>,
    /// The algorithm it was decrypted with, where the endpoint says so.
    pub source_encryption_algorithm: Option<String>,
    /// The algorithm it is encrypted with, where the endpoint says so.
    pub destination_encryption_algorithm: Option<String>,
}

/// Input of DeriveSharedSecret ([`KmsClient::derive_shared_secret`](super::KmsClient::derive_shared_secret)); the algorithm is ECDH, the only one there is.
#[derive(Debug, Clone, Default)]
pub struct DeriveSharedSecretRequest {
    /// Key id, key ARN, alias name or alias ARN of a key of usage `KEY_AGREEMENT`.
    pub key_id: String,
    /// The other side's public key: DER-encoded SubjectPublicKeyInfo.
    pub public_key: Vec<u8>,
    /// Grant tokens.
    pub grant_tokens: Vec<String>,
}

/// Output of DeriveSharedSecret ([`KmsClient::derive_shared_secret`](super::KmsClient::derive_shared_secret)).
#[derive(Debug)]
pub struct DeriveSharedSecretResponse {
    /// Key ARN.
    pub key_id: String,
    /// The x coordinate of the shared point.
    pub shared_secret: Secret,
}

/// Input of DescribeKey ([`KmsClient::describe_key`](super::KmsClient::describe_key)).
#[derive(Debug, Clone, Default)]
pub struct DescribeKeyRequest {
    /// Key id, key ARN, alias name or alias ARN.
    pub key_id: String,
    /// Grant tokens.
    pub grant_tokens: Vec<String>,
}

/// `KeyMetadata` of DescribeKey ([`KmsClient::describe_key`](super::KmsClient::describe_key)). Fields that an endpoint may leave
/// out are options.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyMetadata {
    /// Key id, without the ARN's other elements.
    pub key_id: String,
    /// Key ARN.
    pub arn: String,
    /// Account that owns the key.
    pub account_id: Option<String>,
    /// Whether the key is enabled.
    pub enabled: bool,
    /// For example `Enabled`, `Disabled`, `PendingDeletion`.
    pub key_state: String,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, `GENERATE_VERIFY_MAC` or `KEY_AGREEMENT`.
    pub key_usage: String,
    /// For example `SYMMETRIC_DEFAULT` or `RSA_2048`.
    pub key_spec: String,
    /// Description.
    pub description: Option<String>,
    /// `AWS` or `CUSTOMER`.
    pub key_manager: Option<String>,
    /// Where the key material comes from, for example `AWS_KMS`.
    pub origin: Option<String>,
    /// Unix time in milliseconds of the key's creation.
    pub creation_date_ms: Option<u64>,
    /// Unix time in milliseconds at which imported material expires, if it does.
    #[cfg(feature = "kms-admin")]
    pub valid_to_ms: Option<u64>,
    /// `KEY_MATERIAL_EXPIRES` or `KEY_MATERIAL_DOES_NOT_EXPIRE`, of imported material.
    #[cfg(feature = "kms-admin")]
    pub expiration_model: Option<String>,
    /// Unix time in milliseconds at which the key will be deleted, if that is planned.
    pub deletion_date_ms: Option<u64>,
    /// Algorithms for encryption; empty for other usages.
    pub encryption_algorithms: Vec<String>,
    /// Algorithms for signing; empty for other usages.
    pub signing_algorithms: Vec<String>,
    /// Algorithms for key agreement; empty for other usages.
    pub key_agreement_algorithms: Vec<String>,
    /// Algorithms for MACs; empty for other usages.
    pub mac_algorithms: Vec<String>,
    /// The key material that encrypts now, for symmetric keys.
    pub current_key_material_id: Option<String>,
    /// Whether it is a multi-Region key.
    pub multi_region: bool,
    /// `PRIMARY` or `REPLICA`, for multi-Region keys.
    pub multi_region_key_type: Option<String>,
    /// ARN of the primary, for multi-Region keys.
    pub primary_key_arn: Option<String>,
    /// ARNs of the replicas, for multi-Region keys.
    pub replica_key_arns: Vec<String>,
}

/// Shows the keys of an encryption context only.
struct KeysOf<'a>(&'a EncryptionContext);

impl fmt::Debug for KeysOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(key, _)| key)).finish()
    }
}

impl fmt::Debug for GenerateDataKeyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerateDataKeyRequest")
            .field("key_id", &self.key_id)
            .field("size", &self.size)
            .field("encryption_context_keys", &KeysOf(&self.encryption_context))
            .field("grant_tokens", &self.grant_tokens.len())
            .finish()
    }
}

impl fmt::Debug for GenerateDataKeyPairRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerateDataKeyPairRequest")
            .field("key_id", &self.key_id)
            .field("key_pair_spec", &self.key_pair_spec)
            .field("encryption_context_keys", &KeysOf(&self.encryption_context))
            .field("grant_tokens", &self.grant_tokens.len())
            .finish()
    }
}

impl fmt::Debug for SignRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignRequest")
            .field("key_id", &self.key_id)
            .field("signing_algorithm", &self.signing_algorithm)
            .field("message", &self.message)
            .field("grant_tokens", &self.grant_tokens.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for EncryptRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptRequest")
            .field("key_id", &self.key_id)
            .field("plaintext", &self.plaintext)
            .field("encryption_context_keys", &KeysOf(&self.encryption_context))
            .field("encryption_algorithm", &self.encryption_algorithm)
            .field("grant_tokens", &self.grant_tokens.len())
            .finish()
    }
}

impl fmt::Debug for DecryptRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptRequest")
            .field("ciphertext_blob_len", &self.ciphertext_blob.len())
            .field("key_id", &self.key_id)
            .field("encryption_context_keys", &KeysOf(&self.encryption_context))
            .field("encryption_algorithm", &self.encryption_algorithm)
            .field("grant_tokens", &self.grant_tokens.len())
            .finish()
    }
}

impl fmt::Debug for ReEncryptRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReEncryptRequest")
            .field("ciphertext_blob_len", &self.ciphertext_blob.len())
            .field("source_key_id", &self.source_key_id)
            .field("source_encryption_context_keys", &KeysOf(&self.source_encryption_context))
            .field("source_encryption_algorithm", &self.source_encryption_algorithm)
            .field("destination_key_id", &self.destination_key_id)
            .field(
                "destination_encryption_context_keys",
                &KeysOf(&self.destination_encryption_context),
            )
            .field("destination_encryption_algorithm", &self.destination_encryption_algorithm)
            .field("grant_tokens", &self.grant_tokens.len())
            .finish()
    }
}
