use ::rsa::pkcs8::der::pem;

use super::*;

const KEYS: [(&[u8], PublicKeyKind); 9] = [
    (include_bytes!("../testdata/rsa1024.public.pem"), PublicKeyKind::Rsa { bits: 1024 }),
    (include_bytes!("../testdata/rsa2048.public.pem"), PublicKeyKind::Rsa { bits: 2048 }),
    (include_bytes!("../testdata/rsa4096.public.pem"), PublicKeyKind::Rsa { bits: 4096 }),
    (include_bytes!("../testdata/ec-P256.public.pem"), PublicKeyKind::EcP256),
    (include_bytes!("../testdata/ec-P384.public.pem"), PublicKeyKind::EcP384),
    (include_bytes!("../testdata/ec-P521.public.pem"), PublicKeyKind::EcP521),
    (include_bytes!("../testdata/ec-secp256k1.public.pem"), PublicKeyKind::Other),
    (include_bytes!("../testdata/ed25519.public.pem"), PublicKeyKind::Other),
    (include_bytes!("../testdata/rsa2048.pss.public.pem"), PublicKeyKind::Other),
];

const PKCS1_PUBLIC_PEM: &str = include_str!("../testdata/rsa2048.pkcs1.public.pem");
const PKCS1_PRIVATE_PEM: &str = include_str!("../testdata/rsa2048.pkcs1.private.pem");
const PKCS8_PRIVATE_PEM: &str = include_str!("../testdata/rsa2048.private.pem");
const CERTIFICATE_PEM: &str = include_str!("../testdata/rsa2048.certificate.pem");

fn rsa2048() -> &'static str {
    str::from_utf8(KEYS[1].0).unwrap()
}

fn der_of(pem: &str) -> Vec<u8> {
    pem::decode_vec(pem.as_bytes()).unwrap().1
}

#[track_caller]
fn refused(input: &[u8], words: &str) {
    let error = PublicKeyInfo::parse(input).unwrap_err();
    assert_eq!(error.code(), "MALFORMED_KEY");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn reads_pem_and_der_and_names_the_kind() {
    for (pem, kind) in KEYS {
        let info = PublicKeyInfo::parse(pem).unwrap();
        assert_eq!(info.kind, kind);
        assert_eq!(PublicKeyInfo::parse(&info.der).unwrap(), info);
        assert_eq!(info.to_pem().as_bytes(), pem);
    }
}

#[test]
fn the_fingerprint_is_that_of_the_der() {
    // openssl pkey -pubin -in rsa2048.public.pem -outform DER | sha256sum
    let want = crate::crypto::hex::hex(include_str!("../testdata/rsa2048.public.sha256"));
    let info = PublicKeyInfo::parse(KEYS[1].0).unwrap();
    assert_eq!(info.fingerprint().to_vec(), want);
    assert_ne!(PublicKeyInfo::parse(KEYS[2].0).unwrap().fingerprint().to_vec(), want);
}

#[test]
fn reads_pem_as_people_paste_it() {
    let want = PublicKeyInfo::parse(rsa2048().as_bytes()).unwrap();
    let lines: Vec<&str> = rsa2048().lines().collect();
    let (first, body, last) = (lines[0], &lines[1..lines.len() - 1], lines[lines.len() - 1]);
    for pem in [
        rsa2048().replace('\n', "\r\n"),
        rsa2048().trim_end().to_owned(),
        format!("\n\n  {}\n \n", rsa2048()),
        format!("our key:\n{}", rsa2048()),
        format!("{first}\n{}\n{last}\n", body.concat()),
    ] {
        assert_eq!(PublicKeyInfo::parse(pem.as_bytes()).unwrap(), want, "{pem}");
    }
}

#[test]
fn says_plainly_which_other_format_was_given() {
    refused(PKCS1_PUBLIC_PEM.as_bytes(), "PKCS #1");
    refused(&der_of(PKCS1_PUBLIC_PEM), "PKCS #1");
    for private in [PKCS8_PRIVATE_PEM, PKCS1_PRIVATE_PEM] {
        refused(private.as_bytes(), "a private key where a public key belongs");
        refused(&der_of(private), "a private key where a public key belongs");
    }
    let encrypted = rsa2048().replace("PUBLIC KEY", "ENCRYPTED PRIVATE KEY");
    refused(encrypted.as_bytes(), "a private key where a public key belongs");
    refused(CERTIFICATE_PEM.as_bytes(), "a certificate");
    refused(&der_of(CERTIFICATE_PEM), "not a SubjectPublicKeyInfo");
    let other = rsa2048().replace("PUBLIC KEY", "DH PARAMETERS");
    refused(other.as_bytes(), "not labelled PUBLIC KEY");
}

#[test]
fn refuses_what_is_neither_pem_nor_der() {
    for junk in [&b""[..], b" \n", b"hello", b"-----BEGIN", &[0xff; 40], b"MIIBIjANBgkqhkiG9w0BAQ"]
    {
        refused(junk, "neither PEM nor DER");
    }
    refused(&rsa2048().as_bytes()[..200], "neither PEM nor DER");
    refused(rsa2048().replace("END PUBLIC", "END RSA PUBLIC").as_bytes(), "neither PEM nor DER");
}

#[test]
fn refuses_broken_pem_bodies() {
    let body = rsa2048().lines().nth(2).unwrap();
    refused(rsa2048().replace(body, &body.replace(&body[..1], "!")).as_bytes(), "Base64");
    refused(rsa2048().replace(body, "").as_bytes(), "");
    let empty = "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n";
    refused(empty.as_bytes(), "");
}

#[test]
fn refuses_truncated_and_extended_der() {
    for (pem, _) in KEYS {
        let der = PublicKeyInfo::parse(pem).unwrap().der;
        for len in 0..der.len() {
            refused(&der[..len], "");
        }
        refused(&[&der[..], &[0]].concat(), "not a SubjectPublicKeyInfo");
    }
}

#[test]
fn survives_every_changed_byte() {
    let der = PublicKeyInfo::parse(KEYS[0].0).unwrap().der;
    for i in 0..der.len() {
        for change in [0x01, 0x20, 0x80, 0xff] {
            let mut bad = der.clone();
            bad[i] ^= change;
            // Whether it is refused depends on the byte; that it does not panic must not.
            let _ = PublicKeyInfo::parse(&bad);
        }
    }
}

#[test]
fn refuses_a_key_that_is_not_whole_bytes_or_not_rsa() {
    let der = PublicKeyInfo::parse(KEYS[0].0).unwrap().der;
    // SEQUENCE 30 81 9f, algorithm 30 0d ..., BIT STRING 03 81 8d 00, SEQUENCE 30 81 89, INTEGER
    // 02.
    assert_eq!(der[18..26], [0x03, 0x81, 0x8d, 0x00, 0x30, 0x81, 0x89, 0x02]);
    let mut odd_bits = der.clone();
    odd_bits[21] = 4;
    refused(&odd_bits, "");
    let mut not_a_key = der.clone();
    not_a_key[25] = 0x04;
    refused(&not_a_key, "an RSA key without modulus and exponent");
    let empty = [&[0x30, 0x12], &der[3..18], &[0x03, 0x01, 0x00]].concat();
    refused(&empty, "a key that is not a whole number of bytes");
}
