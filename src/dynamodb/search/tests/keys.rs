//! Beacon keys: whose, from where, and how long (`search-config.md#beacon-key-source`).

use std::rc::Rc;

use super::super::*;
use super::support::*;
use crate::crypto::test_host::now;
use crate::materials::BranchKeyIdSource;
use crate::materials::cache::Partition;

fn source_of(
    store: &Rc<Tenants>,
    ttl_ms: u64,
    cache: Option<crate::materials::cache::MaterialsCache>,
    partition: &str,
) -> BeaconKeySource {
    BeaconKeySource::new(Rc::clone(store) as _, ttl_ms, cache, Partition::named(partition)).unwrap()
}

/// A table of the one branch key `bk`.
fn single(key_source: BeaconKeySource) -> ItemEncryptor {
    let search = SearchConfig {
        key_source,
        compound_beacons: vec![compound("c", &[("ssn", "S-")], &[("y", "Y_")])],
        ..beacons(vec![standard("ssn")])
    };
    made(table(&[("ssn", SECRET), ("y", SIGNED), ("d", PLAIN)]), search)
}

fn abc(made: &ItemEncryptor) -> String {
    scan("ssn = :v", &[(":v", s("abc"))]).request(made).text(":v").to_owned()
}

#[test]
fn q31_keys_are_fetched_for_what_is_hashed() {
    let store = Tenants::new("store", &["bk"]);
    let made = single(source(&store));
    let ask = |filter: &str, value: AttributeValue<'_>| {
        let before = store.fetched.get();
        scan(filter, &[(":v", value)]).request(&made);
        store.fetched.get() - before
    };
    for (filter, value) in [
        ("d = :v", s("x")),
        ("y = :v", s("x")),
        ("attribute_exists(ssn) AND d = :v", s("x")),
        ("contains(ssn, :v)", s("x")),
        ("c < :v", s("Y_1")),
        ("begins_with(c, :v)", s("Y_1.S-")),
    ] {
        assert_eq!(ask(filter, value), 0, "{filter}");
    }
    for (filter, value) in [("ssn = :v", s("x")), ("c = :v", s("Y_1.S-x")), ("c = :v", s("Y_1.S-"))]
    {
        assert_eq!(ask(filter, value), 1, "{filter}");
    }
    // Neither are they for what is refused.
    scan("ssn > :v", &[(":v", s("x"))]).refused(&made);
    assert_eq!(store.fetched.get(), 3);
}

#[test]
fn q32_a_key_is_used_for_its_time() {
    let (store, clock) = (Tenants::new("store", &["bk"]), Rc::new(Clock::default()));
    let made = single(source_of(&store, 60_000, Some(cache(&clock)), "p"));
    assert_eq!(abc(&made), "1d5");
    clock.ms.set(59_999);
    abc(&made);
    assert_eq!(store.fetched.get(), 1);
    clock.ms.set(60_001);
    assert_eq!(abc(&made), "1d5");
    assert_eq!(store.fetched.get(), 2);
}

#[test]
fn q32_without_a_cache_each_request_fetches() {
    let store = Tenants::new("store", &["bk"]);
    let made = single(source(&store));
    abc(&made);
    abc(&made);
    assert_eq!(store.fetched.get(), 2);
}

#[test]
fn q32_a_time_to_live_is_more_than_nothing() {
    let store = Tenants::new("store", &["bk"]);
    let none = BeaconKeySource::new(store, 0, None, Partition::named("p"));
    assert_eq!(none.err().unwrap().code(), "INVALID_CONFIG");
}

#[test]
fn q32_a_key_that_there_is_not_is_an_error_of_its_store() {
    let made = single(source(&Tenants::new("store", &["other"])));
    let error = scan("ssn = :v", &[(":v", s("x"))]).sent(&made).unwrap_err();
    assert_eq!(error.code(), "KEYRING_CANNOT");
    let error = sealed_in(&made, &item([("pk", s("1")), ("ssn", s("x"))]), 0).unwrap_err();
    assert_eq!(error.code(), "KEYRING_CANNOT");
    // What needs none is asked all the same.
    scan("d = :v", &[(":v", s("x"))]).request(&made);
}

