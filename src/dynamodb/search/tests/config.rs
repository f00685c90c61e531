//! What may be configured (`search-config.md`, `beacons.md`).

use super::super::*;
use super::support::*;
use crate::dynamodb::PlaintextOverride;

fn secrets() -> ItemEncryptorConfig {
    table(&[("a", SECRET), ("b", SECRET), ("y", SIGNED), ("z", SIGNED), ("d", PLAIN)])
}

/// A refusal must say this and name that.
#[track_caller]
fn says(error: &str, words: &str, name: &str) {
    assert!(error.starts_with("INVALID_CONFIG "), "{error}");
    assert!(error.contains(words), "{error}");
    assert!(error.ends_with(&format!("[{name}]")), "{error}");
}

#[track_caller]
fn is_refused(search: SearchConfig, words: &str, name: &str) {
    says(&refused(secrets(), search), words, name);
}

#[test]
fn q2_search_needs_a_standard_beacon() {
    is_refused(search(), "at least one standard beacon", "");
    made(secrets(), beacons(vec![standard("a")]));
}

#[test]
fn q8_lengths_are_1_to_63_bits() {
    for length in [1, 63] {
        made(secrets(), beacons(vec![StandardBeacon { length, ..standard("a") }]));
    }
    for length in [0, 64, 255] {
        let beacon = StandardBeacon { length, ..standard("a") };
        is_refused(beacons(vec![beacon]), "1 to 63 bits", "a");
    }
}

#[test]
fn q8_a_location_is_encrypted_and_of_one_beacon() {
    made(secrets(), beacons(vec![standard("a"), at("other", "b")]));
    is_refused(beacons(vec![at("x", "a"), standard("a")]), "one location that 'x' is of", "a");
    is_refused(beacons(vec![at("x", "b.c"), at("z2", "b.c")]), "one location", "z2");
    // Two places within one attribute are two locations.
    made(secrets(), beacons(vec![at("x", "b.c"), at("z2", "b.d"), standard("b")]));
    for (name, location) in [("x", "y"), ("x", "d"), ("x", "nothing"), ("x", ":prefixed")] {
        is_refused(beacons(vec![at(name, location)]), "of an attribute that is encrypted", "x");
    }
}

#[test]
fn q9_a_part_only_beacon_is_a_part() {
    let part_only = || vec![styled("a", BeaconStyle::PartOnly)];
    is_refused(beacons(part_only()), "is a part of no compound beacon", "a");
    let mut search = beacons(part_only());
    search.compound_beacons = vec![compound("c", &[("a", "A")], &[])];
    made(secrets(), search);
    // Parts of all compound beacons are those of none that does not name them.
    let mut search = beacons(part_only());
    search.encrypted_parts = vec![EncryptedPart { name: "a".into(), prefix: "A".into() }];
    is_refused(search, "is a part of no compound beacon", "a");
}

#[test]
fn q10_a_beacon_is_shared_with_a_plain_one_of_its_length() {
    made(secrets(), beacons(vec![standard("a"), shared("b", "a")]));
    is_refused(beacons(vec![shared("a", "none")]), "there is not", "a");
    is_refused(beacons(vec![standard("a"), shared("b", "")]), "there is not", "b");
    let other = StandardBeacon { length: 11, ..shared("b", "a") };
    is_refused(beacons(vec![standard("a"), other]), "another length", "b");
}

#[test]
fn q10_shares_make_no_chains_and_no_circles() {
    let three = || table(&[("a", SECRET), ("b", SECRET), ("c", SECRET)]);
    let refusal =
        refused(three(), beacons(vec![standard("a"), shared("b", "a"), shared("c", "b")]));
    says(&refusal, "shared with one that is shared itself", "c");
    let circle = vec![shared("a", "b"), shared("b", "c"), shared("c", "a")];
    says(&refused(three(), beacons(circle)), "shared itself", "a");
    is_refused(beacons(vec![shared("a", "b"), shared("b", "a")]), "shared itself", "a");
    is_refused(beacons(vec![shared("a", "a")]), "shared with itself", "a");
    let style = BeaconStyle::SharedSet { other: "a".into() };
    is_refused(beacons(vec![styled("a", style)]), "shared with itself", "a");
}

