//! The JSON bodies of the protocol (AWS JSON 1.1), built and read so that no copy of a plaintext
//! stays behind.

use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

use crate::crypto::Secret;
use crate::error::{Error, Part, Result};

use super::operations::{
    DecryptResponse, EncryptResponse, EncryptionContext, GenerateDataKeyResponse,
    GenerateDataKeyWithoutPlaintextResponse, GetPublicKeyResponse, KeyMetadata, ReEncryptResponse,
};

/// The content type of all requests.
pub(super) const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// No answer of KMS comes near this many bytes.
const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// The fields of all requests but `Plaintext`; empty ones are left out.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Fields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key_spec: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) number_of_bytes: Option<u32>,
    #[serde(skip_serializing_if = "<[u8]>::is_empty", serialize_with = "base64_text")]
    pub(super) ciphertext_blob: &'a [u8],
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) encryption_context: Option<&'a EncryptionContext>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encryption_algorithm: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) source_encryption_context: Option<&'a EncryptionContext>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_encryption_algorithm: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) destination_key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "is_empty")]
    pub(super) destination_encryption_context: Option<&'a EncryptionContext>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) destination_encryption_algorithm: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) grant_tokens: &'a [String],
}

fn is_empty(context: &Option<&EncryptionContext>) -> bool {
    context.is_none_or(BTreeMap::is_empty)
}

fn base64_text<S: Serializer>(bytes: &[u8], out: S) -> core::result::Result<S::Ok, S::Error> {
    out.serialize_str(&STANDARD.encode(bytes))
}

impl Fields<'_> {
    /// The request body.
    pub(super) fn body(&self) -> Result<Secret> {
        // Invariant: maps with text keys, text and numbers always serialize.
        let json = serde_json::to_vec(self).map_err(|_| Error::Bug("KMS request without JSON"))?;
        Ok(Secret::new(json))
    }

    /// The request body with a `Plaintext`, in one buffer of its final size: growth would leave
    /// copies.
    pub(super) fn body_with_plaintext(&self, plaintext: &[u8]) -> Result<Secret> {
        const LEAD: &[u8] = b"{\"Plaintext\":\"";
        let rest = self.body()?;
        // The other fields without their opening brace; every request has at least a key id.
        let rest = rest.strip_prefix(b"{").filter(|rest| rest.len() > 1);
        let rest = rest.ok_or(Error::Bug("KMS request without fields"))?;
        let encoded = plaintext.len().div_ceil(3) * 4;
        let mut body = Secret::zeros(LEAD.len() + encoded + 2 + rest.len());
        let (lead, tail) = body.bytes_mut().split_at_mut(LEAD.len());
        let (middle, tail) = tail.split_at_mut(encoded);
        let (quote, tail) = tail.split_at_mut(2);
        lead.copy_from_slice(LEAD);
        STANDARD
            .encode_slice(plaintext, middle)
            .map_err(|_| Error::Bug("Base64 longer than its length"))?;
        quote.copy_from_slice(b"\",");
        tail.copy_from_slice(rest);
        Ok(body)
    }
}

/// Text that may hold a plaintext: copied into wiped memory.
struct SecretText(Secret);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> core::result::Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = SecretText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E>(self, text: &str) -> core::result::Result<SecretText, E> {
                Ok(SecretText(Secret::from(text.as_bytes())))
            }
        }
        from.deserialize_str(Text)
    }
}

