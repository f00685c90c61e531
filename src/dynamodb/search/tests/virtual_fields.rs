//! Virtual fields, their transforms and their locations (`virtual.md`).

use super::super::*;
use super::support::*;

/// What transforms make of a value.
fn made_of(transforms: &[Transform], value: AttributeValue<'_>) -> Result<Option<String>> {
    let search = SearchConfig {
        virtual_fields: vec![virtual_field("v", &[("a", transforms)])],
        ..beacons(vec![standard("v")])
    };
    let made = made(table(&[("a", SECRET)]), search);
    let resolved = made.search().unwrap().resolve_attributes(&item([("a", value)]))?;
    Ok(resolved.virtual_fields.into_iter().next().map(|(_, value)| value))
}

#[track_caller]
fn makes(transform: Transform, cases: &[(&str, &str)]) {
    for (value, want) in cases {
        let found = made_of(core::slice::from_ref(&transform), s(value)).unwrap();
        assert_eq!(found.as_deref(), Some(*want), "{transform:?} of {value}");
    }
}

#[test]
fn q20_letters_are_ascii() {
    makes(Transform::Upper, &[("", ""), ("aZ09", "AZ09"), ("straße é", "STRAßE é")]);
    makes(Transform::Lower, &[("", ""), ("AzÉİ", "azÉİ"), ("@[`{", "@[`{")]);
}

#[test]
fn q20_insert_goes_behind() {
    let literal = || "-é".to_owned();
    makes(Transform::Insert { literal: literal() }, &[("", "-é"), ("ab", "ab-é")]);
}

#[test]
fn q20_prefixes_and_suffixes() {
    for (length, prefix, suffix) in [
        (0, "", ""),
        (2, "ab", "ef"),
        (6, "abcdef", "abcdef"),
        (7, "abcdef", "abcdef"),
        (i32::MAX, "abcdef", "abcdef"),
        (-1, "abcde", "bcdef"),
        (-6, "", ""),
        (-7, "", ""),
        (i32::MIN, "", ""),
    ] {
        makes(Transform::Prefix { length }, &[("abcdef", prefix), ("", "")]);
        makes(Transform::Suffix { length }, &[("abcdef", suffix), ("", "")]);
    }
}

#[test]
fn q20_substrings_are_clamped() {
    for (low, high, want) in [
        (0, 2, "ab"),
        (1, 3, "bc"),
        (3, 3, ""),
        (3, 1, ""),
        (-2, -1, "e"),
        (2, -1, "cde"),
        (-99, 2, "ab"),
        // The last place is before the last unit: 6 and 99 are 5.
        (2, 6, "cde"),
        (2, 99, "cde"),
        (99, 100, ""),
        (i32::MIN, i32::MAX, "abcde"),
    ] {
        makes(Transform::Substring { low, high }, &[("abcdef", want), ("", "")]);
    }
}

#[test]
fn q20_a_segment_out_of_range_is_empty() {
    let segment = |index| Transform::Segment { split: '.', index };
    for (index, want) in [
        (0, "a"),
        (2, "c"),
        (3, ""),
        (i32::MAX, ""),
        (-1, "c"),
        (-3, "a"),
        (-4, ""),
        (i32::MIN, ""),
    ] {
        makes(segment(index), &[("a.b.c", want)]);
    }
    makes(segment(0), &[("", ""), (".a", ""), ("abc", "abc")]);
    makes(segment(1), &[("a.", ""), ("a..b", ""), ("abc", "")]);
}

#[test]
fn q20_segments_are_clamped() {
    for (low, high, want) in [
        (0, 2, "a.b"),
        (1, 2, "b"),
        (0, -1, "a.b.c"),
        (-99, 99, "a.b.c"),
        (2, 1, ""),
        (99, 99, ""),
        (i32::MIN, i32::MAX, "a.b.c"),
    ] {
        makes(Transform::Segments { split: '.', low, high }, &[("a.b.c.d", want)]);
    }
    makes(Transform::Segments { split: '.', low: 0, high: 2 }, &[("", ""), ("a", "")]);
}

#[test]
fn q20_transforms_follow_one_another() {
    let transforms = [
        Transform::Segment { split: '@', index: 1 },
        Transform::Upper,
        Transform::Prefix { length: 3 },
        Transform::Insert { literal: "!".into() },
    ];
    assert_eq!(made_of(&transforms, s("me@example")).unwrap().as_deref(), Some("EXA!"));
}

