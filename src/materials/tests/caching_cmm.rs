//! The caching CMM over a CMM that counts its calls.

use core::cell::{Cell, RefCell};

use super::*;
use crate::crypto::Secret;
use crate::host::CacheHost;
use crate::materials::cache::tests::host::{FakeHost, Observed};
use crate::materials::cache::{CacheConfig, CacheEventKind};
use crate::materials::{CommitmentPolicy, DefaultCmm, RawAesKeyring};

const DBE: CommitmentPolicy = CommitmentPolicy::DbeRequireEncryptRequireDecrypt;
const ESDK: CommitmentPolicy = CommitmentPolicy::EsdkForbidEncryptAllowDecrypt;

/// The default CMM, asked through a counter, with a way to KMS in front.
struct Counting {
    inner: DefaultCmm,
    host: Rc<FakeHost>,
    calls: Cell<u32>,
    lengths: RefCell<Vec<Option<u64>>>,
}

impl Cmm for Counting {
    fn for_encryption(
        &self,
        request: EncryptionRequest,
    ) -> LocalFuture<'_, Result<Rc<EncryptionMaterials>>> {
        self.calls.set(self.calls.get() + 1);
        self.lengths.borrow_mut().push(request.plaintext_length);
        Box::pin(async move {
            self.host.sleep_ms(10).await;
            self.inner.for_encryption(request).await
        })
    }

    fn for_decryption<'a>(
        &'a self,
        request: DecryptionRequest<'a>,
    ) -> LocalFuture<'a, Result<Rc<DecryptionMaterials>>> {
        self.calls.set(self.calls.get() + 1);
        Box::pin(async move {
            self.host.sleep_ms(10).await;
            self.inner.for_decryption(request).await
        })
    }
}

struct Bench {
    host: Rc<FakeHost>,
    inner: Rc<Counting>,
    cache: MaterialsCache,
    seen: Observed,
}

const LIMITS: CachingCmmLimits = CachingCmmLimits {
    max_age_ms: 60_000,
    max_bytes: CachingCmmLimits::MAX_BYTES,
    max_messages: CachingCmmLimits::MAX_MESSAGES,
};

impl Bench {
    fn new() -> Self {
        let (host, seen) = (FakeHost::new(), Observed::default());
        let keyring =
            RawAesKeyring::new("ns".into(), "name".into(), Secret::new(vec![1; 32])).unwrap();
        let inner = Rc::new(Counting {
            inner: DefaultCmm::new(Rc::new(keyring)),
            host: Rc::clone(&host),
            calls: Cell::new(0),
            lengths: RefCell::default(),
        });
        let config = CacheConfig { capacity: 100, storm: None };
        let cache = MaterialsCache::new(config, Rc::clone(&host) as _, Some(seen.observer()));
        Self { host, inner, cache: cache.unwrap(), seen }
    }

    fn cmm(&self, partition: &str, limits: CachingCmmLimits) -> Rc<CachingCmm> {
        let (inner, cache) = (Rc::clone(&self.inner) as Rc<dyn Cmm>, self.cache.clone());
        Rc::new(CachingCmm::new(inner, cache, Partition::named(partition), limits).unwrap())
    }

    fn encrypt(&self, cmm: &Rc<CachingCmm>, request: EncryptionRequest) -> Rc<EncryptionMaterials> {
        let cmm = Rc::clone(cmm);
        self.host.block_on(async move { cmm.for_encryption(request).await }).unwrap()
    }

    fn decrypt(
        &self,
        cmm: &Rc<CachingCmm>,
        materials: &EncryptionMaterials,
        stored: EncryptionContext,
        reproduced: EncryptionContext,
    ) -> Result<Rc<DecryptionMaterials>> {
        let (cmm, suite) = (Rc::clone(cmm), materials.suite());
        let edks = materials.encrypted_data_keys().to_vec();
        self.host.block_on(async move {
            let request = DecryptionRequest {
                suite,
                policy: if suite.is_dbe() { DBE } else { ESDK },
                encrypted_data_keys: &edks,
                stored: &stored,
                reproduced: &reproduced,
            };
            cmm.for_decryption(request).await
        })
    }

    fn calls(&self) -> u32 {
        self.inner.calls.get()
    }
}

fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
    let mut context = EncryptionContext::new();
    pairs.iter().for_each(|(key, value)| context.insert(*key, *value).unwrap());
    context
}

fn request() -> EncryptionRequest {
    EncryptionRequest {
        context: context(&[("a", "1"), ("b", "2")]),
        required_keys: Vec::new(),
        policy: DBE,
        suite: None,
        plaintext_length: Some(10),
    }
}

#[test]
fn requests_with_the_same_context_share_a_data_key() {
    let bench = Bench::new();
    let cmm = bench.cmm("p", LIMITS);
    let first = bench.encrypt(&cmm, request());
    let second = bench.encrypt(&cmm, request());
    assert!(Rc::ptr_eq(&first, &second), "shared, with nothing copied");
    assert_eq!(bench.calls(), 1);
    assert_eq!(first.suite().id, 0x6701);
    assert_eq!(bench.seen.count(&CacheEventKind::Hit), 1);
    assert_eq!(*bench.inner.lengths.borrow(), [Some(CachingCmmLimits::MAX_BYTES)]);
}

#[test]
fn whatever_decides_about_materials_separates_requests() {
    let bench = Bench::new();
    let cmm = bench.cmm("p", LIMITS);
    bench.encrypt(&cmm, request());
    let suite = |id| Suite::by_id(id);
    let others = [
        EncryptionRequest { context: context(&[("a", "1")]), ..request() },
        EncryptionRequest { context: context(&[("a", "1"), ("b", "3")]), ..request() },
        EncryptionRequest { context: context(&[]), ..request() },
        EncryptionRequest { suite: suite(0x6701), ..request() },
        EncryptionRequest { suite: suite(0x6700), ..request() },
        EncryptionRequest { required_keys: vec!["a".into()], ..request() },
        EncryptionRequest { required_keys: vec!["a".into(), "b".into()], ..request() },
    ];
    for (i, other) in others.iter().enumerate() {
        let materials = bench.encrypt(&cmm, other.clone());
        assert_eq!(bench.calls() as usize, i + 2, "request {i}");
        assert_eq!(materials.required_keys(), other.required_keys);
    }
    let turned = EncryptionRequest { required_keys: vec!["b".into(), "a".into()], ..request() };
    bench.encrypt(&cmm, turned);
    assert_eq!(bench.calls(), 8, "the order of required keys does not matter");
    bench.encrypt(&bench.cmm("q", LIMITS), request());
    assert_eq!(bench.calls(), 9, "another partition");
    bench.encrypt(&bench.cmm("p", LIMITS), request());
    assert_eq!(bench.calls(), 9, "another CMM with the same");
}

#[test]
fn without_a_suite_another_policy_does_not_get_a_suite_that_it_forbids() {
    let bench = Bench::new();
    let cmm = bench.cmm("p", LIMITS);
    assert_eq!(bench.encrypt(&cmm, request()).suite().id, 0x6701);
    let other = EncryptionRequest { policy: ESDK, ..request() };
    assert_eq!(bench.encrypt(&cmm, other).suite().id, 0x0378);
    assert_eq!(bench.encrypt(&cmm, request()).suite().id, 0x6701);
    assert_eq!(bench.calls(), 2);
}

#[test]
fn what_must_not_be_cached_is_not() {
    let bench = Bench::new();
    let cmm = bench.cmm("p", CachingCmmLimits { max_bytes: 100, ..LIMITS });
    let identity = EncryptionRequest { policy: ESDK, suite: Suite::by_id(0x0078), ..request() };
    let unknown = EncryptionRequest { plaintext_length: None, ..request() };
    let long = EncryptionRequest { plaintext_length: Some(101), ..request() };
    for (i, uncached) in [identity, unknown, long].into_iter().enumerate() {
        let first = bench.encrypt(&cmm, uncached.clone());
        assert!(!Rc::ptr_eq(&first, &bench.encrypt(&cmm, uncached)));
        assert_eq!(bench.calls() as usize, 2 * (i + 1));
    }
    let lengths = [10, 10].into_iter().map(Some).chain([None, None, Some(101), Some(101)]);
    assert_eq!(*bench.inner.lengths.borrow(), lengths.collect::<Vec<_>>());
    assert!(bench.cache.is_empty());
}

