//! The encryption context: non-secret key–value pairs that are bound to the ciphertext (`structures.md`).

use crate::error::{Error, Part, Result};
use crate::util::sort::{ascending, sorted};
use crate::util::steps::tick;
use crate::wire::{Reader, Sink, put_bytes16};

/// Keys that begin so belong to the libraries, not to callers.
///
/// ```
/// use fieldseal::materials::{PUBLIC_KEY_KEY, RESERVED_PREFIX};
///
/// assert!(PUBLIC_KEY_KEY.starts_with(RESERVED_PREFIX));
/// ```
pub const RESERVED_PREFIX: &str = "aws-crypto-";

/// The key under which a signing suite keeps its verification key.
///
/// [`EncryptionMaterials`](super::EncryptionMaterials) of such a suite have it in their context; [`RESERVED_PREFIX`] has an example.
pub const PUBLIC_KEY_KEY: &str = "aws-crypto-public-key";

/// Key–value pairs in ascending order of their keys' UTF-8 bytes, which is `String`'s own order.
///
/// ```
/// use fieldseal::materials::EncryptionContext;
///
/// let mut context = EncryptionContext::new();
/// context.insert("tenant", "a")?;
/// context.extend(vec![("purpose".into(), "backup".into())])?;
/// assert_eq!(context.insert("tenant", "b").unwrap_err().code(), "MALFORMED_ENCRYPTION_CONTEXT");
///
/// assert_eq!(context.len(), 2);
/// assert_eq!(context.keys().collect::<Vec<_>>(), ["purpose", "tenant"]);
/// assert_eq!(context.iter().next(), Some(("purpose", "backup")));
/// assert_eq!(context.to_vec().len(), 2);
/// assert_eq!(context.value("tenant"), Some("a"));
/// assert!(!context.contains("region") && !context.is_empty());
///
/// // With `tenant` required, a header stores the rest.
/// let required = ["tenant".to_owned()];
/// assert_eq!(context.without(&required).keys().collect::<Vec<_>>(), ["purpose"]);
/// assert_eq!(context.only(&required).keys().collect::<Vec<_>>(), ["tenant"]);
///
/// // Additional authenticated data: a count, and the pairs behind their lengths.
/// assert_eq!(context.only(&required).aad()?, b"\0\x01\0\x06tenant\0\x01a");
/// assert!(EncryptionContext::new().aad()?.is_empty());
///
/// # use fieldseal::{error::Part, wire::Reader};
/// let mut stored = Vec::new();
/// context.write_counted(&mut stored)?;
/// let mut reader = Reader::new(&stored, Part::Header);
/// assert_eq!(EncryptionContext::read_counted(&mut reader)?, context);
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncryptionContext(Vec<(String, String)>);

