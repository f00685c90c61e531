//! Key derivation in counter mode (SP 800-108), the label and the context separated by a zero byte.

use crate::error::{Error, Result};

use super::{Hash, Secret, hmac_parts};

/// `n` bytes: HMAC over a counter from 1 (u32), `label`, a zero byte, `context` and the number of
/// bits (u32), for as many counters as it takes.
///
/// # Errors
/// [`Fault::Bug`](crate::error::Fault::Bug) when `n` is 512 MiB or more: its number of bits has no place in the input.
pub(crate) fn kdf_ctr(
    hash: Hash,
    key: &[u8],
    label: &[u8],
    context: &[u8],
    n: usize,
) -> Result<Secret> {
    let bits = u32::try_from(n).ok().and_then(|n| n.checked_mul(8));
    let bits = bits.ok_or_else(|| Error::bug("a derived key of 512 MiB or more"))?;
    let mut out = Secret::zeros(n);
    for (counter, block) in (1u32..).zip(out.bytes_mut().chunks_mut(hash.output_len())) {
        let (counter, bits) = (counter.to_be_bytes(), bits.to_be_bytes());
        let mac = Secret::new(hmac_parts(hash, key, &[&counter, label, &[0], context, &bits]));
        // A block is as long as a hash, or shorter at the end.
        mac.iter().zip(block).for_each(|(from, to)| *to = *from);
    }
    Ok(out)
}

#[cfg(test)]
#[path = "tests/kdf.rs"]
mod tests;
