//! Searching: any configuration is taken or refused, and any request is answered with all that it asks for.

use std::rc::Rc;

use fieldseal::crypto::Secret;
use fieldseal::dynamodb::expressions::{Expressions, MAX_EXPRESSION_BYTES, RequestParts, holds};
use fieldseal::dynamodb::search::{
    BeaconKeys, BeaconStyle, CompoundBeacon, ConstructorPart, EncryptedPart, PARTITION_VALUE,
    SearchConfig, SearchOperation, SearchRequest, SignedPart, StandardBeacon, Transform,
    VirtualField, VirtualPart,
};
use fieldseal::dynamodb::{AttributeValue, Item, ItemEncryptor, ItemEncryptorConfig};
use fieldseal::materials::cache::Partition;
use fieldseal::materials::{
    BeaconKeySource, DefaultCmm, EncryptionContext, StaticBranchKey, StaticBranchKeyStore, Suite,
};
use fieldseal::structured::CryptoAction;

use super::{block_on, checked, keyring};

/// The first byte says what the others are: names of a configuration, or, separated by a zero, a filter and a key condition.
pub(crate) fn search(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(text);
    match kind % 4 {
        0 => configuration(kind / 4, &text),
        _ => TABLE.with(|table| table.request(*kind, &text)),
    }
}

fn table_config() -> ItemEncryptorConfig {
    let action = |(name, action): (&str, _)| (name.to_owned(), action);
    use CryptoAction::{DoNothing, EncryptAndSign, SignOnly};
    let actions = [
        ("id", SignOnly),
        ("y", SignOnly),
        ("d", DoNothing),
        ("a", EncryptAndSign),
        ("b", EncryptAndSign),
        ("t", EncryptAndSign),
    ];
    ItemEncryptorConfig {
        logical_table_name: "t".into(),
        partition_key_name: "id".into(),
        sort_key_name: None,
        attribute_actions: actions.map(action).into(),
        allowed_unsigned_attributes: vec!["d".into()],
        allowed_unsigned_attribute_prefix: Some(":".into()),
        suite: Suite::by_id(0x6700),
        plaintext_override: Default::default(),
        max_encrypted_data_keys: None,
        drop_reserved_attributes: false,
        cmm: Rc::new(DefaultCmm::new(Rc::new(keyring()))),
    }
}

