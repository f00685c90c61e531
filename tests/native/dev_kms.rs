//! The development KMS (`js/src/testing/`) in Rust, as much of it as recipients need: with the same key material it opens what
//! that one sealed, and the other way round.

use std::rc::Rc;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use fieldseal::aws::{Auth, ClientConfig};
use fieldseal::crypto::{Secret, random_secret};
use fieldseal::host::{HttpFailure, HttpRequest, HttpResponse, LocalFuture, Network};
use fieldseal::kms::KmsClient;
use rsa::Oaep;
use rsa::pkcs8::DecodePrivateKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const DOMAIN: &[u8] = b"fieldseal dev kms ciphertext\0";
/// Format, kind of key id, key id, id of the material, IV; then the ciphertext and its tag, then the checksum.
const HEADER: usize = 62;
const CHECKSUM: usize = 16;

/// A KMS with one key.
pub(crate) struct DevKms {
    arn: String,
    material: Material,
}

pub(crate) enum Material {
    Symmetric(Vec<u8>),
    Rsa(Box<rsa::RsaPrivateKey>),
}

impl Material {
    pub(crate) fn rsa(pem: &str) -> Self {
        Self::Rsa(Box::new(rsa::RsaPrivateKey::from_pkcs8_pem(pem).unwrap()))
    }
}

type Answer = Result<Value, &'static str>;

impl DevKms {
    pub(crate) fn client(arn: String, material: Material) -> KmsClient {
        let config = ClientConfig {
            endpoint: Some("http://127.0.0.1:9".into()),
            auth: Auth::None,
            ..Default::default()
        };
        KmsClient::new(config.into(), Rc::new(Self { arn, material })).unwrap()
    }

    fn answer(&self, operation: &str, input: &Value) -> Answer {
        if input["KeyId"] != *self.arn {
            return Err("NotFoundException");
        }
        match (operation, &self.material) {
            ("GenerateDataKey", Material::Symmetric(key)) => {
                let length = match (&input["KeySpec"], &input["NumberOfBytes"]) {
                    (Value::String(spec), Value::Null) if spec == "AES_256" => 32,
                    (Value::Null, Value::Number(bytes)) => bytes.as_u64().unwrap() as usize,
                    other => panic!("{other:?}"),
                };
                let plaintext = random_secret(length).unwrap();
                let blob = self.seal(key, &plaintext, &input["EncryptionContext"]);
                Ok(json!({
                    "KeyId": self.arn,
                    "Plaintext": BASE64.encode(&plaintext[..]),
                    "CiphertextBlob": BASE64.encode(blob),
                }))
            }
            ("Decrypt", Material::Symmetric(key)) => {
                let blob = bytes(&input["CiphertextBlob"]);
                let opened = self.open(key, &blob, &input["EncryptionContext"]);
                let plaintext = opened.ok_or("InvalidCiphertextException")?;
                Ok(json!({ "KeyId": self.arn, "Plaintext": BASE64.encode(plaintext) }))
            }
            ("Decrypt", Material::Rsa(key)) => {
                assert_eq!(input["EncryptionAlgorithm"], "RSAES_OAEP_SHA_256");
                let opened = key.decrypt(Oaep::<Sha256>::new(), &bytes(&input["CiphertextBlob"]));
                let plaintext = opened.map_err(|_| "InvalidCiphertextException")?;
                Ok(json!({ "KeyId": self.arn, "Plaintext": BASE64.encode(plaintext) }))
            }
            _ => Err("UnsupportedOperationException"),
        }
    }

    /// The header of a ciphertext without its IV.
    fn header(&self, key: &[u8]) -> Vec<u8> {
        let id = self.arn.rsplit('/').next().unwrap();
        let digits = id.replace("mrk-", "").replace('-', "");
        let id_bytes = (0..16).map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap());
        let material =
            Sha256::new().chain_update(b"fieldseal dev kms material\0").chain_update(key);
        let mut header = vec![1, u8::from(id.starts_with("mrk-"))];
        header.extend(id_bytes);
        header.extend(material.finalize());
        header
    }

    fn seal(&self, key: &[u8], plaintext: &[u8], context: &Value) -> Vec<u8> {
        let mut blob = self.header(key);
        blob.extend_from_slice(&random_secret(12).unwrap());
        let aad = aad(&blob, context);
        let payload = Payload { msg: plaintext, aad: &aad };
        let cipher = Aes256Gcm::new_from_slice(key).unwrap();
        let sealed = cipher.encrypt(&nonce(&blob), payload).unwrap();
        blob.extend(sealed);
        let sum = checksum(&blob);
        blob.extend(sum);
        blob
    }

    fn open(&self, key: &[u8], blob: &[u8], context: &Value) -> Option<Vec<u8>> {
        let (body, sum) = blob.split_at_checked(blob.len().checked_sub(CHECKSUM)?)?;
        let (header, sealed) = body.split_at_checked(HEADER)?;
        if sum != checksum(body) || !header.starts_with(&self.header(key)) {
            return None;
        }
        let aad = aad(header, context);
        let payload = Payload { msg: sealed, aad: &aad };
        Aes256Gcm::new_from_slice(key).unwrap().decrypt(&nonce(header), payload).ok()
    }
}

fn nonce(header: &[u8]) -> Nonce<aes_gcm::aead::consts::U12> {
    <[u8; 12]>::try_from(&header[HEADER - 12..HEADER]).unwrap().into()
}

/// Binds the encryption context: its pairs, sorted, each string after its length.
fn aad(header: &[u8], context: &Value) -> Vec<u8> {
    let mut pairs: Vec<(&str, &str)> = context
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    pairs.sort_unstable();
    let length = |n: usize| u32::try_from(n).unwrap().to_be_bytes();
    let mut aad = [DOMAIN, header, &length(pairs.len())].concat();
    for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
        aad.extend(length(text.len()));
        aad.extend(text.as_bytes());
    }
    aad
}

fn checksum(body: &[u8]) -> Vec<u8> {
    Sha256::new().chain_update(DOMAIN).chain_update(body).finalize()[..CHECKSUM].to_vec()
}

fn bytes(base64: &Value) -> Vec<u8> {
    BASE64.decode(base64.as_str().unwrap_or_default()).unwrap()
}

impl Network for DevKms {
    fn send(&self, request: HttpRequest) -> LocalFuture<'_, Result<HttpResponse, HttpFailure>> {
        let target = request.headers.iter().find(|(name, _)| name == "x-amz-target");
        let operation = target.unwrap().1.strip_prefix("TrentService.").unwrap();
        let input = serde_json::from_slice(&request.body).unwrap();
        let (status, body) = match self.answer(operation, &input) {
            Ok(body) => (200, body),
            Err(name) => (400, json!({ "__type": name, "message": "refused" })),
        };
        let body = Secret::new(body.to_string().into_bytes());
        Box::pin(async move { Ok(HttpResponse { status, headers: Vec::new(), body }) })
    }

    fn now_ms(&self) -> u64 {
        1_772_323_200_000
    }

    fn sleep_ms(&self, _: u32) -> LocalFuture<'_, ()> {
        Box::pin(async {})
    }
}