#[test]
fn q35_entries_are_shared_by_partition_store_and_branch_key() {
    let clock = Rc::new(Clock::default());
    let shared = cache(&clock);
    let store = Tenants::new("store", &["bk"]);
    let of = |store: &Rc<Tenants>, partition| {
        single(source_of(store, 60_000, Some(shared.clone()), partition))
    };
    abc(&of(&store, "p"));
    abc(&of(&store, "p"));
    assert_eq!((store.fetched.get(), shared.len()), (1, 1));
    abc(&of(&store, "q"));
    assert_eq!((store.fetched.get(), shared.len()), (2, 2));
    // Another store of the same name is taken for the same; one of another name is not.
    let copy = Tenants::new("store", &["bk"]);
    abc(&of(&copy, "p"));
    assert_eq!((copy.fetched.get(), shared.len()), (0, 2));
    let other = Tenants::new("other", &["bk"]);
    abc(&of(&other, "p"));
    assert_eq!((other.fetched.get(), shared.len()), (1, 3));
}

#[test]
fn q35_an_entry_older_than_its_readers_time_to_live_is_fetched_anew() {
    let (store, clock) = (Tenants::new("store", &["bk"]), Rc::new(Clock::default()));
    let shared = cache(&clock);
    let of = |ttl_ms| single(source_of(&store, ttl_ms, Some(shared.clone()), "p"));
    let (long, short) = (of(60_000), of(10_000));
    abc(&long);
    clock.ms.set(9_999);
    abc(&short);
    assert_eq!(store.fetched.get(), 1);
    clock.ms.set(10_001);
    abc(&long);
    assert_eq!(store.fetched.get(), 1);
    abc(&short);
    assert_eq!((store.fetched.get(), shared.len()), (2, 1));
}

#[test]
fn q35_the_id_of_an_entry_is_not_that_of_a_branch_key() {
    // One cache, partition and store for both: the branch key and the beacon key are two entries.
    let (store, clock) = (Tenants::new("store", &["bk"]), Rc::new(Clock::default()));
    let shared = cache(&clock);
    let ids = BranchKeyIdSource::Fixed("bk".into());
    let keyring = crate::materials::AwsKmsHierarchicalKeyring::new(
        Rc::clone(&store) as _,
        ids,
        60_000,
        Some(shared.clone()),
        Partition::named("p"),
    );
    let search = SearchConfig {
        key_source: source_of(&store, 60_000, Some(shared.clone()), "p"),
        ..beacons(vec![standard("ssn")])
    };
    let made = made(table_of(&[("ssn", SECRET)], Rc::new(keyring.unwrap())), search);
    sealed(&made, &item([("pk", s("1")), ("ssn", s("abc"))]));
    assert_eq!(shared.len(), 2);
}

#[test]
fn q35_keys_that_were_derived_end_with_the_entry() {
    let (store, clock) = (Tenants::new("store", &["bk"]), Rc::new(Clock::default()));
    let shared = cache(&clock);
    let source = source_of(&store, 60_000, Some(shared.clone()), "p");
    let key = now(source.key("bk")).unwrap();
    key.hash("ssn", &[b"abc"]).unwrap();
    assert_eq!(Rc::strong_count(&key), 2, "the cache has it, with what was derived");
    shared.clear();
    assert_eq!(Rc::strong_count(&key), 1);
    let again = now(source.key("bk")).unwrap();
    assert!(!Rc::ptr_eq(&key, &again));
    assert_eq!(key.hash("ssn", &[b"abc"]).unwrap(), again.hash("ssn", &[b"abc"]).unwrap());
}

const TENANTS: [&str; 2] = ["t1", "t2"];

