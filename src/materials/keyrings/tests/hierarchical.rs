//! The hierarchical keyring over static and virtual key stores: wire format, versions, suppliers,
//! sharing of cached keys, everything that must be refused.

use core::cell::RefCell;

use super::*;
use crate::error::Fault;
use crate::materials::cache::tests::host::{FakeHost, FakeStore, Observed, VERSION};
use crate::materials::cache::{CacheConfig, CacheEventKind};
use crate::materials::{StaticBranchKey, StaticBranchKeyStore, Suite};

const OTHER_VERSION: &str = "00000000-0000-4000-8000-00000000000f";
const TTL_MS: u64 = 60_000;
const DIRECT: u16 = 0x0178;
const INTERMEDIATE: u16 = 0x6700;

fn suite(id: u16) -> &'static Suite {
    Suite::by_id(id).unwrap()
}

fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
    let mut context = EncryptionContext::new();
    pairs.iter().for_each(|(key, value)| context.insert(*key, *value).unwrap());
    context
}

fn tenant(name: &str) -> EncryptionContext {
    context(&[("tenant", name)])
}

fn key(id: &str, version: &str, byte: u8) -> StaticBranchKey {
    StaticBranchKey {
        branch_key_id: id.into(),
        version: version.into(),
        branch_key: Secret::new(vec![byte; 32]),
        beacon_key: None,
        encryption_context: EncryptionContext::new(),
    }
}

fn store(keys: Vec<StaticBranchKey>) -> Rc<dyn BranchKeyStore> {
    Rc::new(StaticBranchKeyStore::new(Some("keys".into()), keys).unwrap())
}

fn fixed(id: &str) -> BranchKeyIdSource {
    BranchKeyIdSource::Fixed(id.into())
}

fn keyring(store: Rc<dyn BranchKeyStore>, id: &str) -> Rc<AwsKmsHierarchicalKeyring> {
    let partition = Partition::named("p");
    Rc::new(AwsKmsHierarchicalKeyring::new(store, fixed(id), TTL_MS, None, partition).unwrap())
}

async fn wrap(
    keyring: Rc<AwsKmsHierarchicalKeyring>,
    suite: &'static Suite,
    context: EncryptionContext,
) -> Result<EncryptionMaterials> {
    keyring.wrap(EncryptionMaterials::new(suite, context, Vec::new(), None)?).await
}

async fn open(
    keyring: Rc<AwsKmsHierarchicalKeyring>,
    suite: &'static Suite,
    context: EncryptionContext,
    edks: Vec<EncryptedDataKey>,
) -> Result<OpenedKey> {
    let aad = context.aad()?;
    let request = OpenRequest { suite, context: &context, aad: &aad, encrypted_data_keys: &edks };
    keyring.open(request).await
}

fn run<T: 'static>(future: impl Future<Output = T> + 'static) -> T {
    FakeHost::new().block_on(future)
}

fn edk(
    keyring: &Rc<AwsKmsHierarchicalKeyring>,
    suite: &'static Suite,
    context: &EncryptionContext,
) -> (EncryptedDataKey, Secret) {
    let materials = run(wrap(Rc::clone(keyring), suite, context.clone())).unwrap();
    assert_eq!(materials.encrypted_data_keys().len(), 1);
    (materials.encrypted_data_keys()[0].clone(), materials.data_key().unwrap().clone())
}

/// The reasons why nothing was opened.
fn reasons(result: Result<OpenedKey>) -> Vec<Error> {
    match result.err().expect("it was opened").into_fault() {
        Fault::NoKey { reasons, .. } => reasons,
        other => panic!("{other:?}"),
    }
}

#[test]
fn opens_what_it_wrapped_under_every_suite_and_context() {
    let keyring = keyring(store(vec![key("a", VERSION, 1)]), "a");
    for suite in Suite::all() {
        for context in [context(&[]), tenant("x"), context(&[("é", ""), ("z", "名")])] {
            let (edk, data_key) = edk(&keyring, suite, &context);
            let opened = run(open(Rc::clone(&keyring), suite, context, vec![edk])).unwrap();
            assert_eq!(opened.data_key[..], data_key[..], "{suite:?}");
            assert_eq!(opened.symmetric_signing_key.is_some(), suite.symmetric_signature);
        }
    }
}

