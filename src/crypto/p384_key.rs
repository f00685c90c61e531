//! Private keys on P-384 and their signatures (FIPS 186-5 section 6.4.1). Multiples of the base point are of our own
//! (`crates/arithmetic`); all arithmetic modulo the order is the crate's.

use fieldseal_arithmetic::curve384::{FIELD_LEN, multiply_base};
use p384::ecdsa::Signature;
use p384::elliptic_curve::Curve;
use p384::elliptic_curve::ff::PrimeField;
use p384::elliptic_curve::ops::Reduce;
use p384::{NistP384, Scalar, U384};
use rfc6979::KGenerator;
use sha2::Sha384;
use zeroize::Zeroizing;

use crate::error::{Error, Result};

use super::random::MAX_TRIES;

/// A private key, wiped on drop, and its public key.
#[derive(Clone)]
pub(super) struct PrivateKey {
    scalar: Zeroizing<Scalar>,
    public: [u8; 1 + FIELD_LEN],
}

impl PrivateKey {
    /// `None` if the number is 0 or not below the order, or if the computation went wrong.
    pub(super) fn from_bytes(bytes: &[u8; FIELD_LEN]) -> Option<Self> {
        let scalar = Zeroizing::new(read_scalar(bytes)?);
        let [x, y] = multiply_base(bytes)?;
        let mut public = [0; 1 + FIELD_LEN];
        let (tag, rest) = public.split_at_mut(1);
        tag.fill(2 | y[FIELD_LEN - 1] & 1);
        rest.copy_from_slice(&x);
        Some(Self { scalar, public })
    }

    /// The public key as a compressed point.
    pub(super) fn public_compressed(&self) -> &[u8; 1 + FIELD_LEN] {
        &self.public
    }

    /// Signs a digest; the nonce is a function of key, digest and `added` bytes, which are random (RFC 6979 section 3.6)
    /// or none.
    pub(super) fn sign(&self, digest: &[u8; FIELD_LEN], added: &[u8]) -> Result<Signature> {
        let order = NistP384::ORDER;
        let key = Zeroizing::new(self.scalar.to_repr());
        let mut nonces = KGenerator::<Sha384, _>::new(&key, digest, added, order.as_ref());
        let digest = Scalar::reduce(&U384::from_be_slice(digest));
        // An r or s of 0, for which there would be another try, is not to be met with.
        for _ in 0..MAX_TRIES {
            let mut bytes = Zeroizing::new([0; FIELD_LEN]);
            nonces.fill_next_k(&mut *bytes);
            let Some(nonce) = read_scalar(&bytes).map(Zeroizing::new) else { continue };
            let Some([x, _]) = multiply_base(&bytes) else { break };
            let r = Scalar::reduce(&U384::from_be_slice(&x));
            let inverse = Zeroizing::new(nonce.invert().into_option().unwrap_or(Scalar::ZERO));
            let s = *inverse * (digest + r * *self.scalar);
            if let Ok(signature) = Signature::from_scalars(r, s) {
                return Ok(signature);
            }
        }
        Err(Error::bug("a signature went wrong"))
    }
}

/// `None` for 0 and what is not below the order.
fn read_scalar(bytes: &[u8; FIELD_LEN]) -> Option<Scalar> {
    let scalar = Scalar::from_repr((*bytes).into()).into_option()?;
    (!bool::from(scalar.is_zero())).then_some(scalar)
}

#[cfg(test)]
#[path = "tests/p384_key.rs"]
mod tests;
