//! Against the portable crates.

use ::aes::cipher::{BlockCipherEncrypt, KeyInit};
use ::aes::{Aes128, Aes192, Aes256};
use aes_gcm::AesGcm;
use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::consts::U12;

use super::*;
use crate::seeded::{Seeded, cases};

/// Bytes that look random and are the same in every run.
fn bytes(n: usize, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 11) as u8
    };
    (0..n).map(|_| next()).collect()
}

fn reference_block(key: &[u8], block: [u8; 16]) -> [u8; 16] {
    let mut block = block.into();
    match key.len() {
        16 => Aes128::new_from_slice(key).unwrap().encrypt_block(&mut block),
        24 => Aes192::new_from_slice(key).unwrap().encrypt_block(&mut block),
        _ => Aes256::new_from_slice(key).unwrap().encrypt_block(&mut block),
    }
    block.into()
}

fn reference_gcm(key: &[u8], iv: &[u8; 12], aad: &[u8], text: &[u8]) -> (Vec<u8>, [u8; 16]) {
    let mut buffer = text.to_vec();
    let inout = buffer.as_mut_slice().into();
    let tag = match key.len() {
        16 => AesGcm::<Aes128, U12>::new_from_slice(key).unwrap().encrypt_inout_detached(
            iv.into(),
            aad,
            inout,
        ),
        24 => AesGcm::<Aes192, U12>::new_from_slice(key).unwrap().encrypt_inout_detached(
            iv.into(),
            aad,
            inout,
        ),
        _ => AesGcm::<Aes256, U12>::new_from_slice(key).unwrap().encrypt_inout_detached(
            iv.into(),
            aad,
            inout,
        ),
    };
    (buffer, tag.unwrap().into())
}

#[test]
fn the_extension_is_a_field_and_is_that_of_aes() {
    // t² + A·t + A has no root.
    assert!((0..16).all(|n| mul4(n, n) ^ mul4(A, n) ^ A != 0));
    for a in 0..=255u8 {
        assert_eq!(to_aes(from_aes(a)), a);
        for b in [0, 1, 2, 3, 0x1b, 0x53, 0x80, 0xca, 0xff] {
            assert_eq!(from_aes(a ^ b), from_aes(a) ^ from_aes(b));
            let product = (0..8)
                .rev()
                .fold(0, |product, bit| double(product) ^ if b >> bit & 1 == 1 { a } else { 0 });
            assert_eq!(from_aes(product), mul8(from_aes(a), from_aes(b)), "{a} {b}");
        }
    }
}

#[test]
fn every_entry_of_the_s_box() {
    // By its definition: the inverse, then the affine map (FIPS 197 section 5.1.1).
    for byte in 0..=255u8 {
        let element = from_aes(byte);
        let inverse = (0..=255).find(|other| mul8(element, *other) == 1).unwrap_or(0);
        let want = affine(to_aes(inverse)) ^ 0x63;
        let word = tables().sub_word(u32::from_le_bytes([byte, 0, byte, 0x53]));
        assert_eq!(word.to_le_bytes(), [want, 0x63, want, 0xed], "{byte}");
    }
}

#[test]
fn four_keys_expanded_together_are_those_expanded_alone() {
    for seed in 0..cases(20) {
        let keys: [[u8; 32]; 4] =
            core::array::from_fn(|n| bytes(32, 4 * seed as u32 + n as u32).try_into().unwrap());
        for (key, together) in keys.iter().zip(Aes::four(keys.each_ref())) {
            let alone = Aes::new(key).unwrap();
            let stored = |aes: &Aes| (store(aes.first), aes.middle.map(store), store(aes.last));
            assert_eq!(stored(&together), stored(&alone));
            assert_eq!(together.rounds, alone.rounds);
        }
    }
}

#[test]
fn a_key_of_four_seals_and_opens_as_one_of_its_own() {
    let keys: [[u8; 32]; 4] = core::array::from_fn(|n| [n as u8; 32]);
    let expanded = Key::four(keys.each_ref());
    for (n, key) in keys.iter().enumerate() {
        let (iv, aad) = ([9; 12], b"path");
        let text = bytes(n * 30, 5);
        let (mut one, mut other) = (text.clone(), text.clone());
        let tag = expanded[n].seal(&iv, aad, &mut one).unwrap();
        assert_eq!(Key::new(key).unwrap().seal(&iv, aad, &mut other), Some(tag));
        assert_eq!(one, other);
        assert_eq!(expanded[(n + 1) % 4].open(&iv, aad, &mut one, &tag), Err(TagMismatch));
        assert_eq!(one, other, "what does not open is as it was");
        assert_eq!(expanded[n].open(&iv, aad, &mut one, &tag), Ok(()));
        assert_eq!(one, text);
    }
}

