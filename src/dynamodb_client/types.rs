//! What the operations take and return.

/// A value of an item, of the types that a key store has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ItemValue {
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
pub(crate) type Item = Vec<(String, ItemValue)>;

/// One write of a transaction: an item that replaces the one of the same key, if `condition` holds
/// for that one.
#[derive(Debug, Clone)]
pub(crate) struct Put<'a> {
    /// The item.
    pub(crate) item: &'a Item,
    /// Condition expression. `#k` stands for the name `key_name`.
    pub(crate) condition: &'a str,
    /// What `#k` in the condition stands for.
    pub(crate) key_name: &'a str,
    /// The name that `#v` and the bytes that `:v` stand for, where the condition has them.
    pub(crate) value: Option<(&'a str, &'a [u8])>,
}

/// An attribute of a table's primary key, which is a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyElement {
    /// The attribute's name.
    pub(crate) name: String,
    /// `HASH` (partition key) or `RANGE` (sort key).
    pub(crate) key_type: String,
    /// `S`, `N` or `B`; empty where the endpoint does not say.
    pub(crate) attribute_type: String,
}

/// What DescribeTable says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableDescription {
    /// The table's ARN.
    pub(crate) arn: String,
    /// For example `CREATING` or `ACTIVE`.
    pub(crate) status: String,
    /// The primary key.
    pub(crate) key_schema: Vec<KeyElement>,
}
