//! Errors on their way to JavaScript (`CoreError` in `js/src/errors.ts`).

use wasm_bindgen::JsValue;

use fieldseal::error::{Error, Fault};

use super::build::NewObject;

/// The error as a plain object; `item` is its place in a batch.
pub(super) fn to_js(error: &Error, item: Option<usize>) -> JsValue {
    let object = NewObject::new();
    object
        .text("fault", error.kind())
        .text("code", error.code())
        .text("message", &error.to_string())
        .text("next", error.next())
        .some_text("attribute", error.attribute())
        .some_number("itemIndex", item.map(|i| i as f64));
    match error.fault() {
        Fault::NotMine { key_id, .. } => {
            object.some_text("keyId", Some(key_id.as_str()).filter(|id| !id.is_empty()));
        }
        Fault::NoKey { reasons, omitted } => {
            object.some_text("rootCode", error.root().map(Error::code));
            object.list("reasons", reasons.iter().map(|reason| to_js(reason, None)));
            object.some_number("omittedReasons", Some(*omitted as f64).filter(|n| *n > 0.0));
        }
        Fault::PinnedKey(pin) => {
            object.text("keyId", &pin.key_id);
        }
        Fault::Kms(failure) => {
            object
                .some_text("keyId", failure.key_id.as_deref())
                .text("operation", failure.operation)
                .some_text("serviceError", failure.name.as_deref())
                // 0 where no response came.
                .some_number("status", Some(failure.status).filter(|s| *s != 0).map(f64::from))
                .some_text("requestId", failure.request_id.as_deref())
                .number("attempts", failure.attempts.into());
        }
        #[cfg(feature = "branch-keys")]
        Fault::DynamoDb(failure) => {
            object
                .text("table", &failure.table)
                .text("operation", failure.operation)
                .some_text("serviceError", failure.name.as_deref())
                .some_number("status", Some(failure.status).filter(|s| *s != 0).map(f64::from))
                .some_text("requestId", failure.request_id.as_deref())
                .number("attempts", failure.attempts.into());
        }
        #[cfg(feature = "branch-keys")]
        Fault::KeyStore(failure) => {
            object
                .text("table", &failure.table)
                .some_text("branchKeyId", failure.branch_key_id.as_deref());
        }
        _ => {}
    }
    object.into_js()
}

#[cfg(all(test, feature = "branch-keys"))]
mod tests {
    use js_sys::Reflect;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use fieldseal::error::{
        Check, DynamoDbFailure, DynamoDbKind, KeyStoreFailure, KeyStoreKind, KmsFailure, KmsKind,
        Part, PinMismatch, Rule,
    };

    /// One error of every fault.
    fn every_fault() -> Vec<Error> {
        let attribute = Some("ssn".to_owned());
        let kms = KmsFailure {
            kind: KmsKind::Disabled,
            operation: "Decrypt",
            key_id: Some("key".into()),
            name: Some("DisabledException".into()),
            message: "disabled".into(),
            status: 400,
            request_id: Some("id".into()),
            attempts: 2,
        };
        let dynamodb = DynamoDbFailure {
            kind: DynamoDbKind::TableNotFound,
            operation: "GetItem",
            table: "keys".into(),
            name: Some("ResourceNotFoundException".into()),
            message: "no".into(),
            status: 400,
            request_id: Some("id".into()),
            attempts: 1,
        };
        let key_store = KeyStoreFailure {
            kind: KeyStoreKind::NotFound,
            table: "keys".into(),
            branch_key_id: Some("b".into()),
            problem: "none".into(),
        };
        vec![
            Error::malformed(Part::Header, "short"),
            Fault::Unauthentic { check: Check::AttributeTag, attribute }.into(),
            Fault::NoKey { reasons: vec![Error::unauthentic(Check::WrappedKey)], omitted: 3 }
                .into(),
            Fault::NotMine { provider_id: "p".into(), key_id: "k".into(), expected: "e".into() }
                .into(),
            Fault::PinnedKey(Box::new(PinMismatch {
                key_id: "key".into(),
                pinned: "aa".into(),
                found: "bb".into(),
            }))
            .into(),
            Fault::Kms(Box::new(kms)).into(),
            Fault::DynamoDb(Box::new(dynamodb)).into(),
            Fault::KeyStore(Box::new(key_store)).into(),
            Error::limit("bytes", 1, 2),
            Error::misuse(Rule::Config, "wrong"),
            Error::unsupported("this"),
            Error::host("no"),
            Error::bug("never"),
        ]
    }

