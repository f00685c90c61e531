//! The keyring tests that are published with the material providers library, where they lie beside the checkout:
//! each makes encryption materials, opens their data keys again with a second keyring, and compares.
//!
//! Raw keyrings run here. KMS keyrings need a KMS with the same key ids: `tests/kms/published-keyrings.test.mjs`
//! starts the development KMS, loads it, and runs the ignored test below with its endpoint in the environment.

#![cfg(not(target_arch = "wasm32"))]

#[allow(dead_code)]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use fieldseal::aws::ClientConfig;
use fieldseal::crypto::{
    EcdhCurve, EcdhPublicKey, RsaPadding, RsaPrivateKey, RsaPublicKey, Secret,
};
use fieldseal::error::{Fault, Result};
use fieldseal::host::{HttpFailure, HttpRequest, HttpResponse, LocalFuture, Network};
use fieldseal::kms::KmsClient;
use fieldseal::materials::{
    AwsKmsDiscoveryKeyring, AwsKmsEcdhKey, AwsKmsKeyring, AwsKmsRsaKeyring, Cmm, CommitmentPolicy,
    DecryptionRequest, DefaultCmm, DiscoveryFilter, EcdhKeyring, EncryptionContext,
    EncryptionRequest, Keyring, RawAesKeyring, RawRsaKeyring, RsaPublicKeySource, Suite,
};
use serde_json::Value;
use support::{TestEcdhKey, TestPairs, TestRsaKey, block_on};

/// The Region URLs of the development KMS, as JSON.
const ENDPOINTS: &str = "FIELDSEAL_TEST_KMS";

const SUITES: [u16; 13] = [
    0x0014, 0x0046, 0x0078, 0x0114, 0x0146, 0x0178, 0x0214, 0x0346, 0x0378, 0x0478, 0x0578, 0x6700,
    0x6701,
];

fn published(name: &str) -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors/aws").join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(_) => {
            println!("left out: the published {name} does not lie beside the checkout");
            None
        }
    }
}

/// Makes keyrings of the published descriptions.
struct Keys {
    keys: Value,
    endpoints: Option<Value>,
}

/// Why a description has no keyring here.
enum Missing {
    /// Another test runs it.
    Kms,
    /// Nothing here is of its kind.
    Kind(String),
}

impl Keys {
    fn kms(&self, region: &str) -> core::result::Result<KmsClient, Missing> {
        let endpoints = self.endpoints.as_ref().ok_or(Missing::Kms)?;
        let config = ClientConfig {
            endpoint: Some(endpoints[region].as_str().unwrap().to_owned()),
            region: Some(region.to_owned()),
            ..ClientConfig::default()
        };
        Ok(KmsClient::new(config.into(), Rc::new(Loopback)).unwrap())
    }

