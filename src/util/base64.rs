//! Base64 (RFC 4648 section 4), with padding, one spelling for each value. In constant time: what is decoded may be a key.

use base64ct::{Base64, Encoding};

use crate::wire::put_zeros;

/// The text of `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Length of the text of `bytes`.
pub(crate) fn encoded_len(bytes: &[u8]) -> usize {
    bytes.len().div_ceil(3) * 4
}

/// Writes the text of `bytes` to `text`, which is as long as [`encoded_len`] says.
pub(crate) fn encode_into(bytes: &[u8], text: &mut [u8]) {
    let written = Base64::encode(bytes, text).map(str::len);
    debug_assert_eq!(written, Ok(encoded_len(bytes)));
}

/// The bytes of `text`; `None` if it is not Base64.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).ok()
}

/// Appends the bytes of `text` to `bytes`, at most three for four characters; `None` if it is not Base64.
pub(crate) fn decode_into(text: &str, bytes: &mut Vec<u8>) -> Option<()> {
    let start = bytes.len();
    put_zeros(bytes, text.len().div_ceil(4) * 3);
    let decoded = Base64::decode(text, bytes.get_mut(start..)?).map(<[u8]>::len);
    bytes.truncate(start + decoded.unwrap_or(0));
    decoded.ok().map(drop)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn texts_are_those_of_another_library() {
        for n in 0..300usize {
            let bytes: Vec<u8> = (0..n).map(|i| (i * 167 + n * 31) as u8).collect();
            let text = STANDARD.encode(&bytes);
            assert_eq!(encode(&bytes), text);
            assert_eq!(encoded_len(&bytes), text.len());
            assert_eq!(decode(&text), Some(bytes));
        }
    }

    #[test]
    fn whatever_another_library_says_of_a_text() {
        for a in 0..=255u8 {
            for rest in
                ["AAA", "BA=", "B==", "===", "AAAAA", "", "AA", "A==AAAA", "AA=AAAA", "AA=\n"]
            {
                for text in
                    [[&[a], rest.as_bytes()].concat(), [b"AAA", &[a][..], rest.as_bytes()].concat()]
                {
                    let Ok(text) = String::from_utf8(text) else { continue };
                    assert_eq!(decode(&text), STANDARD.decode(&text).ok(), "{text:?}");
                }
            }
        }
        for a in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
            for end in ["==", "A=", "AA"] {
                let text = format!("A{}{end}", char::from(*a));
                assert_eq!(decode(&text), STANDARD.decode(&text).ok(), "{text:?}");
            }
        }
    }

    #[test]
    fn nothing_is_moved_where_there_is_room() {
        let text = encode(&[7; 100]);
        let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
        let at = bytes.as_ptr();
        decode_into(&text, &mut bytes).unwrap();
        assert_eq!((bytes.as_ptr(), bytes.len()), (at, 100));
    }
}
