//! The one byte reader and writer. Length checks live nowhere else.
//!
//! All integers of all formats are big-endian (Database Encryption SDK, Encryption SDK).

use std::borrow::Cow;

use crate::error::{Error, Part, Result};

/// Reads untrusted bytes front to back; every read is checked.
///
/// # Errors
/// All functions that read: [`Fault::Malformed`](crate::error::Fault::Malformed) with the reader's [`Part`] if too few bytes are
/// left, of which none is read then.
///
/// ```
/// use fieldseal::error::Part;
/// use fieldseal::wire::Reader;
///
/// let bytes = b"\x01\0\x02\0\0\0\x03\0\0\0\0\0\0\0\x04\0\x02ab\0\x01c\0\0\0\x01d12345";
/// let mut reader = Reader::new(bytes, Part::Header);
/// assert_eq!((reader.u8()?, reader.u16()?, reader.u32()?, reader.u64()?), (1, 2, 3, 4));
/// assert_eq!(reader.str16()?, "ab");
/// assert_eq!(reader.bytes16()?, b"c");
/// assert_eq!(reader.bytes32()?, b"d");
/// assert_eq!(reader.array()?, *b"12");
/// assert_eq!(reader.utf8(b"ab")?, "ab");
///
/// assert_eq!(reader.remaining(), 3);
/// assert!(reader.has(3) && !reader.has(4));
/// assert_eq!(reader.take(4).unwrap_err().code(), "MALFORMED_HEADER");
/// assert_eq!(reader.take(2)?, b"34");
/// assert_eq!(reader.end().unwrap_err(), reader.error("unexpected bytes at its end"));
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    part: Part,
}

impl<'a> Reader<'a> {
    /// A reader over `bytes`; errors name `part`.
    pub fn new(bytes: &'a [u8], part: Part) -> Self {
        Self { rest: bytes, part }
    }

    /// The next `n` bytes.
    ///
    /// # Errors
    /// Too few bytes are left.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (head, rest) =
            self.rest.split_at_checked(n).ok_or_else(|| self.error("it ends too early"))?;
        self.rest = rest;
        Ok(head)
    }

    /// The next `N` bytes as an array.
    ///
    /// # Errors
    /// Too few bytes are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, rest) =
            self.rest.split_first_chunk().ok_or_else(|| self.error("it ends too early"))?;
        self.rest = rest;
        Ok(*head)
    }

    /// One byte.
    ///
    /// # Errors
    /// Too few bytes are left.
    pub fn u8(&mut self) -> Result<u8> {
        self.array().map(|[b]| b)
    }

    /// Two bytes, big-endian.
    ///
    /// # Errors
    /// Too few bytes are left.
    pub fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes, big-endian.
    ///
    /// # Errors
    /// Too few bytes are left.
    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// Eight bytes, big-endian.
    ///
    /// # Errors
    /// Too few bytes are left.
    pub fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// A u16 length, then that many bytes.
    ///
    /// # Errors
    /// Too few bytes are left.
    pub fn bytes16(&mut self) -> Result<&'a [u8]> {
        let n = self.u16()?;
        self.take(n.into())
    }

    /// A u32 length, then that many bytes.
    ///
    /// # Errors
    /// Too few bytes are left.
    pub fn bytes32(&mut self) -> Result<&'a [u8]> {
        let n = self.u32()?;
        self.take(usize::try_from(n).unwrap_or(usize::MAX))
    }

    /// A u16 length, then that many bytes of UTF-8.
    ///
    /// # Errors
    /// Too few bytes are left, or they are not UTF-8.
    pub fn str16(&mut self) -> Result<&'a str> {
        let bytes = self.bytes16()?;
        self.utf8(bytes)
    }

    /// `bytes` as a string.
    ///
    /// # Errors
    /// This reader's error if they are not UTF-8.
    pub fn utf8(&self, bytes: &'a [u8]) -> Result<&'a str> {
        core::str::from_utf8(bytes).map_err(|_| self.error("text that is not UTF-8"))
    }

    /// Whether `n` bytes are left, for readers of bytes that are still arriving.
    pub fn has(&self, n: usize) -> bool {
        self.rest.len() >= n
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Bytes are left over.
    pub fn end(&self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error("unexpected bytes at its end")) }
    }

    /// An error about the part that this reader reads.
    pub fn error(&self, problem: impl Into<Cow<'static, str>>) -> Error {
        Error::malformed(self.part, problem)
    }
}

