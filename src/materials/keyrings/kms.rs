//! AWS KMS keyrings of one symmetric key, strict: `aws-kms/aws-kms-keyring.md` and, aware of multi-Region keys,
//! `aws-kms/aws-kms-mrk-keyring.md`. What opening has in common with the discovery keyrings is here too.

use crate::error::{Error, Part, Reasons, Result, Rule};
use crate::host::LocalFuture;
use crate::kms::{
    DataKeySize, DecryptRequest, EncryptRequest, GenerateDataKeyRequest, KmsArn, KmsClient,
    KmsKeyId, KmsResource, mrk_match,
};

use super::super::{
    EncryptedDataKey, EncryptionMaterials, Keyring, OpenRequest, OpenedKey, wrapping,
};
use super::{Opener, check_answer, first_opened, not_mine};

const PROVIDER_ID: &str = "aws-kms";

/// Opens with one KMS client: Decrypt, and who answers.
pub(super) struct KmsOpener {
    pub(super) kms: KmsClient,
    pub(super) grant_tokens: Vec<String>,
}

/// Which of the encrypted data keys that KMS keys wrapped are a keyring's.
pub(super) trait KmsChoice {
    /// The KMS key to open with what the key `arn` wrapped, if it is this keyring's.
    fn choose(&self, arn: &KmsArn, key_id: &str) -> Option<String>;

    /// The error about another keyring's.
    fn not_mine(&self, edk: &EncryptedDataKey) -> Error;
}

impl KmsOpener {
    /// Opens the first encrypted data key that `choice` names a KMS key for and that opens with it.
    ///
    /// A key of this provider that is no key ARN fails the whole request before any call: no honest writer makes
    /// one (`aws-kms-keyring.md#ondecrypt`).
    pub(super) async fn open(
        &self,
        request: OpenRequest<'_>,
        choice: &dyn KmsChoice,
    ) -> Result<OpenedKey> {
        let edks = request.encrypted_data_keys.iter();
        if let Some(reason) = edks.filter_map(|edk| source(edk)?.err()).next() {
            let mut reasons = Reasons::default();
            reasons.add(reason);
            return Err(reasons.into_error());
        }
        first_opened(request, &Opening { opener: self, choice }).await
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

/// One request to open.
struct Opening<'a> {
    opener: &'a KmsOpener,
    choice: &'a dyn KmsChoice,
}

impl Opening<'_> {
    fn choose(&self, edk: &EncryptedDataKey) -> Option<String> {
        self.choice.choose(&source(edk)?.ok()?, edk.key_id())
    }
}

impl Opener for Opening<'_> {
    fn is_mine(&self, edk: &EncryptedDataKey) -> bool {
        self.choose(edk).is_some()
    }

    fn not_mine(&self, edk: &EncryptedDataKey) -> Error {
        self.choice.not_mine(edk)
    }

    fn open_one<'a>(
        &'a self,
        request: OpenRequest<'a>,
        edk: &'a EncryptedDataKey,
    ) -> LocalFuture<'a, Result<OpenedKey>> {
        Box::pin(async move {
            let key_id = self.choose(edk).ok_or_else(|| self.not_mine(edk))?;
            self.opener.open_with(&request, edk, key_id).await
        })
    }
}

/// The key that wrapped `edk`; `None` when that was no KMS key.
fn source(edk: &EncryptedDataKey) -> Option<Result<KmsArn>> {
    (edk.provider_id == PROVIDER_ID).then(|| {
        let key_id = edk.key_id();
        let arn = KmsArn::parse(key_id)?;
        if arn.resource() != KmsResource::Key {
            let problem = format!("wrapped by '{key_id}', which is not a key ARN");
            return Err(Error::malformed(Part::EncryptedDataKey, problem));
        }
        Ok(arn)
    })
}

