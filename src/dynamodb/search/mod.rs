//! Searchable encryption (`searchable-encryption/`): beacons beside sealed attributes, requests that ask for them, and results
//! that are looked through once they are opened.
//!
//! DynamoDB compares beacons, which are cut HMACs: different values may have one beacon, never one value two. What it finds
//! therefore has everything that was asked for, and more, which is left out here ([`ResultFilter`]). Where a test would leave out
//! something that was asked for, DynamoDB is not asked it, and it is decided here alone: `NOT` of a comparison of beacons, for
//! example.

mod beacon;
mod clause;
mod compile;
mod compound;
mod config;
mod filter;
mod key_named;
mod location;
mod names;
mod query;
mod render;
mod searched;
mod sources;
mod standard;
mod test_plan;
mod virtual_field;

#[cfg(test)]
mod tests;

pub use config::{
    BeaconKeys, BeaconStyle, CompoundBeacon, ConstructorPart, EncryptedPart, MAX_PARTITIONS,
    SearchConfig, SignedPart, StandardBeacon, Transform, VirtualField, VirtualPart,
};
pub use filter::ResultFilter;
pub use names::PARTITION_VALUE;
pub use query::{SearchOperation, SearchRequest};
pub use searched::{ResolvedAttributes, Search};

pub(super) use compile::compile;
pub(super) use names::{BEACON_PREFIX, VERSION_PREFIX};
pub(super) use query::Asked;
