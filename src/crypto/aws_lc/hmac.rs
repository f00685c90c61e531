//! HMAC; HKDF on it (RFC 5869). AWS-LC's own HKDF extracts anew for every expansion: of one key there are two to four.

use aws_lc_rs::{digest, hmac};
use zeroize::Zeroizing;

use super::hash::Hash;

/// A key of HMAC.
pub(in crate::crypto) struct HmacKey(hmac::Key);

impl HmacKey {
    /// Of a key of any length.
    pub(in crate::crypto) fn new(hash: &'static Hash, key: &[u8]) -> Self {
        Self(hmac::Key::new(hash.hmac, key))
    }

    /// HKDF-Extract (section 2.2): the pseudorandom key as a key of HMAC, which all that HKDF does with it is. An empty `salt`
    /// is none.
    pub(in crate::crypto) fn extract(hash: &'static Hash, salt: &[u8], key: &[u8]) -> Self {
        let mut prk = Zeroizing::new([0; digest::MAX_OUTPUT_LEN]);
        let prk = &mut prk[..hash.output_len];
        match salt {
            [] => mac(hash.unsalted.get_or_init(|| hmac::Key::new(hash.hmac, &[])), key, prk),
            salt => mac(&hmac::Key::new(hash.hmac, salt), key, prk),
        }
        Self::new(hash, prk)
    }

    /// The HMAC of the parts, one after another: its first bytes, as many as `out` has.
    pub(in crate::crypto) fn mac(&self, parts: &[&[u8]], out: &mut [u8]) {
        match parts {
            [part] => mac(&self.0, part, out),
            // A context would take them one by one, and return the result in memory that nobody wipes.
            parts => mac(&self.0, &Zeroizing::new(parts.concat()), out),
        }
    }

    /// HKDF-Expand (section 2.3) under this key, extracted before; `None` for more than 255 hashes.
    pub(in crate::crypto) fn expand(&self, info: &[&[u8]], out: &mut [u8]) -> Option<()> {
        let len = self.0.algorithm().tag_len();
        if out.len() > 255 * len {
            return None;
        }
        // What was made before, `info`, a number; the first piece has nothing before it.
        let info_len: usize = info.iter().map(|part| part.len()).sum();
        let mut message = Zeroizing::new(Vec::with_capacity(len + info_len + 1));
        message.resize(len, 0);
        info.iter().for_each(|part| message.extend_from_slice(part));
        message.push(0);
        for (n, piece) in (1..=255_u8).zip(out.chunks_mut(len)) {
            *message.last_mut()? = n;
            let start = if n == 1 { len } else { 0 };
            mac(&self.0, &message[start..], piece);
            // Only the last piece is shorter.
            message[..piece.len()].copy_from_slice(piece);
        }
        Some(())
    }
}

/// The first bytes of the HMAC of `message`, as many as `out` has.
fn mac(key: &hmac::Key, message: &[u8], out: &mut [u8]) {
    const ROOM: &str = "the buffer is as long as the tag";
    let len = key.algorithm().tag_len();
    if out.len() == len {
        hmac::sign_to_buffer(key, message, out).expect(ROOM);
        return;
    }
    let mut whole = Zeroizing::new([0; digest::MAX_OUTPUT_LEN]);
    let whole = hmac::sign_to_buffer(key, message, &mut *whole).expect(ROOM);
    out.copy_from_slice(&whole[..out.len()]);
}
