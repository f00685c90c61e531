//! Points against the RustCrypto crates, which have all three curves natively; P-521 is our own.

use super::*;
use crate::crypto::hex::hex;
use crate::crypto::seeded::Seeded;
use crate::crypto::{Hash, kdf_ctr};

const CURVES: [EcdhCurve; 3] = [EcdhCurve::P256, EcdhCurve::P384, EcdhCurve::P521];
const PEMS: [&[u8]; 3] = [
    include_bytes!("../testdata/ec-P256.public.pem"),
    include_bytes!("../testdata/ec-P384.public.pem"),
    include_bytes!("../testdata/ec-P521.public.pem"),
];

/// A random public key, uncompressed, by the reference.
fn random_point(curve: EcdhCurve, random: &mut Seeded) -> Vec<u8> {
    loop {
        let mut scalar = random.array::<66>().to_vec();
        scalar.truncate(curve.field_len());
        if curve == EcdhCurve::P521 {
            scalar[0] &= 1;
        }
        let point = match curve {
            EcdhCurve::P256 => p256::SecretKey::from_slice(&scalar)
                .map(|key| p256::ecdsa::VerifyingKey::from(key.public_key()))
                .map(|key| key.to_sec1_point(false).as_bytes().to_vec()),
            EcdhCurve::P384 => p384::SecretKey::from_slice(&scalar)
                .map(|key| p384::ecdsa::VerifyingKey::from(key.public_key()))
                .map(|key| key.to_sec1_point(false).as_bytes().to_vec()),
            EcdhCurve::P521 => ::p521::SecretKey::from_slice(&scalar)
                .map(|key| uncompressed_p521(&key.public_key())),
        };
        if let Ok(point) = point {
            return point;
        }
    }
}

fn uncompressed_p521(key: &::p521::PublicKey) -> Vec<u8> {
    use ::p521::elliptic_curve::sec1::ToSec1Point;
    key.to_sec1_point(false).as_bytes().to_vec()
}

#[track_caller]
fn refused(curve: EcdhCurve, sec1: &[u8]) {
    let error = EcdhPublicKey::from_sec1(curve, sec1).unwrap_err();
    assert_eq!(error.code(), "MALFORMED_KEY");
    assert!(error.to_string().contains(curve.name()), "{error}");
}

#[test]
fn reads_pem_and_der_and_writes_the_same_der() {
    for (curve, pem) in CURVES.into_iter().zip(PEMS) {
        let key = EcdhPublicKey::from_spki(curve, pem).unwrap();
        let der = PublicKeyInfo::parse(pem).unwrap().der;
        assert_eq!(key.to_spki(), der);
        assert_eq!(EcdhPublicKey::from_spki(curve, &der).unwrap(), key);
        assert_eq!(key.compressed().len(), curve.compressed_len());
        assert_eq!(EcdhPublicKey::from_compressed(curve, &key.compressed()).unwrap(), key);
    }
}

#[test]
fn names_the_curve_that_a_key_is_of() {
    for (curve, pem) in CURVES.into_iter().zip(PEMS) {
        for other in CURVES.into_iter().filter(|other| *other != curve) {
            let error = EcdhPublicKey::from_spki(other, pem).unwrap_err();
            assert_eq!(error.code(), "MALFORMED_KEY");
            let text = error.to_string();
            assert!(text.contains(curve.name()) && text.contains(other.name()), "{text}");
        }
    }
    for pem in [
        &include_bytes!("../testdata/ec-secp256k1.public.pem")[..],
        include_bytes!("../testdata/ed25519.public.pem"),
        include_bytes!("../testdata/rsa2048.public.pem"),
        include_bytes!("../testdata/rsa2048.private.pem"),
        b"",
        b"not a key",
    ] {
        for curve in CURVES {
            assert_eq!(EcdhPublicKey::from_spki(curve, pem).unwrap_err().code(), "MALFORMED_KEY");
        }
    }
}

