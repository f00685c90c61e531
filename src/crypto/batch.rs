//! Many AES-GCM operations under one key: the seam at which a host does the cipher's work for large bodies.

use core::ops::Range;

use fieldseal_arithmetic::{GCM_IV_LEN, GCM_TAG_LEN};

use crate::error::{Check, Error, Result};

use super::provider::cipher;

/// Which way a [`GcmBatch`] goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From plaintext to ciphertext and tag.
    Seal,
    /// From ciphertext and tag to plaintext.
    Open,
}

/// One operation of a [`GcmBatch`].
pub struct GcmTask {
    /// Nonce; unique under the key.
    pub iv: [u8; GCM_IV_LEN],
    /// Where the additional authenticated data lies in [`GcmBatch::aads`].
    pub aad: Range<usize>,
    /// Where the bytes to process lie in [`GcmBatch::input`].
    pub input: Range<usize>,
    /// Where the result goes in [`GcmBatch::output`]: 16 bytes longer than the input when sealing, 16 shorter when
    /// opening.
    pub output: Range<usize>,
}

/// AES-GCM operations under one key that do not depend on each other: the frames of a message, for example. Their bytes lie
/// in one input and one output, so that a host can be handed all of them at once.
///
/// ```
/// use fieldseal::crypto::{Direction, GcmBatch, GcmTask};
///
/// # fieldseal_doctest::run(async {
/// let input = b"first second";
/// let mut output = [0; 5 + 16 + 6 + 16];
/// let batch = GcmBatch {
///     direction: Direction::Seal,
///     key: &[7; 32],
///     aads: b"tenant a".to_vec(), // both have the same
///     input,
///     output: &mut output,
///     tasks: vec![
///         GcmTask { iv: [1; 12], aad: 0..8, input: 0..5, output: 0..21 },
///         GcmTask { iv: [2; 12], aad: 0..8, input: 6..12, output: 21..43 },
///     ],
/// };
/// batch.run().await?;
///
/// let mut second = [0; 6];
/// let batch = GcmBatch {
///     direction: Direction::Open,
///     key: &[7; 32],
///     aads: b"tenant a".to_vec(),
///     input: &output[21..],
///     output: &mut second,
///     tasks: vec![GcmTask { iv: [2; 12], aad: 0..8, input: 0..22, output: 0..6 }],
/// };
/// batch.run().await?;
/// assert_eq!(&second, b"second");
/// # Ok(())
/// # });
/// ```
pub struct GcmBatch<'a> {
    /// Seal or open.
    pub direction: Direction,
    /// 16, 24 or 32 bytes.
    pub key: &'a [u8],
    /// All additional authenticated data.
    pub aads: Vec<u8>,
    /// What is processed.
    pub input: &'a [u8],
    /// Where results go; what lies between them is left as it is. When the batch fails, all of it is wiped.
    pub output: &'a mut [u8],
    /// The operations.
    pub tasks: Vec<GcmTask>,
}

impl GcmBatch<'_> {
    /// Runs every operation. On failure the output holds no plaintext.
    pub(super) fn run_in_core(mut self) -> Result<()> {
        let done = self.run_each();
        if done.is_err() {
            self.output.fill(0);
        }
        done
    }

    fn run_each(&mut self) -> Result<()> {
        let unfit = || Error::bug("a batch of ranges or of a key that do not fit");
        let unauthentic = || Error::unauthentic(Check::FrameTag);
        let key = cipher::Key::new(self.key).ok_or_else(|| match self.direction {
            Direction::Seal => unfit(),
            Direction::Open => unauthentic(),
        })?;
        for task in &self.tasks {
            let (Some(aad), Some(input), Some(output)) = (
                self.aads.get(task.aad.clone()),
                self.input.get(task.input.clone()),
                self.output.get_mut(task.output.clone()),
            ) else {
                return Err(unfit());
            };
            let done = match self.direction {
                Direction::Seal => seal(&key, &task.iv, aad, input, output),
                Direction::Open => open(&key, &task.iv, aad, input, output),
            };
            if !done.ok_or_else(unfit)? {
                return Err(unauthentic());
            }
        }
        Ok(())
    }
}

fn seal(
    key: &cipher::Key,
    iv: &[u8; GCM_IV_LEN],
    aad: &[u8],
    input: &[u8],
    output: &mut [u8],
) -> Option<bool> {
    let (text, tag) = output.split_last_chunk_mut::<GCM_TAG_LEN>()?;
    if text.len() != input.len() {
        return None;
    }
    text.copy_from_slice(input);
    *tag = key.seal(iv, aad, text)?;
    Some(true)
}

