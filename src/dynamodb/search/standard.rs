//! Standard beacons (`beacons.md#standard-beacon`).

use std::borrow::Cow;

use crate::dynamodb::{AttributeValue, Item};
use crate::error::{Error, Result, Rule};
use crate::materials::BeaconKey;
use crate::util::index::Index;

use super::location::Location;
use super::virtual_field::Virtual;

/// What a standard beacon is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// What is at its location.
    Location,
    /// The virtual field at this position.
    Virtual(usize),
}

/// A standard beacon.
#[derive(Debug)]
pub(super) struct Standard {
    pub(super) name: String,
    /// The attribute that it is stored in.
    pub(super) stored: String,
    pub(super) length: u8,
    pub(super) location: Location,
    pub(super) source: Source,
    pub(super) part_only: bool,
    pub(super) as_set: bool,
    /// The beacon whose key it has: itself, or the one that it shares with.
    pub(super) key_name: String,
    pub(super) partitions: u8,
}

impl Standard {
    /// The beacon of some bytes (`beacons.md#basichash`, `#beacon-partition-encoding`).
    pub(super) fn hash(&self, value: &[u8], key: &BeaconKey, partition: u8) -> Result<String> {
        let partition = match partition % self.partitions {
            0 => &[][..],
            partition => &[partition][..],
        };
        let hash = key.hash(&self.key_name, &[value, partition])?;
        let kept = hash & (u64::MAX >> (64 - self.length));
        Ok(format!("{kept:0digits$x}", digits = usize::from(self.length.div_ceil(4))))
    }

    /// The beacon of an item; `None` for one without the value.
    pub(super) fn of_item(
        &self,
        virtual_fields: &[Virtual],
        item: &Item<'_>,
        key: &BeaconKey,
        partition: u8,
    ) -> Result<Option<AttributeValue<'static>>> {
        let Some(value) = self.plain(virtual_fields, item)? else { return Ok(None) };
        if self.as_set {
            return self.of_set(&value, key, partition).map(Some);
        }
        self.of_value(&value, key, partition).map(Some)
    }

    /// The value that it is of.
    pub(super) fn plain<'v>(
        &self,
        virtual_fields: &[Virtual],
        item: &Item<'v>,
    ) -> Result<Option<AttributeValue<'v>>> {
        Ok(match self.source {
            Source::Location => self.location.find(item).cloned(),
            Source::Virtual(at) => match virtual_fields.get(at) {
                Some(field) => field.text(item)?.map(|text| AttributeValue::S(text.into())),
                None => None,
            },
        })
    }

    /// The beacon of one value.
    pub(super) fn of_value(
        &self,
        value: &AttributeValue<'_>,
        key: &BeaconKey,
        partition: u8,
    ) -> Result<AttributeValue<'static>> {
        Ok(AttributeValue::S(self.hash_value(value, key, partition)?.into()))
    }

    fn hash_value(
        &self,
        value: &AttributeValue<'_>,
        key: &BeaconKey,
        partition: u8,
    ) -> Result<String> {
        let bytes = value.canonical().map_err(|e| e.of_attribute(&self.location.attribute))?;
        self.hash(&bytes, key, partition)
    }

    /// The beacons of a set's members, each once.
    pub(super) fn of_set(
        &self,
        value: &AttributeValue<'_>,
        key: &BeaconKey,
        partition: u8,
    ) -> Result<AttributeValue<'static>> {
        use AttributeValue::{B, Bs, N, Ns, S, Ss};
        let (mut beacons, mut seen) = (Vec::new(), Index::default());
        let mut add = |member: AttributeValue<'_>| -> Result<()> {
            let beacon = self.hash_value(&member, key, partition)?;
            if seen.add(&beacon, 0).is_none() {
                beacons.push(beacon.into());
            }
            Ok(())
        };
        match value {
            Ss(members) => members.iter().try_for_each(|text| add(S(Cow::Borrowed(text))))?,
            Ns(members) => members.iter().try_for_each(|text| add(N(Cow::Borrowed(text))))?,
            Bs(members) => members.iter().try_for_each(|bytes| add(B(Cow::Borrowed(bytes))))?,
            _ => {
                let problem = format!("the beacon '{}' is of a set, which it is not", self.name);
                let attribute = &self.location.attribute;
                return Err(Error::misuse(Rule::Beacon, problem).of_attribute(attribute));
            }
        }
        Ok(Ss(beacons))
    }

    /// What a query by it asks for (`beacons.md`); of a set, the query may be for a member.
    pub(super) fn of_query(
        &self,
        value: &AttributeValue<'_>,
        key: &BeaconKey,
        partition: u8,
    ) -> Result<AttributeValue<'static>> {
        use AttributeValue::{B, N, S};
        let is_member = matches!(value, S(_) | N(_) | B(_));
        match self.as_set && !is_member {
            true => self.of_set(value, key, partition),
            false => self.of_value(value, key, partition),
        }
    }
}
