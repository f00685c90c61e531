//! What native tests share: a block_on, DynamoDB JSON, keyrings made from vector descriptions, and private keys
//! for RSA and ECDH. The library leaves those to its host; these tests are a host, and may use the crates',
//! whose timing leaks nothing here: the keys are published.

use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use fieldseal::crypto::{
    EcdhCurve, EcdhPrivateKey, EcdhPublicKey, EphemeralEcdh, RawRsa, RsaPadding, RsaPrivateKey,
    RsaPublicKey, Secret,
};
use fieldseal::dynamodb::{
    AttributeValue, Item, ItemEncryptor, ItemEncryptorConfig, PlaintextOverride,
};
use fieldseal::error::{Check, Error, Result};
use fieldseal::host::{CacheHost, LocalFuture};
use fieldseal::materials::cache::{CacheConfig, MaterialsCache, Partition};
use fieldseal::materials::{
    AwsKmsHierarchicalKeyring, BranchKeyIdSource, Cmm, DefaultCmm, EcdhKeyring, EncryptionContext,
    Keyring, MultiKeyring, RawAesKeyring, RawRsaKeyring, StaticBranchKey, StaticBranchKeyStore,
    Suite,
};
use fieldseal::structured::CryptoAction;
use rsa::pkcs8::DecodePrivateKey;
use serde_json::Value;

/// Polls a future that never really waits.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1000 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
    panic!("the future waits for something that nobody will do");
}

/// A private key for RSA.
pub(crate) struct TestRsaKey(rsa::RsaPrivateKey);

impl TestRsaKey {
    pub(crate) fn from_pem(pem: &str) -> Self {
        Self(rsa::RsaPrivateKey::from_pkcs8_pem(pem).unwrap())
    }
}

impl RsaPrivateKey for TestRsaKey {
    fn decrypt<'a>(
        &'a self,
        padding: RsaPadding,
        ciphertext: &'a [u8],
    ) -> LocalFuture<'a, Result<Secret>> {
        use rsa::Oaep;
        let key = &self.0;
        let plain = match padding {
            RsaPadding::Pkcs1 => Err(rsa::Error::InvalidArguments),
            RsaPadding::OaepSha1 => key.decrypt(Oaep::<sha1::Sha1>::new(), ciphertext),
            RsaPadding::OaepSha256 => key.decrypt(Oaep::<sha2::Sha256>::new(), ciphertext),
            RsaPadding::OaepSha384 => key.decrypt(Oaep::<sha2::Sha384>::new(), ciphertext),
            RsaPadding::OaepSha512 => key.decrypt(Oaep::<sha2::Sha512>::new(), ciphertext),
        };
        let plain = plain.map(Secret::new).map_err(|_| Error::unauthentic(Check::WrappedKey));
        Box::pin(async move { plain })
    }

    fn decrypt_raw<'a>(&'a self, ciphertext: &'a [u8]) -> LocalFuture<'a, Result<RawRsa>> {
        use rsa::traits::PublicKeyParts;
        let number = rsa::BoxedUint::from_be_slice_vartime(ciphertext);
        let blinding = None::<&mut dyn rsa::rand_core::CryptoRng>;
        let raw = rsa::hazmat::rsa_decrypt_and_check(&self.0, blinding, &number);
        let raw = raw.map_err(|_| Error::unauthentic(Check::WrappedKey)).map(|number| RawRsa {
            encoded: Secret::new(number.to_be_bytes_trimmed_vartime().to_vec())
                .left_padded(self.0.size()),
            rejection_secret: Secret::zeros(32),
        });
        Box::pin(async move { raw })
    }
}

/// A private key for ECDH.
pub(crate) enum TestEcdhKey {
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    P521(p521::SecretKey),
}

impl TestEcdhKey {
    pub(crate) fn from_pem(curve: EcdhCurve, pem: &str) -> Self {
        match curve {
            EcdhCurve::P256 => Self::P256(p256::SecretKey::from_pkcs8_der(&pem_der(pem)).unwrap()),
            EcdhCurve::P384 => Self::P384(p384::SecretKey::from_pkcs8_der(&pem_der(pem)).unwrap()),
            EcdhCurve::P521 => Self::P521(p521::SecretKey::from_pkcs8_der(&pem_der(pem)).unwrap()),
        }
    }

