//! A KMS with three keys. Any other key id is one more symmetric key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::pkcs8::{DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use rsa::pkcs8::DecodePrivateKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::answer::Answer;

/// ARN of a symmetric key.
pub const KEY: &str =
    "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
/// ARN of an RSA key of 2048 bits for encryption.
pub const RSA_KEY: &str =
    "arn:aws:kms:eu-central-1:111122223333:key/2345bcde-23bc-45de-67f0-2345678901bc";
/// ARN of a key on P-256, for signing and for key agreement alike.
pub const P256_KEY: &str =
    "arn:aws:kms:eu-central-1:111122223333:key/3456cdef-34cd-56ef-78a1-3456789012cd";

pub(crate) fn answer(operation: &str, input: &Value) -> Answer {
    let key_id = arn(&input["KeyId"]);
    Ok(match operation {
        "GenerateDataKey" | "GenerateDataKeyWithoutPlaintext" => {
            let len = match input["KeySpec"].as_str() {
                Some("AES_128") => 16,
                Some(_) => 32,
                None => usize::try_from(input["NumberOfBytes"].as_u64().unwrap()).unwrap(),
            };
            let plaintext = BASE64.encode(random(len));
            let blob = seal(&key_id, &input["EncryptionContext"], &plaintext);
            match operation {
                "GenerateDataKey" => {
                    json!({ "KeyId": key_id, "CiphertextBlob": blob, "Plaintext": plaintext })
                }
                _ => json!({ "KeyId": key_id, "CiphertextBlob": blob }),
            }
        }
        "Encrypt" => {
            let plaintext = input["Plaintext"].as_str().unwrap();
            let blob = seal(&key_id, &input["EncryptionContext"], plaintext);
            json!({ "KeyId": key_id, "CiphertextBlob": blob })
        }
        "Decrypt"
            if input["EncryptionAlgorithm"].as_str().is_some_and(|a| a.starts_with("RSA")) =>
        {
            let padding = rsa::Oaep::<Sha256>::new();
            let opened = rsa_private_key().decrypt(padding, &bytes(&input["CiphertextBlob"]));
            let plaintext = opened.map_err(|_| "InvalidCiphertextException")?;
            json!({ "KeyId": key_id, "Plaintext": BASE64.encode(plaintext) })
        }
        "Decrypt" => {
            let (sealed, plaintext) = open(&input["CiphertextBlob"], &input["EncryptionContext"])?;
            // A replica of a multi-Region key opens what another one sealed.
            let related = key_id.contains(":key/mrk-") && id(&key_id) == id(&sealed);
            json!({ "KeyId": if related { key_id } else { sealed }, "Plaintext": plaintext })
        }
        "ReEncrypt" => {
            let (source, plaintext) =
                open(&input["CiphertextBlob"], &input["SourceEncryptionContext"])?;
            let key_id = arn(&input["DestinationKeyId"]);
            let blob = seal(&key_id, &input["DestinationEncryptionContext"], &plaintext);
            json!({ "KeyId": key_id, "SourceKeyId": source, "CiphertextBlob": blob })
        }
        "DescribeKey" => json!({ "KeyMetadata": {
            "KeyId": id(&key_id),
            "Arn": key_id,
            "Enabled": true,
            "KeyState": "Enabled",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeySpec": "SYMMETRIC_DEFAULT",
        } }),
        "GetPublicKey" if key_id == RSA_KEY => json!({
            "KeyId": key_id,
            "PublicKey": BASE64.encode(rsa_public_key()),
            "KeySpec": "RSA_2048",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "EncryptionAlgorithms": ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"],
        }),
        "GetPublicKey" => json!({
            "KeyId": key_id,
            "PublicKey": BASE64.encode(p256_public_key()),
            "KeySpec": "ECC_NIST_P256",
            "KeyUsage": "KEY_AGREEMENT",
            "KeyAgreementAlgorithms": ["ECDH"],
        }),
        "GenerateDataKeyPair" => {
            let pair = p256::SecretKey::from_slice(&random(32)).unwrap();
            let private = BASE64.encode(pair.to_pkcs8_der().unwrap().as_bytes());
            json!({
                "KeyId": key_id,
                "KeyPairSpec": input["KeyPairSpec"],
                "PublicKey": BASE64.encode(spki(&pair)),
                "PrivateKeyCiphertextBlob": seal(&key_id, &input["EncryptionContext"], &private),
                "PrivateKeyPlaintext": private,
            })
        }
        "Sign" => {
            let message = bytes(&input["Message"]);
            let digest = match input["MessageType"].as_str() {
                Some("DIGEST") => message,
                _ => Sha256::digest(message).to_vec(),
            };
            let signature: p256::ecdsa::Signature =
                p256::ecdsa::SigningKey::from(p256_key()).sign_prehash(&digest).unwrap();
            json!({
                "KeyId": key_id,
                "Signature": BASE64.encode(signature.to_der()),
                "SigningAlgorithm": input["SigningAlgorithm"],
            })
        }
        "DeriveSharedSecret" => {
            let peer = p256::PublicKey::from_public_key_der(&bytes(&input["PublicKey"])).unwrap();
            let shared =
                p256::ecdh::diffie_hellman(p256_key().to_nonzero_scalar(), peer.as_affine());
            let secret = BASE64.encode(shared.raw_secret_bytes());
            json!({ "KeyId": key_id, "KeyAgreementAlgorithm": "ECDH", "SharedSecret": secret })
        }
        "CreateAlias" => Value::Null,
        _ => return Err("UnknownOperationException"),
    })
}

