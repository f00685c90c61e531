//! Signing, caching and renewing of credentials.

use std::rc::Rc;

use serde_json::{Value, json};

use super::host::{KEY, Provider, START_MS, Script, block_on, failure, join_all};
use crate::aws::{Auth, ClientConfig, StaticCredentials};
use crate::crypto::Secret;
use crate::error::{Error, KmsKind, Result, Rule};
use crate::host::{Credentials, CredentialsProvider};
use crate::kms::{DecryptRequest, DecryptResponse, KmsClient};

const MINUTE_MS: u64 = 60_000;

fn client(net: &Rc<Script>, provider: Rc<dyn CredentialsProvider>) -> KmsClient {
    net.client_with(ClientConfig {
        region: Some("us-west-2".to_owned()),
        auth: Auth::SigV4(provider),
        ..ClientConfig::default()
    })
}

async fn decrypt(client: &KmsClient) -> Result<DecryptResponse> {
    client.decrypt(DecryptRequest { ciphertext_blob: vec![1], ..Default::default() }).await
}

fn good() -> Value {
    json!({ "KeyId": KEY, "Plaintext": "AQID" })
}

/// The access key ids that the requests were signed with, in order.
fn signers(net: &Script) -> Vec<String> {
    let id = |authorization: &str| {
        let from = authorization.split_once("Credential=").unwrap().1;
        from.split_once('/').unwrap().0.to_owned()
    };
    net.sent.borrow().iter().map(|sent| id(sent.header("authorization").unwrap())).collect()
}

#[test]
fn requests_are_signed() {
    let net = Script::new().then(200, good());
    let provider = Provider::new().then("AKID", None);
    block_on(decrypt(&client(&net, provider))).unwrap();
    let sent = net.sent.borrow();
    assert_eq!(sent[0].header("x-amz-date"), Some("20240229T235959Z"));
    assert_eq!(sent[0].header("x-amz-security-token"), Some("TOPSECRETTOKEN-AKID"));
    assert_eq!(sent[0].header("host"), None);
    let authorization = sent[0].header("authorization").unwrap();
    assert!(authorization.starts_with(
        "AWS4-HMAC-SHA256 Credential=AKID/20240229/us-west-2/kms/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target;\
         x-amz-user-agent, Signature="
    ));
}

#[test]
fn own_amz_headers_are_signed_and_others_are_not() {
    let net = Script::new().then(200, good());
    let keys = StaticCredentials::new("AKID", Secret::from(&b"s"[..]), None);
    let client = net.client_with(ClientConfig {
        region: Some("us-west-2".to_owned()),
        auth: Auth::SigV4(Rc::new(keys)),
        headers: [("X-Trace", "1"), ("X-Amz-Meta", "2")]
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .into(),
        ..ClientConfig::default()
    });
    block_on(decrypt(&client)).unwrap();
    let sent = net.sent.borrow();
    assert_eq!(sent[0].header("x-trace"), Some("1"));
    assert_eq!(sent[0].header("x-amz-meta"), Some("2"));
    let signed = "SignedHeaders=content-type;host;x-amz-date;x-amz-meta;x-amz-target;";
    assert!(sent[0].header("authorization").unwrap().contains(signed));
}

#[test]
fn without_expiry_they_are_kept() {
    let net = Script::new().then(200, good()).then(200, good());
    let provider = Provider::new().then("A", None);
    let client = client(&net, Rc::clone(&provider) as _);
    block_on(decrypt(&client)).unwrap();
    net.elapsed_ms.set(1000 * 24 * 60 * MINUTE_MS);
    block_on(decrypt(&client)).unwrap();
    assert_eq!(provider.calls.get(), 1);
}

#[test]
fn they_are_fetched_anew_five_minutes_before_they_expire() {
    let net = Script::new();
    (0..4).for_each(|_| drop(net.then(200, good())));
    let provider = Provider::new().then("A", Some(START_MS + 60 * MINUTE_MS)).then("B", None);
    let client = client(&net, Rc::clone(&provider) as _);
    for elapsed in [0, 55 * MINUTE_MS - 1, 55 * MINUTE_MS, 90 * MINUTE_MS] {
        net.elapsed_ms.set(elapsed);
        block_on(decrypt(&client)).unwrap();
    }
    assert_eq!(signers(&net), ["A", "A", "B", "B"]);
    assert_eq!(provider.calls.get(), 2);
}

#[test]
fn concurrent_calls_share_one_fetch() {
    let net = Script::new();
    (0..10).for_each(|_| drop(net.then(200, good())));
    let provider = Provider::new().then("A", None);
    let client = client(&net, Rc::clone(&provider) as _);
    let results = join_all((0..10).map(|_| Box::pin(decrypt(&client)) as _).collect());
    assert!(results.iter().all(Result::is_ok));
    assert_eq!((provider.calls.get(), net.count()), (1, 10));
}

