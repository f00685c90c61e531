//! HMAC (RFC 2104) and HKDF (RFC 5869). A key is kept as what the hash has made of its two blocks: an expansion of a key then
//! hashes what it is of, and no key again.

use std::sync::OnceLock;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::hash::{Hash, Hasher, MAX_BLOCK, MAX_OUTPUT, State};

/// What HKDF-Extract without a salt has for a key: zeros. Made at the first use and kept; no secret.
pub(crate) struct UnsaltedKey(OnceLock<HmacKey>);

impl UnsaltedKey {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }
}

/// A key of HMAC; wiped on drop.
#[derive(Clone, ZeroizeOnDrop)]
pub struct HmacKey {
    /// After the block of the key that comes before the message, and the one that comes before the message's hash.
    inner: State,
    outer: State,
    #[zeroize(skip)]
    hash: &'static Hash,
}

impl HmacKey {
    /// Of a key of any length.
    pub fn new(hash: &'static Hash, key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; MAX_BLOCK]);
        let block_len = hash.initial.block_len();
        if key.len() <= block_len {
            block[..key.len()].copy_from_slice(key);
        } else {
            let mut hasher = Hasher::new(hash);
            hasher.update(key);
            hasher.finish(&mut block[..hash.output_len]);
        }
        let mut after = |pad: u8| {
            block.iter_mut().for_each(|byte| *byte ^= pad);
            let mut state = hash.initial.clone();
            state.compress(&block[..block_len]);
            state
        };
        Self { inner: after(0x36), outer: after(0x36 ^ 0x5c), hash }
    }

    /// HKDF-Extract (section 2.2): the pseudorandom key as a key of HMAC, which all that HKDF does with it is. An empty `salt`
    /// is none.
    pub fn extract(hash: &'static Hash, salt: &[u8], key: &[u8]) -> Self {
        let mut prk = Zeroizing::new([0; MAX_OUTPUT]);
        let prk = &mut prk[..hash.output_len];
        match salt {
            [] => hash.unsalted.0.get_or_init(|| Self::new(hash, &[])).mac(&[key], prk),
            salt => Self::new(hash, salt).mac(&[key], prk),
        }
        Self::new(hash, prk)
    }

    /// The HMAC of the parts, one after another: its first bytes, as many as `out` has.
    pub fn mac(&self, parts: &[&[u8]], out: &mut [u8]) {
        let mut message = self.message();
        parts.iter().for_each(|part| message.update(part));
        self.finish(message, out);
    }

    /// HKDF-Expand (section 2.3) under this key, extracted before; `None` for more than 255 hashes.
    pub fn expand(&self, info: &[&[u8]], out: &mut [u8]) -> Option<()> {
        let len = self.hash.output_len;
        if out.len() > 255 * len {
            return None;
        }
        let mut before = Zeroizing::new([0; MAX_OUTPUT]);
        for (n, piece) in (1..=255_u8).zip(out.chunks_mut(len)) {
            let mut message = self.message();
            if n > 1 {
                message.update(&before[..len]);
            }
            info.iter().for_each(|part| message.update(part));
            message.update(&[n]);
            self.finish(message, &mut before[..len]);
            piece.copy_from_slice(&before[..piece.len()]);
        }
        Some(())
    }

    fn message(&self) -> Hasher {
        Hasher::after(self.inner.clone(), self.inner.block_len())
    }

    fn finish(&self, message: Hasher, out: &mut [u8]) {
        let mut hash = Zeroizing::new([0; MAX_OUTPUT]);
        let hash = &mut hash[..self.hash.output_len];
        message.finish(hash);
        let mut outer = Hasher::after(self.outer.clone(), self.outer.block_len());
        outer.update(hash);
        outer.finish(out);
    }
}

#[cfg(test)]
#[path = "tests/hmac.rs"]
mod tests;
