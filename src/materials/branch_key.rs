//! Branch keys: keys between a KMS key and data keys, so that not every message costs a KMS call
//! (`framework/structures.md#branch-key-materials`, `#beacon-key-materials`).

use core::fmt;

use crate::crypto::Secret;
use crate::error::Result;
use crate::port::LocalFuture;

use super::EncryptionContext;

/// One version of a branch key.
#[derive(Clone)]
pub struct BranchKeyMaterials {
    /// The branch key's id.
    pub branch_key_id: String,
    /// The version: a UUID of 36 characters.
    pub version: String,
    /// The custom encryption context, without the store's prefix.
    pub encryption_context: EncryptionContext,
    /// The key, 32 bytes.
    pub key: Secret,
}

/// The key that beacons are made with.
#[derive(Clone)]
pub struct BeaconKeyMaterials {
    /// The id of the branch key that it belongs to.
    pub branch_key_id: String,
    /// The custom encryption context, without the store's prefix.
    pub encryption_context: EncryptionContext,
    /// The key, 32 bytes.
    pub key: Secret,
}

/// Where branch keys come from. Fails if it has no such key.
pub trait BranchKeyStore {
    /// The name that is bound to all keys of the store.
    fn logical_name(&self) -> &str;

    /// The version that encrypts now.
    fn active<'a>(&'a self, branch_key_id: &'a str) -> LocalFuture<'a, Result<BranchKeyMaterials>>;

    /// A version by its UUID, of 36 characters.
    fn version<'a>(
        &'a self,
        branch_key_id: &'a str,
        version: &'a str,
    ) -> LocalFuture<'a, Result<BranchKeyMaterials>>;

    /// The beacon key.
    fn beacon<'a>(&'a self, branch_key_id: &'a str) -> LocalFuture<'a, Result<BeaconKeyMaterials>>;
}

impl fmt::Debug for BranchKeyMaterials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BranchKeyMaterials({}, {})", self.branch_key_id, self.version)
    }
}

impl fmt::Debug for BeaconKeyMaterials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BeaconKeyMaterials({})", self.branch_key_id)
    }
}