#[test]
fn compresses_and_decompresses_as_the_reference_does() {
    let mut random = Seeded::new();
    for curve in CURVES {
        for _ in 0..20 {
            let point = random_point(curve, &mut random);
            let key = EcdhPublicKey::from_sec1(curve, &point).unwrap();
            assert_eq!(key.point, point);
            let again = EcdhPublicKey::from_compressed(curve, &key.compressed()).unwrap();
            assert_eq!(again.point, point, "{key:?}");
            // The other sign is the other point.
            let mut other = key.compressed();
            other[0] ^= 1;
            let other = EcdhPublicKey::from_compressed(curve, &other).unwrap();
            assert_eq!(other.point[1..=curve.field_len()], point[1..=curve.field_len()]);
            assert_ne!(other, key);
        }
    }
}

#[test]
fn refuses_what_is_no_point() {
    let mut random = Seeded::new();
    for curve in CURVES {
        let point = random_point(curve, &mut random);
        // Off the curve by one bit of either coordinate.
        for at in [1, curve.field_len(), 1 + curve.field_len(), 2 * curve.field_len()] {
            let mut moved = point.clone();
            moved[at] ^= 1;
            refused(curve, &moved);
        }
        let key = EcdhPublicKey::from_sec1(curve, &point).unwrap();
        let compressed = key.compressed();
        // Infinity, no bytes, a byte less or more, other tags.
        refused(curve, &[0]);
        refused(curve, &[]);
        for point in [&point, &compressed] {
            refused(curve, &point[..point.len() - 1]);
            refused(curve, &[point, &[0][..]].concat());
        }
        for tag in [0, 1, 4, 5, 6, 7, 0xff] {
            refused(curve, &[&[tag], &compressed[1..]].concat());
            if tag != 4 {
                refused(curve, &[&[tag], &point[1..]].concat());
            }
        }
        // An uncompressed point is not what a header holds.
        assert!(EcdhPublicKey::from_compressed(curve, &point).is_err());
        // Coordinates not below the modulus, and those that are all zero.
        refused(curve, &[&[2], &vec![0xff; curve.field_len()][..]].concat());
        refused(curve, &[&[4], &vec![0; 2 * curve.field_len()][..]].concat());
    }
}

#[test]
fn half_of_all_x_have_a_point_on_p521_and_the_reference_agrees_on_which() {
    let mut points = 0;
    let modulus_less_one = [&[1][..], &[0xff; 64], &[0xfe]].concat();
    let small = (0..40u8).map(|n| [&[0; 65][..], &[n]].concat());
    let large = (0..20u8).map(|n| [&[1][..], &[0xff; 64], &[0xff - n]].concat());
    let powers = (0..521usize).step_by(31).map(|bit| {
        let mut x = vec![0; 66];
        x[65 - bit / 8] = 1 << (bit % 8);
        x
    });
    for x in small.chain(large).chain(powers).chain([modulus_less_one]) {
        for tag in [2, 3] {
            let sec1 = [&[tag], &x[..]].concat();
            let theirs = p521_reference(&sec1);
            let ours = EcdhPublicKey::from_compressed(EcdhCurve::P521, &sec1).ok();
            assert_eq!(ours.map(|key| key.point), theirs, "{sec1:02x?}");
            points += u32::from(p521_reference(&sec1).is_some());
        }
    }
    assert!((40..=116).contains(&points), "{points}");
}

fn p521_reference(sec1: &[u8]) -> Option<Vec<u8>> {
    ::p521::PublicKey::from_sec1_bytes(sec1).ok().map(|key| uncompressed_p521(&key))
}

/// Against KBKDFHMAC of the Python package `cryptography`, which is OpenSSL's.
#[test]
fn keys_are_derived_as_openssl_derives_them() {
    let key: Vec<u8> = (0..66).collect();
    let derived = |n| kdf_ctr(Hash::Sha384, &key, b"label", &[0xaa; 32], n).unwrap().to_vec();
    let want = "d22925229e3b3299dbe3a575405d3391701b5db685f5970a9a90d005028ced4e\
                19345a9c41dedeb94b5506c44a2bbc8d25077e79089e1a4bbf985e386768e6b1";
    assert_eq!(derived(64), hex(want));
    let want = "3f451cdea8bf311fe77215cfcbe6de6cf2cbb60ccca8eb8e915e1b58e756c677\
                9c4dfe86bc1adebcb7d5386b0ae711332b931469e5f0f12419081a07c8109611\
                e0752e6941cef2ad77c90a6ce5d3f54b0b31360c34dd7bc14fd4020a9789b478\
                102d9fa6";
    assert_eq!(derived(100), hex(want));
}
