//! Bytes that are wiped when dropped.

use core::fmt;
use core::hint::black_box;
use core::ops::Deref;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::wire::put_zeros;

/// Secret bytes: wiped on drop, never printed.
///
/// ```
/// use fieldseal::crypto::Secret;
///
/// let key = Secret::new(vec![7; 32]);
/// assert_eq!(key[..], [7; 32]);
/// assert_eq!(format!("{key:?}"), "Secret(32 bytes)");
///
/// let mut number = Secret::zeros(1);
/// number.bytes_mut()[0] = 1;
/// number.append(&[2]);
/// assert_eq!(number.left_padded(4)[..], [0, 0, 1, 2]);
/// ```
#[derive(Clone, Default)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes ownership of `bytes`.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// `n` zero bytes, to be filled in through [`Secret::bytes_mut`].
    pub fn zeros(n: usize) -> Self {
        Self(vec![0; n])
    }

    /// The bytes, to be changed in place.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// The number with these big-endian digits in at least `len` bytes: zeros are put before them.
    pub fn left_padded(self, len: usize) -> Self {
        let Some(at) = len.checked_sub(self.0.len()) else { return self };
        let mut padded = Self::zeros(len);
        padded.0[at..].copy_from_slice(&self.0);
        padded
    }

    /// Appends `bytes`; where the secret has to move for it, its old place is wiped.
    pub fn append(&mut self, bytes: &[u8]) {
        let len = self.0.len() + bytes.len();
        if len > self.0.capacity() {
            let mut moved = Vec::with_capacity(len.max(2 * self.0.len()));
            moved.extend_from_slice(&self.0);
            *self = Self(moved);
        }
        self.0.extend_from_slice(bytes);
    }
}

/// Keys are no longer than so many bytes. What is longer is the plaintext of frames, or the text of a request.
const LONGEST_KEY: usize = 1024;

impl Zeroize for Secret {
    fn zeroize(&mut self) {
        // Keys by volatile writes, which no compiler may leave out.
        if self.0.capacity() <= LONGEST_KEY {
            return self.0.zeroize();
        }
        // All of the capacity, too, but in runs: the crate writes each byte by itself, and a secret may be a frame.
        self.0.clear();
        let capacity = self.0.capacity();
        put_zeros(&mut self.0, capacity);
        // Whoever drops what was written must write it nevertheless.
        black_box(&self.0);
        self.0.clear();
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for Secret {}

impl From<&[u8]> for Secret {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl Deref for Secret {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}
