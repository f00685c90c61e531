//! AWS-LC against what stands in its place without the feature. The vectors of the folder above, and those of Wycheproof, run on AWS-LC
//! itself when the feature is on.

use fieldseal_arithmetic::TagMismatch;
use fieldseal_arithmetic::curve384::{FIELD_LEN, uncompressed};
use p384::elliptic_curve::ff::PrimeField;

use super::*;
use crate::crypto::hex::hex;
use crate::crypto::portable;
use crate::crypto::seeded::Seeded;

fn bytes(random: &mut Seeded, len: usize) -> Vec<u8> {
    (0..len.div_ceil(8)).flat_map(|_| random.array::<8>()).take(len).collect()
}

/// Lengths around blocks, groups of blocks and what vector instructions take at once.
const LENGTHS: [usize; 18] =
    [0, 1, 15, 16, 17, 31, 32, 48, 63, 64, 65, 127, 128, 129, 255, 256, 1000, 70_001];

/// A key of AWS-LC and the same without it.
fn expanded(key: &[u8]) -> (cipher::Key, portable::cipher::Key) {
    (cipher::Key::new(key).unwrap(), portable::cipher::Key::new(key).unwrap())
}

#[test]
fn aes_gcm_seals_alike_and_each_opens_the_other() {
    let mut random = Seeded::new();
    for (i, text_len) in LENGTHS.into_iter().enumerate() {
        for key_len in [16, 24, 32] {
            let (key, iv) = (bytes(&mut random, key_len), random.array());
            let aad = bytes(&mut random, LENGTHS[LENGTHS.len() - 1 - i]);
            let text = bytes(&mut random, text_len);
            let (mut here, mut there) = (text.clone(), text.clone());
            let keys = expanded(&key);
            let tag = keys.0.seal(&iv, &aad, &mut here).unwrap();
            assert_eq!(keys.1.seal(&iv, &aad, &mut there), Some(tag));
            assert_eq!(here, there);
            assert_eq!(keys.0.open(&iv, &aad, &mut there, &tag), Ok(()));
            assert_eq!(keys.1.open(&iv, &aad, &mut here, &tag), Ok(()));
            assert_eq!([&here, &there], [&text, &text]);
        }
    }
}

#[test]
fn keys_that_are_expanded_together_are_those_of_each() {
    let mut random = Seeded::new();
    let keys: [[u8; 32]; 4] = core::array::from_fn(|_| random.array());
    let (here, there) =
        (cipher::Key::four(keys.each_ref()), portable::cipher::Key::four(keys.each_ref()));
    for (n, key) in keys.iter().enumerate() {
        let (iv, aad) = (random.array(), bytes(&mut random, 20));
        let text = bytes(&mut random, 30 * n);
        let (mut one, mut other) = (text.clone(), text.clone());
        let tag = here[n].seal(&iv, &aad, &mut one).unwrap();
        assert_eq!(there[n].seal(&iv, &aad, &mut other), Some(tag));
        assert_eq!(one, other);
        assert_eq!(cipher::Key::new(key).unwrap().open(&iv, &aad, &mut one, &tag), Ok(()));
        let another = (n + 1) % 4;
        assert_eq!(here[another].open(&iv, &aad, &mut other.clone(), &tag), Err(TagMismatch));
        assert_eq!(there[another].open(&iv, &aad, &mut other.clone(), &tag), Err(TagMismatch));
        assert_eq!(here[n].open(&iv, &aad, &mut other, &tag), Ok(()));
        assert_eq!([&one, &other], [&text, &text]);
    }
}

#[test]
fn aes_gcm_refuses_alike_and_leaves_no_plaintext() {
    let (key, iv, text) = ([7; 32], [9; 12], [0x5a; 100]);
    let mut sealed = text;
    let tag = cipher::Key::new(&key).unwrap().seal(&iv, b"aad", &mut sealed).unwrap();
    let refused = |key: &[u8], iv: &[u8; 12], aad: &[u8], sealed: &[u8], tag: &[u8; 16]| {
        let keys = expanded(key);
        let mut buffer = sealed.to_vec();
        assert_eq!(keys.1.open(iv, aad, &mut buffer, tag), Err(TagMismatch));
        let mut buffer = sealed.to_vec();
        assert_eq!(keys.0.open(iv, aad, &mut buffer, tag), Err(TagMismatch));
        assert!(!buffer.windows(4).any(|bytes| bytes == &text[..4]), "{buffer:02x?}");
    };
    for bit in 0..128 {
        let mut other = tag;
        other[bit / 8] ^= 1 << (bit % 8);
        refused(&key, &iv, b"aad", &sealed, &other);
    }
    for at in 0..sealed.len() {
        let mut other = sealed;
        other[at] ^= 0x80;
        refused(&key, &iv, b"aad", &other, &tag);
        refused(&key, &iv, b"aad", &sealed[..at], &tag);
    }
    refused(&key, &[8; 12], b"aad", &sealed, &tag);
    refused(&key, &iv, b"", &sealed, &tag);
    refused(&[6; 32], &iv, b"aad", &sealed, &tag);
    for len in [16, 24] {
        refused(&vec![7; len], &iv, b"aad", &sealed, &tag);
    }
}

