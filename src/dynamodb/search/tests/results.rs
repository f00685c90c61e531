//! What is left of a response (`ddb-support.md#queryoutputforbeacons`).

use super::super::*;
use super::support::*;

fn encryptor() -> ItemEncryptor {
    let search = SearchConfig {
        compound_beacons: vec![CompoundBeacon {
            constructors: vec![constructor(&["y", "ssn?", "z?"])],
            ..compound("c", &[("ssn", "S-")], &[("y", "Y_"), ("z", "Z_")])
        }],
        ..beacons(vec![standard("ssn"), at("inner", "m.x"), styled("tags", BeaconStyle::AsSet)])
    };
    let actions = [
        ("ssn", SECRET),
        ("m", SECRET),
        ("tags", SECRET),
        ("y", SIGNED),
        ("z", SIGNED),
        ("d", PLAIN),
    ];
    made(table(&actions), search)
}

fn keeps(ask: &Ask<'_>, item: &Item<'_>) -> Result<bool> {
    let (made, parts) = (encryptor(), ask.parts());
    made.result_filter(&parts)?.unwrap().keeps(item)
}

fn looks(ask: &Ask<'_>) -> bool {
    let (made, parts) = (encryptor(), ask.parts());
    made.result_filter(&parts).unwrap().unwrap().looks()
}

fn person() -> Item<'static> {
    item([
        ("ssn", s("abc")),
        ("m", AttributeValue::M(vec![("x".into(), n("7"))])),
        ("tags", ss(&["a", "b"])),
        ("y", s("1984")),
        ("z", s("up S-abc")),
        ("d", n("10")),
    ])
}

#[test]
fn q28_values_that_have_one_beacon_are_told_apart() {
    for (filter, value, want) in [
        ("ssn = :v", s("abc"), true),
        ("ssn = :v", s("abd"), false),
        ("ssn = :v", s(""), false),
        ("ssn IN (:v)", s("abc"), true),
        ("NOT ssn = :v", s("abc"), false),
        ("NOT ssn = :v", s("x"), true),
        ("inner = :v", n("7.0"), true),
        ("inner = :v", s("7"), false),
        ("contains(tags, :v)", s("b"), true),
        ("contains(tags, :v)", s("c"), false),
        ("tags = :v", ss(&["b", "a"]), true),
        ("tags = :v", ss(&["b"]), false),
        ("contains(ssn, :v)", s("b"), true),
        ("contains(ssn, :v)", s("z"), false),
    ] {
        let values = [(":v", value)];
        assert_eq!(keeps(&scan(filter, &values), &person()).unwrap(), want, "{filter}");
    }
}

#[test]
fn q28_expressions_have_all_of_their_meaning() {
    let values = [(":v", s("abc")), (":n", n("2"))];
    for (filter, want) in [
        ("ssn = :v AND d BETWEEN :n AND :n", false),
        ("ssn = :v AND (d > :n OR size(z) > :n)", true),
        ("ssn = :v AND NOT attribute_exists(y) OR d = :n", false),
        ("ssn = :v AND attribute_not_exists(nothing) AND d >= :n", true),
        ("ssn = :v AND begins_with(y, :v) OR d = :n", false),
        ("ssn = :v AND attribute_exists(inner) AND d <> :n", true),
        ("ssn = :v AND attribute_not_exists(c) AND d <> :n", false),
    ] {
        assert_eq!(keeps(&scan(filter, &values), &person()).unwrap(), want, "{filter}");
    }
    // Key conditions are looked at, too.
    let values = [(":v", s("abd"))];
    assert!(!keeps(&query("ssn = :v", &values), &person()).unwrap());
}

#[test]
fn q28_compound_beacons_are_compared_by_what_they_are_made_of() {
    // Y_1984.S-abc.Z_up S-abc
    for (filter, value, want) in [
        ("c = :v", "Y_1984.S-abc.Z_up S-abc", true),
        ("c = :v", "Y_1984.S-abd", false),
        ("begins_with(c, :v)", "Y_19", true),
        ("begins_with(c, :v)", "Y_1984.S-", true),
        ("begins_with(c, :v)", "Y_1984.S-abc", true),
        ("begins_with(c, :v)", "Y_1984.S-abc.Z_u", true),
        ("begins_with(c, :v)", "Y_1984.S-ab", false),
        ("begins_with(c, :v)", "S-abc", false),
        ("begins_with(c, :v)", "Y_1984.Z_", false),
        ("contains(c, :v)", "S-abc", true),
        ("contains(c, :v)", "S-", true),
        ("contains(c, :v)", "S-abc.Z_up", true),
        ("contains(c, :v)", "Z_up S-abc", true),
        ("contains(c, :v)", "S-bc", false),
        ("contains(c, :v)", "S-ab", false),
        ("contains(c, :v)", "Y_984", false),
        ("contains(c, :v)", "Z_p", false),
        ("c < :v", "Y_2", true),
        ("c > :v", "Y_1984.S-", true),
        ("c <= :v", "Y_1984.S-", false),
        ("c <> :v", "Y_1984.S-abc", true),
    ] {
        // What DynamoDB can decide alone is not looked at but beside something that it cannot.
        let values = [(":v", s(value)), (":n", s("nobody"))];
        let looked = format!("({filter}) AND NOT ssn = :n");
        assert_eq!(keeps(&scan(&looked, &values), &person()).unwrap(), want, "{filter} {value}");
    }
}

