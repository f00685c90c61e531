//! Private keys on P-384 and their signatures (FIPS 186-5 section 6.4.1). Multiples of the base point are of our own
//! (`crates/arithmetic`); all arithmetic modulo the order is the crate's.

#[cfg(any(test, feature = "software-fallback", feature = "messages"))]
use fieldseal_arithmetic::curve384::sum_has_x;
use fieldseal_arithmetic::curve384::{FIELD_LEN, multiply_base};
use fieldseal_arithmetic::hash::SHA384;
use fieldseal_arithmetic::hmac::HmacKey;
use p384::elliptic_curve::ff::PrimeField;
use p384::elliptic_curve::ops::Reduce;
use p384::{Scalar, U384};
use zeroize::Zeroizing;

use crate::crypto::random::{MAX_TRIES, random_array, random_scalar};
use crate::error::{Error, Result};

/// A private key, wiped on drop, and its public key.
#[derive(Clone)]
pub(in crate::crypto) struct PrivateKey {
    scalar: Zeroizing<Scalar>,
    public: [u8; 1 + FIELD_LEN],
}

impl PrivateKey {
    /// A new one, from the host's randomness.
    pub(in crate::crypto) fn generate() -> Result<Self> {
        random_scalar(Self::from_bytes)
    }

    /// `None` if the number is 0 or not below the order, or if the computation went wrong.
    fn from_bytes(bytes: &[u8; FIELD_LEN]) -> Option<Self> {
        let scalar = Zeroizing::new(read_scalar(bytes)?);
        let [x, y] = multiply_base(bytes)?;
        let mut public = [0; 1 + FIELD_LEN];
        let (tag, rest) = public.split_at_mut(1);
        tag.fill(2 | y[FIELD_LEN - 1] & 1);
        rest.copy_from_slice(&x);
        Some(Self { scalar, public })
    }

    /// The public key as a compressed point.
    pub(in crate::crypto) fn public_compressed(&self) -> &[u8; 1 + FIELD_LEN] {
        &self.public
    }

    /// Signs a digest: r and s.
    pub(in crate::crypto) fn sign(&self, digest: &[u8; FIELD_LEN]) -> Result<[Scalar; 2]> {
        self.sign_with(digest, &*Zeroizing::new(random_array::<FIELD_LEN>()?))
    }

    /// The same; the nonce is a function of key, digest and `added` bytes, which are random (RFC 6979 section 3.6) or none.
    fn sign_with(&self, digest: &[u8; FIELD_LEN], added: &[u8]) -> Result<[Scalar; 2]> {
        let digest = Scalar::reduce(&U384::from_be_slice(digest));
        let key = Zeroizing::new(self.scalar.to_repr().into());
        let mut nonces = Nonces::new(&key, &digest.to_repr().into(), added);
        // An r or s of 0, for which there would be another try, is not to be met with.
        for _ in 0..MAX_TRIES {
            let bytes = nonces.next();
            let Some(nonce) = read_scalar(&bytes).map(Zeroizing::new) else { continue };
            let Some([x, _]) = multiply_base(&bytes) else { break };
            let r = Scalar::reduce(&U384::from_be_slice(&x));
            let inverse = Zeroizing::new(nonce.invert().into_option().unwrap_or(Scalar::ZERO));
            let s = *inverse * (digest + r * *self.scalar);
            if !bool::from(r.is_zero() | s.is_zero()) {
                return Ok([r, s]);
            }
        }
        Err(Error::bug("a signature went wrong"))
    }
}

/// The generator of nonces (RFC 6979 section 3.2, with the additional data of section 3.6).
struct Nonces {
    key: HmacKey,
    value: Zeroizing<[u8; FIELD_LEN]>,
}

impl Nonces {
    /// `digest` is modulo the order.
    fn new(key: &[u8; FIELD_LEN], digest: &[u8; FIELD_LEN], added: &[u8]) -> Self {
        let first = HmacKey::new(&SHA384, &[0; FIELD_LEN]);
        let mut nonces = Self { key: first, value: Zeroizing::new([1; FIELD_LEN]) };
        // Steps d to g.
        for step in [0, 1] {
            nonces.renew(step, [key, digest, added]);
        }
        nonces
    }

    /// A candidate (step h): any integer of 384 bits.
    fn next(&mut self) -> Zeroizing<[u8; FIELD_LEN]> {
        let mut candidate = Zeroizing::new([0; FIELD_LEN]);
        self.key.mac(&[&*self.value], &mut *candidate);
        *self.value = *candidate;
        self.renew(0, [&[]; 3]);
        candidate
    }

    fn renew(&mut self, step: u8, [a, b, c]: [&[u8]; 3]) {
        let mut key = Zeroizing::new([0; FIELD_LEN]);
        self.key.mac(&[&*self.value, &[step], a, b, c], &mut *key);
        self.key = HmacKey::new(&SHA384, &*key);
        let before = self.value.clone();
        self.key.mac(&[&*before], &mut *self.value);
    }
}

/// Whether r and s, side by side, are a signature over a digest (FIPS 186-5 section 6.4.2). All of it is public: it takes a
/// time that depends on it.
#[cfg(any(test, feature = "software-fallback", feature = "messages"))]
pub(in crate::crypto) fn verify(public: &[u8], digest: &[u8; FIELD_LEN], signature: &[u8]) -> bool {
    let Some((r_bytes, s)) = signature.split_first_chunk() else { return false };
    let s = s.try_into().ok().and_then(read_scalar);
    let (Some(r), Some(s)) = (read_scalar(r_bytes), s) else { return false };
    // Only 0 has no inverse.
    let inverse = s.invert_vartime().unwrap_or(Scalar::ZERO);
    let digest = Scalar::reduce(&U384::from_be_slice(digest));
    let [u1, u2] = [digest * inverse, r * inverse].map(|scalar| scalar.to_repr().into());
    sum_has_x(&u1, &u2, public, r_bytes)
}

/// `None` for 0 and what is not below the order.
fn read_scalar(bytes: &[u8; FIELD_LEN]) -> Option<Scalar> {
    let scalar = Scalar::from_repr((*bytes).into()).into_option()?;
    (!bool::from(scalar.is_zero())).then_some(scalar)
}

#[cfg(test)]
#[path = "tests/p384_key.rs"]
mod tests;
