//! Digests that are signed.

use crate::wire::Sink;

use super::curve::Curve;
use super::hash::HashSink;

/// The digest of a message that is to be signed or verified.
pub(super) struct Digest(pub(super) Vec<u8>);

impl Digest {
    /// Of a whole message with the hash of `curve`.
    pub(super) fn of(curve: Curve, message: &[u8]) -> Self {
        let mut hash = HashSink::new(curve.hash());
        hash.put(message);
        Self::finish(curve, hash)
    }

    /// Of what was hashed with the hash of `curve`.
    pub(super) fn finish(curve: Curve, hash: HashSink) -> Self {
        let mut digest = vec![0; curve.hash().output_len()];
        hash.finish(&mut digest);
        Self(digest)
    }
}
