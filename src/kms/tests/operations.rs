//! The wire form of each operation, and what is refused before anything is sent.

use core::fmt::Debug;
use std::rc::Rc;

use serde_json::json;

use super::host::{KEY, Script, block_on, public_key_answer};
use crate::aws::{Auth, ClientConfig, StaticCredentials};
use crate::crypto::Secret;
use crate::error::{Fault, Result};
use crate::kms::{
    DataKeySize, DecryptRequest, DescribeKeyRequest, EncryptRequest, EncryptionContext,
    GenerateDataKeyRequest, GetPublicKeyRequest, KmsClient, ReEncryptRequest,
};

fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn grants() -> Vec<String> {
    vec!["grant-1".to_owned(), "grant-2".to_owned()]
}

#[test]
fn every_request_is_a_json_post_to_the_endpoint() {
    let net = Script::new().then(200, public_key_answer());
    let client = net.client_with(ClientConfig {
        endpoint: Some("https://Proxy.example:443/kms/v1?tenant=a".to_owned()),
        headers: vec![("Authorization".to_owned(), " Bearer x ".to_owned())],
        timeout_ms: 1234,
        user_agent: Some("aws-kms-hierarchy".to_owned()),
        ..ClientConfig::default()
    });
    let request = GetPublicKeyRequest { key_id: KEY.to_owned(), ..Default::default() };
    block_on(client.get_public_key(request)).unwrap();
    let sent = net.sent.borrow();
    let sent = &sent[0];
    assert_eq!(sent.url, "https://proxy.example/kms/v1?tenant=a");
    assert_eq!(sent.timeout_ms, 1234);
    let user_agent = format!("fieldseal/{} aws-kms-hierarchy", env!("CARGO_PKG_VERSION"));
    let mut headers: Vec<_> = sent.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    headers.sort_unstable();
    assert_eq!(
        headers,
        [
            ("authorization", "Bearer x"),
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "TrentService.GetPublicKey"),
            ("x-amz-user-agent", user_agent.as_str()),
        ]
    );
}

#[test]
fn an_empty_user_agent_sends_none() {
    let net = Script::new().then(200, public_key_answer());
    let client = net
        .client_with(ClientConfig { user_agent: Some(" ".to_owned()), ..ClientConfig::default() });
    let request = GetPublicKeyRequest { key_id: KEY.to_owned(), ..Default::default() };
    block_on(client.get_public_key(request)).unwrap();
    assert_eq!(net.sent.borrow()[0].header("x-amz-user-agent"), None);
}

#[test]
fn get_public_key() {
    let net = Script::new().then(200, public_key_answer());
    let request = GetPublicKeyRequest { key_id: "alias/x".to_owned(), grant_tokens: grants() };
    let key = block_on(net.client().get_public_key(request)).unwrap();
    let want = json!({ "KeyId": "alias/x", "GrantTokens": ["grant-1", "grant-2"] });
    assert_eq!(net.sent.borrow()[0].json(), want);
    assert_eq!(key.key_id, KEY);
    assert_eq!(key.public_key, [0x30, 0x82, 0x01]);
    assert_eq!(key.key_spec, "RSA_2048");
    assert_eq!(key.key_usage, "ENCRYPT_DECRYPT");
    assert_eq!(key.encryption_algorithms, ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]);
    assert!(key.signing_algorithms.is_empty() && key.key_agreement_algorithms.is_empty());
}

