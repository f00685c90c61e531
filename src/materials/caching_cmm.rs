//! Caching CMM (`caching-cmm.md`): the same data key for several messages, within limits.

use std::rc::Rc;

use crate::error::{Error, Result, Rule};
use crate::host::LocalFuture;
use crate::util::sort::sorted;

use super::cache::{CacheId, Cached, Lookup, MaterialsCache, MaterialsKind, Partition, Uses, ids};
use super::{
    Cmm, DecryptionMaterials, DecryptionRequest, EncryptedDataKey, EncryptionContext,
    EncryptionMaterials, EncryptionRequest, Kdf, Suite,
};

/// How long and how much a data key may be used.
///
/// ```
/// use fieldseal::materials::CachingCmmLimits;
///
/// let limits = CachingCmmLimits {
///     max_age_ms: 60_000,
///     max_bytes: 1 << 30,
///     max_messages: CachingCmmLimits::MAX_MESSAGES,
/// };
/// assert!(limits.max_bytes < CachingCmmLimits::MAX_BYTES);
/// ```
#[derive(Debug, Clone)]
pub struct CachingCmmLimits {
    /// Milliseconds; more than zero.
    pub max_age_ms: u64,
    /// Bytes encrypted under one data key.
    pub max_bytes: u64,
    /// Messages encrypted under one data key, 1 to 2^32.
    pub max_messages: u64,
}

impl CachingCmmLimits {
    /// The most messages under one data key, and what is allowed by default.
    pub const MAX_MESSAGES: u64 = 1 << 32;
    /// The bytes that are allowed by default.
    pub const MAX_BYTES: u64 = (1 << 63) - 1;
}

/// Keeps the materials of another CMM.
///
/// On encryption, requests with the same encryption context share a data key, and with it the
/// encrypted data keys and the key that signs. Requests whose length is unknown, and those for
/// suites without key derivation, always go to the other CMM.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::materials::cache::{CacheConfig, MaterialsCache, Partition};
/// use fieldseal::materials::{
///     CachingCmm, CachingCmmLimits, Cmm, CommitmentPolicy, DefaultCmm, EncryptionContext,
///     EncryptionRequest, RawAesKeyring,
/// };
///
/// # fieldseal_doctest::run(async {
/// # let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), vec![7; 32][..].into())?;
/// # let inner = Rc::new(DefaultCmm::new(Rc::new(keyring)));
/// # let host = fieldseal_doctest::cache_host();
/// let limits = CachingCmmLimits { max_age_ms: 60_000, max_bytes: 1 << 30, max_messages: 2 };
/// let cache = MaterialsCache::new(CacheConfig::for_ttl(limits.max_age_ms), host, None)?;
/// let cmm = CachingCmm::new(inner, cache, Partition::random()?, limits)?;
///
/// let request = EncryptionRequest {
///     context: EncryptionContext::new(),
///     required_keys: vec![],
///     policy: CommitmentPolicy::EsdkRequireEncryptRequireDecrypt,
///     suite: None,
///     plaintext_length: Some(100),
/// };
/// let first = cmm.for_encryption(request.clone()).await?;
/// let second = cmm.for_encryption(request.clone()).await?;
/// assert!(Rc::ptr_eq(&first, &second)); // one data key for two messages …
/// let third = cmm.for_encryption(request).await?;
/// assert!(!Rc::ptr_eq(&first, &third)); // … and another for the next two
/// # Ok(())
/// # });
/// ```
pub struct CachingCmm {
    inner: Rc<dyn Cmm>,
    cache: MaterialsCache,
    partition: Partition,
    limits: CachingCmmLimits,
}

impl CachingCmm {
    /// A CMM over `inner`. CMMs with the same cache and partition share entries.
    ///
    /// # Errors
    /// [`Rule::Config`]: limits out of range, or a time within the cache's grace period.
    pub fn new(
        inner: Rc<dyn Cmm>,
        cache: MaterialsCache,
        partition: Partition,
        limits: CachingCmmLimits,
    ) -> Result<Self> {
        let CachingCmmLimits { max_age_ms, max_messages, .. } = limits;
        if max_age_ms == 0 || max_messages == 0 || max_messages > CachingCmmLimits::MAX_MESSAGES {
            let problem = "a caching CMM needs a time of more than zero and 1 to 2^32 messages";
            return Err(Error::misuse(Rule::Config, problem));
        }
        cache.check_ttl(max_age_ms)?;
        Ok(Self { inner, cache, partition, limits })
    }

    fn lookup(&self, id: CacheId, kind: MaterialsKind, uses: Option<Uses>) -> Lookup {
        Lookup {
            id,
            ttl_ms: self.limits.max_age_ms,
            kind,
            partition: Rc::clone(self.partition.name()),
            branch_key_id: None,
            uses,
        }
    }

