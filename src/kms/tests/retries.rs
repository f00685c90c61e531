//! What is sent again, how often and after how long; what is not.

use serde_json::json;

use super::host::{KEY, Script, block_on, failure};
use crate::aws::ClientConfig;
use crate::error::{KmsKind, Result};
use crate::host::HttpFailure;
use crate::kms::{DecryptRequest, DecryptResponse, KmsClient};

fn decrypt(client: &KmsClient) -> Result<DecryptResponse> {
    block_on(client.decrypt(DecryptRequest {
        ciphertext_blob: vec![1],
        key_id: Some("k".to_owned()),
        ..Default::default()
    }))
}

fn good() -> serde_json::Value {
    json!({ "KeyId": KEY, "Plaintext": "AQID" })
}

fn with_attempts(max_attempts: u32) -> ClientConfig {
    ClientConfig { max_attempts: Some(max_attempts), ..ClientConfig::default() }
}

#[test]
fn what_may_pass_is_sent_again() {
    for (status, name) in [
        (400, "ThrottlingException"),
        (400, "TooManyRequestsException"),
        (400, "RequestLimitExceeded"),
        (429, "Whatever"),
        (500, "KMSInternalException"),
        (503, "DependencyTimeoutException"),
        (500, "KeyUnavailableException"),
        (500, "Whatever"),
    ] {
        let net = Script::new().then_refuse(status, name).then(200, good());
        assert_eq!(*decrypt(&net.client()).unwrap().plaintext, [1, 2, 3], "{name}");
        assert_eq!(net.count(), 2);
        let throttled = (400..430).contains(&status);
        let bound = if throttled { 1000 } else { 50 };
        assert!(net.sleeps.borrow().iter().all(|slept| *slept <= bound));
        let sent = net.sent.borrow();
        assert_eq!(sent[0].raw, sent[1].raw);
        assert_eq!(sent[0].headers, sent[1].headers);
    }
    for fault in [HttpFailure::TimedOut, HttpFailure::Unreachable("reset".to_owned())] {
        let net = Script::new().then_fail(fault).then_raw(502, &[], "<html>").then(200, good());
        decrypt(&net.client()).unwrap();
        assert_eq!(net.count(), 3);
    }
}

#[test]
fn a_definite_no_is_sent_once() {
    use KmsKind::*;
    for (status, name, kind, code) in [
        (400, "AccessDeniedException", AccessDenied, "KMS_ACCESS_DENIED"),
        (400, "NotFoundException", NotFound, "KMS_KEY_NOT_FOUND"),
        (400, "DisabledException", Disabled, "KMS_KEY_DISABLED"),
        (400, "KMSInvalidStateException", InvalidState, "KMS_INVALID_STATE"),
        (400, "IncorrectKeyException", IncorrectKey, "KMS_INCORRECT_KEY"),
        (400, "InvalidCiphertextException", InvalidCiphertext, "KMS_INVALID_CIPHERTEXT"),
        (400, "InvalidKeyUsageException", WrongUsage, "KMS_WRONG_KEY_USAGE"),
        (400, "UnsupportedOperationException", WrongUsage, "KMS_WRONG_KEY_USAGE"),
        (403, "InvalidSignatureException", Credentials, "KMS_CREDENTIALS"),
        (400, "ExpiredTokenException", Credentials, "KMS_CREDENTIALS"),
        (400, "LimitExceededException", QuotaExceeded, "KMS_QUOTA_EXCEEDED"),
        (400, "ValidationException", Rejected, "KMS_REJECTED"),
        (404, "UnknownOperationException", Rejected, "KMS_REJECTED"),
    ] {
        let net = Script::new().then_refuse(status, name);
        let error = decrypt(&net.client()).unwrap_err();
        assert_eq!(error.code(), code);
        let failure = failure::<()>(Err(error));
        assert_eq!(failure.kind, kind, "{name}");
        assert_eq!(failure.operation, "Decrypt");
        assert_eq!(failure.key_id.as_deref(), Some("k"));
        assert_eq!(failure.name.as_deref(), Some(name));
        assert_eq!(failure.message, "because");
        assert_eq!((failure.status, failure.attempts), (status, 1));
        assert_eq!(net.count(), 1);
        assert!(net.sleeps.borrow().is_empty());
    }
}

