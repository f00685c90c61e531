//! RFC 6979 appendices A.2.5 and A.2.6, and signatures made here.

use super::*;
use crate::crypto::hex::hex;

const P256_KEY: &str = "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
const P384_KEY: &str = "02ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64\
                        def8f0ea9055866064a254515480bc13";

/// Message, r, s.
const P256_SIGNATURES: [[&str; 3]; 2] = [
    [
        "sample",
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    ],
    [
        "test",
        "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
        "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
    ],
];
const P384_SIGNATURES: [[&str; 3]; 2] = [
    [
        "sample",
        "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c\
         81a648152e44acf96e36dd1e80fabe46",
        "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94f\
         a329c145786e679e7b82c71a38628ac8",
    ],
    [
        "test",
        "8203b63d3c853e8d77227fb377bcf7b7b772e97892a80f36ab775d509d7a5feb\
         0542a7f0812998da8f1dd3ca3cf023db",
        "ddd0760448d42d8a43af45af836fce4de8be06b485e9b61b827c2f13173923e0\
         6a739f040649a667bf3b828246baa5a5",
    ],
];

const CURVES: [Curve; 2] = [Curve::P256, Curve::P384];

fn integer(number: &str) -> Vec<u8> {
    let mut bytes = hex(number);
    while bytes.first() == Some(&0) {
        bytes.remove(0);
    }
    if bytes.first().is_none_or(|&byte| byte >= 0x80) {
        bytes.insert(0, 0);
    }
    [&[2, bytes.len() as u8], &bytes[..]].concat()
}

fn der(r: &str, s: &str) -> Vec<u8> {
    let content = [integer(r), integer(s)].concat();
    [&[0x30, content.len() as u8], &content[..]].concat()
}

fn key_pair(curve: Curve) -> (SigningKey, VerifyingKey) {
    let key = SigningKey::generate(curve).unwrap();
    let public = VerifyingKey::from_compressed(curve, &key.public_compressed()).unwrap();
    (key, public)
}

/// The same signature with n - s for s.
fn with_other_s(curve: Curve, signature: &[u8]) -> Vec<u8> {
    match curve {
        Curve::P256 => {
            let one = p256::ecdsa::Signature::from_der(signature).unwrap();
            let other = p256::ecdsa::Signature::from_scalars(one.r(), -one.s()).unwrap();
            other.to_der().as_bytes().to_vec()
        }
        Curve::P384 => {
            let one = p384::ecdsa::Signature::from_der(signature).unwrap();
            let other = p384::ecdsa::Signature::from_scalars(one.r(), -one.s()).unwrap();
            other.to_der().as_bytes().to_vec()
        }
    }
}

#[test]
fn verifies_rfc_6979() {
    for (curve, key, signatures) in
        [(Curve::P256, P256_KEY, P256_SIGNATURES), (Curve::P384, P384_KEY, P384_SIGNATURES)]
    {
        let key = VerifyingKey::from_compressed(curve, &hex(key)).unwrap();
        for [message, r, s] in signatures {
            assert!(key.verify(message.as_bytes(), &der(r, s)));
            assert!(key.verify(message.as_bytes(), &with_other_s(curve, &der(r, s))));
            assert!(!key.verify(b"another message", &der(r, s)));
            assert!(!key.verify(message.as_bytes(), &der(s, r)));
        }
    }
}

#[test]
fn signatures_have_the_exact_length_and_verify() {
    for curve in CURVES {
        let (key, public) = key_pair(curve);
        assert_eq!(key.public_compressed().len(), curve.compressed_len());
        let mut all = Vec::new();
        for i in 0..200_u8 {
            let signature = key.sign(&[i / 2]).unwrap();
            assert_eq!(signature.len(), curve.signature_len());
            assert!(public.verify(&[i / 2], &signature));
            all.push(signature);
        }
        // Hedged nonces: the same message twice gives two signatures.
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 200);
    }
}

#[test]
fn keys_differ() {
    for curve in CURVES {
        let (key, public) = key_pair(curve);
        let (_, other) = key_pair(curve);
        assert_ne!(public, other);
        assert!(!other.verify(b"message", &key.sign(b"message").unwrap()));
    }
}

#[test]
fn accepts_either_s_in_der_of_any_length() {
    for curve in CURVES {
        let (key, public) = key_pair(curve);
        let mut lengths = Vec::new();
        for _ in 0..16 {
            let other = with_other_s(curve, &key.sign(b"message").unwrap());
            assert!(public.verify(b"message", &other));
            lengths.push(other.len());
        }
        let exact = curve.signature_len();
        assert!(lengths.iter().any(|&len| len != exact), "{lengths:?}");
    }
}

