//! SHA-2, HMAC (RFC 2104) and HKDF (RFC 5869): what the provider has, as the formats use it.

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::wire::Sink;

use super::Secret;
use super::provider::hash::{Hash as Algorithm, Hasher, SHA256, SHA384, SHA512};
use super::provider::hmac::HmacKey;

/// A hash function of the algorithm suites (FIPS 180-4).
///
/// ```
/// use fieldseal::crypto::{Hash, hmac};
///
/// assert_eq!(Hash::Sha384.output_len(), 48);
/// assert_eq!(hmac(Hash::Sha384, b"key", b"data").len(), Hash::Sha384.output_len());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// Length of the output in bytes: 32, 48 or 64.
    pub fn output_len(self) -> usize {
        self.algorithm().output_len
    }

    fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Sha256 => &SHA256,
            Self::Sha384 => &SHA384,
            Self::Sha512 => &SHA512,
        }
    }
}

fn digest<const N: usize>(hash: Hash, data: &[u8]) -> [u8; N] {
    let mut hasher = Hasher::new(hash.algorithm());
    hasher.update(data);
    let mut out = [0; N];
    hasher.finish(&mut out);
    out
}

/// SHA-256 of `data`.
///
/// ```
/// use fieldseal::crypto::sha256;
///
/// assert_eq!(sha256(b"")[..4], [0xe3, 0xb0, 0xc4, 0x42]);
/// ```
pub fn sha256(data: &[u8]) -> [u8; 32] {
    digest(Hash::Sha256, data)
}

/// SHA-384 of `data`.
///
/// ```
/// use fieldseal::crypto::sha384;
///
/// assert_eq!(sha384(b"")[..4], [0x38, 0xb0, 0x60, 0xa7]);
/// ```
pub fn sha384(data: &[u8]) -> [u8; 48] {
    digest(Hash::Sha384, data)
}

/// A hash of what is written to it.
pub(crate) struct HashSink(Hasher);

impl HashSink {
    /// Of nothing so far.
    pub(crate) fn new(hash: Hash) -> Self {
        Self(Hasher::new(hash.algorithm()))
    }

    /// The digest of everything written: its first bytes, as many as `out` has.
    pub(crate) fn finish(self, out: &mut [u8]) {
        self.0.finish(out);
    }
}

impl Sink for HashSink {
    fn put(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

/// HMAC (RFC 2104) of `data` under `key`, which may have any length: [`Hash::output_len`] bytes.
///
/// ```
/// use fieldseal::crypto::{Hash, constant_time_eq, hmac};
///
/// let tag = hmac(Hash::Sha256, b"key", b"data");
/// assert_eq!(tag.len(), 32);
/// // Whoever may choose a tag must not learn how much of it is right.
/// assert!(constant_time_eq(&tag, &hmac(Hash::Sha256, b"key", b"data")));
/// ```
pub fn hmac(hash: Hash, key: &[u8], data: &[u8]) -> Vec<u8> {
    hmac_parts(hash, key, &[data])
}

/// HMAC of the concatenation of `parts` under `key`; [`Hash::output_len`] bytes.
pub(crate) fn hmac_parts(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut out = vec![0; hash.output_len()];
    HmacKey::new(hash.algorithm(), key).mac(parts, &mut out);
    out
}

/// HMAC-SHA-384 under one key, of many short messages: what the key makes of the hash's state is kept.
#[cfg(feature = "search")]
pub(crate) struct HmacSha384(HmacKey);

#[cfg(feature = "search")]
impl HmacSha384 {
    /// Under this key.
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(HmacKey::new(&SHA384, key))
    }

    /// The first bytes of that of the parts, one after another.
    pub(crate) fn first_eight(&self, parts: &[&[u8]]) -> [u8; 8] {
        let mut first = [0; 8];
        self.0.mac(parts, &mut first);
        first
    }
}

/// HKDF (RFC 5869) after its extract step: one pseudorandom key, any number of expansions.
///
/// ```
/// use fieldseal::crypto::{Hash, Hkdf};
///
/// let key = Hkdf::extract(Hash::Sha512, b"salt", b"data key");
/// let derived = key.expand::<32>(&[b"DERIVE", b"KEY"])?;
/// // The parts of `info` are put together.
/// assert_eq!(derived[..], key.expand_secret(&[b"DERIVEKEY"], 32)?[..]);
///
/// let long = key.expand_secret(&[], 255 * 64 + 1);
/// assert_eq!(long.unwrap_err().code(), "INTERNAL");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub struct Hkdf(HmacKey);

impl Hkdf {
    /// HKDF-Extract (section 2.2). An empty `salt` is the specification's "no salt" (zeros of the hash's length).
    pub fn extract(hash: Hash, salt: &[u8], key: &[u8]) -> Self {
        Self(HmacKey::extract(hash.algorithm(), salt, key))
    }

    /// HKDF-Expand (section 2.3) to `N` bytes, wiped on drop; `info` is the concatenation of its parts.
    ///
    /// # Errors
    /// [`Fault::Bug`](crate::error::Fault::Bug) for more than 255 times [`Hash::output_len`] bytes.
    pub fn expand<const N: usize>(&self, info: &[&[u8]]) -> Result<Zeroizing<[u8; N]>> {
        let mut out = Zeroizing::new([0; N]);
        self.expand_into(info, &mut *out)?;
        Ok(out)
    }

    /// HKDF-Expand to `n` bytes.
    ///
    /// # Errors
    /// As [`expand`](Self::expand).
    pub fn expand_secret(&self, info: &[&[u8]], n: usize) -> Result<Secret> {
        let mut out = Secret::zeros(n);
        self.expand_into(info, out.bytes_mut())?;
        Ok(out)
    }

    fn expand_into(&self, info: &[&[u8]], out: &mut [u8]) -> Result<()> {
        self.0.expand(info, out).ok_or_else(|| Error::bug("HKDF output longer than 255 hashes"))
    }
}

#[cfg(test)]
#[path = "tests/hash.rs"]
mod tests;