#[test]
fn the_encrypted_data_key_is_laid_out_as_specified() {
    let keyring = keyring(store(vec![key("tenant-é", VERSION, 1)]), "tenant-é");
    let uuid = Uuid::parse(VERSION).unwrap().0;
    for (id, version_at, length) in
        [(DIRECT, 28, 92), (0x0114, 28, 76), (0x0146, 28, 84), (INTERMEDIATE, 76, 140)]
    {
        let (edk, _) = edk(&keyring, suite(id), &tenant("x"));
        assert_eq!(edk.provider_id, "aws-kms-hierarchy");
        assert_eq!(edk.provider_info, "tenant-é".as_bytes());
        assert_eq!(edk.ciphertext.len(), length, "{id:04x}");
        assert_eq!(edk.ciphertext[version_at..version_at + 16], uuid, "{id:04x}");
    }
    // Salt, IV and data key are fresh each time.
    let (one, first) = edk(&keyring, suite(DIRECT), &tenant("x"));
    let (other, second) = edk(&keyring, suite(DIRECT), &tenant("x"));
    assert_ne!(one.ciphertext[..28], other.ciphertext[..28]);
    assert_ne!(first[..], second[..]);
}

#[test]
fn every_byte_of_the_encrypted_data_key_counts() {
    let keyring = keyring(store(vec![key("a", VERSION, 1)]), "a");
    for id in [DIRECT, INTERMEDIATE] {
        let (edk, _) = edk(&keyring, suite(id), &tenant("x"));
        let try_open =
            |edk| reasons(run(open(Rc::clone(&keyring), suite(id), tenant("x"), vec![edk])));
        for at in 0..edk.ciphertext.len() {
            let mut changed = edk.clone();
            changed.ciphertext[at] ^= 1;
            assert_eq!(try_open(changed).len(), 1, "byte {at}");
        }
        for length in 0..edk.ciphertext.len() {
            let mut cut = edk.clone();
            cut.ciphertext.truncate(length);
            assert!(matches!(try_open(cut)[0].fault(), Fault::Malformed { .. }), "{length} bytes");
        }
        let mut longer = edk.clone();
        longer.ciphertext.push(0);
        assert!(matches!(try_open(longer)[0].fault(), Fault::Malformed { .. }));
    }
}

#[test]
fn another_context_key_or_branch_does_not_open() {
    let ours = keyring(store(vec![key("a", VERSION, 1)]), "a");
    for id in [DIRECT, INTERMEDIATE] {
        let (edk, _) = edk(&ours, suite(id), &tenant("x"));
        let with = |keyring, context: EncryptionContext| {
            let opened = run(open(keyring, suite(id), context, vec![edk.clone()]));
            reasons(opened).remove(0)
        };
        let wrong = Error::unauthentic(Check::WrappedKey);
        assert_eq!(with(Rc::clone(&ours), tenant("y")), wrong);
        assert_eq!(with(Rc::clone(&ours), context(&[])), wrong);
        let other_key = keyring(store(vec![key("a", VERSION, 2)]), "a");
        assert_eq!(with(other_key, tenant("x")), wrong);
        let other_branch = keyring(store(vec![key("b", VERSION, 1)]), "b");
        assert!(matches!(with(other_branch, tenant("x")).fault(), Fault::NotMine { .. }));
        let other_version = keyring(store(vec![key("a", OTHER_VERSION, 1)]), "a");
        let refusal = with(other_version, tenant("x"));
        assert!(refusal.to_string().contains(VERSION), "{refusal}");
        let mut foreign = edk.clone();
        foreign.provider_id = "aws-kms".into();
        let foreign = reasons(run(open(Rc::clone(&ours), suite(id), tenant("x"), vec![foreign])));
        assert!(matches!(foreign[0].fault(), Fault::NotMine { .. }));
        // The branch key's id is bound too, not only compared.
        let mut renamed = edk.clone();
        renamed.provider_info = b"b".to_vec();
        let both = store(vec![key("a", VERSION, 1), key("b", VERSION, 1)]);
        let opened = run(open(keyring(both, "b"), suite(id), tenant("x"), vec![renamed]));
        assert_eq!(reasons(opened), [wrong]);
    }
}

#[test]
fn finds_its_own_among_others_and_collects_every_reason() {
    let ours = keyring(store(vec![key("a", VERSION, 1)]), "a");
    let (good, data_key) = edk(&ours, suite(DIRECT), &tenant("x"));
    let (other, _) =
        edk(&keyring(store(vec![key("b", VERSION, 1)]), "b"), suite(DIRECT), &tenant("x"));
    let mut bad = good.clone();
    bad.ciphertext[91] ^= 1;
    let all = vec![other.clone(), bad.clone(), good];
    let opened = run(open(Rc::clone(&ours), suite(DIRECT), tenant("x"), all)).unwrap();
    assert_eq!(opened.data_key[..], data_key[..]);
    let failed = run(open(Rc::clone(&ours), suite(DIRECT), tenant("x"), vec![other, bad]));
    let [not_mine, broken] = &reasons(failed)[..] else { panic!() };
    assert!(matches!(not_mine.fault(), Fault::NotMine { .. }));
    assert_eq!(*broken, Error::unauthentic(Check::WrappedKey));
    assert!(reasons(run(open(ours, suite(DIRECT), tenant("x"), vec![]))).is_empty());
}