    fn keyring(&self, spec: &Value) -> core::result::Result<Rc<dyn Keyring>, Missing> {
        let key = &self.keys["keys"][spec["key"].as_str().unwrap_or_default()];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let region = || key["key-id"].as_str().unwrap().split(':').nth(3).unwrap().to_owned();
        Ok(match spec["type"].as_str().unwrap() {
            "raw" if spec["encryption-algorithm"] == "aes" => {
                let material = BASE64.decode(text(&key["material"])).unwrap();
                let (namespace, name) = (text(&spec["provider-id"]), text(&key["key-id"]));
                Rc::new(RawAesKeyring::new(namespace, name, Secret::new(material)).unwrap())
            }
            "raw" => {
                let padding = match (
                    spec["padding-algorithm"].as_str().unwrap(),
                    spec["padding-hash"].as_str().unwrap(),
                ) {
                    ("pkcs1", _) => RsaPadding::Pkcs1,
                    (_, "sha1") => RsaPadding::OaepSha1,
                    (_, "sha256") => RsaPadding::OaepSha256,
                    (_, "sha384") => RsaPadding::OaepSha384,
                    (_, "sha512") => RsaPadding::OaepSha512,
                    other => panic!("padding {other:?}"),
                };
                let pem = text(&key["material"]);
                let private = key["type"] == "private";
                let private_key =
                    private.then(|| Rc::new(TestRsaKey::from_pem(&pem)) as Rc<dyn RsaPrivateKey>);
                let public_key =
                    (!private).then(|| RsaPublicKey::from_spki(pem.as_bytes()).unwrap());
                let (namespace, name) = (text(&spec["provider-id"]), text(&key["key-id"]));
                Rc::new(
                    RawRsaKeyring::new(namespace, name, padding, public_key, private_key).unwrap(),
                )
            }
            "aws-kms" => {
                let kms = self.kms(&region())?;
                Rc::new(AwsKmsKeyring::new(kms, text(&key["key-id"]), vec![]).unwrap())
            }
            "aws-kms-mrk-aware" => {
                let kms = self.kms(&region())?;
                Rc::new(AwsKmsKeyring::mrk_aware(kms, text(&key["key-id"]), vec![]).unwrap())
            }
            "aws-kms-mrk-aware-discovery" => {
                let region = text(&spec["default-mrk-region"]);
                let filter = &spec["aws-kms-discovery-filter"];
                let filter = filter.is_object().then(|| {
                    let ids = filter["account-ids"].as_array().unwrap().iter().map(text).collect();
                    DiscoveryFilter::new(text(&filter["partition"]), ids).unwrap()
                });
                let kms = self.kms(&region)?;
                let keyring = AwsKmsDiscoveryKeyring::mrk_aware(kms, filter, Some(region), vec![]);
                Rc::new(keyring.unwrap())
            }
            "aws-kms-rsa" => {
                let padding = match spec["encryption-algorithm"].as_str().unwrap() {
                    "RSAES_OAEP_SHA_1" => RsaPadding::OaepSha1,
                    "RSAES_OAEP_SHA_256" => RsaPadding::OaepSha256,
                    other => panic!("algorithm {other}"),
                };
                // The published private half is KMS's: the development KMS has another key of this id.
                let kms = Some(self.kms(&region())?);
                let key_id = text(&key["key-id"]);
                let source = RsaPublicKeySource::Kms;
                Rc::new(AwsKmsRsaKeyring::new(kms, key_id, source, padding, vec![]).unwrap())
            }
            other => return Err(Missing::Kind(other.to_owned())),
        })
    }
}

fn context(json: &Value) -> EncryptionContext {
    let mut context = EncryptionContext::new();
    for (key, value) in json.as_object().into_iter().flatten() {
        context.insert(key, value.as_str().unwrap()).unwrap();
    }
    context
}

fn policy(suite: &Suite) -> CommitmentPolicy {
    match (suite.is_dbe(), suite.commits) {
        (true, _) => CommitmentPolicy::DbeRequireEncryptRequireDecrypt,
        (false, true) => CommitmentPolicy::EsdkRequireEncryptRequireDecrypt,
        (false, false) => CommitmentPolicy::EsdkForbidEncryptAllowDecrypt,
    }
}

/// Wraps with one keyring and opens with another.
fn round_trip(
    suite: &'static Suite,
    context: EncryptionContext,
    required_keys: Vec<String>,
    reproduced: &EncryptionContext,
    sealer: Rc<dyn Keyring>,
    opener: Rc<dyn Keyring>,
) -> Result<()> {
    let policy = policy(suite);
    let request = EncryptionRequest {
        plaintext_length: None,
        context,
        required_keys: required_keys.clone(),
        policy,
        suite: Some(suite),
    };
    let sealed = block_on(DefaultCmm::new(sealer).for_encryption(request))?;
    let stored = sealed.context().without(&required_keys);
    let opened = block_on(DefaultCmm::new(opener).for_decryption(DecryptionRequest {
        suite,
        policy,
        encrypted_data_keys: sealed.encrypted_data_keys(),
        stored: &stored,
        reproduced,
    }))?;
    assert_eq!(opened.data_key[..], sealed.data_key().unwrap()[..]);
    assert_eq!(opened.data_key.len(), suite.key_len);
    assert_eq!(
        opened.symmetric_signing_key.as_deref(),
        sealed.symmetric_signing_keys().first().map(|key| &key[..])
    );
    assert_eq!(&opened.context, sealed.context());
    Ok(())
}