/// A table of two tenants: the attribute `tenant` names the branch key.
fn multi() -> (ItemEncryptor, Rc<Tenants>) {
    let store = Tenants::new("store", &TENANTS);
    let search = SearchConfig {
        key_source: source(&store),
        keys: BeaconKeys::Multi { key_field_name: "tenant".into() },
        compound_beacons: vec![
            CompoundBeacon {
                constructors: vec![constructor(&["tenant", "ssn?"]), constructor(&["ssn", "y?"])],
                ..compound("c", &[("ssn", "S-")], &[("tenant", "T_"), ("y", "Y_")])
            },
            compound("signed", &[], &[("tenant", "T_"), ("y", "Y_")]),
        ],
        ..beacons(vec![standard("ssn")])
    };
    let actions = [("ssn", SECRET), ("tenant", CONTEXT), ("y", SIGNED), ("d", PLAIN)];
    (made(table_of(&actions, tenants_keyring(&store)), search), store)
}

fn of_tenant(tenant: &'static str) -> Item<'static> {
    item([("pk", s("1")), ("tenant", s(tenant)), ("ssn", s("abc")), ("y", s("2"))])
}

#[test]
fn q33_an_item_has_beacons_of_the_branch_key_that_wrapped_its_data_key() {
    let (made, _) = multi();
    let [one, two] = TENANTS.map(|tenant| {
        let stored = sealed(&made, &of_tenant(tenant));
        string(&stored, "aws_dbe_b_ssn").unwrap().to_owned()
    });
    assert_ne!(one, two);
    let sent = |tenant| {
        let values = [(":t", s(tenant)), (":v", s("abc"))];
        scan("tenant = :t AND ssn = :v", &values).request(&made).text(":v").to_owned()
    };
    assert_eq!([sent("t1"), sent("t2")], [one, two]);
}

#[test]
fn q33_items_without_one_branch_key_are_not_sealed() {
    let store = Tenants::new("store", &TENANTS);
    let search = |store| SearchConfig {
        key_source: source(store),
        keys: BeaconKeys::Multi { key_field_name: "tenant".into() },
        ..beacons(vec![standard("ssn")])
    };
    let raw = made(table(&[("ssn", SECRET), ("tenant", CONTEXT)]), search(&store));
    let error = not_sealed(&raw, &of_tenant("t1")[..3].to_vec());
    assert!(error.starts_with("INVALID_CONFIG") && error.contains("one data key"), "{error}");
    // Two data keys, each by a branch key.
    let ids = |id: &str| branch_keyring(&store, BranchKeyIdSource::Fixed(id.into()));
    let both = crate::materials::MultiKeyring::new(Some(ids("t1")), vec![ids("t2")]).unwrap();
    let two =
        made(table_of(&[("ssn", SECRET), ("tenant", CONTEXT)], Rc::new(both)), search(&store));
    let error = not_sealed(&two, &of_tenant("t1")[..3].to_vec());
    assert!(error.contains("one data key"), "{error}");
    // With one key for all beacons it does not matter.
    let single = made(table(&[("ssn", SECRET)]), beacons(vec![standard("ssn")]));
    sealed(&single, &item([("pk", s("1")), ("ssn", s("x"))]));
}

#[track_caller]
fn names_key(ask: &Ask<'_>, id: Option<&str>) {
    let (made, store) = multi();
    let stored = TENANTS.map(|tenant| sealed(&made, &of_tenant(tenant)));
    store.fetched.set(0);
    ask.request(&made);
    let parts = ask.parts();
    let filter = made.result_filter(&parts).unwrap().unwrap();
    let kept = TENANTS.into_iter().zip(&stored).filter(|(_, item)| filter.is_of_branch_key(item));
    let kept: Vec<&str> = kept.map(|(tenant, _)| tenant).collect();
    match id {
        Some(id) => assert_eq!(kept, [id], "{ask:?}"),
        None => assert_eq!(kept, TENANTS, "{ask:?}"),
    }
}

#[test]
fn q33_a_request_names_the_branch_key_of_all_that_it_asks_for() {
    let values = [(":t", s("t1")), (":v", s("abc"))];
    for filter in [
        "tenant = :t AND ssn = :v",
        ":t = tenant AND ssn = :v",
        "ssn = :v AND (attribute_exists(y) OR attribute_exists(d)) AND tenant = :t",
        "tenant IN (:t) AND ssn = :v",
        "(tenant = :t AND ssn = :v) OR (contains(ssn, :v) AND tenant = :t)",
        "NOT (NOT (ssn = :v)) AND tenant = :t",
    ] {
        names_key(&scan(filter, &values), Some("t1"));
    }
    let ask = Ask { filter: Some("ssn = :v"), ..query("tenant = :t", &values) };
    names_key(&ask, Some("t1"));
    let names = [("#t", "tenant")];
    names_key(&Ask { names: &names, ..scan("#t = :t AND ssn = :v", &values) }, Some("t1"));
}

#[test]
fn q33_a_signed_part_of_a_compound_beacon_names_it_too() {
    for (filter, value) in [
        ("c = :v", "T_t1.S-abc"),
        ("c IN (:v)", "T_t1.S-abc"),
        ("begins_with(c, :v)", "T_t1.S-"),
        ("c BETWEEN :v AND :v", "T_t1.S-abc"),
        ("c = :v", "T_t1"),
        ("signed = :v", "T_t1.Y_2"),
        ("begins_with(signed, :v)", "T_t1.Y_"),
    ] {
        names_key(&scan(filter, &[(":v", s(value))]), Some("t1"));
    }
    let values = [(":v", s("T_t1.Y_1")), (":w", s("T_t1.Y_3"))];
    names_key(&scan("signed BETWEEN :v AND :w", &values), Some("t1"));
    let values = [(":v", s("T_t1.Y_1")), (":w", s("T_t2.Y_3"))];
    names_key(&scan("signed BETWEEN :v AND :w", &values), None);
    names_key(&scan("signed IN (:v, :w) AND signed = :v", &values), Some("t1"));
    // `t11` begins so, too, and what is less is anybody's.
    for (filter, value) in [
        ("begins_with(c, :v)", "T_t1"),
        ("signed < :v", "T_t1.Y_2"),
        ("signed <> :v", "T_t1.Y_2"),
        ("NOT signed = :v", "T_t1.Y_2"),
        ("contains(signed, :v)", "T_t1.Y_2"),
        ("signed BETWEEN :v AND :v", "T_t1"),
    ] {
        let id = filter.contains("BETWEEN").then_some("t1");
        names_key(&scan(filter, &[(":v", s(value))]), id);
    }
}

#[test]
fn q33_what_does_not_say_its_branch_key_is_for_opening_to_refuse() {
    let (made, _) = multi();
    let values = [(":t", s("t1")), (":v", s("abc"))];
    let parts = scan("tenant = :t AND ssn = :v", &values).parts();
    let filter = made.result_filter(&parts).unwrap().unwrap();
    let stored = sealed(&made, &of_tenant("t2"));
    assert!(!filter.is_of_branch_key(&stored));
    let with_header = |header: Option<AttributeValue<'static>>| {
        let mut item = stored.clone();
        item.retain(|(name, _)| name != "aws_dbe_head");
        item.extend(header.map(|value| ("aws_dbe_head".into(), value)));
        item
    };
    for header in [None, Some(s("1")), Some(AttributeValue::B(b"1"[..].into()))] {
        assert!(filter.is_of_branch_key(&with_header(header.clone())), "{header:?}");
    }
    // Neither does a data key that no branch key wrapped.
    let raw = ItemEncryptor::new(table(&[("ssn", SECRET)])).unwrap();
    let stored = item([("pk", s("1")), ("ssn", s("abc"))]);
    let stored = now(raw.encrypt(&stored)).unwrap().unwrap().into_item(stored);
    assert!(filter.is_of_branch_key(&stored));
}

