//! Public keys as SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), in PEM (RFC 7468) or DER.

use rsa::pkcs1::{RsaPrivateKeyRef, RsaPublicKeyRef};
use rsa::pkcs8::der::{Decode, pem};
use rsa::pkcs8::{LineEnding, ObjectIdentifier, PrivateKeyInfoRef, SubjectPublicKeyInfoRef};

use crate::error::{Error, Part, Result};

use super::sha256;

const PEM_LABEL: &str = "PUBLIC KEY";

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// What a public key is for, by its algorithm identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicKeyKind {
    /// RSA (not restricted to PSS signatures).
    Rsa {
        /// Length of the modulus in bits.
        bits: usize,
    },
    /// Elliptic curve P-256.
    EcP256,
    /// Elliptic curve P-384.
    EcP384,
    /// Elliptic curve P-521.
    EcP521,
    /// Anything else.
    Other,
}

/// A SubjectPublicKeyInfo whose outer form has been checked; the key within has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKeyInfo {
    /// What kind of key it is.
    pub kind: PublicKeyKind,
    /// Its DER encoding.
    pub der: Vec<u8>,
    /// The key within: for elliptic curves a point as SEC 1 writes it.
    pub(super) key: Vec<u8>,
}

impl PublicKeyInfo {
    /// Reads PEM or DER, whichever it is.
    pub fn parse(pem_or_der: &[u8]) -> Result<Self> {
        let der = to_der(pem_or_der)?;
        let spki = SubjectPublicKeyInfoRef::from_der(&der)
            .map_err(|_| malformed(what_else(&der).unwrap_or("not a SubjectPublicKeyInfo")))?;
        let key = spki
            .subject_public_key
            .as_bytes()
            .filter(|key| !key.is_empty())
            .ok_or_else(|| malformed("a key that is not a whole number of bytes"))?;
        let (kind, key) = (kind(&spki, key)?, key.to_vec());
        Ok(Self { kind, der, key })
    }

    /// SHA-256 of the DER encoding.
    pub fn fingerprint(&self) -> [u8; 32] {
        sha256(&self.der)
    }

    /// The key in PEM.
    pub fn to_pem(&self) -> String {
        // Invariant: encoding fails only if the length overflows, at many times the memory of any
        // host.
        pem::encode_string(PEM_LABEL, LineEnding::LF, &self.der).expect("a key fits in memory")
    }
}

fn malformed(problem: &'static str) -> Error {
    Error::malformed(Part::Key, problem)
}

fn to_der(pem_or_der: &[u8]) -> Result<Vec<u8>> {
    // Every DER key is a SEQUENCE, tag 0x30; PEM starts with a dash or with comments.
    if pem_or_der.first() == Some(&0x30) {
        return Ok(pem_or_der.to_vec());
    }
    // Keys pasted into configuration tend to have blank lines around them and any line length.
    let text = pem_or_der.trim_ascii();
    let not_pem = |_| malformed("neither PEM nor DER");
    // The label first: a private key given by mistake is not even decoded.
    match pem::decode_label(text).map_err(not_pem)? {
        PEM_LABEL => {}
        "RSA PUBLIC KEY" => return Err(malformed(PKCS1_PUBLIC)),
        label if label.contains("PRIVATE KEY") => return Err(malformed(PRIVATE)),
        "CERTIFICATE" => return Err(malformed("a certificate; give the public key from it")),
        _ => return Err(malformed("PEM that is not labelled PUBLIC KEY")),
    }
    let mut der = Vec::new();
    pem::Decoder::new_detect_wrap(text)
        .and_then(|mut decoder| decoder.decode_to_end(&mut der).map(drop))
        .map_err(|_| malformed("PEM whose Base64 is broken"))?;
    Ok(der)
}

const PKCS1_PUBLIC: &str = "an RSA public key in PKCS #1 form; SubjectPublicKeyInfo is needed";
const PRIVATE: &str = "a private key where a public key belongs";

/// Names the other key formats that people give by mistake.
fn what_else(der: &[u8]) -> Option<&'static str> {
    if RsaPublicKeyRef::from_der(der).is_ok() {
        Some(PKCS1_PUBLIC)
    } else if PrivateKeyInfoRef::from_der(der).is_ok() || RsaPrivateKeyRef::from_der(der).is_ok() {
        Some(PRIVATE)
    } else {
        None
    }
}

fn kind(spki: &SubjectPublicKeyInfoRef<'_>, key: &[u8]) -> Result<PublicKeyKind> {
    Ok(match spki.algorithm.oid {
        RSA => {
            let key = RsaPublicKeyRef::from_der(key)
                .map_err(|_| malformed("an RSA key without modulus and exponent"))?;
            PublicKeyKind::Rsa { bits: bits(key.modulus.as_bytes()) }
        }
        EC => match spki.algorithm.parameters_oid() {
            Ok(P256) => PublicKeyKind::EcP256,
            Ok(P384) => PublicKeyKind::EcP384,
            Ok(P521) => PublicKeyKind::EcP521,
            _ => PublicKeyKind::Other,
        },
        _ => PublicKeyKind::Other,
    })
}

/// Length in bits of a big-endian number without leading zero bytes, as DER has it.
fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |byte| byte.leading_zeros() as usize);
    (number.len() * 8).saturating_sub(unused)
}

#[cfg(test)]
#[path = "tests/spki.rs"]
mod tests;
