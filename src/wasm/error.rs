//! Errors on their way to JavaScript (`CoreError` in `js/src/errors.ts`).

use serde::Serialize;
use wasm_bindgen::JsValue;

use crate::error::Error;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CoreError<'a> {
    fault: &'static str,
    code: &'static str,
    message: String,
    next: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasons: Option<Vec<CoreError<'a>>>,
}

impl<'a> From<&'a Error> for CoreError<'a> {
    fn from(error: &'a Error) -> Self {
        let kms = match error {
            Error::Kms(failure) => Some(failure),
            _ => None,
        };
        Self {
            fault: match error {
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
            },
            code: error.code(),
            message: error.to_string(),
            next: error.next(),
            attribute: error.attribute(),
            item_index: None,
            key_id: match error {
                Error::NotMine { key_id, .. } => Some(key_id),
                _ => kms.and_then(|k| k.key_id.as_deref()),
            },
            operation: kms.map(|k| k.operation),
            service_error: kms.and_then(|k| k.name.as_deref()),
            // 0 where no response came.
            status: kms.map(|k| k.status).filter(|status| *status != 0),
            request_id: kms.and_then(|k| k.request_id.as_deref()),
            attempts: kms.map(|k| k.attempts),
            reasons: match error {
                Error::NoKey { reasons } => Some(reasons.iter().map(Self::from).collect()),
                _ => None,
            },
        }
    }
}

/// The error as a plain object; `item` is its place in a batch.
pub(super) fn to_js(error: &Error, item: Option<usize>) -> JsValue {
    let error = CoreError { item_index: item, ..error.into() };
    serde_wasm_bindgen::to_value(&error).unwrap_or(JsValue::NULL)
}
