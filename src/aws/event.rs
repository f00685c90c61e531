//! What an auditor may see of a call, to set beside the owner's own log of the service (CloudTrail).

#[cfg(feature = "kms-admin")]
use super::failure::FailureKind;

/// One call, after it ended. Holds no secret and no value of an encryption context.
///
/// A call that is refused before anything is sent, and a public key that comes from the client's
/// cache, give no event; neither does a call whose future is dropped before its end.
///
/// ```
/// use std::cell::RefCell;
/// use std::rc::Rc;
///
/// use fieldseal::aws::{ClientConfig, Event, OnEvent, Repetition};
/// use fieldseal::kms::{DescribeKeyRequest, KmsClient};
///
/// # fieldseal_doctest::run(async {
/// # let network = fieldseal_doctest::network();
/// let log = Rc::new(RefCell::new(Vec::new()));
/// let observed = Rc::clone(&log);
/// let on_event: OnEvent = Rc::new(move |event: &Event| observed.borrow_mut().push(event.clone()));
/// let config = ClientConfig {
///     region: Some("eu-central-1".into()),
///     on_event: Some(on_event),
///     ..ClientConfig::default()
/// };
/// let kms = KmsClient::new(config.into(), network)?;
/// kms.describe_key(DescribeKeyRequest { key_id: "alias/shop".into(), ..Default::default() }).await?;
///
/// let event = &log.borrow()[0];
/// assert_eq!((event.operation, event.about.as_deref()), ("DescribeKey", Some("alias/shop")));
/// assert_eq!((event.outcome, event.attempts), (Ok(()), 1));
/// assert_eq!(event.host, "kms.eu-central-1.amazonaws.com");
/// let none: &[Repetition] = &event.repetitions;
/// assert!(none.is_empty());
/// # Ok(())
/// # });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The operation, for example `Decrypt`; or `LoadPublicKey`, when the store of public keys gave
    /// what cannot be used.
    pub operation: &'static str,
    /// What the call is about. For KMS the key id sent; for a Decrypt without one, the key ARN that KMS
    /// returned. For DynamoDB the table's name.
    pub about: Option<String>,
    /// The client's Region, where it has one.
    pub region: Option<String>,
    /// Host name of the endpoint, with its port unless that is the scheme's own.
    pub host: String,
    /// Unix time in milliseconds at which the call began.
    pub started_ms: u64,
    /// Duration in milliseconds, with credentials, retries and waits.
    pub duration_ms: u64,
    /// How many times the request was sent; 0 if there were no credentials to sign it with.
    pub attempts: u32,
    /// Why and when it was sent again.
    #[cfg(feature = "kms-admin")]
    pub repetitions: Vec<Repetition>,
    /// Success, or the error's [`code`](crate::error::Error::code).
    pub outcome: Result<(), &'static str>,
    /// The service's id of the last request.
    pub request_id: Option<String>,
    /// The keys of the encryption context, sorted; of both contexts for ReEncrypt.
    pub encryption_context_keys: Vec<String>,
}

/// Why a request was sent again, and after how long: a part of [`Event`].
#[cfg(feature = "kms-admin")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repetition {
    /// The attempt that failed, from 1.
    pub attempt: u32,
    /// `THROTTLED`, `FAILED` (on the service's side), `TIMED_OUT`, `UNREACHABLE`, `CREDENTIALS` (they were stale) or
    /// `CLOCK_SKEW`.
    pub reason: &'static str,
    /// Milliseconds before the next attempt.
    pub backoff_ms: u32,
}

#[cfg(feature = "kms-admin")]
impl Repetition {
    pub(super) fn after(attempt: u32, kind: FailureKind, skew: bool, backoff_ms: u32) -> Self {
        let reason = match kind {
            FailureKind::Throttled => "THROTTLED",
            FailureKind::TimedOut => "TIMED_OUT",
            FailureKind::Unreachable => "UNREACHABLE",
            FailureKind::Failed => "FAILED",
            _ if skew => "CLOCK_SKEW",
            _ => "CREDENTIALS",
        };
        Self { attempt, reason, backoff_ms }
    }
}