/// Runs every published test whose keyrings there are, and counts.
fn run(keys: &Keys, tests: &Value) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    let mut count = |what: String| *counts.entry(what).or_insert(0) += 1;
    for (id, test) in tests["tests"].as_object().unwrap() {
        let about = format!("{id} {}", test["description"]);
        let (sealer, opener) = match test["keyDescription"].is_object() {
            true => (&test["keyDescription"], &test["keyDescription"]),
            false => (&test["encryptKeyDescription"], &test["decryptKeyDescription"]),
        };
        let kind = sealer["type"].as_str().unwrap();
        let (sealer, opener) = match (keys.keyring(sealer), keys.keyring(opener)) {
            (Ok(sealer), Ok(opener)) => (sealer, opener),
            (Err(Missing::Kms), _) | (_, Err(Missing::Kms)) => {
                count(format!("left out here, needs a KMS: {kind}"));
                continue;
            }
            (Err(Missing::Kind(kind)), _) | (_, Err(Missing::Kind(kind))) => {
                count(format!("left out, {}: {kind}", why(&kind)));
                continue;
            }
        };
        let suite = u16::from_str_radix(test["algorithmSuiteId"].as_str().unwrap(), 16).unwrap();
        let suite = Suite::by_id(suite).unwrap();
        let required = test["requiredEncryptionContextKeys"].as_array().unwrap().iter();
        let required = required.map(|key| key.as_str().unwrap().to_owned()).collect();
        let reproduced = context(&test["reproducedEncryptionContext"]);
        let context = context(&test["encryptionContext"]);
        let result = round_trip(suite, context, required, &reproduced, sealer, opener);
        match (test["type"].as_str().unwrap(), result) {
            // Published as positive; the specification forbids it, and the library has refused it since.
            (_, result) if kind == "aws-kms-rsa" && suite.signature.is_some() => {
                assert_eq!(result.unwrap_err().code(), "SUITE_NOT_ALLOWED", "{about}");
                count("refused, as it must be: aws-kms-rsa with a signing suite".to_owned());
            }
            ("positive-keyring", Ok(())) => count(format!("passed: {kind}")),
            ("negative-decrypt-keyring", Err(error)) => {
                let codes = ["NO_KEYRING_OPENED", "ENCRYPTION_CONTEXT_MISMATCH"];
                assert!(codes.contains(&error.code()), "{about}: {error}");
                count(format!("refused, as it must be: {kind}"));
            }
            (expected, Ok(())) => panic!("{about}: {expected}, but it passed"),
            (expected, Err(error)) => panic!("{about}: {expected}, but {error}"),
        }
    }
    for (what, n) in &counts {
        println!("{n:4} {what}");
    }
    counts
}

fn why(kind: &str) -> &'static str {
    match kind {
        "aws-kms-hierarchy" => "run by tests/native/hierarchical.rs",
        "caching-cmm" => "it asks a cache's entries by the identifiers of its own implementation",
        "static-material-keyring" => {
            "a keyring of its test framework, which answers fixed materials"
        }
        _ => "unknown",
    }
}

#[test]
fn the_published_keyring_tests_of_raw_keyrings() {
    let Some((keys, tests)) = published("keys.json").zip(published("keyring_tests.json")) else {
        return;
    };
    let counts = run(&Keys { keys, endpoints: None }, &tests);
    assert_eq!(counts["passed: raw"], 113);
    assert_eq!(counts["refused, as it must be: raw"], 56);
    assert_eq!(counts.values().sum::<u32>(), 1075);
    assert!(!counts.keys().any(|what| what.contains("unknown")));
}