#[test]
fn blocks_under_keys_of_every_length() {
    for len in [16, 24, 32] {
        for seed in 0..200 {
            let key = bytes(len, seed);
            let aes = Aes::new(&key).unwrap();
            let blocks: [[u8; 16]; 4] =
                core::array::from_fn(|i| bytes(16, seed + 7 * i as u32).try_into().unwrap());
            let [a, b, c, d] = &blocks;
            let ours = aes.encrypt(Four(load(a), load(b), load(c), load(d))).to_bytes();
            assert_eq!(ours, blocks.map(|block| reference_block(&key, block)), "{len} {seed}");
        }
    }
    for len in [0, 1, 15, 17, 23, 25, 31, 33, 64] {
        assert!(Key::new(&vec![0; len]).is_none());
    }
}

#[test]
fn keystream_counts_in_32_bits() {
    let key = bytes(32, 1);
    let prefix: [u8; 12] = bytes(12, 2).try_into().unwrap();
    for counter in [0u32, 1, 0xffff_fffa] {
        let mut out = vec![0; 150];
        keystream(&key.clone().try_into().unwrap(), &prefix, counter, &mut out);
        for (i, piece) in out.chunks(16).enumerate() {
            let counter = counter.wrapping_add(i as u32).to_be_bytes();
            let input = [&prefix[..], &counter].concat().try_into().unwrap();
            assert_eq!(piece, &reference_block(&key, input)[..piece.len()], "{counter:?} {i}");
        }
    }
}

#[test]
fn gcm_of_every_length() {
    for len in (0..200).chain([255, 256, 1000, 4096]) {
        let key_len = [16, 24, 32][len % 3];
        for (key_len, aad_len) in [(32, len * 7 % 61), (key_len, len * 3 % 50)] {
            let seed = (len * 64 + aad_len) as u32;
            let (key, aad, text) =
                (bytes(key_len, seed), bytes(aad_len, seed + 1), bytes(len, seed + 2));
            let iv: [u8; 12] = bytes(12, seed + 3).try_into().unwrap();
            let (ciphertext, tag) = reference_gcm(&key, &iv, &aad, &text);
            let (key, mut ours) = (Key::new(&key).unwrap(), text.clone());
            assert_eq!(key.seal(&iv, &aad, &mut ours), Some(tag), "{key_len} {len} {aad_len}");
            assert_eq!(ours, ciphertext, "{key_len} {len}");
            let mut wrong = tag;
            wrong[len % 16] ^= 1 << (len % 8);
            assert_eq!(key.open(&iv, &aad, &mut ours, &wrong), Err(TagMismatch));
            assert_eq!(ours, ciphertext, "nothing is decrypted unverified");
            assert_eq!(key.open(&iv, &aad, &mut ours, &tag), Ok(()));
            assert_eq!(ours, text);
        }
    }
}

#[test]
fn random_messages() {
    let mut random = Seeded::new();
    for i in 0..cases(100) {
        let key: [u8; 32] = random.array();
        let key = &key[..[16, 24, 32][i % 3]];
        let (iv, aad, text) = (random.array(), random.bytes(100), random.bytes(200));
        let (ciphertext, tag) = reference_gcm(key, &iv, &aad, &text);
        let (key, mut ours) = (Key::new(key).unwrap(), text.clone());
        assert_eq!(key.seal(&iv, &aad, &mut ours), Some(tag));
        assert_eq!(ours, ciphertext);
        let mut wrong = tag;
        wrong[i % 16] ^= 1 << (i % 8);
        assert_eq!(key.open(&iv, &aad, &mut ours, &wrong), Err(TagMismatch));
        assert_eq!(key.open(&iv, &aad, &mut ours, &tag), Ok(()));
        assert_eq!(ours, text);
    }
}

#[test]
fn ghash_of_single_bits() {
    // Every bit of the block meets every place of a key that has all others.
    for bit in 0..128 {
        let key = bytes(32, 5);
        let mut text = [0; 16];
        text[bit / 8] = 0x80 >> (bit % 8);
        let (_, tag) = reference_gcm(&key, &[0; 12], &text, &text);
        let key = Key::new(&key).unwrap();
        assert_eq!(key.seal(&[0; 12], &text, &mut text.clone()), Some(tag), "{bit}");
    }
}
