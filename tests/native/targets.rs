//! What the parsers promise of any bytes: no panic, no INTERNAL error, no unbounded work, and answers that hold
//! together. One function for each parser; `parsers.rs` feeds them seeded bytes in every test run, the fuzz
//! targets in `fuzz/` feed them for as long as one likes.

#[path = "targets/interleavings.rs"]
pub(crate) mod interleavings;
#[path = "targets/search.rs"]
pub(crate) mod search;

use std::borrow::Cow;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use fieldseal::aws::{Auth, ClientConfig};
use fieldseal::crypto::{
    EcdhCurve, EcdhPrivateKey, EcdhPublicKey, PublicKeyInfo, RsaPublicKey, Secret, VerifyingKey,
};
use fieldseal::dynamodb::expressions::{
    Expressions, RequestParts, ReturnValues, TableRules, TableRulesConfig, apply_update, holds,
    returned_attributes, statement_tables,
};
use fieldseal::dynamodb::{
    AttributeValue, Item, ItemEncryptor, ItemEncryptorConfig, PlaintextOverride, normalize_number,
};
use fieldseal::dynamodb_client::DynamoDbClient;
use fieldseal::error::{Part, Result};
use fieldseal::host::{HttpFailure, HttpRequest, HttpResponse, LocalFuture, Network};
use fieldseal::kms::{
    DataKeySize, DecryptRequest, DescribeKeyRequest, EncryptRequest, GenerateDataKeyRequest,
    GetPublicKeyRequest, KmsClient, KmsKeyId, ReEncryptRequest,
};
use fieldseal::materials::{
    BranchKeyStore, CommitmentPolicy, DefaultCmm, DynamoDbBranchKeyStore,
    DynamoDbBranchKeyStoreConfig, EcdhKeyring, EncryptedDataKey, EncryptionContext,
    EncryptionMaterials, Keyring, KmsConfiguration, OpenRequest, RawAesKeyring, Suite,
};
use fieldseal::message::{
    self, DecryptOptions, Decryptor, EncryptOptions, Encryptor, HeaderLimits,
};
use fieldseal::structured::{self, CryptoAction, Field, Header, TypeId};
use fieldseal::wire::Reader;

/// A parser, fed with any bytes.
pub(crate) type Target = fn(&[u8]);

/// All of them, by name.
pub(crate) const TARGETS: [(&str, Target); 15] = [
    ("header", header),
    ("attribute", attribute),
    ("number", number),
    ("item", item),
    ("insider", insider),
    ("message_header", message_header),
    ("message", message),
    ("kms_response", kms_response),
    ("key_store", key_store),
    ("public_key", public_key),
    ("key_id", key_id),
    ("ecdh_data_key", ecdh_data_key),
    ("interleavings", interleavings::interleavings),
    ("expression", expression),
    ("search", search::search),
];

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    for _ in 0..1000 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
    panic!("the future waits for something that nobody will do");
}

/// Whatever fails, it is never this library's own fault, and it can be told.
fn checked<T>(result: Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            assert_ne!(error.code(), "INTERNAL", "{error}");
            assert!(!error.to_string().is_empty() && !error.next().is_empty());
            None
        }
    }
}

/// `aws_dbe_head`. Contexts and data keys that were read are written as they were.
pub(crate) fn header(data: &[u8]) {
    let Some(header) = checked(Header::parse(data)) else { return };
    assert!((1..=255).contains(&header.encrypted_data_keys.len()));
    let mut written = vec![data[0], data[1]];
    written.extend_from_slice(&header.message_id);
    written.extend_from_slice(&(header.legend.len() as u16).to_be_bytes());
    written.extend_from_slice(&header.legend);
    header.stored_context.write_counted(&mut written).unwrap();
    written.push(header.encrypted_data_keys.len() as u8);
    header.encrypted_data_keys.iter().for_each(|edk| edk.write(&mut written).unwrap());
    assert_eq!(written, &data[..data.len() - 32], "another header");
    for edk in &header.encrypted_data_keys {
        let _ = edk.key_id();
    }
    let mut r = Reader::new(&written[written.len()..], Part::Header);
    assert!(
        EncryptedDataKey::read(&mut r).is_err() && EncryptionContext::read_counted(&mut r).is_err()
    );
}

