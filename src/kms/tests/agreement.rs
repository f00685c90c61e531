//! DeriveSharedSecret.

use serde_json::json;

use super::host::{KEY, Script, block_on};
use crate::kms::DeriveSharedSecretRequest;

fn request() -> DeriveSharedSecretRequest {
    DeriveSharedSecretRequest {
        key_id: KEY.to_owned(),
        public_key: vec![0x30, 1, 2],
        grant_tokens: vec!["grant".to_owned()],
    }
}

#[test]
fn sends_the_public_key_and_reads_the_secret() {
    let answer = json!({"KeyId": KEY, "SharedSecret": "AAECAw==", "KeyAgreementAlgorithm": "ECDH"});
    let net = Script::new().then(200, answer.clone());
    let derived = block_on(net.client().derive_shared_secret(request())).unwrap();
    assert_eq!(derived.key_id, KEY);
    assert_eq!(derived.shared_secret[..], [0, 1, 2, 3]);
    assert!(!format!("{derived:?}").contains("AAEC"));
    let body = net.sent.borrow()[0].json();
    let want = json!({"KeyId": KEY, "KeyAgreementAlgorithm": "ECDH", "PublicKey": "MAEC",
        "GrantTokens": ["grant"]});
    assert_eq!(body, want);
}

#[test]
fn nonsense_is_refused_without_quoting_it() {
    for answer in [
        json!({"KeyId": KEY}),
        json!({"SharedSecret": "AAECAw=="}),
        json!({"KeyId": KEY, "SharedSecret": "*AECAw=="}),
        json!({"KeyId": KEY, "SharedSecret": 5}),
        json!({"KeyId": "", "SharedSecret": "AAECAw=="}),
        json!([]),
    ] {
        let net = Script::new().then(200, answer.clone());
        let error = block_on(net.client().derive_shared_secret(request())).unwrap_err();
        assert_eq!(error.code(), "MALFORMED_KMS_RESPONSE", "{answer}");
        assert!(error.to_string().contains("DeriveSharedSecret"), "{error}");
        assert!(!error.to_string().contains("AECAw"), "{error}");
    }
}

#[test]
fn bad_arguments_send_nothing() {
    let net = Script::new();
    for (request, code) in [
        (DeriveSharedSecretRequest { key_id: String::new(), ..request() }, "INVALID_ARGUMENT"),
        (DeriveSharedSecretRequest { key_id: "key/x".to_owned(), ..request() }, "MALFORMED_KEY_ID"),
        (DeriveSharedSecretRequest { public_key: Vec::new(), ..request() }, "INVALID_ARGUMENT"),
    ] {
        let error = block_on(net.client().derive_shared_secret(request)).unwrap_err();
        assert_eq!(error.code(), code);
    }
    assert!(net.sent.borrow().is_empty());
}
