//! Items with beacons: sealed, opened and sealed anew.

use std::rc::Rc;

use super::super::*;
use super::support::*;
use crate::crypto::test_host::now;
use crate::materials::BranchKeyIdSource;

fn encryptor() -> ItemEncryptor {
    let search = SearchConfig {
        compound_beacons: vec![compound("signed", &[], &[("y", "Y_")])],
        ..beacons(vec![standard("ssn")])
    };
    made(table(&[("ssn", SECRET), ("y", SIGNED)]), search)
}

fn plain() -> Item<'static> {
    item([("pk", s("1")), ("ssn", s("abc")), ("y", s("2"))])
}

#[test]
fn q3_a_version_is_not_written_but_stripped_and_refused_in_input() {
    let made = encryptor();
    let mut stored = sealed(&made, &plain());
    assert!(!stored.iter().any(|(name, _)| name.starts_with("aws_dbe_v")));
    stored.push(("aws_dbe_v_1".into(), s(" ")));
    let opened = opened(&made, &stored);
    assert!(!opened.iter().any(|(name, _)| name.starts_with("aws_dbe_")));
    for name in ["aws_dbe_v_1", "aws_dbe_b_ssn", "aws_dbe_x"] {
        let mut item = plain();
        item.push((name.into(), s(" ")));
        let error = not_sealed(&made, &item);
        assert!(
            error.starts_with("RESERVED_NAME") && error.ends_with(&format!("[{name}]")),
            "{error}"
        );
    }
}

#[test]
fn q7_opening_leaves_beacons_out() {
    let made = encryptor();
    let stored = sealed(&made, &plain());
    let opened = opened(&made, &stored);
    let mut names: Vec<&str> = opened.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    assert_eq!(names, ["pk", "signed", "ssn", "y"]);
    // Changed or taken away, they change nothing: they are not signed.
    let mut changed = stored.clone();
    changed.retain(|(name, _)| name != "aws_dbe_b_ssn");
    assert_eq!(super::support::opened(&made, &changed), opened);
}

#[test]
fn q7_another_encryptor_opens_what_a_searched_table_has() {
    let made = encryptor();
    let mut without = table(&[("ssn", SECRET), ("y", SIGNED), ("signed", SIGNED)]);
    without.drop_reserved_attributes = false;
    let plain_table = ItemEncryptor::new(without).unwrap();
    let stored = sealed(&made, &plain());
    let opened = opened(&plain_table, &stored);
    assert_eq!(string(&opened, "ssn"), Some("abc"));
    // It does not drop beacons that it could not make anew.
    let error = now(plain_table.reseal(&plain_table, &stored)).err().unwrap();
    assert_eq!((error.code(), error.attribute()), ("RESERVED_NAME", Some("aws_dbe_b_ssn")));
}

#[test]
fn q7_what_is_opened_can_be_sealed_again() {
    let made = encryptor();
    let once = opened(&made, &sealed(&made, &plain()));
    let again = sealed(&made, &once);
    assert_eq!(again.iter().filter(|(name, _)| name == "signed").count(), 1);
    assert_eq!(string(&again, "aws_dbe_b_ssn"), Some("1d5"));
}

#[test]
fn q7_sealing_anew_replaces_beacons() {
    let made = encryptor();
    let stored = sealed(&made, &plain());
    let mut old = stored.clone();
    old.iter_mut().find(|(name, _)| name == "aws_dbe_b_ssn").unwrap().1 = s("old");
    old.push(("aws_dbe_b_gone".into(), s("old")));
    old.push(("aws_dbe_v_1".into(), s(" ")));
    let anew = now(made.reseal(&made, &old)).unwrap().unwrap().into_item(old);
    let mut names: Vec<&str> = anew.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["aws_dbe_b_ssn", "aws_dbe_foot", "aws_dbe_head", "pk", "signed", "ssn", "y"]
    );
    assert_eq!(string(&anew, "aws_dbe_b_ssn"), Some("1d5"));
    assert_eq!(opened(&made, &anew), opened(&made, &stored));
    // Something else that is reserved is not for sealing to drop.
    let mut odd = stored;
    odd.push(("aws_dbe_x".into(), s("1")));
    assert_eq!(now(made.reseal(&made, &odd)).err().unwrap().code(), "RESERVED_NAME");
}

#[test]
fn q34_sealing_anew_drops_the_key_field_and_nothing_else() {
    let store = Tenants::new("store", &["t1"]);
    let actions = [("ssn", SECRET), ("tenant", PLAIN), ("d", PLAIN)];
    let keyring = || branch_keyring(&store, BranchKeyIdSource::Fixed("t1".into()));
    let before = ItemEncryptor::new(table_of(&actions, keyring())).unwrap();
    let search = SearchConfig {
        key_source: source(&Rc::clone(&store)),
        keys: BeaconKeys::Multi { key_field_name: "tenant".into() },
        ..beacons(vec![standard("ssn")])
    };
    let after = made(table_of(&actions, keyring()), search);
    let plain = item([("pk", s("1")), ("tenant", s("t1")), ("d", s("kept")), ("ssn", s("abc"))]);
    let sealed = now(before.encrypt(&plain)).unwrap().unwrap().into_item(plain);
    // With the format's own attributes in front.
    let mut stored: Item<'_> = sealed;
    stored.rotate_right(2);
    assert!(stored[0].0.starts_with("aws_dbe_"));
    let anew = now(after.reseal(&before, &stored)).unwrap().unwrap().into_item(stored);
    assert_eq!(get(&anew, "tenant"), None);
    assert_eq!(string(&anew, "d"), Some("kept"));
    assert_eq!(string(&opened(&after, &anew), "ssn"), Some("abc"));
    assert!(get(&anew, "aws_dbe_b_ssn").is_some());
}

#[test]
fn what_beacons_are_made_of_can_be_seen() {
    let search = SearchConfig {
        compound_beacons: vec![
            compound("c", &[("ssn", "S-")], &[("y", "Y_")]),
            compound("signed", &[], &[("y", "Y_")]),
        ],
        virtual_fields: vec![virtual_field("v", &[("ssn", &[Transform::Upper])])],
        ..beacons(vec![standard("v"), at("ssn", "ssn.x"), at("whole", "z")])
    };
    let made =
        ItemEncryptor::with_search(table(&[("ssn", SECRET), ("z", SECRET), ("y", SIGNED)]), search)
            .unwrap_or_else(|error| panic!("{}", told(&error)));
    let resolved = made.search().unwrap().resolve_attributes(&plain()).unwrap();
    assert_eq!(resolved.virtual_fields, [("v".to_owned(), "ABC".to_owned())]);
    assert_eq!(resolved.compound_beacons, [("signed".to_owned(), "Y_2".to_owned())]);
    let resolved = made.search().unwrap().resolve_attributes(&item([])).unwrap();
    assert_eq!(resolved, ResolvedAttributes::default());
    let error = made.search().unwrap().resolve_attributes(&item([("ssn", ss(&["x"]))]));
    assert_eq!(error.unwrap_err().code(), "BEACON_NOT_POSSIBLE");
}
