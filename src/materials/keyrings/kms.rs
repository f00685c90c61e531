//! AWS KMS keyrings of one symmetric key, strict: `aws-kms/aws-kms-keyring.md` and, aware of multi-Region keys,
//! `aws-kms/aws-kms-mrk-keyring.md`. What opening has in common with the discovery keyrings is here too.

use crate::error::{Error, Part, Result, Rule};
use crate::kms::{
    DataKeySize, DecryptRequest, EncryptRequest, GenerateDataKeyRequest, KmsArn, KmsClient,
    KmsKeyId, KmsResource, mrk_match,
};
use crate::port::LocalFuture;

use super::super::{
    EncryptedDataKey, EncryptionMaterials, Keyring, OpenRequest, OpenedKey, wrapping,
};
use super::{check_answer, first_opened, not_mine};

const PROVIDER_ID: &str = "aws-kms";

/// Opens with one KMS client: Decrypt, and who answers.
pub(super) struct KmsOpener {
    pub(super) kms: KmsClient,
    pub(super) grant_tokens: Vec<String>,
}

impl KmsOpener {
    /// Opens the first encrypted data key that `choose` names a KMS key for and that opens with it.
    ///
    /// A key of this provider that is no key ARN fails the whole request before any call: no honest writer makes
    /// one (`aws-kms-keyring.md#ondecrypt`).
    pub(super) async fn open(
        &self,
        request: OpenRequest<'_>,
        expected: &str,
        // Not generic: one copy of all this serves every keyring.
        choose: &dyn Fn(&EncryptedDataKey, &KmsArn) -> Result<String>,
    ) -> Result<OpenedKey> {
        let edks = request.encrypted_data_keys.iter();
        if let Some(reason) = edks.filter_map(|edk| source(edk)?.err()).next() {
            return Err(Error::no_key(vec![reason]));
        }
        let open = async |edk| match source(edk) {
            None => Err(not_mine(edk, expected)),
            Some(arn) => self.open_with(&request, edk, choose(edk, &arn?)?).await,
        };
        first_opened(request, Box::new(|edk| Box::pin(open(edk)))).await
    }

    async fn open_with(
        &self,
        request: &OpenRequest<'_>,
        edk: &EncryptedDataKey,
        key_id: String,
    ) -> Result<OpenedKey> {
        let response = self
            .kms
            .decrypt(DecryptRequest {
                ciphertext_blob: wrapping::keyring_part(request.suite, edk)?.to_vec(),
                key_id: Some(key_id.clone()),
                encryption_context: request.context.to_vec(),
                grant_tokens: self.grant_tokens.clone(),
                ..Default::default()
            })
            .await?;
        check_answer(&key_id, &response.key_id)?;
        wrapping::open(request, edk, response.plaintext)
    }
}

/// The key that wrapped `edk`; `None` when that was no KMS key.
fn source(edk: &EncryptedDataKey) -> Option<Result<KmsArn>> {
    (edk.provider_id == PROVIDER_ID).then(|| {
        let key_id = edk.key_id();
        let arn = KmsArn::parse(&key_id)?;
        if arn.resource() != KmsResource::Key {
            let problem = format!("wrapped by '{key_id}', which is not a key ARN");
            return Err(Error::malformed(Part::EncryptedDataKey, problem));
        }
        Ok(arn)
    })
}

/// Wraps data keys with one symmetric KMS key.
pub struct AwsKmsKeyring {
    opener: KmsOpener,
    key_id: String,
    /// Replicas of the key in other Regions count as the same key.
    mrk_aware: bool,
}

impl AwsKmsKeyring {
    /// `key_id` is a key ARN, key id, alias name or alias ARN. KMS answers with ARNs, so that a keyring with
    /// anything but a key ARN can encrypt and not decrypt.
    pub fn new(kms: KmsClient, key_id: String, grant_tokens: Vec<String>) -> Result<Self> {
        KmsKeyId::parse(&key_id)?;
        let opener = KmsOpener { kms, grant_tokens };
        Ok(Self { opener, key_id, mrk_aware: false })
    }

    /// The same, aware of multi-Region keys: opens what a replica of its key wrapped in another Region.
    pub fn mrk_aware(kms: KmsClient, key_id: String, grant_tokens: Vec<String>) -> Result<Self> {
        Ok(Self { mrk_aware: true, ..Self::new(kms, key_id, grant_tokens)? })
    }

    fn expected(&self) -> String {
        format!("AWS KMS key '{}'", self.key_id)
    }

    /// The configured key, if it can open what `edk`'s key wrapped.
    fn choose(&self, edk: &EncryptedDataKey) -> Result<String> {
        let wrapped_by = edk.key_id();
        if wrapped_by == self.key_id || (self.mrk_aware && mrk_match(&self.key_id, &wrapped_by)) {
            return Ok(self.key_id.clone());
        }
        Err(match KmsArn::parse(&self.key_id) {
            Ok(_) if !self.mrk_aware && mrk_match(&self.key_id, &wrapped_by) => {
                let hint = "; for a replica of it, use awsKmsMrkKeyring";
                not_mine(edk, self.expected() + hint)
            }
            Ok(arn) if arn.resource() == KmsResource::Key => not_mine(edk, self.expected()),
            _ => {
                let problem = format!(
                    "the keyring is configured with '{}'; to decrypt it needs the key's ARN",
                    self.key_id
                );
                Error::misuse(Rule::Keyring, problem)
            }
        })
    }
}

impl Keyring for AwsKmsKeyring {
    fn wrap(
        &self,
        mut materials: EncryptionMaterials,
    ) -> LocalFuture<'_, Result<EncryptionMaterials>> {
        Box::pin(async move {
            let KmsOpener { kms, grant_tokens } = &self.opener;
            let (key_id, grant_tokens) = (self.key_id.clone(), grant_tokens.clone());
            let encryption_context = materials.context().to_vec();
            let (key, arn, wrapped) = if materials.data_key().is_none() {
                let size = DataKeySize::Bytes(materials.suite().key_len as u32);
                let request =
                    GenerateDataKeyRequest { key_id, size, encryption_context, grant_tokens };
                let response = kms.generate_data_key(request).await?;
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
                let response = kms.encrypt(request).await?;
                (key, response.key_id, response.ciphertext_blob)
            };
            // What the encrypted data key will be found by.
            check_answer(&self.key_id, &arn)?;
            wrapping::add(&mut materials, &key, PROVIDER_ID, arn.into_bytes(), &wrapped)?;
            Ok(materials)
        })
    }

    fn open<'a>(&'a self, request: OpenRequest<'a>) -> LocalFuture<'a, Result<OpenedKey>> {
        Box::pin(async move {
            let expected = self.expected();
            self.opener.open(request, &expected, &|edk, _| self.choose(edk)).await
        })
    }
}