#[test]
#[ignore = "needs a KMS: tests/kms/published-keyrings.test.mjs runs it"]
fn the_published_keyring_tests_of_kms_keyrings() {
    let endpoints = std::env::var(ENDPOINTS).expect("the endpoints of a KMS in the environment");
    let endpoints = serde_json::from_str(&endpoints).unwrap();
    let (keys, tests) = published("keys.json").zip(published("keyring_tests.json")).unwrap();
    let keys = Keys { keys, endpoints: Some(endpoints) };
    let counts = run(&keys, &tests);
    for (kind, n) in [("aws-kms", 26), ("aws-kms-mrk-aware", 104), ("aws-kms-rsa", 16)] {
        assert_eq!(counts[&format!("passed: {kind}")], n, "{kind}");
    }
    assert_eq!(counts["refused, as it must be: aws-kms-rsa with a signing suite"], 10);
    kms_ecdh(&keys);
}

/// The published file has no tests of ECDH keyrings, but keys for them: each scheme with each suite.
#[test]
fn ecdh_keyrings_with_the_published_keys_and_every_suite() {
    let Some(keys) = published("keys.json") else { return };
    let mut passed = 0;
    for (curve, name) in CURVES {
        let key = &keys["keys"][format!("ecc-{name}-private")];
        let private = |end: &str| {
            let pem = key[format!("{end}-material")].as_str().unwrap();
            Rc::new(TestEcdhKey::from_pem(curve, pem))
        };
        let (sender, recipient) = (private("sender"), private("recipient"));
        let public = |end: &str| public(curve, &key[format!("{end}-material-public-key")]);
        assert_eq!(public("sender"), sender.public());
        let a = || Rc::new(EcdhKeyring::raw_static(sender.clone(), public("recipient"))) as _;
        let b = || Rc::new(EcdhKeyring::raw_static(recipient.clone(), public("sender"))) as _;
        let pairs =
            || Rc::new(EcdhKeyring::raw_ephemeral(Rc::new(TestPairs), public("recipient"))) as _;
        let finds = || Rc::new(EcdhKeyring::raw_discovery(curve, recipient.clone())) as _;
        let not = || Rc::new(EcdhKeyring::raw_discovery(curve, sender.clone())) as _;
        for id in SUITES {
            let go = |sealer: Rc<dyn Keyring>, opener: Rc<dyn Keyring>| {
                let mut context = EncryptionContext::new();
                context.insert("purpose", "test").unwrap();
                let empty = EncryptionContext::new();
                round_trip(Suite::by_id(id).unwrap(), context, vec![], &empty, sealer, opener)
            };
            go(a(), b()).unwrap();
            go(b(), a()).unwrap();
            go(a(), a()).unwrap();
            go(a(), finds()).unwrap();
            go(pairs(), finds()).unwrap();
            passed += 5;
            // The suite has no part in what is refused: once for each curve is enough.
            if id != 0x0478 {
                continue;
            }
            for (sealer, opener) in [(a(), not()), (pairs(), not()), (pairs(), a()), (a(), pairs())]
            {
                assert_eq!(go(sealer, opener).unwrap_err().code(), "NO_KEYRING_OPENED");
            }
            assert_eq!(go(finds(), finds()).unwrap_err().code(), "KEYRING_CANNOT");
        }
    }
    println!("{passed} round trips by ECDH");
    assert_eq!(passed, 5 * 13 * 3);
}

const CURVES: [(EcdhCurve, &str); 3] =
    [(EcdhCurve::P256, "256"), (EcdhCurve::P384, "384"), (EcdhCurve::P521, "521")];

fn public(curve: EcdhCurve, base64: &Value) -> EcdhPublicKey {
    let der = BASE64.decode(base64.as_str().unwrap()).unwrap();
    EcdhPublicKey::from_spki(curve, &der).unwrap()
}

