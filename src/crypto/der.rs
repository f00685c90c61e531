//! Just enough DER (X.690) to read a public key or a signature, strictly, and to write a signature.

/// Universal tags (X.690 section 8).
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
#[cfg(any(test, feature = "pem"))]
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OBJECT_ID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// The values that stand in a row, front to back; `None` where the next is not of the form asked for.
#[derive(Clone, Copy)]
pub(super) struct Values<'a>(&'a [u8]);

impl<'a> Values<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all have been read.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next one: its tag and its content. Refused are tags of several bytes and lengths that are cut short,
    /// indefinite or not in their shortest form.
    pub(super) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        let mut length = usize::from(first);
        if first >= 0x80 {
            // Three bytes of length are 16 MB: no key has more.
            let (digits, behind) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if digits.len() > 3 || digits.first().is_none_or(|digit| *digit == 0) {
                return None;
            }
            length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
            if length < 0x80 {
                return None;
            }
            rest = behind;
        }
        let (content, behind) = rest.split_at_checked(length)?;
        self.0 = behind;
        Some((tag, content))
    }

    /// The content of the next one, if it has this tag.
    pub(super) fn tagged(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }

    /// The values within the next one, a SEQUENCE.
    pub(super) fn sequence(&mut self) -> Option<Self> {
        self.tagged(SEQUENCE).map(Self)
    }

    /// The values within the one SEQUENCE that is left.
    pub(super) fn only_sequence(mut self) -> Option<Self> {
        let inner = self.sequence()?;
        self.is_empty().then_some(inner)
    }

    /// The next one, an INTEGER that is not negative: big-endian, without leading zero bytes but for zero itself.
    pub(super) fn natural(&mut self) -> Option<&'a [u8]> {
        let digits = self.tagged(INTEGER)?;
        match digits {
            [0] => Some(digits),
            // A zero in front is there to keep the number positive, and for nothing else.
            [0, rest @ ..] => rest.first().is_some_and(|first| *first >= 0x80).then_some(rest),
            [first, ..] if *first < 0x80 => Some(digits),
            _ => None,
        }
    }
}

/// Appends an INTEGER of below 128 bytes: a big-endian number that is not negative.
pub(super) fn write_natural(out: &mut Vec<u8>, number: &[u8]) {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    // DER has one zero in front of a first byte that would make the number negative, and for zero itself.
    let digits = &number[zeros..];
    let sign = digits.first().is_none_or(|first| *first >= 0x80);
    out.extend_from_slice(&[INTEGER, (digits.len() + usize::from(sign)) as u8]);
    if sign {
        out.push(0);
    }
    out.extend_from_slice(digits);
}

#[cfg(test)]
#[path = "tests/der.rs"]
mod tests;
