//! What may be seen of a cache from outside.

use std::rc::Rc;

/// Something that happened in a cache. Holds no secret. [`MaterialsCache`](super::MaterialsCache) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheEvent {
    /// What happened.
    pub kind: CacheEventKind,
    /// To which kind of materials.
    pub materials: MaterialsKind,
    /// In which partition: its name, or a UUID where none was given.
    pub partition: Rc<str>,
    /// The branch key, for branch and beacon keys.
    pub branch_key_id: Option<Rc<str>>,
}

/// Kinds of events.
///
/// ```
/// use fieldseal::materials::cache::CacheEventKind;
///
/// assert_eq!(CacheEventKind::Hit.name(), "hit");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheEventKind {
    /// A request was served from the cache.
    Hit,
    /// A request was not, and made a call to the key store or the underlying CMM.
    Miss,
    /// A request was not, and waits for a call that another one made.
    Joined,
    /// A request was served in the grace period and set off a call in the background.
    Refresh,
    /// A call ended, well or with the error of this code.
    Fetched {
        /// Milliseconds that it took.
        duration_ms: u64,
        /// Success, or the error's [`code`](crate::error::Error::code).
        outcome: core::result::Result<(), &'static str>,
    },
    /// An entry reached its end.
    Expired,
    /// An entry reached its limit of bytes or messages.
    Exhausted,
    /// An entry made room for another one.
    Evicted,
}

impl CacheEventKind {
    /// Its name: the variant's, with a small first letter.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Joined => "joined",
            Self::Refresh => "refresh",
            Self::Fetched { .. } => "fetched",
            Self::Expired => "expired",
            Self::Exhausted => "exhausted",
            Self::Evicted => "evicted",
        }
    }
}

/// Kinds of materials.
///
/// ```
/// use fieldseal::materials::cache::MaterialsKind;
///
/// assert_eq!(MaterialsKind::BranchKey.name(), "branchKey");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaterialsKind {
    /// Encryption materials.
    Encryption,
    /// Decryption materials.
    Decryption,
    /// A branch key.
    BranchKey,
    /// A beacon key.
    BeaconKey,
}

impl MaterialsKind {
    /// Its name: the variant's, with a small first letter.
    pub fn name(self) -> &'static str {
        match self {
            Self::Encryption => "encryption",
            Self::Decryption => "decryption",
            Self::BranchKey => "branchKey",
            Self::BeaconKey => "beaconKey",
        }
    }
}

/// Is told of events. It may use the cache. [`MaterialsCache`](super::MaterialsCache) has an example.
pub type OnCacheEvent = Rc<dyn Fn(&CacheEvent)>;
