//! The core's cryptography in wasm against the host's: each opens, verifies or derives what the other made.

#![cfg(target_arch = "wasm32")]

use fieldseal::crypto::{
    Curve, Hash, Hkdf, RsaPadding, RsaPublicKey, SigningKey, gcm_open, gcm_seal, hmac,
    random_array, random_secret, sha384,
};
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Crypto, CryptoKey, CryptoKeyPair, SubtleCrypto};

fn subtle() -> SubtleCrypto {
    let crypto = Reflect::get(&js_sys::global(), &"crypto".into()).unwrap();
    crypto.unchecked_into::<Crypto>().subtle()
}

async fn done(promise: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(promise?).await
}

fn bytes(value: JsValue) -> Vec<u8> {
    Uint8Array::new(&value).to_vec()
}

fn algorithm(members: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &(*name).into(), value).unwrap();
    }
    object
}

async fn import(format: &str, key: &[u8], algorithm: &Object, usage: &str) -> CryptoKey {
    let key = Uint8Array::from(key);
    let usages = Array::of1(&usage.into());
    let promise = subtle().import_key_with_object(format, &key, algorithm, false, &usages);
    done(promise).await.unwrap().unchecked_into()
}

#[wasm_bindgen_test]
async fn aes_gcm_both_ways() {
    for (key_len, sizes) in [(16, 0..40), (32, 0..40), (32, 1000..1004)] {
        let key = random_secret(key_len).unwrap();
        let name = algorithm(&[("name", "AES-GCM".into())]);
        for size in sizes {
            let iv: [u8; 12] = random_array().unwrap();
            let plain = random_secret(size).unwrap();
            let parameters = algorithm(&[
                ("name", "AES-GCM".into()),
                ("iv", Uint8Array::from(&iv[..]).into()),
                ("additionalData", Uint8Array::from(&b"context"[..]).into()),
            ]);

            let mut sealed = Vec::new();
            gcm_seal(&key, &iv, b"context", &plain, &mut sealed).unwrap();
            let opener = import("raw", &key, &name, "decrypt").await;
            let open = subtle().decrypt_with_object_and_u8_array(&parameters, &opener, &sealed);
            assert_eq!(bytes(done(open).await.unwrap()), *plain);

            let sealer = import("raw", &key, &name, "encrypt").await;
            let seal = subtle().encrypt_with_object_and_u8_array(&parameters, &sealer, &plain);
            let mut theirs = bytes(done(seal).await.unwrap());
            let mut opened = Vec::new();
            gcm_open(&key, &iv, b"context", &theirs, &mut opened).unwrap();
            assert_eq!(opened, *plain);

            *theirs.last_mut().unwrap() ^= 1;
            assert!(gcm_open(&key, &iv, b"context", &theirs, &mut opened).is_err());
            let open = subtle().decrypt_with_object_and_u8_array(&parameters, &opener, &theirs);
            assert!(done(open).await.is_err());
        }
    }
}

#[wasm_bindgen_test]
async fn hashes_and_derivations_agree() {
    let data = random_secret(333).unwrap();
    let digest = subtle().digest_with_str_and_u8_array("SHA-384", &data);
    assert_eq!(bytes(done(digest).await.unwrap()), sha384(&data));

    let names = [(Hash::Sha256, "SHA-256"), (Hash::Sha384, "SHA-384"), (Hash::Sha512, "SHA-512")];
    for (hash, name) in names {
        let key = random_secret(32).unwrap();
        let mac = algorithm(&[("name", "HMAC".into()), ("hash", name.into())]);
        let signer = import("raw", &key, &mac, "sign").await;
        let tag = subtle().sign_with_str_and_u8_array("HMAC", &signer, &data);
        assert_eq!(bytes(done(tag).await.unwrap()), hmac(hash, &key, &data));

        let base = import("raw", &key, &algorithm(&[("name", "HKDF".into())]), "deriveBits").await;
        let parameters = algorithm(&[
            ("name", "HKDF".into()),
            ("hash", name.into()),
            ("salt", Uint8Array::new_with_length(0).into()),
            ("info", Uint8Array::from(&b"label"[..]).into()),
        ]);
        let derived = subtle().derive_bits_with_object(&parameters, &base, 512);
        let ours = Hkdf::extract(hash, &[], &key).expand::<64>(&[b"la", b"bel"]).unwrap();
        assert_eq!(bytes(done(derived).await.unwrap()), *ours);
    }
}

/// WebCrypto's signatures are r and s side by side, ours are DER.
fn raw_signature(der: &[u8], field_len: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = &der[2..];
    for _ in 0..2 {
        let (integer, after) = rest[2..].split_at(rest[1].into());
        let digits = integer.strip_prefix(&[0]).unwrap_or(integer);
        out.extend(core::iter::repeat_n(0, field_len - digits.len()));
        out.extend_from_slice(digits);
        rest = after;
    }
    out
}

