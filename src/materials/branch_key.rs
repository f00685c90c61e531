//! Branch keys and where they come from (`structures.md#branch-key-materials`,
//! `branch-key-store.md`).

use core::future::ready;

use crate::crypto::Secret;
use crate::error::{Error, Result, Rule};
use crate::host::LocalFuture;
use crate::util::sort::ascending;
use crate::util::steps::tick;

use super::EncryptionContext;
use super::uuid::Uuid;

/// Length of branch and beacon keys in bytes.
const KEY_LEN: usize = 32;

/// One version of a branch key, as a [`BranchKeyStore`] returns it.
#[derive(Debug, Clone)]
pub struct BranchKeyMaterials {
    /// Which branch key.
    pub branch_key_id: String,
    /// Its version, a UUID in its 36 characters.
    pub version: String,
    /// The context that its creator gave, without the key store's prefix.
    pub encryption_context: EncryptionContext,
    /// 32 bytes.
    pub key: Secret,
}

/// The key from which the keys of searchable attributes are derived; it has no versions. A [`BranchKeyStore`] returns it.
#[derive(Debug, Clone)]
pub struct BeaconKeyMaterials {
    /// The branch key that it belongs to.
    pub branch_key_id: String,
    /// The context that its creator gave, without the key store's prefix.
    pub encryption_context: EncryptionContext,
    /// 32 bytes.
    pub key: Secret,
}

/// Where branch keys are kept (`branch-key-store.md`).
///
/// ```
/// use fieldseal::error::{Error, Result};
/// use fieldseal::host::LocalFuture;
/// use fieldseal::materials::{
///     BeaconKeyMaterials, BranchKeyMaterials, BranchKeyStore, EncryptionContext,
/// };
///
/// /// Asks your own service. Here it has one key, of zeros.
/// struct Service;
///
/// impl BranchKeyStore for Service {
///     fn logical_name(&self) -> &str {
///         "our-keys"
///     }
///
///     fn active<'a>(&'a self, branch_key_id: &'a str) -> LocalFuture<'a, Result<BranchKeyMaterials>> {
///         self.version(branch_key_id, "1234abcd-12ab-44cd-86ef-1234567890ab")
///     }
///
///     fn version<'a>(
///         &'a self,
///         branch_key_id: &'a str,
///         version: &'a str,
///     ) -> LocalFuture<'a, Result<BranchKeyMaterials>> {
///         Box::pin(async {
///             Ok(BranchKeyMaterials {
///                 branch_key_id: branch_key_id.into(),
///                 version: version.into(),
///                 encryption_context: EncryptionContext::new(),
///                 key: vec![0; 32][..].into(),
///             })
///         })
///     }
///
///     fn beacon<'a>(&'a self, _: &'a str) -> LocalFuture<'a, Result<BeaconKeyMaterials>> {
///         Box::pin(async { Err(Error::unsupported("beacon keys")) })
///     }
/// }
///
/// # fieldseal_doctest::run(async {
/// assert_eq!(Service.logical_name(), "our-keys");
/// let active = Service.active("tenant-a").await?;
/// let version = Service.version("tenant-a", &active.version).await?;
/// assert_eq!(version.key[..], active.key[..]);
/// let none: Result<BeaconKeyMaterials> = Service.beacon("tenant-a").await;
/// assert_eq!(none.unwrap_err().code(), "UNSUPPORTED");
/// # Ok(())
/// # });
/// ```
pub trait BranchKeyStore {
    /// The name that is bound to the store's keys: the same in all its copies, and never that of
    /// another store.
    fn logical_name(&self) -> &str;

    /// GetActiveBranchKey: the version to encrypt with.
    ///
    /// # Errors
    /// There is no such branch key, or it must not be used, as [`Fault::KeyStore`](crate::error::Fault::KeyStore); those of the services
    /// that keep it.
    fn active<'a>(&'a self, branch_key_id: &'a str) -> LocalFuture<'a, Result<BranchKeyMaterials>>;

    /// GetBranchKeyVersion: the version, a UUID in 36 characters, that something was encrypted
    /// with.
    ///
    /// # Errors
    /// As [`active`](Self::active).
    fn version<'a>(
        &'a self,
        branch_key_id: &'a str,
        version: &'a str,
    ) -> LocalFuture<'a, Result<BranchKeyMaterials>>;

    /// GetBeaconKey.
    ///
    /// # Errors
    /// As [`active`](Self::active).
    fn beacon<'a>(&'a self, branch_key_id: &'a str) -> LocalFuture<'a, Result<BeaconKeyMaterials>>;
}