impl EncryptionContext {
    /// An empty context.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pair.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::EncryptionContext`]: the key is there already, or a string is longer than 65,535 bytes.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<String>) -> Result<()> {
        let (key, value) = (key.into(), value.into());
        Self::check_pair(&key, &value)?;
        Self::check_count(self.0.len() + 1)?;
        match self.find(&key) {
            Ok(_) => Err(twice(&key)),
            Err(at) => {
                self.0.insert(at, (key, value));
                Ok(())
            }
        }
    }

    /// Adds many pairs, which are sorted once.
    ///
    /// # Errors
    /// As [`insert`](Self::insert); none is added then.
    pub fn extend(&mut self, pairs: Vec<(String, String)>) -> Result<()> {
        pairs.iter().try_for_each(|(key, value)| Self::check_pair(key, value))?;
        Self::check_count(self.0.len() + pairs.len())?;
        let known = self.0.len();
        self.0.extend(pairs);
        // Nearly always they come as they are stored: a list of one, or what was sorted before.
        if self.0.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Ok(());
        }
        // Those that were there come first among equals, and keep their place in what is left after a failure.
        let order = ascending(self.0.len(), &|a, b| self.0[a].0.cmp(&self.0[b].0));
        if let Some(pair) = order.windows(2).find(|pair| self.0[pair[0]].0 == self.0[pair[1]].0) {
            let error = twice(&self.0[pair[0]].0);
            self.0.truncate(known);
            return Err(error);
        }
        self.0 = sorted(core::mem::take(&mut self.0), |(a, _), (b, _)| a.cmp(b));
        Ok(())
    }

    /// Fails on what no pair may be.
    pub(crate) fn check_pair(key: &str, value: &str) -> Result<()> {
        match key.len().max(value.len()) <= 0xffff {
            true => Ok(()),
            false => Err(error("a key or value is longer than 65,535 bytes")),
        }
    }

    fn check_count(n: usize) -> Result<()> {
        if n <= 0xffff { Ok(()) } else { Err(error("it has more than 65,535 pairs")) }
    }

    /// The value of `key`.
    pub fn value(&self, key: &str) -> Option<&str> {
        let at = self.find(key).ok()?;
        self.0.get(at).map(|(_, value)| value.as_str())
    }

    /// Whether `key` is present.
    pub fn contains(&self, key: &str) -> bool {
        self.find(key).is_ok()
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }

    /// The pairs, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// The pairs as a list, for KMS.
    pub fn to_vec(&self) -> Vec<(String, String)> {
        self.0.clone()
    }

    /// Where `key` stands, or where it belongs.
    fn find(&self, key: &str) -> core::result::Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| {
            tick();
            known.as_str().cmp(key)
        })
    }

    /// The pairs whose keys are in `required`, or those whose are not.
    fn picked(&self, required: &[String], wanted: bool) -> Self {
        if required.is_empty() {
            return if wanted { Self::new() } else { self.clone() };
        }
        let mut picks = vec![!wanted; self.0.len()];
        for at in required.iter().filter_map(|key| self.find(key).ok()) {
            picks[at] = wanted;
        }
        let mut pairs = Vec::new();
        for (pair, picked) in self.0.iter().zip(picks) {
            if picked {
                pairs.push(pair.clone());
            }
        }
        Self(pairs)
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pairs whose keys are not in `required`: those that a header stores.
    #[must_use]
    pub fn without(&self, required: &[String]) -> Self {
        self.picked(required, false)
    }

    /// The pairs whose keys are in `required`: those that a header authenticates and does not store.
    #[must_use]
    pub fn only(&self, required: &[String]) -> Self {
        self.picked(required, true)
    }

    /// The serialization used as additional authenticated data: zero bytes when empty, else the count (u16)
    /// and the pairs. (`structures.md#serialization`)
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::EncryptionContext`]: more than 65,535 pairs.
    pub fn aad(&self) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        if !self.0.is_empty() {
            out.reserve(2 + self.0.iter().map(|(k, v)| 4 + k.len() + v.len()).sum::<usize>());
            self.write_counted(&mut out)?;
        }
        Ok(out)
    }

    /// The form in a record's header: the count (u16) even when it is zero, and the pairs.
    ///
    /// # Errors
    /// As [`aad`](Self::aad).
    pub fn write_counted(&self, out: &mut impl Sink) -> Result<()> {
        let count = u16::try_from(self.0.len())
            .map_err(|_| Error::malformed(Part::EncryptionContext, "more than 65,535 pairs"))?;
        out.put(&count.to_be_bytes());
        for (key, value) in &self.0 {
            put_bytes16(out, key.as_bytes(), Part::EncryptionContext)?;
            put_bytes16(out, value.as_bytes(), Part::EncryptionContext)?;
        }
        Ok(())
    }

    /// Reads what [`write_counted`](Self::write_counted) wrote.
    ///
    /// # Errors
    /// Those of the reader; unsorted or duplicate keys.
    pub fn read_counted(r: &mut Reader<'_>) -> Result<Self> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for _ in 0..r.u16()? {
            let (key, value) = (r.str16()?, r.str16()?);
            if pairs.last().is_some_and(|(last, _)| last.as_str() >= key) {
                return Err(r.error("encryption context keys out of order or twice"));
            }
            pairs.push((key.into(), value.into()));
        }
        Ok(Self(pairs))
    }
}

fn error(problem: &'static str) -> Error {
    Error::malformed(Part::EncryptionContext, problem)
}

fn twice(key: &str) -> Error {
    Error::malformed(Part::EncryptionContext, format!("the key '{key}' occurs twice"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
        let mut c = EncryptionContext::new();
        for (k, v) in pairs {
            c.insert(*k, *v).unwrap();
        }
        c
    }

    #[test]
    fn empty_is_zero_bytes_as_aad_and_a_zero_count_in_a_header() {
        let c = EncryptionContext::new();
        assert_eq!(c.aad().unwrap(), b"");
        let mut out = Vec::new();
        c.write_counted(&mut out).unwrap();
        assert_eq!(out, [0, 0]);
    }

    #[test]
    fn sorts_by_utf8_not_by_utf16() {
        let c = context(&[("\u{10002}", "b"), ("\u{ff61}", "a")]);
        assert_eq!(c.keys().collect::<Vec<_>>(), ["\u{ff61}", "\u{10002}"]);
    }

    #[test]
    fn reads_what_it_writes_and_refuses_the_rest() {
        let c = context(&[("a", "1"), ("b", ""), ("é", "2")]);
        let mut out = Vec::new();
        c.write_counted(&mut out).unwrap();
        let read = |b: &[u8]| EncryptionContext::read_counted(&mut Reader::new(b, Part::Header));
        assert_eq!(read(&out).unwrap(), c);
        for n in 0..out.len() {
            assert!(read(&out[..n]).is_err(), "{n}");
        }
        let twice = [0, 2, 0, 1, b'a', 0, 0, 0, 1, b'a', 0, 0];
        let unsorted = [0, 2, 0, 1, b'b', 0, 0, 0, 1, b'a', 0, 0];
        assert!(read(&twice).is_err() && read(&unsorted).is_err());
    }

    #[test]
    fn many_pairs_cost_what_sorting_costs() {
        let pairs = |n: usize| (0..n).rev().map(|i| (format!("{i:05}"), "v".to_owned())).collect();
        let operations = |n: usize| {
            crate::util::steps::counted(|| {
                let mut c = context(&[("first", "1")]);
                c.extend(pairs(n)).unwrap();
                let keys: Vec<String> = c.keys().map(str::to_owned).collect();
                assert_eq!((c.only(&keys).len(), c.without(&keys).len()), (n + 1, 0));
                assert_eq!(c.only(&keys[..n / 2]).len() + c.without(&keys[..n / 2]).len(), n + 1);
            })
        };
        let (few, many) = (operations(1000), operations(8000));
        assert!(few > 1000 && many < 8 * few * 14 / 10, "{few} {many}");
    }

    #[test]
    fn extends_with_all_pairs_or_none() {
        let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
        let mut c = context(&[("b", "1")]);
        c.extend(vec![pair("c", "2"), pair("a", "3")]).unwrap();
        assert_eq!(c, context(&[("a", "3"), ("b", "1"), ("c", "2")]));
        let before = c.clone();
        for bad in [
            vec![pair("d", ""), pair("d", "")],
            vec![pair("d", ""), pair("a", "")],
            vec![pair("d", ""), pair("e", &"x".repeat(65_536))],
            vec![pair(&"x".repeat(65_536), "")],
            (0..65_533).map(|i| pair(&format!("k{i}"), "")).collect(),
        ] {
            assert_eq!(c.extend(bad).unwrap_err().code(), "MALFORMED_ENCRYPTION_CONTEXT");
            assert_eq!(c, before);
        }
    }

    #[test]
    fn refuses_long_and_duplicate_keys() {
        let mut c = context(&[("a", "1")]);
        assert!(c.insert("a", "2").is_err());
        assert!(c.insert("b", "x".repeat(65_536)).is_err());
        assert!(c.insert("x".repeat(65_536), "").is_err());
        assert_eq!(c.len(), 1);
    }
}
