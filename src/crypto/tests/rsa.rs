//! Decrypts with the private-key code of the `rsa` crate, which is for tests only.

use std::rc::Rc;

use ::rsa::pkcs1::{RsaPublicKeyRef, UintRef};
use ::rsa::pkcs8::der::Encode;
use ::rsa::pkcs8::der::asn1::BitStringRef;
use ::rsa::pkcs8::{DecodePrivateKey, SubjectPublicKeyInfoRef};
use ::rsa::{Oaep, Pkcs1v15Encrypt, RsaPrivateKey};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::*;
use crate::crypto::set_host_crypto;
use crate::crypto::test_host::{TestHost, now};
use crate::error::Fault;

const PUBLIC_2048: &[u8] = include_bytes!("../testdata/rsa2048.public.pem");
const PUBLIC_4096: &[u8] = include_bytes!("../testdata/rsa4096.public.pem");
const PRIVATE_2048: &str = include_str!("../testdata/rsa2048.private.pem");
const PRIVATE_4096: &str = include_str!("../testdata/rsa4096.private.pem");

const PADDINGS: [RsaPadding; 5] = [
    RsaPadding::Pkcs1,
    RsaPadding::OaepSha1,
    RsaPadding::OaepSha256,
    RsaPadding::OaepSha384,
    RsaPadding::OaepSha512,
];

fn decrypt(key: &RsaPrivateKey, padding: RsaPadding, ciphertext: &[u8]) -> Option<Vec<u8>> {
    match padding {
        RsaPadding::Pkcs1 => key.decrypt(Pkcs1v15Encrypt, ciphertext),
        RsaPadding::OaepSha1 => key.decrypt(Oaep::<Sha1>::new(), ciphertext),
        RsaPadding::OaepSha256 => key.decrypt(Oaep::<Sha256>::new(), ciphertext),
        RsaPadding::OaepSha384 => key.decrypt(Oaep::<Sha384>::new(), ciphertext),
        RsaPadding::OaepSha512 => key.decrypt(Oaep::<Sha512>::new(), ciphertext),
    }
    .ok()
}

fn key_2048() -> (RsaPublicKey, RsaPrivateKey) {
    let private = RsaPrivateKey::from_pkcs8_pem(PRIVATE_2048).unwrap();
    (RsaPublicKey::from_spki(PUBLIC_2048).unwrap(), private)
}

/// A SubjectPublicKeyInfo of any modulus and exponent.
fn spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let key = RsaPublicKeyRef {
        modulus: UintRef::new(modulus).unwrap(),
        public_exponent: UintRef::new(exponent).unwrap(),
    }
    .to_der()
    .unwrap();
    SubjectPublicKeyInfoRef {
        algorithm: ::rsa::pkcs1::ALGORITHM_ID,
        subject_public_key: BitStringRef::from_bytes(&key).unwrap(),
    }
    .to_der()
    .unwrap()
}

fn modulus(bits: usize) -> Vec<u8> {
    let mut bytes = vec![0xa5; bits.div_ceil(8)];
    bytes[0] = 0xff >> (bytes.len() * 8 - bits);
    bytes
}

