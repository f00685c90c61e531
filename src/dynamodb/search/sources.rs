//! What beacons are made from.

use crate::error::{Error, Result};

use super::standard::Standard;
use super::virtual_field::Virtual;

/// The standard beacons and the virtual fields of a table, which positions are of.
#[derive(Clone, Copy)]
pub(super) struct Sources<'s> {
    pub(super) standard: &'s [Standard],
    pub(super) virtual_fields: &'s [Virtual],
}

impl<'s> Sources<'s> {
    pub(super) fn standard(self, at: usize) -> Result<&'s Standard> {
        self.standard.get(at).ok_or_else(|| Error::bug("a beacon of none"))
    }
}