#[test]
fn refuses_every_changed_byte_and_length() {
    let (key, public) = key_pair(Curve::P256);
    let good = key.sign(b"message").unwrap();
    for i in 0..good.len() {
        for change in [0x01, 0x80] {
            let mut bad = good.clone();
            bad[i] ^= change;
            assert!(!public.verify(b"message", &bad), "byte {i}");
        }
        assert!(!public.verify(b"message", &good[..i]), "cut to {i}");
    }
    assert!(!public.verify(b"message", &[&good[..], &[0]].concat()));
    assert!(!public.verify(b"messag", &good));
    assert!(!public.verify(b"", &good));
}

#[test]
fn refuses_junk_der() {
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let [message, r, s] = P256_SIGNATURES[0];
    let good = der(r, s);
    let key = VerifyingKey::from_compressed(Curve::P256, &hex(P256_KEY)).unwrap();
    assert!(key.verify(message.as_bytes(), &good));

    let long_form = [&[0x30, 0x81], &good[1..]].concat();
    let indefinite = [&[0x30, 0x80], &good[2..], &[0, 0]].concat();
    let padded = [&[0x30, good[1] + 1, 2, 34, 0], &good[4..]].concat();
    // Without its leading zero, r is negative.
    let negative = [&[0x30, good[1] - 1, 2, 32], &good[5..]].concat();
    let three = [&[0x30, good[1] + 3], &good[2..], &[2, 1, 1]].concat();
    let raw = hex(&[r, s].concat());
    let bad: [&[u8]; 16] = [
        &[],
        &[0x30],
        &[0x30, 0],
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        &[0xff; 71],
        &[0; 71],
        &long_form,
        &indefinite,
        &padded,
        &negative,
        &three,
        &raw,
        &der("00", s),
        &der(r, "00"),
        &der(order, s),
        &der(r, order),
    ];
    for bad in bad {
        assert!(!key.verify(message.as_bytes(), bad), "{bad:02x?}");
    }
    // r + n: the same residue, but out of range.
    let large = der("01efd48b29acb6a8fe1140dd9cd45e81d65a138228fdc29816b706d96b4b125c67", s);
    assert!(!key.verify(message.as_bytes(), &large));
}

#[test]
fn a_signature_of_one_curve_is_none_of_the_other() {
    let ((key256, public256), (key384, public384)) = (key_pair(Curve::P256), key_pair(Curve::P384));
    assert!(!public256.verify(b"message", &key384.sign(b"message").unwrap()));
    assert!(!public384.verify(b"message", &key256.sign(b"message").unwrap()));
}

#[test]
fn refuses_points_that_are_none() {
    let refused = |curve, point: &[u8]| {
        let error = VerifyingKey::from_compressed(curve, point).unwrap_err();
        assert_eq!(error.code(), "MALFORMED_KEY", "{point:02x?}");
    };
    for (curve, key) in [(Curve::P256, P256_KEY), (Curve::P384, P384_KEY)] {
        let good = hex(key);
        let x = &good[1..];
        VerifyingKey::from_compressed(curve, &good).unwrap();
        // Infinity, alone and padded.
        refused(curve, &[]);
        refused(curve, &[0]);
        refused(curve, &vec![0; good.len()]);
        // Uncompressed, hybrid, compact and unknown forms, at their own and at the compressed
        // length.
        for tag in [0, 1, 4, 5, 6, 7, 0xff] {
            refused(curve, &[&[tag], x].concat());
            refused(curve, &[&[tag], x, x].concat());
        }
        refused(curve, &good[..good.len() - 1]);
        refused(curve, &[&good[..], &[0]].concat());
        // x above the field's prime, and the first x that is on no point.
        refused(curve, &[&[2], &vec![0xff; x.len()][..]].concat());
        let mut off = good.clone();
        let last = off.len() - 1;
        while VerifyingKey::from_compressed(curve, &off).is_ok() {
            off[last] = off[last].wrapping_add(1);
        }
        refused(curve, &off);
    }
    refused(Curve::P256, &hex(P384_KEY));
    refused(Curve::P384, &hex(P256_KEY));
}

#[test]
fn a_valid_uncompressed_point_is_refused() {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&hex(P256_KEY)).unwrap();
    let uncompressed = key.to_sec1_point(false);
    assert!(VerifyingKey::from_compressed(Curve::P256, uncompressed.as_bytes()).is_err());
}
