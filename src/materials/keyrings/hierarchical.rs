//! AWS KMS hierarchical keyring (`aws-kms/aws-kms-hierarchical-keyring.md`): wraps data keys with
//! keys derived from a branch key, which comes from a key store now and then, and from a cache
//! otherwise.

use std::rc::Rc;

use crate::crypto::{
    GCM_IV_LEN, GCM_TAG_LEN, Hash, Secret, gcm_open, gcm_seal, kdf_ctr, random_array,
};
use crate::error::{Check, Error, Part, Result, Rule};
use crate::host::LocalFuture;
use crate::wire::Reader;

use super::super::branch_key::{BranchKeyMaterials, BranchKeyStore};
use super::super::cache::{Cached, Lookup, MaterialsCache, MaterialsKind, Partition, ids};
use super::super::uuid::Uuid;
use super::super::{
    EncryptedDataKey, EncryptionContext, EncryptionMaterials, Keyring, OpenRequest, OpenedKey,
    wrapping,
};
use super::{Opener, first_opened, not_mine};

/// What encrypted data keys of this keyring say of themselves.
pub(crate) const PROVIDER_ID: &str = "aws-kms-hierarchy";
const SALT_LEN: usize = 16;
const VERSION_LEN: usize = 16;

/// Says which branch key serves an encryption context, on encryption and on decryption: one for
/// each tenant, for example.
///
/// ```
/// use fieldseal::error::{Error, Result, Rule};
/// use fieldseal::host::LocalFuture;
/// use fieldseal::materials::{BranchKeyIdSupplier, EncryptionContext};
///
/// /// The branch key of a tenant has the tenant's name.
/// struct ByTenant;
///
/// impl BranchKeyIdSupplier for ByTenant {
///     fn branch_key_id<'a>(
///         &'a self,
///         context: &'a EncryptionContext,
///     ) -> LocalFuture<'a, Result<String>> {
///         let id = context.value("tenant").map(|tenant| format!("tenant-{tenant}"));
///         let missing = || Error::misuse(Rule::RequiredContext, "there is no tenant");
///         Box::pin(async move { id.ok_or_else(missing) })
///     }
/// }
///
/// # fieldseal_doctest::run(async {
/// let mut context = EncryptionContext::new();
/// assert!(ByTenant.branch_key_id(&context).await.is_err());
/// context.insert("tenant", "a")?;
/// assert_eq!(ByTenant.branch_key_id(&context).await?, "tenant-a");
/// # Ok(())
/// # });
/// ```
pub trait BranchKeyIdSupplier {
    /// The branch key's id, not empty. The context is the full one of the materials, public key included.
    ///
    /// # Errors
    /// Why there is none; what is sealed or opened fails with it.
    fn branch_key_id<'a>(
        &'a self,
        context: &'a EncryptionContext,
    ) -> LocalFuture<'a, Result<String>>;
}

/// Where the id of the branch key comes from; see [`AwsKmsHierarchicalKeyring`].
pub enum BranchKeyIdSource {
    /// The same for everything.
    Fixed(String),
    /// From the encryption context.
    Supplier(Rc<dyn BranchKeyIdSupplier>),
}