#[test]
fn q10_a_beacon_is_not_shared_with_a_compound_one() {
    let mut search = beacons(vec![standard("a"), shared("b", "c")]);
    search.compound_beacons = vec![compound("c", &[("a", "A")], &[])];
    is_refused(search, "a standard beacon that there is not", "b");
}

#[test]
fn q11_q12_beacons_of_sets_are_not_parts() {
    for style in [BeaconStyle::AsSet, BeaconStyle::SharedSet { other: "b".into() }] {
        let mut search = beacons(vec![styled("a", style), standard("b")]);
        search.compound_beacons = vec![compound("c", &[("a", "A")], &[])];
        is_refused(search, "beacon of a set", "a");
    }
}

#[test]
fn q13_a_compound_beacon_has_parts_that_there_are() {
    let with = |beacon: CompoundBeacon| {
        let mut search = beacons(vec![standard("a"), standard("b")]);
        search.compound_beacons = vec![beacon];
        search
    };
    made(secrets(), with(compound("c", &[("a", "A"), ("b", "B")], &[("y", "Y")])));
    is_refused(with(compound("c", &[("none", "A")], &[])), "name of no standard beacon", "none");
    is_refused(with(compound("c", &[("a", "A"), ("a", "B")], &[])), "two parts of one name", "a");
    is_refused(with(compound("c", &[], &[])), "neither parts of its own nor constructors", "c");
    let wide = CompoundBeacon { split: '😀', ..compound("c", &[("a", "A")], &[]) };
    is_refused(with(wide), "one UTF-16 code unit", "c");
}

#[test]
fn q14_no_prefix_begins_with_another() {
    let with = |encrypted: &[(&str, &str)], signed: &[(&str, &str)]| {
        let mut search = beacons(vec![standard("a"), standard("b")]);
        search.compound_beacons = vec![compound("c", encrypted, signed)];
        search
    };
    for (one, other) in [("A", "A"), ("A", "AB"), ("AB", "A")] {
        is_refused_either(with(&[("a", one), ("b", other)], &[]), ["a", "b"]);
        is_refused_either(with(&[("a", one)], &[("y", other)]), ["a", "y"]);
    }
    // With one between them in order.
    let search = with(&[("a", "A"), ("b", "AB")], &[("y", "AA"), ("z", "AC")]);
    assert!(refused(secrets(), search).contains("begins with the other's"));
    is_refused(with(&[("a", "")], &[]), "the prefix of a part is empty", "a");
    is_refused(with(&[("a", "A.B")], &[]), "the character in it that stands between", "a");
    made(secrets(), with(&[("a", "A"), ("b", "ZA")], &[("y", "CA")]));
}

#[track_caller]
fn is_refused_either(search: SearchConfig, names: [&str; 2]) {
    let error = refused(secrets(), search);
    assert!(error.contains("begins with the other's"), "{error}");
    assert!(names.iter().any(|name| error.ends_with(&format!("[{name}]"))), "{error}");
}

#[test]
fn q14_signed_parts_are_signed_and_not_encrypted() {
    let with = |location: &str| {
        let mut search = beacons(vec![standard("a")]);
        let mut beacon = compound("c", &[("a", "A")], &[("p", "P")]);
        beacon.signed_parts[0].location = Some(location.into());
        search.compound_beacons = vec![beacon];
        search
    };
    for location in ["y", "y.x", "pk"] {
        made(secrets(), with(location));
    }
    made(table(&[("a", SECRET), ("t", CONTEXT)]), with("t"));
    for location in ["b", "b.x", "d", "none", ":p"] {
        is_refused(with(location), "signed and not encrypted", "p");
    }
}

