//! AWS KMS keyring (`aws-kms/aws-kms-keyring.md`): one symmetric KMS key, strict.

use crate::error::{Check, Error, Part, Result, Rule};
use crate::kms::{
    DataKeySize, DecryptRequest, EncryptRequest, GenerateDataKeyRequest, KmsArn, KmsClient,
    KmsKeyId, KmsResource,
};
use crate::port::LocalFuture;

use super::super::{
    EncryptedDataKey, EncryptionMaterials, Keyring, OpenRequest, OpenedKey, wrapping,
};
use super::{first_opened, not_mine};

const PROVIDER_ID: &str = "aws-kms";

/// Wraps data keys with one symmetric KMS key.
pub struct AwsKmsKeyring {
    kms: KmsClient,
    key_id: String,
    grant_tokens: Vec<String>,
}

impl AwsKmsKeyring {
    /// `key_id` is a key ARN, key id, alias name or alias ARN. KMS answers with ARNs, so that a keyring with
    /// anything but a key ARN can encrypt and not decrypt.
    pub fn new(kms: KmsClient, key_id: String, grant_tokens: Vec<String>) -> Result<Self> {
        KmsKeyId::parse(&key_id)?;
        Ok(Self { kms, key_id, grant_tokens })
    }

    async fn open_one(
        &self,
        request: &OpenRequest<'_>,
        edk: &EncryptedDataKey,
    ) -> Result<OpenedKey> {
        let expected = || format!("AWS KMS key '{}'", self.key_id);
        if edk.provider_id != PROVIDER_ID {
            return Err(not_mine(edk, expected()));
        }
        let key_id = edk.key_id();
        let arn = KmsArn::parse(&key_id)?;
        if arn.resource() != KmsResource::Key {
            let problem = format!("wrapped by '{key_id}', which is not a key ARN");
            return Err(Error::malformed(Part::EncryptedDataKey, problem));
        }
        if key_id != self.key_id {
            return Err(match KmsArn::parse(&self.key_id) {
                Ok(_) => not_mine(edk, expected()),
                Err(_) => {
                    let problem = format!(
                        "the keyring is configured with '{}'; to decrypt it needs the key's ARN",
                        self.key_id
                    );
                    Error::misuse(Rule::Keyring, problem)
                }
            });
        }
        let response = self
            .kms
            .decrypt(DecryptRequest {
                ciphertext_blob: wrapping::keyring_part(request.suite, edk)?.to_vec(),
                key_id: Some(self.key_id.clone()),
                encryption_context: request.context.to_vec(),
                grant_tokens: self.grant_tokens.clone(),
                ..Default::default()
            })
            .await?;
        if response.key_id != self.key_id {
            return Err(Error::unauthentic(Check::WrappedKey));
        }
        wrapping::open(request, edk, response.plaintext)
    }
}

impl Keyring for AwsKmsKeyring {
    fn wrap(
        &self,
        mut materials: EncryptionMaterials,
    ) -> LocalFuture<'_, Result<EncryptionMaterials>> {
        Box::pin(async move {
            let key_id = self.key_id.clone();
            let encryption_context = materials.context().to_vec();
            let grant_tokens = self.grant_tokens.clone();
            let (key, arn, wrapped) = if materials.data_key().is_none() {
                let size = DataKeySize::Bytes(materials.suite().key_len as u32);
                let request =
                    GenerateDataKeyRequest { key_id, size, encryption_context, grant_tokens };
                let response = self.kms.generate_data_key(request).await?;
                wrapping::adopt_key(&mut materials, &response.plaintext)?;
                (response.plaintext, response.key_id, response.ciphertext_blob)
            } else {
                let key = wrapping::next_key(&mut materials)?;
                let request = EncryptRequest {
                    key_id,
                    plaintext: key.clone(),
                    encryption_context,
                    grant_tokens,
                    ..Default::default()
                };
                let response = self.kms.encrypt(request).await?;
                (key, response.key_id, response.ciphertext_blob)
            };
            // What the encrypted data key will be found by: it must be an ARN.
            KmsArn::parse(&arn)
                .map_err(|_| Error::malformed(Part::KmsResponse, "its KeyId is not a key ARN"))?;
            wrapping::add(&mut materials, &key, PROVIDER_ID, arn.into_bytes(), &wrapped)?;
            Ok(materials)
        })
    }

    fn open<'a>(&'a self, request: OpenRequest<'a>) -> LocalFuture<'a, Result<OpenedKey>> {
        Box::pin(first_opened(request, async move |edk| self.open_one(&request, edk).await))
    }
}