#[test]
fn q33_a_part_within_the_attribute_does_not_name_it() {
    let store = Tenants::new("store", &TENANTS);
    let mut beacon = compound("c", &[("ssn", "S-")], &[("tenant", "T_")]);
    beacon.signed_parts[0].location = Some("tenant.x".into());
    let search = SearchConfig {
        key_source: source(&store),
        keys: BeaconKeys::Multi { key_field_name: "tenant".into() },
        compound_beacons: vec![beacon],
        ..beacons(vec![standard("ssn")])
    };
    let made =
        made(table_of(&[("ssn", SECRET), ("tenant", CONTEXT)], tenants_keyring(&store)), search);
    let error = scan("c = :v", &[(":v", s("T_t1.S-abc"))]).refused(&made);
    assert!(error.contains("of which one branch key"), "{error}");
}

#[test]
fn q33_a_request_for_beacons_of_no_branch_key_is_refused() {
    let (made, store) = multi();
    store.fetched.set(0);
    let values = [(":t", s("t1")), (":v", s("abc")), (":n", n("1"))];
    for filter in [
        "ssn = :v",
        // Others of the same value would be lost.
        "tenant = :t OR ssn = :v",
        "NOT (tenant = :t) AND ssn = :v",
        "NOT (tenant = :t OR NOT (ssn = :v))",
        "tenant <> :t AND ssn = :v",
        "begins_with(tenant, :t) AND ssn = :v",
        "tenant = :n AND ssn = :v",
        "tenant = size(:t) AND ssn = :v",
        "size(tenant) = :t AND ssn = :v",
        "tenant <= :t AND ssn = :v",
        "tenant BETWEEN :t AND :t AND ssn = :v",
        "tenant.x = :t AND ssn = :v",
        "tenant IN (:t, y) AND ssn = :v",
    ] {
        let used: Vec<_> =
            values.iter().filter(|(name, _)| filter.contains(name)).cloned().collect();
        let error = scan(filter, &used).refused(&made);
        assert!(error.contains("of which one branch key"), "{filter} {error}");
        assert!(error.ends_with("[tenant]"), "{error}");
    }
    assert_eq!(store.fetched.get(), 0);
    // A value of a compound beacon that names one, and another one that does not.
    let either = [(":v", s("T_t1.S-abc")), (":w", s("S-abc"))];
    let error = scan("c IN (:v, :w)", &either).refused(&made);
    assert!(error.contains("of which one branch key"), "{error}");
    // Without beacons no key is needed, and nothing is left out.
    names_key(&scan("y = :v", &values[1..2]), None);
    names_key(&scan("tenant = :t OR y = :v", &values[..2]), None);
}

