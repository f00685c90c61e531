//! AWS KMS as a service, and its failures.

use crate::aws::{Failure, FailureKind, Service, named};
use crate::error::{Error, Fault, KmsFailure, KmsKind};
use crate::util::text::find;

/// AWS KMS, API version 2014-11-01.
pub(super) static KMS: Service = Service {
    id: "kms",
    target: "TrentService.",
    content_type: "application/x-amz-json-1.1",
    max_attempts: 3,
    backoff_ms: 50,
    refine,
    error,
};

/// A name of KMS says more than the status.
fn refine(failure: &mut Failure, _: &[u8]) {
    match own_kind(failure) {
        Some(KmsKind::Failed) => failure.kind = FailureKind::Failed,
        Some(_) => failure.kind = FailureKind::Rejected,
        None => {}
    }
}

fn error(failure: Failure) -> Error {
    let kind = own_kind(&failure).unwrap_or(match failure.kind {
        FailureKind::Unreachable => KmsKind::Unreachable,
        FailureKind::TimedOut => KmsKind::TimedOut,
        FailureKind::Credentials => KmsKind::Credentials,
        FailureKind::AccessDenied => KmsKind::AccessDenied,
        FailureKind::NotFound => KmsKind::NotFound,
        FailureKind::Throttled => KmsKind::Throttled,
        FailureKind::Failed => KmsKind::Failed,
        _ => KmsKind::Rejected,
    });
    let Failure { operation, about, name, message, status, request_id, attempts, .. } = failure;
    let key_id = about;
    Error::from(Fault::Kms(Box::new(KmsFailure {
        kind,
        operation,
        key_id,
        name,
        message,
        status,
        request_id,
        attempts,
    })))
}

/// The kind that a name of KMS alone stands for. The names come from the operations' pages of the AWS KMS API
/// reference.
fn own_kind(failure: &Failure) -> Option<KmsKind> {
    match failure.short_name()? {
        "KMSInvalidState" => Some(kind_of_state(&failure.message)),
        name if name.starts_with("UnsupportedOperation") => Some(KmsKind::WrongUsage),
        name => named(&NAMES, name),
    }
}

/// One string for each kind: a table of pointers is larger.
const NAMES: [(KmsKind, &str); 10] = [
    (KmsKind::Disabled, "Disabled"),
    (KmsKind::IncorrectKey, "IncorrectKey"),
    (KmsKind::InvalidCiphertext, "InvalidCiphertext"),
    (KmsKind::WrongUsage, "InvalidKeyUsage"),
    (KmsKind::Failed, "KMSInternal DependencyTimeout KeyUnavailable"),
    (KmsKind::InvalidSignature, "KMSInvalidSignature KMSInvalidMac"),
    (KmsKind::AlreadyExists, "AlreadyExists"),
    // A quota, not a rate: waiting does not help.
    (KmsKind::QuotaExceeded, "LimitExceeded"),
    (KmsKind::InvalidGrant, "InvalidGrantToken InvalidGrantId"),
    (KmsKind::Rejected, "InvalidArn InvalidAliasName InvalidMarker"),
];