/// One version of a branch key in a [`StaticBranchKeyStore`].
#[derive(Debug)]
pub struct StaticBranchKey {
    /// Which branch key.
    pub branch_key_id: String,
    /// A UUID in its 36 characters.
    pub version: String,
    /// 32 bytes.
    pub branch_key: Secret,
    /// 32 bytes, where beacons are used; the same for all versions.
    pub beacon_key: Option<Secret>,
    /// Context that belongs to the branch key; may be empty.
    pub encryption_context: EncryptionContext,
}

/// Branch keys that the caller holds: for tests and for programs without DynamoDB.
///
/// ```
/// use fieldseal::materials::{
///     BranchKeyStore, EncryptionContext, StaticBranchKey, StaticBranchKeyStore,
/// };
///
/// # fieldseal_doctest::run(async {
/// let version = |version: &str, byte| StaticBranchKey {
///     branch_key_id: "tenant-a".into(),
///     version: version.into(),
///     branch_key: vec![byte; 32][..].into(),
///     beacon_key: Some(vec![9; 32][..].into()),
///     encryption_context: EncryptionContext::new(),
/// };
/// let old = "1234abcd-12ab-44cd-86ef-1234567890ab";
/// let new = "99990000-12ab-44cd-86ef-1234567890ab";
/// let keys = vec![version(old, 1), version(new, 2)];
/// let store = StaticBranchKeyStore::new(Some("test-keys".into()), keys)?;
/// assert_eq!(store.active("tenant-a").await?.version, new);
/// assert_eq!(store.version("tenant-a", old).await?.key[..], [1; 32]);
/// assert_eq!(store.beacon("tenant-a").await?.key[..], [9; 32]);
/// assert_eq!(store.active("tenant-b").await.unwrap_err().code(), "KEYRING_CANNOT");
/// # Ok(())
/// # });
/// ```
pub struct StaticBranchKeyStore {
    logical_name: String,
    keys: Vec<(Uuid, StaticBranchKey)>,
    /// Positions of all keys by id and then age, and of those with a beacon key.
    by_age: Vec<usize>,
    beacons: Vec<usize>,
    /// Positions of all keys by id and then version.
    by_version: Vec<usize>,
}

impl StaticBranchKeyStore {
    /// The versions of each branch key from the oldest to the newest, which is the active one.
    /// Without a name the store gets a random one, and shares cached keys with no other.
    ///
    /// # Errors
    /// [`Rule::Config`]: an empty id, a version that is not a UUID or occurs twice, a key that has not
    /// 32 bytes.
    pub fn new(logical_name: Option<String>, keys: Vec<StaticBranchKey>) -> Result<Self> {
        let config = |problem: String| Error::misuse(Rule::Config, problem);
        let mut known: Vec<(Uuid, StaticBranchKey)> = Vec::with_capacity(keys.len());
        for key in keys {
            let id = &key.branch_key_id;
            if id.is_empty() {
                return Err(config("a branchKeyId is empty".into()));
            }
            let version = Uuid::parse(&key.version)
                .ok_or_else(|| config(format!("a version of branch key '{id}' is not a UUID")))?;
            let lengths = [Some(&key.branch_key), key.beacon_key.as_ref()];
            if lengths.into_iter().flatten().any(|key| key.len() != KEY_LEN) {
                let problem = format!("a key of branch key '{id}' does not have {KEY_LEN} bytes");
                return Err(config(problem));
            }
            known.push((version, key));
        }
        let id = |at: usize| known[at].1.branch_key_id.as_str();
        let order = |a, b| id(a).cmp(id(b)).then_with(|| known[a].0.cmp(&known[b].0));
        let by_version = ascending(known.len(), &order);
        if let Some(pair) = by_version.windows(2).find(|pair| order(pair[0], pair[1]).is_eq()) {
            let (id, version) = (id(pair[0]), known[pair[0]].0);
            return Err(config(format!("branch key '{id}' has version {version} twice")));
        }
        let by_age = ascending(known.len(), &|a, b| id(a).cmp(id(b)));
        let mut beacons = by_age.clone();
        beacons.retain(|at| known[*at].1.beacon_key.is_some());
        let logical_name = match logical_name {
            Some(name) => name,
            None => format!("static {}", Uuid::random()?),
        };
        Ok(Self { logical_name, keys: known, by_age, beacons, by_version })
    }

