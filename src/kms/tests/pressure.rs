//! A client whose service throttles, whose clock is wrong, or whose time is short.

#[cfg(feature = "kms-admin")]
use core::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};

use super::host::{KEY, Script, block_on, failure, join_all};
#[cfg(feature = "kms-admin")]
use super::host::{LATENCY_MS, Provider, START_MS};
use crate::aws::{Auth, ClientConfig, StaticCredentials};
#[cfg(feature = "kms-admin")]
use crate::aws::{Event, OnEvent, RetryMode};
use crate::crypto::Secret;
use crate::error::{KmsKind, Result};
#[cfg(feature = "kms-admin")]
use crate::host::{Credentials, CredentialsProvider, HttpFailure, LocalFuture, Network};
use crate::kms::{DecryptRequest, DecryptResponse, KmsClient};

#[cfg(feature = "kms-admin")]
const HOUR_MS: i64 = 3_600_000;
/// An hour after the virtual clock's start, as a header says it.
const HOUR_LATER: (&str, &str) = ("Date", "Fri, 01 Mar 2024 00:59:59 GMT");

fn signing(config: ClientConfig) -> ClientConfig {
    let keys = StaticCredentials::new("AKID", Secret::from(&b"s"[..]), None);
    ClientConfig {
        region: Some("us-west-2".to_owned()),
        auth: Auth::SigV4(Rc::new(keys)),
        ..config
    }
}

async fn decrypt(client: &KmsClient) -> Result<DecryptResponse> {
    client.decrypt(DecryptRequest { ciphertext_blob: vec![1], ..Default::default() }).await
}

fn good() -> Value {
    json!({ "KeyId": KEY, "Plaintext": "AQID" })
}

/// When the requests were signed, as they say it.
fn signed_at(net: &Script) -> Vec<String> {
    net.sent.borrow().iter().map(|sent| sent.header("x-amz-date").unwrap().to_owned()).collect()
}

fn expired(net: &Rc<Script>, headers: &[(&str, &str)]) -> Rc<Script> {
    let body = json!({
        "__type": "InvalidSignatureException",
        "message": "Signature expired: 20240229T235959Z is now earlier than 20240301T005459Z",
    });
    net.then_raw(403, headers, body.to_string())
}

#[test]
fn the_clock_is_corrected_once_and_for_all() {
    let net = expired(&Script::new(), &[HOUR_LATER]).then(200, good()).then(200, good());
    // A repetition with another clock is not one of the attempts.
    let client =
        net.client_with(signing(ClientConfig { max_attempts: Some(1), ..Default::default() }));
    block_on(decrypt(&client)).unwrap();
    block_on(decrypt(&client.clone())).unwrap();
    assert_eq!(signed_at(&net), ["20240229T235959Z", "20240301T005959Z", "20240301T005959Z"]);
    assert!(net.sleeps.borrow().is_empty());
}

#[test]
fn a_clock_that_is_ahead_is_corrected_too() {
    for name in ["RequestInTheFuture", "RequestTimeTooSkewed", "RequestExpired"] {
        let body = json!({ "__type": name, "message": "m" }).to_string();
        let date = ("date", "Thu, 29 Feb 2024 22:59:59 GMT");
        let net = Script::new().then_raw(403, &[date], body).then(200, good());
        block_on(decrypt(&net.client_with(signing(ClientConfig::default())))).unwrap();
        assert_eq!(signed_at(&net), ["20240229T235959Z", "20240229T225959Z"], "{name}");
    }
}

#[cfg(feature = "kms-admin")]
#[test]
fn the_clock_of_the_configuration_is_the_first() {
    let net = Script::new().then(200, good());
    let config = ClientConfig { clock_offset_ms: -HOUR_MS, ..Default::default() };
    block_on(decrypt(&net.client_with(signing(config)))).unwrap();
    assert_eq!(signed_at(&net), ["20240229T225959Z"]);
    let config = ClientConfig { clock_offset_ms: i64::MIN, ..Default::default() };
    let net = Script::new().then(200, good());
    block_on(decrypt(&net.client_with(signing(config)))).unwrap();
    assert_eq!(signed_at(&net), ["19700101T000000Z"]);
}