#[test]
fn concurrent_calls_share_one_renewal() {
    let net = Script::new();
    (0..5).for_each(|_| drop(net.then_refuse(400, "ExpiredTokenException")));
    (0..5).for_each(|_| drop(net.then(200, good())));
    let provider = Provider::new().then("A", None).then("B", None);
    let client = client(&net, Rc::clone(&provider) as _);
    let results = join_all((0..5).map(|_| Box::pin(decrypt(&client)) as _).collect());
    assert!(results.iter().all(Result::is_ok));
    assert_eq!((provider.calls.get(), provider.forced.get()), (2, 1));
    assert_eq!(signers(&net), ["A", "A", "A", "A", "A", "B", "B", "B", "B", "B"]);
}

#[test]
fn stale_ones_are_renewed_once_whatever_the_attempts() {
    for name in ["ExpiredTokenException", "UnrecognizedClientException"] {
        let net = Script::new().then_refuse(400, name).then(200, good());
        let provider = Provider::new().then("A", None).then("B", None);
        let client = net.client_with(ClientConfig {
            region: Some("us-west-2".to_owned()),
            auth: Auth::SigV4(Rc::clone(&provider) as _),
            max_attempts: Some(1),
            ..ClientConfig::default()
        });
        block_on(decrypt(&client)).unwrap();
        assert_eq!(signers(&net), ["A", "B"]);
        assert!(net.sleeps.borrow().is_empty());
    }
    let net = Script::new();
    (0..2).for_each(|_| drop(net.then_refuse(400, "ExpiredTokenException")));
    let provider = Provider::new().then("A", None).then("B", None);
    let failure = failure(block_on(decrypt(&client(&net, Rc::clone(&provider) as _))));
    assert_eq!((failure.kind, failure.attempts), (KmsKind::Credentials, 2));
    assert_eq!(provider.calls.get(), 2);
}

#[test]
fn the_same_credentials_again_are_not_tried_again() {
    let net = Script::new().then_refuse(400, "ExpiredTokenException");
    let keys = StaticCredentials::new("A", Secret::from(&b"s"[..]), None);
    let failure = failure(block_on(decrypt(&client(&net, Rc::new(keys)))));
    assert_eq!((failure.kind, failure.attempts), (KmsKind::Credentials, 1));
    assert_eq!(failure.name.as_deref(), Some("ExpiredTokenException"));
}

#[test]
fn a_wrong_signature_renews_nothing() {
    let net = Script::new().then_refuse(403, "InvalidSignatureException");
    let provider = Provider::new().then("A", None);
    let failure = failure(block_on(decrypt(&client(&net, Rc::clone(&provider) as _))));
    assert_eq!((failure.kind, failure.attempts), (KmsKind::Credentials, 1));
    assert_eq!(provider.calls.get(), 1);
}

#[test]
fn they_may_expire_while_a_retry_waits() {
    let net = Script::new().then_raw(503, &[("retry-after", "20")], "").then(200, good());
    let expiry = START_MS + 5 * MINUTE_MS + 10_000;
    let provider = Provider::new().then("A", Some(expiry)).then("B", None);
    block_on(decrypt(&client(&net, provider))).unwrap();
    assert_eq!(signers(&net), ["A", "B"]);
}

#[test]
fn a_failing_provider_is_reported_and_asked_again() {
    let net = Script::new().then(200, good());
    let provider = Provider::new()
        .then_result(Err(Error::host("no profile".to_owned())))
        .then_result(Err(Error::misuse(Rule::Config, "bad role")))
        .then("A", None);
    let client = client(&net, Rc::clone(&provider) as _);
    let first = failure(block_on(decrypt(&client)));
    assert_eq!((first.kind, first.attempts, first.status), (KmsKind::Credentials, 0, 0));
    assert_eq!(first.operation, "Decrypt");
    assert!(first.message.contains("no profile"));
    assert_eq!(block_on(decrypt(&client)).unwrap_err(), Error::misuse(Rule::Config, "bad role"));
    assert_eq!(net.count(), 0);
    block_on(decrypt(&client)).unwrap();
    assert_eq!(provider.calls.get(), 3);
}

/// The signers of calls at these times after the start, in milliseconds, of a provider that then is asked so often.
fn signers_at(provider: &Rc<Provider>, times: &[u64]) -> (Vec<String>, u32) {
    let net = Script::new();
    times.iter().for_each(|_| drop(net.then(200, good())));
    let client = client(&net, Rc::clone(provider) as _);
    for time in times {
        net.elapsed_ms.set(*time);
        block_on(decrypt(&client)).unwrap();
    }
    (signers(&net), provider.calls.get())
}

