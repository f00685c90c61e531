//! What `benches/aws.rs` measures: the same items and messages, through fieldseal and through AWS's crates.

pub mod aws;
pub mod own;
pub mod table;

/// The wrapping key of both sides, in one keyring each.
pub const WRAPPING_KEY: [u8; 32] = [7; 32];
/// Its namespace and name.
pub const KEY_NAME: [&str; 2] = ["ns", "name"];
/// Attributes of the item of `benches/sample.mjs`, and how many of them are encrypted: those after the partition key.
pub const ATTRIBUTES: usize = 20;
pub const ENCRYPTED: usize = 10;

/// Names and values of the item: `pk`, then the others.
pub fn attributes() -> Vec<(String, String)> {
    let others = (0..ATTRIBUTES - 1)
        .map(|i| (format!("attr{i:02}"), format!("attribute value number {i:07}")));
    [("pk".into(), "partition-key-0001-xxxxxxxxxxx".into())].into_iter().chain(others).collect()
}

/// A plaintext of so many bytes.
pub fn plaintext(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 31 + i / 256) as u8).collect()
}

/// The encryption context of messages.
pub const CONTEXT: [&str; 2] = ["purpose", "benchmark"];