#[test]
fn q14_parts_of_all_differ_from_a_beacons_own() {
    let with = |own: &[(&str, &str)], parts: &[&str]| {
        let mut search = beacons(vec![standard("a"), standard("b")]);
        search.signed_parts =
            vec![SignedPart { name: "y".into(), prefix: "Y".into(), location: None }];
        search.encrypted_parts = vec![EncryptedPart { name: "b".into(), prefix: "B".into() }];
        let mut beacon = compound("c", &[("a", "A")], own);
        beacon.constructors = vec![constructor(parts)];
        search.compound_beacons = vec![beacon];
        search
    };
    made(secrets(), with(&[("z", "Z")], &["y", "a", "b?", "z?"]));
    is_refused(with(&[("y", "Q")], &["a"]), "that search has for all", "y");
    is_refused(with(&[("z", "Y")], &["a"]), "that search has for all", "z");
    // Only together with one that a constructor takes does a prefix matter that begins with another.
    made(secrets(), with(&[("z", "YZ")], &["a", "z"]));
    assert!(refused(secrets(), with(&[("z", "YZ")], &["y", "z"])).contains("begins with"));
    is_refused(with(&[], &["y", "a", "y"]), "more than once", "y");
    let mut search = with(&[], &["a"]);
    search.signed_parts.push(SignedPart { name: "q".into(), prefix: "YY".into(), location: None });
    is_refused(search, "signed and not encrypted", "q");
    let mut search = with(&[], &["a"]);
    search.signed_parts.push(SignedPart { name: "z".into(), prefix: "YY".into(), location: None });
    is_refused(search, "begins with the other's", "z");
}

#[test]
fn q15_constructors_have_required_parts_that_differ() {
    let with = |constructors: &[&[&str]]| {
        let mut search = beacons(vec![standard("a"), standard("b")]);
        let mut beacon = compound("c", &[("a", "A"), ("b", "B")], &[("y", "Y")]);
        beacon.constructors = constructors.iter().map(|parts| constructor(parts)).collect();
        search.compound_beacons = vec![beacon];
        search
    };
    made(secrets(), with(&[&["a", "b?"], &["b", "y?"], &["a", "b"]]));
    is_refused(with(&[&["a?", "b?"]]), "no required part", "c");
    is_refused(with(&[&[]]), "no required part", "c");
    is_refused(with(&[&["a", "b"], &["b", "y?", "a"]]), "the same required parts", "c");
    is_refused(with(&[&["a"], &["a", "b?", "a"]]), "the same required parts", "c");
    is_refused(with(&[&["a", "z"]]), "names a part that there is not", "z");
    // The positions 1 and 2 are not 12.
    let mut search = beacons(vec![standard("a")]);
    let part = |i: u8| SignedPart {
        name: format!("p{i}"),
        prefix: char::from(b'a' + i).into(),
        location: Some("y".into()),
    };
    search.compound_beacons = vec![CompoundBeacon {
        signed_parts: (0..13).map(part).collect(),
        constructors: vec![constructor(&["p1", "p2"]), constructor(&["p12"])],
        ..compound("c", &[], &[])
    }];
    made(secrets(), search);
}

#[test]
fn q18_a_signed_beacon_has_a_name_of_its_own() {
    let named = |name: &str| {
        let mut search = beacons(vec![standard("a")]);
        search.compound_beacons = vec![compound(name, &[], &[("y", "Y")])];
        search
    };
    made(secrets(), named("signed"));
    for name in ["b", "y", "pk", "d"] {
        assert!(refused(secrets(), named(name)).ends_with(&format!("[{name}]")));
    }
    is_refused(named("b"), "a signed beacon has the name of an attribute", "b");
    // One with an encrypted part may be called as an encrypted attribute.
    let mut search = beacons(vec![standard("a")]);
    search.compound_beacons = vec![compound("b", &[("a", "A")], &[])];
    made(secrets(), search);
}

