//! DynamoDB as a service, and its failures.

use crate::error::{DynamoDbFailure, DynamoDbKind, Error, Fault, KmsFailure, KmsKind, Part};
use crate::kms::{Json, Service};

/// Amazon DynamoDB, API version 2012-08-10.
pub(super) static DYNAMODB: Service = Service {
    id: "dynamodb",
    target: "DynamoDB_20120810.",
    content_type: "application/x-amz-json-1.0",
    refine,
    error,
};

/// Reasons for which a transaction was cancelled that pass by themselves.
const PASSING: [&str; 4] =
    ["None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

/// The kinds of a failed condition and of a cancelled transaction. `InvalidState` stands for a
/// failed condition, which KMS does not have.
fn refine(failure: &mut KmsFailure, body: &[u8]) {
    match failure.name.as_deref() {
        Some("ConditionalCheckFailedException") => failure.kind = KmsKind::InvalidState,
        // The first attempt of the same request may still be running.
        Some("TransactionInProgressException" | "TransactionConflictException") => {
            failure.kind = KmsKind::Failed;
        }
        Some("TransactionCanceledException") => {
            let codes = cancellation_codes(body, &failure.message);
            failure.kind = if codes.iter().any(|code| code == "ConditionalCheckFailed") {
                KmsKind::InvalidState
            } else if !codes.is_empty() && codes.iter().all(|c| PASSING.contains(&c.as_str())) {
                KmsKind::Throttled
            } else {
                KmsKind::Rejected
            };
            // The words of the service's message differ between endpoints; these are in all.
            if !codes.is_empty() {
                let codes = codes.join(", ");
                failure.message = format!("the transaction was cancelled, for each write: {codes}");
            }
        }
        _ => {}
    }
}

/// The reason for each write of the transaction: from `CancellationReasons`, or from the list at
/// the end of the message, which has the same codes. Never values of items.
fn cancellation_codes(body: &[u8], message: &str) -> Vec<String> {
    let listed = || -> Option<Vec<String>> {
        let Ok(Json::Object(members)) = Json::parse(body) else { return None };
        let (_, reasons) =
            members.iter().find(|(name, _)| name.as_str() == "CancellationReasons")?;
        let Json::List(reasons) = reasons else { return None };
        let code = |reason: &Json<'_>| {
            let Json::Object(members) = reason else { return None };
            let (_, code) = members.iter().find(|(name, _)| name.as_str() == "Code")?;
            Some(short(code.as_text()?))
        };
        Some(reasons.iter().map(|reason| code(reason).unwrap_or_else(|| "None".into())).collect())
    };
    listed().unwrap_or_else(|| {
        let list = message.rsplit_once('[').and_then(|(_, list)| list.split_once(']'));
        list.map(|(list, _)| list.split(',').map(short).collect()).unwrap_or_default()
    })
}

/// A code: a word that is not too long.
fn short(code: &str) -> String {
    code.trim().chars().filter(char::is_ascii_alphanumeric).take(60).collect()
}

/// The error of DynamoDB that stands for one in the words of KMS.
fn error(error: Error) -> Error {
    match error.into_fault() {
        Fault::Kms(failure) => {
            let KmsFailure { kind, operation, key_id, name, message, status, request_id, attempts } =
                *failure;
            let kind = match kind {
                KmsKind::Unreachable => DynamoDbKind::Unreachable,
                KmsKind::TimedOut => DynamoDbKind::TimedOut,
                KmsKind::Credentials => DynamoDbKind::Credentials,
                KmsKind::AccessDenied => DynamoDbKind::AccessDenied,
                KmsKind::NotFound => DynamoDbKind::TableNotFound,
                KmsKind::InvalidState => DynamoDbKind::ConditionFailed,
                KmsKind::Throttled => DynamoDbKind::Throttled,
                KmsKind::Failed => DynamoDbKind::Failed,
                _ => DynamoDbKind::Rejected,
            };
            let table = key_id.unwrap_or_default();
            Error::from(Fault::DynamoDb(Box::new(DynamoDbFailure {
                kind,
                operation,
                table,
                name,
                message,
                status,
                request_id,
                attempts,
            })))
        }
        Fault::Malformed { part: Part::KmsResponse, problem, .. } => {
            Error::malformed(Part::DynamoDbResponse, problem)
        }
        other => other.into(),
    }
}