#[test]
fn q33_a_request_for_two_branch_keys_is_refused() {
    let (made, _) = multi();
    let values = [(":t", s("t1")), (":u", s("t2")), (":v", s("abc"))];
    for filter in [
        "(tenant = :t OR tenant = :u) AND ssn = :v",
        "tenant IN (:t, :u) AND ssn = :v",
        "tenant = :t AND tenant = :u AND ssn = :v",
    ] {
        let error = scan(filter, &values).refused(&made);
        assert!(error.contains("more than one branch key"), "{filter} {error}");
        let parts = scan(filter, &values).parts();
        assert!(made.result_filter(&parts).is_err());
    }
    // Of several, one may be left.
    let values = [(":t", s("t1")), (":u", s("t2")), (":v", s("abc"))];
    names_key(&scan("tenant IN (:t, :u) AND tenant = :t AND ssn = :v", &values), Some("t1"));
}

/// A table whose key field is not signed.
fn unsigned_field() -> (ItemEncryptor, Rc<Tenants>) {
    let store = Tenants::new("store", &TENANTS);
    let search = SearchConfig {
        key_source: source(&store),
        keys: BeaconKeys::Multi { key_field_name: "tenant".into() },
        ..beacons(vec![standard("ssn")])
    };
    let keyring = branch_keyring(&store, BranchKeyIdSource::Fixed("t1".into()));
    let actions = [("ssn", SECRET), ("tenant", PLAIN), ("y", SIGNED), ("d", PLAIN)];
    (made(table_of(&actions, keyring), search), store)
}

