//! Random bytes from the host's cryptographic generator, and from nothing else.

use core::cell::RefCell;

#[cfg(any(test, feature = "p256", feature = "software-fallback"))]
use p384::elliptic_curve::rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroize;

use crate::error::{Error, Result};

use super::Secret;

/// Bound on loops that end at once but for bad luck: a try fails with a chance below 1 in 50.
pub(super) const MAX_TRIES: usize = 64;

/// Whether small requests are served from [`Pool`].
///
/// Only in WebAssembly, where the way to the host and back costs more than the bytes. A native
/// process can be forked, and the copy of a pool would hand out the same bytes twice.
const POOLED: bool = cfg!(target_arch = "wasm32");
/// What is drawn first after the pool was emptied: enough for an item or a message, which is all that most operations make.
const FIRST_LEN: usize = 256;
/// What is drawn from then on: to a host, ten items' bytes are little more than one's.
const POOL_LEN: usize = 1024;

/// Bytes of the host's generator that nobody has been given yet.
///
/// Sound because it is a buffer and not a generator: each byte is the host's, unchanged, and leaves
/// the pool once. It is wiped as it leaves, so the memory of the pool says nothing about keys
/// already made; what it says about the next ones, the host's generator in the same process says
/// too. What a buffer must not survive is being copied along with the memory around it, hence
/// [`POOLED`] and [`discard_random_pool`].
struct Pool {
    /// Zeros but for those that are left.
    bytes: [u8; POOL_LEN],
    /// How many bytes are left, at the end of `bytes`. Invariant: at most `POOL_LEN`.
    left: usize,
    /// Whether it was filled since it was made or emptied.
    used: bool,
}

impl Pool {
    const EMPTY: Self = Self { bytes: [0; POOL_LEN], left: 0, used: false };

    /// Fills `out`, which is no longer than [`FIRST_LEN`], refilling from `host` if too few bytes are
    /// left.
    fn draw(&mut self, out: &mut [u8], host: impl FnOnce(&mut [u8]) -> Result<()>) -> Result<()> {
        if self.left < out.len() {
            let len = if self.used { POOL_LEN } else { FIRST_LEN };
            // If the host fails, nothing of it may stay: it may be half overwritten.
            self.left = 0;
            self.used = true;
            host(&mut self.bytes[POOL_LEN - len..]).inspect_err(|_| self.bytes.zeroize())?;
            self.left = len;
        }
        let start = POOL_LEN - self.left;
        let handed_out = &mut self.bytes[start..start + out.len()];
        out.copy_from_slice(handed_out);
        handed_out.zeroize();
        self.left -= out.len();
        Ok(())
    }

    /// Wipes what is left.
    fn discard(&mut self) {
        self.bytes[POOL_LEN - self.left..].zeroize();
        self.left = 0;
        self.used = false;
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.discard();
    }
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool::EMPTY) };
}

/// Fills `out` with random bytes from the host's cryptographic generator.
///
/// # Errors
/// [`Fault::Host`](crate::error::Fault::Host) if the host has none; the same holds for all functions here.
///
/// ```
/// use fieldseal::crypto::fill_random;
///
/// let mut id = [0; 16];
/// fill_random(&mut id)?;
/// assert_ne!(id, [0; 16]);
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn fill_random(out: &mut [u8]) -> Result<()> {
    if POOLED && out.len() <= FIRST_LEN { fill_from_pool(out) } else { fill_from_host(out) }
}

fn fill_from_pool(out: &mut [u8]) -> Result<()> {
    // The pool is busy if the host's generator calls back into this crate, and gone while a thread
    // ends.
    POOL.try_with(|pool| match pool.try_borrow_mut() {
        Ok(mut pool) => pool.draw(out, fill_from_host),
        Err(_) => fill_from_host(out),
    })
    .unwrap_or_else(|_| fill_from_host(out))
}

fn fill_from_host(out: &mut [u8]) -> Result<()> {
    getrandom::fill(out).map_err(|e| Error::host(format!("no random bytes: {e}")))
}

/// Wipes the random bytes held for later. To be called when the host may be about to copy this
/// instance's memory, for instance at the end of each batch: an instance that is snapshotted
/// between batches then shares no randomness with its copies.
///
/// The package calls it when an operation ends and not when the host's turn does. Nothing cheap is sure to run then: where
/// only timers that keep no process alive are pending, Node waits for its next event first, with the bytes in memory; and one
/// that it does not wait for costs as much for each event of a server as drawing does (2 µs), which it saves only where
/// several operations come in one turn.
///
/// ```
/// use fieldseal::crypto::{discard_random_pool, random_array};
///
/// let before = random_array::<16>()?;
/// discard_random_pool(); // a copy that is made of the process now …
/// assert_ne!(random_array::<16>()?, before); // … draws other bytes
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn discard_random_pool() {
    // Failing means that the pool is being refilled or is gone already.
    let _ = POOL.try_with(|pool| pool.try_borrow_mut().map(|mut pool| pool.discard()));
}

/// `N` random bytes.
///
/// # Errors
/// As [`fill_random`].
///
/// ```
/// use fieldseal::crypto::random_array;
///
/// let nonce = random_array::<12>()?;
/// assert_ne!(nonce, random_array()?);
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn random_array<const N: usize>() -> Result<[u8; N]> {
    let mut out = [0; N];
    fill_random(&mut out)?;
    Ok(out)
}

/// `n` random bytes that are wiped on drop.
///
/// # Errors
/// As [`fill_random`].
///
/// ```
/// use fieldseal::crypto::random_secret;
///
/// let key = random_secret(32)?;
/// assert_eq!(key.len(), 32);
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn random_secret(n: usize) -> Result<Secret> {
    let mut out = Secret::zeros(n);
    fill_random(out.bytes_mut())?;
    Ok(out)
}

/// A key from random bytes by rejection, which, unlike reduction, favours no scalar.
#[cfg(any(test, feature = "p256", not(feature = "aws-lc-rs")))]
pub(super) fn random_scalar<const N: usize, K>(
    accept: impl Fn(&[u8; N]) -> Option<K>,
) -> Result<K> {
    let mut scalar = zeroize::Zeroizing::new([0; N]);
    for _ in 0..MAX_TRIES {
        fill_random(&mut *scalar)?;
        if let Some(key) = accept(&scalar) {
            return Ok(key);
        }
    }
    Err(Error::bug("no private scalar below the order of the curve"))
}

/// [`fill_random`] in the form that the cryptography crates ask for.
#[cfg(any(test, feature = "p256", feature = "software-fallback"))]
pub(super) struct HostRng;

#[cfg(any(test, feature = "p256", feature = "software-fallback"))]
impl TryRng for HostRng {
    type Error = Error;

    fn try_next_u32(&mut self) -> Result<u32> {
        random_array().map(u32::from_le_bytes)
    }

    fn try_next_u64(&mut self) -> Result<u64> {
        random_array().map(u64::from_le_bytes)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<()> {
        fill_random(out)
    }
}

#[cfg(any(test, feature = "p256", feature = "software-fallback"))]
impl TryCryptoRng for HostRng {}

#[cfg(test)]
#[path = "tests/random.rs"]
mod tests;
