//! The JSON bodies of the protocol (AWS JSON 1.1), built and read so that no copy of a plaintext
//! stays behind.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::crypto::Secret;
use crate::error::{Error, Part, Result};

use super::json::{Json, Writer};
use super::operations::{
    DecryptResponse, DeriveSharedSecretResponse, EncryptResponse, GenerateDataKeyResponse,
    GenerateDataKeyWithoutPlaintextResponse, GetPublicKeyResponse, KeyMetadata, ReEncryptResponse,
};

/// The content type of all requests.
pub(super) const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// No answer of KMS comes near this many bytes.
const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// The fields of all requests; empty ones are left out.
#[derive(Default)]
pub(super) struct Fields<'a> {
    pub(super) key_id: Option<&'a str>,
    pub(super) key_spec: Option<&'static str>,
    pub(super) number_of_bytes: Option<u32>,
    pub(super) ciphertext_blob: &'a [u8],
    pub(super) encryption_context: &'a [(String, String)],
    pub(super) encryption_algorithm: Option<&'a str>,
    pub(super) source_key_id: Option<&'a str>,
    pub(super) source_encryption_context: &'a [(String, String)],
    pub(super) source_encryption_algorithm: Option<&'a str>,
    pub(super) destination_key_id: Option<&'a str>,
    pub(super) destination_encryption_context: &'a [(String, String)],
    pub(super) destination_encryption_algorithm: Option<&'a str>,
    pub(super) key_agreement_algorithm: Option<&'static str>,
    pub(super) public_key: &'a [u8],
    pub(super) grant_tokens: &'a [String],
    pub(super) plaintext: &'a [u8],
}

impl Fields<'_> {
    /// The request body.
    pub(super) fn body(&self) -> Result<Secret> {
        let mut json = Writer::new();
        for (name, text) in [
            ("KeyId", self.key_id),
            ("KeySpec", self.key_spec),
            ("EncryptionAlgorithm", self.encryption_algorithm),
            ("KeyAgreementAlgorithm", self.key_agreement_algorithm),
            ("SourceKeyId", self.source_key_id),
            ("SourceEncryptionAlgorithm", self.source_encryption_algorithm),
            ("DestinationKeyId", self.destination_key_id),
            ("DestinationEncryptionAlgorithm", self.destination_encryption_algorithm),
        ] {
            if let Some(text) = text {
                json.text(name, text);
            }
        }
        if let Some(n) = self.number_of_bytes {
            json.number("NumberOfBytes", n);
        }
        for (name, context) in [
            ("EncryptionContext", self.encryption_context),
            ("SourceEncryptionContext", self.source_encryption_context),
            ("DestinationEncryptionContext", self.destination_encryption_context),
        ] {
            if !context.is_empty() {
                json.pairs(name, context);
            }
        }
        if !self.grant_tokens.is_empty() {
            json.texts("GrantTokens", self.grant_tokens);
        }
        // The plaintext last: what is written after it could move it and leave a copy behind.
        for (name, bytes) in [
            ("CiphertextBlob", self.ciphertext_blob),
            ("PublicKey", self.public_key),
            ("Plaintext", self.plaintext),
        ] {
            if !bytes.is_empty() {
                let len = bytes.len().div_ceil(3) * 4;
                json.ascii(name, len, |out| STANDARD.encode_slice(bytes, out))
                    .map_err(|_| Error::Bug("Base64 longer than its length"))?;
            }
        }
        Ok(json.finish())
    }
}

/// The object that an endpoint answered, or one within it. Its errors name the operation and quote
/// nothing.
#[derive(Clone, Copy)]
pub(super) struct Answer<'a> {
    operation: &'static str,
    /// Where it stands: what its members' names begin with in errors.
    path: &'static str,
    members: &'a [(Zeroizing<String>, Json<'a>)],
}

