//! RSA encryption by the `rsa` crate.

use ::rsa::traits::PaddingScheme;
use ::rsa::{BoxedUint, Oaep, Pkcs1v15Encrypt};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use crate::error::{Error, Result};

use super::random::HostRng;
use super::rsa_padding::RsaPadding;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key(::rsa::RsaPublicKey);

impl Key {
    /// From modulus and exponent, big-endian; `None` if the crate refuses them.
    pub(super) fn new(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let [n, e] = [modulus, exponent].map(BoxedUint::from_be_slice_vartime);
        ::rsa::RsaPublicKey::new(n, e).map(Self).ok()
    }

    /// Encrypts a plaintext that fits.
    pub(super) fn encrypt(&self, padding: RsaPadding, plaintext: &[u8]) -> Result<Vec<u8>> {
        match padding {
            RsaPadding::Pkcs1 => self.pad_and_encrypt(Pkcs1v15Encrypt, plaintext),
            RsaPadding::OaepSha1 => self.pad_and_encrypt(Oaep::<Sha1>::new(), plaintext),
            RsaPadding::OaepSha256 => self.pad_and_encrypt(Oaep::<Sha256>::new(), plaintext),
            RsaPadding::OaepSha384 => self.pad_and_encrypt(Oaep::<Sha384>::new(), plaintext),
            RsaPadding::OaepSha512 => self.pad_and_encrypt(Oaep::<Sha512>::new(), plaintext),
        }
    }

    fn pad_and_encrypt(&self, padding: impl PaddingScheme, plaintext: &[u8]) -> Result<Vec<u8>> {
        padding.encrypt(&mut HostRng, &self.0, plaintext).map_err(|e| match e {
            ::rsa::Error::Rng => Error::host("no random bytes for RSA".to_owned()),
            _ => Error::bug("RSA encryption under a checked key failed"),
        })
    }
}
