//! The same Smithy-generated material providers API exists in both crates with unrelated types, hence the macro.
use serde_json::Value;
pub fn st<'a>(v: &'a Value, k: &str) -> Result<&'a str, String> {
    v[k].as_str().ok_or_else(|| format!("missing string '{k}'"))
}
pub fn pem_der(p: &str) -> Result<Vec<u8>, String> {
    Ok(pem::parse(p).map_err(|e| format!("pem: {e}"))?.into_contents())
}
macro_rules! keyring_mod { ($m:ident, $c:ident) => { pub mod $m {
    use super::{st, pem_der};
    use serde_json::Value;
    use std::{future::Future, pin::Pin};
    use $c::material_providers::client as mpl_client;
    use $c::material_providers::types::{self as t, keyring::KeyringRef, cryptographic_materials_manager::CryptographicMaterialsManagerRef as CmmRef, material_providers_config::MaterialProvidersConfig};
    fn e<E: std::fmt::Debug>(x: E) -> String { format!("{x:?}") }
    pub fn mpl() -> Result<mpl_client::Client, String> {
        mpl_client::Client::from_conf(MaterialProvidersConfig::builder().build().map_err(e)?).map_err(e)
    }
    pub fn key_store(k: &Value) -> Result<$c::key_store::client::Client, String> {
        use $c::key_store::types::{key_store_config::KeyStoreConfig, KmsConfiguration};
        let http = crate::mock::http(k);
        let bv = aws_sdk_dynamodb::config::BehaviorVersion::latest();
        let ddb = aws_sdk_dynamodb::Client::from_conf(aws_sdk_dynamodb::Config::builder().behavior_version(bv)
            .region(aws_sdk_dynamodb::config::Region::new("us-west-2"))
            .credentials_provider(aws_sdk_dynamodb::config::Credentials::new("a", "b", None, None, "mock")).http_client(http.clone()).build());
        let kms = aws_sdk_kms::Client::from_conf(aws_sdk_kms::Config::builder().behavior_version(aws_sdk_kms::config::BehaviorVersion::latest())
            .region(aws_sdk_kms::config::Region::new("us-west-2"))
            .credentials_provider(aws_sdk_kms::config::Credentials::new("a", "b", None, None, "mock")).http_client(http).build());
        let cfg = KeyStoreConfig::builder().kms_client(kms).ddb_client(ddb).ddb_table_name("KeyStore").logical_key_store_name("KeyStore")
            .kms_configuration(KmsConfiguration::KmsKeyArn(crate::mock::ARN.to_string())).build().map_err(e)?;
        $c::key_store::client::Client::from_conf(cfg).map_err(e)
    }
    pub fn make<'a>(k: &'a Value) -> Pin<Box<dyn Future<Output = Result<KeyringRef, String>> + Send + 'a>> { Box::pin(async move {
        let m = mpl()?;
        match st(k, "type")? {
            "raw-aes" => {
                let key = hex::decode(st(k, "key")?).map_err(e)?;
                let alg = match key.len() { 16 => t::AesWrappingAlg::AlgAes128GcmIv12Tag16, 24 => t::AesWrappingAlg::AlgAes192GcmIv12Tag16, _ => t::AesWrappingAlg::AlgAes256GcmIv12Tag16 };
                m.create_raw_aes_keyring().key_namespace(st(k, "namespace")?).key_name(st(k, "name")?).wrapping_key(key).wrapping_alg(alg).send().await.map_err(e)
            }
            "raw-rsa" => {
                let pad = match k["padding"].as_str().unwrap_or("OAEP_SHA256_MGF1") {
                    "PKCS1" => t::PaddingScheme::Pkcs1, "OAEP_SHA1_MGF1" => t::PaddingScheme::OaepSha1Mgf1, "OAEP_SHA256_MGF1" => t::PaddingScheme::OaepSha256Mgf1,
                    "OAEP_SHA384_MGF1" => t::PaddingScheme::OaepSha384Mgf1, "OAEP_SHA512_MGF1" => t::PaddingScheme::OaepSha512Mgf1, x => return Err(format!("padding {x}")) };
                let mut b = m.create_raw_rsa_keyring().key_namespace(st(k, "namespace")?).key_name(st(k, "name")?).padding_scheme(pad);
                if let Some(p) = k["public_pem"].as_str() { b = b.public_key(p.as_bytes().to_vec()); }
                if let Some(p) = k["private_pem"].as_str() { b = b.private_key(p.as_bytes().to_vec()); }
                b.send().await.map_err(e)
            }
            "raw-ecdh" => {
                let n: u8 = match st(k, "curve")? { "P256" => 0, "P384" => 1, "P521" => 2, x => return Err(format!("curve {x}")) };
                let sch = match st(k, "scheme")? {
                    "static" => t::RawEcdhStaticConfigurations::RawPrivateKeyToStaticPublicKey(t::RawPrivateKeyToStaticPublicKeyInput::builder()
                        .sender_static_private_key(st(k, "private_pem")?.as_bytes().to_vec()).recipient_public_key(pem_der(st(k, "public_pem")?)?).build().map_err(e)?),
                    "ephemeral" => t::RawEcdhStaticConfigurations::EphemeralPrivateKeyToStaticPublicKey(t::EphemeralPrivateKeyToStaticPublicKeyInput::builder()
                        .recipient_public_key(pem_der(st(k, "public_pem")?)?).build().map_err(e)?),
                    "discovery" => t::RawEcdhStaticConfigurations::PublicKeyDiscovery(t::PublicKeyDiscoveryInput::builder()
                        .recipient_static_private_key(st(k, "private_pem")?.as_bytes().to_vec()).build().map_err(e)?),
                    x => return Err(format!("scheme {x}")) };
                // aws-db-esdk 1.3.0 does not export EcdhCurveSpec (its module is pub(crate)), so the value can only be
                // conjured through inference. Fieldless 4-variant enum, one byte, declaration order. Local tool only.
                let b = m.create_raw_ecdh_keyring().set_curve_spec(Some(unsafe { std::mem::transmute::<u8, _>(n) })).key_agreement_scheme(sch);
                b.send().await.map_err(e)
            }
            "hierarchical" => {
                let ks = key_store(k)?;
                m.create_aws_kms_hierarchical_keyring().branch_key_id(st(k, "branch_key_id")?).key_store(ks).ttl_seconds(k["ttl"].as_i64().unwrap_or(600)).send().await.map_err(e)
            }
            "multi" => {
                let mut b = m.create_multi_keyring();
                if k["generator"].is_object() { b = b.generator(make(&k["generator"]).await?); }
                let mut v = vec![];
                for c in k["children"].as_array().unwrap_or(&vec![]) { v.push(make(c).await?); }
                b.child_keyrings(v).send().await.map_err(e)
            }
            x => Err(format!("unknown keyring type {x}")),
        }
    })}
    pub async fn required_ec_cmm(k: KeyringRef, keys: Vec<String>) -> Result<CmmRef, String> {
        let m = mpl()?;
        let d = m.create_default_cryptographic_materials_manager().keyring(k).send().await.map_err(e)?;
        m.create_required_encryption_context_cmm().underlying_cmm(d).required_encryption_context_keys(keys).send().await.map_err(e)
    }
}}}
keyring_mod!(ddb, aws_db_esdk);
keyring_mod!(esdk, aws_esdk);
