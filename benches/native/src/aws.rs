//! AWS's crates `aws-db-esdk` and `aws-esdk`. Each has the keyrings in types of its own.

use std::collections::HashMap;

use aws_db_esdk::CryptoAction;
use aws_db_esdk::item_encryptor::client::Client as Items;
use aws_db_esdk::item_encryptor::types::dynamo_db_item_encryptor_config::DynamoDbItemEncryptorConfig;
use aws_db_esdk::material_providers::types::DbeAlgorithmSuiteId;
use aws_esdk::client::Client as Sdk;
use aws_esdk::material_providers::types::EsdkAlgorithmSuiteId;
use aws_esdk::material_providers::types::keyring::KeyringRef;
use aws_esdk::types::aws_encryption_sdk_config::AwsEncryptionSdkConfig;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::{CONTEXT, ENCRYPTED, KEY_NAME, WRAPPING_KEY, attributes};

/// An item of the SDK.
pub type Item = HashMap<String, AttributeValue>;

/// A raw AES keyring of one of the two crates.
macro_rules! keyring {
    ($crate_name:ident) => {{
        use $crate_name::material_providers::client::Client;
        use $crate_name::material_providers::types::AesWrappingAlg;
        use $crate_name::material_providers::types::material_providers_config::MaterialProvidersConfig;
        let config = MaterialProvidersConfig::builder().build().expect("a configuration");
        Client::from_conf(config)
            .expect("a client")
            .create_raw_aes_keyring()
            .key_namespace(KEY_NAME[0])
            .key_name(KEY_NAME[1])
            .wrapping_key(WRAPPING_KEY.to_vec())
            .wrapping_alg(AesWrappingAlg::AlgAes256GcmIv12Tag16)
            .send()
            .await
            .expect("a keyring")
    }};
}

/// The encryptor of the item under a suite.
pub async fn items(suite: u16) -> Items {
    let action = |i| match i {
        1..=ENCRYPTED => CryptoAction::EncryptAndSign,
        _ => CryptoAction::SignOnly,
    };
    let names = attributes().into_iter().enumerate();
    let config = DynamoDbItemEncryptorConfig::builder()
        .logical_table_name("T")
        .partition_key_name("pk")
        .attribute_actions_on_encrypt(
            names.map(|(i, (name, _))| (name, action(i))).collect::<HashMap<_, _>>(),
        )
        .algorithm_suite_id(match suite {
            0x6700 => DbeAlgorithmSuiteId::AlgAes256GcmHkdfSha512CommitKeySymsigHmacSha384,
            0x6701 => DbeAlgorithmSuiteId::AlgAes256GcmHkdfSha512CommitKeyEcdsaP384SymsigHmacSha384,
            other => panic!("suite {other:04x}"),
        })
        .keyring(keyring!(aws_db_esdk))
        .build()
        .expect("a configuration");
    Items::from_conf(config).expect("an encryptor")
}

/// The item.
pub fn item() -> Item {
    attributes().into_iter().map(|(name, value)| (name, AttributeValue::S(value))).collect()
}

/// Seals it.
pub async fn seal(items: &Items, item: Item) -> Item {
    let sealed = items.encrypt_item().plaintext_item(item).send().await.expect("sealed");
    sealed.encrypted_item.expect("an item")
}

/// Opens it.
pub async fn open(items: &Items, item: Item) -> Item {
    let opened = items.decrypt_item().encrypted_item(item).send().await.expect("opened");
    opened.plaintext_item.expect("an item")
}

/// Messages under a suite.
pub struct Messages {
    client: Sdk,
    keyring: KeyringRef,
    suite: EsdkAlgorithmSuiteId,
    frame_length: Option<u32>,
}

impl Messages {
    pub async fn new(suite: u16, frame_length: Option<u32>) -> Self {
        let config = AwsEncryptionSdkConfig::builder().build().expect("a configuration");
        let suite = match suite {
            0x0478 => EsdkAlgorithmSuiteId::AlgAes256GcmHkdfSha512CommitKey,
            0x0578 => EsdkAlgorithmSuiteId::AlgAes256GcmHkdfSha512CommitKeyEcdsaP384,
            other => panic!("suite {other:04x}"),
        };
        let client = Sdk::from_conf(config).expect("a client");
        Self { client, keyring: keyring!(aws_esdk), suite, frame_length }
    }

    pub async fn encrypt(&self, plaintext: Vec<u8>) -> Vec<u8> {
        let [key, value] = CONTEXT.map(String::from);
        let encrypted = self
            .client
            .encrypt()
            .plaintext(plaintext)
            .keyring(self.keyring.clone())
            .algorithm_suite_id(self.suite)
            .encryption_context(HashMap::from([(key, value)]))
            .set_frame_length(self.frame_length.map(i64::from))
            .send()
            .await
            .expect("encrypted");
        encrypted.ciphertext.expect("a message").into_inner()
    }

    pub async fn decrypt(&self, message: Vec<u8>) -> Vec<u8> {
        let decrypted = self.client.decrypt().ciphertext(message).keyring(self.keyring.clone());
        let decrypted = decrypted.send().await.expect("decrypted");
        decrypted.plaintext.expect("a plaintext").into_inner()
    }
}