    /// The newest one of `list` that is of this branch key.
    fn newest(&self, list: &[usize], id: &str) -> Option<&(Uuid, StaticBranchKey)> {
        let end = list.partition_point(|at| {
            tick();
            self.keys[*at].1.branch_key_id.as_str() <= id
        });
        list[..end].last().map(|at| &self.keys[*at]).filter(|(_, key)| key.branch_key_id == id)
    }

    fn version(&self, id: &str, version: Uuid) -> Option<&(Uuid, StaticBranchKey)> {
        let found = self.by_version.binary_search_by(|at| {
            tick();
            let (known, key) = &self.keys[*at];
            key.branch_key_id.as_str().cmp(id).then_with(|| known.cmp(&version))
        });
        found.ok().map(|at| &self.keys[self.by_version[at]])
    }
}

fn missing(what: &str, branch_key_id: &str) -> Error {
    let problem = format!("the static key store has no {what} of branch key '{branch_key_id}'");
    Error::misuse(Rule::Keyring, problem)
}

impl BranchKeyStore for StaticBranchKeyStore {
    fn logical_name(&self) -> &str {
        &self.logical_name
    }

    fn active<'a>(&'a self, branch_key_id: &'a str) -> LocalFuture<'a, Result<BranchKeyMaterials>> {
        let found = self.newest(&self.by_age, branch_key_id).map(materials);
        Box::pin(ready(found.ok_or_else(|| missing("version", branch_key_id))))
    }

    fn version<'a>(
        &'a self,
        branch_key_id: &'a str,
        version: &'a str,
    ) -> LocalFuture<'a, Result<BranchKeyMaterials>> {
        let found = Uuid::parse(version).and_then(|wanted| self.version(branch_key_id, wanted));
        let found = found.map(materials);
        Box::pin(ready(found.ok_or_else(|| missing(&format!("version {version}"), branch_key_id))))
    }

    fn beacon<'a>(&'a self, branch_key_id: &'a str) -> LocalFuture<'a, Result<BeaconKeyMaterials>> {
        let found = self.newest(&self.beacons, branch_key_id);
        let beacon = found.ok_or_else(|| missing("beacon key", branch_key_id)).map(|(_, key)| {
            BeaconKeyMaterials {
                branch_key_id: key.branch_key_id.clone(),
                encryption_context: key.encryption_context.clone(),
                key: key.beacon_key.clone().unwrap_or_default(),
            }
        });
        Box::pin(ready(beacon))
    }
}

fn materials((version, key): &(Uuid, StaticBranchKey)) -> BranchKeyMaterials {
    BranchKeyMaterials {
        branch_key_id: key.branch_key_id.clone(),
        version: version.to_string(),
        encryption_context: key.encryption_context.clone(),
        key: key.branch_key.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::test_host::now;

    #[test]
    fn many_keys_cost_what_sorting_costs() {
        let operations = |ids: usize, versions: usize| {
            let names: Vec<(String, String)> = (0..ids * versions)
                .map(|i| {
                    let version = format!("00000000-0000-4000-8000-{:012x}", i / ids);
                    (format!("{:05}", i % ids), version)
                })
                .collect();
            let key = |(id, version): &(String, String)| StaticBranchKey {
                branch_key_id: id.clone(),
                version: version.clone(),
                branch_key: Secret::new(vec![1; KEY_LEN]),
                beacon_key: Some(Secret::new(vec![2; KEY_LEN])),
                encryption_context: EncryptionContext::new(),
            };
            crate::util::steps::counted(|| {
                let keys = names.iter().rev().map(key).collect();
                let store = StaticBranchKeyStore::new(Some("s".into()), keys).unwrap();
                for (id, version) in &names {
                    let found = now(BranchKeyStore::version(&store, id, version)).unwrap();
                    assert_eq!((&found.branch_key_id, &found.version), (id, version));
                    // Given last.
                    assert_eq!(now(store.active(id)).unwrap().version, names[0].1);
                    now(store.beacon(id)).unwrap();
                }
            })
        };
        for (few, many) in [
            (operations(1000, 1), operations(8000, 1)),
            (operations(1, 1000), operations(1, 8000)),
            (operations(30, 30), operations(85, 85)),
        ] {
            assert!(few > 1000 && many < 8 * few * 15 / 10, "{few} {many}");
        }
    }
}