#[test]
fn q20_units_are_those_of_utf_16() {
    // Two units each.
    makes(Transform::Prefix { length: 2 }, &[("😀😁", "😀")]);
    makes(Transform::Suffix { length: 2 }, &[("😀😁", "😁")]);
    makes(Transform::Substring { low: 1, high: 3 }, &[("a😀b", "😀")]);
    makes(Transform::Segment { split: 'é', index: 1 }, &[("aé😀éb", "😀")]);
}

#[test]
fn q20_half_a_character_has_no_beacon() {
    for transform in [
        Transform::Prefix { length: 1 },
        Transform::Suffix { length: -1 },
        Transform::Substring { low: 1, high: 2 },
    ] {
        let error = told(&made_of(&[transform], s("😀x")).unwrap_err());
        assert!(error.starts_with("BEACON_NOT_POSSIBLE"), "{error}");
        assert!(error.contains("cuts a character") && error.ends_with("[v]"), "{error}");
    }
    // Halves may be put together again.
    let search = SearchConfig {
        virtual_fields: vec![virtual_field(
            "v",
            &[("a", &[Transform::Prefix { length: 1 }]), ("b", &[Transform::Suffix { length: 1 }])],
        )],
        ..beacons(vec![standard("v")])
    };
    let made = made(table(&[("a", SECRET), ("b", SECRET)]), search);
    let plain = item([("pk", s("1")), ("a", s("😀")), ("b", s("😁"))]);
    let resolved = made.search().unwrap().resolve_attributes(&plain).unwrap();
    assert_eq!(resolved.virtual_fields, [("v".to_owned(), "😁".to_owned())]);
    assert!(get(&sealed(&made, &plain), "aws_dbe_b_v").is_some());
}

#[test]
fn q19_a_virtual_field_is_its_parts_one_after_another() {
    let search = SearchConfig {
        virtual_fields: vec![virtual_field(
            "v",
            &[("a.x[1]", &[]), ("y", &[Transform::Upper]), ("n", &[]), ("f", &[]), ("z", &[])],
        )],
        ..beacons(vec![standard("v")])
    };
    let actions = [("a", SECRET), ("y", SIGNED), ("n", SECRET), ("f", SIGNED), ("z", SIGNED)];
    let made = made(table(&actions), search);
    let list = AttributeValue::L(vec![s("no"), s("yes")]);
    let mut plain = item([
        ("a", AttributeValue::M(vec![("x".into(), list)])),
        ("y", s("q")),
        // As it is written, like AWS's libraries.
        ("n", n("1.50")),
        ("f", AttributeValue::Bool(false)),
        ("z", AttributeValue::Null(true)),
        ("pk", s("1")),
    ]);
    let resolved = |plain: &Item<'_>| made.search().unwrap().resolve_attributes(plain).unwrap();
    assert_eq!(resolved(&plain).virtual_fields[0].1, "yesQ1.50falsenull");
    for missing in 0..5 {
        let mut plain = plain.clone();
        plain.remove(missing);
        assert_eq!(resolved(&plain).virtual_fields, []);
        assert_eq!(get(&sealed(&made, &plain), "aws_dbe_b_v"), None);
    }
    // What is not text is refused, and not left out.
    plain[1].1 = ss(&["q"]);
    let error = not_sealed(&made, &plain);
    assert!(error.starts_with("BEACON_NOT_POSSIBLE") && error.ends_with("[y]"), "{error}");
}

#[test]
fn q19_a_virtual_field_is_not_stored_and_not_asked_for() {
    let search = SearchConfig {
        virtual_fields: vec![virtual_field("v", &[("a", &[Transform::Lower])])],
        ..beacons(vec![at("low", "v")])
    };
    let made = made(table(&[("a", SECRET)]), search);
    let stored = sealed(&made, &item([("pk", s("1")), ("a", s("X"))]));
    assert_eq!(get(&stored, "v"), None);
    let values = [(":v", s("x"))];
    let request = scan("low = :v", &values).request(&made);
    assert_eq!(request.text(":v"), string(&stored, "aws_dbe_b_low").unwrap());
    for filter in ["v = :v", "v.x = :v"] {
        let error = scan(filter, &values).refused(&made);
        assert!(error.contains("a virtual field is not stored"), "{error}");
    }
    let error = scan("attribute_exists(v)", &[]).refused(&made);
    assert!(error.contains("a virtual field is not stored"), "{error}");
}
