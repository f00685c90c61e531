//! DynamoDB as a service, and its failures.

use crate::aws::{Failure, FailureKind, Json, Service};
use crate::error::{DynamoDbFailure, DynamoDbKind, Error, Fault};

/// Amazon DynamoDB, API version 2012-08-10.
pub(super) static DYNAMODB: Service = Service {
    id: "dynamodb",
    target: "DynamoDB_20120810.",
    content_type: "application/x-amz-json-1.0",
    // Shorter and more often: what it throttles is one partition of a table.
    max_attempts: 4,
    backoff_ms: 25,
    refine,
    error,
};

/// Reasons for which a transaction was cancelled that pass by themselves.
const PASSING: [&str; 4] =
    ["None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

/// The kinds of names that only DynamoDB has, and of a cancelled transaction.
fn refine(failure: &mut Failure, body: &[u8]) {
    match failure.short_name() {
        Some("ConditionalCheckFailed") => failure.kind = FailureKind::ConditionFailed,
        Some("TableNotFound") => failure.kind = FailureKind::NotFound,
        Some("ProvisionedThroughputExceeded") => failure.kind = FailureKind::Throttled,
        // Of the account's operations on tables.
        Some("LimitExceeded") => failure.kind = FailureKind::Rejected,
        // The first attempt of the same request may still be running.
        Some("TransactionInProgress" | "TransactionConflict") => failure.kind = FailureKind::Failed,
        Some("TransactionCanceled") => {
            let codes = cancellation_codes(body, &failure.message);
            failure.kind = if codes.iter().any(|code| code == "ConditionalCheckFailed") {
                FailureKind::ConditionFailed
            } else if !codes.is_empty() && codes.iter().all(|c| PASSING.contains(&c.as_str())) {
                FailureKind::Throttled
            } else {
                FailureKind::Rejected
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

fn error(failure: Failure) -> Error {
    let kind = match failure.kind {
        FailureKind::Unreachable => DynamoDbKind::Unreachable,
        FailureKind::TimedOut => DynamoDbKind::TimedOut,
        FailureKind::Credentials => DynamoDbKind::Credentials,
        FailureKind::AccessDenied => DynamoDbKind::AccessDenied,
        FailureKind::NotFound => DynamoDbKind::TableNotFound,
        FailureKind::ConditionFailed => DynamoDbKind::ConditionFailed,
        FailureKind::Throttled => DynamoDbKind::Throttled,
        FailureKind::Failed => DynamoDbKind::Failed,
        FailureKind::Rejected => DynamoDbKind::Rejected,
    };
    let Failure { operation, about, name, message, status, request_id, attempts, .. } = failure;
    let table = about.unwrap_or_default();
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
