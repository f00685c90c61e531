//! Searching and joining short strings. The library's searches are tuned for long ones, and its joins are compiled for each
//! type: at ten times the code.

/// Where `wanted`, which is not empty, first stands in `text`.
pub(crate) fn find(text: &str, wanted: &str) -> Option<usize> {
    text.as_bytes().windows(wanted.len()).position(|found| found == wanted.as_bytes())
}

/// Whether the character stands in `text`. The library looks for one that is not known beforehand as for a string.
#[cfg(feature = "search")]
pub(crate) fn has(text: &str, wanted: char) -> bool {
    text.chars().any(|known| known == wanted)
}

/// What stands before the first `separator` and behind it.
pub(crate) fn split_once<'a>(text: &'a str, separator: &str) -> Option<(&'a str, &'a str)> {
    let at = find(text, separator)?;
    Some((text.get(..at)?, text.get(at + separator.len()..)?))
}

/// The strings with `separator` between them.
pub(crate) fn join(texts: &mut dyn Iterator<Item = &str>, separator: &str) -> String {
    let mut joined = texts.next().unwrap_or_default().to_owned();
    for text in texts {
        joined.push_str(separator);
        joined.push_str(text);
    }
    joined
}

/// Bytes in lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for digit in bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
        text.extend(char::from_digit(digit.into(), 16));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first() {
        for (text, wanted, at) in [
            ("abcbc", "bc", Some(1)),
            ("bc", "bc", Some(0)),
            ("äö", "ö", Some(2)),
            ("ab", "abc", None),
            ("", "a", None),
            ("bbb", "a", None),
        ] {
            assert_eq!(find(text, wanted), at, "{wanted} in {text}");
        }
        assert_eq!(split_once("a::b::c", "::"), Some(("a", "b::c")));
        assert_eq!(split_once("::", "::"), Some(("", "")));
        assert_eq!(split_once("a:b", "::"), None);
    }

    #[cfg(feature = "search")]
    #[test]
    fn has_characters() {
        assert!(has("a/b", '/') && has("ö", 'ö') && !has("ab", '/') && !has("", 'a'));
    }

    #[test]
    fn hexadecimal() {
        assert_eq!(hex(&[]), "");
        assert_eq!(hex(&[0, 1, 0x9a, 0xbc, 0xff]), "00019abcff");
    }

    #[test]
    fn joins() {
        assert_eq!(join(&mut [].into_iter(), ", "), "");
        assert_eq!(join(&mut ["a"].into_iter(), ", "), "a");
        assert_eq!(join(&mut ["", "b", ""].into_iter(), ", "), ", b, ");
    }
}
