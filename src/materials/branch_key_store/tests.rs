//! Records in memory. The key store against servers is in `tests/keystore/`.

use super::record::{ACTIVE, BEACON, BranchKeyContext, Record, type_of_version};
use crate::dynamodb_client::{Item, ItemValue};
use crate::materials::EncryptionContext;

const VERSION: &str = "1234abcd-12ab-44cd-86ef-1234567890ab";
const NEXT: &str = "99990000-12ab-44cd-86ef-1234567890ab";
const TIME: &str = "2024-02-29T23:59:59.123000Z";

fn context() -> BranchKeyContext {
    let mut custom = EncryptionContext::new();
    custom.insert("tenant", "a").unwrap();
    // A name that is one of ours without its prefix.
    custom.insert("type", "mine").unwrap();
    BranchKeyContext::of_version("b", VERSION, TIME.into(), "logical", "arn", &custom)
}

fn pairs(context: &BranchKeyContext) -> Vec<(String, String)> {
    let mut pairs = context.to_kms();
    pairs.sort();
    pairs
}

fn version_record() -> Record {
    Record { context: context(), enc: vec![1, 2, 3] }
}

fn read(item: Item, record_type: &str) -> Result<Record, String> {
    Record::from_item(item, "b", record_type, "logical")
}

#[test]
fn contexts_of_the_three_records() {
    let own = |record_type: &str| {
        [
            ("aws-crypto-ec:tenant", "a"),
            ("aws-crypto-ec:type", "mine"),
            ("branch-key-id", "b"),
            ("create-time", TIME),
            ("hierarchy-version", "1"),
            ("kms-arn", "arn"),
            ("tablename", "logical"),
            ("type", record_type),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .to_vec()
    };
    let version_type = type_of_version(VERSION);
    assert_eq!(pairs(&context()), own(&version_type));
    assert_eq!(pairs(&context().beacon()), own(BEACON));
    let mut active = own(ACTIVE);
    active.push(("version".into(), version_type));
    assert_eq!(pairs(&context().active()), active);
}

#[test]
fn the_next_version_keeps_what_is_not_about_the_version() {
    let time = "2025-01-01T00:00:00.000000Z";
    let next = context().active().next_version(NEXT, time.into());
    let mut want = pairs(&context());
    for (name, value) in &mut want {
        match name.as_str() {
            "type" => *value = type_of_version(NEXT),
            "create-time" => *value = time.into(),
            _ => {}
        }
    }
    assert_eq!(pairs(&next), want);
}

#[test]
fn records_come_back_from_their_items() {
    for (record, record_type, version) in [
        (version_record(), type_of_version(VERSION), Some(VERSION)),
        (Record { context: context().active(), enc: vec![4] }, ACTIVE.into(), Some(VERSION)),
        (Record { context: context().beacon(), enc: vec![5] }, BEACON.into(), None),
    ] {
        let item = record.to_item();
        assert!(item.iter().all(|(name, _)| name != "tablename"));
        let number = ItemValue::N("1".into());
        assert!(item.contains(&("hierarchy-version".into(), number)));
        let again = read(item, &record_type).unwrap();
        assert_eq!(pairs(&again.context), pairs(&record.context));
        assert_eq!((again.enc.clone(), again.version()), (record.enc, version));
        assert_eq!(again.kms_arn(), "arn");
        again.check_layout().unwrap();
        let custom = again.custom_context().unwrap();
        assert_eq!(custom.iter().collect::<Vec<_>>(), [("tenant", "a"), ("type", "mine")]);
    }
}

#[test]
fn attributes_of_others_are_bound_too() {
    let mut item = version_record().to_item();
    item.push(("note".into(), ItemValue::S("x".into())));
    item.push(("count".into(), ItemValue::N("01".into())));
    let record = read(item, &type_of_version(VERSION)).unwrap();
    for pair in [("note", "x"), ("count", "01")] {
        assert!(record.context.to_kms().contains(&(pair.0.into(), pair.1.into())));
    }
    assert_eq!(record.custom_context().unwrap().len(), 2);
}

#[test]
fn records_that_are_none() {
    let record_type = type_of_version(VERSION);
    let without = |name: &str| {
        let mut item = version_record().to_item();
        item.retain(|(known, _)| known != name);
        item
    };
    let with = |name: &str, value: ItemValue| {
        let mut item = without(name);
        item.push((name.to_owned(), value));
        item
    };
    let s = |text: &str| ItemValue::S(text.into());
    for (item, said) in [
        (Item::new(), "enc"),
        (without("enc"), "'enc' is missing"),
        (without("kms-arn"), "'kms-arn' is missing"),
        (without("create-time"), "'create-time' is missing"),
        (without("hierarchy-version"), "'hierarchy-version' is missing"),
        (without("branch-key-id"), "'branch-key-id' is not"),
        (without("type"), "'type' is not"),
        (with("enc", ItemValue::B(Vec::new())), "'enc' is missing"),
        (with("enc", s("AAAA")), "'enc' has the wrong type"),
        (with("kms-arn", s("")), "'kms-arn' is missing"),
        (with("kms-arn", ItemValue::B(vec![1])), "'kms-arn' has the wrong type"),
        (with("hierarchy-version", s("1")), "'hierarchy-version' has the wrong type"),
        (with("branch-key-id", s("c")), "'branch-key-id' is not"),
        (with("type", s(ACTIVE)), "'type' is not"),
        (with("extra", ItemValue::Other), "'extra' has the wrong type"),
        (with("tablename", s("logical")), "tablename"),
    ] {
        let Err(problem) = read(item, &record_type) else { panic!("taken: {said}") };
        assert!(problem.contains(said), "{problem} instead of {said}");
    }
    let no_version = Record { context: context().beacon(), enc: vec![1] };
    let mut item = no_version.to_item();
    item.retain(|(name, _)| name != "type");
    item.push(("type".into(), s(ACTIVE)));
    assert!(read(item, ACTIVE).is_err_and(|problem| problem.contains("not a UUID")));
}

#[test]
fn another_layout_is_not_opened() {
    let mut item = version_record().to_item();
    item.retain(|(name, _)| name != "hierarchy-version");
    item.push(("hierarchy-version".into(), ItemValue::N("2".into())));
    let record = read(item, &type_of_version(VERSION)).unwrap();
    assert_eq!(record.check_layout().unwrap_err().code(), "UNSUPPORTED");
}
