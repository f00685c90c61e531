//! Errors on their way to JavaScript (`CoreError` in `js/src/errors.ts`).

use wasm_bindgen::JsValue;

use crate::error::Error;

use super::object::NewObject;

/// The error as a plain object; `item` is its place in a batch.
pub(super) fn to_js(error: &Error, item: Option<usize>) -> JsValue {
    let object = NewObject::new();
    object
        .text("fault", fault(error))
        .text("code", error.code())
        .text("message", &error.to_string())
        .text("next", error.next())
        .some_text("attribute", error.attribute())
        .some_number("itemIndex", item.map(|i| i as f64));
    match error {
        Error::NotMine { key_id, .. } => {
            object.text("keyId", key_id);
        }
        Error::NoKey { reasons } => {
            object.list("reasons", reasons.iter().map(|reason| to_js(reason, None)));
        }
        Error::Kms(failure) => {
            object
                .some_text("keyId", failure.key_id.as_deref())
                .text("operation", failure.operation)
                .some_text("serviceError", failure.name.as_deref())
                .number("status", failure.status.into())
                .some_text("requestId", failure.request_id.as_deref())
                .number("attempts", failure.attempts.into());
        }
        _ => {}
    }
    object.into_js()
}

fn fault(error: &Error) -> &'static str {
    match error {
        Error::Malformed { .. } => "malformed",
        Error::Unauthentic { .. } => "unauthentic",
        Error::NoKey { .. } => "noKey",
        Error::NotMine { .. } => "notMine",
        Error::Kms(_) => "kms",
        Error::Limit { .. } => "limit",
        Error::Misuse { .. } => "misuse",
        Error::Unsupported(_) => "unsupported",
        Error::Host(_) => "host",
        Error::Bug(_) => "bug",
    }
}