fn open(
    key: &cipher::Key,
    iv: &[u8; GCM_IV_LEN],
    aad: &[u8],
    input: &[u8],
    output: &mut [u8],
) -> Option<bool> {
    let (text, tag) = input.split_last_chunk::<GCM_TAG_LEN>()?;
    if text.len() != output.len() {
        return None;
    }
    output.copy_from_slice(text);
    Some(key.open(iv, aad, output, tag).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::gcm_seal;
    use crate::error::Fault;

    fn batch<'a>(
        direction: Direction,
        key: &'a [u8],
        input: &'a [u8],
        output: &'a mut [u8],
        ranges: &[(Range<usize>, Range<usize>)],
    ) -> Result<()> {
        let tasks = ranges.iter().enumerate().map(|(i, (input, output))| GcmTask {
            iv: [i as u8; 12],
            aad: 0..3,
            input: input.clone(),
            output: output.clone(),
        });
        let (aads, tasks) = (b"aad".to_vec(), tasks.collect());
        GcmBatch { direction, key, aads, input, output, tasks }.run_in_core()
    }

    const TEXT: &[u8; 20] = b"one text and another";
    const SEAL: [(Range<usize>, Range<usize>); 2] = [(0..8, 0..24), (8..20, 24..52)];
    const OPEN: [(Range<usize>, Range<usize>); 2] = [(0..24, 0..8), (24..52, 8..20)];

    #[test]
    fn opens_what_it_seals_and_nothing_else() {
        for key in [&[7; 16][..], &[7; 24], &[7; 32]] {
            let mut sealed = [0; 20 + 32];
            batch(Direction::Seal, key, TEXT, &mut sealed, &SEAL).unwrap();
            let mut opened = [0; 20];
            batch(Direction::Open, key, &sealed, &mut opened, &OPEN).unwrap();
            assert_eq!(&opened, TEXT);
            for i in 0..sealed.len() {
                let mut other = sealed;
                other[i] ^= 1;
                let error = batch(Direction::Open, key, &other, &mut opened, &OPEN).unwrap_err();
                assert_eq!(error, Error::unauthentic(Check::FrameTag));
                assert_eq!(opened, [0; 20], "nothing of a batch that failed is left");
            }
        }
    }

    #[test]
    fn each_task_is_what_gcm_seals_by_itself() {
        for key in [&[7; 16][..], &[7; 24], &[7; 32]] {
            let (mut together, mut one_by_one) = ([0; 20 + 32], Vec::new());
            batch(Direction::Seal, key, TEXT, &mut together, &SEAL).unwrap();
            gcm_seal(key, &[0; 12], b"aad", &TEXT[..8], &mut one_by_one).unwrap();
            gcm_seal(key, &[1; 12], b"aad", &TEXT[8..], &mut one_by_one).unwrap();
            assert_eq!(together[..], one_by_one);
        }
    }

    #[test]
    fn refuses_keys_that_aes_does_not_have() {
        for key in [&[][..], &[7; 15], &[7; 17], &[7; 33]] {
            let mut out = [1; 52];
            let error = batch(Direction::Seal, key, TEXT, &mut out, &SEAL).unwrap_err();
            assert!(matches!(error.fault(), Fault::Bug(_)));
            assert_eq!(out, [0; 52]);
            let mut out = [1; 20];
            let error = batch(Direction::Open, key, &[0; 52], &mut out, &OPEN).unwrap_err();
            assert_eq!(error, Error::unauthentic(Check::FrameTag));
            assert_eq!(out, [0; 20]);
        }
    }

    #[test]
    fn refuses_ranges_that_do_not_fit() {
        let mut out = [0; 40];
        let key = &[7; 32];
        for (input, output) in [(0..8, 0..23), (0..8, 0..25), (0..8, 30..54), (9..20, 0..27)] {
            let result = batch(Direction::Seal, key, &[0; 16], &mut out, &[(input, output)]);
            assert!(matches!(result.unwrap_err().fault(), Fault::Bug(_)));
        }
        let result = batch(Direction::Open, key, &[0; 15], &mut out, &[(0..15, 0..0)]);
        assert!(matches!(result.unwrap_err().fault(), Fault::Bug(_)));
    }

    #[test]
    fn leaves_nothing_of_the_operations_before_one_that_does_not_fit() {
        let (key, mut sealed) = ([7; 32], [0; 52]);
        batch(Direction::Seal, &key, TEXT, &mut sealed, &SEAL).unwrap();
        let [first, (input, _)] = OPEN;
        let mut out = [1; 20];
        let result = batch(Direction::Open, &key, &sealed, &mut out, &[first, (input, 8..19)]);
        assert!(matches!(result.unwrap_err().fault(), Fault::Bug(_)));
        assert_eq!(out, [0; 20]);
    }
}