/// A value in its canonical form: two bytes of type, then the value.
pub(crate) fn attribute(data: &[u8]) {
    let Some((type_id, bytes)) = data.split_first_chunk::<2>() else { return };
    let type_id = TypeId(*type_id);
    let Some(value) = checked(AttributeValue::from_canonical(type_id, bytes)) else { return };
    assert_eq!(value.type_id(), type_id);
    // Numbers that were read need not be numbers, so that this may fail; but once canonical, for ever.
    let Some(canonical) = checked(value.canonical()) else { return };
    let again = AttributeValue::from_canonical(type_id, &canonical).unwrap();
    assert_eq!(again.canonical().unwrap(), canonical);
    assert!(canonical.len() <= bytes.len() + 400 * (bytes.len() / 4 + 1), "a bomb");
    let _ = value.into_owned();
}

/// A number's text. What it becomes is the same number, and stays so.
pub(crate) fn number(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let Some(normal) = checked(normalize_number(text)) else { return };
    assert_eq!(normalize_number(&normal).unwrap(), normal);
    assert!(normal.len() <= 1 + 2 + 130 + 38, "{normal}");
    assert!(!normal.contains(['e', 'E', '+']) && !normal.ends_with('.') && normal != "-0");
    let [before, after]: [f64; 2] = [text, &normal].map(|t| t.parse().unwrap());
    assert!((before - after).abs() <= after.abs() * 1e-12, "{text} became {normal}");
}

const TABLE: &str = "t";

fn keyring() -> RawAesKeyring {
    RawAesKeyring::new("ns".into(), "key".into(), Secret::new(vec![7; 32])).unwrap()
}

fn encryptor(suite: u16) -> ItemEncryptor {
    let action = |(name, action): (&str, _)| (name.to_owned(), action);
    let actions = [
        ("pk", CryptoAction::SignOnly),
        ("e", CryptoAction::EncryptAndSign),
        ("s", CryptoAction::SignOnly),
    ];
    ItemEncryptor::new(ItemEncryptorConfig {
        logical_table_name: TABLE.into(),
        partition_key_name: "pk".into(),
        sort_key_name: None,
        attribute_actions: actions.map(action).into_iter().collect(),
        allowed_unsigned_attributes: Vec::new(),
        allowed_unsigned_attribute_prefix: Some(":".into()),
        suite: Suite::by_id(suite),
        plaintext_override: PlaintextOverride::default(),
        max_encrypted_data_keys: None,
        drop_reserved_attributes: false,
        cmm: Rc::new(DefaultCmm::new(Rc::new(keyring()))),
    })
    .unwrap()
}

type Sealed = (ItemEncryptor, Item<'static>);

thread_local! {
    static SEALED: [Sealed; 2] = [0x6700, 0x6701].map(|suite| {
        let encryptor = encryptor(suite);
        let item: Item<'static> = vec![
            ("pk".into(), AttributeValue::S("x".into())),
            ("e".into(), AttributeValue::S("a secret text".into())),
            ("s".into(), AttributeValue::Ns(vec!["1".into(), "2.5".into()])),
        ];
        let sealed = block_on(encryptor.encrypt(&item)).unwrap().unwrap();
        (encryptor, sealed.into_item(item))
    });
}

