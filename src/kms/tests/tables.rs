//! Every operation by its table: what is sent, what is refused before, what answers are taken.

use serde_json::{Map, Value as Json, json};

use super::host::{KEY, Script, block_on, failure};
use crate::crypto::Secret;
use crate::error::{KmsKind, Result};
use crate::kms::schema::{self, ALL, Field, Kind, Operation};
use crate::kms::{
    DeriveSharedSecretRequest, GenerateDataKeyPairRequest, KmsClient, Record, SignRequest, Value,
};

/// A value of the kind, and what it is on the wire.
fn sample(field: &Field) -> (Value, Json) {
    match field.kind {
        Kind::KeyId => (Value::Text(KEY.into()), json!(KEY)),
        Kind::Text if field.name == "KeySpec" => (Value::Text("AES_256".into()), json!("AES_256")),
        Kind::Text => (Value::Text("a \"text\"".into()), json!("a \"text\"")),
        Kind::Number => (Value::Number(7), json!(7)),
        Kind::Flag => (Value::Flag(true), json!(true)),
        Kind::Bytes => (Value::Bytes(vec![1, 2, 3]), json!("AQID")),
        Kind::Secret => (Value::Secret(Secret::from(&[1, 2, 3][..])), json!("AQID")),
        Kind::Time => (Value::TimeMs(1_700_000_000_500), json!(1_700_000_000.5)),
        Kind::Texts => (Value::Texts(vec!["a".into(), "b".into()]), json!(["a", "b"])),
        Kind::Context => (Value::Context(vec![("k".into(), "v".into())]), json!({ "k": "v" })),
        Kind::Object(table) => {
            let (record, json) = samples(table);
            (Value::Object(record), json)
        }
        Kind::List(table) => {
            let (record, json) = samples(table);
            (Value::List(vec![record.clone(), record]), json!([json, json]))
        }
        Kind::KeyMetadata => (
            Value::Flag(true),
            json!({
                "KeyId": "k", "Arn": KEY, "KeyState": "Enabled", "KeyUsage": "u", "KeySpec": "s",
            }),
        ),
    }
}

fn samples(table: &'static [Field]) -> (Record, Json) {
    let mut record = Record::default();
    let mut json = Map::new();
    for field in table {
        let (mut value, mut wire) = sample(field);
        if let Kind::Number = field.kind {
            value = Value::Number(field.min.into());
            wire = json!(field.min);
        }
        record.push(field.name, value);
        json.insert(field.name.into(), wire);
    }
    (record, Json::Object(json))
}

/// Without the other of the two fields that say how long a data key is to be.
fn request_of(operation: &'static Operation) -> (Record, Json) {
    let (mut record, mut json) = samples(operation.request);
    if operation.name.starts_with("GenerateDataKey") && json.get("NumberOfBytes").is_some() {
        record = without(&record, "KeySpec");
        json.as_object_mut().unwrap().remove("KeySpec");
        record = without(&record, "NumberOfBytes").with("NumberOfBytes", Value::Number(3));
        json["NumberOfBytes"] = json!(3);
    }
    if operation.name == "GenerateRandom" {
        (record, json) = (Record::default().with("NumberOfBytes", Value::Number(3)), json!({}));
        json["NumberOfBytes"] = json!(3);
    }
    (record, json)
}

fn without(record: &Record, name: &str) -> Record {
    record
        .iter()
        .filter(|(n, _)| *n != name)
        .fold(Record::default(), |record, (n, value)| record.with(n, value.clone()))
}

fn run(client: &KmsClient, operation: &'static Operation, fields: Record) -> Result<Record> {
    block_on(client.call(operation, fields))
}

#[test]
fn every_field_is_sent_and_every_answer_read() {
    for operation in ALL {
        let (record, want) = request_of(operation);
        let net = Script::new().then(200, samples(operation.answer).1);
        let answer = run(&net.client(), operation, record).unwrap();
        let sent = net.sent.borrow();
        assert_eq!(sent[0].json(), want, "{}", operation.name);
        let target = format!("TrentService.{}", operation.name);
        assert_eq!(sent[0].header("x-amz-target"), Some(target.as_str()));
        let names: Vec<_> = answer.iter().map(|(name, _)| name).collect();
        let table: Vec<_> = operation.answer.iter().map(|field| field.name).collect();
        assert_eq!(names, table, "{}", operation.name);
    }
}

