//! Cryptography that the host does for this crate.

use core::cell::RefCell;
use std::rc::Rc;

use crate::error::{Check, Error, Result};
use crate::util::LocalFuture;

use super::batch::GcmBatch;
use super::curve::Curve;
use super::pkcs1::RawRsa;
use super::rsa::RsaPublicKey;
use super::rsa_padding::RsaPadding;
use super::secret::Secret;

/// Cryptography of the host that is faster than this crate's: AES-GCM for large bodies, RSA encryption, verifying signatures. Results
/// are the same either way. `None` instead of one says that the host does not have what it takes: then this crate does it.
pub trait HostCrypto {
    /// Whether the host prefers to do this batch: it knows what its way costs.
    fn prefers(&self, batch: &GcmBatch<'_>) -> bool;

    /// Does a batch; returns whether all tags match. The output of a batch that failed is undefined.
    fn gcm<'a>(&'a self, batch: &'a mut GcmBatch<'_>) -> LocalFuture<'a, Result<Option<bool>>>;

    /// Encrypts a plaintext that fits under an RSA key.
    fn rsa_encrypt<'a>(
        &'a self,
        key: &'a RsaPublicKey,
        padding: RsaPadding,
        plaintext: &'a [u8],
    ) -> LocalFuture<'a, Result<Option<Vec<u8>>>>;

    /// Whether the host prefers to hash a message of so many bytes.
    fn prefers_digest(&self, len: usize) -> bool;

    /// Hashes a message with the hash of the curve.
    fn digest<'a>(
        &'a self,
        curve: Curve,
        message: &'a [u8],
    ) -> LocalFuture<'a, Result<Option<Vec<u8>>>>;

    /// Verifies an ECDSA signature with the hash of the curve.
    ///
    /// `point` is uncompressed (SEC 1), `signature` r and s, each as long as the curve's order.
    fn verify<'a>(
        &'a self,
        curve: Curve,
        point: &'a [u8],
        message: &'a [u8],
        signature: &'a [u8],
    ) -> LocalFuture<'a, Result<Option<bool>>>;
}

thread_local! {
    static HOST: RefCell<Option<Rc<dyn HostCrypto>>> = const { RefCell::new(None) };
}

/// Makes the host's cryptography known to this thread; `None` leaves everything to this crate.
pub fn set_host_crypto(host: Option<Rc<dyn HostCrypto>>) {
    HOST.set(host);
}

/// The host's cryptography, where there is any.
pub(super) fn host_crypto() -> Option<Rc<dyn HostCrypto>> {
    HOST.with_borrow(Clone::clone)
}

impl GcmBatch<'_> {
    /// Runs every operation, on the host if it prefers that, else here. On failure the output holds no plaintext.
    pub async fn run(mut self) -> Result<()> {
        if let Some(host) = host_crypto().filter(|host| host.prefers(&self)) {
            match host.gcm(&mut self).await {
                Ok(Some(true)) => return Ok(()),
                Ok(None) => {}
                failed => {
                    self.output.fill(0);
                    return failed.and(Err(Error::unauthentic(Check::FrameTag)));
                }
            }
        }
        self.run_in_core()
    }
}

impl RsaPublicKey {
    /// Encrypts `plaintext`, on the host if it can: it is many times faster. The ciphertext is as long as the modulus.
    ///
    /// # Errors
    /// [`Fault::Limit`](crate::error::Fault::Limit) if the plaintext is too long;
    /// [`Fault::Unsupported`](crate::error::Fault::Unsupported) if neither the host can do it nor this build (feature
    /// `software-fallback`).
    pub async fn encrypt(&self, padding: RsaPadding, plaintext: &[u8]) -> Result<Vec<u8>> {
        let limit = self.max_plaintext(padding);
        if plaintext.len() > limit {
            return Err(Error::limit(
                "RSA plaintext in bytes",
                limit as u64,
                plaintext.len() as u64,
            ));
        }
        if let Some(host) = host_crypto()
            && let Some(ciphertext) = host.rsa_encrypt(self, padding, plaintext).await?
        {
            return Ok(ciphertext);
        }
        self.encrypt_in_core(padding, plaintext)
    }
}

/// An RSA private key that the host holds and uses.
///
/// This is the seam at which private-key RSA leaves the crate: the Rust code for it takes time that
/// depends on the key (RUSTSEC-2023-0071, unpatched), while hosts have hardened code for it:
/// WebCrypto, `node:crypto`, a hardware module. It is asynchronous because WebCrypto is.
///
/// A host that cannot do something returns [`Fault::Unsupported`](crate::error::Fault::Unsupported).
pub trait RsaPrivateKey {
    /// Decrypts one ciphertext; the padding is one of OAEP.
    ///
    /// A ciphertext or padding that does not match must answer
    /// `Error::unauthentic(Check::WrappedKey)` and nothing more precise, in time that does not
    /// depend on what was wrong: whoever learns which of them it was can decrypt by asking often
    /// enough (Bleichenbacher, Manger).
    fn decrypt<'a>(
        &'a self,
        padding: RsaPadding,
        ciphertext: &'a [u8],
    ) -> LocalFuture<'a, Result<Secret>>;

    /// The bare operation of the private key (RSADP of RFC 8017), for PKCS #1 v1.5: its padding is read by
    /// [`pkcs1_data_key`](super::pkcs1_data_key), since hosts tell whether it was good, or refuse it for that reason.
    /// WebCrypto does not have it.
    fn decrypt_raw<'a>(&'a self, ciphertext: &'a [u8]) -> LocalFuture<'a, Result<RawRsa>>;
}