#[test]
fn aes_has_the_same_keys() {
    for len in 0..=65 {
        let key = vec![7; len];
        let has = [16, 24, 32].contains(&len);
        assert_eq!(cipher::Key::new(&key).is_some(), has);
        assert_eq!(portable::cipher::Key::new(&key).is_some(), has);
    }
}

#[test]
fn aes_ctr_counts_alike() {
    let mut random = Seeded::new();
    for len in LENGTHS {
        for counter in [0, 1, u32::MAX, u32::MAX - 1, u32::MAX - 5, 0x00ff_ffff] {
            let (key, prefix) = (random.array(), random.array());
            let before = bytes(&mut random, len);
            let (mut here, mut there) = (before.clone(), before.clone());
            cipher::keystream(&key, &prefix, counter, &mut here);
            portable::cipher::keystream(&key, &prefix, counter, &mut there);
            assert_eq!(here, there);
            assert!(len < 16 || here != before);
        }
    }
}

/// The three hash functions, of AWS-LC and without it.
fn hashes() -> [(&'static hash::Hash, &'static portable::hash::Hash); 3] {
    [
        (&hash::SHA256, &portable::hash::SHA256),
        (&hash::SHA384, &portable::hash::SHA384),
        (&hash::SHA512, &portable::hash::SHA512),
    ]
}

#[test]
fn hashes_alike_in_pieces() {
    let mut random = Seeded::new();
    for (here, there) in hashes() {
        assert_eq!(here.output_len, there.output_len);
        let mut hashers = (hash::Hasher::new(here), portable::hash::Hasher::new(there));
        for len in LENGTHS {
            let piece = bytes(&mut random, len);
            hashers.0.update(&piece);
            hashers.1.update(&piece);
        }
        let mut digests = (vec![0; here.output_len], vec![0; here.output_len]);
        hashers.0.finish(&mut digests.0);
        hashers.1.finish(&mut digests.1);
        assert_eq!(digests.0, digests.1);
        assert_ne!(digests.0, vec![0; here.output_len]);
    }
}

#[test]
fn hmac_alike_of_every_length_and_number_of_parts() {
    let mut random = Seeded::new();
    for (here, there) in hashes() {
        for key_len in [0, 1, 20, 32, 48, 63, 64, 65, 127, 128, 129, 300] {
            let key = bytes(&mut random, key_len);
            let keys = (hmac::HmacKey::new(here, &key), portable::hmac::HmacKey::new(there, &key));
            let whole = bytes(&mut random, 200);
            let (front, back) = whole.split_at(67);
            let expected = macs(&keys, &[&whole], here.output_len);
            for parts in [&[front, back][..], &[front, b"", back], &[b"", &whole]] {
                assert_eq!(macs(&keys, parts, here.output_len), expected);
            }
            assert_eq!(macs(&keys, &[&whole], 8), expected[..8]);
            assert_ne!(macs(&keys, &[], here.output_len), expected);
            assert_ne!(macs(&keys, &[&[]], here.output_len), expected);
            assert_ne!(macs(&keys, &[back, front], here.output_len), expected);
        }
    }
}

/// That of both, which must be the same.
fn macs(keys: &(hmac::HmacKey, portable::hmac::HmacKey), parts: &[&[u8]], len: usize) -> Vec<u8> {
    let mut macs = (vec![0; len], vec![0; len]);
    keys.0.mac(parts, &mut macs.0);
    keys.1.mac(parts, &mut macs.1);
    assert_eq!(macs.0, macs.1);
    macs.0
}

#[test]
fn hkdf_alike_and_refuses_alike() {
    let mut random = Seeded::new();
    for (here, there) in hashes() {
        let n = here.output_len;
        for salt_len in [0, 1, n, 200] {
            let (salt, key) = (bytes(&mut random, salt_len), bytes(&mut random, 32));
            let keys = (
                hmac::HmacKey::extract(here, &salt, &key),
                portable::hmac::HmacKey::extract(there, &salt, &key),
            );
            for len in [0, 1, 32, n - 1, n, n + 1, 3 * n, 3 * n + 5, 255 * n, 255 * n + 1, 300 * n]
            {
                let infos: [&[&[u8]]; 3] = [&[], &[b"DERIVEKEY"], &[b"DERIVE", b"", b"KEY"]];
                for info in infos {
                    let mut derived = (vec![0; len], vec![0; len]);
                    let done =
                        (keys.0.expand(info, &mut derived.0), keys.1.expand(info, &mut derived.1));
                    assert_eq!(done.0, done.1);
                    assert_eq!(done.0.is_some(), len <= 255 * n);
                    assert_eq!(derived.0, derived.1);
                    let made = derived.0.iter().any(|&byte| byte != 0);
                    assert!(len == 1 || made == (1..=255 * n).contains(&len));
                }
            }
        }
    }
}

