//! fieldseal.

use std::rc::Rc;

use fieldseal::crypto::Secret;
use fieldseal::dynamodb::{
    AttributeValue, Item, ItemEncryptor, ItemEncryptorConfig, PlaintextOverride,
};
use fieldseal::materials::{CommitmentPolicy, DefaultCmm, EncryptionContext, RawAesKeyring, Suite};
use fieldseal::message::{
    DEFAULT_FRAME_LENGTH, DecryptOptions, Decryptor, EncryptOptions, Encryptor, HeaderLimits,
};
use fieldseal::structured::CryptoAction;

use crate::{CONTEXT, ENCRYPTED, KEY_NAME, WRAPPING_KEY, attributes};

fn cmm() -> DefaultCmm {
    let [namespace, name] = KEY_NAME.map(String::from);
    let key = Secret::new(WRAPPING_KEY.to_vec());
    DefaultCmm::new(Rc::new(RawAesKeyring::new(namespace, name, key).expect("a key")))
}

/// The encryptor of the item under a suite.
pub fn items(suite: u16) -> ItemEncryptor {
    let action = |i| match i {
        1..=ENCRYPTED => CryptoAction::EncryptAndSign,
        _ => CryptoAction::SignOnly,
    };
    let names = attributes().into_iter().enumerate();
    ItemEncryptor::new(ItemEncryptorConfig {
        logical_table_name: "T".into(),
        partition_key_name: "pk".into(),
        sort_key_name: None,
        attribute_actions: names.map(|(i, (name, _))| (name, action(i))).collect(),
        allowed_unsigned_attributes: vec![],
        allowed_unsigned_attribute_prefix: None,
        suite: Some(Suite::by_id(suite).expect("a suite")),
        plaintext_override: PlaintextOverride::default(),
        max_encrypted_data_keys: ItemEncryptorConfig::DEFAULT_MAX_ENCRYPTED_DATA_KEYS,
        drop_reserved_attributes: false,
        cmm: Rc::new(cmm()),
    })
    .expect("a configuration")
}

/// The item.
pub fn item() -> Item<'static> {
    attributes().into_iter().map(|(k, v)| (k.into(), AttributeValue::S(v.into()))).collect()
}

/// Seals it.
pub async fn seal(items: &ItemEncryptor, item: Item<'static>) -> Item<'static> {
    let sealed = items.encrypt(&item).await.expect("sealed").expect("not in plaintext");
    sealed.into_item(item)
}

/// Opens it.
pub async fn open(items: &ItemEncryptor, item: Item<'static>) -> Item<'static> {
    let opened = items.decrypt(&item).await.expect("opened").expect("not in plaintext");
    opened.into_item(item).expect("values")
}

/// Messages under a suite.
pub struct Messages {
    cmm: DefaultCmm,
    suite: &'static Suite,
    frame_length: u32,
}

impl Messages {
    pub fn new(suite: u16, frame_length: Option<u32>) -> Self {
        let frame_length = frame_length.unwrap_or(DEFAULT_FRAME_LENGTH);
        Self { cmm: cmm(), suite: Suite::by_id(suite).expect("a suite"), frame_length }
    }

    pub async fn encrypt(&self, plaintext: &[u8]) -> Vec<u8> {
        let mut context = EncryptionContext::new();
        let [key, value] = CONTEXT;
        context.insert(key, value).expect("a context");
        let options = EncryptOptions {
            cmm: &self.cmm,
            policy: CommitmentPolicy::EsdkRequireEncryptRequireDecrypt,
            suite: Some(self.suite),
            context,
            frame_length: self.frame_length,
            limits: HeaderLimits::default(),
            max_plaintext: None,
        };
        let mut message = Vec::new();
        Encryptor::encrypt(options, plaintext, &mut message).await.expect("encrypted");
        message
    }

    pub async fn decrypt(&self, message: &[u8]) -> Vec<u8> {
        let mut decryptor = Decryptor::new(DecryptOptions {
            policy: CommitmentPolicy::EsdkRequireEncryptRequireDecrypt,
            reproduced: EncryptionContext::new(),
            limits: HeaderLimits::default(),
            max_frame_length: 1 << 20,
            require_unsigned: false,
        });
        let mut plaintext = Vec::new();
        decryptor.update(message, &self.cmm, &mut plaintext).await.expect("decrypted");
        decryptor.finish().expect("whole");
        plaintext
    }
}