    /// What JavaScript gets as `fault` and `code` for each of them; its classes go by these.
    const CROSSED: [(&str, &str); 13] = [
        ("malformed", "MALFORMED_HEADER"),
        ("unauthentic", "ATTRIBUTE_TAG_MISMATCH"),
        ("noKey", "NO_KEYRING_OPENED"),
        ("notMine", "KEYRING_NOT_MINE"),
        ("unauthentic", "PINNED_KEY_MISMATCH"),
        ("kms", "KMS_KEY_DISABLED"),
        ("dynamoDb", "DYNAMODB_TABLE_NOT_FOUND"),
        ("keyStore", "BRANCH_KEY_NOT_FOUND"),
        ("limit", "LIMIT_EXCEEDED"),
        ("misuse", "INVALID_CONFIG"),
        ("unsupported", "UNSUPPORTED"),
        ("host", "HOST_FAILED"),
        ("bug", "INTERNAL"),
    ];

    #[wasm_bindgen_test]
    fn every_fault_crosses_whole() {
        let errors = every_fault();
        assert_eq!(errors.len(), CROSSED.len());
        for (error, (fault, code)) in errors.into_iter().zip(CROSSED) {
            let value = to_js(&error, Some(3));
            let text = |name: &str| Reflect::get(&value, &name.into()).unwrap().as_string();
            assert_eq!(text("fault").as_deref(), Some(fault));
            assert_eq!(text("code").as_deref(), Some(code));
            assert_eq!(text("message"), Some(error.to_string()));
            assert_eq!(text("next").as_deref(), Some(error.next()));
            assert_eq!(text("attribute").as_deref(), error.attribute());
            assert_eq!(Reflect::get(&value, &"itemIndex".into()).unwrap(), JsValue::from(3));
        }
    }

    #[wasm_bindgen_test]
    fn a_table_and_its_branch_key_are_named() {
        let members = |error: &Error, names: [&str; 3]| {
            let value = to_js(error, None);
            names.map(|name| Reflect::get(&value, &name.into()).unwrap().as_string())
        };
        for error in every_fault() {
            match error.fault() {
                Fault::DynamoDb(_) => assert_eq!(
                    members(&error, ["table", "operation", "serviceError"]),
                    ["keys", "GetItem", "ResourceNotFoundException"].map(|t| Some(t.to_owned()))
                ),
                Fault::KeyStore(_) => assert_eq!(
                    members(&error, ["table", "branchKeyId", "operation"]),
                    [Some("keys".to_owned()), Some("b".to_owned()), None]
                ),
                _ => {}
            }
        }
    }

    #[wasm_bindgen_test]
    fn a_kms_failure_says_where_and_what() {
        let value = to_js(&every_fault()[5], None);
        let member = |name: &str| Reflect::get(&value, &name.into()).unwrap();
        assert_eq!(member("operation").as_string().as_deref(), Some("Decrypt"));
        assert_eq!(member("keyId").as_string().as_deref(), Some("key"));
        assert_eq!(member("serviceError").as_string().as_deref(), Some("DisabledException"));
        assert_eq!(member("requestId").as_string().as_deref(), Some("id"));
        assert_eq!(member("attempts"), JsValue::from(2));
        assert!(member("itemIndex").is_undefined());
    }
}