#[test]
fn calls_that_are_refused_together_correct_the_clock_once() {
    let net = Script::new();
    (0..8).for_each(|_| drop(expired(&net, &[HOUR_LATER])));
    (0..8).for_each(|_| drop(net.then(200, good())));
    let client = net.client_with(signing(ClientConfig::default()));
    let results = join_all((0..8).map(|_| Box::pin(decrypt(&client)) as _).collect());
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(signed_at(&net)[8..], vec!["20240301T005959Z"; 8]);
}

#[test]
fn what_a_late_refusal_says_of_the_time_is_not_taken() {
    // Both were signed by the clock that was wrong; the second refusal says another time.
    let net = expired(&Script::new(), &[HOUR_LATER]);
    expired(&net, &[("date", "Fri, 01 Mar 2024 09:00:00 GMT")]);
    let net = net.then(200, good()).then(200, good());
    let client = net.client_with(signing(ClientConfig::default()));
    let results = join_all((0..2).map(|_| Box::pin(decrypt(&client)) as _).collect());
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(signed_at(&net)[2..], ["20240301T005959Z", "20240301T005959Z"]);
}

#[cfg(feature = "kms-admin")]
#[test]
fn credentials_expire_by_the_services_clock() {
    // In half an hour here; there it is an hour later, and they have expired.
    let until = Some(START_MS + 1_800_000);
    for (clock_offset_ms, calls) in [(HOUR_MS, 2), (0, 1)] {
        let provider = Provider::new().then("A", until).then("B", until);
        let config = ClientConfig {
            region: Some("us-west-2".to_owned()),
            auth: Auth::SigV4(Rc::clone(&provider) as _),
            clock_offset_ms,
            ..Default::default()
        };
        let net = Script::new().then(200, good()).then(200, good());
        let client = net.client_with(config);
        (0..2).for_each(|_| drop(block_on(decrypt(&client)).unwrap()));
        assert_eq!(provider.calls.get(), calls, "{clock_offset_ms}");
    }
}

#[cfg(feature = "kms-admin")]
#[test]
fn adaptive_mode_slows_down_for_throttles_alone() {
    let config = ClientConfig { retry_mode: RetryMode::Adaptive, ..Default::default() };
    let net = Script::new().then_refuse(500, "KMSInternalException").then(200, good());
    block_on(decrypt(&net.client_with(config))).unwrap();
    assert!(net.sleeps.borrow().iter().all(|ms| *ms <= 50), "{:?}", net.sleeps.borrow());
}

#[test]
fn every_status_of_success_is_one() {
    for (status, succeeds) in [(199, false), (200, true), (299, true), (300, false)] {
        let net = Script::new().then(status, good());
        let config = ClientConfig { max_attempts: Some(1), ..Default::default() };
        assert_eq!(block_on(decrypt(&net.client_with(config))).is_ok(), succeeds, "{status}");
    }
}

#[test]
fn a_clock_that_cannot_be_corrected_is_named() {
    let near = ("date", "Thu, 29 Feb 2024 23:59:55 GMT");
    for headers in [&[][..], &[("date", "yesterday")], &[near]] {
        let net = expired(&Script::new(), headers);
        let error =
            block_on(decrypt(&net.client_with(signing(ClientConfig::default())))).unwrap_err();
        assert!(error.next().contains("check the clock"), "{}", error.next());
        let failure = failure::<()>(Err(error));
        assert_eq!((failure.kind, failure.attempts), (KmsKind::Credentials, 1), "{headers:?}");
    }
    // Once only: an endpoint that always refuses is not asked for ever.
    let net = expired(&Script::new(), &[HOUR_LATER]);
    expired(&net, &[("date", "Fri, 01 Mar 2024 09:00:00 GMT")]);
    let failure = failure(block_on(decrypt(&net.client_with(signing(ClientConfig::default())))));
    assert_eq!((failure.kind, failure.attempts), (KmsKind::Credentials, 2));
}

#[test]
fn nothing_is_corrected_where_nothing_is_signed() {
    let net = expired(&Script::new(), &[HOUR_LATER]);
    assert_eq!(failure(block_on(decrypt(&net.client()))).attempts, 1);
}

