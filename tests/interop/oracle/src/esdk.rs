use crate::av;
use crate::keyring::esdk as kr;
use aws_esdk::client as esdk_client;
use aws_esdk::material_providers::types::{EsdkAlgorithmSuiteId as S, EsdkCommitmentPolicy as P};
use aws_esdk::types::aws_encryption_sdk_config::AwsEncryptionSdkConfig;
use serde_json::{json, Value};
use std::collections::HashMap;
fn e<E: std::fmt::Debug>(x: E) -> String {
    format!("{x:?}")
}
pub fn suite(s: &str) -> Result<S, String> {
    Ok(match s.trim_start_matches("0x") {
        "0014" => S::AlgAes128GcmIv12Tag16NoKdf,
        "0046" => S::AlgAes192GcmIv12Tag16NoKdf,
        "0078" => S::AlgAes256GcmIv12Tag16NoKdf,
        "0114" => S::AlgAes128GcmIv12Tag16HkdfSha256,
        "0146" => S::AlgAes192GcmIv12Tag16HkdfSha256,
        "0178" => S::AlgAes256GcmIv12Tag16HkdfSha256,
        "0214" => S::AlgAes128GcmIv12Tag16HkdfSha256EcdsaP256,
        "0346" => S::AlgAes192GcmIv12Tag16HkdfSha384EcdsaP384,
        "0378" => S::AlgAes256GcmIv12Tag16HkdfSha384EcdsaP384,
        "0478" => S::AlgAes256GcmHkdfSha512CommitKey,
        "0578" => S::AlgAes256GcmHkdfSha512CommitKeyEcdsaP384,
        x => return Err(format!("suite {x}")),
    })
}
fn suite_id(s: &S) -> &'static str {
    match s {
        S::AlgAes128GcmIv12Tag16NoKdf => "0x0014",
        S::AlgAes192GcmIv12Tag16NoKdf => "0x0046",
        S::AlgAes256GcmIv12Tag16NoKdf => "0x0078",
        S::AlgAes128GcmIv12Tag16HkdfSha256 => "0x0114",
        S::AlgAes192GcmIv12Tag16HkdfSha256 => "0x0146",
        S::AlgAes256GcmIv12Tag16HkdfSha256 => "0x0178",
        S::AlgAes128GcmIv12Tag16HkdfSha256EcdsaP256 => "0x0214",
        S::AlgAes192GcmIv12Tag16HkdfSha384EcdsaP384 => "0x0346",
        S::AlgAes256GcmIv12Tag16HkdfSha384EcdsaP384 => "0x0378",
        S::AlgAes256GcmHkdfSha512CommitKey => "0x0478",
        S::AlgAes256GcmHkdfSha512CommitKeyEcdsaP384 => "0x0578",
    }
}
pub fn client(r: &Value) -> Result<esdk_client::Client, String> {
    let mut b = AwsEncryptionSdkConfig::builder();
    if let Some(p) = r["policy"].as_str() {
        b = b.commitment_policy(match p {
            "FORBID_ENCRYPT_ALLOW_DECRYPT" => P::ForbidEncryptAllowDecrypt,
            "REQUIRE_ENCRYPT_ALLOW_DECRYPT" => P::RequireEncryptAllowDecrypt,
            "REQUIRE_ENCRYPT_REQUIRE_DECRYPT" => P::RequireEncryptRequireDecrypt,
            x => return Err(format!("policy {x}")),
        });
    }
    if let Some(n) = r["max_encrypted_data_keys"].as_i64() {
        b = b.max_encrypted_data_keys(n);
    }
    esdk_client::Client::from_conf(b.build().map_err(e)?).map_err(e)
}
fn ec(r: &Value) -> Option<HashMap<String, String>> {
    r["encryption_context"]
        .as_object()
        .map(|o| o.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap_or("").to_string())).collect())
}
fn req(r: &Value) -> Option<Vec<String>> {
    r["required_ec_keys"]
        .as_array()
        .map(|a| a.iter().filter_map(|x| x.as_str().map(String::from)).collect())
}
pub async fn encrypt(r: &Value) -> Result<Value, String> {
    let c = client(r)?;
    let k = kr::make(&r["keyring"]).await?;
    let mut b = c
        .encrypt()
        .plaintext(av::b64d(r["plaintext"].as_str().ok_or("plaintext")?)?)
        .set_encryption_context(ec(r));
    b = match req(r) {
        Some(x) => b.materials_manager(kr::required_ec_cmm(k, x).await?),
        None => b.keyring(k),
    };
    if let Some(s) = r["suite"].as_str() {
        b = b.algorithm_suite_id(suite(s)?);
    }
    if let Some(n) = r["frame_length"].as_i64() {
        b = b.frame_length(n);
    }
    let o = b.send().await.map_err(e)?;
    Ok(
        json!({"ciphertext": av::b64e(o.ciphertext.unwrap().as_ref()), "suite": o.algorithm_suite_id.as_ref().map(suite_id), "encryption_context": o.encryption_context.as_ref().map(av::smap_json)}),
    )
}
pub async fn decrypt(r: &Value) -> Result<Value, String> {
    let c = client(r)?;
    let k = kr::make(&r["keyring"]).await?;
    let mut b = c
        .decrypt()
        .ciphertext(av::b64d(r["ciphertext"].as_str().ok_or("ciphertext")?)?)
        .set_encryption_context(ec(r));
    b = match req(r) {
        Some(x) => b.materials_manager(kr::required_ec_cmm(k, x).await?),
        None => b.keyring(k),
    };
    let o = b.send().await.map_err(e)?;
    Ok(
        json!({"plaintext": av::b64e(o.plaintext.unwrap().as_ref()), "suite": o.algorithm_suite_id.as_ref().map(suite_id), "encryption_context": o.encryption_context.as_ref().map(av::smap_json)}),
    )
}