/// Hands the object in `body` to `read`.
pub(super) fn read_answer<T>(
    operation: &'static str,
    body: &[u8],
    read: impl FnOnce(Answer<'_>) -> Result<T>,
) -> Result<T> {
    let json = parse(operation, body)?;
    match &json {
        Json::Object(members) => read(Answer { operation, path: "", members }),
        _ => Err(error(operation, "no JSON object")),
    }
}

fn parse<'a>(operation: &'static str, body: &'a [u8]) -> Result<Json<'a>> {
    if body.len() > MAX_RESPONSE_BYTES {
        return Err(error(operation, "more than 1 MiB"));
    }
    Json::parse(body).map_err(|at| error(operation, &format!("no JSON (from byte {at} on)")))
}

fn error(operation: &str, found: &str) -> Error {
    let problem = format!("the endpoint answered {operation} with {found}");
    Error::malformed(Part::KmsResponse, problem)
}

impl<'a> Answer<'a> {
    /// The response of GetPublicKey.
    pub(super) fn get_public_key(self) -> Result<GetPublicKeyResponse> {
        Ok(GetPublicKeyResponse {
            key_id: self.needed("KeyId")?,
            public_key: self.blob("PublicKey")?,
            key_spec: self.key_spec()?,
            key_usage: self.needed("KeyUsage")?,
            encryption_algorithms: self.texts("EncryptionAlgorithms")?,
            signing_algorithms: self.texts("SigningAlgorithms")?,
            key_agreement_algorithms: self.texts("KeyAgreementAlgorithms")?,
        })
    }

    /// The response of GenerateDataKey; its plaintext must have `size` bytes.
    pub(super) fn generate_data_key(self, size: u32) -> Result<GenerateDataKeyResponse> {
        let plaintext = self.secret("Plaintext")?;
        if u32::try_from(plaintext.len()) != Ok(size) {
            let found = plaintext.len();
            return Err(self.error(&format!("a data key of {found} bytes instead of {size}")));
        }
        Ok(GenerateDataKeyResponse {
            key_id: self.needed("KeyId")?,
            plaintext,
            ciphertext_blob: self.blob("CiphertextBlob")?,
        })
    }

    /// The response of GenerateDataKeyWithoutPlaintext.
    pub(super) fn generate_data_key_without_plaintext(
        self,
    ) -> Result<GenerateDataKeyWithoutPlaintextResponse> {
        Ok(GenerateDataKeyWithoutPlaintextResponse {
            key_id: self.needed("KeyId")?,
            ciphertext_blob: self.blob("CiphertextBlob")?,
        })
    }

    /// The response of Encrypt.
    pub(super) fn encrypt(self) -> Result<EncryptResponse> {
        Ok(EncryptResponse {
            key_id: self.needed("KeyId")?,
            ciphertext_blob: self.blob("CiphertextBlob")?,
            encryption_algorithm: self.text("EncryptionAlgorithm")?,
        })
    }

    /// The response of Decrypt.
    pub(super) fn decrypt(self) -> Result<DecryptResponse> {
        Ok(DecryptResponse {
            key_id: self.needed("KeyId")?,
            plaintext: self.secret("Plaintext")?,
            encryption_algorithm: self.text("EncryptionAlgorithm")?,
        })
    }

    /// The response of ReEncrypt.
    pub(super) fn re_encrypt(self) -> Result<ReEncryptResponse> {
        Ok(ReEncryptResponse {
            ciphertext_blob: self.blob("CiphertextBlob")?,
            key_id: self.needed("KeyId")?,
            source_key_id: self.text("SourceKeyId")?,
            source_encryption_algorithm: self.text("SourceEncryptionAlgorithm")?,
            destination_encryption_algorithm: self.text("DestinationEncryptionAlgorithm")?,
        })
    }

    /// The response of DeriveSharedSecret.
    pub(super) fn derive_shared_secret(self) -> Result<DeriveSharedSecretResponse> {
        Ok(DeriveSharedSecretResponse {
            key_id: self.needed("KeyId")?,
            shared_secret: self.secret("SharedSecret")?,
        })
    }

    /// The response of DescribeKey.
    pub(super) fn describe_key(self) -> Result<KeyMetadata> {
        let m = self.object("KeyMetadata")?.ok_or_else(|| self.missing("KeyMetadata"))?;
        let m = Answer { path: "KeyMetadata.", ..m };
        let regions = m.object("MultiRegionConfiguration")?;
        let (mut multi_region_key_type, mut primary_key_arn) = (None, None);
        let mut replica_key_arns = Vec::new();
        if let Some(regions) = regions {
            multi_region_key_type = regions.text("MultiRegionKeyType")?;
            primary_key_arn =
                regions.object("PrimaryKey")?.map(|key| key.text("Arn")).transpose()?.flatten();
            for replica in regions.list("ReplicaKeys")? {
                replica_key_arns.extend(regions.within("ReplicaKeys", replica)?.text("Arn")?);
            }
        }
        let key_state = m.needed("KeyState")?;
        Ok(KeyMetadata {
            key_id: m.needed("KeyId")?,
            arn: m.needed("Arn")?,
            account_id: m.text("AWSAccountId")?,
            enabled: m.flag("Enabled")?.unwrap_or(key_state == "Enabled"),
            key_state,
            key_usage: m.needed("KeyUsage")?,
            key_spec: m.key_spec()?,
            description: m.text("Description")?.filter(|text| !text.is_empty()),
            key_manager: m.text("KeyManager")?,
            origin: m.text("Origin")?,
            creation_date_ms: m.time("CreationDate")?,
            deletion_date_ms: m.time("DeletionDate")?,
            encryption_algorithms: m.texts("EncryptionAlgorithms")?,
            signing_algorithms: m.texts("SigningAlgorithms")?,
            key_agreement_algorithms: m.texts("KeyAgreementAlgorithms")?,
            multi_region: m.flag("MultiRegion")?.unwrap_or(false),
            multi_region_key_type,
            primary_key_arn,
            replica_key_arns,
        })
    }

    /// The member `name`; `None` when it is absent or null.
    fn member(self, name: &str) -> Result<Option<&'a Json<'a>>> {
        let mut found = self.members.iter().filter(|(n, _)| n.as_str() == name);
        match (found.next(), found.next()) {
            (None, _) | (Some((_, Json::Null)), None) => Ok(None),
            (Some((_, value)), None) => Ok(Some(value)),
            _ => Err(self.error(&format!("two members {}{name}", self.path))),
        }
    }

    fn text(self, name: &str) -> Result<Option<String>> {
        match self.member(name)? {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text.to_string())),
            Some(_) => Err(self.wrong_type(name)),
        }
    }

    /// A text that must be there and not be empty.
    fn needed(self, name: &str) -> Result<String> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| self.missing(name))
    }

    /// By its present name, or by the one it had before 2021.
    fn key_spec(self) -> Result<String> {
        match self.text("CustomerMasterKeySpec")? {
            Some(old) if self.text("KeySpec")?.is_none() => Ok(old),
            _ => self.needed("KeySpec"),
        }
    }

    fn flag(self, name: &str) -> Result<Option<bool>> {
        match self.member(name)? {
            None => Ok(None),
            Some(Json::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.wrong_type(name)),
        }
    }

    fn time(self, name: &str) -> Result<Option<u64>> {
        match self.member(name)? {
            None => Ok(None),
            Some(Json::Number(seconds)) => Ok(unix_ms(seconds)),
            Some(_) => Err(self.wrong_type(name)),
        }
    }

    fn list(self, name: &str) -> Result<&'a [Json<'a>]> {
        match self.member(name)? {
            None => Ok(&[]),
            Some(Json::List(members)) => Ok(members),
            Some(_) => Err(self.wrong_type(name)),
        }
    }

    fn texts(self, name: &str) -> Result<Vec<String>> {
        let texts = self.list(name)?.iter().map(|member| member.as_text().map(str::to_owned));
        texts.collect::<Option<_>>().ok_or_else(|| self.wrong_type(name))
    }

    fn object(self, name: &str) -> Result<Option<Self>> {
        self.member(name)?.map(|value| self.within(name, value)).transpose()
    }

    /// The object that `value`, found under `name`, must be.
    fn within(self, name: &str, value: &'a Json<'a>) -> Result<Self> {
        match value {
            Json::Object(members) => Ok(Self { members, ..self }),
            _ => Err(self.wrong_type(name)),
        }
    }

    fn blob(self, name: &str) -> Result<Vec<u8>> {
        let text = self.needed(name)?;
        STANDARD.decode(text).map_err(|_| self.no_base64(name))
    }

    fn secret(self, name: &str) -> Result<Secret> {
        let member = self.member(name)?.ok_or_else(|| self.missing(name))?;
        let text = member.as_text().ok_or_else(|| self.wrong_type(name))?;
        // Room for all of it, so that no reallocation leaves a copy; wiped on failure too.
        let mut out = Zeroizing::new(Vec::with_capacity(text.len().div_ceil(4) * 3));
        STANDARD.decode_vec(text, &mut out).map_err(|_| self.no_base64(name))?;
        Ok(Secret::new(core::mem::take(&mut *out)))
    }

    fn missing(self, name: &str) -> Error {
        self.error(&format!("no {}{name}", self.path))
    }

    fn wrong_type(self, name: &str) -> Error {
        self.error(&format!("a {}{name} of the wrong type", self.path))
    }

    fn no_base64(self, name: &str) -> Error {
        self.error(&format!("a {}{name} that is not Base64", self.path))
    }

    fn error(self, found: &str) -> Error {
        error(self.operation, found)
    }
}