#[test]
fn q19_virtual_fields_are_of_signed_attributes_and_differ() {
    let with = |fields: Vec<VirtualField>| SearchConfig {
        virtual_fields: fields,
        ..beacons(vec![standard("a")])
    };
    let field = |name: &str, locations: &[&str]| {
        let parts: Vec<(&str, &[Transform])> = locations.iter().map(|at| (*at, &[][..])).collect();
        virtual_field(name, &parts)
    };
    made(secrets(), with(vec![field("v", &["a", "y"]), field("w", &["a", "z"])]));
    is_refused(with(vec![field("b", &["a", "y"])]), "the name of an attribute", "b");
    is_refused(with(vec![field("v", &[])]), "no parts", "v");
    for location in ["d", "none", ":p"] {
        is_refused(with(vec![field("v", &["a", location])]), "signed, and", "v");
    }
    is_refused(with(vec![field("v", &["a", "y"]), field("v", &["b"])]), "named twice", "v");
    for same in [&["y", "a"][..], &["a", "y", "a"]] {
        let two = with(vec![field("v", &["a", "y"]), field("w", same)]);
        is_refused(two, "the same locations as 'v'", "w");
    }
    is_refused(with(vec![field("v", &["a"])]), "one location that the virtual field 'v'", "a");
    is_refused(with(vec![field("v", &["a", "a"])]), "one location that the virtual field 'v'", "a");
    made(secrets(), with(vec![field("v", &["a.x"])]));
}

#[test]
fn q19_a_beacon_of_a_virtual_field_needs_something_encrypted_and_is_one_string() {
    let with = |location: &str, beacon: StandardBeacon| SearchConfig {
        virtual_fields: vec![virtual_field("v", &[(location, &[])])],
        ..beacons(vec![beacon])
    };
    made(secrets(), with("a", standard("v")));
    made(secrets(), with("a", at("other", "v")));
    is_refused(with("y", standard("v")), "of a virtual field with one", "v");
    is_refused(with("a", styled("v", BeaconStyle::AsSet)), "neither a set", "v");
    is_refused(with("a", at("x", "v.y")), "places within", "x");
}

#[test]
fn q20_what_splits_is_one_unit() {
    let splits = [
        |split| Transform::Segment { split, index: 0 },
        |split| Transform::Segments { split, low: 0, high: 1 },
    ];
    for transform in splits {
        let with = |split| SearchConfig {
            virtual_fields: vec![virtual_field("v", &[("a", &[transform(split)])])],
            ..beacons(vec![standard("v")])
        };
        made(secrets(), with('é'));
        is_refused(with('\u{10000}'), "one UTF-16 code unit", "v");
    }
}

#[test]
fn q21_locations_are_names_members_and_indices() {
    for location in ["a.b", "a[3]", "a[0].b", "a.b[11].c", "a.b c.#", "a[3][4]", "a[00]"] {
        made(secrets(), beacons(vec![at("x", location)]));
    }
    for (location, words) in [
        ("", "must begin with the name"),
        (".a", "must begin with the name"),
        ("[0]", "must begin with the name"),
        ("a.", "ends too early"),
        ("a[", "ends too early"),
        ("a.b.", "ends too early"),
        ("a..b", "an empty name"),
        ("a.[0]", "an empty name"),
        ("a[]", "has an index"),
        ("a[x]", "has an index"),
        ("a[-1]", "has an index"),
        ("a[0", "has an index"),
        ("a[0]b", "has an index"),
        ("a[99999999999]", "has an index"),
        ("a[٣]", "has an index"),
    ] {
        let error = refused(secrets(), beacons(vec![at("x", location)]));
        assert!(error.contains(words) && error.contains("the beacon 'x'"), "{location}: {error}");
    }
}

#[test]
fn q21_indices_that_awss_libraries_misread_are_refused() {
    // They take the first digit for each of the others: 12 is 11 there, and items would have other beacons.
    for location in ["a[12]", "a[10]", "a[101]", "a.b[21]"] {
        let error = refused(secrets(), beacons(vec![at("x", location)]));
        assert!(error.contains("AWS's libraries do not read as it stands"), "{error}");
    }
}

