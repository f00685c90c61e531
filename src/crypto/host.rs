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

/// Cryptography of the host that is faster than this crate's: AES-GCM for large bodies, RSA encryption, hashing and verifying
/// signatures. Results are the same either way. `None` instead of one says that the host does not have what it takes: then
/// this crate does it.
///
/// ```
/// use std::cell::Cell;
/// use std::rc::Rc;
///
/// use fieldseal::crypto::{Curve, GcmBatch, HostCrypto, RsaPadding, RsaPublicKey, set_host_crypto};
/// # use fieldseal::crypto::Direction;
/// use fieldseal::error::Result;
/// use fieldseal::host::LocalFuture;
///
/// /// A host that is asked, and that leaves everything to this crate.
/// #[derive(Default)]
/// struct Host(Cell<u32>);
///
/// impl Host {
///     fn nothing<T>(&self) -> LocalFuture<'_, Result<Option<T>>> {
///         self.0.set(self.0.get() + 1);
///         Box::pin(async { Ok(None) })
///     }
/// }
///
/// impl HostCrypto for Host {
///     fn prefers(&self, batch: &GcmBatch<'_>) -> bool {
///         batch.input.len() > 100_000
///     }
///
///     fn gcm<'a>(&'a self, _: &'a mut GcmBatch<'_>) -> LocalFuture<'a, Result<Option<bool>>> {
///         self.nothing()
///     }
///
///     fn rsa_encrypt<'a>(
///         &'a self,
///         _key: &'a RsaPublicKey,
///         _padding: RsaPadding,
///         _plaintext: &'a [u8],
///     ) -> LocalFuture<'a, Result<Option<Vec<u8>>>> {
///         self.nothing()
///     }
///
///     fn verify<'a>(
///         &'a self,
///         _curve: Curve,
///         _point: &'a [u8],
///         _message: &'a [u8],
///         _signature: &'a [u8],
///     ) -> LocalFuture<'a, Result<Option<bool>>> {
///         self.nothing()
///     }
/// }
///
/// # fieldseal_doctest::run(async {
/// let host = Rc::new(Host::default());
/// set_host_crypto(Some(host.clone()));
/// # let rsa_key = fieldseal_doctest::rsa_public_key();
/// let key = RsaPublicKey::from_spki(&rsa_key)?;
/// key.encrypt(RsaPadding::OaepSha256, b"data key").await?;
/// assert_eq!(host.0.get(), 1); // asked once
///
/// let (point, message, signature) = (&[4; 97], b"hello", &[0; 96]);
/// assert_eq!(host.verify(Curve::P384, point, message, signature).await?, None);
/// assert!(host.hash(Curve::P384).is_none()); // by default
/// assert_eq!(host.rsa_encrypt(&key, RsaPadding::Pkcs1, b"data key").await?, None);
/// # let mut batch = GcmBatch { direction: Direction::Seal, key: &[7; 32], aads: vec![], input: &[], output: &mut [], tasks: vec![] };
/// assert!(!host.prefers(&batch)); // it is small
/// assert_eq!(host.gcm(&mut batch).await?, None);
/// set_host_crypto(None);
/// # Ok(())
/// # });
/// ```
pub trait HostCrypto {
    /// Whether the host prefers to do this batch: it knows what its way costs. Asked before each batch.
    fn prefers(&self, batch: &GcmBatch<'_>) -> bool;

    /// Does a batch; returns whether all tags match. The output of a batch that failed is undefined.
    ///
    /// # Errors
    /// [`Fault::Host`](crate::error::Fault::Host) where something else fails; the same holds for the other functions.
    fn gcm<'a>(&'a self, batch: &'a mut GcmBatch<'_>) -> LocalFuture<'a, Result<Option<bool>>>;

    /// Encrypts a plaintext that fits under an RSA key; the ciphertext is as long as the modulus.
    ///
    /// # Errors
    /// As [`gcm`](Self::gcm).
    fn rsa_encrypt<'a>(
        &'a self,
        key: &'a RsaPublicKey,
        padding: RsaPadding,
        plaintext: &'a [u8],
    ) -> LocalFuture<'a, Result<Option<Vec<u8>>>>;

    /// Begins the hash of a message, with the hash of the curve. `None`, the default, where the host has none that is fed
    /// piece by piece and at once: one that takes whole messages only, or later, would have to keep a copy.
    fn hash(&self, _curve: Curve) -> Option<Box<dyn HostHash>> {
        None
    }

    /// Verifies an ECDSA signature with the hash of the curve; returns whether it is that of the message.
    ///
    /// `point` is uncompressed (SEC 1), `signature` r and s, each as long as the curve's order.
    ///
    /// # Errors
    /// As [`gcm`](Self::gcm).
    fn verify<'a>(
        &'a self,
        curve: Curve,
        point: &'a [u8],
        message: &'a [u8],
        signature: &'a [u8],
    ) -> LocalFuture<'a, Result<Option<bool>>>;
}