fn fixed([r, s]: [p384::Scalar; 2]) -> Vec<u8> {
    [r.to_repr(), s.to_repr()].concat()
}

/// The verdict of both on a signature, which must be the same.
fn verdict(public: &[u8], digest: &[u8; FIELD_LEN], signature: &[u8]) -> bool {
    let here = p384_key::verify(public, digest, signature);
    assert_eq!(portable::p384_key::verify(public, digest, signature), here, "{signature:02x?}");
    here
}

#[test]
fn ecdsa_verifies_what_the_other_signed_and_nothing_else() {
    let mut random = Seeded::new();
    for round in 0..24 {
        // Digests beyond the order, too.
        let mut digest = random.array::<FIELD_LEN>();
        if round % 3 == 0 {
            digest[..24].fill(0xff);
        }
        let (public, signature) = if round % 2 == 0 {
            let key = p384_key::PrivateKey::generate().unwrap();
            (*key.public_compressed(), key.sign(&digest).unwrap())
        } else {
            let key = portable::p384_key::PrivateKey::generate().unwrap();
            (*key.public_compressed(), key.sign(&digest).unwrap())
        };
        let public = uncompressed(&public).expect("a point of the curve");
        let [r, s] = signature;
        let good = fixed([r, s]);
        assert!(verdict(&public, &digest, &good));
        assert!(verdict(&public, &digest, &fixed([r, -s])));
        assert!(!verdict(&public, &digest, &fixed([s, r])));
        assert!(!verdict(&public, &digest, &fixed([-r, s])));
        for at in [0, 47, 48, 95] {
            let mut other = good.clone();
            other[at] ^= 1;
            assert!(!verdict(&public, &digest, &other));
        }
        let mut other = digest;
        other[round % FIELD_LEN] ^= 4;
        assert!(!verdict(&public, &other, &good));
    }
}

#[test]
fn ecdsa_refuses_numbers_out_of_range_and_points_that_are_none() {
    let order = hex("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf\
                     581a0db248b0a77aecec196accc52973");
    let digest = [0x5a; FIELD_LEN];
    let key = p384_key::PrivateKey::generate().unwrap();
    let point = uncompressed(key.public_compressed()).unwrap();
    let good = fixed(key.sign(&digest).unwrap());
    assert!(verdict(&point, &digest, &good));
    let (r, s) = good.split_at(FIELD_LEN);
    let zero = [0; FIELD_LEN];
    for (r, s) in [
        (&zero[..], s),
        (r, &zero),
        (&order, s),
        (r, &order),
        (&[0xff; FIELD_LEN], s),
        (r, &[0xff; FIELD_LEN]),
        (&[], s),
        (r, &[]),
        (r, &[s, &[0]].concat()),
    ] {
        assert!(!verdict(&point, &digest, &[r, s].concat()));
    }
    let mut points = vec![vec![], vec![0], vec![4; 97], [&[4], &[0; 96][..]].concat()];
    points.extend([0, 1, 2, 3, 5, 6, 7, 0xff].map(|tag| [&[tag], &point[1..]].concat()));
    points.extend([1, 48, 49, 96].map(|at| {
        let mut other = point.to_vec();
        other[at] ^= 1;
        other
    }));
    points.extend([vec![0xff; 97], point[..96].to_vec(), [&point[..], &[0]].concat()]);
    for point in points {
        assert!(!verdict(&point, &digest, &good), "{point:02x?}");
    }
}

/// The same bytes that sign one message do not sign two: nonces are random.
#[test]
fn ecdsa_signs_anew_and_keys_differ() {
    let key = p384_key::PrivateKey::generate().unwrap();
    let signatures = [key.sign(&[1; FIELD_LEN]).unwrap(), key.sign(&[1; FIELD_LEN]).unwrap()];
    assert_ne!(signatures[0], signatures[1]);
    let clone = key.clone();
    let public = uncompressed(clone.public_compressed()).unwrap();
    assert!(verdict(&public, &[2; FIELD_LEN], &fixed(key.sign(&[2; FIELD_LEN]).unwrap())));
    assert!(verdict(&public, &[2; FIELD_LEN], &fixed(clone.sign(&[2; FIELD_LEN]).unwrap())));
    let other = p384_key::PrivateKey::generate().unwrap();
    assert_ne!(other.public_compressed(), key.public_compressed());
}