    pub(crate) fn random(curve: EcdhCurve) -> Self {
        loop {
            // Below the order with a chance of at least a half, once the bits above it are gone.
            let mut scalar = vec![0; curve.field_len()];
            fieldseal::crypto::fill_random(&mut scalar).unwrap();
            let key = match curve {
                EcdhCurve::P256 => p256::SecretKey::from_slice(&scalar).ok().map(Self::P256),
                EcdhCurve::P384 => p384::SecretKey::from_slice(&scalar).ok().map(Self::P384),
                EcdhCurve::P521 => {
                    scalar[0] &= 1;
                    p521::SecretKey::from_slice(&scalar).ok().map(Self::P521)
                }
            };
            if let Some(key) = key {
                return key;
            }
        }
    }

    pub(crate) fn public(&self) -> EcdhPublicKey {
        match self {
            Self::P256(key) => point(EcdhCurve::P256, &key.public_key().to_sec1_bytes()),
            Self::P384(key) => point(EcdhCurve::P384, &key.public_key().to_sec1_bytes()),
            Self::P521(key) => point(EcdhCurve::P521, &key.public_key().to_sec1_bytes()),
        }
    }

    fn secret(&self, peer: &EcdhPublicKey) -> Secret {
        let compressed = peer.compressed();
        macro_rules! agree {
            ($curve:ident, $key:expr) => {{
                let peer = $curve::PublicKey::from_sec1_bytes(&compressed).unwrap();
                let shared =
                    $curve::ecdh::diffie_hellman($key.to_nonzero_scalar(), peer.as_affine());
                Secret::from(&shared.raw_secret_bytes()[..])
            }};
        }
        match self {
            Self::P256(key) => agree!(p256, key),
            Self::P384(key) => agree!(p384, key),
            Self::P521(key) => agree!(p521, key),
        }
    }
}

/// A point in SEC 1, compressed or not.
fn point(curve: EcdhCurve, sec1: &[u8]) -> EcdhPublicKey {
    let odd = sec1.last().unwrap() & 1;
    let x = &sec1[1..=curve.field_len()];
    let tag = if sec1[0] == 4 { 2 + odd } else { sec1[0] };
    EcdhPublicKey::from_compressed(curve, &[&[tag], x].concat()).unwrap()
}

fn pem_der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    BASE64.decode(body).unwrap()
}

impl EcdhPrivateKey for TestEcdhKey {
    fn public_key(&self) -> LocalFuture<'_, Result<EcdhPublicKey>> {
        Box::pin(async { Ok(self.public()) })
    }

    fn agree<'a>(&'a self, peer: &'a EcdhPublicKey) -> LocalFuture<'a, Result<Secret>> {
        Box::pin(async { Ok(self.secret(peer)) })
    }
}

/// Makes pairs for ECDH.
pub(crate) struct TestPairs;

impl EphemeralEcdh for TestPairs {
    fn agree<'a>(
        &'a self,
        peer: &'a EcdhPublicKey,
    ) -> LocalFuture<'a, Result<(EcdhPublicKey, Secret)>> {
        Box::pin(async {
            let key = TestEcdhKey::random(peer.curve());
            Ok((key.public(), key.secret(peer)))
        })
    }
}