fn search_config() -> SearchConfig {
    let key = StaticBranchKey {
        branch_key_id: "bk".into(),
        version: "1234abcd-12ab-44cd-86ef-1234567890ab".into(),
        branch_key: Secret::new(vec![1; 32]),
        beacon_key: Some(Secret::new(vec![2; 32])),
        encryption_context: EncryptionContext::new(),
    };
    let store = Rc::new(StaticBranchKeyStore::new(None, vec![key]).unwrap());
    let source = BeaconKeySource::new(store, 60_000, None, Partition::named("p")).unwrap();
    SearchConfig {
        key_source: source,
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

fn standard(name: &str, location: Option<&str>, length: u8, style: BeaconStyle) -> StandardBeacon {
    StandardBeacon {
        name: name.into(),
        length,
        location: location.map(str::to_owned),
        style,
        number_of_partitions: None,
    }
}

fn items() -> Vec<Item<'static>> {
    let s = |text: &'static str| AttributeValue::S(text.into());
    let of = |pairs: Vec<(&'static str, AttributeValue<'static>)>| {
        pairs.into_iter().map(|(name, value)| (name.into(), value)).collect()
    };
    let tags =
        |tags: &[&'static str]| AttributeValue::Ss(tags.iter().map(|tag| (*tag).into()).collect());
    vec![
        of(vec![("id", s("1")), ("y", s("19")), ("a", s("x")), ("b", s("x"))]),
        of(vec![("id", s("2")), ("y", s("2")), ("a", s("")), ("t", tags(&["x", "y"]))]),
        of(vec![("id", s("3")), ("d", s("x")), ("b", s("Y-2")), ("t", tags(&["Y-2"]))]),
        of(vec![("id", s("4")), ("y", s("2")), ("d", s("y")), ("a", s("Y-2")), ("b", s("y"))]),
    ]
}

fn configuration(kind: u8, text: &str) {
    let mut words = text.split('\0');
    let mut word = || words.next().unwrap_or("a").to_owned();
    let mut search = search_config();
    let style = match kind % 5 {
        0 => BeaconStyle::Plain,
        1 => BeaconStyle::PartOnly,
        2 => BeaconStyle::Shared { other: word() },
        3 => BeaconStyle::AsSet,
        _ => BeaconStyle::SharedSet { other: word() },
    };
    let (name, location) = (word(), word());
    let location = (!location.is_empty()).then_some(&*location);
    search.standard_beacons = vec![
        standard(&name, location, kind, style),
        standard(&word(), None, kind, BeaconStyle::Plain),
    ];
    let split = word().chars().next().unwrap_or('.');
    let number = |text: String| text.bytes().fold(0_i32, |n, b| (n << 7) ^ i32::from(b as i8));
    let transforms = vec![
        Transform::Segment { split, index: number(word()) },
        Transform::Segments { split, low: number(word()), high: number(word()) },
        Transform::Substring { low: number(word()), high: number(word()) },
        Transform::Prefix { length: number(word()) },
    ];
    let part = |location| VirtualPart { location, transforms: transforms.clone() };
    let field = VirtualField { name: word(), parts: vec![part(word()), part(word())] };
    search.virtual_fields = if kind & 1 == 0 { vec![field] } else { Vec::new() };
    search.compound_beacons = vec![CompoundBeacon {
        name: word(),
        split,
        encrypted_parts: vec![EncryptedPart { name: word(), prefix: word() }],
        signed_parts: vec![SignedPart { name: word(), prefix: word(), location: Some(word()) }],
        constructors: vec![vec![ConstructorPart { name: word(), required: kind & 2 == 0 }]],
    }];
    if kind & 4 != 0 {
        search.compound_beacons.clear();
    }
    if kind & 8 != 0 {
        search.keys = BeaconKeys::Multi { key_field_name: word() };
    }
    search.maximum_number_of_partitions = kind;
    let Some(made) = checked(ItemEncryptor::with_search(table_config(), search)) else { return };
    for item in items() {
        checked(made.search().unwrap().resolve_attributes(&item));
        checked(block_on(made.encrypt(&item)));
    }
}

thread_local! {
    static TABLE: Table = Table::new();
}

/// A table with its items, each in a partition.
struct Table {
    encryptor: ItemEncryptor,
    stored: Vec<(Item<'static>, Item<'static>)>,
}

impl Table {
    fn new() -> Self {
        let encrypted =
            |name: &str, prefix: &str| EncryptedPart { name: name.into(), prefix: prefix.into() };
        let year = || SignedPart { name: "y".into(), prefix: "Y-".into(), location: None };
        let constructor = |parts: &[(&str, bool)]| {
            let part = |(name, required): &(&str, bool)| ConstructorPart {
                name: (*name).into(),
                required: *required,
            };
            parts.iter().map(part).collect()
        };
        let compound = |name: &str, encrypted_parts, constructors| CompoundBeacon {
            name: name.into(),
            split: '.',
            encrypted_parts,
            signed_parts: vec![year()],
            constructors,
        };
        let constructors = vec![
            constructor(&[("y", true), ("a", true), ("b", false)]),
            constructor(&[("b", true), ("y", false)]),
        ];
        let search = SearchConfig {
            standard_beacons: vec![
                standard("a", None, 1, BeaconStyle::Plain),
                standard("b", None, 1, BeaconStyle::Shared { other: "a".into() }),
                standard("t", None, 1, BeaconStyle::AsSet),
            ],
            compound_beacons: vec![
                compound("c", vec![encrypted("a", "A-"), encrypted("b", "B-")], constructors),
                compound("signed", Vec::new(), Vec::new()),
            ],
            maximum_number_of_partitions: 3,
            default_number_of_partitions: Some(2),
            ..search_config()
        };
        let encryptor = ItemEncryptor::with_search(table_config(), search).unwrap();
        let seal = |(i, plain): (usize, Item<'static>)| {
            let partition = u8::try_from(i % 3).unwrap();
            let sealed = block_on(encryptor.encrypt_in_partition(&plain, partition)).unwrap();
            let mut opened = plain.clone();
            let signed = sealed.as_ref().unwrap().beacons().iter();
            opened.extend(signed.filter(|(name, _)| !name.starts_with("aws_dbe_")).cloned());
            (sealed.unwrap().into_item(plain), opened)
        };
        let stored = items().into_iter().enumerate().map(seal).collect();
        Self { encryptor, stored }
    }

    fn request(&self, kind: u8, text: &str) {
        let (filter, key) = text.split_once('\0').unwrap_or((text, ""));
        let s = |text: &'static str| AttributeValue::S(text.into());
        let values = [
            (":x", s("x")),
            (":y", s("Y-2")),
            (":c", s("Y-2.A-")),
            (":w", s("Y-2.A-Y-2")),
            (":e", s("")),
            (":n", AttributeValue::N("1".into())),
        ];
        let used = |name: &str| text.contains(name);
        let mut parts = RequestParts {
            filter: (!filter.is_empty()).then_some(filter),
            key_condition: (!key.is_empty()).then_some(key),
            names: [("#a", "a"), ("#c", "c"), ("#aws_dbe_none", "d")]
                .into_iter()
                .filter(|(name, _)| used(name))
                .collect(),
            ..RequestParts::default()
        };
        let given = values.iter().filter(|(name, _)| used(name));
        parts.values = given.map(|(name, value)| (*name, Some(value))).collect();
        let operation = match key.is_empty() {
            true => SearchOperation::Scan,
            false => SearchOperation::Query,
        };
        let queries = match operation {
            SearchOperation::Scan => 1,
            SearchOperation::Query => {
                checked(self.encryptor.number_of_queries(&parts)).unwrap_or(1)
            }
        };
        let numbers = ["0", "1", "2"].map(|number| AttributeValue::N(number.into()));
        let mut requests: Vec<SearchRequest> = Vec::new();
        for number in numbers.iter().take(usize::from(queries)) {
            if operation == SearchOperation::Query && kind & 4 == 0 {
                parts.values.retain(|(name, _)| *name != PARTITION_VALUE);
                parts.values.push((PARTITION_VALUE, Some(number)));
            }
            let sent = checked(block_on(self.encryptor.search_request(operation, &parts)));
            let Some(sent) = sent else { return };
            requests.push(sent.unwrap());
        }
        let filter = self.encryptor.result_filter(&parts).unwrap().unwrap();
        for (stored, opened) in &self.stored {
            let finds = requests.iter().map(|request| finds(request, stored));
            let Some(found) = finds.collect::<Option<Vec<bool>>>() else { return };
            let kept = checked(filter.keeps(opened));
            let is_lost = filter.looks() && kept == Some(true) && !found.contains(&true);
            assert!(!is_lost, "{opened:?} is asked for and not found by {requests:?}");
        }
    }
}

/// Whether DynamoDB finds an item; `None` for a request whose values it does not take.
fn finds(request: &SearchRequest, stored: &Item<'_>) -> Option<bool> {
    let parts = RequestParts {
        filter: request.filter.as_deref(),
        key_condition: request.key_condition.as_deref(),
        names: request.names.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect(),
        values: request.values.iter().map(|(a, b)| (a.as_str(), Some(b))).collect(),
        ..RequestParts::default()
    };
    let written = [&request.filter, &request.key_condition];
    assert!(written.into_iter().flatten().all(|text| text.len() <= MAX_EXPRESSION_BYTES));
    let expressions = Expressions::parse(&parts).expect("what is sent can be read");
    let mut found = true;
    for condition in [&expressions.filter, &expressions.key_condition].into_iter().flatten() {
        found &= checked(holds(condition, stored))?;
    }
    Some(found)
}
