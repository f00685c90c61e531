//! SHA-2, HMAC (RFC 2104) and HKDF (RFC 5869).

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::wire::Sink;

use super::Secret;

/// A hash function of the suites.
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
    /// Output length in bytes.
    pub fn output_len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// SHA-256 of `data`.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// SHA-384 of `data`.
pub fn sha384(data: &[u8]) -> [u8; 48] {
    Sha384::digest(data).into()
}

/// SHA-384 of what is written to it.
#[derive(Default)]
pub struct Sha384Sink(Sha384);

impl Sha384Sink {
    /// The digest of everything written.
    pub fn finish(self) -> [u8; 48] {
        self.0.finalize().into()
    }
}

impl Sink for Sha384Sink {
    fn put(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

/// HMAC of `data` under `key`; [`Hash::output_len`] bytes.
pub fn hmac(hash: Hash, key: &[u8], data: &[u8]) -> Vec<u8> {
    hmac_parts(hash, key, &[data])
}

/// HMAC of the concatenation of `parts` under `key`; [`Hash::output_len`] bytes.
pub fn hmac_parts(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
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

/// HKDF after its extract step: one pseudorandom key, any number of expansions.
pub struct Hkdf(Prk);

enum Prk {
    Sha256(hkdf::Hkdf<Sha256>),
    Sha384(hkdf::Hkdf<Sha384>),
    Sha512(hkdf::Hkdf<Sha512>),
}

impl Hkdf {
    /// HKDF-Extract. An empty `salt` is the specification's "no salt" (zeros of the hash's length).
    pub fn extract(hash: Hash, salt: &[u8], key: &[u8]) -> Self {
        Self(match hash {
            Hash::Sha256 => Prk::Sha256(hkdf::Hkdf::new(Some(salt), key)),
            Hash::Sha384 => Prk::Sha384(hkdf::Hkdf::new(Some(salt), key)),
            Hash::Sha512 => Prk::Sha512(hkdf::Hkdf::new(Some(salt), key)),
        })
    }

    /// HKDF-Expand to `N` bytes; `info` is the concatenation of its parts.
    pub fn expand<const N: usize>(&self, info: &[&[u8]]) -> Result<Zeroizing<[u8; N]>> {
        let mut out = Zeroizing::new([0; N]);
        self.expand_into(info, &mut *out)?;
        Ok(out)
    }

    /// HKDF-Expand to `n` bytes.
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
