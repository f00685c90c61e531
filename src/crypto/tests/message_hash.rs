use std::rc::Rc;

use super::*;
use crate::crypto::test_host::TestHost;
use crate::crypto::{set_host_crypto, sha256, sha384};

fn message(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i * 11) as u8).collect()
}

/// The digest of `message` in pieces of `piece` bytes, with the host given.
fn digest(host: TestHost, curve: Curve, message: &[u8], piece: usize) -> Result<Vec<u8>> {
    set_host_crypto(Some(Rc::new(host)));
    let mut hash = MessageHash::new(curve);
    let digest = message
        .chunks(piece)
        .try_for_each(|piece| hash.put(piece))
        .and_then(|()| hash.finish())
        .map(|Digest(digest)| digest);
    set_host_crypto(None);
    digest
}

#[test]
fn host_and_core_make_the_same_digest_of_any_pieces() {
    for n in [0, 1, MIN_HOST - 1, MIN_HOST, MIN_HOST + 1, 3 * MIN_HOST] {
        let message = message(n);
        for (curve, expected) in
            [(Curve::P256, sha256(&message).to_vec()), (Curve::P384, sha384(&message).to_vec())]
        {
            for piece in [1000, MIN_HOST, 4 * MIN_HOST] {
                let host = TestHost::hashing();
                let (updates, dropped) = (host.updates.clone(), host.dropped.clone());
                assert_eq!(digest(host, curve, &message, piece).unwrap(), expected);
                let asked = n >= MIN_HOST;
                assert_eq!((updates.get() > 0, dropped.get()), (asked, u32::from(asked)), "{n}");
                let without = digest(TestHost::default(), curve, &message, piece);
                assert_eq!(without.unwrap(), expected);
            }
        }
    }
}

#[test]
fn a_host_that_fails_fails_the_hash_and_is_let_go() {
    let message = message(3 * MIN_HOST);
    for fails_after in 0..6 {
        let host = TestHost { fails_after: Some(fails_after), ..TestHost::hashing() };
        let dropped = host.dropped.clone();
        // Three pieces and the end.
        let failed = digest(host, Curve::P384, &message, MIN_HOST + 1000);
        assert_eq!(failed.is_err(), fails_after < 4, "after {fails_after}");
        assert_eq!(dropped.get(), 1);
        if let Err(error) = failed {
            assert_eq!(error.code(), "HOST_FAILED");
        }
    }
}

#[test]
fn a_hash_that_nobody_ends_is_let_go() {
    let host = TestHost::hashing();
    let (updates, dropped) = (host.updates.clone(), host.dropped.clone());
    set_host_crypto(Some(Rc::new(host)));
    let mut hash = MessageHash::new(Curve::P384);
    hash.put(&[1; MIN_HOST]).unwrap();
    hash.put(&[2; 10]).unwrap();
    assert_eq!((updates.get(), dropped.get()), (2, 0), "nothing is held once it has begun");
    drop(hash);
    assert_eq!(dropped.get(), 1);
    set_host_crypto(None);
}
