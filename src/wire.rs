//! The one byte reader and writer. Length checks live nowhere else.
//!
//! All integers of all formats are big-endian (Database Encryption SDK, Encryption SDK).

use std::borrow::Cow;

use crate::error::{Error, Part, Result};

/// Reads untrusted bytes front to back; every read is checked.
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
    pub fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (head, rest) =
            self.rest.split_at_checked(n).ok_or_else(|| self.error("it ends too early"))?;
        self.rest = rest;
        Ok(head)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, rest) =
            self.rest.split_first_chunk().ok_or_else(|| self.error("it ends too early"))?;
        self.rest = rest;
        Ok(*head)
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8> {
        self.array().map(|[b]| b)
    }

    /// Two bytes, big-endian.
    pub fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes, big-endian.
    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// Eight bytes, big-endian.
    pub fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// A u16 length, then that many bytes.
    pub fn bytes16(&mut self) -> Result<&'a [u8]> {
        let n = self.u16()?;
        self.take(n.into())
    }

    /// A u32 length, then that many bytes.
    pub fn bytes32(&mut self) -> Result<&'a [u8]> {
        let n = self.u32()?;
        self.take(usize::try_from(n).unwrap_or(usize::MAX))
    }

    /// A u16 length, then that many bytes of UTF-8.
    pub fn str16(&mut self) -> Result<&'a str> {
        let bytes = self.bytes16()?;
        self.utf8(bytes)
    }

    /// `bytes` as UTF-8 text, or this reader's error.
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

    /// Fails if bytes are left over.
    pub fn end(&self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error("unexpected bytes at its end")) }
    }

    /// An error about the part that this reader reads.
    pub fn error(&self, problem: impl Into<Cow<'static, str>>) -> Error {
        Error::malformed(self.part, problem)
    }
}

/// Where encoders write: a byte vector, or a hash that is fed the same bytes.
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

/// Appends `bytes` behind a u16 length; fails if they do not fit.
pub fn put_bytes16(out: &mut impl Sink, bytes: &[u8], part: Part) -> Result<()> {
    let n = u16::try_from(bytes.len())
        .map_err(|_| Error::malformed(part, "a field is longer than 65,535 bytes"))?;
    out.put(&n.to_be_bytes());
    out.put(bytes);
    Ok(())
}

/// Appends `bytes` behind a u32 length; fails if they do not fit.
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
