//! Tables, keys and requests for these tests.

use core::cell::{Cell, RefCell};
use core::future::pending;
use std::rc::Rc;

use super::super::*;
use crate::crypto::Secret;
use crate::crypto::test_host::now;
use crate::dynamodb::PlaintextOverride;
use crate::host::{CacheHost, LocalFuture};
use crate::materials::cache::{CacheConfig, MaterialsCache, Partition};
use crate::materials::{
    AwsKmsHierarchicalKeyring, BeaconKeyMaterials, BranchKeyIdSource, BranchKeyIdSupplier,
    BranchKeyMaterials, BranchKeyStore, DefaultCmm, EncryptionContext, Keyring, RawAesKeyring,
    StaticBranchKey, StaticBranchKeyStore, Suite,
};
use crate::structured::CryptoAction;

pub(super) use crate::dynamodb::expressions::RequestParts;
pub(super) use crate::dynamodb::{AttributeValue, Item, ItemEncryptor, ItemEncryptorConfig};
pub(super) use crate::error::{Error, Result};
pub(super) use crate::materials::BeaconKeySource;
pub(super) use crate::structured::CryptoAction::{
    DoNothing as PLAIN, EncryptAndSign as SECRET, SignAndIncludeInEncryptionContext as CONTEXT,
    SignOnly as SIGNED,
};

pub(super) fn s(text: &str) -> AttributeValue<'_> {
    AttributeValue::S(text.into())
}

pub(super) fn n(text: &str) -> AttributeValue<'_> {
    AttributeValue::N(text.into())
}

pub(super) fn ss<'a>(members: &[&'a str]) -> AttributeValue<'a> {
    AttributeValue::Ss(members.iter().map(|member| (*member).into()).collect())
}

pub(super) fn item<'a, const N: usize>(members: [(&'a str, AttributeValue<'a>); N]) -> Item<'a> {
    members.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

/// A key store that counts what it is asked, and has the branch keys of tenants: each beacon key is made of the id's bytes.
pub(super) struct Tenants {
    keys: StaticBranchKeyStore,
    name: String,
    pub(super) fetched: Cell<usize>,
}

impl Tenants {
    pub(super) fn new(name: &str, tenants: &[&str]) -> Rc<Self> {
        let keys = tenants.iter().map(|id| StaticBranchKey {
            branch_key_id: (*id).into(),
            version: "1234abcd-12ab-44cd-86ef-1234567890ab".into(),
            branch_key: Secret::new(vec![1; 32]),
            beacon_key: Some(beacon_key(id)),
            encryption_context: EncryptionContext::new(),
        });
        let keys = StaticBranchKeyStore::new(Some(name.into()), keys.collect()).unwrap();
        Rc::new(Self { keys, name: name.into(), fetched: Cell::new(0) })
    }
}

/// 32 bytes that differ from id to id.
pub(super) fn beacon_key(id: &str) -> Secret {
    Secret::new((0..32).map(|i| id.as_bytes()[i % id.len()].wrapping_add(i as u8)).collect())
}

impl BranchKeyStore for Tenants {
    fn logical_name(&self) -> &str {
        &self.name
    }

    fn active<'a>(&'a self, id: &'a str) -> LocalFuture<'a, Result<BranchKeyMaterials>> {
        self.keys.active(id)
    }

    fn version<'a>(
        &'a self,
        id: &'a str,
        version: &'a str,
    ) -> LocalFuture<'a, Result<BranchKeyMaterials>> {
        BranchKeyStore::version(&self.keys, id, version)
    }

    fn beacon<'a>(&'a self, id: &'a str) -> LocalFuture<'a, Result<BeaconKeyMaterials>> {
        self.fetched.set(self.fetched.get() + 1);
        self.keys.beacon(id)
    }
}

/// A host whose time a test sets.
#[derive(Default)]
pub(super) struct Clock {
    pub(super) ms: Cell<u64>,
    background: RefCell<Vec<LocalFuture<'static, ()>>>,
}

impl CacheHost for Clock {
    fn monotonic_ms(&self) -> u64 {
        self.ms.get()
    }

    fn unix_ms(&self) -> u64 {
        self.ms.get()
    }

