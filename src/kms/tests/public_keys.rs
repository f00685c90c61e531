//! GetPublicKey: one call at a time, kept afterwards.

use core::future::poll_fn;
use core::task::Poll;

use super::host::{KEY, Script, block_on, failure, join_all, poll_once, public_key_answer};
use crate::error::{KmsKind, Result};
use crate::host::LocalFuture;
use crate::kms::{GetPublicKeyRequest, GetPublicKeyResponse, KmsClient};

fn get<'a>(client: &'a KmsClient, key_id: &str) -> LocalFuture<'a, Result<GetPublicKeyResponse>> {
    get_with(client, key_id, &[])
}

fn get_with<'a>(
    client: &'a KmsClient,
    key_id: &str,
    grants: &[&str],
) -> LocalFuture<'a, Result<GetPublicKeyResponse>> {
    let grant_tokens = grants.iter().map(|g| (*g).to_owned()).collect();
    Box::pin(client.get_public_key(GetPublicKeyRequest { key_id: key_id.to_owned(), grant_tokens }))
}

#[test]
fn ten_callers_one_request() {
    let net = Script::new().then(200, public_key_answer());
    let client = net.client();
    let clone = client.clone();
    let results =
        join_all((0..10).map(|i| get(if i % 2 == 0 { &client } else { &clone }, KEY)).collect());
    assert!(results.iter().all(|r| r.as_ref().unwrap().public_key == [0x30, 0x82, 0x01]));
    assert_eq!(net.count(), 1);
}

#[test]
fn different_keys_are_different_calls() {
    let net = Script::new().then(200, public_key_answer()).then(200, public_key_answer());
    let client = net.client();
    join_all(vec![get(&client, "a"), get(&client, "b")]);
    assert_eq!(net.count(), 2);
}

#[test]
fn a_result_is_kept_until_it_is_forgotten() {
    let net = Script::new().then(200, public_key_answer()).then(200, public_key_answer());
    let client = net.client();
    for _ in 0..5 {
        block_on(get(&client, KEY)).unwrap();
    }
    assert_eq!(net.count(), 1);
    client.forget_public_key("unknown");
    client.forget_public_key(KEY);
    block_on(get(&client, KEY)).unwrap();
    assert_eq!(net.count(), 2);
}

#[test]
fn a_failure_is_shared_but_not_kept() {
    let net = Script::new().then_refuse(400, "NotFoundException").then(200, public_key_answer());
    let client = net.client();
    let results = join_all((0..10).map(|_| get(&client, KEY)).collect());
    assert!(results.into_iter().all(|r| failure(r).kind == KmsKind::NotFound));
    assert_eq!(net.count(), 1);
    block_on(get(&client, KEY)).unwrap();
    assert_eq!(net.count(), 2);
}

#[test]
fn a_dropped_leader_leaves_the_call_to_the_others() {
    let net = Script::new().then(200, public_key_answer());
    let client = net.client();
    // Starts the call, and goes away while the others wait for it.
    let mut leader = Some(get(&client, KEY));
    let mut turns = 0;
    let leaving = poll_fn(move |cx| {
        turns += 1;
        if turns == 1 {
            assert!(leader.as_mut().unwrap().as_mut().poll(cx).is_pending());
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        leader = None;
        Poll::Ready(None)
    });
    let mut idle = get(&client, KEY);
    let mut tasks: Vec<LocalFuture<'_, Option<Result<GetPublicKeyResponse>>>> = Vec::new();
    tasks.push(Box::pin(leaving));
    for _ in 0..3 {
        let follower = get(&client, KEY);
        tasks.push(Box::pin(async { Some(follower.await) }));
    }
    let results = join_all(tasks);
    assert!(results[0].is_none());
    assert!(results[1..].iter().all(|r| r.as_ref().unwrap().is_ok()));
    assert!(matches!(poll_once(&mut idle), Poll::Ready(Ok(_))));
    assert_eq!(net.count(), 1);
}

#[test]
fn the_leader_may_go_after_others_joined() {
    let net = Script::new().then(200, public_key_answer());
    let client = net.client();
    let mut leader = get(&client, KEY);
    let mut follower = get(&client, KEY);
    assert!(poll_once(&mut leader).is_pending() && poll_once(&mut follower).is_pending());
    drop(leader);
    assert!(block_on(follower).is_ok());
    assert_eq!(net.count(), 1);
}

#[test]
fn when_all_are_dropped_the_next_starts_anew() {
    let net = Script::new().then(200, public_key_answer());
    let client = net.client();
    let mut first = get(&client, KEY);
    let mut second = get(&client, KEY);
    assert!(poll_once(&mut first).is_pending() && poll_once(&mut second).is_pending());
    drop((first, second));
    block_on(get(&client, KEY)).unwrap();
    assert_eq!(net.count(), 2);
}

#[test]
fn an_answer_to_a_forgotten_call_is_not_kept() {
    let mut old = public_key_answer();
    old["PublicKey"] = "AAAA".into();
    let net = Script::new().then(200, old).then(200, public_key_answer());
    let client = net.client();
    let mut early = get(&client, KEY);
    assert!(poll_once(&mut early).is_pending());
    client.forget_public_key(KEY);
    let mut late = get(&client, KEY);
    assert!(poll_once(&mut late).is_pending());
    assert_eq!(net.count(), 2);
    assert_eq!(block_on(early).unwrap().public_key, [0, 0, 0]);
    assert_eq!(block_on(late).unwrap().public_key, [0x30, 0x82, 0x01]);
    assert_eq!(block_on(get(&client, KEY)).unwrap().public_key, [0x30, 0x82, 0x01]);
    assert_eq!(net.count(), 2);
}

#[test]
fn a_refusal_is_not_shared_with_other_grants() {
    let net =
        Script::new().then_refuse(400, "AccessDeniedException").then(200, public_key_answer());
    let client = net.client();
    let results = join_all(vec![get(&client, KEY), get_with(&client, KEY, &["grant"])]);
    assert_eq!(results[0].as_ref().unwrap_err().code(), "KMS_ACCESS_DENIED");
    assert!(results[1].is_ok());
    let sent = net.sent.borrow();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[1].json()["GrantTokens"], serde_json::json!(["grant"]));
}
