//! Random inputs that can be had again: a failing test shows its seed, and `FIELDSEAL_SEED=… cargo test` repeats it.

/// `N` random bytes of the host.
pub(crate) fn random_array<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

/// How many random cases a differential test has: `few` with every `cargo test`, or as many as `FIELDSEAL_CASES` says
/// (`make differential`).
pub(crate) fn cases(few: usize) -> usize {
    std::env::var("FIELDSEAL_CASES")
        .map_or(few, |text| text.parse().expect("FIELDSEAL_CASES is a number"))
}

/// Random numbers that follow from a seed (SplitMix64).
pub(crate) struct Seeded(u64);

impl Seeded {
    pub(crate) fn new() -> Self {
        let seed = std::env::var("FIELDSEAL_SEED").map_or_else(
            |_| u64::from(u32::from_le_bytes(random_array())),
            |text| text.parse().expect("FIELDSEAL_SEED is a number"),
        );
        println!("FIELDSEAL_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| self.byte())
    }

    /// At most `most` random bytes: any length, or 0.
    pub(crate) fn bytes(&mut self, most: usize) -> Vec<u8> {
        let number = u32::from_le_bytes(self.array()) as usize;
        (0..number % (most + 1)).map(|_| self.byte()).collect()
    }

    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z >> 56) as u8
    }
}