/// KMS keys of the published ids. Their private halves are KMS's, so that the development KMS has others: the
/// public keys are asked for.
fn kms_ecdh(keys: &Keys) {
    let mut passed = 0;
    for (curve, name) in CURVES {
        let key = &keys.keys["keys"][format!("us-west-2-{name}-ecc")];
        let Ok(kms) = keys.kms("us-west-2") else { panic!("a KMS is there") };
        let own = |end: &str| {
            let arn = key[format!("{end}-material")].as_str().unwrap().to_owned();
            AwsKmsEcdhKey::new(kms.clone(), arn, curve, None, vec![]).unwrap()
        };
        let public = |end: &str| {
            use fieldseal::crypto::EcdhPrivateKey;
            block_on(own(end).public_key()).unwrap()
        };
        let (sender, recipient) = (public("sender"), public("recipient"));
        for id in SUITES {
            let go = |sealer: Rc<dyn Keyring>, opener: Rc<dyn Keyring>| {
                let (context, empty) = (EncryptionContext::new(), EncryptionContext::new());
                let suite = Suite::by_id(id).unwrap();
                round_trip(suite, context, vec![], &empty, sealer, opener)
            };
            let a = || Rc::new(EcdhKeyring::kms_static(own("sender"), recipient.clone())) as _;
            let b = || Rc::new(EcdhKeyring::kms_static(own("recipient"), sender.clone())) as _;
            let finds = || Rc::new(EcdhKeyring::kms_discovery(own("recipient"))) as _;
            let not = || Rc::new(EcdhKeyring::kms_discovery(own("sender"))) as _;
            go(a(), b()).unwrap();
            go(b(), a()).unwrap();
            go(a(), finds()).unwrap();
            passed += 3;
            assert_eq!(go(a(), not()).unwrap_err().code(), "NO_KEYRING_OPENED");
            assert_eq!(go(finds(), finds()).unwrap_err().code(), "KEYRING_CANNOT");
        }
    }
    println!("{passed:4} passed: aws-kms-ecdh, with the published key ids");
    assert_eq!(passed, 3 * 13 * 3);
}

/// HTTP to a server on this machine.
struct Loopback;

impl Network for Loopback {
    fn send(
        &self,
        request: HttpRequest,
    ) -> LocalFuture<'_, core::result::Result<HttpResponse, HttpFailure>> {
        let answer = post(&request).map_err(|e| HttpFailure::Unreachable(e.to_string()));
        Box::pin(async move { answer })
    }

    fn now_ms(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
    }

    fn sleep_ms(&self, ms: u32) -> LocalFuture<'_, ()> {
        std::thread::sleep(Duration::from_millis(ms.into()));
        Box::pin(async {})
    }
}

fn post(request: &HttpRequest) -> std::io::Result<HttpResponse> {
    let rest = request.url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host)?;
    let mut head = format!("POST /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    head += &format!("content-length: {}\r\n", request.body.len());
    for (name, value) in &request.headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(&[head.as_bytes(), b"\r\n", &request.body].concat())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    assert!(head.to_ascii_lowercase().contains("content-length:"), "a body of a given length");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    Ok(HttpResponse {
        status,
        headers: headers.map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned())).collect(),
        body: Secret::new(answer[end + 4..].to_vec()),
    })
}

/// The error that a failing port reports comes through, and is no key's fault.
#[test]
fn a_kms_that_is_not_there() {
    let config = ClientConfig {
        endpoint: Some("http://127.0.0.1:9".to_owned()),
        max_attempts: Some(1),
        ..ClientConfig::default()
    };
    let kms = KmsClient::new(config.into(), Rc::new(Loopback)).unwrap();
    let arn = "arn:aws:kms:us-west-2:658956600833:key/b3537ef1-d8dc-4780-9f5a-55776cbb2f7f";
    let keyring = AwsKmsKeyring::mrk_aware(kms, arn.to_owned(), vec![]).unwrap();
    let request = EncryptionRequest {
        plaintext_length: None,
        context: EncryptionContext::new(),
        required_keys: vec![],
        policy: CommitmentPolicy::DbeRequireEncryptRequireDecrypt,
        suite: None,
    };
    let result = block_on(DefaultCmm::new(Rc::new(keyring)).for_encryption(request));
    assert!(matches!(result.err().unwrap().fault(), Fault::Kms(_)));
}