#[test]
fn a_definite_no_ends_the_retries() {
    let net = Script::new().then_refuse(503, "X").then_refuse(400, "DisabledException");
    let failure = failure(decrypt(&net.client()));
    assert_eq!((failure.kind, failure.attempts), (KmsKind::Disabled, 2));
}

#[test]
fn the_number_of_attempts_is_kept() {
    for max in [1, 2, 4, 12] {
        let net = Script::new();
        for _ in 0..max {
            net.then_refuse(500, "KMSInternalException");
        }
        let failure = failure(decrypt(&net.client_with(with_attempts(max))));
        assert_eq!((failure.kind, failure.attempts), (KmsKind::Failed, max));
        assert_eq!(net.count(), max as usize);
        let sleeps = net.sleeps.borrow();
        assert!(sleeps.len() < max as usize);
        assert!(sleeps.iter().all(|sleep| *sleep <= 20_000), "{sleeps:?}");
    }
}

#[test]
fn throttled_to_the_end() {
    let net = Script::new();
    (0..3).for_each(|_| drop(net.then_refuse(400, "ThrottlingException")));
    let failure = failure(decrypt(&net.client()));
    assert_eq!((failure.kind, failure.attempts), (KmsKind::Throttled, 3));
}

#[test]
fn time_out_and_no_connection() {
    let net = Script::new();
    (0..2).for_each(|_| drop(net.then_fail(HttpFailure::TimedOut)));
    let config = ClientConfig { timeout_ms: 77, max_attempts: Some(2), ..ClientConfig::default() };
    let timed_out = failure(decrypt(&net.client_with(config)));
    assert_eq!((timed_out.kind, timed_out.status), (KmsKind::TimedOut, 0));
    assert_eq!(timed_out.message, "no response within 77 ms");
    assert_eq!((timed_out.request_id, timed_out.name), (None, None));
    assert!(net.sent.borrow().iter().all(|sent| sent.timeout_ms == 77));

    let net = Script::new().then_fail(HttpFailure::Unreachable("CORS".to_owned()));
    let unreachable = failure(decrypt(&net.client_with(with_attempts(1))));
    assert_eq!(unreachable.kind, KmsKind::Unreachable);
    assert_eq!(unreachable.message, "no connection: CORS");
}

#[test]
fn not_sent_in_time_is_repeated_and_not_counted() {
    let config =
        || ClientConfig { timeout_ms: 77, max_attempts: Some(2), ..ClientConfig::default() };
    let net = Script::new();
    (0..2).for_each(|_| drop(net.then_fail(HttpFailure::NotSent)));
    let not_sent = failure(decrypt(&net.client_with(config())));
    assert_eq!((not_sent.kind, not_sent.attempts), (KmsKind::TimedOut, 0));
    let message = "not sent within 77 ms: the client's other requests were before it";
    assert_eq!(not_sent.message, message);
    assert_eq!(net.count(), 2);

    let net = Script::new().then_fail(HttpFailure::NotSent).then(200, good());
    decrypt(&net.client_with(config())).unwrap();

    let net = Script::new().then_fail(HttpFailure::NotSent).then_refuse(400, "NotFoundException");
    assert_eq!(failure(decrypt(&net.client_with(config()))).attempts, 1);
}