/// The keyring of a vector's description, or `None` when it is of a kind that does not exist yet.
pub(crate) fn keyring(spec: &Value) -> Option<Rc<dyn Keyring>> {
    let text = |name: &str| spec[name].as_str().map(str::to_owned);
    Some(match spec["type"].as_str().unwrap() {
        "raw-aes" => {
            let key = unhex(spec["key"].as_str().unwrap());
            Rc::new(
                RawAesKeyring::new(text("namespace")?, text("name")?, Secret::new(key)).unwrap(),
            )
        }
        "raw-rsa" => {
            let padding = match spec["padding"].as_str().unwrap() {
                "PKCS1" => RsaPadding::Pkcs1,
                "OAEP_SHA1_MGF1" => RsaPadding::OaepSha1,
                "OAEP_SHA256_MGF1" => RsaPadding::OaepSha256,
                "OAEP_SHA384_MGF1" => RsaPadding::OaepSha384,
                "OAEP_SHA512_MGF1" => RsaPadding::OaepSha512,
                other => panic!("padding {other}"),
            };
            let public = text("public_pem").map(|p| RsaPublicKey::from_spki(p.as_bytes()).unwrap());
            let private = text("private_pem")
                .map(|p| Rc::new(TestRsaKey::from_pem(&p)) as Rc<dyn RsaPrivateKey>);
            let (namespace, name) = (text("namespace")?, text("name")?);
            Rc::new(RawRsaKeyring::new(namespace, name, padding, public, private).unwrap())
        }
        "multi" => {
            let generator = match spec["generator"].is_object() {
                true => Some(keyring(&spec["generator"])?),
                false => None,
            };
            let children = spec["children"].as_array().into_iter().flatten().map(keyring);
            Rc::new(MultiKeyring::new(generator, children.collect::<Option<_>>()?).unwrap())
        }
        "hierarchical" => hierarchical(spec),
        "raw-ecdh" => {
            let curve = match spec["curve"].as_str().unwrap() {
                "P256" => EcdhCurve::P256,
                "P384" => EcdhCurve::P384,
                "P521" => EcdhCurve::P521,
                other => panic!("curve {other}"),
            };
            let private = || {
                let pem = spec["private_pem"].as_str().unwrap();
                Rc::new(TestEcdhKey::from_pem(curve, pem)) as Rc<dyn EcdhPrivateKey>
            };
            let public = || {
                let pem = spec["public_pem"].as_str().unwrap();
                EcdhPublicKey::from_spki(curve, pem.as_bytes()).unwrap()
            };
            Rc::new(match spec["scheme"].as_str().unwrap() {
                "static" => EcdhKeyring::raw_static(private(), public()),
                "ephemeral" => EcdhKeyring::raw_ephemeral(Rc::new(TestPairs), public()),
                "discovery" => EcdhKeyring::raw_discovery(curve, private()),
                other => panic!("scheme {other}"),
            })
        }
        other => panic!("keyring {other}"),
    })
}

/// A hierarchical keyring over a static key store, with a cache.
fn hierarchical(spec: &Value) -> Rc<dyn Keyring> {
    let id = BranchKeyIdSource::Fixed(spec["branch_key_id"].as_str().unwrap().into());
    let cache = MaterialsCache::new(CacheConfig::default(), Rc::new(NoTime), None).unwrap();
    let (store, partition) = (Rc::new(static_store(spec)), Partition::random().unwrap());
    let keyring = AwsKmsHierarchicalKeyring::new(store, id, 60_000, Some(cache), partition);
    Rc::new(keyring.unwrap())
}

/// A static key store with the branch key of a vector's description.
pub(crate) fn static_store(spec: &Value) -> StaticBranchKeyStore {
    let text = |name: &str| spec[name].as_str().unwrap();
    let mut encryption_context = EncryptionContext::new();
    for (key, value) in spec["encryption_context"].as_object().into_iter().flatten() {
        encryption_context.insert(key, value.as_str().unwrap()).unwrap();
    }
    let key = StaticBranchKey {
        branch_key_id: text("branch_key_id").into(),
        version: text("version").into(),
        branch_key: Secret::new(unhex(text("branch_key"))),
        beacon_key: spec["beacon_key"].as_str().map(|key| Secret::new(unhex(key))),
        encryption_context,
    };
    StaticBranchKeyStore::new(None, vec![key]).unwrap()
}

/// A host on which no time passes and nothing runs in the background.
struct NoTime;

impl CacheHost for NoTime {
    fn monotonic_ms(&self) -> u64 {
        0
    }

    fn unix_ms(&self) -> u64 {
        1_709_251_199_123
    }

    fn sleep_ms(&self, _: u32) -> LocalFuture<'static, ()> {
        Box::pin(std::future::pending())
    }

    fn spawn(&self, _: LocalFuture<'static, ()>) {}
}

/// The item encryptor of a vector's configuration.
pub(crate) fn encryptor(config: &Value, keyring: Rc<dyn Keyring>) -> Result<ItemEncryptor> {
    encryptor_with_cmm(config, Rc::new(DefaultCmm::new(keyring)))
}

/// The same over any CMM.
pub(crate) fn encryptor_with_cmm(config: &Value, cmm: Rc<dyn Cmm>) -> Result<ItemEncryptor> {
    ItemEncryptor::new(encryptor_config(config, cmm))
}