#[test]
fn q34_a_key_field_that_is_not_signed_is_not_stored() {
    let (made, _) = unsigned_field();
    let plain = item([("d", s("1")), ("tenant", s("t1")), ("pk", s("1")), ("ssn", s("abc"))]);
    let sealed = now(made.encrypt(&plain)).unwrap().unwrap();
    assert_eq!(sealed.dropped(), Some(1));
    assert_eq!(sealed.ciphertexts().map(|(i, _)| i).collect::<Vec<_>>(), [3]);
    let stored = sealed.into_item(plain);
    assert_eq!(get(&stored, "tenant"), None);
    assert!(matches!(get(&stored, "ssn"), Some(AttributeValue::B(_))));
    assert_eq!(string(&stored, "d"), Some("1"));
    assert_eq!(string(&opened(&made, &stored), "ssn"), Some("abc"));
    // What comes right behind it is sealed in its own place.
    let plain = item([("pk", s("1")), ("tenant", s("t1")), ("ssn", s("abc")), ("d", s("1"))]);
    let sealed = now(made.encrypt(&plain)).unwrap().unwrap();
    assert_eq!(sealed.ciphertexts().map(|(i, _)| i).collect::<Vec<_>>(), [2]);
    // Nothing is lost where it is not there.
    let plain = item([("pk", s("1")), ("ssn", s("abc"))]);
    assert_eq!(now(made.encrypt(&plain)).unwrap().unwrap().dropped(), None);
}

#[test]
fn q34_a_signed_key_field_is_kept() {
    let (made, _) = multi();
    let sealed = now(made.encrypt(&of_tenant("t2"))).unwrap().unwrap();
    assert_eq!(sealed.dropped(), None);
    assert_eq!(string(&sealed.into_item(of_tenant("t2")), "tenant"), Some("t2"));
}

#[test]
fn q34_a_field_that_is_not_stored_is_compared_with_the_branch_key() {
    let (made, _) = unsigned_field();
    let stored = sealed(&made, &item([("pk", s("1")), ("ssn", s("abc"))]));
    let plain = opened(&made, &stored);
    for (tenant, want) in [("t1", true), ("t2", false)] {
        let values = [(":t", s(tenant)), (":v", s("abc"))];
        let ask = scan("tenant = :t AND ssn = :v", &values);
        let request = ask.request(&made);
        assert_eq!(
            request.filter.as_deref(),
            Some("attribute_not_exists ( #aws_dbe_none ) AND aws_dbe_b_ssn = :v")
        );
        let parts = ask.parts();
        let filter = made.result_filter(&parts).unwrap().unwrap();
        assert!(filter.keeps(&plain).unwrap());
        assert_eq!(filter.is_of_branch_key(&stored), want);
    }
}

#[test]
fn q34_nothing_else_can_be_asked_of_a_field_that_is_not_stored() {
    let (made, _) = unsigned_field();
    let values = [(":t", s("t1")), (":v", s("abc"))];
    for filter in [
        "tenant <> :t AND ssn = :v",
        "begins_with(tenant, :t) AND ssn = :v",
        "tenant = y AND y = :t AND ssn = :v",
    ] {
        let error = scan(filter, &values).refused(&made);
        assert!(error.contains("is not stored") && error.ends_with("[tenant]"), "{error}");
    }
    assert!(scan("attribute_exists(tenant)", &[]).refused(&made).contains("is not stored"));
    for filter in ["tenant = :t OR y = :v", "NOT (tenant = :t) AND y = :v"] {
        let error = scan(filter, &values).refused(&made);
        assert!(error.contains("it must equal the id of one branch key"), "{error}");
    }
    let ask = Ask { filter: Some("ssn = :v"), ..query("tenant = :t", &values) };
    assert!(ask.refused(&made).contains("by an attribute that is not stored"));
}
