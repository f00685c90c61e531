//! Public keys as SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), in PEM (RFC 7468) or DER.

use crate::error::{Error, Part, Result};
use crate::util::base64;
#[cfg(any(test, feature = "pem"))]
use crate::util::text::{find, split_once};

#[cfg(any(test, feature = "pem"))]
use super::der::OCTET_STRING;
use super::der::{BIT_STRING, NULL, OBJECT_ID, SEQUENCE, Values};
use super::sha256;

/// Base64 characters in a line of PEM.
const PEM_WIDTH: usize = 64;

/// Object identifiers as DER writes them: 1.2.840.113549.1.1.1 (RFC 8017 appendix A.1), 1.2.840.10045.2.1 and the
/// curves (RFC 5480 section 2.1.1).
const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const EC: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
const P256: &[u8] = b"\x2a\x86\x48\xce\x3d\x03\x01\x07";
const P384: &[u8] = b"\x2b\x81\x04\x00\x22";
const P521: &[u8] = b"\x2b\x81\x04\x00\x23";

/// What a public key is for, by its algorithm identifier; see [`PublicKeyInfo`].
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
///
/// ```
/// use fieldseal::crypto::{PublicKeyInfo, PublicKeyKind};
///
/// # let der = fieldseal_doctest::rsa_public_key();
/// let key = PublicKeyInfo::parse(&der)?;
/// assert_eq!(key.kind, PublicKeyKind::Rsa { bits: 2048 });
/// assert_eq!(key.fingerprint(), fieldseal::crypto::sha256(&key.der));
///
/// let pem = key.to_pem();
/// assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----"));
/// assert_eq!(PublicKeyInfo::parse(pem.as_bytes())?, key);
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
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
    /// Reads a SubjectPublicKeyInfo in PEM (RFC 7468) or DER, whichever it is; without the feature `pem`, in DER.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::Key`], naming what was given instead: a private key, a
    /// certificate, a key in PKCS #1 form.
    pub fn parse(pem_or_der: &[u8]) -> Result<Self> {
        let der = to_der(pem_or_der)?;
        let parts = Parts::read(&der)
            .ok_or_else(|| malformed(what_else(&der).unwrap_or("not a SubjectPublicKeyInfo")))?;
        // The first byte counts the bits that are none.
        let key = match parts.bits {
            [0, key @ ..] if !key.is_empty() => key.to_vec(),
            _ => return Err(malformed("a key that is not a whole number of bytes")),
        };
        let kind = kind(&parts, &key)?;
        Ok(Self { kind, der, key })
    }

    /// Modulus and exponent of an RSA key, big-endian; `None` for other keys, and for an algorithm identifier that is
    /// not as RFC 8017 appendix A.1 has it.
    pub(super) fn rsa(&self) -> Option<(&[u8], &[u8])> {
        let Parts { algorithm, parameters, .. } = Parts::read(&self.der)?;
        (algorithm == RSA && parameters == Some((NULL, &[]))).then(|| rsa_key(&self.key))?
    }

    /// SHA-256 of the DER encoding: what a pin of [`KmsConfig`](crate::kms::KmsConfig) names, in hexadecimal digits.
    pub fn fingerprint(&self) -> [u8; 32] {
        sha256(&self.der)
    }

    /// The key in PEM (RFC 7468), with line feeds.
    pub fn to_pem(&self) -> String {
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        for (i, c) in base64::encode(&self.der).chars().enumerate() {
            if i > 0 && i % PEM_WIDTH == 0 {
                pem.push('\n');
            }
            pem.push(c);
        }
        pem.push_str("\n-----END PUBLIC KEY-----\n");
        pem
    }
}

fn malformed(problem: &'static str) -> Error {
    Error::malformed(Part::Key, problem)
}

fn to_der(pem_or_der: &[u8]) -> Result<Vec<u8>> {
    // Every DER key is a SEQUENCE; PEM starts with a dash or with comments.
    if pem_or_der.first() == Some(&SEQUENCE) {
        return Ok(pem_or_der.to_vec());
    }
    #[cfg(any(test, feature = "pem"))]
    return from_pem(pem_or_der);
    #[cfg(not(any(test, feature = "pem")))]
    Err(malformed("not DER"))
}

