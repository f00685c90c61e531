//! Successful answers that are not what was asked for. Each is an error that names the operation
//! and quotes nothing of the body.

use serde_json::{Value, json};

use super::host::{KEY, Script, block_on, public_key_answer};
use crate::crypto::Secret;
use crate::error::{Fault, Result};
use crate::kms::{
    DataKeySize, DecryptRequest, DescribeKeyRequest, EncryptRequest, GenerateDataKeyRequest,
    GetPublicKeyRequest, KmsClient, ReEncryptRequest,
};

type Operation = fn(&KmsClient) -> Result<()>;

fn get_public_key(client: &KmsClient) -> Result<()> {
    let request = GetPublicKeyRequest { key_id: "k".to_owned(), ..Default::default() };
    block_on(client.get_public_key(request)).map(drop)
}

fn data_key_request() -> GenerateDataKeyRequest {
    let size = DataKeySize::Bytes(3);
    GenerateDataKeyRequest { key_id: "k".to_owned(), size, ..Default::default() }
}

fn generate_data_key(client: &KmsClient) -> Result<()> {
    block_on(client.generate_data_key(data_key_request())).map(drop)
}

fn generate_data_key_without_plaintext(client: &KmsClient) -> Result<()> {
    block_on(client.generate_data_key_without_plaintext(data_key_request())).map(drop)
}

fn encrypt(client: &KmsClient) -> Result<()> {
    let plaintext = Secret::from(&b"x"[..]);
    let request = EncryptRequest { key_id: "k".to_owned(), plaintext, ..Default::default() };
    block_on(client.encrypt(request)).map(drop)
}

fn decrypt(client: &KmsClient) -> Result<()> {
    let request = DecryptRequest { ciphertext_blob: vec![1], ..Default::default() };
    block_on(client.decrypt(request)).map(drop)
}

fn re_encrypt(client: &KmsClient) -> Result<()> {
    let request = ReEncryptRequest {
        ciphertext_blob: vec![1],
        destination_key_id: "k".to_owned(),
        ..Default::default()
    };
    block_on(client.re_encrypt(request)).map(drop)
}

fn describe_key(client: &KmsClient) -> Result<()> {
    let request = DescribeKeyRequest { key_id: "k".to_owned(), ..Default::default() };
    block_on(client.describe_key(request)).map(drop)
}

/// Each operation with a good answer and the fields without which the answer is no good.
fn operations() -> Vec<(&'static str, Operation, Value, Vec<&'static str>)> {
    let blob = json!({ "KeyId": KEY, "CiphertextBlob": "AQID" });
    let metadata = json!({ "KeyMetadata": {
        "KeyId": "k", "Arn": KEY, "KeyState": "Enabled", "KeyUsage": "u", "KeySpec": "s",
    }});
    let open = json!({ "KeyId": KEY, "Plaintext": "AQID" });
    let both = json!({ "KeyId": KEY, "Plaintext": "AQID", "CiphertextBlob": "AQID" });
    let public = vec!["KeyId", "PublicKey", "KeySpec", "KeyUsage"];
    let sealed = || vec!["KeyId", "CiphertextBlob"];
    vec![
        ("GetPublicKey", get_public_key as Operation, public_key_answer(), public),
        ("GenerateDataKey", generate_data_key, both, vec!["KeyId", "Plaintext", "CiphertextBlob"]),
        (
            "GenerateDataKeyWithoutPlaintext",
            generate_data_key_without_plaintext,
            blob.clone(),
            sealed(),
        ),
        ("Encrypt", encrypt, blob.clone(), sealed()),
        ("Decrypt", decrypt, open, vec!["KeyId", "Plaintext"]),
        ("ReEncrypt", re_encrypt, blob, sealed()),
        ("DescribeKey", describe_key, metadata, vec!["KeyMetadata"]),
    ]
}

/// The problem that the operation reports for this 200 answer; nothing is sent twice.
fn problem(operation: Operation, name: &str, body: impl Into<Vec<u8>>) -> String {
    let net = Script::new().then_raw(200, &[("content-type", "application/x-amz-json-1.1")], body);
    let error = operation(&net.client()).unwrap_err();
    assert_eq!(net.count(), 1);
    assert_eq!(error.code(), "MALFORMED_KMS_RESPONSE");
    let Fault::Malformed { problem, .. } = error.clone().into_fault() else { panic!("{error:?}") };
    assert!(problem.starts_with(&format!("the endpoint answered {name} with ")), "{problem}");
    problem
}

