//! The KMS side of the AWS KMS ECDH keyring (`aws-kms/aws-kms-ecdh-keyring.md`): a private key for ECDH that
//! does not leave KMS. Wire format and schemes: [`super::EcdhKeyring`].

use core::fmt;

use crate::crypto::{EcdhCurve, EcdhPrivateKey, EcdhPublicKey, Secret};
use crate::error::{Error, Result, Rule};
use crate::host::LocalFuture;
use crate::kms::{DeriveSharedSecretRequest, KmsClient, KmsKeyId};

use super::{check_answer, public_key};

/// A KMS key of usage KEY_AGREEMENT, for [`EcdhKeyring`](super::EcdhKeyring).
///
/// ```
/// use fieldseal::crypto::{EcdhCurve, EcdhPrivateKey};
/// use fieldseal::materials::AwsKmsEcdhKey;
/// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
/// # use fieldseal_doctest::P256_KEY;
///
/// # fieldseal_doctest::run(async {
/// # let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
/// # let kms = KmsClient::new(config.into(), fieldseal_doctest::network())?;
/// let key = AwsKmsEcdhKey::new(kms.clone(), P256_KEY.into(), EcdhCurve::P256, None, vec![])?;
/// let public = key.public_key().await?; // GetPublicKey, once
///
/// // Whoever knows it saves that call:
/// let key = AwsKmsEcdhKey::new(kms, P256_KEY.into(), EcdhCurve::P256, Some(public.clone()), vec![])?;
/// assert_eq!(key.public_key().await?, public);
/// assert_eq!(key.agree(&public).await?.len(), 32);
/// # Ok(())
/// # });
/// ```
pub struct AwsKmsEcdhKey {
    kms: KmsClient,
    key_id: String,
    curve: EcdhCurve,
    /// Given by the caller, else asked for by GetPublicKey.
    public_key: Option<EcdhPublicKey>,
    grant_tokens: Vec<String>,
}

impl AwsKmsEcdhKey {
    /// `key_id` is a key ARN, key id, alias name or alias ARN.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::KeyId`](crate::error::Part::KeyId) for anything else.
    pub fn new(
        kms: KmsClient,
        key_id: String,
        curve: EcdhCurve,
        public_key: Option<EcdhPublicKey>,
        grant_tokens: Vec<String>,
    ) -> Result<Self> {
        KmsKeyId::parse(&key_id)?;
        Ok(Self { kms, key_id, curve, public_key, grant_tokens })
    }

    pub(super) fn curve(&self) -> EcdhCurve {
        self.curve
    }

    async fn fetch_public_key(&self) -> Result<EcdhPublicKey> {
        let response = public_key(&self.kms, &self.key_id, &self.grant_tokens).await?;
        let wanted = match self.curve {
            EcdhCurve::P256 => "ECC_NIST_P256",
            EcdhCurve::P384 => "ECC_NIST_P384",
            EcdhCurve::P521 => "ECC_NIST_P521",
        };
        if response.key_usage != "KEY_AGREEMENT" || response.key_spec != wanted {
            let problem = format!(
                "KMS key '{}' ({}, {}) is not for KEY_AGREEMENT on {}",
                self.key_id,
                response.key_spec,
                response.key_usage,
                self.curve.name()
            );
            return Err(Error::misuse(Rule::Keyring, problem));
        }
        EcdhPublicKey::from_spki(self.curve, &response.public_key)
    }
}

impl EcdhPrivateKey for AwsKmsEcdhKey {
    fn public_key(&self) -> LocalFuture<'_, Result<EcdhPublicKey>> {
        Box::pin(async move {
            match &self.public_key {
                Some(given) => Ok(given.clone()),
                None => self.fetch_public_key().await,
            }
        })
    }

    fn agree<'a>(&'a self, peer: &'a EcdhPublicKey) -> LocalFuture<'a, Result<Secret>> {
        Box::pin(async move {
            let request = DeriveSharedSecretRequest {
                key_id: self.key_id.clone(),
                public_key: peer.to_spki(),
                grant_tokens: self.grant_tokens.clone(),
            };
            let response = self.kms.derive_shared_secret(request).await?;
            check_answer(&self.key_id, &response.key_id)?;
            Ok(response.shared_secret)
        })
    }
}

impl fmt::Display for AwsKmsEcdhKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the AWS KMS ECDH keyring of '{}' on {}", self.key_id, self.curve.name())
    }
}