#[track_caller]
fn refused(spki: &[u8], code: &str, words: &str) {
    let error = RsaPublicKey::from_spki(spki).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn encrypts_what_the_private_key_decrypts() {
    let (public, private) = key_2048();
    assert_eq!(public.bits(), 2048);
    for (padding, max) in PADDINGS.into_iter().zip([245, 214, 190, 158, 126]) {
        assert_eq!(public.max_plaintext(padding), max);
        for len in [0, 32, 80, max] {
            let plaintext = vec![0xc3; len];
            let ciphertext = public.encrypt_in_core(padding, &plaintext).unwrap();
            assert_eq!(ciphertext.len(), 256);
            assert_eq!(decrypt(&private, padding, &ciphertext).unwrap(), plaintext);
            // Randomised: never the same twice.
            assert_ne!(public.encrypt_in_core(padding, &plaintext).unwrap(), ciphertext);
        }
    }
}

#[test]
fn encrypts_under_4096_bits() {
    let public = RsaPublicKey::from_spki(PUBLIC_4096).unwrap();
    let private = RsaPrivateKey::from_pkcs8_pem(PRIVATE_4096).unwrap();
    assert_eq!(public.bits(), 4096);
    let ciphertext = public.encrypt_in_core(RsaPadding::OaepSha512, b"data key").unwrap();
    assert_eq!(decrypt(&private, RsaPadding::OaepSha512, &ciphertext).unwrap(), b"data key");
}

#[test]
fn a_ciphertext_opens_under_its_own_padding_only() {
    let (public, private) = key_2048();
    for sealed in PADDINGS {
        let ciphertext = public.encrypt_in_core(sealed, b"data key").unwrap();
        for opened in PADDINGS.into_iter().filter(|&padding| padding != sealed) {
            // PKCS #1 in the crate rejects implicitly: it returns a made-up plaintext.
            let plaintext = decrypt(&private, opened, &ciphertext);
            assert_ne!(plaintext.as_deref(), Some(&b"data key"[..]), "{sealed:?} as {opened:?}");
        }
        let mut changed = ciphertext.clone();
        changed[100] ^= 1;
        assert_ne!(decrypt(&private, sealed, &changed).as_deref(), Some(&b"data key"[..]));
    }
}

/// A host that has one padding only, and fails with another.
fn host_encrypts(
    key: &RsaPublicKey,
    padding: RsaPadding,
    plaintext: &[u8],
) -> Result<Option<Vec<u8>>> {
    match padding {
        RsaPadding::OaepSha256 => Ok(Some([key.spki(), plaintext].concat())),
        RsaPadding::OaepSha1 => Err(Error::host("it is out of order".to_owned())),
        _ => Ok(None),
    }
}

#[test]
fn the_host_encrypts_what_it_can() {
    let (public, private) = key_2048();
    let here = now(public.encrypt(RsaPadding::OaepSha256, b"key")).unwrap();
    assert_eq!(decrypt(&private, RsaPadding::OaepSha256, &here).unwrap(), b"key");
    set_host_crypto(Some(Rc::new(TestHost { rsa: Some(host_encrypts), ..TestHost::default() })));
    let hosts = now(public.encrypt(RsaPadding::OaepSha256, b"key")).unwrap();
    assert_eq!(hosts, [public.spki(), b"key"].concat());
    let here = now(public.encrypt(RsaPadding::OaepSha384, b"key")).unwrap();
    assert_eq!(decrypt(&private, RsaPadding::OaepSha384, &here).unwrap(), b"key");
    let error = now(public.encrypt(RsaPadding::OaepSha1, b"key")).unwrap_err();
    assert!(matches!(error.fault(), Fault::Host(_)), "{error}");
    set_host_crypto(None);
}

#[test]
fn refuses_plaintext_that_is_too_long() {
    let public = RsaPublicKey::from_spki(PUBLIC_2048).unwrap();
    for padding in PADDINGS {
        let max = public.max_plaintext(padding);
        for len in [max + 1, 256, 100_000] {
            let error = now(public.encrypt(padding, &vec![0; len])).unwrap_err();
            let Fault::Limit { limit, found, .. } = error.into_fault() else {
                panic!("of another kind")
            };
            assert_eq!((limit, found), (max as u64, len as u64));
        }
    }
}

#[test]
fn reads_der_and_any_length_within_the_bounds() {
    let der = PublicKeyInfo::parse(PUBLIC_2048).unwrap().der;
    assert_eq!(RsaPublicKey::from_spki(&der), RsaPublicKey::from_spki(PUBLIC_2048));
    for bits in [2048, 2049, 3072, 4095, 4096] {
        let public = RsaPublicKey::from_spki(&spki(&modulus(bits), &[3])).unwrap();
        assert_eq!(public.bits(), bits);
        let ciphertext = public.encrypt_in_core(RsaPadding::OaepSha256, &[1; 32]).unwrap();
        assert_eq!(ciphertext.len(), bits.div_ceil(8));
    }
}

#[test]
fn refuses_lengths_outside_the_bounds() {
    let short = include_bytes!("../testdata/rsa1024.public.pem");
    refused(short, "UNSUPPORTED", "an RSA key of 1024 bits; 2048 to 4096 are allowed");
    for bits in [512, 2040, 2047, 4097, 8192, 16384] {
        refused(&spki(&modulus(bits), &[1, 0, 1]), "UNSUPPORTED", &format!("{bits} bits"));
    }
    refused(&spki(&[1], &[3]), "UNSUPPORTED", "1 bits");
    refused(&spki(&[0], &[3]), "UNSUPPORTED", "0 bits");
}

#[test]
fn refuses_weird_moduli_and_exponents() {
    let good = modulus(2048);
    RsaPublicKey::from_spki(&spki(&good, &[1, 0, 1])).unwrap();
    let mut even = good.clone();
    even[255] ^= 1;
    refused(&spki(&even, &[1, 0, 1]), "MALFORMED_KEY", "modulus is even");
    for exponent in [&[0][..], &[1], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1], &[0x7f; 16], &good] {
        refused(&spki(&good, exponent), "MALFORMED_KEY", "exponent");
    }
}

#[test]
fn refuses_keys_that_are_not_for_rsa_encryption() {
    for other in [
        &include_bytes!("../testdata/ec-P256.public.pem")[..],
        include_bytes!("../testdata/ed25519.public.pem"),
        include_bytes!("../testdata/rsa2048.pss.public.pem"),
    ] {
        refused(other, "MALFORMED_KEY", "a public key that is not for RSA");
    }
}

#[test]
fn refuses_other_forms_of_an_rsa_key() {
    let pkcs1 = include_bytes!("../testdata/rsa2048.pkcs1.public.pem");
    refused(pkcs1, "MALFORMED_KEY", "PKCS #1");
    refused(PRIVATE_2048.as_bytes(), "MALFORMED_KEY", "a private key where a public key belongs");
    let der = PublicKeyInfo::parse(PUBLIC_2048).unwrap().der;
    refused(&der[..der.len() - 1], "MALFORMED_KEY", "");
    // rsaEncryption with the last arc changed; its NULL parameters gone bad.
    let position = der.windows(3).position(|w| w == [0x01, 0x05, 0x00]).unwrap();
    let mut wrong_oid = der.clone();
    wrong_oid[position] = 0x02;
    refused(&wrong_oid, "MALFORMED_KEY", "not for RSA");
    let mut wrong_parameters = der.clone();
    wrong_parameters[position + 1] = 0x04;
    refused(&wrong_parameters, "MALFORMED_KEY", "");
}