/// Opening an item. The first byte chooses: an item made of the bytes, or a good item with bytes of its header,
/// footer and ciphertext changed, which must be refused.
pub(crate) fn item(data: &[u8]) {
    let Some((mode, data)) = data.split_first() else { return };
    SEALED.with(|sealed| {
        let (encryptor, good) = &sealed[usize::from(mode & 1)];
        let mut item = good.clone();
        let mut slot = |name: &str| match item.iter().position(|(n, _)| n == name) {
            Some(i) => i,
            None => panic!("a sealed item without {name}"),
        };
        let at = ["aws_dbe_head", "aws_dbe_foot", "e"].map(&mut slot);
        if mode & 2 == 0 {
            // Three lengths and their bytes.
            let mut rest = data;
            for i in at {
                let n = rest.first_chunk::<2>().map_or(0, |n| u16::from_be_bytes(*n));
                rest = rest.get(2..).unwrap_or_default();
                let (bytes, after) = rest.split_at(rest.len().min(n.into()));
                item[i].1 = AttributeValue::B(Cow::Owned(bytes.to_vec()));
                rest = after;
            }
        } else {
            for change in data.chunks_exact(4) {
                let i = at[usize::from(change[0]) % at.len()];
                let AttributeValue::B(bytes) = &mut item[i].1 else { panic!("not binary") };
                let bytes = bytes.to_mut();
                let place = usize::from(u16::from_be_bytes([change[1], change[2]]));
                if change[0] & 0x80 != 0 {
                    bytes.truncate(place);
                } else if !bytes.is_empty() {
                    let n = bytes.len();
                    bytes[place % n] ^= change[3];
                }
            }
        }
        let opened = checked(block_on(encryptor.decrypt(&item)));
        assert!(opened.is_none() || item == *good, "a changed item was opened");
        assert!(opened.is_some() || item != *good, "the good item was refused");
    });
}

/// An item sealed by somebody with the key, whose encrypted value is any bytes of any type: two of type, then the
/// value.
pub(crate) fn insider(data: &[u8]) {
    let Some((type_id, bytes)) = data.split_first_chunk::<2>() else { return };
    let type_id = TypeId(*type_id);
    let mut context = EncryptionContext::new();
    for (key, value) in [
        ("aws-crypto-table-name", TABLE),
        ("aws-crypto-partition-name", "pk"),
        ("aws-crypto-attr.pk", "AAF4"),
    ] {
        context.insert(key, value).unwrap();
    }
    let field = |name, action, type_id, value: &'static [u8]| Field {
        name,
        action,
        type_id,
        value: Cow::Borrowed(value),
    };
    let encrypted = Field {
        name: "e",
        action: CryptoAction::EncryptAndSign,
        type_id,
        value: Cow::Borrowed(bytes),
    };
    let fields = [field("pk", CryptoAction::SignOnly, TypeId::STRING, b"x"), encrypted];
    let cmm = DefaultCmm::new(Rc::new(keyring()));
    let sealed = block_on(structured::encrypt(structured::EncryptRequest {
        table: TABLE,
        fields: &fields,
        context,
        suite: Suite::by_id(0x6700),
        max_encrypted_data_keys: None,
        cmm: &cmm,
    }))
    .unwrap();
    let binary = |bytes: &Vec<u8>| AttributeValue::B(Cow::Owned(bytes.clone()));
    let item: Item<'_> = vec![
        ("pk".into(), AttributeValue::S("x".into())),
        ("e".into(), binary(&sealed.ciphertexts[0].1)),
        ("aws_dbe_head".into(), binary(&sealed.header)),
        ("aws_dbe_foot".into(), binary(&sealed.footer)),
    ];
    SEALED.with(|known| {
        let opened = block_on(known[0].0.decrypt(&item)).expect("every signature is good").unwrap();
        let expected = checked(AttributeValue::from_canonical(type_id, bytes));
        let values = checked(opened.values());
        assert_eq!(values.map(|mut v| v.remove(0).1), expected);
    });
}