/// Wraps data keys with keys derived from branch keys: few calls of KMS, however many data keys.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::materials::cache::{CacheConfig, MaterialsCache, Partition};
/// use fieldseal::materials::{
///     AwsKmsHierarchicalKeyring, BranchKeyIdSource, EncryptionContext, EncryptionMaterials, Keyring,
///     OpenRequest, Suite,
/// };
/// # use fieldseal::materials::{StaticBranchKey, StaticBranchKeyStore};
///
/// # fieldseal_doctest::run(async {
/// # let key = StaticBranchKey {
/// #     branch_key_id: "tenant-a".into(),
/// #     version: "1234abcd-12ab-44cd-86ef-1234567890ab".into(),
/// #     branch_key: vec![7; 32][..].into(),
/// #     beacon_key: None,
/// #     encryption_context: EncryptionContext::new(),
/// # };
/// # let store = Rc::new(StaticBranchKeyStore::new(None, vec![key])?);
/// # let host = fieldseal_doctest::cache_host();
/// // `store` is a `DynamoDbBranchKeyStore`, `host` the program's clock and executor.
/// let ttl_ms = 600_000;
/// let cache = MaterialsCache::new(CacheConfig::for_ttl(ttl_ms), host, None)?;
/// let id = BranchKeyIdSource::Fixed("tenant-a".into());
/// let keyring =
///     AwsKmsHierarchicalKeyring::new(store, id, ttl_ms, Some(cache.clone()), Partition::random()?)?;
///
/// let (suite, context) = (Suite::by_id(0x6700).unwrap(), EncryptionContext::new());
/// let materials = EncryptionMaterials::new(suite, context.clone(), vec![], None)?;
/// let sealed = keyring.wrap(materials).await?;
/// assert_eq!(sealed.encrypted_data_keys()[0].key_name(), Some("tenant-a"));
/// assert_eq!(cache.len(), 1); // the next ten minutes need no key store
///
/// let encrypted_data_keys = sealed.encrypted_data_keys();
/// let request = OpenRequest { suite, context: &context, aad: &[], encrypted_data_keys };
/// assert_eq!(keyring.open(request).await?.data_key[..], sealed.data_key().unwrap()[..]);
/// # Ok(())
/// # });
/// ```
pub struct AwsKmsHierarchicalKeyring {
    store: Rc<dyn BranchKeyStore>,
    branch_key_id: BranchKeyIdSource,
    ttl_ms: u64,
    cache: Option<MaterialsCache>,
    partition: Partition,
}

impl AwsKmsHierarchicalKeyring {
    /// Branch keys are used for `ttl_ms` after they were fetched; without a cache they are fetched
    /// each time. Keyrings share entries of a cache when partition, logical key store name and
    /// branch key id are the same: two key stores must never have one logical name.
    ///
    /// # Errors
    /// [`Rule::Config`]: no time to live, one within the cache's grace period, an empty id.
    pub fn new(
        store: Rc<dyn BranchKeyStore>,
        branch_key_id: BranchKeyIdSource,
        ttl_ms: u64,
        cache: Option<MaterialsCache>,
        partition: Partition,
    ) -> Result<Self> {
        if ttl_ms == 0 {
            return Err(Error::misuse(Rule::Config, "the time to live must be more than zero"));
        }
        if matches!(&branch_key_id, BranchKeyIdSource::Fixed(id) if id.is_empty()) {
            return Err(Error::misuse(Rule::Config, "the branch key id is empty"));
        }
        cache.as_ref().map_or(Ok(()), |cache| cache.check_ttl(ttl_ms))?;
        Ok(Self { store, branch_key_id, ttl_ms, cache, partition })
    }

    async fn branch_key_id(&self, context: &EncryptionContext) -> Result<Rc<str>> {
        match &self.branch_key_id {
            BranchKeyIdSource::Fixed(id) => Ok(id.as_str().into()),
            BranchKeyIdSource::Supplier(supplier) => {
                let id = supplier.branch_key_id(context).await?;
                if id.is_empty() {
                    let problem = "the branch key id supplier returned an empty id";
                    return Err(Error::misuse(Rule::KeyringFunction, problem));
                }
                Ok(id.into())
            }
        }
    }

    /// The active version of a branch key, or the one asked for.
    async fn branch_key(
        &self,
        id: &Rc<str>,
        version: Option<Uuid>,
    ) -> Result<Rc<BranchKeyMaterials>> {
        let version = version.map(|version| version.to_string());
        let fetch = || {
            let (store, id, version) = (Rc::clone(&self.store), Rc::clone(id), version.clone());
            Box::pin(async move {
                let materials = match &version {
                    None => store.active(&id).await?,
                    Some(version) => store.version(&id, version).await?,
                };
                Ok(Cached::BranchKey(Rc::new(materials)))
            }) as LocalFuture<'static, Result<Cached>>
        };
        let Some(cache) = &self.cache else { return fetch().await?.branch_key() };
        let lookup = Lookup {
            id: self.cache_id(id, version.as_deref()),
            ttl_ms: self.ttl_ms,
            kind: MaterialsKind::BranchKey,
            partition: Rc::clone(self.partition.name()),
            branch_key_id: Some(Rc::clone(id)),
            uses: None,
        };
        cache.get(&lookup, &fetch).await?.branch_key()
    }

    /// `aws-kms-hierarchical-keyring.md#cache-entry-identifier-formulas`
    fn cache_id(&self, id: &str, version: Option<&str>) -> super::super::cache::CacheId {
        let purpose = if version.is_none() { ids::FOR_ENCRYPTION } else { ids::FOR_DECRYPTION };
        let (partition, store) = (self.partition.bytes(), self.store.logical_name().as_bytes());
        let mut fields =
            vec![ids::OF_HIERARCHICAL_KEYRING, purpose, partition, store, id.as_bytes()];
        fields.extend(version.map(str::as_bytes));
        ids::cache_id(&fields)
    }
}

