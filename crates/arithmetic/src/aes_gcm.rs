//! AES and GHASH on WebAssembly's 128-bit vectors, in constant time: there is no table in memory
//! that a secret is an index of. All look-ups are byte shuffles of a vector by a vector.
//!
//! AES works by vector permutation (M. Hamburg, "Accelerating AES with Vector Permute
//! Instructions", CHES 2009). Bytes are elements k + i·t of a quadratic extension of GF(16), two
//! nibbles that a shuffle can each look up a function of, and inversion takes six such look-ups.
//! With t² = A·t + A, the norm N = k² + A·i·k + A·i² and j = i + k:
//!
//! ```text
//! 1/(1/i + A/k) + j  =  N / (k + A·i)           =: x
//! 1/(1/j + A/k) + i  =  N / (k + A·i + A·k)     =: y
//! inverse of k + i·t =  (k + A·i + i·t) / N     =  1/x + (1/x·(1/A + 1/A²) + 1/y·1/A²)·t
//! ```
//!
//! 1/0 is a byte above 15, which a shuffle answers with 0 in turn; so zeros need no care.
//! [`Tables::derive`] computes every table from these definitions.

use core::hint::black_box;

#[cfg(target_arch = "wasm32")]
use core::arch::wasm32::{
    i8x16_shuffle, i8x16_swizzle, u8x16, u8x16_shr, u8x16_splat, u32x4, u32x4_extract_lane,
    u32x4_replace_lane, u32x4_shuffle, u32x4_splat, u64x2, u64x2_extract_lane, u64x2_shuffle, v128,
    v128_and, v128_xor,
};

#[cfg(not(target_arch = "wasm32"))]
#[path = "tests/vector.rs"]
mod vector;
#[cfg(not(target_arch = "wasm32"))]
use vector::*;

use crate::{GCM_IV_LEN, GCM_TAG_LEN, TagMismatch, constant_time_eq};

/// Bytes of a block.
const BLOCK: usize = 16;

/// The A of the module's formulas: t² + A·t + A has no root in GF(16).
const A: u8 = 8;

/// Product in GF(16), modulo y⁴ + y + 1.
const fn mul4(a: u8, b: u8) -> u8 {
    let mut product = 0;
    let mut bit = 4;
    while bit > 0 {
        bit -= 1;
        product <<= 1;
        if product & 0x10 != 0 {
            product ^= 0x13;
        }
        if b >> bit & 1 == 1 {
            product ^= a;
        }
    }
    product
}

/// The inverse in GF(16), of anything but 0.
const fn inv4(a: u8) -> u8 {
    let mut b = 1;
    while mul4(a, b) != 1 {
        b += 1;
    }
    b
}

/// Product in the extension of GF(16); k is the low nibble and i the high one.
const fn mul8(a: u8, b: u8) -> u8 {
    let (ka, ia, kb, ib) = (a & 15, a >> 4, b & 15, b >> 4);
    let ii = mul4(mul4(ia, ib), A);
    (mul4(ka, kb) ^ ii) | (mul4(ka, ib) ^ mul4(ia, kb) ^ ii) << 4
}

/// A root of AES's modulus, x⁸ + x⁴ + x³ + x + 1.
const ROOT: u8 = {
    let mut root = 2;
    while polynomial(0x11b, root) != 0 {
        root += 1;
    }
    root
};

/// The element of the extension that a byte of AES stands for: the byte as a polynomial at [`ROOT`].
const fn from_aes(byte: u8) -> u8 {
    polynomial(byte as u16, ROOT)
}

const fn polynomial(coefficients: u16, at: u8) -> u8 {
    let mut value = 0;
    let mut bit = 9;
    while bit > 0 {
        bit -= 1;
        value = mul8(value, at) ^ (coefficients >> bit & 1) as u8;
    }
    value
}

/// The reverse of [`from_aes`].
const fn to_aes(element: u8) -> u8 {
    let mut byte = 0;
    while from_aes(byte) != element {
        byte += 1;
    }
    byte
}

/// The linear part of AES's S-box after its inversion (FIPS 197 section 5.1.1).
const fn affine(byte: u8) -> u8 {
    byte ^ byte.rotate_left(1) ^ byte.rotate_left(2) ^ byte.rotate_left(3) ^ byte.rotate_left(4)
}