#[test]
fn q28_an_encrypted_part_matches_as_a_whole_only() {
    // Z_y is in the plaintext of the encrypted part, where DynamoDB cannot see it.
    let mut person = person();
    person[0].1 = s("xZ_y");
    for (filter, value, want) in [
        ("contains(c, :v)", "Z_y", false),
        ("contains(c, :v)", "S-xZ_y", true),
        ("contains(c, :v)", "Z_u", true),
    ] {
        let values = [(":v", s(value))];
        assert_eq!(keeps(&scan(filter, &values), &person).unwrap(), want, "{value}");
    }
    // A signed part that reads like the encrypted one is not that.
    let other = item([("y", s("1")), ("z", s("S-abc"))]);
    let values = [(":v", s("S-abc"))];
    assert!(!keeps(&scan("contains(c, :v)", &values), &other).unwrap());
    // Another value's size is not the value.
    let values = [(":v", s("Y_1984"))];
    assert!(!keeps(&scan("contains(c, size(:v))", &values), &person).unwrap());
}

#[test]
fn q28_pieces_of_compound_beacons_are_matched_one_by_one() {
    let search = SearchConfig {
        compound_beacons: vec![CompoundBeacon {
            constructors: vec![constructor(&["ssn?", "other?", "y?", "z"])],
            ..compound("c", &[("ssn", "AY"), ("other", "O-")], &[("y", "Y"), ("z", "Z_")])
        }],
        ..beacons(vec![standard("ssn"), standard("other")])
    };
    let actions = [("ssn", SECRET), ("other", SECRET), ("y", SIGNED), ("z", SIGNED)];
    let made = made(table(&actions), search);
    for (members, function, value, want) in [
        // The end of a prefix is not the end of a piece.
        ([("ssn", "abc"), ("z", "1")], "contains", "Y.Z_1", false),
        ([("y", ""), ("z", "1")], "contains", "Y.Z_1", true),
        ([("y", "x"), ("z", "1")], "contains", "Y.Z_1", false),
        // The same value of another part.
        ([("ssn", "abc"), ("z", "1")], "contains", "O-abc", false),
        ([("other", "abc"), ("z", "1")], "contains", "O-abc", true),
        ([("ssn", "abc"), ("z", "1")], "begins_with", "O-abc.Z_1", false),
        ([("other", "abc"), ("z", "1")], "begins_with", "O-abc.Z_", true),
        ([("other", "abc"), ("z", "1")], "begins_with", "AYabc.Z_", false),
        // The end of the first piece, and not all of it.
        ([("y", "xYa"), ("z", "1")], "begins_with", "Ya.Z_", false),
        ([("y", "xYa"), ("z", "1")], "contains", "Ya.Z_", true),
        ([("y", "xYa"), ("z", "1")], "begins_with", "YxYa.Z_", true),
    ] {
        let plain = item(members.map(|(name, value)| (name, s(value))));
        let values = [(":v", s(value)), (":n", s("nobody"))];
        let filter = format!("{function}(c, :v) AND NOT ssn = :n");
        let parts = scan(&filter, &values).parts();
        let kept = made.result_filter(&parts).unwrap().unwrap().keeps(&plain).unwrap();
        assert_eq!(kept, want, "{function} {value} of {plain:?}");
    }
}

#[test]
fn q28_an_empty_part_is_its_bare_prefix() {
    let mut person = person();
    person[0].1 = s("");
    person.retain(|(name, _)| name != "z");
    // Its beacon is behind the prefix, and it is not.
    let values = [(":v", s("Y_1984.S-"))];
    for (filter, want) in [
        ("c > :v", false),
        (":v < c", false),
        ("c <= :v", true),
        (":v >= c", true),
        ("c = :v", true),
        ("c BETWEEN :v AND :v", true),
    ] {
        assert!(looks(&scan(filter, &values)), "{filter}");
        assert_eq!(keeps(&scan(filter, &values), &person).unwrap(), want, "{filter}");
    }
    for filter in ["c >= :v", ":v <= c", "c < :v", ":v > c"] {
        assert!(!looks(&scan(filter, &values)), "{filter}");
    }
}

