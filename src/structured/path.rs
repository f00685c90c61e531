//! Canonical paths (`header.md#canonical-path`) and the order that everything in a record follows.

use core::cmp::Ordering;

use crate::interop::path_key_len;

/// Writes canonical paths of one segment into a buffer that is used again and again.
pub(super) struct PathWriter {
    bytes: Vec<u8>,
    prefix: usize,
}

impl PathWriter {
    /// For records of `table`.
    pub(super) fn new(table: &str) -> Self {
        let mut bytes = Vec::with_capacity(table.len() + 64);
        bytes.extend_from_slice(table.as_bytes());
        bytes.extend_from_slice(&1u64.to_be_bytes()); // depth
        bytes.push(b'$'); // a map key follows
        let prefix = bytes.len();
        Self { bytes, prefix }
    }

    /// The canonical path of the field `name`.
    pub(super) fn path(&mut self, name: &str) -> &[u8] {
        self.bytes.truncate(self.prefix);
        self.bytes.extend_from_slice(&path_key_len(name).to_be_bytes());
        self.bytes.extend_from_slice(name.as_bytes());
        &self.bytes
    }
}

/// Ascending bytes of the canonical path: the length comes first, so shorter names sort first.
pub(super) fn path_order(a: &str, b: &str) -> Ordering {
    path_key_len(a).cmp(&path_key_len(b)).then_with(|| a.as_bytes().cmp(b.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_example() {
        let mut want = b"example_table".to_vec();
        want.extend_from_slice(b"\0\0\0\0\0\0\0\x01$\0\0\0\0\0\0\0\x04name");
        assert_eq!(PathWriter::new("example_table").path("name"), want);
    }

    #[test]
    fn order_is_that_of_the_bytes() {
        let names = ["", "z", "aa", "é", "\u{10002}", "\u{ff61}", "ab", "zzz", "éé"];
        for a in names {
            for b in names {
                let bytes = |name| PathWriter::new("t").path(name).to_vec();
                assert_eq!(path_order(a, b), bytes(a).cmp(&bytes(b)), "{a} {b}");
            }
        }
    }
}
