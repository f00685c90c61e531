//! SHA-2 (FIPS 180-4) around the compression functions of the crate `sha2`: blocks gathered and padded. One program for all
//! three hashes, whose numbers are data; a generic one is compiled three times.

use std::sync::OnceLock;

use sha2::block_api::{compress256, compress512};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes of the longest block, that of SHA-384 and SHA-512.
pub(crate) const MAX_BLOCK: usize = 128;
/// Bytes of the longest output, that of SHA-512.
pub(crate) const MAX_OUTPUT: usize = 64;

/// A hash function.
pub struct Hash {
    pub(crate) initial: State,
    /// Length of the output in bytes.
    pub output_len: usize,
    /// For HMAC: what it is after the two blocks of the key of zeros, which HKDF has without a salt. Made at the first use
    /// and kept; no secret.
    pub(crate) unsalted: OnceLock<[State; 2]>,
}

/// SHA-256.
pub static SHA256: Hash = Hash {
    initial: State::Words32([
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ]),
    output_len: 32,
    unsalted: OnceLock::new(),
};

/// SHA-384.
pub static SHA384: Hash = Hash {
    initial: State::Words64([
        0xcbbb_9d5d_c105_9ed8,
        0x629a_292a_367c_d507,
        0x9159_015a_3070_dd17,
        0x152f_ecd8_f70e_5939,
        0x6733_2667_ffc0_0b31,
        0x8eb4_4a87_6858_1511,
        0xdb0c_2e0d_64f9_8fa7,
        0x47b5_481d_befa_4fa4,
    ]),
    output_len: 48,
    unsalted: OnceLock::new(),
};

/// SHA-512.
pub static SHA512: Hash = Hash {
    initial: State::Words64([
        0x6a09_e667_f3bc_c908,
        0xbb67_ae85_84ca_a73b,
        0x3c6e_f372_fe94_f82b,
        0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1,
        0x9b05_688c_2b3e_6c1f,
        0x1f83_d9ab_fb41_bd6b,
        0x5be0_cd19_137e_2179,
    ]),
    output_len: 64,
    unsalted: OnceLock::new(),
};

/// What a hash has made of the blocks so far.
#[derive(Clone, Zeroize)]
pub(crate) enum State {
    Words32([u32; 8]),
    Words64([u64; 8]),
}

impl State {
    pub(crate) const fn block_len(&self) -> usize {
        match self {
            Self::Words32(_) => 64,
            Self::Words64(_) => 128,
        }
    }

    /// Takes whole blocks; what is beyond the last one is left out.
    pub(crate) fn compress(&mut self, blocks: &[u8]) {
        match self {
            Self::Words32(state) => compress256(state, blocks.as_chunks().0),
            Self::Words64(state) => compress512(state, blocks.as_chunks().0),
        }
    }

    /// The first bytes of the state, as many as `out` has.
    fn write(&self, out: &mut [u8]) {
        fn put<const N: usize>(out: &mut [u8], words: impl Iterator<Item = [u8; N]>) {
            out.chunks_mut(N)
                .zip(words)
                .for_each(|(to, from)| to.copy_from_slice(&from[..to.len()]));
        }
        match self {
            Self::Words32(state) => put(out, state.iter().map(|word| word.to_be_bytes())),
            Self::Words64(state) => put(out, state.iter().map(|word| word.to_be_bytes())),
        }
    }
}

/// A hash that is fed piece by piece; wiped on drop. Not inlined, here and in `hmac.rs`: at opt-level 3 they would be, many times.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Hasher {
    state: State,
    /// The beginning of the next block.
    block: [u8; MAX_BLOCK],
    filled: usize,
    /// Bytes so far.
    total: u64,
}

impl Hasher {
    /// Of nothing so far.
    pub fn new(hash: &Hash) -> Self {
        Self { state: hash.initial.clone(), block: [0; MAX_BLOCK], filled: 0, total: 0 }
    }

    /// After one block.
    pub(crate) fn after(state: &State) -> Self {
        let total = state.block_len() as u64;
        Self { state: state.clone(), block: [0; MAX_BLOCK], filled: 0, total }
    }

    /// Takes the next bytes.
    #[inline(never)]
    pub fn update(&mut self, mut bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let block = &mut self.block[..self.state.block_len()];
        if bytes.len() < block.len() - self.filled {
            block[self.filled..][..bytes.len()].copy_from_slice(bytes);
            self.filled += bytes.len();
            return;
        }
        if self.filled > 0 {
            let head;
            (head, bytes) = bytes.split_at(block.len() - self.filled);
            block[self.filled..].copy_from_slice(head);
            self.state.compress(block);
        }
        let (blocks, rest) = bytes.split_at(bytes.len() - bytes.len() % block.len());
        self.state.compress(blocks);
        block[..rest.len()].copy_from_slice(rest);
        self.filled = rest.len();
    }

    /// The hash of everything: its first bytes, as many as `out` has.
    #[inline(never)]
    pub fn finish(mut self, out: &mut [u8]) {
        let block_len = self.state.block_len();
        let block = &mut self.block[..block_len];
        let padding = &mut block[self.filled..];
        padding.fill(0);
        padding[0] = 0x80;
        // The length has an eighth of a block.
        if padding.len() <= block_len / 8 {
            self.state.compress(block);
            block.fill(0);
        }
        // In bits. Beyond 64 of them nobody counts.
        block[block_len - 8..].copy_from_slice(&(8 * self.total).to_be_bytes());
        self.state.compress(block);
        self.state.write(out);
    }
}

#[cfg(test)]
#[path = "tests/hash.rs"]
mod tests;
