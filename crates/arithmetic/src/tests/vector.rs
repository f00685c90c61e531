//! The vector instructions that `simd.rs` uses, spelled out byte by byte after the WebAssembly
//! specification, so that native tests can run it. Not inlined: optimizing the cipher with all of this in it takes many minutes.

#![allow(non_camel_case_types)]

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct v128([u8; 16]);

#[allow(clippy::too_many_arguments)]
pub(super) const fn u8x16(
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    i: u8,
    j: u8,
    k: u8,
    l: u8,
    m: u8,
    n: u8,
    o: u8,
    p: u8,
) -> v128 {
    v128([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
}

#[inline(never)]
pub(super) fn u8x16_splat(byte: u8) -> v128 {
    v128([byte; 16])
}

#[inline(never)]
pub(super) fn u32x4(a: u32, b: u32, c: u32, d: u32) -> v128 {
    let words = [a, b, c, d].map(u32::to_le_bytes);
    v128(words.as_flattened().try_into().unwrap())
}

#[inline(never)]
pub(super) fn u32x4_splat(word: u32) -> v128 {
    u32x4(word, word, word, word)
}

#[inline(never)]
pub(super) fn u32x4_extract_lane<const N: usize>(v: v128) -> u32 {
    u32::from_le_bytes(v.0[4 * N..4 * N + 4].try_into().unwrap())
}

#[inline(never)]
pub(super) fn u32x4_replace_lane<const N: usize>(mut v: v128, word: u32) -> v128 {
    v.0[4 * N..4 * N + 4].copy_from_slice(&word.to_le_bytes());
    v
}

#[inline(never)]
pub(super) fn u64x2(a: u64, b: u64) -> v128 {
    u32x4(a as u32, (a >> 32) as u32, b as u32, (b >> 32) as u32)
}

#[inline(never)]
pub(super) fn u64x2_extract_lane<const N: usize>(v: v128) -> u64 {
    u64::from_le_bytes(v.0[8 * N..8 * N + 8].try_into().unwrap())
}

#[inline(never)]
pub(super) fn v128_and(a: v128, b: v128) -> v128 {
    v128(core::array::from_fn(|i| a.0[i] & b.0[i]))
}

#[inline(never)]
pub(super) fn v128_xor(a: v128, b: v128) -> v128 {
    v128(core::array::from_fn(|i| a.0[i] ^ b.0[i]))
}

#[inline(never)]
pub(super) fn u8x16_shr(v: v128, by: u32) -> v128 {
    v128(v.0.map(|byte| byte >> (by % 8)))
}

#[inline(never)]
pub(super) fn i8x16_swizzle(v: v128, at: v128) -> v128 {
    v128(at.0.map(|i| v.0.get(usize::from(i)).copied().unwrap_or(0)))
}

#[inline(never)]
pub(super) fn u32x4_shuffle<const A: usize, const B: usize, const C: usize, const D: usize>(
    a: v128,
    b: v128,
) -> v128 {
    let both = [a.0, b.0];
    let words: Vec<&[u8]> = both.as_flattened().chunks(4).collect();
    v128([A, B, C, D].map(|i| words[i]).concat().try_into().unwrap())
}

#[inline(never)]
pub(super) fn u64x2_shuffle<const A: usize, const B: usize>(a: v128, b: v128) -> v128 {
    let both = [a.0, b.0];
    let halves: Vec<&[u8]> = both.as_flattened().chunks(8).collect();
    v128([A, B].map(|i| halves[i]).concat().try_into().unwrap())
}

#[inline(never)]
pub(super) fn i8x16_shuffle<
    const A: usize,
    const B: usize,
    const C: usize,
    const D: usize,
    const E: usize,
    const F: usize,
    const G: usize,
    const H: usize,
    const I: usize,
    const J: usize,
    const K: usize,
    const L: usize,
    const M: usize,
    const N: usize,
    const O: usize,
    const P: usize,
>(
    a: v128,
    b: v128,
) -> v128 {
    let both = [a.0, b.0];
    v128([A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P].map(|i| both.as_flattened()[i]))
}