#[test]
fn a_provider_that_fails_is_not_needed_while_the_credentials_hold() {
    let failed = || Err(Error::host("the metadata service is away".to_owned()));
    let provider = Provider::new()
        .then("A", Some(START_MS + 60 * MINUTE_MS))
        .then_result(failed())
        .then_result(failed())
        .then("B", None);
    let minutes = |minutes| minutes * MINUTE_MS;
    // It is asked in the 56th minute, not again within half a minute, again in the 57th, and then it is back.
    let times = [0, minutes(56), minutes(56) + 20_000, minutes(57), minutes(58), minutes(61)];
    let (signers, calls) = signers_at(&provider, &times);
    assert_eq!((signers.join(""), calls), ("AAAABB".to_owned(), 4));

    let net = Script::new().then(200, good());
    let provider = Provider::new().then("A", Some(START_MS + 10 * MINUTE_MS)).then_result(failed());
    let client = client(&net, Rc::clone(&provider) as _);
    block_on(decrypt(&client)).unwrap();
    net.elapsed_ms.set(10 * MINUTE_MS);
    let failure = failure(block_on(decrypt(&client)));
    assert_eq!(failure.kind, KmsKind::Credentials, "expired ones sign nothing");
    assert!(failure.message.contains("is away"));
}

#[test]
fn those_that_expire_soon_are_kept_for_half_of_their_time() {
    let provider = Provider::new()
        .then("A", Some(START_MS + 4 * MINUTE_MS))
        .then("B", Some(START_MS + 2 * MINUTE_MS + 10_000))
        .then("C", None);
    let times = [0, 1000, 2 * MINUTE_MS - 1, 2 * MINUTE_MS, 2 * MINUTE_MS + 6_000, 9 * MINUTE_MS];
    let (signers, calls) = signers_at(&provider, &times);
    assert_eq!((signers.join(""), calls), ("AAABCC".to_owned(), 3));
}

#[test]
fn those_that_have_expired_are_asked_for_at_each_call() {
    let provider = Provider::new().then("A", Some(START_MS)).then("B", Some(0)).then("C", None);
    let (signers, calls) = signers_at(&provider, &[0, 1, 2]);
    assert_eq!((signers.join(""), calls), ("ABC".to_owned(), 3));
}

#[test]
fn a_provider_that_fails_on_renewal() {
    let net = Script::new().then_refuse(400, "ExpiredTokenException");
    let provider =
        Provider::new().then("A", None).then_result(Err(Error::host("signed out".to_owned())));
    let failure = failure(block_on(decrypt(&client(&net, provider))));
    assert_eq!((failure.kind, failure.attempts), (KmsKind::Credentials, 1));
    assert!(failure.message.contains("signed out"));
}

#[test]
fn credentials_that_cannot_sign() {
    for (id, secret, token) in [
        ("", "s", None),
        ("a b", "s", None),
        ("a\r\nx: y", "s", None),
        ("a/b", "s", None),
        ("ü", "s", None),
        ("a", "", None),
        ("a", "s", Some("")),
        ("a", "s", Some("x\r\ny: z")),
    ] {
        let net = Script::new();
        let provider = Provider::new().then_result(Ok(Credentials {
            access_key_id: id.to_owned(),
            secret_access_key: Secret::from(secret.as_bytes()),
            session_token: token.map(str::to_owned),
            expires_at_ms: None,
        }));
        let failure = failure(block_on(decrypt(&client(&net, provider))));
        assert_eq!(failure.kind, KmsKind::Credentials, "{id:?} {token:?}");
        assert_eq!(net.count(), 0);
    }
}

#[test]
fn calls_that_are_refused_together_ask_for_other_credentials_once() {
    let provider = Provider::new().then("OLD", None).then("NEW", None);
    let net = Script::new();
    (0..4).for_each(|_| drop(net.then_refuse(400, "ExpiredTokenException")));
    (0..4).for_each(|_| drop(net.then(200, good())));
    let client = client(&net, Rc::clone(&provider) as _);
    let results = join_all((0..4).map(|_| Box::pin(decrypt(&client)) as _).collect());
    assert!(results.iter().all(Result::is_ok));
    assert_eq!((provider.calls.get(), provider.forced.get()), (2, 1));
    assert_eq!(signers(&net)[4..], ["NEW"; 4]);
}

#[test]
fn another_session_of_the_same_key_is_another_one() {
    let session = |token: &str| {
        Ok(Credentials {
            access_key_id: "AKID".to_owned(),
            secret_access_key: Secret::from(&b"s"[..]),
            session_token: Some(token.to_owned()),
            expires_at_ms: None,
        })
    };
    for (token, sent) in [("new", 2), ("old", 1)] {
        let provider = Provider::new().then_result(session("old")).then_result(session(token));
        let net = Script::new().then_refuse(400, "ExpiredTokenException").then(200, good());
        assert_eq!(block_on(decrypt(&client(&net, provider))).is_ok(), sent == 2, "{token}");
        assert_eq!(net.count(), sent);
    }
}
