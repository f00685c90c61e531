//! Key derivation in counter mode (NIST SP 800-108 revision 1, section 4.1), HMAC-SHA384 as its function.

use crate::error::{Error, Result};

use super::{Hash, Secret, hmac_parts};

/// `n` bytes derived from `key`: for each block, HMAC of its 32-bit number, `label`, a zero byte, `context` and
/// the output's length in bits.
pub fn counter_kdf(key: &[u8], label: &[u8], context: &[u8], n: usize) -> Result<Secret> {
    let too_long = Error::Bug("more than 2^32 bits of derived key");
    let bits = n.checked_mul(8).and_then(|bits| u32::try_from(bits).ok()).ok_or(too_long)?;
    let mut out = Secret::zeros(n);
    for (block, number) in out.bytes_mut().chunks_mut(Hash::Sha384.output_len()).zip(1u32..) {
        let parts = [&number.to_be_bytes()[..], label, &[0], context, &bits.to_be_bytes()];
        let made = Secret::new(hmac_parts(Hash::Sha384, key, &parts));
        block.iter_mut().zip(&*made).for_each(|(out, byte)| *out = *byte);
    }
    Ok(out)
}

#[cfg(test)]
#[path = "tests/kdf.rs"]
mod tests;
