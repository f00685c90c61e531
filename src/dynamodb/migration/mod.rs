//! Bringing a table that exists under encryption: what each of its items needs ([`Step`]), and how far a run has come
//! ([`Checkpoint`]). Nothing is read or written here.

mod checkpoint;

pub use checkpoint::{Checkpoint, MAX_SEGMENTS, OpenSegment};

use crate::structured::{FOOTER_FIELD, HEADER_FIELD, Header};

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

/// Whether a stored header is one as sealing makes them now, like `fresh`: of the same version and suite, and the data key
/// wrapped by the same keys, told by their names and, of branch keys, by their versions. Whether the item opens is another
/// question: nothing is verified. No header is alike that cannot be read.
///
/// ```
/// # use std::rc::Rc;
/// # use fieldseal::dynamodb::{AttributeValue, Item, ItemEncryptor, ItemEncryptorConfig, PlaintextOverride};
/// # use fieldseal::materials::{DefaultCmm, RawAesKeyring};
/// # use fieldseal::structured::CryptoAction;
/// use fieldseal::dynamodb::migration::{is_same_for_all, sealed_alike};
///
/// # let encryptor = |key_name: &str| {
/// #     let keyring = RawAesKeyring::new("shop".into(), key_name.into(), vec![7; 32][..].into())?;
/// #     ItemEncryptor::new(ItemEncryptorConfig {
/// #         logical_table_name: "customers".into(),
/// #         partition_key_name: "id".into(),
/// #         sort_key_name: None,
/// #         attribute_actions: vec![("id".into(), CryptoAction::SignOnly)],
/// #         allowed_unsigned_attributes: vec![],
/// #         allowed_unsigned_attribute_prefix: None,
/// #         suite: None,
/// #         plaintext_override: PlaintextOverride::default(),
/// #         max_encrypted_data_keys: None,
/// #         drop_reserved_attributes: false,
/// #         cmm: Rc::new(DefaultCmm::new(Rc::new(keyring))),
/// #     })
/// # };
/// # fieldseal_doctest::run(async {
/// let (before, now) = (encryptor("key-1")?, encryptor("key-2")?);
/// let item: Item = vec![("id".into(), AttributeValue::S("c-1".into()))];
/// let stored = before.encrypt(&item).await?.expect("it is sealed");
/// let fresh = now.encrypt(&item).await?.expect("it is sealed");
/// assert!(!sealed_alike(stored.header_bytes(), fresh.header_bytes()));
///
/// let again = before.encrypt(&item).await?.expect("it is sealed");
/// assert!(sealed_alike(stored.header_bytes(), again.header_bytes()));
/// // Raw keys may be chosen item by item, for all that a header says.
/// assert!(!is_same_for_all(fresh.header_bytes()));
/// # Ok(())
/// # });
/// ```
pub fn sealed_alike(stored: &[u8], fresh: &[u8]) -> bool {
    let (Ok(stored), Ok(fresh)) = (Header::parse(stored), Header::parse(fresh)) else {
        return false;
    };
    let (keys, fresh_keys) = (&stored.encrypted_data_keys, &fresh.encrypted_data_keys);
    stored.version == fresh.version
        && stored.suite.id == fresh.suite.id
        && keys.len() == fresh_keys.len()
        && keys.iter().zip(fresh_keys).all(|(key, fresh)| key.is_wrapped_alike(fresh, stored.suite))
}

/// Whether every item's header is like `fresh`, where the same keyring makes it: only KMS keys wrapped its data key, which are
/// the same whatever the item is. [`sealed_alike`] has an example.
pub fn is_same_for_all(fresh: &[u8]) -> bool {
    let same = |provider: &str| matches!(provider, "aws-kms" | "aws-kms-rsa" | "aws-kms-ecdh");
    Header::parse(fresh)
        .is_ok_and(|header| header.encrypted_data_keys.iter().all(|key| same(&key.provider_id)))
}

#[cfg(test)]
mod tests;
