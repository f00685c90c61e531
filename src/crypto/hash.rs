//! SHA-2, HMAC (RFC 2104) and HKDF (RFC 5869).

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::wire::Sink;

use super::Secret;

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
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// SHA-256 of `data`.
///
/// ```
/// use fieldseal::crypto::sha256;
///
/// assert_eq!(sha256(b"")[..4], [0xe3, 0xb0, 0xc4, 0x42]);
/// ```
pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// SHA-384 of `data`.
///
/// ```
/// use fieldseal::crypto::sha384;
///
/// assert_eq!(sha384(b"")[..4], [0x38, 0xb0, 0x60, 0xa7]);
/// ```
pub fn sha384(data: &[u8]) -> [u8; 48] {
    Sha384::digest(data).into()
}

/// SHA-384 of what is written to it.
#[derive(Default)]
pub(crate) struct Sha384Sink(Sha384);

impl Sha384Sink {
    /// The digest of everything written.
    pub(crate) fn finish(self) -> [u8; 48] {
        self.0.finalize().into()
    }
}

impl Sink for Sha384Sink {
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
    fn run<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        // Invariant: HMAC takes keys of any length.
        let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes any key length");
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().to_vec()
    }
    match hash {
        Hash::Sha256 => run::<Hmac<Sha256>>(key, parts),
        Hash::Sha384 => run::<Hmac<Sha384>>(key, parts),
        Hash::Sha512 => run::<Hmac<Sha512>>(key, parts),
    }
}

/// HMAC-SHA-384 under one key, of many short messages: what the key makes of the hash's state is kept.
#[cfg(feature = "search")]
pub(crate) struct HmacSha384(Hmac<Sha384>);

#[cfg(feature = "search")]
impl HmacSha384 {
    /// Under this key.
    pub(crate) fn new(key: &[u8]) -> Self {
        // Invariant: HMAC takes keys of any length.
        Self(<Hmac<Sha384> as KeyInit>::new_from_slice(key).expect("HMAC takes any key length"))
    }

    /// The first bytes of that of the parts, one after another.
    pub(crate) fn first_eight(&self, parts: &[&[u8]]) -> [u8; 8] {
        let mut mac = self.0.clone();
        parts.iter().for_each(|part| mac.update(part));
        let tag: [u8; 48] = mac.finalize().into_bytes().into();
        let [a, b, c, d, e, f, g, h, ..] = tag;
        [a, b, c, d, e, f, g, h]
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
pub struct Hkdf(Prk);

enum Prk {
    Sha256(hkdf::Hkdf<Sha256>),
    Sha384(hkdf::Hkdf<Sha384>),
    Sha512(hkdf::Hkdf<Sha512>),
}

impl Hkdf {
    /// HKDF-Extract (section 2.2). An empty `salt` is the specification's "no salt" (zeros of the hash's length).
    pub fn extract(hash: Hash, salt: &[u8], key: &[u8]) -> Self {
        Self(match hash {
            Hash::Sha256 => Prk::Sha256(hkdf::Hkdf::new(Some(salt), key)),
            Hash::Sha384 => Prk::Sha384(hkdf::Hkdf::new(Some(salt), key)),
            Hash::Sha512 => Prk::Sha512(hkdf::Hkdf::new(Some(salt), key)),
        })
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
        match &self.0 {
            Prk::Sha256(prk) => prk.expand_multi_info(info, out),
            Prk::Sha384(prk) => prk.expand_multi_info(info, out),
            Prk::Sha512(prk) => prk.expand_multi_info(info, out),
        }
        .map_err(|_| Error::bug("HKDF output longer than 255 hashes"))
    }
}

#[cfg(test)]
#[path = "tests/hash.rs"]
mod tests;
