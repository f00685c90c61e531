//! Ids of cache entries, and the partitions that are part of them.

use core::cmp::Ordering;
use std::rc::Rc;

use crate::error::Result;
use crate::util::steps::tick;

use super::super::uuid::Uuid;

/// Id of a cache entry: a hash of everything that decides what is in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct CacheId([u8; 48]);

impl CacheId {
    /// The id of nothing.
    pub(super) const NONE: Self = Self([0; 48]);
}

impl Ord for CacheId {
    // Not inlined: comparing arrays is much code.
    #[inline(never)]
    fn cmp(&self, other: &Self) -> Ordering {
        tick();
        self.0[..].cmp(&other.0[..])
    }
}

impl PartialOrd for CacheId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The parts of which ids are made.
pub(in crate::materials) mod ids {
    use super::CacheId;

    /// First field: what it belongs to.
    pub(in crate::materials) const OF_CACHING_CMM: &[u8] = &[1];
    /// First field: what it belongs to.
    pub(in crate::materials) const OF_HIERARCHICAL_KEYRING: &[u8] = &[2];
    /// Second field: what it is for.
    pub(in crate::materials) const FOR_ENCRYPTION: &[u8] = &[1];
    /// Second field: what it is for.
    pub(in crate::materials) const FOR_DECRYPTION: &[u8] = &[2];
    /// Second field: what it is for.
    #[cfg(feature = "search")]
    pub(in crate::materials) const FOR_SEARCH: &[u8] = &[3];

    /// SHA-384 of the fields with a zero byte between them, which is the form of all formulas.
    pub(in crate::materials) fn cache_id(fields: &[&[u8]]) -> CacheId {
        CacheId(crate::crypto::sha384(&fields.join(&0)))
    }
}

/// Who shares entries of a cache: requesters with the same partition.
///
/// ```
/// use fieldseal::materials::cache::Partition;
///
/// // Two keyrings with one cache: by one name they share its entries.
/// assert_eq!(&**Partition::named("reports").name(), "reports");
///
/// let own = Partition::random()?;
/// assert_eq!(own.name().len(), 36); // a UUID
/// assert_ne!(own.name(), Partition::random()?.name());
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Partition {
    bytes: Vec<u8>,
    name: Rc<str>,
}

impl Partition {
    /// The partition of this name. A name that looks like a UUID is a name all the same: its UTF-8
    /// bytes count.
    pub fn named(name: &str) -> Self {
        Self { bytes: name.as_bytes().to_vec(), name: name.into() }
    }

    /// A partition that nobody else has: the 16 bytes of a random UUID.
    ///
    /// # Errors
    /// [`Fault::Host`](crate::error::Fault::Host) if the host has no randomness.
    pub fn random() -> Result<Self> {
        let id = Uuid::random()?;
        Ok(Self { bytes: id.0.to_vec(), name: id.to_string().into() })
    }

    pub(in crate::materials) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The name, or the UUID as text.
    pub fn name(&self) -> &Rc<str> {
        &self.name
    }
}