/// The constant of the S-box.
const SBOX_CONSTANT: u8 = 0x63;

/// Twice a byte, in AES's field.
const fn double(byte: u8) -> u8 {
    (byte << 1) ^ ((byte >> 7) * 0x1b)
}

const fn vector(b: [u8; BLOCK]) -> v128 {
    u8x16(
        b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
        b[14], b[15],
    )
}

/// A function of a byte that is the sum of functions of its nibbles.
#[derive(Clone, Copy)]
struct Pair {
    low: v128,
    high: v128,
}

impl Pair {
    #[inline(always)]
    fn of(self, low: v128, high: v128) -> v128 {
        v128_xor(i8x16_swizzle(self.low, low), i8x16_swizzle(self.high, high))
    }

    #[inline(always)]
    fn of_bytes(self, bytes: v128, low_nibble: v128) -> v128 {
        self.of(v128_and(bytes, low_nibble), u8x16_shr(bytes, 4))
    }
}

/// Everything that shuffles look up. It lies in memory because engines take longer to make vector
/// constants in code than to load them; [`tables`] keeps the compiler from making constants of it.
struct Tables {
    low_nibble: v128,
    /// From AES's bytes to the extension.
    enter: Pair,
    /// 1/n.
    inverse: v128,
    /// A/n.
    a_over: v128,
    /// From x (low) and y (high) to the linear part of the S-box, in the extension.
    sub: Pair,
    /// Twice that.
    sub_twice: Pair,
    /// The same as `sub`, as AES's bytes.
    leave: Pair,
    /// ShiftRows (FIPS 197 section 5.1.2).
    shift_rows: v128,
    /// ShiftRows, then each column rotated up by one row and by three.
    shift_rows_up: v128,
    shift_rows_up_3: v128,
    /// Each column rotated up by one row.
    up: v128,
    /// For [`Ghash`]: the first and the second byte of a byte times 1 + z + z² + z⁷.
    fold: Pair,
    fold_next: Pair,
}

static TABLES: Tables = Tables::derive();

#[inline(always)]
fn tables() -> &'static Tables {
    black_box(&TABLES)
}

impl Tables {
    const fn derive() -> Self {
        let mut enter = [[0; BLOCK]; 2];
        let mut inverse = [0x80; BLOCK];
        let mut a_over = [0x80; BLOCK];
        let mut sub = [[0; BLOCK]; 2];
        let mut sub_twice = [[0; BLOCK]; 2];
        let mut leave = [[0; BLOCK]; 2];
        let mut shift_rows = [[0; BLOCK]; 3];
        let mut up = [0; BLOCK];
        let mut fold = [[0; BLOCK]; 2];
        let mut fold_next = [[0; BLOCK]; 2];
        let over_a = inv4(A);
        let over_a_squared = mul4(over_a, over_a);
        let mut n = 0;
        while n < BLOCK {
            let nibble = n as u8;
            enter[0][n] = from_aes(nibble);
            enter[1][n] = from_aes(nibble << 4);
            // Where a table says nothing about 0, nobody asks: N is only 0 for the byte 0.
            if n != 0 {
                inverse[n] = inv4(nibble);
                a_over[n] = mul4(A, inv4(nibble));
                // The shares of 1/x and of 1/y in the inverse.
                let over = inv4(nibble);
                let x = over | mul4(over, over_a ^ over_a_squared) << 4;
                let y = mul4(over, over_a_squared) << 4;
                let shares = [affine(to_aes(x)), affine(to_aes(y))];
                let mut which = 0;
                while which < 2 {
                    leave[which][n] = shares[which];
                    sub[which][n] = from_aes(shares[which]);
                    sub_twice[which][n] = from_aes(double(shares[which]));
                    which += 1;
                }
            }
            // Byte `row` of column `column` comes from as many columns on as its row says.
            let (column, row) = (n / 4, n % 4);
            let mut turned = 0;
            while turned < 3 {
                let row = (row + [0, 1, 3][turned]) % 4;
                shift_rows[turned][n] = ((column + row) % 4 * 4 + row) as u8;
                turned += 1;
            }
            up[n] = (column * 4 + (row + 1) % 4) as u8;
            let (low, high) = (fold_byte(nibble), fold_byte(nibble << 4));
            fold[0][n] = low[0];
            fold[1][n] = high[0];
            fold_next[0][n] = low[1];
            fold_next[1][n] = high[1];
            n += 1;
        }
        Self {
            low_nibble: vector([0x0f; BLOCK]),
            enter: pair(enter),
            inverse: vector(inverse),
            a_over: vector(a_over),
            sub: pair(sub),
            sub_twice: pair(sub_twice),
            leave: pair(leave),
            shift_rows: vector(shift_rows[0]),
            shift_rows_up: vector(shift_rows[1]),
            shift_rows_up_3: vector(shift_rows[2]),
            up: vector(up),
            fold: pair(fold),
            fold_next: pair(fold_next),
        }
    }

