//! Public keys that are pinned, and public keys that outlive the client.

use core::cell::RefCell;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::host::{KEY, Script, block_on, public_key_answer};
use crate::aws::{ClientConfig, Event};
use crate::crypto::sha256;
use crate::error::{Fault, Result};
use crate::host::LocalFuture;
use crate::kms::public_keys::hex;
use crate::kms::{GetPublicKeyRequest, GetPublicKeyResponse, KmsClient, KmsConfig, PublicKeyStore};

/// A P-256 public key.
const SPKI: [u8; 91] = {
    let mut der = [0; 91];
    let head = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];
    let mut i = 0;
    while i < head.len() {
        der[i] = head[i];
        i += 1;
    }
    der
};

fn answer() -> Value {
    let mut answer = public_key_answer();
    answer["PublicKey"] = STANDARD.encode(SPKI).into();
    answer
}

fn key(der: &[u8]) -> GetPublicKeyResponse {
    GetPublicKeyResponse {
        key_id: KEY.into(),
        public_key: der.to_vec(),
        key_spec: "ECC_NIST_P256".into(),
        key_usage: "SIGN_VERIFY".into(),
        encryption_algorithms: Vec::new(),
        signing_algorithms: vec!["ECDSA_SHA_256".into()],
        key_agreement_algorithms: Vec::new(),
    }
}

fn get(client: &KmsClient, key_id: &str) -> Result<GetPublicKeyResponse> {
    let request = GetPublicKeyRequest { key_id: key_id.into(), ..Default::default() };
    block_on(client.get_public_key(request))
}

#[derive(Default)]
struct Store {
    entry: Option<GetPublicKeyResponse>,
    saved: RefCell<Vec<(String, GetPublicKeyResponse)>>,
}

impl PublicKeyStore for Store {
    fn load(&self, _: &str) -> LocalFuture<'_, Option<GetPublicKeyResponse>> {
        Box::pin(core::future::ready(self.entry.clone()))
    }

    fn save(&self, key_id: &str, key: &GetPublicKeyResponse) {
        self.saved.borrow_mut().push((key_id.into(), key.clone()));
    }
}

type Events = Rc<RefCell<Vec<Event>>>;

fn config(pins: &[(&str, String)], store: Option<&Rc<Store>>) -> (KmsConfig, Events) {
    let events = Events::default();
    let sink = Rc::clone(&events);
    let config = KmsConfig {
        pinned_public_keys: pins.iter().map(|(id, pin)| ((*id).into(), pin.clone())).collect(),
        public_key_store: store.map(|store| Rc::clone(store) as _),
        client: ClientConfig {
            on_event: Some(Rc::new(move |event| sink.borrow_mut().push(event.clone()))),
            ..ClientConfig::default()
        },
    };
    (config, events)
}

const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
const ALIAS: &str = "arn:aws:kms:us-west-2:111122223333:alias/sign";

#[test]
fn the_pinned_key_passes() {
    let right = hex(&sha256(&SPKI));
    let all = [(KEY, right.clone()), (ID, right.to_uppercase()), ("other", "00".repeat(32))];
    for asked in [KEY, ID, "alias/sign"] {
        let net = Script::new().then(200, answer());
        let client = net.client_with(config(&all, None).0);
        assert_eq!(get(&client, asked).unwrap().public_key, SPKI);
    }
}

#[test]
fn another_key_does_not_whichever_way_it_is_named() {
    let wrong = "ab".repeat(32);
    for (pin, asked) in [
        (KEY, KEY),
        (KEY, ID),
        (ID, KEY),
        (ID, ID),
        // The answer says which key stands behind it.
        (KEY, "alias/sign"),
        (ID, ALIAS),
        ("alias/sign", "alias/sign"),
        ("alias/sign", ALIAS),
        (ALIAS, "alias/sign"),
    ] {
        let net = Script::new().then(200, answer()).then(200, answer());
        let (config, events) = config(&[(pin, wrong.clone())], None);
        let client = net.client_with(config);
        for call in 1..=2 {
            let error = get(&client, asked).unwrap_err();
            assert_eq!(error.code(), "PINNED_KEY_MISMATCH", "{pin} {asked}");
            let text = error.to_string();
            for part in [asked, &wrong, &hex(&sha256(&SPKI))] {
                assert!(text.contains(part), "{text}");
            }
            let Fault::PinnedKey(pin) = error.into_fault() else { panic!() };
            assert_eq!(pin.key_id, asked);
            // A refused key is not kept.
            assert_eq!(net.count(), call);
        }
        let outcomes: Vec<_> = events.borrow().iter().map(|event| event.outcome).collect();
        assert_eq!(outcomes, [Err("PINNED_KEY_MISMATCH"); 2]);
    }
}