#[test]
fn values_of_answers() {
    let net = Script::new().then(
        200,
        json!({ "KeyId": KEY, "DeletionDate": 1_700_000_000.25, "PendingWindowInDays": 7 }),
    );
    let fields = Record::default().with_text("KeyId", "k");
    let answer = run(&net.client(), &schema::SCHEDULE_KEY_DELETION, fields).unwrap();
    assert!(matches!(answer.get("DeletionDate"), Some(Value::TimeMs(1_700_000_000_250))));
    assert!(matches!(answer.get("PendingWindowInDays"), Some(Value::Number(7))));
    assert!(answer.get("KeyState").is_none());

    let keys = json!([{ "KeyId": "a", "KeyArn": "b" }, { "KeyId": "c", "KeyArn": "d" }]);
    let net = Script::new().then(200, json!({ "Keys": keys }));
    let answer = run(&net.client(), &schema::LIST_KEYS, Record::default()).unwrap();
    let Some(Value::List(keys)) = answer.get("Keys") else { panic!("{answer:?}") };
    assert_eq!(keys[1].text("KeyArn"), Some("d"));
    // Absent means no more.
    assert!(matches!(answer.get("Truncated"), Some(Value::Flag(false))));
}

#[test]
fn operations_without_an_answer_take_any_body() {
    for operation in ALL.iter().filter(|operation| operation.answer.is_empty()) {
        for body in ["", "{}", " ", "null"] {
            let net = Script::new().then_raw(200, &[], body);
            let answer = run(&net.client(), operation, request_of(operation).0).unwrap();
            assert_eq!(answer.iter().count(), 0);
        }
    }
}

#[test]
fn a_needed_field_that_is_absent_or_empty_sends_nothing() {
    let net = Script::new();
    let mut seen = 0;
    for operation in ALL {
        for field in operation.request.iter().filter(|field| field.needed) {
            let (good, _) = request_of(operation);
            let mut bad = vec![without(&good, field.name)];
            let empty = match field.kind {
                Kind::KeyId | Kind::Text => Some(Value::Text(String::new())),
                Kind::Bytes => Some(Value::Bytes(Vec::new())),
                Kind::Secret => Some(Value::Secret(Secret::default())),
                Kind::Texts => Some(Value::Texts(Vec::new())),
                _ => None,
            };
            bad.extend(empty.map(|empty| without(&good, field.name).with(field.name, empty)));
            for fields in bad {
                let error = run(&net.client(), operation, fields).unwrap_err();
                assert_eq!(error.code(), "INVALID_ARGUMENT", "{}.{}", operation.name, field.name);
                assert!(error.to_string().contains(operation.name), "{error}");
                seen += 1;
            }
        }
    }
    assert!(seen > 60);
    assert_eq!(net.count(), 0);
}

#[test]
fn numbers_outside_their_limits_and_fields_of_other_kinds_send_nothing() {
    let net = Script::new();
    for operation in ALL {
        for field in operation.request {
            let (good, _) = request_of(operation);
            let rest = without(&good, field.name);
            let wrong = match field.kind {
                Kind::Number => Value::Text("7".into()),
                _ => Value::Number(7),
            };
            let error = run(&net.client(), operation, rest.clone().with(field.name, wrong));
            assert_eq!(error.unwrap_err().code(), "INVALID_ARGUMENT", "{}", field.name);
            if let Kind::Number = field.kind {
                for n in [u32::from(field.min) - 1, u32::from(field.max) + 1, u32::MAX] {
                    let fields = rest.clone().with(field.name, Value::Number(n));
                    let error = run(&net.client(), operation, fields).unwrap_err();
                    assert_eq!(error.code(), "INVALID_ARGUMENT");
                    let limits = format!("must be {} to {}, not {n}", field.min, field.max);
                    assert!(error.to_string().contains(&limits), "{error}");
                }
            }
        }
        let fields = request_of(operation).0.with_text("DryRun", "true");
        let error = run(&net.client(), operation, fields).unwrap_err();
        assert!(error.to_string().contains("'dryRun' is not known"), "{error}");
    }
    assert_eq!(net.count(), 0);
}

#[test]
fn messages_of_more_than_4096_bytes_send_nothing() {
    let net = Script::new();
    for operation in ALL {
        if operation.request.iter().all(|field| field.name != "Message") {
            continue;
        }
        let fields = without(&request_of(operation).0, "Message")
            .with("Message", Value::Secret(Secret::zeros(4097)));
        let error = run(&net.client(), operation, fields).unwrap_err();
        assert_eq!(error.code(), "LIMIT_EXCEEDED");
        assert!(error.to_string().contains("DIGEST"), "{error}");
    }
    assert_eq!(net.count(), 0);
}