/// The hash of a message in the middle, at the host; dropped when the message goes no further. Each piece is hashed where
/// it lies while the call lasts.
///
/// ```
/// use fieldseal::crypto::{HostHash, sha384};
/// use fieldseal::error::Result;
///
/// /// Stands for a host's hash object.
/// struct Hash(Vec<u8>);
///
/// impl HostHash for Hash {
///     fn update(&mut self, bytes: &[u8]) -> Result<()> {
///         self.0.extend_from_slice(bytes);
///         Ok(())
///     }
///
///     fn finish(self: Box<Self>, digest: &mut [u8]) -> Result<()> {
///         digest.copy_from_slice(&sha384(&self.0));
///         Ok(())
///     }
/// }
///
/// let mut hash: Box<dyn HostHash> = Box::new(Hash(Vec::new())); // as `HostCrypto::hash` returns it
/// let mut digest = [0; 48];
/// hash.update(b"piece by ")?;
/// hash.update(b"piece")?;
/// hash.finish(&mut digest)?;
/// assert_eq!(digest, sha384(b"piece by piece"));
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub trait HostHash {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Fault::Host`](crate::error::Fault::Host) if the host fails.
    fn update(&mut self, bytes: &[u8]) -> Result<()>;

    /// Writes the digest, which is as long as `digest`.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    fn finish(self: Box<Self>, digest: &mut [u8]) -> Result<()>;
}

thread_local! {
    static HOST: RefCell<Option<Rc<dyn HostCrypto>>> = const { RefCell::new(None) };
}

/// Makes the host's cryptography known to this thread, in the place of what was known before; `None` leaves everything to
/// this crate. [`HostCrypto`] has an example.
pub fn set_host_crypto(host: Option<Rc<dyn HostCrypto>>) {
    HOST.replace(host);
}

/// The host's cryptography, where there is any.
pub(super) fn host_crypto() -> Option<Rc<dyn HostCrypto>> {
    HOST.with_borrow(Clone::clone)
}

impl GcmBatch<'_> {
    /// Runs every operation, on the host if it prefers that, else here.
    ///
    /// # Errors
    /// [`Fault::Unauthentic`](crate::error::Fault::Unauthentic) with [`Check::FrameTag`] if a tag does not match: the output then
    /// holds no plaintext. [`Fault::Host`](crate::error::Fault::Host) if the host fails.
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
///
/// ```
/// use fieldseal::crypto::{RawRsa, RsaPadding, RsaPrivateKey, RsaPublicKey, Secret};
/// use fieldseal::error::{Check, Error, Result};
/// use fieldseal::host::LocalFuture;
///
/// /// A private key of the crate `rsa`, for a test: see above.
/// struct Key(rsa::RsaPrivateKey);
///
/// impl RsaPrivateKey for Key {
///     fn decrypt<'a>(
///         &'a self,
///         padding: RsaPadding,
///         ciphertext: &'a [u8],
///     ) -> LocalFuture<'a, Result<Secret>> {
///         Box::pin(async move {
///             if padding != RsaPadding::OaepSha256 {
///                 return Err(Error::unsupported("other paddings than OAEP with SHA-256"));
///             }
///             let plaintext = self.0.decrypt(rsa::Oaep::<sha2::Sha256>::new(), ciphertext);
///             plaintext.map(Secret::new).map_err(|_| Error::unauthentic(Check::WrappedKey))
///         })
///     }
///
///     fn decrypt_raw<'a>(&'a self, _: &'a [u8]) -> LocalFuture<'a, Result<RawRsa>> {
///         Box::pin(async { Err(Error::unsupported("PKCS #1 v1.5")) })
///     }
/// }
///
/// # fieldseal_doctest::run(async {
/// # let key = Key(fieldseal_doctest::rsa_private_key());
/// # let public = RsaPublicKey::from_spki(&fieldseal_doctest::rsa_public_key())?;
/// let ciphertext = public.encrypt(RsaPadding::OaepSha256, b"data key").await?;
/// assert_eq!(key.decrypt(RsaPadding::OaepSha256, &ciphertext).await?[..], b"data key"[..]);
///
/// let wrong = key.decrypt(RsaPadding::OaepSha256, &[1; 256]).await;
/// assert_eq!(wrong.unwrap_err().code(), "WRAPPED_KEY_MISMATCH");
/// assert_eq!(key.decrypt_raw(&ciphertext).await.unwrap_err().code(), "UNSUPPORTED");
/// # Ok(())
/// # });
/// ```
pub trait RsaPrivateKey {
    /// Decrypts one ciphertext; the padding is one of OAEP.
    ///
    /// # Errors
    /// A ciphertext or padding that does not match must give
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
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt).
    fn decrypt_raw<'a>(&'a self, ciphertext: &'a [u8]) -> LocalFuture<'a, Result<RawRsa>>;
}