/// The header of a message. What follows it changes nothing, and nothing less than it is enough.
pub(crate) fn message_header(data: &[u8]) {
    let Some(header) = checked(message::Header::parse(data, HeaderLimits::NONE)) else { return };
    assert!(!header.encrypted_data_keys.is_empty() && !header.suite.is_dbe());
    assert_eq!(header.is_framed(), header.frame_length > 0);
    assert_eq!(header.message_id.len(), if header.version() == 2 { 32 } else { 16 });
    assert_eq!(header.commitment.is_some(), header.suite.commits);
    let longer = [data, &[0xff; 9]].concat();
    assert_eq!(message::Header::parse(&longer, HeaderLimits::NONE).unwrap(), header);
    let whole = |n: &usize| message::Header::parse(&data[..*n], HeaderLimits::NONE).is_ok();
    let shortest = (0..=data.len()).find(whole).unwrap();
    assert!(shortest > header.encrypted_data_keys.len() * 6);
    assert_eq!(message::Header::parse(&data[..shortest], HeaderLimits::NONE).unwrap(), header);
    for edk in &header.encrypted_data_keys {
        let _ = edk.key_id();
    }
}

const PLAINTEXT: &[u8] = b"a plaintext of several frames, the last of them shorter";

thread_local! {
    static MESSAGES: Vec<Vec<u8>> = [0x0014, 0x0178, 0x0214, 0x0478, 0x0578].map(sealed_message).into();
}

fn sealed_message(suite: u16) -> Vec<u8> {
    let suite = Suite::by_id(suite).unwrap();
    let cmm = DefaultCmm::new(Rc::new(keyring()));
    let mut context = EncryptionContext::new();
    context.insert("tenant", "A").unwrap();
    let mut out = Vec::new();
    let policy = match suite.commits {
        true => CommitmentPolicy::EsdkRequireEncryptAllowDecrypt,
        false => CommitmentPolicy::EsdkForbidEncryptAllowDecrypt,
    };
    let options = EncryptOptions {
        cmm: &cmm,
        policy,
        suite: Some(suite),
        context,
        frame_length: 16,
        limits: HeaderLimits::NONE,
        max_plaintext: None,
    };
    let encryptor = block_on(Encryptor::begin(options, &mut out)).unwrap();
    block_on(encryptor.finish(PLAINTEXT, &mut out)).unwrap();
    out
}

/// What is given out, and whether all of it is good.
fn open_message(bytes: &[u8], piece: usize) -> (Vec<u8>, bool) {
    let cmm = DefaultCmm::new(Rc::new(keyring()));
    let mut out = Vec::new();
    let mut decryptor = Decryptor::new(DecryptOptions {
        policy: CommitmentPolicy::EsdkRequireEncryptAllowDecrypt,
        reproduced: EncryptionContext::new(),
        limits: HeaderLimits::NONE,
        max_frame_length: 1 << 16,
        require_unsigned: false,
    });
    for piece in bytes.chunks(piece) {
        let read = checked(block_on(decryptor.update(piece, &cmm, &mut out)));
        if read.is_none() {
            return (out, false);
        }
    }
    let whole = checked(decryptor.finish()).is_some();
    (out, whole)
}

/// Opening a message, whole and in pieces. The first byte chooses: the bytes themselves, or a good message with
/// bytes of it changed, which must be refused.
pub(crate) fn message(data: &[u8]) {
    let Some((mode, data)) = data.split_first() else { return };
    MESSAGES.with(|messages| {
        let good = &messages[usize::from(mode & 0x0f) % messages.len()];
        let mut bytes = data.to_vec();
        if mode & 0x80 != 0 {
            bytes.clone_from(good);
            for change in data.chunks_exact(4) {
                let place =
                    usize::from(u16::from_be_bytes([change[1], change[2]])) % bytes.len().max(1);
                match change[0] % 4 {
                    0 => bytes.truncate(place),
                    1 => bytes.insert(place, change[3]),
                    _ if bytes.is_empty() => {}
                    2 => drop(bytes.remove(place)),
                    _ => bytes[place] ^= change[3],
                }
            }
        }
        let (whole, is_good) = open_message(&bytes, usize::MAX);
        let (pieces, also_good) = open_message(&bytes, 1 + usize::from(mode >> 4 & 7));
        assert_eq!(is_good, also_good, "whole and in pieces");
        assert!(pieces.starts_with(&whole), "less came out in pieces");
        if mode & 0x80 != 0 {
            assert_eq!(is_good, bytes == *good, "a changed message");
            assert!(PLAINTEXT.starts_with(&pieces), "something else came out");
        }
    });
}