#[test]
fn the_port_is_told_how_much_to_read() {
    let net = Script::new().then(200, good());
    decrypt(&net.client()).unwrap();
    assert_eq!(net.sent.borrow()[0].max_response_bytes, 1 << 20);

    // What it answers of a longer response: one byte more.
    let net = Script::new().then_raw(200, &[], vec![b' '; (1 << 20) + 1]);
    let error = decrypt(&net.client()).unwrap_err();
    assert_eq!(error.code(), "MALFORMED_KMS_RESPONSE");
    assert!(error.to_string().contains("more than 1 MiB"), "{error}");
    for (length, said) in [((1 << 20) + 1, "more than 1 MiB of"), (1 << 20, "1048576 bytes of")] {
        let net = Script::new().then_raw(400, &[], vec![b' '; length]);
        let message = failure(decrypt(&net.client())).message;
        assert!(message.contains(said), "{message}");
    }
}

#[test]
fn retry_after_is_honoured_up_to_a_cap() {
    for (header, value, low, high) in [
        ("Retry-After", "2", 2000, 2000),
        ("Retry-After", "3600", 20_000, 20_000),
        ("Retry-After", "soon", 0, 50),
        ("x-amz-retry-after", "1234", 1234, 1234),
        ("x-amz-retry-after", "99999999", 20_000, 20_000),
        ("x-amz-retry-after", "-1", 0, 50),
    ] {
        let net = Script::new().then_raw(503, &[(header, value)], "").then(200, good());
        decrypt(&net.client()).unwrap();
        let slept = net.sleeps.borrow().first().copied().unwrap_or(0);
        assert!((low..=high).contains(&slept), "{value}: {slept}");
    }
}

#[test]
fn a_date_to_retry_after_is_honoured_up_to_a_cap() {
    let date = "Fri, 21 Mar 2031 08:00:00 GMT";
    for (until, date, low, high) in [
        ("Fri, 21 Mar 2031 08:00:03 GMT", date, 3000, 3000),
        ("Fri, 21 Mar 2031 09:00:00 GMT", date, 20_000, 20_000),
        ("Fri, 31 Dec 9999 23:59:59 GMT", date, 20_000, 20_000),
        ("Fri, 21 Mar 2031 07:59:59 GMT", date, 0, 50),
        ("Fri, 21 Mar 2031 08:00:03 CET", date, 0, 50),
        // A service whose date is absurd gets no more than the cap, either.
        ("Fri, 21 Mar 2031 08:00:03 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", 20_000, 20_000),
        ("Fri, 21 Mar 2031 08:00:03 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", 0, 50),
    ] {
        let headers = [("retry-after", until), ("date", date)];
        let net = Script::new().then_raw(503, &headers, "").then(200, good());
        decrypt(&net.client()).unwrap();
        let slept = net.sleeps.borrow().first().copied().unwrap_or(0);
        assert!((low..=high).contains(&slept), "{until} {date}: {slept}");
    }
}

#[cfg(feature = "kms-admin")]
#[test]
fn without_the_services_date_its_clock_is_the_one_that_is_known() {
    // An hour ahead of this machine's, as the client was told; a quarter of a minute later there.
    let until = [("retry-after", "Fri, 01 Mar 2024 01:00:14 GMT")];
    for (clock_offset_ms, wait_ms) in [(3_600_000, 14_870), (0, 20_000)] {
        let config = ClientConfig { clock_offset_ms, ..ClientConfig::default() };
        let net = Script::new().then_raw(503, &until, "").then(200, good());
        decrypt(&net.client_with(config)).unwrap();
        assert_eq!(net.sleeps.borrow()[..], [wait_ms]);
    }
}

#[test]
fn request_ids_are_kept() {
    let net = Script::new().then_raw(
        400,
        &[("x-amzn-RequestId", "id-1"), ("x-amzn-errortype", "NotFoundException:")],
        "{}",
    );
    let failure = failure(decrypt(&net.client()));
    assert_eq!(failure.request_id.as_deref(), Some("id-1"));
    assert_eq!(failure.kind, KmsKind::NotFound);
}
