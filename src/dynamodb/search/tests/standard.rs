//! Standard beacons (`beacons.md#standard-beacon`). What is compared was computed with Python's hmac.

use super::super::*;
use super::support::*;

fn encryptor(beacon: StandardBeacon) -> ItemEncryptor {
    let secrets = [("ssn", SECRET), ("n", SECRET), ("set", SECRET), ("m", SECRET), ("y", SIGNED)];
    made(table(&secrets), beacons(vec![beacon]))
}

/// The beacon of an item with this attribute.
#[track_caller]
fn beacon_of(
    beacon: StandardBeacon,
    name: &str,
    value: AttributeValue<'_>,
) -> AttributeValue<'static> {
    let stored = format!("aws_dbe_b_{}", beacon.name);
    let made = encryptor(beacon);
    let plain: Item<'_> = vec![("pk".into(), s("1")), (name.to_owned().into(), value)];
    let sealed = sealed(&made, &plain);
    get(&sealed, &stored).expect("a beacon").clone().into_owned()
}

#[test]
fn q4_q5_a_beacon_is_the_low_bits_of_an_hmac() {
    for (length, beacon) in [
        (1, "0"),
        (4, "6"),
        (5, "16"),
        (8, "d6"),
        (12, "bd6"),
        (13, "1bd6"),
        (63, "2f2d2c295f31dbd6"),
    ] {
        let made = StandardBeacon { length, ..standard("ssn") };
        assert_eq!(beacon_of(made, "ssn", s("078-05-1120")), s(beacon));
    }
}

#[test]
fn q5_a_beacon_has_as_many_digits_as_its_length_needs() {
    let bits = |beacon: &AttributeValue<'_>| match beacon {
        AttributeValue::S(digits) => (u64::from_str_radix(digits, 16).unwrap(), digits.len()),
        other => panic!("{other:?}"),
    };
    let mut zeros = 0;
    for value in ["a", "b", "c", "d", "e", "f"] {
        let of = |length| beacon_of(StandardBeacon { length, ..standard("ssn") }, "ssn", s(value));
        let (all, _) = bits(&of(63));
        for length in 1..63_u8 {
            let (number, digits) = bits(&of(length));
            assert_eq!(number, all & ((1 << length) - 1), "{value} {length}");
            assert_eq!(digits, usize::from(length).div_ceil(4), "{value} {length}");
            zeros += usize::from(number < 1 << (4 * (digits - 1)));
        }
    }
    assert!(zeros > 10, "of {zeros} beacons the first digit is 0");
}

#[test]
fn q4_each_beacon_has_a_key_of_its_own() {
    assert_eq!(beacon_of(standard("ssn"), "ssn", s("abc")), s("1d5"));
    assert_eq!(beacon_of(at("other", "ssn"), "ssn", s("abc")), s("d03"));
}

#[test]
fn q6_an_empty_string_has_a_beacon_and_what_is_not_there_has_none() {
    assert_eq!(beacon_of(standard("ssn"), "ssn", s("")), s("38c"));
    let made = encryptor(standard("ssn"));
    let sealed = sealed(&made, &item([("pk", s("1")), ("n", n("1"))]));
    assert_eq!(get(&sealed, "aws_dbe_b_ssn"), None);
}

#[test]
fn q6_numbers_have_one_beacon_however_they_are_written() {
    for written in ["1.5", "01.50", "15e-1", "+1.5"] {
        assert_eq!(beacon_of(standard("n"), "n", n(written)), s("f66"), "{written}");
    }
    assert_ne!(beacon_of(standard("n"), "n", n("-1.5")), s("f66"));
    // The type is not hashed.
    assert_eq!(beacon_of(standard("n"), "n", s("1.5")), s("f66"));
}

#[test]
fn q6_what_has_no_canonical_form_has_no_beacon() {
    let made = encryptor(standard("n"));
    let error = not_sealed(&made, &item([("pk", s("1")), ("n", n("1.2.3"))]));
    assert!(error.ends_with("[n]"), "{error}");
    // In a query, too, where the attribute is named, and not the beacon.
    let made = encryptor(at("other", "n"));
    let error = scan("other = :v", &[(":v", n("1.2.3"))]).refused(&made);
    assert!(error.ends_with("[n]"), "{error}");
}

#[test]
fn q6_places_within_attributes() {
    let m = AttributeValue::M(vec![
        ("x".into(), s("abc")),
        ("l".into(), AttributeValue::L(vec![s("no"), s("abc")])),
    ]);
    let of = |location: &str| beacon_of(at("ssn", location), "m", m.clone());
    assert_eq!(of("m.x"), s("1d5"));
    assert_eq!(of("m.l[1]"), s("1d5"));
    let made = encryptor(at("ssn", "m.l[2]"));
    for m in [m, s("not a map")] {
        let sealed = sealed(&made, &item([("pk", s("1")), ("m", m)]));
        assert_eq!(get(&sealed, "aws_dbe_b_ssn"), None);
    }
}

#[test]
fn q7_beacons_are_strings_beside_what_they_are_of() {
    let made = encryptor(standard("ssn"));
    let stored = sealed(&made, &item([("pk", s("1")), ("ssn", s("abc")), ("y", s("2"))]));
    let mut names: Vec<&str> = stored.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    assert_eq!(names, ["aws_dbe_b_ssn", "aws_dbe_foot", "aws_dbe_head", "pk", "ssn", "y"]);
    assert!(matches!(get(&stored, "ssn"), Some(AttributeValue::B(_))));
}

