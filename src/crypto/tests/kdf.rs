//! Against KBKDFHMAC of the Python package `cryptography` (OpenSSL's), and against the definition.

use super::*;
use crate::crypto::hex::hex;

#[test]
fn derives_what_openssl_derives() {
    let key: Vec<u8> = (0..66).collect();
    let derived = |n| counter_kdf(&key, b"label", &[0xaa; 32], n).unwrap().to_vec();
    let want = "d22925229e3b3299dbe3a575405d3391701b5db685f5970a9a90d005028ced4e\
                19345a9c41dedeb94b5506c44a2bbc8d25077e79089e1a4bbf985e386768e6b1";
    assert_eq!(derived(64), hex(want));
    let want = "3f451cdea8bf311fe77215cfcbe6de6cf2cbb60ccca8eb8e915e1b58e756c677\
                9c4dfe86bc1adebcb7d5386b0ae711332b931469e5f0f12419081a07c8109611\
                e0752e6941cef2ad77c90a6ce5d3f54b0b31360c34dd7bc14fd4020a9789b478\
                102d9fa6";
    assert_eq!(derived(100), hex(want));
    assert!(derived(0).is_empty());
}

#[test]
fn every_input_counts() {
    let base = counter_kdf(b"key", b"label", b"context", 64).unwrap();
    for (key, label, context, n) in [
        (&b"kez"[..], &b"label"[..], &b"context"[..], 64),
        (b"key", b"labem", b"context", 64),
        (b"key", b"label", b"contexu", 64),
        // What is label and what context is told apart by the zero between them.
        (b"key", b"labe", b"lcontext", 64),
        // The length is an input: a longer output does not begin with a shorter one.
        (b"key", b"label", b"context", 96),
    ] {
        let other = counter_kdf(key, label, context, n).unwrap();
        assert_ne!(other[..64], base[..]);
    }
}