#[test]
fn generate_data_key_in_all_sizes() {
    for (size, sent, bytes) in [
        (DataKeySize::Aes128, json!({ "KeyId": "k", "KeySpec": "AES_128" }), 16),
        (DataKeySize::Aes256, json!({ "KeyId": "k", "KeySpec": "AES_256" }), 32),
        (DataKeySize::Bytes(1), json!({ "KeyId": "k", "NumberOfBytes": 1 }), 1),
        (DataKeySize::Bytes(1024), json!({ "KeyId": "k", "NumberOfBytes": 1024 }), 1024),
    ] {
        use base64::Engine;
        let plaintext = base64::engine::general_purpose::STANDARD.encode(vec![7; bytes]);
        let net = Script::new()
            .then(200, json!({ "KeyId": KEY, "Plaintext": plaintext, "CiphertextBlob": "AQID" }));
        let request = GenerateDataKeyRequest { key_id: "k".to_owned(), size, ..Default::default() };
        let key = block_on(net.client().generate_data_key(request)).unwrap();
        assert_eq!(net.sent.borrow()[0].json(), sent);
        assert_eq!(
            net.sent.borrow()[0].header("x-amz-target").unwrap(),
            "TrentService.GenerateDataKey"
        );
        assert_eq!(*key.plaintext, vec![7; bytes]);
        assert_eq!(key.ciphertext_blob, [1, 2, 3]);
        assert_eq!(key.key_id, KEY);
    }
}

#[test]
fn generate_data_key_without_plaintext() {
    let net = Script::new().then(200, json!({ "KeyId": KEY, "CiphertextBlob": "AQID" }));
    let request = GenerateDataKeyRequest {
        key_id: "k".to_owned(),
        size: DataKeySize::Bytes(32),
        encryption_context: context(&[("b", "ü\"\\"), ("a", "1")]),
        grant_tokens: grants(),
    };
    let key = block_on(net.client().generate_data_key_without_plaintext(request)).unwrap();
    let sent = net.sent.borrow();
    let want = json!({
        "KeyId": "k",
        "NumberOfBytes": 32,
        "EncryptionContext": { "a": "1", "b": "ü\"\\" },
        "GrantTokens": ["grant-1", "grant-2"],
    });
    assert_eq!(sent[0].json(), want);
    let target = "TrentService.GenerateDataKeyWithoutPlaintext";
    assert_eq!(sent[0].header("x-amz-target"), Some(target));
    assert_eq!(key.ciphertext_blob, [1, 2, 3]);
}