/// Answers with what it was given.
struct Answer {
    status: u16,
    body: Vec<u8>,
}

impl Network for Answer {
    fn send(
        &self,
        _: HttpRequest,
    ) -> LocalFuture<'_, core::result::Result<HttpResponse, HttpFailure>> {
        let headers = vec![("x-amzn-requestid".into(), "id".into())];
        let body = Secret::new(self.body.clone());
        Box::pin(core::future::ready(Ok(HttpResponse { status: self.status, headers, body })))
    }

    fn now_ms(&self) -> u64 {
        1_700_000_000_000
    }

    fn sleep_ms(&self, _: u32) -> LocalFuture<'_, ()> {
        Box::pin(core::future::ready(()))
    }
}

/// A response of KMS: a byte for the operation, one for the status, then the body.
pub(crate) fn kms_response(data: &[u8]) {
    let Some(([operation, status], body)) = data.split_first_chunk::<2>() else { return };
    let status = [200, 200, 200, 400, 403, 500, 302, 0][usize::from(status % 8)];
    let config = ClientConfig {
        endpoint: Some("http://127.0.0.1:9".into()),
        auth: Auth::None,
        max_attempts: Some(2),
        ..Default::default()
    };
    let network = Rc::new(Answer { status, body: body.to_vec() });
    let kms = KmsClient::new(config.into(), network).unwrap();
    let key_id = || String::from("1234abcd-12ab-34cd-56ef-1234567890ab");
    let answered = match operation % 7 {
        0 => checked(block_on(kms.decrypt(DecryptRequest {
            ciphertext_blob: vec![1; 8],
            key_id: Some(key_id()),
            ..Default::default()
        })))
        .map(drop),
        1 => checked(block_on(kms.generate_data_key(GenerateDataKeyRequest {
            key_id: key_id(),
            size: DataKeySize::Aes256,
            encryption_context: Default::default(),
            grant_tokens: Vec::new(),
        })))
        // A key that is not as long as was asked for must not be taken.
        .map(|answer| assert_eq!(answer.plaintext.len(), 32)),
        2 => {
            checked(block_on(kms.get_public_key(GetPublicKeyRequest {
                key_id: key_id(),
                grant_tokens: Vec::new(),
            })))
            .map(|answer| public_key(&answer.public_key))
        }
        3 => checked(block_on(kms.encrypt(EncryptRequest {
            key_id: key_id(),
            plaintext: Secret::new(vec![1]),
            encryption_context: Default::default(),
            encryption_algorithm: None,
            grant_tokens: Vec::new(),
        })))
        .map(drop),
        4 => checked(block_on(
            kms.describe_key(DescribeKeyRequest { key_id: key_id(), grant_tokens: Vec::new() }),
        ))
        .map(drop),
        5 => checked(block_on(kms.re_encrypt(ReEncryptRequest {
            ciphertext_blob: vec![1; 8],
            source_key_id: None,
            source_encryption_context: Default::default(),
            source_encryption_algorithm: None,
            destination_key_id: key_id(),
            destination_encryption_context: Default::default(),
            destination_encryption_algorithm: None,
            grant_tokens: Vec::new(),
        })))
        .map(drop),
        _ => checked(block_on(kms.generate_data_key_without_plaintext(GenerateDataKeyRequest {
            key_id: key_id(),
            size: DataKeySize::Aes256,
            encryption_context: Default::default(),
            grant_tokens: Vec::new(),
        })))
        .map(drop),
    };
    assert!(answered.is_none() || status == 200, "an error was taken for an answer");
}

