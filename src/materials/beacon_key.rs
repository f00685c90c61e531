//! Beacon keys, and the keys of beacons that are derived from them (`search-config.md#hmac-key-generation`).

use core::cell::RefCell;

use crate::crypto::{Hash, Hkdf, HmacSha384};
use crate::error::{Error, Result};

use super::branch_key::BeaconKeyMaterials;

/// A beacon key, and the keys of beacons that were derived from it so far: they live as long as it does in a cache.
pub(crate) struct BeaconKey {
    materials: BeaconKeyMaterials,
    derived: RefCell<Vec<(Box<str>, HmacSha384)>>,
}

impl BeaconKey {
    pub(super) fn new(materials: BeaconKeyMaterials) -> Self {
        Self { materials, derived: RefCell::default() }
    }

    /// The first 8 bytes of the HMAC of the parts under the key of the beacon `name` (`search-config.md#hmac-key-generation`,
    /// `beacons.md#basichash`).
    pub(crate) fn hash(&self, name: &str, parts: &[&[u8]]) -> Result<u64> {
        let mut derived = self.derived.borrow_mut();
        let at = match derived.binary_search_by(|(known, _)| (**known).cmp(name)) {
            Ok(at) => at,
            Err(at) => {
                let keys = Hkdf::extract(Hash::Sha512, &[], &self.materials.key);
                let key = keys.expand_secret(&[b"AWS_DBE_SCAN_BEACON", name.as_bytes()], 64)?;
                derived.insert(at, (name.into(), HmacSha384::new(&key)));
                at
            }
        };
        let (_, key) = derived.get(at).ok_or_else(|| Error::bug("a beacon without its key"))?;
        Ok(u64::from_be_bytes(key.first_eight(parts)))
    }
}
