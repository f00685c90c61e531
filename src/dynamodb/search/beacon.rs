//! What a name in a request may stand for.

use super::compound::Compound;
use super::standard::Standard;

/// A beacon that a name stands for.
#[derive(Clone, Copy)]
pub(super) enum Beacon<'s> {
    Standard(&'s Standard),
    Compound(&'s Compound),
}

impl<'s> Beacon<'s> {
    /// The attribute that it is stored in.
    pub(super) fn stored(self) -> &'s str {
        match self {
            Self::Standard(beacon) => &beacon.stored,
            Self::Compound(beacon) => &beacon.stored,
        }
    }

    /// Whether any of it is hashed.
    pub(super) fn is_encrypted(self) -> bool {
        match self {
            Self::Standard(_) => true,
            Self::Compound(beacon) => beacon.is_encrypted(),
        }
    }
}