#[test]
fn what_fails_and_fails_is_not_repeated_any_more() {
    let net = Script::new();
    (0..200).for_each(|_| drop(net.then_refuse(500, "KMSInternalException")));
    let client = net.client();
    let attempts = || failure(block_on(decrypt(&client))).attempts;
    // 35 repetitions at 14 tokens each; the 18th call has one of its two.
    assert!((0..17).all(|_| attempts() == 3));
    assert_eq!(attempts(), 2);
    assert!((0..20).all(|_| attempts() == 1));
    assert_eq!(net.count(), 17 * 3 + 2 + 20);
    // Another client has its own.
    assert_eq!(failure(block_on(decrypt(&net.client()))).attempts, 3);
}

#[cfg(feature = "branch-keys")]
#[test]
fn a_client_under_another_name_shares_its_tokens() {
    let net = Script::new();
    (0..80).for_each(|_| drop(net.then_refuse(500, "KMSInternalException")));
    let client = net.client();
    let other = client.also_as("part");
    (0..18).for_each(|_| drop(block_on(decrypt(&client)).unwrap_err()));
    assert_eq!(failure(block_on(decrypt(&other))).attempts, 1);
}

#[test]
fn successes_bring_back_what_repetitions_cost() {
    let net = Script::new();
    let client = net.client();
    for _ in 0..200 {
        net.then_refuse(400, "ThrottlingException").then(200, good());
        block_on(decrypt(&client)).unwrap();
    }
    (0..3).for_each(|_| drop(net.then_refuse(400, "ThrottlingException")));
    assert_eq!(failure(block_on(decrypt(&client))).attempts, 3);
}

#[cfg(feature = "kms-admin")]
#[test]
fn a_call_ends_when_its_time_is_over() {
    let config = |limit| ClientConfig {
        operation_timeout_ms: Some(limit),
        timeout_ms: 5000,
        max_attempts: Some(2),
        ..Default::default()
    };
    // The second attempt has what the first left.
    let net = Script::new().then_raw(503, &[("retry-after", "2")], "");
    net.then_fail(HttpFailure::TimedOut);
    let ended = failure(block_on(decrypt(&net.client_with(config(2500)))));
    assert_eq!((ended.kind, ended.attempts), (KmsKind::TimedOut, 2));
    let left = 2500 - 2000 - u32::try_from(LATENCY_MS).unwrap();
    let timeouts: Vec<u32> = net.sent.borrow().iter().map(|sent| sent.timeout_ms).collect();
    assert_eq!(timeouts, [2500, left]);
    assert_eq!(ended.message, format!("no response within {left} ms"));

    // What would be sent too late is not waited for.
    let net = Script::new().then_raw(503, &[("retry-after", "3")], "");
    let ended = failure(block_on(decrypt(&net.client_with(config(2500)))));
    assert_eq!((ended.kind, ended.attempts), (KmsKind::Failed, 1));
    assert!(net.sleeps.borrow().is_empty());
}

#[cfg(feature = "kms-admin")]
#[test]
fn the_adaptive_mode_waits_no_longer_than_the_call_may() {
    let events: Rc<RefCell<Vec<Event>>> = Rc::default();
    let sink = Rc::clone(&events);
    let on_event: OnEvent = Rc::new(move |event: &Event| sink.borrow_mut().push(event.clone()));
    let config = |max_attempts| ClientConfig {
        retry_mode: RetryMode::Adaptive,
        operation_timeout_ms: Some(1500),
        max_attempts: Some(max_attempts),
        on_event: Some(Rc::clone(&on_event)),
        ..Default::default()
    };
    // The next request may be sent after two seconds, whatever the wait after the throttle.
    let net = Script::new().then_refuse(400, "ThrottlingException");
    let ended = failure(block_on(decrypt(&net.client_with(config(2)))));
    assert_eq!((ended.kind, ended.attempts), (KmsKind::Throttled, 1), "as its last attempt did");
    assert!(events.borrow()[0].repetitions.is_empty(), "nothing was sent again");

    // So with a call right after one that a throttle ended at once.
    let net = Script::new().then_refuse(400, "ThrottlingException");
    let client = net.client_with(config(1));
    failure(block_on(decrypt(&client)));
    let before = net.elapsed_ms.get();
    let ended = failure(block_on(decrypt(&client)));
    assert_eq!((ended.kind, ended.attempts, net.count()), (KmsKind::TimedOut, 0, 1));
    let words = "not sent within 1500 ms: the service throttles";
    assert!(ended.message.contains(words), "{}", ended.message);
    assert!(net.elapsed_ms.get() - before < 1500);
}

