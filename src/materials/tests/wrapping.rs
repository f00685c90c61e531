//! The steps of a keyring that is not this crate's: what they refuse.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::rc::Rc;

use super::*;
use crate::error::Fault;
use crate::materials::{
    EncryptionContext, Keyring, MultiKeyring, RawAesKeyring, check_provider_id,
};

const SUITES: [u16; 3] = [0x0114, 0x0478, 0x6700];

fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

fn materials(suite: u16) -> EncryptionMaterials {
    let suite = Suite::by_id(suite).unwrap();
    EncryptionMaterials::new(suite, EncryptionContext::new(), Vec::new(), None).unwrap()
}

/// Wraps a key into itself.
fn add_plainly(materials: &mut EncryptionMaterials, provider_id: &str) -> Result<()> {
    let key = next_key(materials)?;
    add(materials, &key, provider_id, Vec::new(), &key)
}

/// What opening the first of the wrapped keys gives, if it unwraps to the keyring's part of it and `change`.
fn open_plainly(
    materials: &EncryptionMaterials,
    change: impl FnOnce(&[u8]) -> Secret,
) -> Result<OpenedKey> {
    let (suite, context) = (materials.suite(), materials.context());
    let encrypted_data_keys = materials.encrypted_data_keys();
    let request = OpenRequest { suite, context, aad: materials.aad(), encrypted_data_keys };
    let edk = &encrypted_data_keys[0];
    open(&request, edk, change(keyring_part(suite, edk)?))
}

#[test]
fn keys_that_are_wrapped_open() {
    for suite in SUITES {
        let mut materials = materials(suite);
        add_plainly(&mut materials, "token").unwrap();
        add_plainly(&mut materials, "another").unwrap();
        assert!(materials.checked_data_key().is_ok());
        let opened = open_plainly(&materials, |key| key.into()).unwrap();
        assert_eq!(opened.data_key[..], materials.data_key().unwrap()[..]);
    }
}

#[test]
fn a_key_that_a_service_makes_is_the_one_that_is_wrapped() {
    for suite in SUITES {
        let mut materials = materials(suite);
        let key = Secret::new(vec![7; materials.suite().key_len]);
        adopt_key(&mut materials, &key).unwrap();
        add(&mut materials, &key, "token", Vec::new(), &key).unwrap();
        let opened = open_plainly(&materials, |key| key.into()).unwrap();
        assert_eq!(opened.data_key[..], materials.data_key().unwrap()[..]);
    }
}

#[test]
fn a_service_that_makes_a_key_of_another_length_is_refused() {
    for suite in SUITES {
        for len in [0, 15, 17, 31, 33, 64] {
            let mut materials = materials(suite);
            assert!(adopt_key(&mut materials, &Secret::new(vec![7; len])).is_err());
            assert!(materials.data_key().is_none());
        }
    }
}

#[test]
fn other_keys_open_nothing() {
    for suite in SUITES {
        let mut materials = materials(suite);
        add_plainly(&mut materials, "token").unwrap();
        let refused = |change: fn(&[u8]) -> Secret| {
            assert_eq!(
                open_plainly(&materials, change).err().unwrap().code(),
                "WRAPPED_KEY_MISMATCH"
            );
        };
        refused(|key| key[1..].into());
        refused(|key| [key, &[0]].concat().as_slice().into());
        refused(|_| Secret::default());
        // Without intermediate wrapping, the suite's commitment says it.
        if materials.suite().wrapping == Wrapping::Intermediate {
            refused(|key| Secret::zeros(key.len()));
        }
    }
}

#[test]
fn fields_that_no_header_holds_are_refused_where_they_are_made() {
    let added = |provider_id: usize, info: usize, wrapped: usize| {
        let mut materials = materials(0x6700);
        let key = next_key(&mut materials).unwrap();
        let id = "i".repeat(provider_id);
        add(&mut materials, &key, &id, vec![0; info], &vec![0; wrapped])
            .map(|()| assert_eq!(materials.encrypted_data_keys().len(), 1))
    };
    added(65_535, 65_535, 65_535 - 48).unwrap();
    for (id, info, wrapped) in [(65_536, 0, 1), (1, 65_536, 1), (1, 0, 65_536 - 48)] {
        let error = added(id, info, wrapped).unwrap_err();
        assert!(matches!(error.fault(), Fault::Limit { found: 65_536, .. }), "{error}");
    }
    let error = added(2, 0, 0).unwrap_err();
    assert_eq!((error.code(), error.to_string().contains("'ii'")), ("KEYRING_CANNOT", true));
}

#[test]
fn key_providers_have_ids_that_are_not_those_of_kms() {
    for good in ["", "token", "AWS-KMS", "my-aws-kms", &"i".repeat(65_535)] {
        check_provider_id("providerId", good).unwrap();
    }
    for bad in ["aws-kms", "aws-kms-rsa", "aws-kmsx", &"i".repeat(65_536)] {
        let error = check_provider_id("providerId", bad).unwrap_err();
        assert_eq!(error.code(), "INVALID_CONFIG");
        assert!(error.to_string().contains("providerId"), "{error}");
        let raw = RawAesKeyring::new(bad.into(), "name".into(), Secret::zeros(32));
        assert!(raw.err().unwrap().to_string().contains("keyNamespace"));
    }
}

#[test]
fn a_raw_key_with_a_name_that_no_header_holds_wraps_nothing() {
    let keyring = RawAesKeyring::new("ns".into(), "n".repeat(65_536), Secret::zeros(32)).unwrap();
    let multi = MultiKeyring::new(Some(Rc::new(keyring)), Vec::new()).unwrap();
    let error = run(multi.wrap(materials(0x6700))).err().unwrap();
    assert_eq!(error.code(), "LIMIT_EXCEEDED");
}