    /// x and y of the module's formulas.
    #[inline(always)]
    fn inversion(&self, element: v128) -> (v128, v128) {
        let k = v128_and(element, self.low_nibble);
        let i = u8x16_shr(element, 4);
        let j = v128_xor(i, k);
        let a_over_k = i8x16_swizzle(self.a_over, k);
        let one = v128_xor(i8x16_swizzle(self.inverse, i), a_over_k);
        let other = v128_xor(i8x16_swizzle(self.inverse, j), a_over_k);
        (
            v128_xor(i8x16_swizzle(self.inverse, one), j),
            v128_xor(i8x16_swizzle(self.inverse, other), i),
        )
    }

    /// One round but for its first step, which adds the constant of the S-box too: to every byte,
    /// which MixColumns does not change.
    #[inline(always)]
    fn round(&self, element: v128, key: v128) -> v128 {
        let (x, y) = self.inversion(element);
        let sub = self.sub.of(x, y);
        let sub_twice = self.sub_twice.of(x, y);
        // Row r of a column becomes 2·r + 3·(r + 1) + (r + 2) + (r + 3).
        let two_one = v128_xor(
            i8x16_swizzle(sub_twice, self.shift_rows),
            i8x16_swizzle(sub, self.shift_rows_up),
        );
        let three = v128_xor(i8x16_swizzle(sub, self.shift_rows_up_3), key);
        v128_xor(v128_xor(two_one, three), i8x16_swizzle(two_one, self.up))
    }

    #[inline(always)]
    fn last_round(&self, element: v128, key: v128) -> v128 {
        let (x, y) = self.inversion(element);
        v128_xor(i8x16_swizzle(self.leave.of(x, y), self.shift_rows), key)
    }

    /// The S-box on every byte.
    #[inline(always)]
    fn sub_words(&self, words: v128) -> v128 {
        let (x, y) = self.inversion(self.enter.of_bytes(words, self.low_nibble));
        v128_xor(self.leave.of(x, y), u8x16_splat(SBOX_CONSTANT))
    }

    /// The S-box on the four bytes of a word.
    fn sub_word(&self, word: u32) -> u32 {
        u32x4_extract_lane::<0>(self.sub_words(u32x4_splat(word)))
    }
}

const fn pair([low, high]: [[u8; BLOCK]; 2]) -> Pair {
    Pair { low: vector(low), high: vector(high) }
}

/// A byte times 1 + z + z² + z⁷, where the highest bit is the coefficient of z⁰.
const fn fold_byte(byte: u8) -> [u8; 2] {
    let bits = (byte as u16) << 8;
    (bits ^ bits >> 1 ^ bits >> 2 ^ bits >> 7).to_be_bytes()
}

/// Four blocks on their way through the cipher together: one alone would mostly wait for itself.
#[derive(Clone, Copy)]
struct Four(v128, v128, v128, v128);

impl Four {
    #[inline(always)]
    fn map(self, f: impl Fn(v128) -> v128) -> Self {
        Self(f(self.0), f(self.1), f(self.2), f(self.3))
    }

    fn to_bytes(self) -> [[u8; BLOCK]; 4] {
        [store(self.0), store(self.1), store(self.2), store(self.3)]
    }
}

/// AES (FIPS 197) with an expanded key of 128, 192 or 256 bits.
struct Aes {
    first: v128,
    /// The keys of the rounds between the first addition and the last round; as many as `rounds`.
    middle: [v128; 13],
    rounds: usize,
    last: v128,
}