/// Wraps data keys with one symmetric KMS key.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::aws::ClientConfig;
/// use fieldseal::crypto::Secret;
/// use fieldseal::host::{HttpFailure, HttpRequest, HttpResponse, LocalFuture, Network};
/// use fieldseal::kms::KmsClient;
/// use fieldseal::materials::{AwsKmsKeyring, EncryptionContext, EncryptionMaterials, Keyring, Suite};
///
/// const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
///
/// /// Your HTTP client and clock. This one responds to GenerateDataKey, with a key of zeros.
/// struct Host;
///
/// impl Network for Host {
///     fn send(&self, request: HttpRequest) -> LocalFuture<'_, Result<HttpResponse, HttpFailure>> {
///         let target = ("x-amz-target".into(), "TrentService.GenerateDataKey".into());
///         assert!(request.headers.contains(&target));
///         let key = "A".repeat(43) + "=";
///         let body = format!(r#"{{"KeyId":"{KEY}","Plaintext":"{key}","CiphertextBlob":"AQID"}}"#);
///         let body = Secret::new(body.into_bytes());
///         Box::pin(async move { Ok(HttpResponse { status: 200, headers: vec![], body }) })
///     }
///
///     fn now_ms(&self) -> u64 {
///         1_772_323_200_000
///     }
///
///     fn sleep_ms(&self, _: u32) -> LocalFuture<'_, ()> {
///         Box::pin(async {})
///     }
/// }
///
/// # fieldseal_doctest::run(async {
/// let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
/// let kms = KmsClient::new(config.into(), Rc::new(Host))?;
/// let keyring = AwsKmsKeyring::new(kms, KEY.into(), vec![])?;
///
/// let suite = Suite::by_id(0x6700).unwrap();
/// let materials = EncryptionMaterials::new(suite, EncryptionContext::new(), vec![], None)?;
/// let sealed = keyring.wrap(materials).await?;
/// assert_eq!(sealed.encrypted_data_keys()[0].provider_info, KEY.as_bytes());
/// # Ok(())
/// # });
/// ```
pub struct AwsKmsKeyring {
    opener: KmsOpener,
    key_id: String,
    /// Replicas of the key in other Regions count as the same key.
    mrk_aware: bool,
}

impl AwsKmsKeyring {
    /// `key_id` is a key ARN, key id, alias name or alias ARN. KMS answers with ARNs, so that a keyring with
    /// anything but a key ARN can encrypt and not decrypt.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::KeyId`] for anything else.
    pub fn new(kms: KmsClient, key_id: String, grant_tokens: Vec<String>) -> Result<Self> {
        KmsKeyId::parse(&key_id)?;
        let opener = KmsOpener { kms, grant_tokens };
        Ok(Self { opener, key_id, mrk_aware: false })
    }

    /// The same, aware of multi-Region keys: opens what a replica of its key wrapped in another Region.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    ///
    /// ```
    /// use fieldseal::materials::{
    ///     AwsKmsKeyring, EncryptionContext, EncryptionMaterials, Keyring, OpenRequest, Suite,
    /// };
    /// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
    ///
    /// const MRK: &str = "arn:aws:kms:eu-central-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
    ///
    /// # fieldseal_doctest::run(async {
    /// # let network = fieldseal_doctest::network();
    /// # let client = |region: &str| {
    /// #     let config = ClientConfig { region: Some(region.into()), ..ClientConfig::default() };
    /// #     KmsClient::new(config.into(), network.clone())
    /// # };
    /// let frankfurt = AwsKmsKeyring::mrk_aware(client("eu-central-1")?, MRK.into(), vec![])?;
    /// let replica = MRK.replace("eu-central-1", "eu-west-1");
    /// let dublin = AwsKmsKeyring::mrk_aware(client("eu-west-1")?, replica, vec![])?;
    ///
    /// let (suite, context) = (Suite::by_id(0x6700).unwrap(), EncryptionContext::new());
    /// let materials = EncryptionMaterials::new(suite, context.clone(), vec![], None)?;
    /// let sealed = frankfurt.wrap(materials).await?;
    /// let encrypted_data_keys = sealed.encrypted_data_keys();
    /// let request = OpenRequest { suite, context: &context, aad: &[], encrypted_data_keys };
    /// assert!(dublin.open(request).await.is_ok());
    /// # Ok(())
    /// # });
    /// ```
    pub fn mrk_aware(kms: KmsClient, key_id: String, grant_tokens: Vec<String>) -> Result<Self> {
        Ok(Self { mrk_aware: true, ..Self::new(kms, key_id, grant_tokens)? })
    }
}

impl KmsChoice for AwsKmsKeyring {
    fn choose(&self, _: &KmsArn, key_id: &str) -> Option<String> {
        let mine = key_id == self.key_id || (self.mrk_aware && mrk_match(&self.key_id, key_id));
        mine.then(|| self.key_id.clone())
    }

    fn not_mine(&self, edk: &EncryptedDataKey) -> Error {
        let expected = format!("AWS KMS key '{}'", self.key_id);
        if edk.provider_id != PROVIDER_ID {
            return not_mine(edk, expected);
        }
        match KmsArn::parse(&self.key_id) {
            Ok(_) if mrk_match(&self.key_id, edk.key_id()) => {
                not_mine(edk, expected + "; for a replica of it, use awsKmsMrkKeyring")
            }
            Ok(arn) if arn.resource() == KmsResource::Key => not_mine(edk, expected),
            _ => {
                let problem = format!(
                    "the keyring is configured with '{}'; to decrypt it needs the key's ARN",
                    self.key_id
                );
                Error::misuse(Rule::Keyring, problem)
            }
        }
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
        Box::pin(self.opener.open(request, self))
    }
}
