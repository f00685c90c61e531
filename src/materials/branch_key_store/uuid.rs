//! UUIDs in their text form (RFC 9562).

use crate::crypto::random_array;
use crate::error::Result;

/// A random UUID (version 4), 36 characters.
pub(super) fn random_uuid() -> Result<String> {
    let mut bytes: [u8; 16] = random_array()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (i, byte) in bytes.into_iter().enumerate() {
        if [4, 6, 8, 10].contains(&i) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(digit.into(), 16));
        }
    }
    Ok(text)
}

/// Whether `text` has the form of a UUID, of any version, in lower or upper case.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, byte)| match i {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_ones_have_version_4_and_differ() {
        let uuids: Vec<String> = (0..100).map(|_| random_uuid().unwrap()).collect();
        for (i, uuid) in uuids.iter().enumerate() {
            assert!(is_uuid(uuid), "{uuid}");
            assert_eq!(uuid.as_bytes()[14], b'4');
            assert!(b"89ab".contains(&uuid.as_bytes()[19]));
            assert!(!uuids[..i].contains(uuid));
        }
    }

    #[test]
    fn forms() {
        let good = "1234abcd-12AB-34cd-56ef-1234567890ab";
        assert!(is_uuid(good));
        for bad in [
            "",
            &good[1..],
            "1234abcd012ab-34cd-56ef-1234567890ab",
            "g234abcd-12ab-34cd-56ef-1234567890ab",
            "é234abcd-12ab-34cd-56ef-1234567890a",
        ] {
            assert!(!is_uuid(bad), "{bad}");
        }
        assert!(!is_uuid(&format!("{good}0")));
    }
}
