//! Private keys on P-384 and their signatures (FIPS 186-5 section 6.4.1).

use aws_lc_rs::digest::{Digest, SHA384};
#[cfg(any(test, feature = "software-fallback", feature = "messages"))]
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED, UnparsedPublicKey};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use fieldseal_arithmetic::curve384::FIELD_LEN;
use p384::Scalar;
use p384::elliptic_curve::ff::PrimeField;

use crate::error::{Error, Result};

/// A private key, which AWS-LC wipes, and its public key.
#[derive(Clone)]
pub(in crate::crypto) struct PrivateKey {
    pair: EcdsaKeyPair,
    public: [u8; 1 + FIELD_LEN],
}

impl PrivateKey {
    /// A new one, from AWS-LC's randomness.
    pub(in crate::crypto) fn generate() -> Result<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING)
            .map_err(|_| Error::host("AWS-LC made no key for signatures".to_owned()))?;
        let public = compressed(pair.public_key().as_ref())
            .ok_or_else(|| Error::bug("a public key that is not an uncompressed point"))?;
        Ok(Self { pair, public })
    }

    /// The public key as a compressed point.
    pub(in crate::crypto) fn public_compressed(&self) -> &[u8; 1 + FIELD_LEN] {
        &self.public
    }

    /// Signs a digest: r and s. The nonce is random.
    pub(in crate::crypto) fn sign(&self, digest: &[u8; FIELD_LEN]) -> Result<[Scalar; 2]> {
        let failed = || Error::bug("a signature went wrong");
        let signature = self.pair.sign_digest(&imported(digest).ok_or_else(failed)?);
        let signature = signature.map_err(|_| failed())?;
        let (r, s) = signature.as_ref().split_first_chunk().ok_or_else(failed)?;
        let scalar = |bytes: &[u8; FIELD_LEN]| Scalar::from_repr((*bytes).into()).into_option();
        let s = s.try_into().ok().and_then(scalar);
        Ok([scalar(r).ok_or_else(failed)?, s.ok_or_else(failed)?])
    }
}

/// Whether r and s, side by side, are a signature over a digest (FIPS 186-5 section 6.4.2) under an uncompressed point.
#[cfg(any(test, feature = "software-fallback", feature = "messages"))]
pub(in crate::crypto) fn verify(public: &[u8], digest: &[u8; FIELD_LEN], signature: &[u8]) -> bool {
    let key = UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, public);
    // AWS-LC would read other forms, too: hybrid points, whole X.509 keys.
    public.first() == Some(&4)
        && imported(digest).is_some_and(|digest| key.verify_digest(&digest, signature).is_ok())
}

fn imported(digest: &[u8; FIELD_LEN]) -> Option<Digest> {
    Digest::import_less_safe(digest, &SHA384).ok()
}

/// An uncompressed point (SEC 1 section 2.3.3) in its other form.
fn compressed(point: &[u8]) -> Option<[u8; 1 + FIELD_LEN]> {
    let (x, y) = point.strip_prefix(&[4])?.split_first_chunk::<FIELD_LEN>()?;
    let last = y.get(FIELD_LEN - 1)?;
    let mut out = [0; 1 + FIELD_LEN];
    out[0] = 2 | last & 1;
    out[1..].copy_from_slice(x);
    Some(out)
}
