//! Recipients: what JavaScript sealed for one, Rust opens, and the other way round: `tests/vectors/recipients.json`.
//! `node tests/support/recipients.mjs --write` makes that file, with the ignored test below for Rust's part.

#![cfg(not(target_arch = "wasm32"))]

mod dev_kms;
#[allow(dead_code)]
mod support;

use std::fs;
use std::path::Path;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use dev_kms::{DevKms, Material};
use fieldseal::crypto::{EcdhCurve, EcdhPublicKey, RsaPublicKey, Secret};
use fieldseal::materials::{
    CommitmentPolicy, DefaultCmm, EncryptionContext, Keyring, Recipient, RecipientKey,
    RecipientKeys, RecipientStore, StaticBranchKey, StaticBranchKeyStore, Suite,
};
use fieldseal::message::{DecryptOptions, Decryptor, EncryptOptions, Encryptor, HeaderLimits};
use serde_json::{Value, json};
use support::{TestEcdhKey, TestPairs, TestRsaKey, block_on};

fn vectors() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/recipients.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is missing"))
}

fn bytes(value: &Value, name: &str) -> Vec<u8> {
    BASE64.decode(text(value, name)).unwrap()
}

fn curve(name: &str) -> EcdhCurve {
    match name {
        "P-256" => EcdhCurve::P256,
        "P-384" => EcdhCurve::P384,
        "P-521" => EcdhCurve::P521,
        other => panic!("curve {other}"),
    }
}

/// The keyring of a recipient: with the private half it opens, else it seals.
fn keyring(notation: &str, key: &Value, private: bool) -> Rc<dyn Keyring> {
    let recipient = Recipient::parse(notation).unwrap();
    let mut keys = RecipientKeys::default();
    match &recipient {
        Recipient::Rsa => {
            let public_key = RsaPublicKey::from_spki(text(key, "publicKey").as_bytes()).unwrap();
            let test_key = || Rc::new(TestRsaKey::from_pem(text(key, "privateKey"))) as Rc<_>;
            let private_key = private.then(test_key);
            keys.key = Some(RecipientKey::Rsa { public_key, private_key });
        }
        Recipient::Ecdh => {
            let curve = curve(text(key, "curve"));
            keys.key = Some(if private {
                let private_key = Rc::new(TestEcdhKey::from_pem(curve, text(key, "privateKey")));
                RecipientKey::EcdhPrivate { curve, private_key }
            } else {
                let pem = text(key, "publicKey").as_bytes();
                let public_key = EcdhPublicKey::from_spki(curve, pem).unwrap();
                RecipientKey::EcdhPublic { public_key, pairs: Rc::new(TestPairs) }
            });
        }
        Recipient::Aes => keys.key = Some(RecipientKey::Aes(Secret::new(bytes(key, "key")))),
        Recipient::Branch { .. } => {
            let branch_key = StaticBranchKey {
                branch_key_id: text(key, "branchKeyId").to_owned(),
                version: text(key, "version").to_owned(),
                branch_key: Secret::new(bytes(key, "branchKey")),
                beacon_key: None,
                encryption_context: EncryptionContext::new(),
            };
            let store = Rc::new(StaticBranchKeyStore::new(None, vec![branch_key]).unwrap());
            keys.store = Some(RecipientStore { store, cache: None, ttl_ms: 1000 });
        }
        Recipient::Kms(arn) => {
            let material = Material::Symmetric(bytes(key, "material"));
            keys.kms = Some(DevKms::client(arn.to_string(), material));
        }
        Recipient::KmsRsa(arn) if private => {
            let material = Material::rsa(text(key, "privateKey"));
            keys.kms = Some(DevKms::client(arn.to_string(), material));
        }
        Recipient::KmsRsa(_) => {
            let public_key = RsaPublicKey::from_spki(text(key, "publicKey").as_bytes()).unwrap();
            keys.key = Some(RecipientKey::Rsa { public_key, private_key: None });
        }
    }
    recipient.keyring(keys).unwrap()
}

fn open(keyring: Rc<dyn Keyring>, message: &[u8]) -> fieldseal::error::Result<Vec<u8>> {
    let (cmm, mut out) = (DefaultCmm::new(keyring), Vec::new());
    let mut decryptor = Decryptor::new(DecryptOptions {
        policy: CommitmentPolicy::EsdkRequireEncryptRequireDecrypt,
        reproduced: EncryptionContext::new(),
        limits: HeaderLimits::NONE,
        max_frame_length: 1 << 20,
        require_unsigned: false,
    });
    block_on(decryptor.update(message, &cmm, &mut out))?;
    decryptor.finish()?;
    Ok(out)
}

