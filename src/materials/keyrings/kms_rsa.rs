//! AWS KMS RSA keyring (`aws-kms/aws-kms-rsa-keyring.md`): seals with a downloaded public key, without a call
//! and without credentials; opens through KMS Decrypt.

use crate::crypto::{RsaPadding, RsaPublicKey, Secret, constant_time_eq, sha384};
use crate::error::{Check, Error, Result, Rule};
use crate::host::LocalFuture;
use crate::kms::{DecryptRequest, KmsClient, KmsKeyId, mrk_match};

use super::super::{
    EncryptedDataKey, EncryptionMaterials, Keyring, OpenRequest, OpenedKey, wrapping,
};
use super::{Opener, check_answer, first_opened, not_mine, public_key};

const PROVIDER_ID: &str = "aws-kms-rsa";
/// The wrapped plaintext begins with SHA-384 of the encryption context: RSA itself binds none.
const CONTEXT_DIGEST_LEN: usize = 48;

/// Where the public key of an [`AwsKmsRsaKeyring`] comes from.
pub enum RsaPublicKeySource {
    /// The caller has it.
    Given(RsaPublicKey),
    /// GetPublicKey, once; the client keeps it.
    Kms,
}

/// Wraps data keys with the public half of an RSA KMS key: offline, once it is downloaded.
///
/// ```
/// use fieldseal::crypto::{RsaPadding, RsaPublicKey};
/// use fieldseal::materials::{
///     AwsKmsRsaKeyring, EncryptionContext, EncryptionMaterials, Keyring, OpenRequest,
///     RsaPublicKeySource, Suite,
/// };
/// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
/// # use fieldseal_doctest::RSA_KEY;
///
/// # fieldseal_doctest::run(async {
/// # let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
/// # let kms = KmsClient::new(config.into(), fieldseal_doctest::network())?;
/// # let pem = fieldseal_doctest::rsa_public_key();
/// // A form that seals and cannot open: it has the public key and no client …
/// let public = RsaPublicKeySource::Given(RsaPublicKey::from_spki(&pem)?);
/// let padding = RsaPadding::OaepSha256;
/// let form = AwsKmsRsaKeyring::new(None, RSA_KEY.into(), public, padding, vec![])?;
/// assert!(!form.serves_signing_suites());
///
/// let (suite, context) = (Suite::by_id(0x6700).unwrap(), EncryptionContext::new());
/// let materials = EncryptionMaterials::new(suite, context.clone(), vec![], None)?;
/// let sealed = form.wrap(materials).await?;
/// let encrypted_data_keys = sealed.encrypted_data_keys();
/// let request = OpenRequest { suite, context: &context, aad: &[], encrypted_data_keys };
/// assert_eq!(form.open(request).await.err().unwrap().root().unwrap().code(), "KEYRING_CANNOT");
///
/// // … and a service that may call KMS Decrypt.
/// let source = RsaPublicKeySource::Kms; // GetPublicKey, should it ever wrap
/// let service = AwsKmsRsaKeyring::new(Some(kms), RSA_KEY.into(), source, padding, vec![])?;
/// assert_eq!(service.open(request).await?.data_key[..], sealed.data_key().unwrap()[..]);
/// # Ok(())
/// # });
/// ```
pub struct AwsKmsRsaKeyring {
    kms: Option<KmsClient>,
    key_id: String,
    source: RsaPublicKeySource,
    padding: RsaPadding,
    grant_tokens: Vec<String>,
}

impl AwsKmsRsaKeyring {
    /// `key_id` is a key ARN or key id, not an alias. Without `kms` the keyring can only encrypt, and only
    /// with a given public key. `padding` is OAEP with SHA-1 or SHA-256, the two that KMS offers.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) with [`Rule::Config`] for an alias, another padding, or neither client nor public
    /// key; [`Fault::Malformed`](crate::error::Fault::Malformed) for what is not a key id.
    pub fn new(
        kms: Option<KmsClient>,
        key_id: String,
        source: RsaPublicKeySource,
        padding: RsaPadding,
        grant_tokens: Vec<String>,
    ) -> Result<Self> {
        let problem = if KmsKeyId::parse(&key_id)?.is_alias() {
            "kmsKeyId must be a key ARN or key id: an alias may point to another key tomorrow"
        } else if !matches!(padding, RsaPadding::OaepSha1 | RsaPadding::OaepSha256) {
            "encryptionAlgorithm must be RSAES_OAEP_SHA_1 or RSAES_OAEP_SHA_256"
        } else if kms.is_none() && matches!(source, RsaPublicKeySource::Kms) {
            "the AWS KMS RSA keyring needs publicKey (to encrypt offline), kms, or both"
        } else {
            return Ok(Self { kms, key_id, source, padding, grant_tokens });
        };
        Err(Error::misuse(Rule::Config, problem))
    }