#[test]
fn rotation_wraps_with_the_newest_and_opens_with_all() {
    let old = keyring(store(vec![key("a", VERSION, 1)]), "a");
    let (before, data_key) = edk(&old, suite(INTERMEDIATE), &tenant("x"));
    let rotated = keyring(store(vec![key("a", VERSION, 1), key("a", OTHER_VERSION, 2)]), "a");
    let (after, _) = edk(&rotated, suite(INTERMEDIATE), &tenant("x"));
    assert_eq!(after.ciphertext[76..92], Uuid::parse(OTHER_VERSION).unwrap().0);
    let opened =
        run(open(Rc::clone(&rotated), suite(INTERMEDIATE), tenant("x"), vec![before])).unwrap();
    assert_eq!(opened.data_key[..], data_key[..]);
    assert!(run(open(rotated, suite(INTERMEDIATE), tenant("x"), vec![after.clone()])).is_ok());
    reasons(run(open(old, suite(INTERMEDIATE), tenant("x"), vec![after])));
}

/// A supplier that names tenants' branch keys, and notes what it was asked.
#[derive(Default)]
struct Tenants(RefCell<Vec<EncryptionContext>>);

impl BranchKeyIdSupplier for Tenants {
    fn branch_key_id<'a>(
        &'a self,
        context: &'a EncryptionContext,
    ) -> LocalFuture<'a, Result<String>> {
        self.0.borrow_mut().push(context.clone());
        let id = match context.value("tenant") {
            Some("none") => Ok(String::new()),
            Some(name) => Ok(format!("branch of {name}")),
            None => Err(Error::misuse(Rule::Keyring, "no tenant")),
        };
        Box::pin(core::future::ready(id))
    }
}

#[test]
fn a_supplier_picks_the_branch_key_by_the_context() {
    let keys = vec![key("branch of x", VERSION, 1), key("branch of y", VERSION, 2)];
    let tenants = Rc::new(Tenants::default());
    let source = BranchKeyIdSource::Supplier(Rc::clone(&tenants) as _);
    let partition = Partition::named("p");
    let keyring = Rc::new(
        AwsKmsHierarchicalKeyring::new(store(keys), source, TTL_MS, None, partition).unwrap(),
    );
    for name in ["x", "y"] {
        let (edk, _) = edk(&keyring, suite(DIRECT), &tenant(name));
        assert_eq!(edk.provider_info, format!("branch of {name}").as_bytes());
        let opened = open(Rc::clone(&keyring), suite(DIRECT), tenant(name), vec![edk.clone()]);
        assert!(run(opened).is_ok());
        let other = if name == "x" { "y" } else { "x" };
        let failed = run(open(Rc::clone(&keyring), suite(DIRECT), tenant(other), vec![edk]));
        assert!(matches!(reasons(failed)[0].fault(), Fault::NotMine { .. }));
    }
    assert_eq!(tenants.0.borrow().len(), 6);
    assert!(tenants.0.borrow().iter().all(|context| context.contains("tenant")));
    for (about, context) in [
        ("the supplier fails", context(&[])),
        ("an empty id", tenant("none")),
        ("an id that the store does not have", tenant("z")),
    ] {
        assert!(run(wrap(Rc::clone(&keyring), suite(DIRECT), context)).is_err(), "{about}");
    }
}

#[test]
fn configuration_is_checked() {
    let new = |id: &str, ttl_ms, cache| {
        let keys = store(vec![key("a", VERSION, 1)]);
        AwsKmsHierarchicalKeyring::new(keys, fixed(id), ttl_ms, cache, Partition::named("p"))
    };
    let cache =
        || Some(MaterialsCache::new(CacheConfig::default(), FakeHost::new(), None).unwrap());
    assert!(new("a", 1, None).is_ok());
    assert!(new("a", 10_001, cache()).is_ok());
    for (about, refused) in [
        ("no time to live", new("a", 0, None)),
        ("an empty id", new("", 1, None)),
        ("never out of the grace period", new("a", 10_000, cache())),
    ] {
        assert_eq!(refused.err().map(|e| e.code()), Some("INVALID_CONFIG"), "{about}");
    }
}