#[test]
fn encrypt() {
    for n in [1, 2, 3, 4, 4095, 4096] {
        let net = Script::new().then(
            200,
            json!({
                "KeyId": KEY,
                "CiphertextBlob": "AQID",
                "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            }),
        );
        let request = EncryptRequest {
            key_id: "k".to_owned(),
            plaintext: Secret::new(vec![0xff; n]),
            encryption_context: context(&[("a", "1")]),
            encryption_algorithm: Some("SYMMETRIC_DEFAULT".to_owned()),
            grant_tokens: grants(),
        };
        let answer = block_on(net.client().encrypt(request)).unwrap();
        use base64::Engine;
        let plaintext = base64::engine::general_purpose::STANDARD.encode(vec![0xff; n]);
        let want = json!({
            "KeyId": "k",
            "Plaintext": plaintext,
            "EncryptionContext": { "a": "1" },
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "GrantTokens": ["grant-1", "grant-2"],
        });
        assert_eq!(net.sent.borrow()[0].json(), want);
        assert_eq!(net.sent.borrow()[0].header("x-amz-target"), Some("TrentService.Encrypt"));
        assert_eq!(answer.ciphertext_blob, [1, 2, 3]);
        assert_eq!(answer.encryption_algorithm.as_deref(), Some("SYMMETRIC_DEFAULT"));
    }
}

#[test]
fn decrypt_with_and_without_a_key() {
    let answer = json!({ "KeyId": KEY, "Plaintext": "//79", "Extra": { "x": [1, null] } });
    let net = Script::new().then(200, answer.clone()).then(200, answer);
    let client = net.client();
    let full = DecryptRequest {
        ciphertext_blob: vec![1, 2, 3],
        key_id: Some(KEY.to_owned()),
        encryption_context: context(&[("a", "1")]),
        encryption_algorithm: Some("RSAES_OAEP_SHA_256".to_owned()),
        grant_tokens: grants(),
    };
    let bare = DecryptRequest { ciphertext_blob: vec![1], ..Default::default() };
    for request in [full, bare] {
        let opened = block_on(client.decrypt(request)).unwrap();
        assert_eq!(*opened.plaintext, [0xff, 0xfe, 0xfd]);
        assert_eq!(opened.key_id, KEY);
    }
    let sent = net.sent.borrow();
    let want = json!({
        "KeyId": KEY,
        "CiphertextBlob": "AQID",
        "EncryptionContext": { "a": "1" },
        "EncryptionAlgorithm": "RSAES_OAEP_SHA_256",
        "GrantTokens": ["grant-1", "grant-2"],
    });
    assert_eq!(sent[0].json(), want);
    assert_eq!(sent[0].header("x-amz-target"), Some("TrentService.Decrypt"));
    assert_eq!(sent[1].json(), json!({ "CiphertextBlob": "AQ==" }));
}

#[test]
fn escapes_that_some_servers_write_are_understood() {
    for body in [
        r#"{"KeyId":"k\/x","Plaintext":"\/\/79"}"#,
        r#"{"KeyId":"k/x","Plaintext":"\u002f\u002F79"}"#,
        r#" {"Note":"a\\\/b\"\u00e4\u0000\\","KeyId":"k\u002fx","Plaintext":"//\u0037\u0039"} "#,
    ] {
        let net = Script::new().then_raw(200, &[], body);
        let request = DecryptRequest { ciphertext_blob: vec![1], ..Default::default() };
        let opened = block_on(net.client().decrypt(request)).unwrap();
        assert_eq!(*opened.plaintext, [0xff, 0xfe, 0xfd], "{body}");
        assert_eq!(opened.key_id, "k/x");
    }
}

#[test]
fn re_encrypt() {
    let net = Script::new().then(
        200,
        json!({
            "KeyId": KEY,
            "SourceKeyId": "s",
            "CiphertextBlob": "AQID",
            "SourceEncryptionAlgorithm": "A",
            "DestinationEncryptionAlgorithm": "B",
        }),
    );
    let request = ReEncryptRequest {
        ciphertext_blob: vec![4],
        source_key_id: Some("s".to_owned()),
        source_encryption_context: context(&[("a", "1")]),
        source_encryption_algorithm: Some("A".to_owned()),
        destination_key_id: "d".to_owned(),
        destination_encryption_context: context(&[("b", "2")]),
        destination_encryption_algorithm: Some("B".to_owned()),
        grant_tokens: grants(),
    };
    let answer = block_on(net.client().re_encrypt(request)).unwrap();
    let want = json!({
        "CiphertextBlob": "BA==",
        "SourceKeyId": "s",
        "SourceEncryptionContext": { "a": "1" },
        "SourceEncryptionAlgorithm": "A",
        "DestinationKeyId": "d",
        "DestinationEncryptionContext": { "b": "2" },
        "DestinationEncryptionAlgorithm": "B",
        "GrantTokens": ["grant-1", "grant-2"],
    });
    assert_eq!(net.sent.borrow()[0].json(), want);
    assert_eq!(net.sent.borrow()[0].header("x-amz-target"), Some("TrentService.ReEncrypt"));
    assert_eq!(answer.key_id, KEY);
    assert_eq!(answer.source_key_id.as_deref(), Some("s"));
    assert_eq!(answer.ciphertext_blob, [1, 2, 3]);
    assert_eq!(answer.source_encryption_algorithm.as_deref(), Some("A"));
    assert_eq!(answer.destination_encryption_algorithm.as_deref(), Some("B"));
}

#[test]
fn describe_key() {
    let net = Script::new().then(
        200,
        json!({ "KeyMetadata": {
            "AWSAccountId": "111122223333",
            "KeyId": "mrk-1",
            "Arn": KEY,
            "CreationDate": 1_700_000_000.123,
            "Enabled": false,
            "Description": "",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeyState": "PendingDeletion",
            "DeletionDate": 1_800_000_000,
            "Origin": "AWS_KMS",
            "KeyManager": "CUSTOMER",
            "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
            "MultiRegion": true,
            "MultiRegionConfiguration": {
                "MultiRegionKeyType": "PRIMARY",
                "PrimaryKey": { "Arn": KEY, "Region": "us-west-2" },
                "ReplicaKeys": [{ "Arn": "r1", "Region": "x" }, { "Arn": "r2", "Region": "y" }],
            },
        }}),
    );
    let request = DescribeKeyRequest { key_id: "mrk-1".to_owned(), grant_tokens: grants() };
    let m = block_on(net.client().describe_key(request)).unwrap();
    let want = json!({ "KeyId": "mrk-1", "GrantTokens": ["grant-1", "grant-2"] });
    assert_eq!(net.sent.borrow()[0].json(), want);
    assert_eq!(net.sent.borrow()[0].header("x-amz-target"), Some("TrentService.DescribeKey"));
    assert_eq!((m.key_id.as_str(), m.arn.as_str()), ("mrk-1", KEY));
    assert_eq!(m.creation_date_ms, Some(1_700_000_000_123));
    assert_eq!(m.deletion_date_ms, Some(1_800_000_000_000));
    assert!(!m.enabled && m.multi_region);
    assert_eq!(m.key_spec, "SYMMETRIC_DEFAULT");
    assert_eq!(m.key_state, "PendingDeletion");
    assert_eq!(m.description, None);
    assert_eq!(m.primary_key_arn.as_deref(), Some(KEY));
    assert_eq!(m.replica_key_arns, ["r1", "r2"]);
}

fn refused<T: Debug>(result: Result<T>, code: &str) {
    assert_eq!(result.unwrap_err().code(), code);
}

#[test]
fn bad_arguments_send_nothing() {
    let net = Script::new();
    let client = net.client();
    for (key_id, code) in [
        ("", "INVALID_ARGUMENT"),
        ("arn:aws:kms", "MALFORMED_KEY_ID"),
        ("arn:aws:s3:us-west-2:1:key/x", "MALFORMED_KEY_ID"),
        ("key/x", "MALFORMED_KEY_ID"),
        ("alias/", "MALFORMED_KEY_ID"),
    ] {
        let key_id = key_id.to_owned();
        let bytes = vec![1];
        let request = GetPublicKeyRequest { key_id: key_id.clone(), ..Default::default() };
        refused(block_on(client.get_public_key(request)), code);
        let request = GenerateDataKeyRequest { key_id: key_id.clone(), ..Default::default() };
        refused(block_on(client.generate_data_key(request.clone())), code);
        refused(block_on(client.generate_data_key_without_plaintext(request)), code);
        let request = EncryptRequest {
            key_id: key_id.clone(),
            plaintext: Secret::new(bytes.clone()),
            ..Default::default()
        };
        refused(block_on(client.encrypt(request)), code);
        let request = DecryptRequest {
            key_id: Some(key_id.clone()),
            ciphertext_blob: bytes.clone(),
            ..Default::default()
        };
        refused(block_on(client.decrypt(request)), code);
        let request = ReEncryptRequest {
            destination_key_id: key_id.clone(),
            ciphertext_blob: bytes.clone(),
            ..Default::default()
        };
        refused(block_on(client.re_encrypt(request)), code);
        let request = ReEncryptRequest {
            source_key_id: Some(key_id.clone()),
            destination_key_id: "k".to_owned(),
            ciphertext_blob: bytes,
            ..Default::default()
        };
        refused(block_on(client.re_encrypt(request)), code);
        let request = DescribeKeyRequest { key_id, ..Default::default() };
        refused(block_on(client.describe_key(request)), code);
    }
    let argument = "INVALID_ARGUMENT";
    let k = || "k".to_owned();
    refused(block_on(client.decrypt(DecryptRequest::default())), argument);
    let request = ReEncryptRequest { destination_key_id: k(), ..Default::default() };
    refused(block_on(client.re_encrypt(request)), argument);
    let request = EncryptRequest { key_id: k(), ..Default::default() };
    refused(block_on(client.encrypt(request)), argument);
    for n in [0, 1025, u32::MAX] {
        let size = DataKeySize::Bytes(n);
        let request = GenerateDataKeyRequest { key_id: k(), size, ..Default::default() };
        refused(block_on(client.generate_data_key(request.clone())), argument);
        refused(block_on(client.generate_data_key_without_plaintext(request)), argument);
    }
    assert_eq!(net.count(), 0);
}

#[test]
fn more_than_4096_bytes_send_nothing() {
    let net = Script::new();
    for n in [4097, 1 << 20] {
        let request = EncryptRequest {
            key_id: "k".to_owned(),
            plaintext: Secret::zeros(n),
            ..Default::default()
        };
        match block_on(net.client().encrypt(request)).unwrap_err().into_fault() {
            Fault::Limit { what, limit: 4096, found, attribute: None } => {
                assert_eq!(found, n as u64);
                assert!(what.contains("envelope encryption"));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(net.count(), 0);
}

#[test]
fn configurations_that_cannot_work() {
    let sigv4 =
        || Auth::SigV4(Rc::new(StaticCredentials::new("id", Secret::from(&b"secret"[..]), None)));
    let endpoint = || Some("http://localhost".to_owned());
    let header = |name: &str, value: &str| ClientConfig {
        endpoint: endpoint(),
        headers: vec![(name.to_owned(), value.to_owned())],
        ..ClientConfig::default()
    };
    let region =
        |text: &str| ClientConfig { region: Some(text.to_owned()), ..ClientConfig::default() };
    for config in [
        ClientConfig::default(),
        ClientConfig { endpoint: endpoint(), auth: sigv4(), ..ClientConfig::default() },
        ClientConfig { endpoint: Some("localhost:80".to_owned()), ..ClientConfig::default() },
        ClientConfig { endpoint: Some("ws://localhost".to_owned()), ..ClientConfig::default() },
        ClientConfig { endpoint: endpoint(), timeout_ms: 0, ..ClientConfig::default() },
        ClientConfig { endpoint: endpoint(), max_attempts: Some(0), ..ClientConfig::default() },
        ClientConfig {
            endpoint: endpoint(),
            user_agent: Some("a\r\nb: c".to_owned()),
            ..ClientConfig::default()
        },
        region(""),
        region("us-west-2/"),
        region("evil.example#"),
        region("us west"),
        header("", "v"),
        header("a b", "v"),
        header("a\n", "v"),
        header("a", "v\r\nb: c"),
        header("a", "ü"),
        header("Host", "v"),
        header("Content-Type", "v"),
        header("X-Amz-Target", "v"),
        header("x-amz-date", "v"),
        ClientConfig {
            region: Some("us-west-2".to_owned()),
            auth: sigv4(),
            headers: vec![("Authorization".to_owned(), "v".to_owned())],
            ..ClientConfig::default()
        },
        ClientConfig {
            endpoint: endpoint(),
            headers: vec![("A".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())],
            ..ClientConfig::default()
        },
    ] {
        let shown = format!("{config:?}");
        let error = KmsClient::new(config.into(), Script::new()).unwrap_err();
        assert_eq!(error.code(), "INVALID_CONFIG", "{shown}");
    }
}

#[test]
fn the_region_alone_is_enough() {
    let net = Script::new().then(200, public_key_answer());
    let config = ClientConfig { region: Some("cn-north-1".to_owned()), ..ClientConfig::default() };
    let client = KmsClient::new(config.into(), Rc::clone(&net) as _).unwrap();
    assert_eq!(client.region(), Some("cn-north-1"));
    let request = GetPublicKeyRequest { key_id: KEY.to_owned(), ..Default::default() };
    block_on(client.get_public_key(request)).unwrap();
    assert_eq!(net.sent.borrow()[0].url, "https://kms.cn-north-1.amazonaws.com.cn/");
}