    /// `caching-cmm.md#appendix-a-cache-entry-identifier-formulas`. The formulas are older than
    /// required context keys: these are added where there are any, so that requests which differ
    /// in nothing else do not get each other's materials.
    fn encryption_id(&self, request: &EncryptionRequest) -> Result<CacheId> {
        let suite = request.suite.map(|suite| suite.id.to_be_bytes());
        let context = request.context.aad()?;
        let mut fields: Vec<&[u8]> =
            vec![ids::OF_CACHING_CMM, ids::FOR_ENCRYPTION, self.partition.bytes()];
        match &suite {
            None => fields.push(&[0]),
            Some(id) => fields.extend([&[1][..], id]),
        }
        fields.push(&context);
        let required = sorted(request.required_keys.clone(), String::cmp);
        fields.extend(required.iter().map(String::as_bytes));
        Ok(ids::cache_id(&fields))
    }

    /// The formula for decryption, with the context that the caller gave where there is any: the
    /// materials depend on it.
    fn decryption_id(&self, request: &DecryptionRequest<'_>) -> Result<CacheId> {
        let mut keys = Vec::with_capacity(request.encrypted_data_keys.len());
        for key in request.encrypted_data_keys {
            let mut bytes = Vec::new();
            key.write(&mut bytes)?;
            keys.push(bytes);
        }
        let keys = sorted(keys, Vec::cmp).concat();
        let (stored, reproduced) = (request.stored.aad()?, request.reproduced.aad()?);
        let suite = request.suite.id.to_be_bytes();
        let mut fields: Vec<&[u8]> = vec![
            ids::OF_CACHING_CMM,
            ids::FOR_DECRYPTION,
            self.partition.bytes(),
            &suite,
            &keys,
            &stored,
        ];
        if !reproduced.is_empty() {
            fields.push(&reproduced);
        }
        Ok(ids::cache_id(&fields))
    }
}

impl Cmm for CachingCmm {
    fn for_encryption(
        &self,
        mut request: EncryptionRequest,
    ) -> LocalFuture<'_, Result<Rc<EncryptionMaterials>>> {
        Box::pin(async move {
            let CachingCmmLimits { max_bytes, max_messages, .. } = self.limits;
            let length = request.plaintext_length.replace(max_bytes);
            let bytes = match length {
                Some(bytes) if !request.suite.is_some_and(is_identity) && bytes <= max_bytes => {
                    bytes
                }
                _ => {
                    request.plaintext_length = length;
                    return self.inner.for_encryption(request).await;
                }
            };
            let uses = Some(Uses { bytes, max_bytes, max_messages });
            let id = self.encryption_id(&request)?;
            let lookup = self.lookup(id, MaterialsKind::Encryption, uses);
            let fetch = || {
                let (inner, request) = (Rc::clone(&self.inner), request.clone());
                Box::pin(async move { inner.for_encryption(request).await.map(Cached::Encryption) })
                    as LocalFuture<'static, Result<Cached>>
            };
            let materials = self.cache.get(&lookup, &fetch).await?.encryption()?;
            match request.policy.check_encrypt(materials.suite()) {
                Ok(()) => Ok(materials),
                // Kept by a request without a suite of its own under another policy.
                Err(_) => self.inner.for_encryption(request).await,
            }
        })
    }

    fn for_decryption<'a>(
        &'a self,
        request: DecryptionRequest<'a>,
    ) -> LocalFuture<'a, Result<Rc<DecryptionMaterials>>> {
        Box::pin(async move {
            request.policy.check_decrypt(request.suite)?;
            if is_identity(request.suite) {
                return self.inner.for_decryption(request).await;
            }
            let id = self.decryption_id(&request)?;
            let lookup = self.lookup(id, MaterialsKind::Decryption, None);
            let fetch = || {
                let (inner, request) = (Rc::clone(&self.inner), OwnedRequest::new(&request));
                Box::pin(async move {
                    inner.for_decryption(request.borrow()).await.map(Cached::Decryption)
                }) as LocalFuture<'static, Result<Cached>>
            };
            self.cache.get(&lookup, &fetch).await?.decryption()
        })
    }
}

fn is_identity(suite: &Suite) -> bool {
    suite.kdf == Kdf::Identity
}

/// A [`DecryptionRequest`] that outlives who made it: others may wait for its answer.
struct OwnedRequest {
    suite: &'static Suite,
    policy: super::CommitmentPolicy,
    encrypted_data_keys: Vec<EncryptedDataKey>,
    stored: EncryptionContext,
    reproduced: EncryptionContext,
}

impl OwnedRequest {
    fn new(request: &DecryptionRequest<'_>) -> Self {
        Self {
            suite: request.suite,
            policy: request.policy,
            encrypted_data_keys: request.encrypted_data_keys.to_vec(),
            stored: request.stored.clone(),
            reproduced: request.reproduced.clone(),
        }
    }

    fn borrow(&self) -> DecryptionRequest<'_> {
        DecryptionRequest {
            suite: self.suite,
            policy: self.policy,
            encrypted_data_keys: &self.encrypted_data_keys,
            stored: &self.stored,
            reproduced: &self.reproduced,
        }
    }
}

#[cfg(test)]
#[path = "tests/caching_cmm.rs"]
mod tests;
