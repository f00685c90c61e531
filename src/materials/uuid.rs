//! UUIDs and their text form (RFC 9562).

use core::fmt;

use crate::crypto::random_array;
use crate::error::Result;

/// A UUID; written with lower-case digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Uuid(pub(super) [u8; 16]);

impl Uuid {
    /// A random UUID, version 4.
    pub(super) fn random() -> Result<Self> {
        let mut bytes: [u8; 16] = random_array()?;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Ok(Self(bytes))
    }

    /// Of text in the form 8-4-4-4-12.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mut bytes, mut digits) = ([0; 16], 0);
        for (at, c) in text.bytes().enumerate() {
            if matches!(at, 8 | 13 | 18 | 23) {
                if c != b'-' {
                    return None;
                }
                continue;
            }
            let digit = char::from(c).to_digit(16)? as u8;
            let byte: &mut u8 = bytes.get_mut(digits / 2)?;
            *byte = *byte << 4 | digit;
            digits += 1;
        }
        (digits == 32).then_some(Self(bytes))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            let hyphen = if matches!(i, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{hyphen}{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_ones_have_version_4_and_differ() {
        let uuids: Vec<String> = (0..100).map(|_| Uuid::random().unwrap().to_string()).collect();
        for (i, uuid) in uuids.iter().enumerate() {
            assert_eq!(Uuid::parse(uuid).unwrap().to_string(), *uuid);
            assert_eq!(uuid.as_bytes()[14], b'4');
            assert!(b"89ab".contains(&uuid.as_bytes()[19]));
            assert!(!uuids[..i].contains(uuid));
        }
    }

    #[test]
    fn forms() {
        let good = "1234abcd-12AB-34cd-56ef-1234567890ab";
        assert_eq!(Uuid::parse(good).unwrap().to_string(), good.to_ascii_lowercase());
        for bad in [
            "",
            &good[1..],
            "1234abcd012ab-34cd-56ef-1234567890ab",
            "1234abcd12ab34cd56ef1234567890ab",
            "g234abcd-12ab-34cd-56ef-1234567890ab",
            "é234abcd-12ab-34cd-56ef-1234567890a",
        ] {
            assert!(Uuid::parse(bad).is_none(), "{bad}");
        }
        assert!(Uuid::parse(&format!("{good}0")).is_none());
    }
}