    fn sleep_ms(&self, _: u32) -> LocalFuture<'static, ()> {
        Box::pin(pending())
    }

    fn spawn(&self, work: LocalFuture<'static, ()>) {
        self.background.borrow_mut().push(work);
    }
}

pub(super) fn cache(clock: &Rc<Clock>) -> MaterialsCache {
    let config = CacheConfig { capacity: 10, storm: None };
    MaterialsCache::new(config, Rc::clone(clock) as _, None).unwrap()
}

/// A source of beacon keys without a cache.
pub(super) fn source(store: &Rc<Tenants>) -> BeaconKeySource {
    BeaconKeySource::new(Rc::clone(store) as _, 60_000, None, Partition::named("p")).unwrap()
}

/// The table `t` with the partition key `pk`, which `actions` need not name.
pub(super) fn table(actions: &[(&str, CryptoAction)]) -> ItemEncryptorConfig {
    let key = Secret::new(vec![1; 32]);
    table_of(actions, Rc::new(RawAesKeyring::new("ns".into(), "k".into(), key).unwrap()))
}

pub(super) fn table_of(
    actions: &[(&str, CryptoAction)],
    keyring: Rc<dyn Keyring>,
) -> ItemEncryptorConfig {
    let in_context = actions.iter().any(|(_, action)| *action == CONTEXT);
    let mut attribute_actions: Vec<(String, CryptoAction)> =
        actions.iter().map(|(name, action)| ((*name).into(), *action)).collect();
    if !actions.iter().any(|(name, _)| *name == "pk") {
        let key_action = if in_context { CONTEXT } else { SIGNED };
        attribute_actions.push(("pk".into(), key_action));
    }
    let unsigned = actions.iter().filter(|(_, action)| *action == PLAIN);
    ItemEncryptorConfig {
        logical_table_name: "t".into(),
        partition_key_name: "pk".into(),
        sort_key_name: None,
        allowed_unsigned_attributes: unsigned.map(|(name, _)| (*name).into()).collect(),
        allowed_unsigned_attribute_prefix: Some(":".into()),
        attribute_actions,
        // Without signatures, which take long.
        suite: Suite::by_id(0x6700),
        plaintext_override: PlaintextOverride::default(),
        max_encrypted_data_keys: None,
        drop_reserved_attributes: false,
        cmm: Rc::new(DefaultCmm::new(keyring)),
    }
}

/// The branch key of an item is named by the attribute `tenant` of its encryption context.
struct ByTenant;

impl BranchKeyIdSupplier for ByTenant {
    fn branch_key_id<'a>(
        &'a self,
        context: &'a EncryptionContext,
    ) -> LocalFuture<'a, Result<String>> {
        let tenant = context.value("aws-crypto-attr.tenant").map(str::to_owned);
        Box::pin(async move { tenant.ok_or_else(|| Error::bug("no tenant")) })
    }
}

/// A keyring that takes each tenant's branch key.
pub(super) fn tenants_keyring(store: &Rc<Tenants>) -> Rc<dyn Keyring> {
    branch_keyring(store, BranchKeyIdSource::Supplier(Rc::new(ByTenant)))
}

pub(super) fn branch_keyring(store: &Rc<Tenants>, ids: BranchKeyIdSource) -> Rc<dyn Keyring> {
    let (store, partition) = (Rc::clone(store) as _, Partition::named("k"));
    Rc::new(AwsKmsHierarchicalKeyring::new(store, ids, 60_000, None, partition).unwrap())
}

/// The search of one branch key, without beacons.
pub(super) fn search() -> SearchConfig {
    SearchConfig {
        key_source: source(&Tenants::new("store", &["bk"])),
        keys: BeaconKeys::Single { branch_key_id: "bk".into() },
        standard_beacons: Vec::new(),
        compound_beacons: Vec::new(),
        virtual_fields: Vec::new(),
        encrypted_parts: Vec::new(),
        signed_parts: Vec::new(),
        maximum_number_of_partitions: 1,
        default_number_of_partitions: None,
    }
}