#[test]
fn q9_a_part_only_beacon_is_neither_stored_nor_asked_for() {
    let mut search = beacons(vec![styled("ssn", BeaconStyle::PartOnly)]);
    search.compound_beacons = vec![compound("c", &[("ssn", "S-")], &[])];
    let made = made(table(&[("ssn", SECRET)]), search);
    let stored = sealed(&made, &item([("pk", s("1")), ("ssn", s("abc"))]));
    assert_eq!(get(&stored, "aws_dbe_b_ssn"), None);
    assert_eq!(string(&stored, "aws_dbe_b_c"), Some("S-1d5"));
    let values = [(":v", s("abc"))];
    let error = scan("ssn = :v", &values).refused(&made);
    assert!(
        error.contains("only a part of compound beacons") && error.ends_with("[ssn]"),
        "{error}"
    );
    scan("c = :v", &[(":v", s("S-abc"))]).request(&made);
    // Whether the attribute is there can be asked all the same.
    let request = scan("attribute_exists(ssn)", &[]).request(&made);
    assert_eq!(request.filter.as_deref(), Some("attribute_exists ( ssn )"));
}

#[test]
fn q10_shared_beacons_of_equal_values_are_equal() {
    let both = |second: StandardBeacon| {
        let made =
            made(table(&[("a", SECRET), ("b", SECRET)]), beacons(vec![standard("a"), second]));
        let stored = sealed(&made, &item([("pk", s("1")), ("a", s("x")), ("b", s("x"))]));
        string(&stored, "aws_dbe_b_a") == string(&stored, "aws_dbe_b_b")
    };
    assert!(both(shared("b", "a")));
    assert!(!both(standard("b")));
}

#[test]
fn q11_a_beacon_of_a_set_has_one_of_each_member() {
    let of = |value| beacon_of(at_set("ssn", "set"), "set", value);
    assert_eq!(of(ss(&["abc"])), ss(&["1d5"]));
    assert_eq!(of(ss(&["", "abc"])), ss(&["38c", "1d5"]));
    let numbers = |written: &'static str| of(AttributeValue::Ns(vec![written.into()]));
    assert_eq!(numbers("1.50"), numbers("15e-1"));
    let bytes = AttributeValue::Bs(vec![b"abc"[..].into()]);
    assert_eq!(of(bytes), ss(&["1d5"]));
    // Without the style, all of it is one value.
    assert!(matches!(beacon_of(at("ssn", "set"), "set", ss(&["abc"])), AttributeValue::S(_)));
}

#[test]
fn q11_a_query_is_for_a_member_or_for_the_whole_set() {
    let numbers = || AttributeValue::Ns(vec!["1".into(), "2".into()]);
    let bytes = || AttributeValue::Bs(vec![b"1"[..].into(), b"2"[..].into()]);
    let made = encryptor(at_set("ssn", "set"));
    for (set, member) in [
        (ss(&["1", "2"]), s("2")),
        (numbers(), n("2.0")),
        (bytes(), AttributeValue::B(b"2"[..].into())),
    ] {
        let stored = sealed(&made, &item([("pk", s("1")), ("set", set.clone())]));
        for (filter, value) in [("contains(ssn, :v)", member), ("ssn = :v", set)] {
            let request = scan(filter, &[(":v", value)]).request(&made);
            assert!(finds(&request, None, &stored).unwrap(), "{request:?}");
        }
    }
    // Of a beacon without the style, the set is one value.
    let made = encryptor(at("ssn", "set"));
    for set in [ss(&["1", "2"]), numbers(), bytes()] {
        let stored = sealed(&made, &item([("pk", s("1")), ("set", set.clone())]));
        let request = scan("ssn = :v", &[(":v", set)]).request(&made);
        assert!(finds(&request, None, &stored).unwrap(), "{request:?}");
    }
}

fn at_set(name: &str, location: &str) -> StandardBeacon {
    StandardBeacon { style: BeaconStyle::AsSet, ..at(name, location) }
}

#[test]
fn q11_members_that_collide_are_one() {
    let made = StandardBeacon { length: 1, ..at_set("ssn", "set") };
    let AttributeValue::Ss(members) = beacon_of(made, "set", ss(&["1", "2", "3", "4", "5", "6"]))
    else {
        panic!()
    };
    assert_eq!(members.len(), 2);
}

#[test]
fn q11_what_is_not_a_set_has_no_beacon_of_a_set() {
    let made = encryptor(at_set("ssn", "set"));
    for value in [s("abc"), n("1"), AttributeValue::L(vec![s("abc")]), AttributeValue::Null(true)] {
        let error = not_sealed(&made, &item([("pk", s("1")), ("set", value)]));
        assert!(error.starts_with("BEACON_NOT_POSSIBLE"), "{error}");
        assert!(error.contains("'ssn'") && error.ends_with("[set]"), "{error}");
    }
}

#[test]
fn q12_a_shared_set_is_both() {
    let style = BeaconStyle::SharedSet { other: "a".into() };
    let second = StandardBeacon { style, ..standard("b") };
    let made = made(table(&[("a", SECRET), ("b", SECRET)]), beacons(vec![standard("a"), second]));
    let stored = sealed(&made, &item([("pk", s("1")), ("a", s("x")), ("b", ss(&["x"]))]));
    let Some(AttributeValue::Ss(members)) = get(&stored, "aws_dbe_b_b") else { panic!() };
    assert_eq!(members[..], [string(&stored, "aws_dbe_b_a").unwrap()]);
    let error = not_sealed(&made, &item([("pk", s("1")), ("b", s("x"))]));
    assert!(error.contains("of a set"), "{error}");
}