/// P-384's signatures are verified by the complete core: the host must say the same of them, whatever was changed.
#[cfg(feature = "messages")]
#[wasm_bindgen_test]
async fn verdicts_on_signatures_agree() {
    let ecdsa = algorithm(&[("name", "ECDSA".into()), ("namedCurve", "P-384".into())]);
    let sha384 = algorithm(&[("name", "ECDSA".into()), ("hash", "SHA-384".into())]);
    let usages = Array::of2(&"sign".into(), &"verify".into());
    let (mut good, mut bad) = (0, 0);
    for round in 0..10_u8 {
        let pair = subtle().generate_key_with_object(&ecdsa, true, &usages);
        let pair: CryptoKeyPair = done(pair).await.unwrap().unchecked_into();
        let (public, private) = (pair.get_public_key(), pair.get_private_key());
        let point = bytes(done(subtle().export_key("raw", &public)).await.unwrap());
        let (x, y) = point[1..].split_at(48);
        let compressed = [&[2 | y[47] & 1], x].concat();
        let key =
            fieldseal::crypto::VerifyingKey::from_compressed(Curve::P384, &compressed).unwrap();
        let message = [round; 40];
        let made = subtle().sign_with_object_and_u8_array(&sha384, &private, &message);
        let signature = bytes(done(made).await.unwrap());
        for change in 0..12 {
            let (mut message, mut signature) = (message, signature.clone());
            match change {
                0 | 1 => {}
                2 => message[usize::from(round)] ^= 1,
                3 => signature.rotate_left(48),
                4 => signature[..48].fill(0),
                5 => signature[48..].fill(0),
                6 => signature[..48].fill(0xff),
                7 => signature[48..].fill(0xff),
                n => signature[usize::from(round) + 24 * (n - 8)] ^= 1 << (n - 8),
            }
            let theirs = subtle().verify_with_object_and_u8_array_and_u8_array(
                &sha384, &public, &signature, &message,
            );
            let theirs = done(theirs).await.unwrap() == JsValue::TRUE;
            let ours = key.verify(&message, &der_signature(&signature));
            assert_eq!(ours, theirs, "{round} {change}");
            *if ours { &mut good } else { &mut bad } += 1;
        }
    }
    assert_eq!((good, bad), (20, 100));
}

/// The reverse of [`raw_signature`].
#[cfg(feature = "messages")]
fn der_signature(raw: &[u8]) -> Vec<u8> {
    let mut out = vec![0x30, 0];
    for number in raw.chunks(raw.len() / 2) {
        let zeros = number.iter().take_while(|byte| **byte == 0).count().min(number.len() - 1);
        let digits = &number[zeros..];
        let padded = digits[0] >> 7;
        out.extend([2, digits.len() as u8 + padded]);
        out.extend(core::iter::repeat_n(0, padded.into()));
        out.extend_from_slice(digits);
    }
    out[1] = out.len() as u8 - 2;
    out
}

#[wasm_bindgen_test]
async fn the_host_verifies_our_signatures() {
    let curves = [(Curve::P256, "P-256", "SHA-256", 32), (Curve::P384, "P-384", "SHA-384", 48)];
    for (curve, name, hash, field_len) in curves {
        let key = SigningKey::generate(curve).unwrap();
        // Hosts import compressed points or they do not; an uncompressed one they all do.
        let jwk = algorithm(&[("name", "ECDSA".into()), ("namedCurve", name.into())]);
        let point = Uint8Array::from(&key.public_compressed()[..]);
        let usages = Array::of1(&"verify".into());
        let imported =
            done(subtle().import_key_with_object("raw", &point, &jwk, false, &usages)).await;
        let Ok(verifier) = imported else {
            web_sys::console::log_1(
                &format!("left out: this host takes no compressed {name} points").into(),
            );
            continue;
        };
        let parameters = algorithm(&[("name", "ECDSA".into()), ("hash", hash.into())]);
        let der = key.sign(b"message").unwrap();
        assert_eq!(der.len(), curve.signature_len());
        for (message, good) in [(&b"message"[..], true), (b"another", false)] {
            let verified = subtle().verify_with_object_and_u8_array_and_u8_array(
                &parameters,
                verifier.unchecked_ref(),
                &raw_signature(&der, field_len),
                message,
            );
            assert_eq!(done(verified).await.unwrap(), JsValue::from_bool(good));
        }
    }
}

#[wasm_bindgen_test]
async fn the_host_opens_our_rsa_oaep() {
    let paddings = [
        (RsaPadding::OaepSha1, "SHA-1"),
        (RsaPadding::OaepSha256, "SHA-256"),
        (RsaPadding::OaepSha384, "SHA-384"),
        (RsaPadding::OaepSha512, "SHA-512"),
    ];
    for (padding, hash) in paddings {
        let parameters = algorithm(&[
            ("name", "RSA-OAEP".into()),
            ("hash", hash.into()),
            ("modulusLength", 2048.into()),
            ("publicExponent", Uint8Array::from(&[1, 0, 1][..]).into()),
        ]);
        let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
        let pair = subtle().generate_key_with_object(&parameters, true, &usages);
        let pair: CryptoKeyPair = done(pair).await.unwrap().unchecked_into();
        let spki = subtle().export_key("spki", &pair.get_public_key());
        let public = RsaPublicKey::from_spki(&bytes(done(spki).await.unwrap())).unwrap();

        let plain = random_secret(32).unwrap();
        let mut sealed = public.encrypt(padding, &plain).await.unwrap();
        let private = pair.get_private_key();
        let open = subtle().decrypt_with_str_and_u8_array("RSA-OAEP", &private, &sealed);
        assert_eq!(bytes(done(open).await.unwrap()), *plain);

        sealed[100] ^= 1;
        let open = subtle().decrypt_with_str_and_u8_array("RSA-OAEP", &private, &sealed);
        assert!(done(open).await.is_err());
    }
}
