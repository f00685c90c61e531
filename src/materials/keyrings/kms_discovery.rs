//! AWS KMS discovery keyrings: open with whatever symmetric KMS key wrapped (`aws-kms/aws-kms-discovery-keyring.md`)
//! and, aware of multi-Region keys, with its replica in one Region (`aws-kms/aws-kms-mrk-discovery-keyring.md`).

use crate::error::{Error, Result, Rule};
use crate::host::LocalFuture;
use crate::kms::{KmsArn, KmsClient};
use crate::util::text::join;

use super::super::{EncryptedDataKey, EncryptionMaterials, Keyring, OpenRequest, OpenedKey};
use super::kms::{KmsChoice, KmsOpener};
use super::not_mine;

/// Whose keys may open: a partition and accounts in it; see [`AwsKmsDiscoveryKeyring`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscoveryFilter {
    partition: String,
    account_ids: Vec<String>,
}

impl DiscoveryFilter {
    /// `partition` is `aws`, `aws-cn` or `aws-us-gov`; `account_ids` have 12 digits each.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) with [`Rule::Config`]: no account, or an empty string.
    pub fn new(partition: String, account_ids: Vec<String>) -> Result<Self> {
        let empty = partition.is_empty() || account_ids.iter().any(String::is_empty);
        if empty || account_ids.is_empty() {
            let problem = "a discovery filter needs a partition and at least one account id";
            return Err(Error::misuse(Rule::Config, problem));
        }
        Ok(Self { partition, account_ids })
    }

    fn allows(&self, arn: &KmsArn) -> bool {
        arn.partition() == self.partition && self.account_ids.iter().any(|id| id == arn.account())
    }
}

/// Opens with the KMS key that the encrypted data key names; wraps nothing.
///
/// ```
/// use fieldseal::materials::{
///     AwsKmsDiscoveryKeyring, AwsKmsKeyring, DiscoveryFilter, EncryptionContext, EncryptionMaterials,
///     Keyring, OpenRequest, Suite,
/// };
/// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
/// # use fieldseal_doctest::KEY;
///
/// # fieldseal_doctest::run(async {
/// # let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
/// # let kms = KmsClient::new(config.into(), fieldseal_doctest::network())?;
/// let filter = |account: &str| DiscoveryFilter::new("aws".into(), vec![account.into()]);
/// let ours = AwsKmsDiscoveryKeyring::new(kms.clone(), Some(filter("111122223333")?), vec![]);
/// let theirs = AwsKmsDiscoveryKeyring::new(kms.clone(), Some(filter("444455556666")?), vec![]);
///
/// # let (suite, context) = (Suite::by_id(0x6700).unwrap(), EncryptionContext::new());
/// # let materials = || EncryptionMaterials::new(suite, context.clone(), vec![], None);
/// let sealed = AwsKmsKeyring::new(kms.clone(), KEY.into(), vec![])?.wrap(materials()?).await?;
/// let encrypted_data_keys = sealed.encrypted_data_keys();
/// let request = OpenRequest { suite, context: &context, aad: &[], encrypted_data_keys };
/// assert!(ours.open(request).await.is_ok());
/// assert_eq!(theirs.open(request).await.err().unwrap().code(), "NO_KEYRING_OPENED");
/// assert_eq!(ours.wrap(materials()?).await.err().unwrap().code(), "KEYRING_CANNOT");
///
/// let mrk = AwsKmsDiscoveryKeyring::mrk_aware(kms, None, Some("eu-central-1".into()), vec![])?;
/// assert!(mrk.open(request).await.is_ok());
/// # Ok(())
/// # });
/// ```
pub struct AwsKmsDiscoveryKeyring {
    opener: KmsOpener,
    filter: Option<DiscoveryFilter>,
    /// Of the keyring that knows multi-Region keys: where it opens.
    region: Option<String>,
    /// What it is, for errors.
    name: String,
}

impl AwsKmsDiscoveryKeyring {
    /// Without a filter, any key that `kms` may use opens.
    pub fn new(kms: KmsClient, filter: Option<DiscoveryFilter>, grant_tokens: Vec<String>) -> Self {
        Self::with_region(kms, filter, None, grant_tokens)
    }

    /// Aware of multi-Region keys: opens in `region` what any replica of a key there wrapped. Without `region`
    /// the client's is meant.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) with [`Rule::Config`]: no Region, or another one than the client's.
    pub fn mrk_aware(
        kms: KmsClient,
        filter: Option<DiscoveryFilter>,
        region: Option<String>,
        grant_tokens: Vec<String>,
    ) -> Result<Self> {
        let problem = match (region, kms.region()) {
            (Some(region), Some(clients)) if region != clients => {
                format!("the keyring's region is '{region}' and its client's '{clients}'")
            }
            (Some(region), _) if region.is_empty() || region.contains(':') => {
                format!("'{region}' is not a Region")
            }
            (None, None) => {
                "an MRK discovery keyring needs region, or a kms client that has one".to_owned()
            }
            (region, clients) => {
                let region = region.or_else(|| clients.map(str::to_owned));
                return Ok(Self::with_region(kms, filter, region, grant_tokens));
            }
        };
        Err(Error::misuse(Rule::Config, problem))
    }

    fn with_region(
        kms: KmsClient,
        filter: Option<DiscoveryFilter>,
        region: Option<String>,
        grant_tokens: Vec<String>,
    ) -> Self {
        let mut name = "AWS KMS discovery".to_owned();
        if let Some(region) = &region {
            name += &format!(" in Region '{region}'");
        }
        if let Some(DiscoveryFilter { partition, account_ids }) = &filter {
            let accounts = join(&mut account_ids.iter().map(String::as_str), ", ");
            name += &format!(" for keys of partition '{partition}' and accounts {accounts}");
        }
        Self { opener: KmsOpener { kms, grant_tokens }, filter, region, name }
    }
}

impl KmsChoice for AwsKmsDiscoveryKeyring {
    fn choose(&self, arn: &KmsArn, key_id: &str) -> Option<String> {
        if self.filter.as_ref().is_some_and(|filter| !filter.allows(arn)) {
            return None;
        }
        match &self.region {
            // A region that was checked when the keyring was made.
            Some(region) if arn.is_mrk() => Some(arn.with_region(region).ok()?.to_string()),
            Some(region) if arn.region() != region => None,
            _ => Some(key_id.to_owned()),
        }
    }

    fn not_mine(&self, edk: &EncryptedDataKey) -> Error {
        let mut expected = self.name.clone();
        if let (Some(region), Ok(arn)) = (&self.region, KmsArn::parse(edk.key_id()))
            && self.filter.as_ref().is_none_or(|filter| filter.allows(&arn))
            && arn.region() != region
        {
            expected += "; a single-Region key opens in its own Region only";
        }
        not_mine(edk, expected)
    }
}

impl Keyring for AwsKmsDiscoveryKeyring {
    fn wrap(&self, _: EncryptionMaterials) -> LocalFuture<'_, Result<EncryptionMaterials>> {
        let problem = "a discovery keyring can only decrypt: it names no key to encrypt with";
        Box::pin(core::future::ready(Err(Error::misuse(Rule::Keyring, problem))))
    }

    fn open<'a>(&'a self, request: OpenRequest<'a>) -> LocalFuture<'a, Result<OpenedKey>> {
        Box::pin(self.opener.open(request, self))
    }
}