#[test]
fn a_replica_has_the_pin_of_its_primary() {
    let replica = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1";
    let mut answer = answer();
    answer["KeyId"] = replica.into();
    let net = Script::new().then(200, answer);
    let primary = "arn:aws:kms:us-west-2:111122223333:key/mrk-1";
    let client = net.client_with(config(&[(primary, "ab".repeat(32))], None).0);
    assert_eq!(get(&client, replica).unwrap_err().code(), "PINNED_KEY_MISMATCH");
}

#[test]
fn pins_that_are_none() {
    for (key_id, pin, code) in [
        (KEY, String::new(), "INVALID_CONFIG"),
        (KEY, "ab".repeat(31), "INVALID_CONFIG"),
        (KEY, "ab".repeat(33), "INVALID_CONFIG"),
        (KEY, format!("{}g", "a".repeat(63)), "INVALID_CONFIG"),
        (KEY, format!("{}:", "a".repeat(63)), "INVALID_CONFIG"),
        ("", "ab".repeat(32), "MALFORMED_KEY_ID"),
        ("key/x", "ab".repeat(32), "MALFORMED_KEY_ID"),
    ] {
        let mut config = config(&[(key_id, pin)], None).0;
        config.client.endpoint = Some("http://localhost".into());
        assert_eq!(KmsClient::new(config, Script::new()).unwrap_err().code(), code);
    }
}

#[test]
fn what_is_stored_is_not_fetched_and_what_is_fetched_is_stored() {
    let store = Rc::new(Store::default());
    let net = Script::new().then(200, answer());
    let client = net.client_with(config(&[], Some(&store)).0);
    for _ in 0..2 {
        assert_eq!(get(&client, "alias/sign").unwrap().public_key, SPKI);
    }
    assert_eq!(net.count(), 1);
    let (key_id, saved) = store.saved.borrow_mut().pop().unwrap();
    assert_eq!(key_id, "alias/sign");

    let store = Rc::new(Store { entry: Some(saved), ..Store::default() });
    let net = Script::new();
    let (config, events) = config(&[(KEY, hex(&sha256(&SPKI)))], Some(&store));
    let client = net.client_with(config);
    for asked in ["alias/sign", KEY, ID] {
        assert_eq!(get(&client, asked).unwrap().public_key, SPKI);
    }
    assert!(net.count() == 0 && events.borrow().is_empty() && store.saved.borrow().is_empty());
}

#[test]
fn what_a_store_gives_is_checked_and_fetched_instead() {
    let mut other = SPKI;
    other[90] = 1;
    let mut elsewhere = key(&SPKI);
    elsewhere.key_id = "arn:aws:kms:us-west-2:111122223333:key/other".into();
    for (entry, code) in [
        (key(&[]), "MALFORMED_KEY"),
        (key(b"not a key"), "MALFORMED_KEY"),
        (key(&SPKI[..90]), "MALFORMED_KEY"),
        (key(&other), "PINNED_KEY_MISMATCH"),
        (elsewhere, "MALFORMED_KEY"),
    ] {
        let store = Rc::new(Store { entry: Some(entry), ..Store::default() });
        let net = Script::new().then(200, answer());
        let (config, events) = config(&[(KEY, hex(&sha256(&SPKI)))], Some(&store));
        let client = net.client_with(config);
        assert_eq!(get(&client, KEY).unwrap().public_key, SPKI);
        assert_eq!((net.count(), store.saved.borrow().len()), (1, 1));
        let events = events.borrow();
        let seen: Vec<_> = events.iter().map(|e| (e.operation, e.outcome, e.attempts)).collect();
        assert_eq!(seen, [("LoadPublicKey", Err(code), 0), ("GetPublicKey", Ok(()), 1)]);
        assert_eq!(events[0].about.as_deref(), Some(KEY));
    }
}
