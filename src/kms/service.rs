//! What differs between the AWS services that are called in one way: an operation's name in a
//! header, JSON in and out, Signature Version 4.

use crate::error::{Error, KmsFailure};

use super::protocol::CONTENT_TYPE;

/// No response of KMS comes near this many bytes, nor one of DynamoDB: items have at most 400 KiB,
/// before Base64.
pub(crate) const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// One service.
pub(crate) struct Service {
    /// Its name in host names and in the signature's scope.
    pub(crate) id: &'static str,
    /// What stands before the operation in `x-amz-target`.
    pub(crate) target: &'static str,
    /// The content type of all requests.
    pub(crate) content_type: &'static str,
    /// Corrects what a failure was taken for, by what only this service says in its answer's body.
    pub(crate) refine: fn(&mut KmsFailure, &[u8]),
    /// The service's own form of an error.
    pub(crate) error: fn(Error) -> Error,
}

/// AWS KMS, whose words all others are translated from.
pub(super) static KMS: Service = Service {
    id: "kms",
    target: "TrentService.",
    content_type: CONTENT_TYPE,
    refine: |_, _| {},
    error: |error| error,
};
