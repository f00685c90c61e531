//! The hierarchical keyring's entries of the material providers library's keyring tests: each suite sealed and opened
//! with the static branch key, through the default CMM. Items and messages of other libraries are in the other vectors.

#[allow(dead_code)]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use fieldseal::materials::{
    Cmm, CommitmentPolicy, DecryptionRequest, DefaultCmm, EncryptionContext, EncryptionRequest,
    Suite,
};
use serde_json::{Value, json};
use support::{block_on, keyring};

#[test]
fn keyring_tests_of_the_material_providers_library() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors/aws");
    if !folder.exists() {
        println!("left out: the published keyring tests do not lie beside the checkout");
        return;
    }
    let load = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
    };
    let (tests, keys) = (load("keyring_tests.json"), load("keys.json"));
    let (mut passed, mut left_out) = (0, BTreeMap::new());
    for test in tests["tests"].as_object().unwrap().values() {
        let kind = test["encryptKeyDescription"]["type"].as_str().unwrap_or("none");
        if kind != "aws-kms-hierarchy" {
            *left_out.entry(kind).or_insert(0) += 1;
            continue;
        }
        assert_eq!(test["type"], "positive-keyring");
        run(test, &keys["keys"]);
        passed += 1;
    }
    println!(
        "{passed} tests of the hierarchical keyring; left out, by kind of keyring: {left_out:?}"
    );
    assert_eq!(passed, Suite::all().len(), "one for each suite");
}

fn run(test: &Value, keys: &Value) {
    let about = test["description"].as_str().unwrap();
    let id = u16::from_str_radix(test["algorithmSuiteId"].as_str().unwrap(), 16).unwrap();
    let suite = Suite::by_id(id).unwrap();
    let cmm = |description: &Value| -> DefaultCmm {
        let key = &keys[description["key"].as_str().unwrap()];
        assert_eq!(key["type"], "static-branch-key", "{about}");
        DefaultCmm::new(static_keyring(key))
    };
    let policy = match (suite.is_dbe(), suite.commits) {
        (true, _) => CommitmentPolicy::DbeRequireEncryptRequireDecrypt,
        (false, true) => CommitmentPolicy::EsdkRequireEncryptRequireDecrypt,
        (false, false) => CommitmentPolicy::EsdkForbidEncryptAllowDecrypt,
    };
    let mut context = EncryptionContext::new();
    for (key, value) in test["encryptionContext"].as_object().unwrap() {
        context.insert(key, value.as_str().unwrap()).unwrap();
    }
    let sealing = cmm(&test["encryptKeyDescription"]);
    let request = EncryptionRequest {
        context,
        required_keys: Vec::new(),
        policy,
        suite: Some(suite),
        plaintext_length: None,
    };
    let sealed =
        block_on(sealing.for_encryption(request)).unwrap_or_else(|e| panic!("{about}: {e}"));
    let opening = cmm(&test["decryptKeyDescription"]);
    let opened = block_on(opening.for_decryption(DecryptionRequest {
        suite,
        policy,
        encrypted_data_keys: sealed.encrypted_data_keys(),
        stored: sealed.context(),
        reproduced: &EncryptionContext::new(),
    }))
    .unwrap_or_else(|e| panic!("{about}: {e}"));
    assert_eq!(opened.data_key[..], sealed.data_key().unwrap()[..], "{about}");
    assert_eq!(opened.verifying_key.is_some(), suite.signature.is_some(), "{about}");
}

/// In the form of this project's vectors.
fn static_keyring(key: &Value) -> Rc<dyn fieldseal::materials::Keyring> {
    let hex = |name: &str| -> String {
        let bytes = BASE64.decode(key[name].as_str().unwrap()).unwrap();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    keyring(&json!({
        "type": "hierarchical",
        "branch_key_id": key["key-id"],
        "version": key["branchKeyVersion"],
        "branch_key": hex("branchKey"),
        "beacon_key": hex("beaconKey"),
    }))
    .unwrap()
}