/// A cache, and keyrings on it over virtual key stores.
struct Shared {
    host: Rc<FakeHost>,
    cache: MaterialsCache,
    seen: Observed,
}

impl Shared {
    fn new() -> Self {
        let (host, seen) = (FakeHost::new(), Observed::default());
        let config = CacheConfig::default();
        let cache = MaterialsCache::new(config, Rc::clone(&host) as _, Some(seen.observer()));
        Self { host, cache: cache.unwrap(), seen }
    }

    fn keyring(
        &self,
        store: &Rc<FakeStore>,
        id: &str,
        ttl_ms: u64,
        partition: &str,
    ) -> Rc<AwsKmsHierarchicalKeyring> {
        let cache = Some(self.cache.clone());
        let partition = Partition::named(partition);
        let store = Rc::clone(store) as Rc<dyn BranchKeyStore>;
        let made = AwsKmsHierarchicalKeyring::new(store, fixed(id), ttl_ms, cache, partition);
        Rc::new(made.unwrap())
    }

    fn round_trip(&self, keyring: &Rc<AwsKmsHierarchicalKeyring>) {
        let wrapping = wrap(Rc::clone(keyring), suite(INTERMEDIATE), tenant("x"));
        let materials = self.host.block_on(wrapping).unwrap();
        let edks = materials.encrypted_data_keys().to_vec();
        let opening = open(Rc::clone(keyring), suite(INTERMEDIATE), tenant("x"), edks);
        assert!(self.host.block_on(opening).is_ok());
    }
}

#[test]
fn one_call_to_wrap_and_one_to_open_for_each_time_to_live() {
    let shared = Shared::new();
    let store = FakeStore::new(&shared.host);
    let keyring = shared.keyring(&store, "a", TTL_MS, "p");
    for _ in 0..100 {
        shared.round_trip(&keyring);
    }
    assert_eq!(store.count(), 2, "{:?}", store.calls.borrow());
    shared.host.advance(TTL_MS + 1000);
    shared.round_trip(&keyring);
    assert_eq!(store.count(), 4);
    let events = shared.seen.take();
    assert!(events.iter().all(|e| e.branch_key_id.as_deref() == Some("a") && &*e.partition == "p"));
    assert_eq!(events.iter().filter(|e| e.kind == CacheEventKind::Miss).count(), 4);
}

#[test]
fn a_thousand_at_once_cost_one_call() {
    let shared = Shared::new();
    let store = FakeStore::new(&shared.host);
    let keyring = shared.keyring(&store, "a", TTL_MS, "p");
    let all: Vec<_> = (0..1000)
        .map(|_| shared.host.task(wrap(Rc::clone(&keyring), suite(DIRECT), tenant("x"))))
        .collect();
    shared.host.advance(50);
    assert!(all.into_iter().all(|one| one.result().is_ok()));
    assert_eq!(store.count(), 1);
}

#[test]
fn keyrings_share_if_partition_store_name_and_branch_are_the_same() {
    let shared = Shared::new();
    let store = FakeStore::new(&shared.host);
    shared.round_trip(&shared.keyring(&store, "a", TTL_MS, "p"));
    assert_eq!(store.count(), 2);
    shared.round_trip(&shared.keyring(&store, "a", TTL_MS, "p"));
    assert_eq!(store.count(), 2, "another keyring, the same entries");
    shared.round_trip(&shared.keyring(&store, "a", TTL_MS, "q"));
    assert_eq!(store.count(), 4, "another partition");
    shared.round_trip(&shared.keyring(&store, "b", TTL_MS, "p"));
    assert_eq!(store.count(), 6, "another branch key");
    let mut renamed = FakeStore::new(&shared.host);
    Rc::get_mut(&mut renamed).unwrap().name = "other keys".into();
    shared.round_trip(&shared.keyring(&renamed, "a", TTL_MS, "p"));
    assert_eq!(renamed.count(), 2, "another logical name");
}

#[test]
fn a_keyring_with_a_shorter_time_does_not_take_older_entries_of_another() {
    let shared = Shared::new();
    let store = FakeStore::new(&shared.host);
    let (long, short) =
        (shared.keyring(&store, "a", TTL_MS, "p"), shared.keyring(&store, "a", 20_000, "p"));
    shared.round_trip(&long);
    shared.host.advance(20_000);
    shared.round_trip(&long);
    assert_eq!(store.count(), 2);
    shared.round_trip(&short);
    assert_eq!(store.count(), 4);
}

