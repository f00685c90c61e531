//! Events, and what must not show in them, in errors and in debug output.

use core::cell::RefCell;
use std::rc::Rc;

use serde_json::json;

use super::host::{KEY, LATENCY_MS, Provider, START_MS, Script, block_on, public_key_answer};
#[cfg(feature = "kms-admin")]
use crate::aws::Repetition;
use crate::aws::{Auth, ClientConfig, Event, StaticCredentials};
use crate::crypto::Secret;
use crate::error::Error;
use crate::host::{Credentials, HttpFailure, HttpRequest};
use crate::kms::{
    DecryptRequest, EncryptRequest, GenerateDataKeyRequest, GetPublicKeyRequest, ReEncryptRequest,
};

type Events = Rc<RefCell<Vec<Event>>>;

fn observed(config: ClientConfig) -> (ClientConfig, Events) {
    let events = Events::default();
    let sink = Rc::clone(&events);
    let on_event = Rc::new(move |event: &Event| sink.borrow_mut().push(event.clone()));
    (ClientConfig { on_event: Some(on_event), ..config }, events)
}

#[test]
fn one_event_for_a_call_with_retries() {
    let net = Script::new().then_raw(503, &[("x-amzn-requestid", "first")], "").then_raw(
        200,
        &[("x-amzn-requestid", "second")],
        json!({ "KeyId": KEY, "Plaintext": "AQID" }).to_string(),
    );
    let (config, events) =
        observed(ClientConfig { region: Some("us-west-2".to_owned()), ..ClientConfig::default() });
    let request = DecryptRequest {
        ciphertext_blob: vec![1],
        encryption_context: [("b", "SECRETVALUE"), ("a", "SECRETVALUE")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into(),
        ..Default::default()
    };
    block_on(net.client_with(config).decrypt(request)).unwrap();
    // A wait that the randomness made nothing is not one.
    let slept = net.sleeps.borrow().first().copied().unwrap_or(0);
    let want = Event {
        operation: "Decrypt",
        about: Some(KEY.to_owned()),
        region: Some("us-west-2".to_owned()),
        host: "localhost:4566".to_owned(),
        started_ms: START_MS,
        duration_ms: 2 * LATENCY_MS + u64::from(slept),
        attempts: 2,
        #[cfg(feature = "kms-admin")]
        repetitions: vec![Repetition { attempt: 1, reason: "FAILED", backoff_ms: slept }],
        outcome: Ok(()),
        request_id: Some("second".to_owned()),
        encryption_context_keys: vec!["a".to_owned(), "b".to_owned()],
    };
    assert_eq!(*events.borrow(), [want]);
}

#[test]
fn events_of_failures_hold_the_code() {
    let net =
        Script::new().then_refuse(400, "DisabledException").then(200, json!({ "KeyId": KEY }));
    let (config, events) = observed(ClientConfig::default());
    let client = net.client_with(config);
    let request = ReEncryptRequest {
        ciphertext_blob: vec![1],
        destination_key_id: "d".to_owned(),
        source_encryption_context: [("x".to_owned(), "1".to_owned())].into(),
        destination_encryption_context: [("x".to_owned(), "2".to_owned())].into(),
        ..Default::default()
    };
    block_on(client.re_encrypt(request)).unwrap_err();
    let request = DecryptRequest { ciphertext_blob: vec![1], ..Default::default() };
    block_on(client.decrypt(request)).unwrap_err();
    let events = events.borrow();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].outcome, Err("KMS_KEY_DISABLED"));
    assert_eq!(events[0].about.as_deref(), Some("d"));
    assert_eq!(events[0].encryption_context_keys, ["x"]);
    assert_eq!(events[1].outcome, Err("MALFORMED_KMS_RESPONSE"));
    assert_eq!(events[1].about, None);
}

#[test]
fn no_credentials_is_an_event_without_attempts() {
    let net = Script::new();
    let provider = Provider::new().then_result(Err(Error::host("x".to_owned())));
    let (config, events) = observed(ClientConfig {
        region: Some("us-west-2".to_owned()),
        auth: Auth::SigV4(provider),
        ..ClientConfig::default()
    });
    let request = DecryptRequest { ciphertext_blob: vec![1], ..Default::default() };
    block_on(net.client_with(config).decrypt(request)).unwrap_err();
    let events = events.borrow();
    assert_eq!((events.len(), events[0].attempts), (1, 0));
    assert_eq!(events[0].outcome, Err("KMS_CREDENTIALS"));
}