#[test]
fn the_good_answers_are_good() {
    for (name, operation, good, _) in operations() {
        let net = Script::new().then(200, good);
        operation(&net.client()).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[test]
fn garbage() {
    let deep = format!(r#"{{"KeyId":{}"#, "[".repeat(400_000));
    let deep_object = format!(r#"{{"KeyMetadata":{}"#, r#"{"a":"#.repeat(100_000));
    let deep_unknown = format!(r#"{{"Other":{}{}}}"#, "[".repeat(400_000), "]".repeat(400_000));
    let huge = format!(r#"{{"KeyId":"{}"}}"#, "x".repeat(1 << 20));
    for (name, operation, _, _) in operations() {
        for body in [
            "",
            " ",
            "null",
            "true",
            "5",
            "\"text\"",
            "[]",
            "[[]]",
            "{}",
            "{",
            "{}{}",
            r#"{"KeyId":"#,
            r#"{"KeyId":null,"KeyMetadata":null}"#,
            r#"{"KeyId":"a","KeyId":"b"}"#,
            "{\"KeyId\":\"a\nb\"}",
            r#"{"KeyId":"\ud800"}"#,
            r#"{"KeyId":"\u00"#,
            r#"{"KeyId":"\"#,
            "<!DOCTYPE html><html><body>Sign in</body></html>",
            r#"{"__type":"NotFoundException","message":"m"}"#,
            deep.as_str(),
            deep_object.as_str(),
            deep_unknown.as_str(),
            huge.as_str(),
        ] {
            problem(operation, name, body);
        }
        problem(operation, name, [0xff, 0xfe, 0x00]);
        problem(operation, name, *b"{\"KeyId\":\"\xff\"}");
    }
}

#[test]
fn missing_empty_and_wrongly_typed_fields() {
    for (name, operation, good, needed) in operations() {
        for field in needed {
            let mut bad = good.clone();
            bad.as_object_mut().unwrap().remove(field);
            let said = problem(operation, name, bad.to_string());
            assert!(said.ends_with(&format!("no {field}")), "{said}");
            for value in [json!(null), json!(5), json!(true), json!([1]), json!(["a"])] {
                bad[field] = value;
                problem(operation, name, bad.to_string());
            }
            if field != "KeyMetadata" {
                bad[field] = json!({ "a": 1 });
                problem(operation, name, bad.to_string());
            }
            if field != "KeyMetadata" && (name, field) != ("Decrypt", "Plaintext") {
                bad[field] = json!("");
                problem(operation, name, bad.to_string());
            }
        }
    }
}

#[test]
fn metadata_without_its_fields() {
    for field in ["KeyId", "Arn", "KeyState", "KeyUsage", "KeySpec"] {
        let (name, operation, mut bad, _) = operations().pop().unwrap();
        bad["KeyMetadata"].as_object_mut().unwrap().remove(field);
        let said = problem(operation, name, bad.to_string());
        assert!(said.ends_with(&format!("no KeyMetadata.{field}")), "{said}");
        bad["KeyMetadata"][field] = json!([]);
        problem(operation, name, bad.to_string());
    }
}

#[test]
fn absurd_dates_are_left_out() {
    for date in [json!(-1), json!(1e300), json!(-1e300), json!(253_402_300_800_u64)] {
        let (_, _, mut answer, _) = operations().pop().unwrap();
        answer["KeyMetadata"]["CreationDate"] = date;
        let net = Script::new().then(200, answer);
        let request = DescribeKeyRequest { key_id: "k".to_owned(), ..Default::default() };
        let metadata = block_on(net.client().describe_key(request)).unwrap();
        assert_eq!(metadata.creation_date_ms, None);
    }
}

#[test]
fn base64_that_is_none() {
    for (name, operation, good, needed) in operations() {
        for field in needed {
            if !["PublicKey", "Plaintext", "CiphertextBlob"].contains(&field) {
                continue;
            }
            for text in ["A", "AQI", "AQID=", "AQ-_", "AQ ID", "AQID\n", "!!!!", "AQ==AQ==", "A==="]
            {
                let mut bad = good.clone();
                bad[field] = json!(text);
                let said = problem(operation, name, bad.to_string());
                assert!(said.contains(field) && said.contains("not Base64"), "{said}");
            }
        }
    }
}

#[test]
fn data_keys_of_another_length() {
    for (text, found) in [("", 0), ("AQ==", 1), ("AQI=", 2), ("AQIDBA==", 4)] {
        let bad = json!({ "KeyId": KEY, "Plaintext": text, "CiphertextBlob": "AQID" });
        let said = problem(generate_data_key, "GenerateDataKey", bad.to_string());
        assert!(said.contains(&format!("{found} bytes instead of 3")), "{said}");
    }
}

#[test]
fn nothing_of_the_body_is_quoted() {
    for body in [
        r#"{"KeyId":"k","Plaintext":"TOPSECRET!"}"#,
        r#"{"KeyId":"k","Plaintext":["TOPSECRET"]}"#,
        r#"{"KeyId":"k","Plaintext":{"TOPSECRET":1}}"#,
        r#"{"KeyId":"k","EncryptionAlgorithms":"TOPSECRET"}"#,
        r#"{"KeyId":"k","Plaintext":"TOPSECRET"#,
        r#"{"TOPSECRET":1,"TOPSECRET"}"#,
    ] {
        let net = Script::new().then_raw(200, &[], body);
        let error = decrypt(&net.client()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("TOPSECRET"), "{error:?}");
    }
}