#[test]
fn an_outage_hits_only_what_the_cache_does_not_have() {
    let shared = Shared::new();
    let store = FakeStore::new(&shared.host);
    let keyring = shared.keyring(&store, "a", TTL_MS, "p");
    shared.round_trip(&keyring);
    store.down.set(true);
    shared.host.advance(TTL_MS - 1_000);
    for _ in 0..50 {
        shared.round_trip(&keyring);
    }
    let cold = shared.keyring(&store, "b", TTL_MS, "p");
    let failed = shared.host.block_on(wrap(cold, suite(DIRECT), tenant("x")));
    assert_eq!(failed.err(), Some(Error::host("the key store is down")));
    shared.host.advance(2_000);
    assert!(shared.host.block_on(wrap(keyring, suite(DIRECT), tenant("x"))).is_err());
}

#[test]
fn cache_ids_follow_the_formulas() {
    let made = |version: Option<&str>| {
        let keyring = keyring(store(vec![key("a", VERSION, 1)]), "a");
        keyring.cache_id("a", version)
    };
    let id = |text: &[u8]| ids::cache_id(&[text]);
    assert!(made(None) == id(b"\x02\0\x01\0p\0keys\0a"));
    let version = [b"\x02\0\x02\0p\0keys\0a\0", VERSION.as_bytes()].concat();
    assert!(made(Some(VERSION)) == id(&version));
    assert!(made(Some(OTHER_VERSION)) != id(&version));
}

#[test]
fn static_key_stores_refuse_what_they_cannot_keep() {
    let new = |keys| StaticBranchKeyStore::new(None, keys).err().map(|e| e.code());
    assert_eq!(new(vec![key("a", VERSION, 1), key("b", VERSION, 1)]), None);
    let short = StaticBranchKey { branch_key: Secret::new(vec![1; 31]), ..key("a", VERSION, 1) };
    let beacon = StaticBranchKey { beacon_key: Some(Secret::new(vec![])), ..key("a", VERSION, 1) };
    let upper = "E9CE18A3-EDB5-4272-9F86-1CACB7997FF6";
    for (about, keys) in [
        ("an empty id", vec![key("", VERSION, 1)]),
        ("a key of 31 bytes", vec![short]),
        ("an empty beacon key", vec![beacon]),
        ("a version twice", vec![key("a", VERSION, 1), key("a", VERSION, 2)]),
        ("in capitals, the same version", vec![key("a", VERSION, 1), key("a", upper, 2)]),
        ("no version", vec![key("a", "", 1)]),
        ("a version too short", vec![key("a", &VERSION[..35], 1)]),
        ("a version too long", vec![key("a", &format!("{VERSION}0"), 1)]),
        ("a version without hyphens", vec![key("a", &VERSION.replace('-', "0"), 1)]),
        ("hyphens elsewhere", vec![key("a", "e9ce18a-3edb5-4272-9f86-1cacb7997ff6", 1)]),
        ("no digits", vec![key("a", &VERSION.replace('e', "g"), 1)]),
    ] {
        assert_eq!(new(keys), Some("INVALID_CONFIG"), "{about}");
    }
    let (one, other) =
        (StaticBranchKeyStore::new(None, vec![]), StaticBranchKeyStore::new(None, vec![]));
    assert_ne!(one.unwrap().logical_name(), other.unwrap().logical_name());
}

#[test]
fn static_key_stores_answer_for_what_they_have() {
    let with_beacon =
        StaticBranchKey { beacon_key: Some(Secret::new(vec![9; 32])), ..key("a", VERSION, 1) };
    let store = store(vec![with_beacon, key("a", OTHER_VERSION, 2), key("b", VERSION, 3)]);
    run(async move {
        assert_eq!(store.active("a").await.unwrap().key[..], [2; 32]);
        assert_eq!(store.active("b").await.unwrap().key[..], [3; 32]);
        assert_eq!(store.version("a", VERSION).await.unwrap().key[..], [1; 32]);
        assert_eq!(store.version("a", VERSION).await.unwrap().version, VERSION);
        assert_eq!(store.beacon("a").await.unwrap().key[..], [9; 32], "whatever is active");
        assert!(store.active("c").await.is_err());
        assert!(store.version("b", OTHER_VERSION).await.is_err());
        assert!(store.version("b", "no version").await.is_err());
        assert!(store.beacon("b").await.is_err());
        assert!(store.beacon("").await.is_err());
    });
}
