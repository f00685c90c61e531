//! Branch keys and where they come from (`structures.md#branch-key-materials`,
//! `branch-key-store.md`).

use core::fmt;

use crate::crypto::{Secret, random_array};
use crate::error::{Error, Result, Rule};
use crate::port::LocalFuture;

use super::EncryptionContext;

/// Length of branch and beacon keys in bytes.
const KEY_LEN: usize = 32;

/// One version of a branch key.
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

/// The key from which the keys of searchable attributes are derived; it has no versions.
#[derive(Debug, Clone)]
pub struct BeaconKeyMaterials {
    /// The branch key that it belongs to.
    pub branch_key_id: String,
    /// The context that its creator gave, without the key store's prefix.
    pub encryption_context: EncryptionContext,
    /// 32 bytes.
    pub key: Secret,
}

/// Where branch keys are kept.
pub trait BranchKeyStore {
    /// The name that is bound to the store's keys: the same in all its copies, and never that of
    /// another store.
    fn logical_name(&self) -> &str;

    /// GetActiveBranchKey: the version to encrypt with.
    fn active<'a>(&'a self, branch_key_id: &'a str) -> LocalFuture<'a, Result<BranchKeyMaterials>>;

    /// GetBranchKeyVersion: the version, a UUID in 36 characters, that something was encrypted
    /// with.
    fn version<'a>(
        &'a self,
        branch_key_id: &'a str,
        version: &'a str,
    ) -> LocalFuture<'a, Result<BranchKeyMaterials>>;

    /// GetBeaconKey.
    fn beacon<'a>(&'a self, branch_key_id: &'a str) -> LocalFuture<'a, Result<BeaconKeyMaterials>>;
}

/// A UUID; written with lower-case digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Uuid(pub(super) [u8; 16]);

impl Uuid {
    /// A random UUID, version 4.
    pub(super) fn random() -> Result<Self> {
        let mut bytes: [u8; 16] = random_array()?;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Ok(Self(bytes))
    }

    /// Of text in the form 8-4-4-4-12.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mut bytes, mut digits) = ([0; 16], 0);
        for (at, c) in text.bytes().enumerate() {
            if matches!(at, 8 | 13 | 18 | 23) {
                if c != b'-' {
                    return None;
                }
                continue;
            }
            let digit = char::from(c).to_digit(16)? as u8;
            let byte: &mut u8 = bytes.get_mut(digits / 2)?;
            *byte = *byte << 4 | digit;
            digits += 1;
        }
        (digits == 32).then_some(Self(bytes))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            let hyphen = if matches!(i, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{hyphen}{byte:02x}")?;
        }
        Ok(())
    }
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
pub struct StaticBranchKeyStore {
    logical_name: String,
    keys: Vec<(Uuid, StaticBranchKey)>,
}

impl StaticBranchKeyStore {
    /// The versions of each branch key from the oldest to the newest, which is the active one.
    /// Without a name the store gets a random one, and shares cached keys with no other.
    ///
    /// # Errors
    /// [`Rule::Config`]: an empty id, a version that is no UUID or occurs twice, a key that has not
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
                .ok_or_else(|| config(format!("a version of branch key '{id}' is no UUID")))?;
            if known.iter().any(|(v, k)| *v == version && k.branch_key_id == *id) {
                return Err(config(format!("branch key '{id}' has version {version} twice")));
            }
            let lengths = [Some(&key.branch_key), key.beacon_key.as_ref()];
            if lengths.into_iter().flatten().any(|key| key.len() != KEY_LEN) {
                let problem = format!("a key of branch key '{id}' has not {KEY_LEN} bytes");
                return Err(config(problem));
            }
            known.push((version, key));
        }
        let logical_name = match logical_name {
            Some(name) => name,
            None => format!("static {}", Uuid::random()?),
        };
        Ok(Self { logical_name, keys: known })
    }

    /// The newest version for which `fits` holds; otherwise an error about `what`.
    fn newest(
        &self,
        branch_key_id: &str,
        what: &str,
        fits: impl Fn(&Uuid, &StaticBranchKey) -> bool,
    ) -> Result<&(Uuid, StaticBranchKey)> {
        let mut newest_first = self.keys.iter().rev();
        newest_first.find(|(v, key)| key.branch_key_id == branch_key_id && fits(v, key)).ok_or_else(
            || {
                let problem =
                    format!("the static key store has no {what} of branch key '{branch_key_id}'");
                Error::misuse(Rule::Keyring, problem)
            },
        )
    }
}

impl BranchKeyStore for StaticBranchKeyStore {
    fn logical_name(&self) -> &str {
        &self.logical_name
    }

    fn active<'a>(&'a self, branch_key_id: &'a str) -> LocalFuture<'a, Result<BranchKeyMaterials>> {
        let found = self.newest(branch_key_id, "version", |_, _| true).map(materials);
        Box::pin(core::future::ready(found))
    }

    fn version<'a>(
        &'a self,
        branch_key_id: &'a str,
        version: &'a str,
    ) -> LocalFuture<'a, Result<BranchKeyMaterials>> {
        let wanted = Uuid::parse(version);
        let what = format!("version {version}");
        let found = self.newest(branch_key_id, &what, |v, _| Some(*v) == wanted).map(materials);
        Box::pin(core::future::ready(found))
    }

    fn beacon<'a>(&'a self, branch_key_id: &'a str) -> LocalFuture<'a, Result<BeaconKeyMaterials>> {
        let found = self.newest(branch_key_id, "beacon key", |_, key| key.beacon_key.is_some());
        let beacon = found.map(|(_, key)| BeaconKeyMaterials {
            branch_key_id: key.branch_key_id.clone(),
            encryption_context: key.encryption_context.clone(),
            key: key.beacon_key.clone().unwrap_or_default(),
        });
        Box::pin(core::future::ready(beacon))
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