#[test]
fn answers_that_lack_a_needed_field() {
    for operation in ALL {
        for field in operation.answer.iter().filter(|field| field.needed) {
            let mut bad = samples(operation.answer).1;
            bad.as_object_mut().unwrap().remove(field.name);
            for value in [None, Some(json!(null)), Some(json!("")), Some(json!([[]]))] {
                if let Some(value) = value {
                    bad[field.name] = value;
                }
                // The one secret that may be empty: who encrypted nothing decrypts nothing.
                let empty = bad.get(field.name) == Some(&json!(""));
                if empty && (operation.name, field.name) == ("Decrypt", "Plaintext") {
                    continue;
                }
                let net = Script::new().then(200, bad.clone());
                let error = run(&net.client(), operation, request_of(operation).0).unwrap_err();
                let what = format!("{} {bad}", operation.name);
                assert_eq!(error.code(), "MALFORMED_KMS_RESPONSE", "{what}");
                assert!(error.to_string().contains(field.name) || empty, "{what}: {error}");
            }
        }
    }
}

#[test]
fn not_valid_is_an_error_however_the_endpoint_says_it() {
    for (operation, name, member) in [
        (&schema::VERIFY, "KMSInvalidSignatureException", "SignatureValid"),
        (&schema::VERIFY_MAC, "KMSInvalidMacException", "MacValid"),
    ] {
        let mut invalid = samples(operation.answer).1;
        invalid[member] = json!(false);
        let net = Script::new().then_refuse(400, name).then_raw(
            200,
            &[("x-amzn-requestid", "id-2")],
            invalid.to_string(),
        );
        let client = net.client();
        let refused = failure(run(&client, operation, request_of(operation).0));
        assert_eq!((refused.kind, refused.status), (KmsKind::InvalidSignature, 400));
        assert_eq!(refused.name.as_deref(), Some(name));
        let answered = failure(run(&client, operation, request_of(operation).0));
        assert_eq!((answered.kind, answered.status), (KmsKind::InvalidSignature, 200));
        assert_eq!(answered.key_id.as_deref(), Some(KEY));
        assert_eq!(answered.request_id.as_deref(), Some("id-2"));
        assert_eq!((answered.operation, answered.attempts), (operation.name, 1));
        assert_eq!(net.count(), 2, "never repeated");
    }
}

#[test]
fn get_public_key_does_not_go_past_the_cache() {
    let net = Script::new();
    let fields = Record::default().with_text("KeyId", "k");
    let error = run(&net.client(), &crate::kms::schema::GET_PUBLIC_KEY, fields).unwrap_err();
    assert_eq!(error.code(), "INVALID_ARGUMENT");
    assert_eq!(net.count(), 0);
}

#[test]
fn typed_methods() {
    let net = Script::new()
        .then(
            200,
            json!({
                "KeyId": KEY, "KeyPairSpec": "ECC_NIST_P256", "PublicKey": "AQ==",
                "PrivateKeyPlaintext": "Ag==", "PrivateKeyCiphertextBlob": "Aw==",
            }),
        )
        .then(200, json!({ "KeyId": KEY, "Signature": "AQID", "SigningAlgorithm": "A" }))
        .then(200, json!({ "KeyId": KEY, "SharedSecret": "AQID" }));
    let client = net.client();
    let request = GenerateDataKeyPairRequest {
        key_id: "k".into(),
        key_pair_spec: "ECC_NIST_P256".into(),
        encryption_context: vec![("a".into(), "SECRETVALUE".into())],
        ..Default::default()
    };
    assert!(!format!("{request:?}").contains("SECRETVALUE"));
    let pair = block_on(client.generate_data_key_pair(request)).unwrap();
    assert_eq!(*pair.private_key_plaintext, [2]);
    assert_eq!((pair.public_key, pair.private_key_ciphertext_blob), (vec![1], vec![3]));
    let request = SignRequest {
        key_id: "k".into(),
        signing_algorithm: "A".into(),
        message: Secret::from(&b"m"[..]),
        is_digest: true,
        grant_tokens: vec!["t".into()],
    };
    assert_eq!(block_on(client.sign(request)).unwrap().signature, [1, 2, 3]);
    let request = DeriveSharedSecretRequest {
        key_id: "k".into(),
        public_key: vec![1, 2, 3],
        grant_tokens: Vec::new(),
    };
    assert_eq!(*block_on(client.derive_shared_secret(request)).unwrap().shared_secret, [1, 2, 3]);
    let sent = net.sent.borrow();
    let want = json!({
        "KeyId": "k", "SigningAlgorithm": "A", "MessageType": "DIGEST", "GrantTokens": ["t"],
        "Message": "bQ==",
    });
    assert_eq!(sent[1].json(), want);
    let want = json!({ "KeyId": "k", "KeyAgreementAlgorithm": "ECDH", "PublicKey": "AQID" });
    assert_eq!(sent[2].json(), want);
}

#[test]
fn records_show_names_only() {
    let record = Record::default()
        .with_text("KeyId", "TOPSECRET")
        .with("Plaintext", Value::Secret(Secret::from(&b"TOPSECRET"[..])));
    assert_eq!(format!("{record:?}"), r#"{"KeyId", "Plaintext"}"#);
}
