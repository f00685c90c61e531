//! Paddings that are good, and every kind of those that are not.

use super::*;

const SIZE: usize = 256;
const CIPHERTEXT: [u8; SIZE] = [0x5a; SIZE];

/// A good encoding of a key of `len` bytes, all 7.
fn encoded(len: usize) -> Vec<u8> {
    let mut encoded = vec![0xff; SIZE];
    encoded[..2].copy_from_slice(&[0, 2]);
    encoded[SIZE - len - 1] = 0;
    encoded[SIZE - len..].fill(7);
    encoded
}

fn opened_with(secret: u8, encoded: Vec<u8>, ciphertext: &[u8], len: usize) -> Result<Secret> {
    let raw =
        RawRsa { encoded: Secret::new(encoded), rejection_secret: Secret::new(vec![secret; 32]) };
    pkcs1_data_key(&raw, ciphertext, len)
}

fn opened(encoded: Vec<u8>, len: usize) -> Vec<u8> {
    opened_with(1, encoded, &CIPHERTEXT, len).unwrap().to_vec()
}

#[test]
fn good_paddings() {
    for len in [16, 24, 32] {
        assert_eq!(opened(encoded(len), len), vec![7; len]);
        // Zeros belong to the key, and anything else may be padding.
        let mut zeros = encoded(len);
        zeros[SIZE - len..].fill(0);
        zeros[2..SIZE - len - 1].fill(1);
        assert_eq!(opened(zeros, len), vec![0; len]);
    }
}

#[test]
fn bad_paddings_yield_one_other_key_whatever_was_wrong() {
    for len in [16, 24, 32] {
        let other = opened(vec![0xff; SIZE], len);
        assert_eq!(other.len(), len);
        assert_ne!(other, vec![7; len]);
        let changed = |at: usize, byte: u8| {
            let mut bad = encoded(len);
            bad[at] = byte;
            bad
        };
        let mut bad = vec![vec![0; SIZE]];
        bad.extend([1, 2, 0x80, 0xff].map(|byte| changed(0, byte)));
        bad.extend([0, 1, 3, 0x82, 0xff].map(|byte| changed(1, byte)));
        // A zero within the padding: the message is longer than a data key.
        bad.extend((2..SIZE - len - 1).map(|at| changed(at, 0)));
        // None behind it: shorter, or none at all.
        bad.extend([1, 0x80, 0xff].map(|byte| changed(SIZE - len - 1, byte)));
        bad.extend([0, 1, len - 1, len + 1, 64].map(encoded));
        for encoding in bad {
            assert_eq!(opened(encoding.clone(), len), other, "{encoding:?}");
        }
    }
}

#[test]
fn the_other_key_depends_on_ciphertext_and_secret() {
    let bad = || vec![1; SIZE];
    let other =
        |secret, ciphertext: &[u8]| opened_with(secret, bad(), ciphertext, 32).unwrap().to_vec();
    let first = other(1, &CIPHERTEXT);
    assert_eq!(first, other(1, &CIPHERTEXT), "the same each time");
    assert_ne!(first, other(2, &CIPHERTEXT));
    let mut ciphertext = CIPHERTEXT;
    ciphertext[SIZE - 1] ^= 1;
    assert_ne!(first, other(1, &ciphertext));
}

#[test]
fn lengths_that_cannot_be() {
    for (encoded_len, ciphertext_len, len) in
        [(255, 256, 32), (257, 256, 32), (256, 0, 32), (0, 0, 32), (256, 256, 33), (42, 42, 32)]
    {
        let result = opened_with(1, vec![1; encoded_len], &vec![0; ciphertext_len], len);
        assert_eq!(result.unwrap_err().code(), "WRAPPED_KEY_MISMATCH");
    }
    // The shortest there can be: eight bytes of padding.
    let mut shortest = vec![9; 43];
    shortest[..2].copy_from_slice(&[0, 2]);
    shortest[10] = 0;
    assert_eq!(&*opened_with(1, shortest, &[0; 43], 32).unwrap(), [9; 32]);
}
