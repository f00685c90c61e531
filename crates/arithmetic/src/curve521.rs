//! Points of P-521 (FIPS 186-5, SP 800-186 section 3.2.1.5): whether one is on the curve, and both forms of it.
//!
//! For public points only: nothing here hides what it computes with. The scalar operations are the host's.

use core::array::from_fn;

/// Bytes of a coordinate.
pub const FIELD_LEN: usize = 66;

const LIMBS: usize = 17;
/// Bits of the highest limb: 521 = 16 * 32 + 9.
const TOP_BITS: u32 = 9;
const TOP_MASK: u32 = (1 << TOP_BITS) - 1;

/// An integer modulo 2^521 - 1, least significant limb first; always below the modulus.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Element([u32; LIMBS]);

const THREE: Element = {
    let mut limbs = [0; LIMBS];
    limbs[0] = 3;
    Element(limbs)
};

/// The coefficient b of y² = x³ - 3x + b.
const B: Element = Element([
    0x6b50_3f00,
    0xef45_1fd4,
    0x3d2c_34f1,
    0x3573_df88,
    0x3bb1_bf07,
    0x1652_c0bd,
    0xec7e_937b,
    0x5619_3951,
    0x8ef1_09e1,
    0xb8b4_8991,
    0x99b3_15f3,
    0xa2da_725b,
    0xb685_40ee,
    0x929a_21a0,
    0x8e1c_9a1f,
    0x953e_b961,
    0x0000_0051,
]);

impl Element {
    /// `None` for what is not below the modulus: one number, one spelling.
    fn from_bytes(bytes: &[u8; FIELD_LEN]) -> Option<Self> {
        let mut limbs = [0u32; LIMBS];
        for (limb, bytes) in limbs.iter_mut().zip(bytes.rchunks(4)) {
            *limb = bytes.iter().fold(0, |limb, byte| limb << 8 | u32::from(*byte));
        }
        let [rest @ .., top] = limbs;
        let below = top < TOP_MASK || (top == TOP_MASK && rest.iter().any(|l| *l != u32::MAX));
        below.then_some(Self(limbs))
    }

    fn to_bytes(self) -> [u8; FIELD_LEN] {
        let mut bytes = [0; FIELD_LEN];
        for (bytes, limb) in bytes.rchunks_mut(4).zip(self.0) {
            let limb = limb.to_be_bytes();
            let unused = limb.len() - bytes.len();
            bytes.iter_mut().zip(&limb[unused..]).for_each(|(out, byte)| *out = *byte);
        }
        bytes
    }

    fn is_odd(self) -> bool {
        self.0[0] & 1 == 1
    }

    fn add(self, other: Self) -> Self {
        let mut carry = 0;
        Self::reduced(from_fn(|i| {
            carry += u64::from(self.0[i]) + u64::from(other.0[i]);
            let limb = carry as u32;
            carry >>= 32;
            limb
        }))
    }

    /// Modulo 2^521 - 1 the complement of all bits is the negative.
    fn negative(self) -> Self {
        let mut limbs = self.0.map(|limb| !limb);
        limbs[LIMBS - 1] &= TOP_MASK;
        Self::reduced(limbs)
    }

    fn times(self, other: Self) -> Self {
        let mut wide = [0u32; 2 * LIMBS];
        for (i, a) in self.0.iter().enumerate() {
            let mut carry = 0;
            for (limb, b) in wide[i..].iter_mut().zip(&other.0) {
                carry += u64::from(*a) * u64::from(*b) + u64::from(*limb);
                *limb = carry as u32;
                carry >>= 32;
            }
            wide[i + LIMBS] = carry as u32;
        }
        // 2^521 is 1: what lies above counts once more below.
        let mut low: [u32; LIMBS] = from_fn(|i| wide[i]);
        low[LIMBS - 1] &= TOP_MASK;
        let high = from_fn(|i| {
            let next = wide.get(LIMBS + i).copied().unwrap_or_default();
            wide[LIMBS - 1 + i] >> TOP_BITS | next << (32 - TOP_BITS)
        });
        Self(low).add(Self(high))
    }

    /// Brings what is at most a few bits longer than the modulus below it.
    fn reduced(mut limbs: [u32; LIMBS]) -> Self {
        let mut carry = u64::from(limbs[LIMBS - 1] >> TOP_BITS);
        limbs[LIMBS - 1] &= TOP_MASK;
        for limb in &mut limbs {
            carry += u64::from(*limb);
            *limb = carry as u32;
            carry >>= 32;
        }
        let [rest @ .., top] = limbs;
        match top {
            // The modulus itself, or 2^521 by the carry from below it.
            TOP_MASK if rest.iter().all(|limb| *limb == u32::MAX) => Self([0; LIMBS]),
            _ if top > TOP_MASK => Self(from_fn(|i| u32::from(i == 0))),
            _ => Self(limbs),
        }
    }

    /// A square root. The modulus is 3 modulo 4, so that it is the power of a quarter of its successor, 2^519.
    fn root(self) -> Option<Self> {
        let root = (0..519).fold(self, |power, _| power.times(power));
        (root.times(root) == self).then_some(root)
    }
}

/// x³ - 3x + b.
fn right_side(x: Element) -> Element {
    let cube = x.times(x).times(x);
    cube.add(x.times(THREE).negative()).add(B)
}

/// The coordinates of the point that SEC 1 writes as `tag` and these bytes; `None` if there is none.
pub fn coordinates(sec1: &[u8]) -> Option<([u8; FIELD_LEN], [u8; FIELD_LEN])> {
    let (tag, rest) = sec1.split_first()?;
    let (x_bytes, y_bytes) = rest.split_first_chunk()?;
    let x = Element::from_bytes(x_bytes)?;
    let y = match tag {
        4 => {
            let y = Element::from_bytes(y_bytes.try_into().ok()?)?;
            (y.times(y) == right_side(x)).then_some(y)?
        }
        2 | 3 if y_bytes.is_empty() => {
            let y = right_side(x).root()?;
            let wanted = if y.is_odd() == (*tag == 3) { y } else { y.negative() };
            // No point of the curve has y = 0: its order is odd.
            (wanted.is_odd() == (*tag == 3)).then_some(wanted)?
        }
        _ => return None,
    };
    Some((x.to_bytes(), y.to_bytes()))
}