#[test]
fn q28_an_item_without_the_value_is_not_equal_to_any() {
    let nobody = item([("d", n("10"))]);
    let values = [(":v", s("abc"))];
    for (filter, want) in
        [("ssn = :v", false), ("NOT ssn = :v", true), ("contains(tags, :v)", false)]
    {
        assert_eq!(keeps(&scan(filter, &values), &nobody).unwrap(), want, "{filter}");
    }
    let values = [(":v", s("Y_1.S-x"))];
    for (filter, want) in [("c = :v", false), ("c <> :v", true), ("begins_with(c, :v)", false)] {
        assert_eq!(keeps(&scan(filter, &values), &nobody).unwrap(), want, "{filter}");
    }
}

#[test]
fn q28_a_beacon_is_compared_with_another_attribute() {
    let of = |y: &'static str| item([("ssn", s("abc")), ("y", s(y))]);
    for (filter, same, other) in [("ssn = y", true, false), ("y <> ssn", false, true)] {
        assert_eq!(keeps(&scan(filter, &[]), &of("abc")).unwrap(), same, "{filter}");
        assert_eq!(keeps(&scan(filter, &[]), &of("abd")).unwrap(), other, "{filter}");
    }
}

#[test]
fn q28_an_attribute_is_there_whatever_a_beacon_of_its_name_is_of() {
    let actions = [("ssn", SECRET), ("crossed", SECRET), ("secret", SECRET), ("third", SECRET)];
    let search = beacons(vec![standard("ssn"), at("crossed", "secret"), at("only", "third")]);
    let made = made(table(&actions), search);
    let values = [(":v", s("abc"))];
    let keeps = |test: &str, other: &'static str| {
        let filter = format!("{test} AND ssn = :v");
        let parts = scan(&filter, &values).parts();
        let item = item([("ssn", s("abc")), (other, s("x"))]);
        made.result_filter(&parts).unwrap().unwrap().keeps(&item).unwrap()
    };
    for (name, attribute, other) in [("crossed", "crossed", "secret"), ("only", "third", "crossed")]
    {
        assert!(keeps(&format!("attribute_exists({name})"), attribute));
        assert!(!keeps(&format!("attribute_exists({name})"), other));
        assert!(!keeps(&format!("attribute_not_exists({name})"), attribute));
        assert!(keeps(&format!("attribute_not_exists({name})"), other));
    }
}

#[test]
fn q28_the_key_condition_of_a_query_is_looked_at_in_any_case() {
    let values = [(":v", s("x"))];
    for (ask, looks, looks_at_items) in [
        (query("pk = :v", &values), false, true),
        (query("ssn = :v", &values), true, true),
        (scan("d = :v", &values), false, false),
        (scan("ssn = :v", &values), true, true),
    ] {
        let (made, parts) = (encryptor(), ask.parts());
        let filter = made.result_filter(&parts).unwrap().unwrap();
        assert_eq!((filter.looks(), filter.looks_at_items()), (looks, looks_at_items), "{ask:?}");
    }
    let other = item([("pk", s("y"))]);
    assert!(!keeps(&query("pk = :v", &values), &other).unwrap());
}

#[test]
fn q28_nothing_is_looked_through_without_encrypted_values() {
    let values = [(":v", s("abc"))];
    for filter in ["d = :v", "y = :v AND attribute_exists(ssn)", "NOT (begins_with(z, :v))"] {
        assert!(!looks(&scan(filter, &values)), "{filter}");
        // What DynamoDB found is kept, whatever it is.
        assert!(keeps(&scan(filter, &values), &item([])).unwrap());
    }
    for filter in ["ssn = :v", "d = :v OR contains(tags, :v)", "NOT ssn = :v", "ssn = d OR d = :v"]
    {
        assert!(looks(&scan(filter, &values)), "{filter}");
    }
    let values = [(":v", s("Y_1"))];
    assert!(!looks(&scan("c < :v", &values)));
    assert!(looks(&scan("contains(c, :v)", &values)));
}

#[test]
fn q28_values_of_wrong_types_are_dynamodbs_errors() {
    let values = [(":v", s("abc")), (":l", n("2")), (":h", n("1"))];
    let ask = scan("ssn = :v AND d BETWEEN :l AND :h", &values);
    assert_eq!(keeps(&ask, &person()).unwrap_err().code(), "MALFORMED_EXPRESSION");
    // An item whose value cannot be a beacon's is an error, and not a mismatch.
    let mut person = person();
    person[0].1 = s("a.b");
    let values = [(":v", s("Y_1.S-x"))];
    let error = keeps(&scan("c = :v", &values), &person).unwrap_err();
    assert_eq!(error.code(), "BEACON_NOT_POSSIBLE");
}

#[test]
fn q28_a_table_without_search_has_no_results_to_look_through() {
    let plain = ItemEncryptor::new(table(&[("ssn", SECRET)])).unwrap();
    let values = [(":v", s("abc"))];
    let parts = scan("d = :v", &values).parts();
    assert!(plain.result_filter(&parts).unwrap().is_none());
    let sent = crate::crypto::test_host::now(plain.search_request(SearchOperation::Scan, &parts));
    assert!(sent.unwrap().is_none());
    assert!(plain.search().is_none());
}
