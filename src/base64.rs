//! Base64 (RFC 4648 section 4), with padding, one spelling for each value.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The text of `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = vec![0; encoded_len(bytes)];
    encode_into(bytes, &mut text);
    text.into_iter().map(char::from).collect()
}

/// Length of the text of `bytes`.
pub(crate) fn encoded_len(bytes: &[u8]) -> usize {
    bytes.len().div_ceil(3) * 4
}

/// Writes the text of `bytes` to `text`, which is as long as [`encoded_len`] says.
pub(crate) fn encode_into(bytes: &[u8], text: &mut [u8]) {
    for (bytes, text) in bytes.chunks(3).zip(text.chunks_mut(4)) {
        let group = (0..3).fold(0, |group, i| group << 8 | u32::from(*bytes.get(i).unwrap_or(&0)));
        for (i, c) in text.iter_mut().enumerate() {
            *c = match i > bytes.len() {
                true => b'=',
                false => ALPHABET[(group >> (18 - 6 * i)) as usize & 63],
            };
        }
    }
}

/// The bytes of `text`; `None` if it is not Base64.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len().div_ceil(4) * 3);
    decode_into(text, &mut bytes)?;
    Some(bytes)
}

/// Appends the bytes of `text` to `bytes`, at most three for four characters; `None` if it is not Base64.
pub(crate) fn decode_into(text: &str, bytes: &mut Vec<u8>) -> Option<()> {
    let (groups, rest) = text.as_bytes().as_chunks::<4>();
    let (last, groups) = groups.split_last().map_or((None, groups), |(l, g)| (Some(l), g));
    if !rest.is_empty() {
        return None;
    }
    for group in groups {
        bytes.extend_from_slice(&three(group)?);
    }
    match last {
        None => {}
        Some([a, b, b'=', b'=']) => match three(&[*a, *b, b'A', b'A'])? {
            [byte, 0, _] => bytes.push(byte),
            // Bits behind the last byte would be another spelling.
            _ => return None,
        },
        Some([a, b, c, b'=']) => match three(&[*a, *b, *c, b'A'])? {
            [first, second, 0] => bytes.extend_from_slice(&[first, second]),
            _ => return None,
        },
        Some(group) => bytes.extend_from_slice(&three(group)?),
    }
    Some(())
}

fn three(group: &[u8; 4]) -> Option<[u8; 3]> {
    let mut bits = 0;
    for c in group {
        bits = bits << 6 | digit(*c)?;
    }
    let [_, bytes @ ..] = bits.to_be_bytes();
    Some(bytes)
}

/// Without a table: what is decoded may be secret, and must not choose addresses.
fn digit(c: u8) -> Option<u32> {
    let from = |first: u8, n: u8, digit: u32| {
        let at = u32::from(c).wrapping_sub(first.into());
        // All ones where `c` is one of these `n` characters.
        let within = ((u64::from(at).wrapping_sub(u64::from(n)) >> 63) as u32).wrapping_neg();
        (at.wrapping_add(digit + 1)) & within
    };
    let found = from(b'A', 26, 0)
        | from(b'a', 26, 26)
        | from(b'0', 10, 52)
        | from(b'+', 1, 62)
        | from(b'/', 1, 63);
    found.checked_sub(1)
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
        for a in ALPHABET {
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