/// One request to open: of this keyring, with this branch key.
struct Opening<'a> {
    keyring: &'a AwsKmsHierarchicalKeyring,
    id: Rc<str>,
}

impl Opener for Opening<'_> {
    fn is_mine(&self, edk: &EncryptedDataKey) -> bool {
        edk.provider_id == PROVIDER_ID && edk.provider_info == self.id.as_bytes()
    }

    fn not_mine(&self, edk: &EncryptedDataKey) -> Error {
        not_mine(edk, format!("branch key '{}'", self.id))
    }

    fn open_one<'a>(
        &'a self,
        request: OpenRequest<'a>,
        edk: &'a EncryptedDataKey,
    ) -> LocalFuture<'a, Result<OpenedKey>> {
        Box::pin(async move {
            let mut part =
                Reader::new(wrapping::keyring_part(request.suite, edk)?, Part::EncryptedDataKey);
            let (salt, iv) = (part.array()?, part.array()?);
            let version = Uuid(part.array()?);
            let sealed = part.take(request.suite.key_len + GCM_TAG_LEN)?;
            part.end()?;
            let branch_key = self.keyring.branch_key(&self.id, Some(version)).await?;
            let key = wrapping_key(&branch_key.key, &salt)?;
            let aad = wrapping_aad(&self.id, &version, request.aad);
            let mut opened = Vec::with_capacity(sealed.len());
            gcm_open(&key, &iv, &aad, sealed, &mut opened)
                .map_err(|_| Error::unauthentic(Check::WrappedKey))?;
            wrapping::open(&request, edk, Secret::new(opened))
        })
    }
}

impl Keyring for AwsKmsHierarchicalKeyring {
    fn wrap(
        &self,
        mut materials: EncryptionMaterials,
    ) -> LocalFuture<'_, Result<EncryptionMaterials>> {
        Box::pin(async move {
            let id = self.branch_key_id(materials.context()).await?;
            let branch_key = self.branch_key(&id, None).await?;
            let version = Uuid::parse(&branch_key.version).ok_or_else(|| {
                let problem = format!("the active version of branch key '{id}' is not a UUID");
                Error::misuse(Rule::Keyring, problem)
            })?;
            let key = wrapping::next_key(&mut materials)?;
            let salt: [u8; SALT_LEN] = random_array()?;
            let iv: [u8; GCM_IV_LEN] = random_array()?;
            let room = SALT_LEN + GCM_IV_LEN + VERSION_LEN + key.len() + GCM_TAG_LEN;
            let mut wrapped = Vec::with_capacity(room);
            wrapped.extend_from_slice(&salt);
            wrapped.extend_from_slice(&iv);
            wrapped.extend_from_slice(&version.0);
            let wrapping_key = wrapping_key(&branch_key.key, &salt)?;
            let aad = wrapping_aad(&id, &version, materials.aad());
            gcm_seal(&wrapping_key, &iv, &aad, &key, &mut wrapped)?;
            let info = id.as_bytes().to_vec();
            wrapping::add(&mut materials, &key, PROVIDER_ID, info, &wrapped)?;
            Ok(materials)
        })
    }

    fn open<'a>(&'a self, request: OpenRequest<'a>) -> LocalFuture<'a, Result<OpenedKey>> {
        Box::pin(async move {
            let id = self.branch_key_id(request.context).await?;
            first_opened(request, &Opening { keyring: self, id }).await
        })
    }
}

/// The key that wraps one key: derived from the branch key and a salt.
fn wrapping_key(branch_key: &[u8], salt: &[u8; SALT_LEN]) -> Result<Secret> {
    kdf_ctr(Hash::Sha256, branch_key, PROVIDER_ID.as_bytes(), salt, 32)
}

/// Associated data: provider id, branch key id, version in its 16 bytes, encryption context.
fn wrapping_aad(id: &str, version: &Uuid, context: &[u8]) -> Vec<u8> {
    [PROVIDER_ID.as_bytes(), id.as_bytes(), &version.0, context].concat()
}

#[cfg(test)]
#[path = "tests/hierarchical.rs"]
mod tests;