/// The KMS key of the key stores below.
const STORE_KEY: &str =
    "arn:aws:kms:us-west-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";

/// What a DynamoDB endpoint answers to a key store: one byte for the operation, one for the status, then the body.
/// KMS opens everything here, so that only the record itself can be refused.
pub(crate) fn key_store(data: &[u8]) {
    let Some(([operation, status], body)) = data.split_first_chunk::<2>() else { return };
    let status = [200, 200, 200, 400, 403, 500, 302, 0][usize::from(status % 8)];
    let config = ClientConfig {
        endpoint: Some("http://127.0.0.1:9".into()),
        max_attempts: Some(2),
        ..Default::default()
    };
    let dynamodb = Rc::new(Answer { status, body: body.to_vec() });
    let opened = format!(r#"{{"KeyId":"{STORE_KEY}","Plaintext":"{}"}}"#, "A".repeat(43) + "=");
    let kms = Rc::new(Answer { status: 200, body: opened.into_bytes() });
    let configuration = match operation / 6 % 4 {
        0 => KmsConfiguration::KeyArn(STORE_KEY.into()),
        1 => KmsConfiguration::MrKeyArn(STORE_KEY.into()),
        2 => KmsConfiguration::Discovery,
        _ => KmsConfiguration::MrDiscovery("us-west-2".into()),
    };
    let store = DynamoDbBranchKeyStore::new(DynamoDbBranchKeyStoreConfig {
        dynamodb: DynamoDbClient::new(config.clone(), dynamodb).unwrap(),
        table_name: "keys".into(),
        logical_key_store_name: "logical".into(),
        kms: KmsClient::new(config.into(), kms).unwrap(),
        kms_configuration: configuration,
        grant_tokens: Vec::new(),
        id: None,
    })
    .unwrap();
    let version = "1234abcd-12ab-44cd-86ef-1234567890ab";
    match operation % 6 {
        0 | 1 => {
            let key = match operation % 6 {
                0 => block_on(store.active("b")),
                _ => block_on(store.version("b", version)),
            };
            let Some(key) = checked(key) else { return };
            assert_eq!((key.branch_key_id.as_str(), key.key.len()), ("b", 32));
            assert_eq!(key.version.len(), 36);
            assert!(operation % 6 == 0 || key.version == version);
            assert!(!key.encryption_context.contains("tablename"));
        }
        2 => drop(checked(block_on(store.beacon("b")))),
        // KMS answers ReEncrypt with nonsense here: nothing that was read may lead to a write.
        3 => assert!(checked(block_on(store.version_key("b"))).is_none()),
        4 => assert!(checked(block_on(store.create_key(None, &Default::default()))).is_none()),
        _ => {
            if let Some(arn) = checked(block_on(store.create_key_store())) {
                assert!(
                    core::str::from_utf8(body).is_ok_and(|body| body.contains("TableArn")),
                    "{arn}"
                );
            }
        }
    }
}

/// PEM or DER of a public key, and a compressed point.
pub(crate) fn public_key(data: &[u8]) {
    if let Some(info) = checked(PublicKeyInfo::parse(data)) {
        let again = PublicKeyInfo::parse(info.to_pem().as_bytes()).expect("its own PEM");
        assert_eq!(again.fingerprint(), info.fingerprint());
    }
    if let Some(key) = checked(RsaPublicKey::from_spki(data)) {
        assert!((2048..=4096).contains(&key.bits()));
    }
    for curve in ECDH_CURVES {
        let compressed = EcdhPublicKey::from_compressed(curve, data);
        for key in [checked(EcdhPublicKey::from_spki(curve, data)), checked(compressed)] {
            let Some(key) = key else { continue };
            assert_eq!(EcdhPublicKey::from_spki(curve, &key.to_spki()).unwrap(), key);
            assert_eq!(EcdhPublicKey::from_compressed(curve, &key.compressed()).unwrap(), key);
        }
    }
    let curve = fieldseal::crypto::Curve::P384;
    if let Some(key) = checked(VerifyingKey::from_compressed(curve, data)) {
        assert!(!key.verify(b"message", data));
    }
}

/// A private key whose secrets everybody knows: zeros.
struct OpenSecret(EcdhPublicKey);

impl EcdhPrivateKey for OpenSecret {
    fn public_key(&self) -> LocalFuture<'_, Result<EcdhPublicKey>> {
        Box::pin(async { Ok(self.0.clone()) })
    }

    fn agree<'a>(&'a self, peer: &'a EcdhPublicKey) -> LocalFuture<'a, Result<Secret>> {
        Box::pin(async { Ok(Secret::zeros(peer.curve().field_len())) })
    }
}

