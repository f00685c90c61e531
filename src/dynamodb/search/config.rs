//! What is searched, as the caller says it (`search-config.md`, `beacons.md`, `virtual.md`).

use crate::interop;
use crate::materials::BeaconKeySource;

/// How a table is searched; [`Search`](super::Search) has an example.
pub struct SearchConfig {
    /// Where the key of the beacons comes from.
    pub key_source: BeaconKeySource,
    /// Which branch key an item and a query belong to.
    pub keys: BeaconKeys,
    /// At least one.
    pub standard_beacons: Vec<StandardBeacon>,
    /// Beacons that are put together of parts.
    pub compound_beacons: Vec<CompoundBeacon>,
    /// Values that standard beacons may be of, beside attributes.
    pub virtual_fields: Vec<VirtualField>,
    /// Encrypted parts that the constructors of every compound beacon may name.
    pub encrypted_parts: Vec<EncryptedPart>,
    /// Signed parts that the constructors of every compound beacon may name.
    pub signed_parts: Vec<SignedPart>,
    /// How many partitions the items are spread over: 1 to [`MAX_PARTITIONS`].
    pub maximum_number_of_partitions: u8,
    /// In how many of them a beacon is that says nothing else; fewer than the maximum, which is the default.
    pub default_number_of_partitions: Option<u8>,
}

/// The most partitions that a table may have. [`Search`](super::Search) has an example.
pub const MAX_PARTITIONS: u8 = interop::MAX_PARTITIONS;

/// Which branch key an item and a query belong to (`search-config.md#beacon-key-source`);
/// [`Search`](super::Search) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeaconKeys {
    /// All to this one.
    Single {
        /// The branch key.
        branch_key_id: String,
    },
    /// An item to the one that wrapped its data key; a query to the one that it names as the value of this attribute,
    /// by itself or as a signed part of a compound beacon.
    Multi {
        /// The attribute.
        key_field_name: String,
    },
}

/// A beacon of one value (`beacons.md#standard-beacon`): a part of an HMAC;
/// [`Search`](super::Search) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandardBeacon {
    /// What queries call it.
    pub name: String,
    /// Bits: 1 to 63.
    pub length: u8,
    /// The virtual field, the attribute, or the place within one, such as `person.phones[0]`; by default what has the
    /// beacon's name.
    pub location: Option<String>,
    /// What is special about it.
    pub style: BeaconStyle,
    /// In how many partitions it is, if not in the default number of them: 1 to one less than the maximum.
    pub number_of_partitions: Option<u8>,
}

/// What is special about a standard beacon (`beacons.md#beacon-style`); [`Search`](super::Search) has an
/// example.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum BeaconStyle {
    /// Nothing.
    #[default]
    Plain,
    /// It is used in compound beacons only, and not stored by itself.
    PartOnly,
    /// Equal values have the beacon that they have in another one of the same length.
    Shared {
        /// The name of the other.
        other: String,
    },
    /// It is of a set: a set of the beacons of its members.
    AsSet,
    /// Both.
    SharedSet {
        /// The name of the other.
        other: String,
    },
}

impl BeaconStyle {
    pub(super) fn is_set(&self) -> bool {
        matches!(self, Self::AsSet | Self::SharedSet { .. })
    }

    pub(super) fn other(&self) -> Option<&str> {
        match self {
            Self::Shared { other } | Self::SharedSet { other } => Some(other),
            _ => None,
        }
    }
}

/// A beacon that is put together of parts (`beacons.md#compound-beacon`); [`Search`](super::Search) has an example.
/// Without an encrypted part it is a signed beacon: an attribute of its own, which may be a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompoundBeacon {
    /// What queries call it.
    pub name: String,
    /// What stands between two parts, and in no value.
    pub split: char,
    /// Encrypted parts of its own.
    pub encrypted_parts: Vec<EncryptedPart>,
    /// Signed parts of its own.
    pub signed_parts: Vec<SignedPart>,
    /// How it is put together: the first constructor whose required parts an item has. By default of all parts of its own,
    /// signed ones first.
    pub constructors: Vec<Vec<ConstructorPart>>,
}

/// A part of a [`CompoundBeacon`] that is a standard beacon; [`Search`](super::Search) has an
/// example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptedPart {
    /// The standard beacon's name.
    pub name: String,
    /// What it begins with there.
    pub prefix: String,
}

/// A part of a [`CompoundBeacon`] that is in plaintext; [`Search`](super::Search) has an
/// example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPart {
    /// Its name, for constructors.
    pub name: String,
    /// What it begins with there.
    pub prefix: String,
    /// The attribute, or the place within one; by default what has the part's name.
    pub location: Option<String>,
}

/// A part that a constructor of a [`CompoundBeacon`] puts in; [`Search`](super::Search) has an
/// example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConstructorPart {
    /// The part's name.
    pub name: String,
    /// Whether the constructor is passed over for items without it.
    pub required: bool,
}

/// A value made of attributes (`virtual.md`); [`Search`](super::Search) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualField {
    /// What standard beacons call it.
    pub name: String,
    /// What it is made of, one after another.
    pub parts: Vec<VirtualPart>,
}

/// A part of a [`VirtualField`]; [`Search`](super::Search) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualPart {
    /// The attribute, or the place within one: a string, a number, a boolean or null.
    pub location: String,
    /// What is done to it, one after another.
    pub transforms: Vec<Transform>,
}

/// What is done to a part of a [`VirtualField`] (`virtual.md#virtual-transform`). Lengths and places count UTF-16 code units;
/// negative ones count from the end. [`Search`](super::Search) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transform {
    /// ASCII letters become capitals.
    Upper,
    /// ASCII letters become small.
    Lower,
    /// Adds text.
    Insert {
        /// The text.
        literal: String,
    },
    /// Its beginning; of a negative length, all but so many at the end.
    Prefix {
        /// How long.
        length: i32,
    },
    /// Its end; of a negative length, all but so many at the beginning.
    Suffix {
        /// How long.
        length: i32,
    },
    /// What stands from one place on and before another.
    Substring {
        /// From here.
        low: i32,
        /// Before here.
        high: i32,
    },
    /// One of the pieces between separators.
    Segment {
        /// What separates.
        split: char,
        /// Which.
        index: i32,
    },
    /// Some of the pieces between separators, with those.
    Segments {
        /// What separates.
        split: char,
        /// From this one on.
        low: i32,
        /// Before this one.
        high: i32,
    },
}
