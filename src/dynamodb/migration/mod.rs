//! Bringing a table that exists under encryption: what each of its items needs ([`Step`]), and how far a run has come
//! ([`Checkpoint`]). Nothing is read or written here.

mod checkpoint;
mod header;

pub use checkpoint::{Checkpoint, MAX_SEGMENTS, OpenSegment};
pub use header::{is_same_for_all, sealed_alike};

use crate::structured::{FOOTER_FIELD, HEADER_FIELD};

use super::Item;
use super::encryptor::LEGACY_FIELD;

/// What is done with the items of a table.
///
/// ```
/// use fieldseal::dynamodb::migration::Mode;
///
/// assert_eq!(Mode::by_name("addBeacons"), Some(Mode::AddBeacons));
/// assert_eq!(Mode::AddBeacons.name(), "addBeacons");
/// assert_eq!(Mode::by_name("open"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Those in plaintext are sealed.
    Seal,
    /// All are opened, and nothing is written.
    Verify,
    /// Those that are sealed are sealed under the keyring's present keys.
    Reseal,
    /// Those that are sealed get the beacons that are configured.
    AddBeacons,
}

impl Mode {
    const ALL: [Self; 4] = [Self::Seal, Self::Verify, Self::Reseal, Self::AddBeacons];

    /// The mode of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Verify => "verify",
            Self::Reseal => "reseal",
            Self::AddBeacons => "addBeacons",
        }
    }
}

/// What an item needs.
///
/// ```
/// use fieldseal::dynamodb::migration::{Mode, Step};
/// use fieldseal::dynamodb::{AttributeValue, Item};
///
/// let plain: Item = vec![("id".into(), AttributeValue::S("c-1".into()))];
/// assert_eq!(Step::of(Mode::Seal, &plain), Step::Seal);
/// // Opening it says why it cannot be done: PLAINTEXT_ITEM.
/// assert_eq!(Step::of(Mode::Verify, &plain), Step::Open);
///
/// let bytes = || AttributeValue::B(vec![1].into());
/// let sealed: Item =
///     vec![plain[0].clone(), ("aws_dbe_head".into(), bytes()), ("aws_dbe_foot".into(), bytes())];
/// assert_eq!(Step::of(Mode::Seal, &sealed), Step::Leave);
/// assert_eq!(Step::of(Mode::Reseal, &sealed), Step::Reseal);
/// assert_eq!(Step::Reseal.name(), "reseal");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing: it is as asked.
    Leave,
    /// It is sealed.
    Seal,
    /// It is opened, and no more: either that is what was asked for, or the error says why nothing else can be done.
    Open,
    /// It is sealed anew, unless it is [`sealed_alike`] already.
    Reseal,
    /// It is sealed anew, unless it [has its beacons](super::ItemEncryptor#method.has_beacons).
    AddBeacons,
}

impl Step {
    /// What an item needs, by what it has and by nothing else.
    pub fn of(mode: Mode, item: &Item<'_>) -> Self {
        let has = |wanted| item.iter().any(|(name, _)| name == wanted);
        match (has(HEADER_FIELD), has(FOOTER_FIELD), mode) {
            (false, false, Mode::Seal) if !has(LEGACY_FIELD) => Self::Seal,
            (true, true, Mode::Seal) => Self::Leave,
            (true, true, Mode::Reseal) => Self::Reseal,
            (true, true, Mode::AddBeacons) => Self::AddBeacons,
            _ => Self::Open,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Leave => "leave",
            Self::Seal => "seal",
            Self::Open => "open",
            Self::Reseal => "reseal",
            Self::AddBeacons => "addBeacons",
        }
    }
}

#[cfg(test)]
mod tests;