/// The curve's base point: everybody knows its private key.
fn base_point(curve: EcdhCurve) -> EcdhPublicKey {
    let x = match curve {
        EcdhCurve::P256 => "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        EcdhCurve::P384 => {
            "03aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e\
             3872760ab7"
        }
        EcdhCurve::P521 => {
            "0200c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe\
             1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66"
        }
    };
    let byte = |i| u8::from_str_radix(&x[i..i + 2], 16).unwrap();
    let point: Vec<u8> = (0..x.len()).step_by(2).map(byte).collect();
    EcdhPublicKey::from_compressed(curve, &point).unwrap()
}

const ECDH_CURVES: [EcdhCurve; 3] = [EcdhCurve::P256, EcdhCurve::P384, EcdhCurve::P521];

/// Data keys that [`ecdh_data_key`] opens.
pub(crate) fn sealed_ecdh_data_keys() -> Vec<Vec<u8>> {
    let twice = ECDH_CURVES.into_iter().enumerate().cycle().take(6);
    let sealed = twice.map(|(i, curve)| {
        let own = Rc::new(OpenSecret(base_point(curve)));
        let keyring = EcdhKeyring::raw_static(own, base_point(curve));
        let suite = Suite::by_id(0x0478).unwrap();
        let empty = EncryptionContext::new();
        let materials = EncryptionMaterials::new(suite, empty, vec![], None).unwrap();
        let materials = block_on(keyring.wrap(materials)).unwrap();
        let edk = &materials.encrypted_data_keys()[0];
        let info = &edk.provider_info;
        [&[i as u8, info.len() as u8], &info[..], &edk.ciphertext].concat()
    });
    sealed.collect()
}

/// What an ECDH keyring writes: a byte for the curve, the provider info behind its length, the ciphertext.
pub(crate) fn ecdh_data_key(data: &[u8]) {
    let Some(([curve, len], rest)) = data.split_first_chunk() else { return };
    let Some((info, ciphertext)) = rest.split_at_checked((*len).into()) else { return };
    let curve = ECDH_CURVES[usize::from(*curve) % 3];
    let keyring = EcdhKeyring::raw_discovery(curve, Rc::new(OpenSecret(base_point(curve))));
    let edk = EncryptedDataKey {
        provider_id: "raw-ecdh".into(),
        provider_info: info.into(),
        ciphertext: ciphertext.into(),
    };
    let context = EncryptionContext::new();
    let request = OpenRequest {
        suite: Suite::by_id(0x0478).unwrap(),
        context: &context,
        aad: &[],
        encrypted_data_keys: &[edk],
    };
    if let Some(opened) = checked(block_on(keyring.open(request))) {
        assert_eq!(opened.data_key.len(), 32);
        assert_eq!(info.len(), 1 + 2 * (4 + curve.compressed_len()));
        assert_eq!(ciphertext.len(), 32 + 32 + 32 + 16);
    }
}

/// The strings that stand for KMS keys.
pub(crate) fn key_id(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Some(id) = checked(KmsKeyId::parse(text)) {
        let _ = (id.is_alias(), id.is_mrk(), id.arn().map(|arn| arn.with_region("eu-west-1")));
        assert!(fieldseal::kms::mrk_match(text, text) || !id.is_mrk());
    }
}