/// The fields of all responses.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Answer {
    key_id: Option<String>,
    plaintext: Option<SecretText>,
    ciphertext_blob: Option<String>,
    public_key: Option<String>,
    key_spec: Option<String>,
    customer_master_key_spec: Option<String>,
    key_usage: Option<String>,
    encryption_algorithm: Option<String>,
    encryption_algorithms: Option<Vec<String>>,
    signing_algorithms: Option<Vec<String>>,
    key_agreement_algorithms: Option<Vec<String>>,
    source_key_id: Option<String>,
    source_encryption_algorithm: Option<String>,
    destination_encryption_algorithm: Option<String>,
    key_metadata: Option<Metadata>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Metadata {
    key_id: Option<String>,
    arn: Option<String>,
    #[serde(rename = "AWSAccountId")]
    account_id: Option<String>,
    enabled: Option<bool>,
    key_state: Option<String>,
    key_usage: Option<String>,
    key_spec: Option<String>,
    customer_master_key_spec: Option<String>,
    description: Option<String>,
    key_manager: Option<String>,
    origin: Option<String>,
    creation_date: Option<f64>,
    deletion_date: Option<f64>,
    encryption_algorithms: Option<Vec<String>>,
    signing_algorithms: Option<Vec<String>>,
    key_agreement_algorithms: Option<Vec<String>>,
    multi_region: Option<bool>,
    multi_region_configuration: Option<MultiRegion>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct MultiRegion {
    multi_region_key_type: Option<String>,
    primary_key: Option<MultiRegionKey>,
    replica_keys: Option<Vec<MultiRegionKey>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct MultiRegionKey {
    arn: Option<String>,
}

/// A response body on its way to a typed response; its errors name the operation.
pub(super) struct Response<'a> {
    operation: &'static str,
    body: &'a [u8],
}

impl<'a> Response<'a> {
    /// The body of a successful response.
    pub(super) fn new(operation: &'static str, body: &'a [u8]) -> Self {
        Self { operation, body }
    }

    /// The response of GetPublicKey.
    pub(super) fn get_public_key(&self) -> Result<GetPublicKeyResponse> {
        let a = self.answer()?;
        Ok(GetPublicKeyResponse {
            key_id: self.text("KeyId", a.key_id)?,
            public_key: self.blob("PublicKey", a.public_key)?,
            key_spec: self.text("KeySpec", a.key_spec.or(a.customer_master_key_spec))?,
            key_usage: self.text("KeyUsage", a.key_usage)?,
            encryption_algorithms: a.encryption_algorithms.unwrap_or_default(),
            signing_algorithms: a.signing_algorithms.unwrap_or_default(),
            key_agreement_algorithms: a.key_agreement_algorithms.unwrap_or_default(),
        })
    }

    /// The response of GenerateDataKey; its plaintext must have `size` bytes.
    pub(super) fn generate_data_key(&self, size: u32) -> Result<GenerateDataKeyResponse> {
        let a = self.answer()?;
        let plaintext = self.secret(a.plaintext)?;
        if u32::try_from(plaintext.len()) != Ok(size) {
            let found = plaintext.len();
            return Err(self.error(&format!("a data key of {found} bytes instead of {size}")));
        }
        Ok(GenerateDataKeyResponse {
            key_id: self.text("KeyId", a.key_id)?,
            plaintext,
            ciphertext_blob: self.blob("CiphertextBlob", a.ciphertext_blob)?,
        })
    }

    /// The response of GenerateDataKeyWithoutPlaintext.
    pub(super) fn generate_data_key_without_plaintext(
        &self,
    ) -> Result<GenerateDataKeyWithoutPlaintextResponse> {
        let a = self.answer()?;
        Ok(GenerateDataKeyWithoutPlaintextResponse {
            key_id: self.text("KeyId", a.key_id)?,
            ciphertext_blob: self.blob("CiphertextBlob", a.ciphertext_blob)?,
        })
    }

    /// The response of Encrypt.
    pub(super) fn encrypt(&self) -> Result<EncryptResponse> {
        let a = self.answer()?;
        Ok(EncryptResponse {
            key_id: self.text("KeyId", a.key_id)?,
            ciphertext_blob: self.blob("CiphertextBlob", a.ciphertext_blob)?,
            encryption_algorithm: a.encryption_algorithm,
        })
    }

    /// The response of Decrypt.
    pub(super) fn decrypt(&self) -> Result<DecryptResponse> {
        let a = self.answer()?;
        Ok(DecryptResponse {
            key_id: self.text("KeyId", a.key_id)?,
            plaintext: self.secret(a.plaintext)?,
            encryption_algorithm: a.encryption_algorithm,
        })
    }

    /// The response of ReEncrypt.
    pub(super) fn re_encrypt(&self) -> Result<ReEncryptResponse> {
        let a = self.answer()?;
        Ok(ReEncryptResponse {
            ciphertext_blob: self.blob("CiphertextBlob", a.ciphertext_blob)?,
            key_id: self.text("KeyId", a.key_id)?,
            source_key_id: a.source_key_id,
            source_encryption_algorithm: a.source_encryption_algorithm,
            destination_encryption_algorithm: a.destination_encryption_algorithm,
        })
    }

    /// The response of DescribeKey.
    pub(super) fn describe_key(&self) -> Result<KeyMetadata> {
        let Some(m) = self.answer()?.key_metadata else { return Err(self.missing("KeyMetadata")) };
        let regions = m.multi_region_configuration.unwrap_or_default();
        let arns = regions.replica_keys.unwrap_or_default().into_iter().filter_map(|key| key.arn);
        let key_state = self.text("KeyMetadata.KeyState", m.key_state)?;
        Ok(KeyMetadata {
            key_id: self.text("KeyMetadata.KeyId", m.key_id)?,
            arn: self.text("KeyMetadata.Arn", m.arn)?,
            account_id: m.account_id,
            enabled: m.enabled.unwrap_or(key_state == "Enabled"),
            key_state,
            key_usage: self.text("KeyMetadata.KeyUsage", m.key_usage)?,
            key_spec: self
                .text("KeyMetadata.KeySpec", m.key_spec.or(m.customer_master_key_spec))?,
            description: m.description.filter(|text| !text.is_empty()),
            key_manager: m.key_manager,
            origin: m.origin,
            creation_date_ms: m.creation_date.and_then(unix_ms),
            deletion_date_ms: m.deletion_date.and_then(unix_ms),
            encryption_algorithms: m.encryption_algorithms.unwrap_or_default(),
            signing_algorithms: m.signing_algorithms.unwrap_or_default(),
            key_agreement_algorithms: m.key_agreement_algorithms.unwrap_or_default(),
            multi_region: m.multi_region.unwrap_or(false),
            multi_region_key_type: regions.multi_region_key_type,
            primary_key_arn: regions.primary_key.and_then(|key| key.arn),
            replica_key_arns: arns.collect(),
        })
    }

    fn answer(&self) -> Result<Answer> {
        if self.body.len() > MAX_RESPONSE_BYTES {
            return Err(self.error("more than 1 MiB"));
        }
        let plain = without_needless_escapes(self.body);
        // A plain field list would also be read from an array, by position.
        if plain.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
            return Err(self.error("no JSON object"));
        }
        // The parser's own message may quote a value: only its place is told.
        serde_json::from_slice(&plain).map_err(|e| {
            let what = match e.classify() {
                serde_json::error::Category::Data => "fields that do not belong to it",
                _ => "no JSON",
            };
            self.error(&format!("{what} (line {}, column {})", e.line(), e.column()))
        })
    }

    fn text(&self, name: &str, text: Option<String>) -> Result<String> {
        text.filter(|text| !text.is_empty()).ok_or_else(|| self.missing(name))
    }

    fn blob(&self, name: &str, text: Option<String>) -> Result<Vec<u8>> {
        let text = self.text(name, text)?;
        STANDARD.decode(text).map_err(|_| self.error(&format!("a {name} that is not Base64")))
    }

    fn secret(&self, text: Option<SecretText>) -> Result<Secret> {
        let Some(SecretText(text)) = text else { return Err(self.missing("Plaintext")) };
        // Room for all of it, so that no reallocation leaves a copy; wiped on failure too.
        let mut out = Zeroizing::new(Vec::with_capacity(text.len().div_ceil(4) * 3));
        STANDARD
            .decode_vec(&*text, &mut out)
            .map_err(|_| self.error("a Plaintext that is not Base64"))?;
        Ok(Secret::new(core::mem::take(&mut *out)))
    }

    fn missing(&self, name: &str) -> Error {
        self.error(&format!("no {name}"))
    }

    fn error(&self, found: &str) -> Error {
        let problem = format!("the endpoint answered {} with {found}", self.operation);
        Error::malformed(Part::KmsResponse, problem)
    }
}