fn seal(keyring: Rc<dyn Keyring>, plaintext: &[u8]) -> Vec<u8> {
    let (cmm, mut out) = (DefaultCmm::new(keyring), Vec::new());
    let options = EncryptOptions {
        cmm: &cmm,
        policy: CommitmentPolicy::EsdkRequireEncryptRequireDecrypt,
        suite: Suite::by_id(0x0478),
        context: EncryptionContext::new(),
        frame_length: 4096,
        limits: HeaderLimits::NONE,
        max_plaintext: None,
    };
    let mut encryptor = block_on(Encryptor::begin(options, &mut out)).unwrap();
    block_on(encryptor.update(plaintext, &mut out)).unwrap();
    block_on(encryptor.finish(&[], &mut out)).unwrap();
    out
}

#[test]
fn what_either_language_sealed_opens() {
    let vectors = vectors();
    let mut by = Vec::new();
    for entry in vectors["messages"].as_array().unwrap() {
        let (recipient, name) = (text(entry, "recipient"), text(entry, "key"));
        let key = &vectors["keys"][name];
        let opened = open(keyring(recipient, key, true), &bytes(entry, "ciphertext"));
        let about = format!("{recipient} {name} by {}", text(entry, "by"));
        assert_eq!(opened.unwrap_or_else(|e| panic!("{about}: {e}")), bytes(entry, "plaintext"));
        by.push((text(entry, "by").to_owned(), name.to_owned()));
    }
    by.sort();
    by.dedup();
    assert_eq!(by.len(), 2 * vectors["keys"].as_object().unwrap().len(), "{by:?}");
}

#[test]
fn another_key_of_the_same_kind_opens_nothing() {
    let vectors = vectors();
    let keys = vectors["keys"].as_object().unwrap();
    let mut refused = 0;
    let kind = |notation: &str| Recipient::parse(notation).unwrap().kind();
    for entry in vectors["messages"].as_array().unwrap() {
        let recipient = text(entry, "recipient");
        for (name, key) in keys {
            let other = text(key, "recipient");
            if name == text(entry, "key") || kind(other) != kind(recipient) {
                continue;
            }
            let error = open(keyring(other, key, true), &bytes(entry, "ciphertext"));
            assert_eq!(error.unwrap_err().code(), "NO_KEYRING_OPENED", "{recipient} {name}");
            refused += 1;
        }
    }
    assert!(refused >= 30, "{refused}");
}

#[test]
fn the_replica_of_a_multi_region_key_opens() {
    let vectors = vectors();
    let mut opened = 0;
    for entry in vectors["messages"].as_array().unwrap() {
        let key = &vectors["keys"][text(entry, "key")];
        let Some(replica) = key["replica"].as_str() else { continue };
        let found = open(keyring(replica, key, true), &bytes(entry, "ciphertext"));
        assert_eq!(found.unwrap(), bytes(entry, "plaintext"), "{}", text(entry, "by"));
        opened += 1;
    }
    assert_eq!(opened, 2);
}

#[test]
fn a_key_of_the_same_arn_with_other_material_opens_nothing() {
    let vectors = vectors();
    for entry in vectors["messages"].as_array().unwrap() {
        let mut key = vectors["keys"][text(entry, "key")].clone();
        if key["material"].is_string() {
            key["material"] = vectors["keys"]["AES 256"]["key"].clone();
        } else if text(entry, "recipient").starts_with("kms-rsa:") {
            key["privateKey"] = vectors["keys"]["RSA 2048"]["privateKey"].clone();
        } else {
            continue;
        }
        let error =
            open(keyring(text(entry, "recipient"), &key, true), &bytes(entry, "ciphertext"));
        let error = error.unwrap_err();
        assert_eq!(error.code(), "NO_KEYRING_OPENED");
        assert!(error.to_string().contains("InvalidCiphertextException"), "{error}");
    }
}

/// Prints Rust's part of the file.
#[test]
#[ignore = "for tests/support/recipients.mjs"]
fn seals_for_every_key() {
    for (name, key) in vectors()["keys"].as_object().unwrap() {
        let recipient = text(key, "recipient");
        let plaintext = format!("sealed by Rust for {name}");
        let ciphertext = seal(keyring(recipient, key, false), plaintext.as_bytes());
        let entry = json!({
            "recipient": recipient,
            "key": name,
            "by": "rust",
            "plaintext": BASE64.encode(plaintext),
            "ciphertext": BASE64.encode(ciphertext),
        });
        println!("sealed {entry}");
    }
}