/// Expressions, checked by a table's rules and evaluated; statements.
pub(crate) fn expression(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(text);
    if let Some(tables) = checked(statement_tables(&text)) {
        assert!(!tables.is_empty() && tables.iter().all(|table| !table.is_empty()), "{tables:?}");
    }
    let text = |of: u8| (kind % 5 == of).then_some(&*text);
    let number = |digits: &'static str| AttributeValue::N(digits.into());
    let strings = |members: &[&'static str]| members.iter().map(|m| (*m).into()).collect();
    let nested = vec![("k".into(), AttributeValue::L(vec![number("1"), number("2.5")]))];
    let item: Item<'_> = vec![
        ("id".into(), AttributeValue::S("1".into())),
        ("a".into(), AttributeValue::S("abc".into())),
        ("b".into(), number("99999999999999999999999999999999999999")),
        ("c".into(), AttributeValue::Ss(strings(&["x", "y"]))),
        ("d".into(), AttributeValue::M(nested)),
        ("e".into(), AttributeValue::B(vec![0, 1, 2].into())),
    ];
    let values: [(&str, AttributeValue<'_>); 5] = [
        (":s", AttributeValue::S("ab".into())),
        (":n", number("-1e-130")),
        (":c", AttributeValue::Ss(strings(&["y", "z"]))),
        (":l", AttributeValue::L(vec![number("3")])),
        (":t", AttributeValue::S("SS".into())),
    ];
    let used = |name: &str| String::from_utf8_lossy(data).contains(name);
    let parts = RequestParts {
        condition: text(0),
        filter: text(1),
        key_condition: text(2),
        update: text(3),
        projection: text(4),
        names: [("#a", "a"), ("#d", "d")].into_iter().filter(|(name, _)| used(name)).collect(),
        values: values
            .iter()
            .filter(|(name, _)| used(name))
            .map(|(name, value)| (*name, Some(value)))
            .collect(),
        legacy: None,
    };
    let parsed = checked(Expressions::parse(&parts));
    let rules = TableRules::new(TableRulesConfig {
        attribute_actions: vec![("a".into(), CryptoAction::EncryptAndSign)],
        allowed_unsigned_attributes: vec!["c".into(), "d".into()],
        partition_key_name: "id".into(),
        ..Default::default()
    });
    let passed = checked(rules.check("UpdateItem", &parts)).is_some();
    let Some(expressions) = parsed else {
        assert!(!passed, "what cannot be read is refused");
        return;
    };
    for condition in [&expressions.condition, &expressions.filter, &expressions.key_condition] {
        let Some(condition) = condition else { continue };
        checked(holds(condition, &item));
        checked(holds(condition, &Item::new()));
        let touches = condition.tests().any(|test| {
            test.operands().iter().any(|o| o.path().is_some_and(|path| path.attribute == "a"))
        });
        assert!(!passed || !touches, "a condition on an encrypted attribute passed");
    }
    let Some(update) = &expressions.update else { return };
    let signed = |name: &str| name != "c" && name != "d";
    let touches = update.actions.iter().any(|action| {
        let mut paths = action.reads().chain([&action.path]);
        paths.any(|path| signed(path.attribute))
    });
    assert_eq!(passed, !touches, "an update passes exactly if it is of unsigned attributes");
    let key = vec![("id".into(), AttributeValue::S("1".into()))];
    for before in [None, Some(&item)] {
        let Some(after) = checked(apply_update(update, &key, before)) else { continue };
        assert!(before.is_none() || after.is_some(), "an update does not delete an item");
        for kind in [ReturnValues::UpdatedOld, ReturnValues::UpdatedNew, ReturnValues::AllNew] {
            returned_attributes(kind, Some(update), before, after.as_ref());
        }
    }
}
