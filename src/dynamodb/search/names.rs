//! Names that search reserves.

/// Names of attributes that beacons are stored in begin so.
pub(in crate::dynamodb) const BEACON_PREFIX: &str = "aws_dbe_b_";
/// The attribute of a version, which the text (`search-config.md#version-tag`) asks for and the libraries do not write.
pub(in crate::dynamodb) const VERSION_PREFIX: &str = "aws_dbe_v_";
/// The value of a query that says which partition it is for, a number; [`Search`](super::Search) has an example.
pub const PARTITION_VALUE: &str = ":aws_dbe_partition";