#[test]
fn q22_numbers_of_partitions() {
    let with = |maximum, default, of_beacon| SearchConfig {
        maximum_number_of_partitions: maximum,
        default_number_of_partitions: default,
        ..beacons(vec![StandardBeacon { number_of_partitions: of_beacon, ..standard("a") }])
    };
    for (maximum, default, of_beacon) in
        [(1, None, None), (254, None, None), (5, Some(4), Some(4)), (2, Some(1), Some(1))]
    {
        made(secrets(), with(maximum, default, of_beacon));
    }
    for maximum in [0, 255] {
        is_refused(with(maximum, None, None), "maximumNumberOfPartitions must be 1 to 254", "");
    }
    for (maximum, default) in [(5, 5), (5, 0), (5, 6), (1, 1)] {
        is_refused(with(maximum, Some(default), None), "defaultNumberOfPartitions must be", "");
    }
    for (maximum, number) in [(5, 5), (5, 0), (5, 6), (1, 1)] {
        is_refused(with(maximum, None, Some(number)), "numberOfPartitions of a beacon", "a");
    }
}

#[test]
fn q33_q34_what_the_key_field_may_be() {
    let with = |name: &str| {
        let mut search = beacons(vec![standard("a"), at("of_b", "b")]);
        search.keys = BeaconKeys::Multi { key_field_name: name.into() };
        search.virtual_fields = vec![virtual_field("v", &[("a", &[]), ("y", &[])])];
        search.compound_beacons =
            vec![compound("c", &[("a", "A")], &[]), compound("signed", &[], &[("y", "Y")])];
        search
    };
    for name in ["y", "pk", "d", "none", ":p"] {
        made(secrets(), with(name));
    }
    is_refused(with("b"), "an attribute that is encrypted", "b");
    is_refused(with("a"), "an attribute that is encrypted", "a");
    is_refused(with("of_b"), "names a beacon", "of_b");
    is_refused(with("c"), "names a beacon", "c");
    is_refused(with("signed"), "names a beacon", "signed");
    is_refused(with("v"), "names a virtual field", "v");
    is_refused(with(""), "keyFieldName is empty", "");
}

#[test]
fn q36_names_are_of_one_thing() {
    let named = |name: &str| beacons(vec![at(name, "a")]);
    made(secrets(), named("b"));
    made(secrets(), named("anything.at[0] all"));
    for name in ["y", "pk", "d"] {
        assert!(refused(secrets(), named(name)).ends_with(&format!("[{name}]")));
    }
    is_refused(named(":p"), "allowed to be unsigned", ":p");
    is_refused(named(""), "a name in search is empty", "");
    is_refused(named("aws_dbe_b_x"), "begins with 'aws_dbe_'", "aws_dbe_b_x");
    is_refused(beacons(vec![standard("a"), at("a", "b")]), "named twice", "a");
    let mut search = beacons(vec![standard("a"), standard("b")]);
    search.compound_beacons = vec![compound("a", &[("b", "B")], &[])];
    is_refused(search, "named twice", "a");
    let mut search = beacons(vec![standard("a")]);
    search.compound_beacons =
        vec![compound("c", &[("a", "A")], &[]), compound("c", &[("a", "B")], &[])];
    is_refused(search, "named twice", "c");
    for name in ["aws_dbe_x", ":p", ""] {
        let mut search = beacons(vec![standard("a")]);
        search.virtual_fields = vec![virtual_field(name, &[("a", &[]), ("y", &[])])];
        refused(secrets(), search);
        let mut search = beacons(vec![standard("a")]);
        search.compound_beacons = vec![compound(name, &[("a", "A")], &[])];
        refused(secrets(), search);
    }
}

#[test]
fn q38_search_and_plaintext_items_do_not_go_together() {
    use PlaintextOverride::*;
    for plaintext_override in
        [ForcePlaintextWriteAllowPlaintextRead, ForbidPlaintextWriteAllowPlaintextRead]
    {
        let table = ItemEncryptorConfig { plaintext_override, ..secrets() };
        says(&refused(table, beacons(vec![standard("a")])), "plaintextOverride", "");
    }
    made(secrets(), beacons(vec![standard("a")]));
}
