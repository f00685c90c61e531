//! The shape of the input. Known answers are the vectors of the hierarchical keyring, which open only
//! under the right keys.

use super::*;
use crate::crypto::hmac;

#[test]
fn is_hmac_over_counter_label_zero_context_and_bits() {
    let key = [7; 32];
    let first = hmac(Hash::Sha256, &key, b"\0\0\0\x01label\0context\0\0\x01\0");
    let derived = kdf_ctr(Hash::Sha256, &key, b"label", b"context", 32).unwrap();
    assert_eq!(derived[..], first[..]);
    let blocks: Vec<u8> = (1..=2)
        .flat_map(|n| hmac(Hash::Sha384, &key, &[&[0, 0, 0, n], &b"l\0c\0\0\x02\0"[..]].concat()))
        .take(64)
        .collect();
    assert_eq!(kdf_ctr(Hash::Sha384, &key, b"l", b"c", 64).unwrap()[..], blocks[..]);
}

#[test]
fn every_input_matters() {
    let derive = |hash, key: &[u8], label: &[u8], context: &[u8], n| {
        kdf_ctr(hash, key, label, context, n).unwrap()[..16].to_vec()
    };
    let base = derive(Hash::Sha256, &[1; 32], b"label", b"context", 32);
    for other in [
        derive(Hash::Sha384, &[1; 32], b"label", b"context", 32),
        derive(Hash::Sha256, &[2; 32], b"label", b"context", 32),
        derive(Hash::Sha256, &[1; 32], b"labe", b"lcontext", 32),
        derive(Hash::Sha256, &[1; 32], b"label", b"contexT", 32),
        // Unlike HKDF: the length is part of the input.
        derive(Hash::Sha256, &[1; 32], b"label", b"context", 33),
    ] {
        assert_ne!(base, other);
    }
    assert!(kdf_ctr(Hash::Sha256, b"", b"", b"", 0).unwrap().is_empty());
    assert!(kdf_ctr(Hash::Sha256, b"", b"", b"", usize::MAX).is_err());
}