#[test]
fn kept_keys_and_refused_arguments_are_no_events() {
    let net = Script::new().then(200, public_key_answer());
    let (config, events) = observed(ClientConfig::default());
    let client = net.client_with(config);
    for _ in 0..3 {
        let request = GetPublicKeyRequest { key_id: KEY.to_owned(), ..Default::default() };
        block_on(client.get_public_key(request)).unwrap();
    }
    block_on(client.decrypt(DecryptRequest::default())).unwrap_err();
    assert_eq!(events.borrow().len(), 1);
}

#[test]
fn an_observer_may_call_the_client() {
    let net = Script::new().then(200, public_key_answer()).then(200, public_key_answer());
    let slot: Rc<RefCell<Option<crate::kms::KmsClient>>> = Rc::default();
    let inner = Rc::clone(&slot);
    let on_event = Rc::new(move |_: &Event| {
        if let Some(client) = inner.take() {
            client.forget_public_key(KEY);
            let request = GetPublicKeyRequest { key_id: KEY.to_owned(), ..Default::default() };
            block_on(client.get_public_key(request)).unwrap();
        }
    });
    let client =
        net.client_with(ClientConfig { on_event: Some(on_event), ..ClientConfig::default() });
    slot.replace(Some(client.clone()));
    let request = GetPublicKeyRequest { key_id: KEY.to_owned(), ..Default::default() };
    block_on(client.get_public_key(request)).unwrap();
    assert_eq!(net.count(), 2);
}

#[test]
fn the_request_id_is_that_of_the_last_attempt_or_none() {
    let (config, events) =
        observed(ClientConfig { max_attempts: Some(2), ..ClientConfig::default() });
    let net = Script::new()
        .then_raw(503, &[("x-amzn-requestid", "first")], "")
        .then_fail(HttpFailure::Unreachable("reset".to_owned()));
    let request = GetPublicKeyRequest { key_id: KEY.to_owned(), ..Default::default() };
    block_on(net.client_with(config).get_public_key(request)).unwrap_err();
    assert_eq!(events.borrow()[0].request_id, None);
}

#[test]
fn debug_output_shows_no_secret() {
    let secret = || Secret::from(&b"TOPSECRET"[..]);
    let context = || [("name".to_owned(), "TOPSECRET".to_owned())].into();
    let keys = StaticCredentials::new("AKID", secret(), Some("TOPSECRET".to_owned()));
    let config = ClientConfig {
        endpoint: Some("http://localhost/?k=TOPSECRET".to_owned()),
        region: Some("r".to_owned()),
        auth: Auth::SigV4(Rc::new(keys.clone())),
        headers: vec![("x-token".to_owned(), "TOPSECRET".to_owned())],
        ..ClientConfig::default()
    };
    let client = Script::new().client_with(config.clone());
    let http = HttpRequest {
        url: "http://localhost/?k=TOPSECRET".to_owned(),
        headers: vec![("authorization".to_owned(), "TOPSECRET".to_owned())],
        body: secret(),
        timeout_ms: 1,
        max_response_bytes: 1,
    };
    let credentials = Credentials {
        access_key_id: "AKID".to_owned(),
        secret_access_key: secret(),
        session_token: Some("TOPSECRET".to_owned()),
        expires_at_ms: None,
    };
    let shown = [
        format!("{config:?} {client:?} {keys:?} {http:?} {credentials:?}"),
        format!(
            "{:?}",
            EncryptRequest {
                plaintext: secret(),
                encryption_context: context(),
                ..Default::default()
            }
        ),
        format!("{:?}", DecryptRequest { encryption_context: context(), ..Default::default() }),
        format!(
            "{:?}",
            GenerateDataKeyRequest { encryption_context: context(), ..Default::default() }
        ),
        format!(
            "{:?}",
            ReEncryptRequest {
                source_encryption_context: context(),
                destination_encryption_context: context(),
                ..Default::default()
            }
        ),
    ];
    let numbers = format!("{:?}", b"TOPSECRET");
    for text in &shown {
        assert!(!text.contains("TOPSECRET") && !text.contains(&numbers), "{text}");
    }
    assert!(shown[1].contains("name"));
}

#[test]
fn answers_with_plaintext_show_none() {
    let plaintext = "VE9QU0VDUkVU";
    let net = Script::new().then(200, json!({ "KeyId": KEY, "Plaintext": plaintext }));
    let request = DecryptRequest { ciphertext_blob: vec![1], ..Default::default() };
    let opened = block_on(net.client().decrypt(request)).unwrap();
    assert_eq!(&*opened.plaintext, b"TOPSECRET");
    let shown = format!("{opened:?}");
    assert!(!shown.contains("TOPSECRET") && !shown.contains(plaintext));
    assert!(shown.contains("9 bytes"));
}