/// Milliseconds of a time that KMS writes as seconds with a fraction; `None` outside the years 1970
/// to 9999.
fn unix_ms(seconds: &str) -> Option<u64> {
    let (mantissa, exponent) = seconds.split_once(['e', 'E']).unwrap_or((seconds, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    // The first digits are whole milliseconds, the next one rounds.
    let ms_digits = i32::try_from(whole.len()).ok()?.checked_add(exponent.parse().ok()?)? + 3;
    let ms_digits = usize::try_from(ms_digits.min(40)).unwrap_or(0);
    // A sign is no digit.
    let digit = |i| digits.as_bytes().get(i).map_or(Some(0), |d| char::from(*d).to_digit(10));
    let ms =
        (0..ms_digits).try_fold(0u64, |ms, i| ms.checked_mul(10)?.checked_add(digit(i)?.into()));
    let ms = ms? + u64::from(digit(ms_digits)? >= 5);
    (ms <= 253_402_300_799_999).then_some(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, want) in [
            ("0", Some(0)),
            ("1709251199.123", Some(1_709_251_199_123)),
            ("1709251199.1235", Some(1_709_251_199_124)),
            ("1709251199.1234999", Some(1_709_251_199_123)),
            ("1.7e9", Some(1_700_000_000_000)),
            ("1.7E+9", Some(1_700_000_000_000)),
            ("17000000000e-1", Some(1_700_000_000_000)),
            ("4e-9", Some(0)),
            ("253402300799.999", Some(253_402_300_799_999)),
            ("253402300800", None),
            ("-1", None),
            ("1e300", None),
            ("1e99999999999", None),
            ("1e2147483647", None),
        ] {
            assert_eq!(unix_ms(text), want, "{text}");
        }
    }
}