#[test]
fn limits_by_age_bytes_and_messages() {
    let bench = Bench::new();
    let cmm = bench.cmm("bytes", CachingCmmLimits { max_bytes: 30, ..LIMITS });
    (0..7).for_each(|_| drop(bench.encrypt(&cmm, request())));
    assert_eq!(bench.calls(), 3);
    let cmm = bench.cmm("messages", CachingCmmLimits { max_messages: 2, ..LIMITS });
    (0..6).for_each(|_| drop(bench.encrypt(&cmm, request())));
    assert_eq!(bench.calls(), 6);
    let cmm = bench.cmm("once", CachingCmmLimits { max_messages: 1, ..LIMITS });
    (0..3).for_each(|_| drop(bench.encrypt(&cmm, request())));
    assert_eq!(bench.calls(), 9);
    let cmm = bench.cmm("age", LIMITS);
    bench.encrypt(&cmm, request());
    bench.host.advance(59_999);
    bench.encrypt(&cmm, request());
    assert_eq!(bench.calls(), 10);
    bench.host.advance(1);
    bench.encrypt(&cmm, request());
    assert_eq!(bench.calls(), 11);
}

#[test]
fn limits_are_checked() {
    let bench = Bench::new();
    for limits in [
        CachingCmmLimits { max_age_ms: 0, ..LIMITS },
        CachingCmmLimits { max_messages: 0, ..LIMITS },
        CachingCmmLimits { max_messages: (1 << 32) + 1, ..LIMITS },
    ] {
        let inner = Rc::clone(&bench.inner) as Rc<dyn Cmm>;
        let made = CachingCmm::new(inner, bench.cache.clone(), Partition::named("p"), limits);
        assert_eq!(made.err().map(|e| e.code()), Some("INVALID_CONFIG"));
    }
    let storm =
        MaterialsCache::new(CacheConfig::default(), Rc::clone(&bench.host) as _, None).unwrap();
    let inner = Rc::clone(&bench.inner) as Rc<dyn Cmm>;
    let limits = CachingCmmLimits { max_age_ms: 10_000, ..LIMITS };
    assert!(CachingCmm::new(inner, storm, Partition::named("p"), limits).is_err());
}

#[test]
fn decryption_is_cached_by_everything_that_it_depends_on() {
    let bench = Bench::new();
    let cmm = bench.cmm("p", LIMITS);
    let unsigned = EncryptionRequest { suite: Suite::by_id(0x6700), ..request() };
    let sealed = bench.encrypt(&cmm, unsigned.clone());
    let full = sealed.context().clone();
    let none = EncryptionContext::new;
    let opened = bench.decrypt(&cmm, &sealed, full.clone(), none()).unwrap();
    let again = bench.decrypt(&cmm, &sealed, full.clone(), none()).unwrap();
    assert!(Rc::ptr_eq(&opened, &again));
    assert_eq!(bench.calls(), 2);
    assert_eq!(opened.data_key[..], sealed.data_key().unwrap()[..]);
    // The same context, but given by the caller: other required keys.
    let given = bench.decrypt(&cmm, &sealed, none(), full.clone()).unwrap();
    assert_eq!(given.required_keys, ["a", "b"]);
    assert_eq!(bench.calls(), 3);
    // What the caller gives is compared on a hit as well: another one is another entry.
    for wrong in [context(&[("a", "1"), ("b", "3")]), context(&[("a", "1")])] {
        assert!(bench.decrypt(&cmm, &sealed, none(), wrong.clone()).is_err());
        assert!(bench.decrypt(&cmm, &sealed, wrong, none()).is_err());
    }
    let conflict = bench.decrypt(&cmm, &sealed, full.clone(), context(&[("a", "2")]));
    assert_eq!(conflict.err().map(|e| e.code()), Some("ENCRYPTION_CONTEXT_MISMATCH"));
    let other = bench.encrypt(&bench.cmm("q", LIMITS), unsigned);
    let other = bench.decrypt(&cmm, &other, full, none()).unwrap();
    assert_ne!(other.data_key[..], opened.data_key[..], "other data keys, another entry");
}