/// The same with these beacons.
pub(super) fn beacons(standard_beacons: Vec<StandardBeacon>) -> SearchConfig {
    SearchConfig { standard_beacons, ..search() }
}

/// A standard beacon of 12 bits.
pub(super) fn standard(name: &str) -> StandardBeacon {
    StandardBeacon {
        name: name.into(),
        length: 12,
        location: None,
        style: BeaconStyle::Plain,
        number_of_partitions: None,
    }
}

pub(super) fn at(name: &str, location: &str) -> StandardBeacon {
    StandardBeacon { location: Some(location.into()), ..standard(name) }
}

pub(super) fn styled(name: &str, style: BeaconStyle) -> StandardBeacon {
    StandardBeacon { style, ..standard(name) }
}

pub(super) fn shared(name: &str, other: &str) -> StandardBeacon {
    styled(name, BeaconStyle::Shared { other: other.into() })
}

/// A compound beacon with `.` between parts: names and prefixes of encrypted ones, and of signed ones.
pub(super) fn compound(
    name: &str,
    encrypted: &[(&str, &str)],
    signed: &[(&str, &str)],
) -> CompoundBeacon {
    let own = |text: &&str| (*text).to_owned();
    CompoundBeacon {
        name: name.into(),
        split: '.',
        encrypted_parts: encrypted
            .iter()
            .map(|(name, prefix)| EncryptedPart { name: own(name), prefix: own(prefix) })
            .collect(),
        signed_parts: signed
            .iter()
            .map(|(name, prefix)| SignedPart {
                name: own(name),
                prefix: own(prefix),
                location: None,
            })
            .collect(),
        constructors: Vec::new(),
    }
}

/// A constructor: names of parts, `?` behind those that are not required.
pub(super) fn constructor(parts: &[&str]) -> Vec<ConstructorPart> {
    let part = |part: &&str| {
        let name = part.trim_end_matches('?');
        ConstructorPart { name: name.into(), required: name == *part }
    };
    parts.iter().map(part).collect()
}

pub(super) fn virtual_field(name: &str, parts: &[(&str, &[Transform])]) -> VirtualField {
    let part = |(location, transforms): &(&str, &[Transform])| VirtualPart {
        location: (*location).into(),
        transforms: transforms.to_vec(),
    };
    VirtualField { name: name.into(), parts: parts.iter().map(part).collect() }
}

pub(super) fn made(table: ItemEncryptorConfig, search: SearchConfig) -> ItemEncryptor {
    ItemEncryptor::with_search(table, search).unwrap_or_else(|error| panic!("{}", told(&error)))
}

/// Why a configuration is refused.
pub(super) fn refused(table: ItemEncryptorConfig, search: SearchConfig) -> String {
    match ItemEncryptor::with_search(table, search) {
        Ok(_) => panic!("it is not refused"),
        Err(error) => told(&error),
    }
}

/// An error's code, words and attribute.
pub(super) fn told(error: &Error) -> String {
    format!("{} {error} [{}]", error.code(), error.attribute().unwrap_or_default())
}

/// The stored form of an item, in a partition.
pub(super) fn sealed_in<'i>(
    encryptor: &ItemEncryptor,
    item: &Item<'i>,
    partition: u8,
) -> Result<Item<'i>> {
    let sealed = now(encryptor.encrypt_in_partition(item, partition))?.unwrap();
    Ok(sealed.into_item(item.clone()))
}

pub(super) fn sealed<'i>(encryptor: &ItemEncryptor, item: &Item<'i>) -> Item<'i> {
    sealed_in(encryptor, item, 0).unwrap_or_else(|error| panic!("{}", told(&error)))
}

/// Why an item is not sealed.
pub(super) fn not_sealed(encryptor: &ItemEncryptor, item: &Item<'_>) -> String {
    told(&sealed_in(encryptor, item, 0).expect_err("it is sealed"))
}