/// The DER of a key in PEM. The bindings do without: what JavaScript has is DER when it comes to them
/// (`js/src/keys/forms.ts`).
#[cfg(any(test, feature = "pem"))]
fn from_pem(pem: &[u8]) -> Result<Vec<u8>> {
    let (label, body) = encapsulated(pem).ok_or_else(|| malformed("neither PEM nor DER"))?;
    // The label first: a private key given by mistake is not even decoded.
    match label {
        "PUBLIC KEY" => {}
        "RSA PUBLIC KEY" => return Err(malformed(PKCS1_PUBLIC)),
        label if find(label, "PRIVATE KEY").is_some() => return Err(malformed(PRIVATE)),
        "CERTIFICATE" => return Err(malformed("a certificate; give the public key from it")),
        _ => return Err(malformed("PEM that is not labelled PUBLIC KEY")),
    }
    let body: String = body.split_ascii_whitespace().collect();
    base64::decode(&body).ok_or_else(|| malformed("PEM whose Base64 is broken"))
}

/// Label and body of the one encapsulation in a string. Keys pasted into configuration tend to have blank lines around
/// them, comments before them and any line length.
#[cfg(any(test, feature = "pem"))]
fn encapsulated(pem: &[u8]) -> Option<(&str, &str)> {
    const DASHES: &str = "-----";
    let text = core::str::from_utf8(pem).ok()?;
    let (before, rest) = split_once(text, "-----BEGIN ")?;
    if !(before.trim_ascii_end().is_empty() || before.ends_with(['\n', '\r'])) {
        return None;
    }
    let (label, rest) = split_once(rest, DASHES)?;
    let (body, end) = split_once(rest, "-----END ")?;
    let end = end.strip_prefix(label)?.strip_prefix(DASHES)?;
    (body.starts_with(['\n', '\r']) && end.trim_ascii().is_empty()).then_some((label, body))
}

#[cfg(any(test, feature = "pem"))]
const PKCS1_PUBLIC: &str = "an RSA public key in PKCS #1 form; SubjectPublicKeyInfo is needed";
#[cfg(any(test, feature = "pem"))]
const PRIVATE: &str = "a private key where a public key belongs";

/// Names the other key formats that people give by mistake. Without the feature, what reads the key first does so.
#[cfg(not(any(test, feature = "pem")))]
fn what_else(_: &[u8]) -> Option<&'static str> {
    None
}

/// Names the other key formats that people give by mistake.
#[cfg(any(test, feature = "pem"))]
fn what_else(der: &[u8]) -> Option<&'static str> {
    if rsa_key(der).is_some() {
        return Some(PKCS1_PUBLIC);
    }
    // PKCS #8 (RFC 5958): version, algorithm, key. PKCS #1 (RFC 8017 appendix A.1.2): version and eight numbers.
    let mut values = Values::new(der).only_sequence()?;
    let version = values.natural()?;
    let pkcs8 = {
        let mut values = values;
        values.sequence().is_some() && values.tagged(OCTET_STRING).is_some()
    };
    let mut pkcs1 = || (0..8).all(|_| values.natural().is_some());
    (version.len() == 1 && (pkcs8 || pkcs1())).then_some(PRIVATE)
}

/// A SubjectPublicKeyInfo.
struct Parts<'a> {
    /// Content of the algorithm's object identifier.
    algorithm: &'a [u8],
    parameters: Option<(u8, &'a [u8])>,
    /// Content of the BIT STRING.
    bits: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let mut values = Values::new(der).only_sequence()?;
        let (mut identifier, bits) = (values.sequence()?, values.tagged(BIT_STRING)?);
        let algorithm = identifier.tagged(OBJECT_ID)?;
        let parameters = if identifier.is_empty() { None } else { Some(identifier.next()?) };
        (values.is_empty() && identifier.is_empty()).then_some(Self { algorithm, parameters, bits })
    }
}

fn kind(parts: &Parts<'_>, key: &[u8]) -> Result<PublicKeyKind> {
    Ok(match (parts.algorithm, parts.parameters) {
        (RSA, _) => {
            let (modulus, _) =
                rsa_key(key).ok_or_else(|| malformed("an RSA key without modulus and exponent"))?;
            PublicKeyKind::Rsa { bits: bits(modulus) }
        }
        (EC, Some((OBJECT_ID, P256))) => PublicKeyKind::EcP256,
        (EC, Some((OBJECT_ID, P384))) => PublicKeyKind::EcP384,
        (EC, Some((OBJECT_ID, P521))) => PublicKeyKind::EcP521,
        _ => PublicKeyKind::Other,
    })
}

/// Modulus and exponent (RFC 8017 appendix A.1.1).
fn rsa_key(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut values = Values::new(der).only_sequence()?;
    let key = (values.natural()?, values.natural()?);
    values.is_empty().then_some(key)
}

/// Length in bits of a big-endian number without leading zero bytes, as DER has it.
fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |byte| byte.leading_zeros() as usize);
    (number.len() * 8).saturating_sub(unused)
}

#[cfg(test)]
#[path = "tests/spki.rs"]
mod tests;
