//! Against the crate's own hashes.

use sha2::Digest;

use super::*;
use crate::seeded::{Seeded, cases};

/// Our hash and the crate's, of the same bytes.
fn theirs(hash: &Hash, bytes: &[u8]) -> Vec<u8> {
    match hash.output_len {
        32 => sha2::Sha256::digest(bytes).to_vec(),
        48 => sha2::Sha384::digest(bytes).to_vec(),
        _ => sha2::Sha512::digest(bytes).to_vec(),
    }
}

fn ours(hash: &Hash, pieces: &[&[u8]], len: usize) -> Vec<u8> {
    let mut hasher = Hasher::new(hash);
    pieces.iter().for_each(|piece| hasher.update(piece));
    let mut out = vec![0; len];
    hasher.finish(&mut out);
    out
}

#[test]
fn every_length_cut_anywhere() {
    let bytes: [u8; 400] = Seeded::new().array();
    for hash in [&SHA256, &SHA384, &SHA512] {
        for len in 0..=bytes.len() {
            let (bytes, _) = bytes.split_at(len);
            let expected = theirs(hash, bytes);
            for cut in (0..=len).step_by(7) {
                let (first, second) = bytes.split_at(cut);
                assert_eq!(ours(hash, &[first, second], hash.output_len), expected);
            }
            // Ends of pieces at the ends of blocks.
            let blocks: Vec<_> = bytes.chunks(64).collect();
            assert_eq!(ours(hash, &blocks, hash.output_len), expected);
            let single: Vec<_> = bytes.chunks(1).collect();
            assert_eq!(ours(hash, &single, hash.output_len), expected);
        }
    }
}

#[test]
fn random_pieces() {
    let mut random = Seeded::new();
    for _ in 0..cases(300) {
        let pieces: Vec<_> = [300, 20, 140].map(|most| random.bytes(most)).into();
        let slices: Vec<_> = pieces.iter().map(|piece| &piece[..]).collect();
        for hash in [&SHA256, &SHA384, &SHA512] {
            assert_eq!(ours(hash, &slices, hash.output_len), theirs(hash, &pieces.concat()));
        }
    }
}

#[test]
fn outputs_are_cut() {
    for hash in [&SHA256, &SHA384, &SHA512] {
        let whole = theirs(hash, b"abc");
        for len in 0..=hash.output_len {
            assert_eq!(ours(hash, &[b"abc"], len), whole[..len]);
        }
        assert_ne!(ours(hash, &[b"abd"], hash.output_len), whole);
    }
}

#[test]
fn a_copy_goes_its_own_way() {
    let mut one = Hasher::new(&SHA384);
    one.update(b"ab");
    let mut other = one.clone();
    one.update(b"c");
    other.update(b"d");
    let mut out = [[0; 48]; 2];
    one.finish(&mut out[0]);
    other.finish(&mut out[1]);
    assert_eq!(out[0][..], theirs(&SHA384, b"abc"));
    assert_eq!(out[1][..], theirs(&SHA384, b"abd"));
}