#[cfg(feature = "kms-admin")]
#[test]
fn nothing_is_sent_when_credentials_come_after_the_calls_time() {
    /// Takes half a second.
    struct Slow(Rc<Script>);

    impl CredentialsProvider for Slow {
        fn credentials(&self, forced: bool) -> LocalFuture<'_, Result<Credentials>> {
            Box::pin(async move {
                self.0.sleep_ms(500).await;
                let keys = StaticCredentials::new("AKID", Secret::from(&b"s"[..]), None);
                keys.credentials(forced).await
            })
        }
    }

    let net = Script::new();
    let config = |limit| ClientConfig {
        auth: Auth::SigV4(Rc::new(Slow(Rc::clone(&net)))),
        operation_timeout_ms: Some(limit),
        ..signing(ClientConfig::default())
    };
    let ended = failure(block_on(decrypt(&net.client_with(config(500)))));
    assert_eq!((ended.kind, ended.attempts, net.count()), (KmsKind::TimedOut, 0, 0));
    let words = "not sent within 500 ms: that was over before the request was made";
    assert!(ended.message.contains(words), "{}", ended.message);

    net.then(200, good());
    block_on(decrypt(&net.client_with(config(501)))).unwrap();
    assert_eq!(net.sent.borrow()[0].timeout_ms, 1);
}

#[cfg(feature = "kms-admin")]
#[test]
fn the_adaptive_mode_slows_down_after_a_throttle() {
    let elapsed = |retry_mode| {
        let net = Script::new();
        let config = ClientConfig { retry_mode, ..Default::default() };
        let client = net.client_with(config);
        let run = |n| {
            for _ in 0..n {
                net.then(200, good());
                block_on(decrypt(&client)).unwrap();
            }
        };
        run(1000);
        let before = net.elapsed_ms.get();
        assert_eq!(before, 1000 * LATENCY_MS, "nothing waits before the first throttle");
        net.then_raw(400, &[], json!({ "__type": "ThrottlingException" }).to_string());
        run(1000);
        net.elapsed_ms.get() - before
    };
    let standard = elapsed(RetryMode::Standard);
    assert!(standard <= 1001 * LATENCY_MS + 1000, "{standard}");
    let adaptive = elapsed(RetryMode::Adaptive);
    assert!((1050 * LATENCY_MS..4000 * LATENCY_MS).contains(&adaptive), "{adaptive}");
}

#[cfg(feature = "kms-admin")]
#[test]
fn events_say_why_and_when_a_request_was_sent_again() {
    let events: Rc<RefCell<Vec<Event>>> = Rc::default();
    let sink = Rc::clone(&events);
    let net = expired(&Script::new(), &[HOUR_LATER]);
    net.then_refuse(400, "ThrottlingException").then_fail(HttpFailure::TimedOut).then(200, good());
    let client = net.client_with(signing(ClientConfig {
        on_event: Some(Rc::new(move |event: &Event| sink.borrow_mut().push(event.clone()))),
        ..Default::default()
    }));
    block_on(decrypt(&client)).unwrap();
    let events = events.borrow();
    let seen: Vec<_> = events[0].repetitions.iter().map(|r| (r.attempt, r.reason)).collect();
    assert_eq!(seen, [(1, "CLOCK_SKEW"), (2, "THROTTLED"), (3, "TIMED_OUT")]);
    let waited: u32 = events[0].repetitions.iter().map(|r| r.backoff_ms).sum();
    assert_eq!(net.elapsed_ms.get(), u64::from(waited) + 4 * LATENCY_MS);
    assert_eq!(events[0].started_ms, START_MS);
}