/// A vector's configuration.
pub(crate) fn encryptor_config(config: &Value, cmm: Rc<dyn Cmm>) -> ItemEncryptorConfig {
    let text = |name: &str| config[name].as_str().map(str::to_owned);
    let action = |name: &str| match name {
        "ENCRYPT_AND_SIGN" => CryptoAction::EncryptAndSign,
        "SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT" => CryptoAction::SignAndIncludeInEncryptionContext,
        "SIGN_ONLY" => CryptoAction::SignOnly,
        "DO_NOTHING" => CryptoAction::DoNothing,
        other => panic!("action {other}"),
    };
    let actions = config["actions"].as_object().unwrap().iter();
    let suite = config["suite"].as_str().map(|s| u16::from_str_radix(&s[2..], 16).unwrap());
    ItemEncryptorConfig {
        logical_table_name: text("table").unwrap(),
        partition_key_name: text("partition_key").unwrap(),
        sort_key_name: text("sort_key"),
        attribute_actions: actions.map(|(k, v)| (k.clone(), action(v.as_str().unwrap()))).collect(),
        allowed_unsigned_attributes: config["unsigned_attributes"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|v| v.as_str().unwrap().to_owned())
            .collect(),
        allowed_unsigned_attribute_prefix: text("unsigned_prefix"),
        suite: suite.map(|id| Suite::by_id(id).unwrap()),
        plaintext_override: match config["plaintext_override"].as_str() {
            Some("FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ") => {
                PlaintextOverride::ForcePlaintextWriteAllowPlaintextRead
            }
            Some("FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ") => {
                PlaintextOverride::ForbidPlaintextWriteAllowPlaintextRead
            }
            None | Some("FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ") => {
                PlaintextOverride::ForbidPlaintextWriteForbidPlaintextRead
            }
            Some(other) => panic!("plaintext override {other}"),
        },
        // Some of the published vectors have more than what is allowed by default.
        max_encrypted_data_keys: None,
        // As the official library's item encryptor, which the edge cases of sealing are of.
        drop_reserved_attributes: true,
        cmm,
    }
}

/// Seals an item and gives it back whole.
pub(crate) fn encrypt<'a>(encryptor: &ItemEncryptor, item: Item<'a>) -> Result<Item<'a>> {
    match block_on(encryptor.encrypt(&item))? {
        Some(sealed) => Ok(sealed.into_item(item)),
        None => Ok(item),
    }
}

/// Opens an item and gives it back whole.
pub(crate) fn decrypt<'a>(encryptor: &ItemEncryptor, item: Item<'a>) -> Result<Item<'a>> {
    match block_on(encryptor.decrypt(&item))? {
        Some(opened) => opened.into_item(item),
        None => Ok(item),
    }
}

/// From DynamoDB JSON.
pub(crate) fn item(json: &Value) -> Item<'static> {
    let entries = json.as_object().unwrap().iter();
    entries.map(|(name, v)| (name.clone().into(), value(v))).collect()
}

fn value(json: &Value) -> AttributeValue<'static> {
    let (kind, v) = json.as_object().unwrap().iter().next().unwrap();
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let bytes = |v: &Value| BASE64.decode(v.as_str().unwrap()).unwrap();
    let list = || v.as_array().unwrap().iter();
    match kind.as_str() {
        "NULL" => AttributeValue::Null(v.as_bool().unwrap()),
        "BOOL" => AttributeValue::Bool(v.as_bool().unwrap()),
        "S" => AttributeValue::S(text(v).into()),
        "N" => AttributeValue::N(text(v).into()),
        "B" => AttributeValue::B(bytes(v).into()),
        "SS" => AttributeValue::Ss(list().map(|v| text(v).into()).collect()),
        "NS" => AttributeValue::Ns(list().map(|v| text(v).into()).collect()),
        "BS" => AttributeValue::Bs(list().map(|v| bytes(v).into()).collect()),
        "M" => AttributeValue::M(item(v)),
        "L" => AttributeValue::L(list().map(value).collect()),
        other => panic!("type {other}"),
    }
}

/// Items are equal whatever the order of their attributes and of their maps' entries.
pub(crate) fn same(a: &Item<'_>, b: &Item<'_>) -> bool {
    let sorted = |item: &Item<'_>| {
        let mut entries: Vec<_> =
            item.iter().map(|(k, v)| (k.to_string(), canonical_order(v))).collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries
    };
    sorted(a) == sorted(b)
}

fn canonical_order(v: &AttributeValue<'_>) -> AttributeValue<'static> {
    match v.clone().into_owned() {
        AttributeValue::M(mut m) => {
            m.sort_by(|a, b| a.0.cmp(&b.0));
            AttributeValue::M(m.into_iter().map(|(k, v)| (k, canonical_order(&v))).collect())
        }
        AttributeValue::L(l) => AttributeValue::L(l.iter().map(canonical_order).collect()),
        other => other,
    }
}

/// Hexadecimal text to bytes.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}