/// KMSInvalidStateException covers all states but Enabled; only its message tells which.
fn kind_of_state(message: &str) -> KmsKind {
    let message = message.to_ascii_lowercase();
    // "Pending replica deletion" as well: the key goes away once its replicas are gone.
    let deletion = ["pending deletion", "pendingdeletion", "pending replica deletion"];
    // CancelKeyDeletion refuses a key that "is not pending deletion".
    let none = find(&message, "not pending deletion").is_some();
    if !none && deletion.iter().any(|words| find(&message, words).is_some()) {
        KmsKind::PendingDeletion
    } else if find(&message, "disabled").is_some() {
        KmsKind::Disabled
    } else {
        KmsKind::InvalidState
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{from_response, is_retryable};
    use crate::host::HttpResponse;

    fn kind(status: u16, name: &str, message: &str) -> KmsKind {
        let body = serde_json::json!({ "__type": name, "message": message }).to_string();
        let response = HttpResponse { status, headers: Vec::new(), body: body.as_bytes().into() };
        let mut failure = from_response(&response);
        (KMS.refine)(&mut failure, &response.body);
        let repeated = is_retryable(failure.kind);
        let Fault::Kms(failure) = (KMS.error)(failure).into_fault() else { panic!("{name}") };
        assert_eq!(failure.status, status);
        let passes =
            matches!(failure.kind, KmsKind::Throttled | KmsKind::Failed | KmsKind::TimedOut);
        assert_eq!(repeated, passes, "{name}");
        failure.kind
    }

    #[test]
    fn every_name_has_its_kind() {
        use KmsKind::*;
        for (name, want) in [
            ("AccessDeniedException", AccessDenied),
            ("AccessDenied", AccessDenied),
            ("NotAuthorized", AccessDenied),
            ("NotFoundException", NotFound),
            ("DisabledException", Disabled),
            ("IncorrectKeyException", IncorrectKey),
            ("InvalidCiphertextException", InvalidCiphertext),
            ("InvalidKeyUsageException", WrongUsage),
            ("UnsupportedOperationException", WrongUsage),
            ("UnsupportedOperationOnKeyException", WrongUsage),
            ("UnrecognizedClientException", Credentials),
            ("InvalidSignatureException", Credentials),
            ("SignatureDoesNotMatch", Credentials),
            ("ExpiredTokenException", Credentials),
            ("MissingAuthenticationTokenException", Credentials),
            ("MissingAuthenticationToken", Credentials),
            ("IncompleteSignature", Credentials),
            ("InvalidClientTokenId", Credentials),
            ("ThrottlingException", Throttled),
            ("TooManyRequestsException", Throttled),
            ("RequestLimitExceeded", Throttled),
            ("KMSInternalException", Failed),
            ("DependencyTimeoutException", Failed),
            ("KeyUnavailableException", Failed),
            ("LimitExceededException", QuotaExceeded),
            ("KMSInvalidSignatureException", InvalidSignature),
            ("KMSInvalidMacException", InvalidSignature),
            ("AlreadyExistsException", AlreadyExists),
            ("InvalidAliasNameException", Rejected),
            ("InvalidMarkerException", Rejected),
            ("MalformedPolicyDocumentException", Rejected),
            ("ValidationException", Rejected),
            ("InvalidArnException", Rejected),
            ("InvalidGrantTokenException", InvalidGrant),
            ("InvalidGrantIdException", InvalidGrant),
            ("SomethingNewException", Rejected),
        ] {
            assert_eq!(kind(400, name, "m"), want, "{name}");
        }
        // A name that says no outweighs a status that says maybe.
        assert_eq!(kind(500, "AccessDeniedException", "m"), AccessDenied);
        assert_eq!(kind(500, "DisabledException", "m"), Disabled);
        assert_eq!(kind(500, "InvalidArnException", "m"), Rejected);
        assert_eq!(kind(500, "SomethingNewException", "m"), Failed);
        assert_eq!(kind(429, "SomethingNewException", "m"), Throttled);
    }

    #[test]
    fn states_from_the_message() {
        use KmsKind::*;
        for (message, want) in [
            ("arn:… is pending deletion.", PendingDeletion),
            ("arn:… is Pending Deletion.", PendingDeletion),
            ("the key's state is PendingDeletion", PendingDeletion),
            ("arn:… is pending replica deletion.", PendingDeletion),
            ("arn:… is not pending deletion.", InvalidState),
            ("arn:… is disabled.", Disabled),
            ("arn:… is pending import.", InvalidState),
            ("arn:… is unavailable.", InvalidState),
            ("", InvalidState),
        ] {
            assert_eq!(kind(400, "KMSInvalidStateException", message), want, "{message}");
        }
    }
}