/// Where encoders write: a byte vector, or a hash that is fed the same bytes.
///
/// ```
/// use fieldseal::error::Part;
/// use fieldseal::wire::{Sink, put_bytes16};
///
/// /// Counts what is written.
/// struct Length(usize);
///
/// impl Sink for Length {
///     fn put(&mut self, bytes: &[u8]) {
///         self.0 += bytes.len();
///     }
/// }
///
/// let mut length = Length(0);
/// length.put(b"ab");
/// put_bytes16(&mut length, b"abc", Part::Header)?;
/// assert_eq!(length.0, 2 + 2 + 3);
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub trait Sink {
    /// Appends `bytes`.
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Appends `n` zeros, in whole runs: `Vec::resize` writes them one by one where code is compiled to be small.
///
/// ```
/// use fieldseal::wire::put_zeros;
///
/// let mut out = vec![1];
/// put_zeros(&mut out, 3);
/// assert_eq!(out, [1, 0, 0, 0]);
/// ```
pub fn put_zeros(out: &mut Vec<u8>, n: usize) {
    const ZEROS: [u8; 1024] = [0; 1024];
    out.reserve(n);
    let mut left = n;
    while left > 0 {
        let run = left.min(ZEROS.len());
        out.extend_from_slice(ZEROS.get(..run).unwrap_or_default());
        left -= run;
    }
}

/// Appends `bytes` behind a u16 length, big-endian.
///
/// # Errors
/// [`Fault::Malformed`](crate::error::Fault::Malformed) with `part` for more than 65,535 bytes; nothing is written.
///
/// ```
/// use fieldseal::error::Part;
/// use fieldseal::wire::put_bytes16;
///
/// let mut out = Vec::new();
/// put_bytes16(&mut out, b"ab", Part::Header)?;
/// assert_eq!(out, b"\0\x02ab");
///
/// let long = put_bytes16(&mut out, &[0; 65_536], Part::EncryptionContext);
/// assert_eq!(long.unwrap_err().code(), "MALFORMED_ENCRYPTION_CONTEXT");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn put_bytes16(out: &mut impl Sink, bytes: &[u8], part: Part) -> Result<()> {
    let n = u16::try_from(bytes.len())
        .map_err(|_| Error::malformed(part, "a field is longer than 65,535 bytes"))?;
    out.put(&n.to_be_bytes());
    out.put(bytes);
    Ok(())
}

/// Appends `bytes` behind a u32 length, big-endian.
///
/// # Errors
/// [`Fault::Malformed`](crate::error::Fault::Malformed) with `part` for 4 GiB and more; nothing is written.
///
/// ```
/// use fieldseal::error::Part;
/// use fieldseal::wire::put_bytes32;
///
/// let mut out = Vec::new();
/// put_bytes32(&mut out, b"ab", Part::Header)?;
/// assert_eq!(out, b"\0\0\0\x02ab");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn put_bytes32(out: &mut impl Sink, bytes: &[u8], part: Part) -> Result<()> {
    let n = u32::try_from(bytes.len())
        .map_err(|_| Error::malformed(part, "a field is longer than 4 GiB"))?;
    out.put(&n.to_be_bytes());
    out.put(bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let mut out = Vec::new();
        put_bytes16(&mut out, b"abc", Part::Header).unwrap();
        put_bytes32(&mut out, b"", Part::Header).unwrap();
        let mut r = Reader::new(&out, Part::Header);
        assert_eq!(r.bytes16().unwrap(), b"abc");
        assert_eq!(r.bytes32().unwrap(), b"");
        r.end().unwrap();
    }

    #[test]
    fn puts_as_many_zeros_as_told() {
        for n in [0, 1, 1023, 1024, 1025, 5000] {
            let mut out = vec![7; 3];
            put_zeros(&mut out, n);
            assert_eq!(out.len(), 3 + n);
            assert!(out.starts_with(&[7; 3]) && out[3..].iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn refuses_short_long_and_foreign() {
        let short = [0, 5, 1, 2];
        assert!(Reader::new(&short, Part::Header).bytes16().is_err());
        assert!(Reader::new(&[0xff; 4], Part::Header).bytes32().is_err());
        assert!(Reader::new(&[1], Part::Header).end().is_err());
        assert!(Reader::new(&[0, 1, 0xff], Part::Header).str16().is_err());
        assert!(put_bytes16(&mut Vec::new(), &[0; 65536], Part::Header).is_err());
    }
}