impl Aes {
    /// Expands a key; `None` unless it has 16, 24 or 32 bytes.
    fn new(key: &[u8]) -> Option<Self> {
        let key_words = key.len() / 4;
        if !matches!(key.len(), 16 | 24 | 32) {
            return None;
        }
        let t = tables();
        let rounds = key_words + 6;
        // Words in memory order: the first byte is the lowest. Section 5.2 has it the other way.
        let mut words = [0u32; 60];
        for (n, word) in words.iter_mut().enumerate().take(key_words) {
            *word = word_of(key, n);
        }
        let mut constant = 1;
        for i in key_words..4 * (rounds + 1) {
            let mut word = words[i - 1];
            if i % key_words == 0 {
                word = t.sub_word(word.rotate_right(8)) ^ u32::from(constant);
                constant = double(constant);
            } else if key_words == 8 && i % key_words == 4 {
                word = t.sub_word(word);
            }
            words[i] = words[i - key_words] ^ word;
        }
        let mut round_keys = [u8x16_splat(0); 15];
        for (key, words) in round_keys.iter_mut().zip(words.chunks_exact(4)) {
            *key = u32x4(words[0], words[1], words[2], words[3]);
        }
        Some(Self::of_round_keys(rounds, &round_keys))
    }

    /// The same for four keys of 256 bits at once, whose words go through the S-box together.
    fn four(keys: [&[u8; 32]; 4]) -> [Self; 4] {
        let t = tables();
        // A word of each key.
        let mut words = [u8x16_splat(0); 60];
        for (n, words) in words.iter_mut().enumerate().take(8) {
            let [a, b, c, d] = keys.map(|key| word_of(key, n));
            *words = u32x4(a, b, c, d);
        }
        let mut constant = 1;
        for i in 8..60 {
            let mut word = words[i - 1];
            if i % 8 == 0 {
                let turned = t.sub_words(i8x16_swizzle(word, t.up));
                word = v128_xor(turned, u32x4_splat(u32::from(constant)));
                constant = double(constant);
            } else if i % 8 == 4 {
                word = t.sub_words(word);
            }
            words[i] = v128_xor(words[i - 8], word);
        }
        let mut round_keys = [[u8x16_splat(0); 15]; 4];
        for (round, words) in words.chunks_exact(4).enumerate() {
            let [a, b, c, d] = transposed(words);
            round_keys[0][round] = a;
            round_keys[1][round] = b;
            round_keys[2][round] = c;
            round_keys[3][round] = d;
        }
        round_keys.map(|keys| Self::of_round_keys(14, &keys))
    }

    /// From the keys of the rounds from 0 to `rounds`. Not inlined into both ways of expansion.
    #[inline(never)]
    fn of_round_keys(rounds: usize, keys: &[v128; 15]) -> Self {
        let t = tables();
        let constant = u8x16_splat(const { from_aes(SBOX_CONSTANT) });
        let mut inner = *keys;
        for key in &mut inner {
            *key = v128_xor(t.enter.of_bytes(*key, t.low_nibble), constant);
        }
        let [first, middle @ .., _] = inner;
        Self {
            first: v128_xor(first, constant),
            middle,
            rounds: rounds - 1,
            last: v128_xor(keys[rounds], u8x16_splat(SBOX_CONSTANT)),
        }
    }

    fn encrypt(&self, blocks: Four) -> Four {
        let t = tables();
        let mut blocks =
            blocks.map(|block| v128_xor(t.enter.of_bytes(block, t.low_nibble), self.first));
        for &key in self.middle.iter().take(self.rounds) {
            blocks = blocks.map(|block| t.round(block, key));
        }
        blocks.map(|block| t.last_round(block, self.last))
    }

    /// Adds the keystream of counter mode to `bytes`. The counter is the block's last 32 bits.
    fn count(&self, block: v128, mut counter: u32, bytes: &mut [u8]) {
        for piece in bytes.chunks_mut(4 * BLOCK) {
            let next = |n| counted(block, counter.wrapping_add(n));
            let stream = self.encrypt(Four(next(0), next(1), next(2), next(3))).to_bytes();
            counter = counter.wrapping_add(4);
            xor(piece, stream.as_flattened());
        }
    }
}

