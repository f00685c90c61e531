//! Against the crates `hmac` and `hkdf`.

use ::hmac::{Hmac, KeyInit, Mac};
use hkdf::Hkdf;
use sha2::{Sha256, Sha384, Sha512};

use super::*;
use crate::hash::{SHA256, SHA384, SHA512};
use crate::seeded::{Seeded, cases};

fn their_mac(hash: &Hash, key: &[u8], message: &[u8]) -> Vec<u8> {
    fn run<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
        <M as KeyInit>::new_from_slice(key)
            .unwrap()
            .chain_update(message)
            .finalize()
            .into_bytes()
            .to_vec()
    }
    match hash.output_len {
        32 => run::<Hmac<Sha256>>(key, message),
        48 => run::<Hmac<Sha384>>(key, message),
        _ => run::<Hmac<Sha512>>(key, message),
    }
}

fn their_expansion(hash: &Hash, [salt, key, info]: [&[u8]; 3], len: usize) -> Option<Vec<u8>> {
    let mut out = vec![0; len];
    match hash.output_len {
        32 => Hkdf::<Sha256>::new(Some(salt), key).expand(info, &mut out),
        48 => Hkdf::<Sha384>::new(Some(salt), key).expand(info, &mut out),
        _ => Hkdf::<Sha512>::new(Some(salt), key).expand(info, &mut out),
    }
    .ok()
    .map(|()| out)
}

#[test]
fn keys_and_messages_of_every_length() {
    let bytes: [u8; 600] = Seeded::new().array();
    let (keys, messages) = bytes.split_at(300);
    for hash in [&SHA256, &SHA384, &SHA512] {
        for key_len in 0..=300 {
            let (key, _) = keys.split_at(key_len);
            let message = &messages[..key_len * 7 % 300];
            let expected = their_mac(hash, key, message);
            let kept = HmacKey::new(hash, key);
            for cut in [0, message.len() / 3, message.len()] {
                let (first, second) = message.split_at(cut);
                let mut out = vec![0; hash.output_len];
                kept.mac(&[first, b"", second], &mut out);
                assert_eq!(out, expected, "{key_len}");
                // One key, many messages; and cut outputs.
                let mut short = [0; 8];
                kept.mac(&[message], &mut short);
                assert_eq!(short[..], expected[..8]);
                kept.mac(&[message, &[0]], &mut out);
                assert_ne!(out, expected);
            }
        }
    }
}

#[test]
fn derives_what_the_crate_derives() {
    let bytes: [u8; 700] = Seeded::new().array();
    for hash in [&SHA256, &SHA384, &SHA512] {
        for n in 0..200 {
            let (salt, key, info) = (&bytes[..n], &bytes[200..][..n], &bytes[400..][..n / 2]);
            let len = n * 5 % 250;
            let expected = their_expansion(hash, [salt, key, info], len).unwrap();
            let extracted = HmacKey::extract(hash, salt, key);
            let mut out = vec![0; len];
            let (first, second) = info.split_at(n / 4);
            assert_eq!(extracted.expand(&[first, second], &mut out), Some(()));
            assert_eq!(out, expected, "{n}");
        }
    }
}

#[test]
fn random_keys_messages_and_lengths() {
    let mut random = Seeded::new();
    for _ in 0..cases(300) {
        let [key, salt, message, info] = [200, 150, 400, 100].map(|most| random.bytes(most));
        for hash in [&SHA256, &SHA384, &SHA512] {
            let (first, second) = message.split_at(message.len() / 2);
            let mut mac = vec![0; hash.output_len];
            HmacKey::new(hash, &key).mac(&[first, second], &mut mac);
            assert_eq!(mac, their_mac(hash, &key, &message));
            let mut out = vec![0; message.len()];
            HmacKey::extract(hash, &salt, &key).expand(&[&info], &mut out).unwrap();
            assert_eq!(Some(out), their_expansion(hash, [&salt, &key, &info], message.len()));
        }
    }
}

#[test]
fn no_salt_is_zeros() {
    for hash in [&SHA256, &SHA384, &SHA512] {
        let expected = their_expansion(hash, [&[], b"key", b"info"], 64).unwrap();
        // Twice: made, and kept.
        for salt in [&[][..], &[], &[0; 32], &[0; 64]] {
            let mut out = [0; 64];
            HmacKey::extract(hash, salt, b"key").expand(&[b"info"], &mut out).unwrap();
            assert_eq!(out[..], expected);
        }
        let mut out = [0; 64];
        HmacKey::extract(hash, &[1], b"key").expand(&[b"info"], &mut out).unwrap();
        assert_ne!(out[..], expected);
    }
}

#[test]
fn at_most_255_hashes() {
    for hash in [&SHA256, &SHA384, &SHA512] {
        let longest = 255 * hash.output_len;
        let key = HmacKey::extract(hash, b"salt", b"key");
        let mut out = vec![0; longest + 1];
        assert_eq!(key.expand(&[b"info"], &mut out), None);
        assert!(out.iter().all(|byte| *byte == 0));
        assert_eq!(their_expansion(hash, [b"salt", b"key", b"info"], longest + 1), None);
        let out = &mut out[..longest];
        key.expand(&[b"info"], out).unwrap();
        assert_eq!(out, their_expansion(hash, [b"salt", b"key", b"info"], longest).unwrap());
    }
}
