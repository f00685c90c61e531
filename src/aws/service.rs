//! What differs between the AWS services that are called in one way: an operation's name in a
//! header, JSON in and out, Signature Version 4.

use crate::error::Error;

use super::failure::Failure;

/// One service.
pub(crate) struct Service {
    /// Its name in host names and in the signature's scope.
    pub(crate) id: &'static str,
    /// What stands before the operation in `x-amz-target`.
    pub(crate) target: &'static str,
    /// The content type of all requests.
    pub(crate) content_type: &'static str,
    /// How often a request is sent at most, unless the configuration says it.
    pub(crate) max_attempts: u32,
    /// The bound of the first wait before a repetition, in milliseconds.
    pub(crate) backoff_ms: u64,
    /// Corrects what a failure was taken for, by names and response bodies that only this service has.
    pub(crate) refine: fn(&mut Failure, &[u8]),
    /// The error that a failure is for the service's users.
    pub(crate) error: fn(Failure) -> Error,
}
