//! What tests with a host's cryptography share.

use core::pin::pin;
use core::task::{Context, Poll, Waker};

use super::{Curve, GcmBatch, HostCrypto, RsaPadding, RsaPublicKey};
use crate::error::Result;
use crate::util::LocalFuture;

/// Polls a future that never waits.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

type EncryptRsa = fn(&RsaPublicKey, RsaPadding, &[u8]) -> Result<Option<Vec<u8>>>;
type MakeDigest = fn(Curve, &[u8]) -> Result<Option<Vec<u8>>>;

/// A host that does what it was given, and is asked for nothing else.
#[derive(Default)]
pub(crate) struct TestHost {
    pub(crate) rsa: Option<EncryptRsa>,
    /// With the longest message that it does not want.
    pub(crate) digest: Option<(usize, MakeDigest)>,
}

impl HostCrypto for TestHost {
    fn prefers(&self, _: &GcmBatch<'_>) -> bool {
        false
    }

    fn gcm<'a>(&'a self, _: &'a mut GcmBatch<'_>) -> LocalFuture<'a, Result<Option<bool>>> {
        unreachable!("it prefers none")
    }

    fn rsa_encrypt<'a>(
        &'a self,
        key: &'a RsaPublicKey,
        padding: RsaPadding,
        plaintext: &'a [u8],
    ) -> LocalFuture<'a, Result<Option<Vec<u8>>>> {
        let encrypt = self.rsa.expect("nothing is under an RSA key");
        Box::pin(async move { encrypt(key, padding, plaintext) })
    }

    fn prefers_digest(&self, len: usize) -> bool {
        self.digest.is_some_and(|(unwanted, _)| len > unwanted)
    }

    fn digest<'a>(
        &'a self,
        curve: Curve,
        message: &'a [u8],
    ) -> LocalFuture<'a, Result<Option<Vec<u8>>>> {
        assert!(self.prefers_digest(message.len()));
        let (_, digest) = self.digest.expect("it prefers none");
        Box::pin(async move { digest(curve, message) })
    }

    fn verify<'a>(
        &'a self,
        _: Curve,
        _: &'a [u8],
        _: &'a [u8],
        _: &'a [u8],
    ) -> LocalFuture<'a, Result<Option<bool>>> {
        unreachable!("nothing is verified by it")
    }
}