/// The key ARN for a key id, alias or ARN.
fn arn(key_id: &Value) -> String {
    match key_id.as_str() {
        None | Some("") => KEY.to_owned(),
        Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
        Some(alias) if alias.starts_with("alias/") => KEY.to_owned(),
        Some(id) => format!("arn:aws:kms:eu-central-1:111122223333:key/{id}"),
    }
}

/// The key id within a key ARN.
fn id(arn: &str) -> Option<&str> {
    arn.rsplit('/').next()
}

/// A ciphertext that anybody can read.
fn seal(key_id: &str, context: &Value, plaintext: &str) -> String {
    BASE64.encode(json!([key_id, context, plaintext]).to_string())
}

fn open(blob: &Value, context: &Value) -> Result<(String, String), &'static str> {
    let sealed: Option<(String, Value, String)> = serde_json::from_slice(&bytes(blob)).ok();
    let opened = sealed.filter(|(_, sealed, _)| sealed == context);
    let (key_id, _, plaintext) = opened.ok_or("InvalidCiphertextException")?;
    Ok((key_id, plaintext))
}

fn bytes(base64: &Value) -> Vec<u8> {
    BASE64.decode(base64.as_str().unwrap_or_default()).unwrap()
}

fn random(len: usize) -> Vec<u8> {
    fieldseal::crypto::random_secret(len).unwrap().to_vec()
}

/// The private half of [`RSA_KEY`]: a published key.
pub fn rsa_private_key() -> rsa::RsaPrivateKey {
    let pem = include_str!("../../../src/crypto/testdata/rsa2048.private.pem");
    rsa::RsaPrivateKey::from_pkcs8_pem(pem).unwrap()
}

/// The public half of [`RSA_KEY`], a SubjectPublicKeyInfo in DER.
pub fn rsa_public_key() -> Vec<u8> {
    rsa_private_key().to_public_key().to_public_key_der().unwrap().into_vec()
}

/// The public half of [`P256_KEY`], a SubjectPublicKeyInfo in DER.
pub fn p256_public_key() -> Vec<u8> {
    spki(&p256_key())
}

fn p256_key() -> p256::SecretKey {
    p256::SecretKey::from_slice(&[7; 32]).unwrap()
}

fn spki(key: &p256::SecretKey) -> Vec<u8> {
    key.public_key().to_public_key_der().unwrap().into_vec()
}