/// Word `n` of a key.
fn word_of(key: &[u8], n: usize) -> u32 {
    let bytes = key.iter().skip(4 * n).take(4);
    bytes.rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

/// Of four vectors of words the first words, the second ones, and so on.
#[inline(always)]
fn transposed(words: &[v128]) -> [v128; 4] {
    let (a, b, c, d) = (words[0], words[1], words[2], words[3]);
    let (ab, cd) = (u32x4_shuffle::<0, 4, 1, 5>(a, b), u32x4_shuffle::<0, 4, 1, 5>(c, d));
    let (ab_2, cd_2) = (u32x4_shuffle::<2, 6, 3, 7>(a, b), u32x4_shuffle::<2, 6, 3, 7>(c, d));
    [
        u64x2_shuffle::<0, 2>(ab, cd),
        u64x2_shuffle::<1, 3>(ab, cd),
        u64x2_shuffle::<0, 2>(ab_2, cd_2),
        u64x2_shuffle::<1, 3>(ab_2, cd_2),
    ]
}

/// A block of 12 bytes and room for a counter.
fn counter_block(prefix: &[u8; 12]) -> v128 {
    let mut block = [0; BLOCK];
    xor(&mut block, prefix);
    load(&block)
}

/// `block` with this number in its last four bytes.
fn counted(block: v128, counter: u32) -> v128 {
    u32x4_replace_lane::<3>(block, counter.swap_bytes())
}

fn xor(bytes: &mut [u8], stream: &[u8]) {
    bytes.iter_mut().zip(stream).for_each(|(byte, stream)| *byte ^= stream);
}

#[inline(always)]
fn load(bytes: &[u8; BLOCK]) -> v128 {
    vector(*bytes)
}

#[inline(always)]
fn store(vector: v128) -> [u8; BLOCK] {
    let (low, high) = (u64x2_extract_lane::<0>(vector), u64x2_extract_lane::<1>(vector));
    let mut bytes = [0; BLOCK];
    let (first, second) = bytes.split_at_mut(BLOCK / 2);
    first.copy_from_slice(&low.to_le_bytes());
    second.copy_from_slice(&high.to_le_bytes());
    bytes
}

/// GHASH (SP 800-38D section 6.4) under one key H.
///
/// A block times H is the sum over the block's nibbles of nibble·H, each moved to its nibble's
/// place. Shuffles look up byte number n of all 16 products at once, for n from the last to the
/// first; the sum so far moves on by one byte before each.
struct Ghash {
    /// Byte n of nibble·H, for nibbles in the low and in the high half of a byte.
    products: [Pair; BLOCK],
    sum: v128,
}

impl Ghash {
    fn new(h: v128) -> Self {
        // H times 1, z … z⁷; bits count from the highest of the first byte.
        let mut power = u128::from_be_bytes(store(h));
        let powers: [[u8; BLOCK]; 8] = core::array::from_fn(|_| {
            let this = power;
            let carry = (power & 1).wrapping_neg();
            power = power >> 1 ^ carry & 0xe1 << 120;
            this.to_be_bytes()
        });
        let products = core::array::from_fn(|n| {
            let byte = |power: usize| u8x16_splat(powers[power][n]);
            let combine = |first| {
                let pick = |bit: usize, mask| v128_and(byte(first + bit), mask);
                let [m0, m1, m2, m3] =
                    const { [nibbles_with(8), nibbles_with(4), nibbles_with(2), nibbles_with(1)] };
                v128_xor(v128_xor(pick(0, m0), pick(1, m1)), v128_xor(pick(2, m2), pick(3, m3)))
            };
            Pair { high: combine(0), low: combine(4) }
        });
        Self { products, sum: u8x16_splat(0) }
    }

    /// Adds `data`, filled up with zeros to whole blocks.
    fn update(&mut self, data: &[u8]) {
        for piece in data.chunks(BLOCK) {
            self.block(match piece.try_into() {
                Ok(block) => load(block),
                Err(_) => {
                    let mut block = [0; BLOCK];
                    xor(&mut block, piece);
                    load(&block)
                }
            });
        }
    }

    fn block(&mut self, block: v128) {
        let t = tables();
        let zero = u8x16_splat(0);
        let block = v128_xor(self.sum, block);
        let (low, high) = (v128_and(block, t.low_nibble), u8x16_shr(block, 4));
        // `beyond` is what lies past z¹²⁷.
        let (mut sum, mut beyond) = (zero, zero);
        for product in self.products.iter().rev() {
            beyond = move_on(sum, beyond);
            sum = v128_xor(move_on(zero, sum), product.of(low, high));
        }
        // z¹²⁸ is 1 + z + z² + z⁷.
        let folded = v128_xor(
            t.fold.of_bytes(beyond, t.low_nibble),
            move_on(zero, t.fold_next.of_bytes(beyond, t.low_nibble)),
        );
        self.sum = v128_xor(sum, folded);
    }
}

/// `bytes` moved on by one place; the last byte of `before` comes first.
#[inline(always)]
fn move_on(before: v128, bytes: v128) -> v128 {
    i8x16_shuffle::<15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30>(before, bytes)
}

/// All ones at the nibbles that have this bit.
const fn nibbles_with(bit: u8) -> v128 {
    let mut mask = [0; BLOCK];
    let mut n = 0;
    while n < BLOCK {
        mask[n] = if n as u8 & bit != 0 { 0xff } else { 0 };
        n += 1;
    }
    vector(mask)
}

/// AES-GCM (SP 800-38D) for one message.
struct Gcm<'k> {
    aes: &'k Aes,
    iv: v128,
    hash: Ghash,
    /// What hides the hash in the tag.
    mask: v128,
    /// The keystream of the first 32 bytes, which was as good as free.
    start: [[u8; BLOCK]; 2],
}