    fn algorithm(&self) -> &'static str {
        match self.padding {
            RsaPadding::OaepSha1 => "RSAES_OAEP_SHA_1",
            _ => "RSAES_OAEP_SHA_256",
        }
    }

    fn kms(&self) -> Result<&KmsClient> {
        self.kms.as_ref().ok_or_else(|| {
            let problem =
                format!("the keyring of '{}' has no kms client to decrypt with", self.key_id);
            Error::misuse(Rule::Keyring, problem)
        })
    }

    async fn fetch_public_key(&self) -> Result<RsaPublicKey> {
        let response = public_key(self.kms()?, &self.key_id, &self.grant_tokens).await?;
        let offered = response.encryption_algorithms.iter().any(|a| a == self.algorithm());
        if response.key_usage != "ENCRYPT_DECRYPT" || !offered {
            let problem = format!(
                "KMS key '{}' ({}, {}) does not offer {}",
                self.key_id,
                response.key_spec,
                response.key_usage,
                self.algorithm()
            );
            return Err(Error::misuse(Rule::Keyring, problem));
        }
        RsaPublicKey::from_spki(&response.public_key)
    }
}

impl Opener for AwsKmsRsaKeyring {
    fn is_mine(&self, edk: &EncryptedDataKey) -> bool {
        edk.provider_id == PROVIDER_ID && mrk_match(&self.key_id, edk.key_id())
    }

    fn not_mine(&self, edk: &EncryptedDataKey) -> Error {
        not_mine(edk, format!("AWS KMS RSA key '{}'", self.key_id))
    }

    fn open_one<'a>(
        &'a self,
        request: OpenRequest<'a>,
        edk: &'a EncryptedDataKey,
    ) -> LocalFuture<'a, Result<OpenedKey>> {
        Box::pin(async move {
            let response = self
                .kms()?
                .decrypt(DecryptRequest {
                    ciphertext_blob: wrapping::keyring_part(request.suite, edk)?.to_vec(),
                    key_id: Some(self.key_id.clone()),
                    encryption_algorithm: Some(self.algorithm().into()),
                    grant_tokens: self.grant_tokens.clone(),
                    ..Default::default()
                })
                .await?;
            check_answer(&self.key_id, &response.key_id)?;
            match response.plaintext.split_at_checked(CONTEXT_DIGEST_LEN) {
                Some((digest, key)) if constant_time_eq(digest, &sha384(request.aad)) => {
                    wrapping::open(&request, edk, Secret::from(key))
                }
                _ => Err(Error::unauthentic(Check::WrappedKey)),
            }
        })
    }
}

impl Keyring for AwsKmsRsaKeyring {
    fn wrap(
        &self,
        mut materials: EncryptionMaterials,
    ) -> LocalFuture<'_, Result<EncryptionMaterials>> {
        Box::pin(async move {
            let fetched;
            let public_key = match &self.source {
                RsaPublicKeySource::Given(key) => key,
                RsaPublicKeySource::Kms => {
                    fetched = self.fetch_public_key().await?;
                    &fetched
                }
            };
            let key = wrapping::next_key(&mut materials)?;
            let mut message = Secret::zeros(CONTEXT_DIGEST_LEN + key.len());
            let (digest, rest) = message.bytes_mut().split_at_mut(CONTEXT_DIGEST_LEN);
            digest.copy_from_slice(&sha384(materials.aad()));
            rest.copy_from_slice(&key);
            let wrapped = public_key.encrypt(self.padding, &message).await?;
            let info = self.key_id.as_bytes().to_vec();
            wrapping::add(&mut materials, &key, PROVIDER_ID, info, &wrapped)?;
            Ok(materials)
        })
    }

    fn open<'a>(&'a self, request: OpenRequest<'a>) -> LocalFuture<'a, Result<OpenedKey>> {
        first_opened(request, self)
    }

    fn serves_signing_suites(&self) -> bool {
        false
    }
}
