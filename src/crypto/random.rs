//! Random bytes from the host's cryptographic generator, and from nothing else.

use crate::error::{Error, Result};

use super::Secret;

/// Fills `out` with random bytes.
pub fn fill_random(out: &mut [u8]) -> Result<()> {
    getrandom::fill(out).map_err(|e| Error::Host(format!("no random bytes: {e}")))
}

/// `N` random bytes.
pub fn random_array<const N: usize>() -> Result<[u8; N]> {
    let mut out = [0; N];
    fill_random(&mut out)?;
    Ok(out)
}

/// `n` random bytes that are wiped on drop.
pub fn random_secret(n: usize) -> Result<Secret> {
    let mut out = Secret::zeros(n);
    fill_random(out.bytes_mut())?;
    Ok(out)
}