pub(super) fn opened(encryptor: &ItemEncryptor, stored: &Item<'_>) -> Item<'static> {
    let opened = now(encryptor.decrypt(stored)).unwrap().unwrap().into_item(stored.clone());
    let owned = |(name, value): (std::borrow::Cow<'_, str>, AttributeValue<'_>)| {
        (name.into_owned().into(), value.into_owned())
    };
    opened.unwrap().into_iter().map(owned).collect()
}

pub(super) fn get<'i, 'v>(item: &'i Item<'v>, name: &str) -> Option<&'i AttributeValue<'v>> {
    item.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// The string that an item has under a name.
pub(super) fn string<'i>(item: &'i Item<'_>, name: &str) -> Option<&'i str> {
    get(item, name).map(|value| match value {
        AttributeValue::S(text) => &**text,
        other => panic!("{other:?}"),
    })
}

/// What asks for an item.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ask<'a> {
    pub(super) key: Option<&'a str>,
    pub(super) filter: Option<&'a str>,
    pub(super) projection: Option<&'a str>,
    pub(super) names: &'a [(&'a str, &'a str)],
    pub(super) values: &'a [(&'a str, AttributeValue<'a>)],
}

impl<'a> Ask<'a> {
    pub(super) fn parts(&self) -> RequestParts<'a> {
        RequestParts {
            key_condition: self.key,
            filter: self.filter,
            projection: self.projection,
            names: self.names.to_vec(),
            values: self.values.iter().map(|(name, value)| (*name, Some(value))).collect(),
            ..RequestParts::default()
        }
    }

    /// As it is sent: a query if it has a key condition.
    pub(super) fn sent(&self, encryptor: &ItemEncryptor) -> Result<SearchRequest> {
        let operation = match self.key {
            Some(_) => SearchOperation::Query,
            None => SearchOperation::Scan,
        };
        now(encryptor.search_request(operation, &self.parts())).map(Option::unwrap)
    }

    pub(super) fn request(&self, encryptor: &ItemEncryptor) -> SearchRequest {
        self.sent(encryptor).unwrap_or_else(|error| panic!("{}", told(&error)))
    }

    /// Why it is not sent.
    pub(super) fn refused(&self, encryptor: &ItemEncryptor) -> String {
        match self.sent(encryptor) {
            Ok(request) => panic!("it is sent: {request:?}"),
            Err(error) => told(&error),
        }
    }

    pub(super) fn number_of_queries(&self, encryptor: &ItemEncryptor) -> u8 {
        encryptor.number_of_queries(&self.parts()).unwrap()
    }
}

/// A scan with a filter.
pub(super) fn scan<'a>(filter: &'a str, values: &'a [(&'a str, AttributeValue<'a>)]) -> Ask<'a> {
    Ask { filter: Some(filter), values, ..Ask::default() }
}

/// A query with a key condition.
pub(super) fn query<'a>(key: &'a str, values: &'a [(&'a str, AttributeValue<'a>)]) -> Ask<'a> {
    Ask { key: Some(key), values, ..Ask::default() }
}

impl SearchRequest {
    /// The value of a placeholder.
    pub(super) fn value(&self, placeholder: &str) -> &AttributeValue<'static> {
        let found = self.values.iter().find(|(name, _)| name == placeholder);
        &found.unwrap_or_else(|| panic!("no {placeholder} in {self:?}")).1
    }

    /// The string that a placeholder stands for.
    pub(super) fn text(&self, placeholder: &str) -> &str {
        match self.value(placeholder) {
            AttributeValue::S(text) => text,
            other => panic!("{other:?}"),
        }
    }
}

/// Whether a stored item is found by a request: what DynamoDB does. It refuses names and values that are not used.
pub(super) fn finds(
    request: &SearchRequest,
    projection: Option<&str>,
    stored: &Item<'_>,
) -> Result<bool> {
    use crate::dynamodb::expressions::{Expressions, holds};
    let parts = RequestParts {
        key_condition: request.key_condition.as_deref(),
        filter: request.filter.as_deref(),
        projection,
        names: request.names.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect(),
        values: request.values.iter().map(|(a, b)| (a.as_str(), Some(b))).collect(),
        ..RequestParts::default()
    };
    let expressions = Expressions::parse(&parts)?;
    let both = [&expressions.key_condition, &expressions.filter];
    for condition in both.into_iter().flatten() {
        if !holds(condition, stored)? {
            return Ok(false);
        }
    }
    Ok(true)
}