impl<'k> Gcm<'k> {
    fn new(aes: &'k Aes, iv: &[u8; GCM_IV_LEN]) -> Self {
        let iv = counter_block(iv);
        let blocks = Four(u8x16_splat(0), counted(iv, 1), counted(iv, 2), counted(iv, 3));
        let Four(h, mask, two, three) = aes.encrypt(blocks);
        let (hash, start) = (Ghash::new(h), [store(two), store(three)]);
        Self { aes, iv, hash, mask, start }
    }

    /// Encrypts, or decrypts.
    fn apply(&self, buffer: &mut [u8]) {
        let (start, rest) = buffer.split_at_mut(buffer.len().min(2 * BLOCK));
        xor(start, self.start.as_flattened());
        self.aes.count(self.iv, 4, rest);
    }

    fn tag(&mut self, aad: &[u8], ciphertext: &[u8]) -> [u8; GCM_TAG_LEN] {
        self.hash.update(aad);
        self.hash.update(ciphertext);
        let bits = |bytes: &[u8]| (bytes.len() as u64 * 8).swap_bytes();
        self.hash.block(u64x2(bits(aad), bits(ciphertext)));
        store(v128_xor(self.hash.sum, self.mask))
    }
}

/// An expanded key.
pub struct Key(Aes);

impl Key {
    /// Expands a key; `None` unless it has 16, 24 or 32 bytes.
    pub fn new(key: &[u8]) -> Option<Self> {
        Aes::new(key).map(Self)
    }

    /// Expands four keys in little more time than one takes.
    pub fn four(keys: [&[u8; 32]; 4]) -> [Self; 4] {
        Aes::four(keys).map(Self)
    }

    /// Encrypts `buffer` in place. Always `Some`: memory is too small for a buffer that GCM could not take. Not inlined, as
    /// `open`: each has two callers, and is most of the cipher.
    #[inline(never)]
    pub fn seal(
        &self,
        iv: &[u8; GCM_IV_LEN],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Option<[u8; GCM_TAG_LEN]> {
        let mut gcm = Gcm::new(&self.0, iv);
        gcm.apply(buffer);
        Some(gcm.tag(aad, buffer))
    }

    /// Decrypts `buffer` in place if the tag fits.
    #[inline(never)]
    pub fn open(
        &self,
        iv: &[u8; GCM_IV_LEN],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; GCM_TAG_LEN],
    ) -> Result<(), TagMismatch> {
        let mut gcm = Gcm::new(&self.0, iv);
        if !constant_time_eq(&gcm.tag(aad, buffer), tag) {
            return Err(TagMismatch);
        }
        gcm.apply(buffer);
        Ok(())
    }
}

/// Adds the keystream of AES-256 in counter mode to `bytes`. The counter is the last 32 bits of each
/// block.
pub fn keystream(key: &[u8; 32], prefix: &[u8; 12], counter: u32, bytes: &mut [u8]) {
    // Invariant: AES has keys of 32 bytes.
    if let Some(aes) = Aes::new(key) {
        aes.count(counter_block(prefix), counter, bytes);
    }
}

#[cfg(test)]
#[path = "tests/aes_gcm.rs"]
mod tests;