#[test]
fn a_failed_decryption_is_not_kept_and_identity_suites_go_past_the_cache() {
    let bench = Bench::new();
    let cmm = bench.cmm("p", LIMITS);
    let identity = EncryptionRequest { policy: ESDK, suite: Suite::by_id(0x0078), ..request() };
    let sealed = bench.encrypt(&cmm, identity);
    let none = EncryptionContext::new;
    for _ in 0..2 {
        bench.decrypt(&cmm, &sealed, sealed.context().clone(), none()).unwrap();
    }
    assert_eq!(bench.calls(), 3);
    assert!(bench.cache.is_empty());
    let committing = EncryptionRequest { suite: Suite::by_id(0x6700), ..request() };
    let sealed = bench.encrypt(&cmm, committing);
    for _ in 0..2 {
        assert!(bench.decrypt(&cmm, &sealed, context(&[("a", "x")]), none()).is_err());
    }
    assert_eq!(bench.calls(), 6);
}

#[test]
fn the_policy_holds_for_cached_materials_too() {
    let bench = Bench::new();
    let cmm = bench.cmm("p", LIMITS);
    let sealed =
        bench.encrypt(&cmm, EncryptionRequest { suite: Suite::by_id(0x6700), ..request() });
    let (edks, context) = (sealed.encrypted_data_keys().to_vec(), sealed.context().clone());
    for (policy, allowed) in [(DBE, true), (ESDK, false), (DBE, true), (ESDK, false)] {
        let (cmm, edks, context) = (Rc::clone(&cmm), edks.clone(), context.clone());
        let opened = bench.host.block_on(async move {
            cmm.for_decryption(DecryptionRequest {
                suite: Suite::by_id(0x6700).unwrap(),
                policy,
                encrypted_data_keys: &edks,
                stored: &context,
                reproduced: &EncryptionContext::new(),
            })
            .await
        });
        assert_eq!(opened.is_ok(), allowed);
    }
}

#[test]
fn many_at_once_make_one_call() {
    let bench = Bench::new();
    let cmm = bench.cmm("p", CachingCmmLimits { max_messages: 100, ..LIMITS });
    let all: Vec<_> = (0..250)
        .map(|_| {
            let cmm = Rc::clone(&cmm);
            bench.host.task(async move { cmm.for_encryption(request()).await.map(|_| ()) })
        })
        .collect();
    bench.host.advance(100);
    assert!(all.into_iter().all(|one| one.result().is_ok()));
    assert_eq!(bench.calls(), 3, "a hundred messages for each data key");
}

#[test]
fn cache_ids_follow_the_formulas() {
    let bench = Bench::new();
    let cmm = bench.cmm("p", LIMITS);
    let id = |bytes: &[u8]| ids::cache_id(&[bytes]);
    let context = [0, 1, 0, 1, b'k', 0, 1, b'v'];
    let pairs = || self::context(&[("k", "v")]);
    let plain = EncryptionRequest { context: pairs(), ..request() };
    let without = [b"\x01\0\x01\0p\0\0\0", &context[..]].concat();
    assert!(cmm.encryption_id(&plain).unwrap() == id(&without));
    let with = [b"\x01\0\x01\0p\0\x01\0\x67\x01\0", &context[..]].concat();
    let named = EncryptionRequest { suite: Suite::by_id(0x6701), ..plain };
    assert!(cmm.encryption_id(&named).unwrap() == id(&with));
    let key = |byte| EncryptedDataKey {
        provider_id: "i".into(),
        provider_info: vec![byte],
        ciphertext: vec![],
    };
    let sorted = b"\0\x01i\0\x01\x05\0\0\0\x01i\0\x01\x09\0\0";
    let formula = [b"\x01\0\x02\0p\0\x67\0\0", &sorted[..], &[0], &context[..]].concat();
    for keys in [[key(9), key(5)], [key(5), key(9)]] {
        let made = cmm.decryption_id(&DecryptionRequest {
            suite: Suite::by_id(0x6700).unwrap(),
            policy: DBE,
            encrypted_data_keys: &keys,
            stored: &pairs(),
            reproduced: &EncryptionContext::new(),
        });
        assert!(made.unwrap() == id(&formula), "whatever the order of the data keys");
    }
}