/// The JSON text with escapes of Base64 characters (`\/`, `\u002B`: some servers write them)
/// undone, so that the parser need not unescape a plaintext in a buffer of its own that nobody
/// wipes.
fn without_needless_escapes(json: &[u8]) -> Secret {
    let mut out = Zeroizing::new(Vec::with_capacity(json.len()));
    let mut rest = json;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match (byte, after) {
            (b'\\', [b'/', tail @ ..]) => {
                out.push(b'/');
                tail
            }
            (b'\\', [b'u', b'0', b'0', a, b, tail @ ..]) => {
                match base64_char(*a, *b) {
                    Some(char) => out.push(char),
                    None => out.extend_from_slice(&[b'\\', b'u', b'0', b'0', *a, *b]),
                }
                tail
            }
            // Any other escape as a pair, so that the second byte of `\\` starts none.
            (b'\\', [next, tail @ ..]) => {
                out.extend_from_slice(&[b'\\', *next]);
                tail
            }
            _ => {
                out.push(byte);
                after
            }
        };
    }
    Secret::new(core::mem::take(&mut *out))
}

/// The Base64 character with this code in hexadecimal.
fn base64_char(high: u8, low: u8) -> Option<u8> {
    let digit = |d: u8| char::from(d).to_digit(16);
    let code = u8::try_from(digit(high)? * 16 + digit(low)?).ok()?;
    (code.is_ascii_alphanumeric() || b"+/=".contains(&code)).then_some(code)
}

/// KMS writes times as seconds with a fraction.
fn unix_ms(seconds: f64) -> Option<u64> {
    let ms = (seconds * 1000.0).round();
    // Years 1970 to 9999; the cast is exact there.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (0.0..=253_402_300_799_999.0).contains(&ms).then_some(ms as u64)
}
