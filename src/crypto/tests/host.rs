//! What tests with a host's cryptography share.

use core::cell::Cell;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use std::rc::Rc;

use super::{Curve, GcmBatch, HostCrypto, HostHash, RsaPadding, RsaPublicKey, sha256, sha384};
use crate::error::{Error, Result};
use crate::util::LocalFuture;

/// Polls a future that never waits.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

type EncryptRsa = fn(&RsaPublicKey, RsaPadding, &[u8]) -> Result<Option<Vec<u8>>>;

/// A host that does what it was given, and is asked for nothing else.
#[derive(Default)]
pub(crate) struct TestHost {
    pub(crate) rsa: Option<EncryptRsa>,
    pub(crate) hashes: bool,
    /// How many steps of its hashes succeed; all of them by default.
    pub(crate) fails_after: Option<u32>,
    /// How often its hashes were fed, and how many are gone.
    pub(crate) updates: Rc<Cell<u32>>,
    pub(crate) dropped: Rc<Cell<u32>>,
}

#[cfg(feature = "messages")]
impl TestHost {
    /// One that hashes.
    pub(crate) fn hashing() -> Self {
        Self { hashes: true, ..Self::default() }
    }
}

/// A hash of [`TestHost`].
struct TestHash {
    curve: Curve,
    message: Vec<u8>,
    steps: Option<u32>,
    updates: Rc<Cell<u32>>,
    dropped: Rc<Cell<u32>>,
}

impl TestHash {
    fn step(&mut self) -> Result<()> {
        if let Some(steps) = &mut self.steps {
            let failed = || Error::host("it is out of order".to_owned());
            *steps = steps.checked_sub(1).ok_or_else(failed)?;
        }
        Ok(())
    }
}

impl HostHash for TestHash {
    fn update(&mut self, bytes: &[u8]) -> Result<()> {
        self.updates.set(self.updates.get() + 1);
        self.message.extend_from_slice(bytes);
        self.step()
    }

    fn finish(mut self: Box<Self>, digest: &mut [u8]) -> Result<()> {
        match self.curve {
            Curve::P256 => digest.copy_from_slice(&sha256(&self.message)),
            Curve::P384 => digest.copy_from_slice(&sha384(&self.message)),
        }
        self.step()
    }
}

impl Drop for TestHash {
    fn drop(&mut self) {
        self.dropped.set(self.dropped.get() + 1);
    }
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

    fn hash(&self, curve: Curve) -> Option<Box<dyn HostHash>> {
        let (updates, dropped) = (self.updates.clone(), self.dropped.clone());
        let hash = TestHash { curve, message: vec![], steps: self.fails_after, updates, dropped };
        self.hashes.then(|| Box::new(hash) as Box<dyn HostHash>)
    }

    fn verify<'a>(
        &'a self,
        _: Curve,
        _: &'a [u8],
        _: &'a [u8],
        _: &'a [u8],
    ) -> LocalFuture<'a, Result<Option<bool>>> {
        Box::pin(async { Ok(None) })
    }
}
