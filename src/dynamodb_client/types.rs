//! What the operations take and return.

/// A value of an item, of the types that a key store has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemValue {
    /// `S`.
    S(String),
    /// `N`, in the spelling of the endpoint.
    N(String),
    /// `B`.
    B(Vec<u8>),
    /// Any other type; never sent.
    Other,
}

/// Names and values; each name once.
pub type Item = Vec<(String, ItemValue)>;

/// One write of a transaction: an item that replaces the one of the same key, if `condition` holds
/// for that one.
#[derive(Debug, Clone)]
pub struct Put<'a> {
    /// The item.
    pub item: &'a Item,
    /// Condition expression. `#k` stands for the name `key_name`.
    pub condition: &'a str,
    /// What `#k` in the condition stands for.
    pub key_name: &'a str,
    /// The name that `#v` and the bytes that `:v` stand for, where the condition has them.
    pub value: Option<(&'a str, &'a [u8])>,
}

/// An attribute of a table's primary key, which is a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyElement {
    /// The attribute's name.
    pub name: String,
    /// `HASH` (partition key) or `RANGE` (sort key).
    pub key_type: String,
    /// `S`, `N` or `B`; empty where the endpoint does not say.
    pub attribute_type: String,
}

/// What DescribeTable says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDescription {
    /// The table's ARN.
    pub arn: String,
    /// For example `CREATING` or `ACTIVE`.
    pub status: String,
    /// The primary key.
    pub key_schema: Vec<KeyElement>,
}
