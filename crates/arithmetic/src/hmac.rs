//! HMAC (RFC 2104) and HKDF (RFC 5869). A key is kept as what the hash has made of its two blocks: an expansion of a key then
//! hashes what it is of, and no key again.

use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::hash::{Hash, Hasher, MAX_BLOCK, MAX_OUTPUT, State};

/// A key of HMAC; wiped on drop.
#[derive(Clone, ZeroizeOnDrop)]
pub struct HmacKey {
    /// What the hash is after the block of the key that comes before the message, and after the one before the message's hash.
    states: [State; 2],
    #[zeroize(skip)]
    hash: &'static Hash,
}

impl HmacKey {
    /// Of a key of any length.
    pub fn new(hash: &'static Hash, key: &[u8]) -> Self {
        Self { states: states(hash, key), hash }
    }

    /// HKDF-Extract (section 2.2): the pseudorandom key as a key of HMAC, which all that HKDF does with it is. An empty `salt`
    /// is none.
    pub fn extract(hash: &'static Hash, salt: &[u8], key: &[u8]) -> Self {
        let mut prk = Zeroizing::new([0; MAX_OUTPUT]);
        let prk = &mut prk[..hash.output_len];
        match salt {
            [] => mac(hash, hash.unsalted.get_or_init(|| states(hash, &[])), &[key], prk),
            salt => Self::new(hash, salt).mac(&[key], prk),
        }
        Self::new(hash, prk)
    }

    /// The HMAC of the parts, one after another: its first bytes, as many as `out` has.
    pub fn mac(&self, parts: &[&[u8]], out: &mut [u8]) {
        mac(self.hash, &self.states, parts, out);
    }

    /// HKDF-Expand (section 2.3) under this key, extracted before; `None` for more than 255 hashes.
    pub fn expand(&self, info: &[&[u8]], out: &mut [u8]) -> Option<()> {
        let len = self.hash.output_len;
        if out.len() > 255 * len {
            return None;
        }
        let mut before = Zeroizing::new([0; MAX_OUTPUT]);
        for (n, piece) in (1..=255_u8).zip(out.chunks_mut(len)) {
            let [inner, outer] = &self.states;
            let mut message = Hasher::after(inner);
            if n > 1 {
                message.update(&before[..len]);
            }
            info.iter().for_each(|part| message.update(part));
            message.update(&[n]);
            finish(self.hash, message, outer, &mut before[..len]);
            piece.copy_from_slice(&before[..piece.len()]);
        }
        Some(())
    }
}

fn mac(hash: &Hash, [inner, outer]: &[State; 2], parts: &[&[u8]], out: &mut [u8]) {
    let mut message = Hasher::after(inner);
    parts.iter().for_each(|part| message.update(part));
    finish(hash, message, outer, out);
}

#[inline(never)]
fn finish(hash: &Hash, message: Hasher, outer: &State, out: &mut [u8]) {
    let mut digest = Zeroizing::new([0; MAX_OUTPUT]);
    let digest = &mut digest[..hash.output_len];
    message.finish(digest);
    let mut last = Hasher::after(outer);
    last.update(digest);
    last.finish(out);
}

/// See [`HmacKey`].
#[inline(never)]
fn states(hash: &Hash, key: &[u8]) -> [State; 2] {
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
    [after(0x36), after(0x36 ^ 0x5c)]
}

#[cfg(test)]
#[path = "tests/hmac.rs"]
mod tests;
