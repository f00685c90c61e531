//! What is asked of a cache, and what it holds.

use std::rc::Rc;

use crate::error::{Error, Result};
use crate::host::LocalFuture;

#[cfg(feature = "search")]
use super::super::BeaconKey;
use super::super::{BranchKeyMaterials, DecryptionMaterials, EncryptionMaterials};
use super::event::MaterialsKind;
use super::id::CacheId;

/// What a cache holds.
#[derive(Clone)]
pub(crate) enum Cached {
    /// Of a caching CMM.
    Encryption(Rc<EncryptionMaterials>),
    /// Of a caching CMM.
    Decryption(Rc<DecryptionMaterials>),
    /// Of a hierarchical keyring.
    BranchKey(Rc<BranchKeyMaterials>),
    /// Of searching.
    #[cfg(feature = "search")]
    BeaconKey(Rc<BeaconKey>),
}

/// How much a data key may do, and what the request at hand adds to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Uses {
    /// Bytes to be encrypted now.
    pub(crate) bytes: u64,
    /// The most bytes that one data key may encrypt.
    pub(crate) max_bytes: u64,
    /// The most messages that one data key may encrypt.
    pub(crate) max_messages: u64,
}

/// Fetches what a cache does not have.
pub(crate) type Fetch<'a> = &'a dyn Fn() -> LocalFuture<'static, Result<Cached>>;

/// A request to a cache.
#[derive(Clone)]
pub(crate) struct Lookup {
    /// The entry.
    pub(crate) id: CacheId,
    /// Milliseconds for which this requester uses an entry, counted from its creation, also if it
    /// was made by another one with a longer time.
    pub(crate) ttl_ms: u64,
    /// Kind of materials, for events.
    pub(crate) kind: MaterialsKind,
    /// The requester's partition, for events.
    pub(crate) partition: Rc<str>,
    /// The branch key, for events.
    pub(crate) branch_key_id: Option<Rc<str>>,
    /// Limits, for encryption materials.
    pub(crate) uses: Option<Uses>,
}

impl Cached {
    /// Branch key materials.
    pub(in super::super) fn branch_key(self) -> Result<Rc<BranchKeyMaterials>> {
        if let Self::BranchKey(it) = self { Ok(it) } else { Err(other_kind()) }
    }

    /// A beacon key.
    #[cfg(feature = "search")]
    pub(in super::super) fn beacon_key(self) -> Result<Rc<BeaconKey>> {
        if let Self::BeaconKey(it) = self { Ok(it) } else { Err(other_kind()) }
    }

    /// Encryption materials.
    pub(in super::super) fn encryption(self) -> Result<Rc<EncryptionMaterials>> {
        if let Self::Encryption(it) = self { Ok(it) } else { Err(other_kind()) }
    }

    /// Decryption materials.
    pub(in super::super) fn decryption(self) -> Result<Rc<DecryptionMaterials>> {
        if let Self::Decryption(it) = self { Ok(it) } else { Err(other_kind()) }
    }
}

/// Ids begin with the kind of what they stand for.
fn other_kind() -> Error {
    Error::bug("a cache entry of another kind")
}
