//! The hash of a message that is signed, fed piece by piece: by the host where it has one that takes pieces.

use crate::error::Result;
use crate::wire::Sink;

use super::curve::Curve;
use super::digest::Digest;
use super::hash::HashSink;
use super::host::{HostHash, host_crypto};

/// Messages below so many bytes are hashed here: to begin and to end a hash at the host takes as long as these
/// (benches/message.mjs).
const MIN_HOST: usize = 8192;

/// The hash of a message in the middle.
pub(crate) struct MessageHash {
    curve: Curve,
    state: State,
}

enum State {
    /// The message so far, while it may still be a short one. No secret.
    Short(Vec<u8>),
    Core(Box<HashSink>),
    /// Ended by being dropped.
    Host(Box<dyn HostHash>),
}

impl MessageHash {
    /// The hash that goes with `curve`, of nothing so far.
    pub(crate) fn new(curve: Curve) -> Self {
        Self { curve, state: State::Short(Vec::new()) }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Fault::Host`](crate::error::Fault::Host) if the host fails: the hash is of no use then.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<()> {
        if let State::Short(begun) = &mut self.state {
            if begun.len() + bytes.len() < MIN_HOST {
                begun.extend_from_slice(bytes);
                return Ok(());
            }
            let begun = core::mem::take(begun);
            self.state = match host_crypto().and_then(|host| host.hash(self.curve)) {
                Some(hash) => State::Host(hash),
                None => State::Core(Box::new(HashSink::new(self.curve.hash()))),
            };
            if !begun.is_empty() {
                self.feed(&begun)?;
            }
        }
        self.feed(bytes)
    }

    fn feed(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.state {
            State::Short(begun) => begun.extend_from_slice(bytes),
            State::Core(hash) => hash.put(bytes),
            State::Host(hash) => return hash.update(bytes),
        }
        Ok(())
    }

    /// The digest of everything.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub(super) fn finish(self) -> Result<Digest> {
        match self.state {
            State::Short(message) => Ok(Digest::of(self.curve, &message)),
            State::Core(hash) => Ok(Digest::finish(self.curve, *hash)),
            State::Host(hash) => {
                let mut digest = vec![0; self.curve.hash().output_len()];
                hash.finish(&mut digest)?;
                Ok(Digest(digest))
            }
        }
    }
}

#[cfg(test)]
#[path = "tests/message_hash.rs"]
mod tests;
