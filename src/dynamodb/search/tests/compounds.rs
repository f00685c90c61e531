//! Compound and signed beacons (`beacons.md#compound-beacon`). `abc` has the beacon 1d5 by the key of `ssn`.

use super::super::*;
use super::support::*;

const ACTIONS: [(&str, crate::structured::CryptoAction); 5] =
    [("ssn", SECRET), ("other", SECRET), ("y", SIGNED), ("z", SIGNED), ("m", SIGNED)];

fn with(beacon: CompoundBeacon) -> ItemEncryptor {
    let mut search = beacons(vec![standard("ssn"), standard("other")]);
    search.compound_beacons = vec![beacon];
    made(table(&ACTIONS), search)
}

fn of_item<const N: usize>(
    beacon: CompoundBeacon,
    members: [(&str, AttributeValue<'_>); N],
) -> Option<String> {
    let mut plain: Item<'_> = item(members);
    plain.push(("pk".into(), s("1")));
    let stored = sealed(&with(beacon), &plain);
    string(&stored, "aws_dbe_b_c").map(str::to_owned)
}

#[test]
fn q13_parts_stand_between_split_characters() {
    let beacon = || compound("c", &[("ssn", "S-")], &[("y", "Y_")]);
    let found = of_item(beacon(), [("ssn", s("abc")), ("y", s("1984"))]);
    assert_eq!(found.as_deref(), Some("Y_1984.S-1d5"));
    let bar = CompoundBeacon { split: '|', ..beacon() };
    let found = of_item(bar, [("ssn", s("abc")), ("y", s("19.84"))]);
    assert_eq!(found.as_deref(), Some("Y_19.84|S-1d5"));
}

#[test]
fn q13_a_beacon_without_its_parts_is_not_there() {
    let beacon = || compound("c", &[("ssn", "S-")], &[("y", "Y_")]);
    assert_eq!(of_item(beacon(), [("ssn", s("abc"))]), None);
    assert_eq!(of_item(beacon(), [("y", s("1984"))]), None);
    assert_eq!(of_item(beacon(), []), None);
}

#[test]
fn q14_parts_for_all_are_there_for_constructors_only() {
    let mut search = beacons(vec![standard("ssn"), standard("other")]);
    search.encrypted_parts = vec![EncryptedPart { name: "ssn".into(), prefix: "S-".into() }];
    search.signed_parts =
        vec![SignedPart { name: "year".into(), prefix: "Y_".into(), location: Some("y".into()) }];
    let mut constructed = compound("c", &[], &[]);
    constructed.constructors = vec![constructor(&["ssn", "year?"])];
    let own = compound("own", &[("other", "O-")], &[]);
    search.compound_beacons = vec![constructed, own];
    let made = made(table(&ACTIONS), search);
    let stored = sealed(&made, &item([("pk", s("1")), ("ssn", s("abc")), ("y", s("2"))]));
    assert_eq!(string(&stored, "aws_dbe_b_c"), Some("S-1d5.Y_2"));
    assert_eq!(string(&stored, "aws_dbe_b_own"), None);
}

#[test]
fn q15_the_first_constructor_that_fits() {
    let beacon = || CompoundBeacon {
        constructors: vec![
            constructor(&["y", "ssn", "z?"]),
            constructor(&["z", "y?"]),
            constructor(&["ssn"]),
        ],
        ..compound("c", &[("ssn", "S-")], &[("y", "Y_"), ("z", "Z_")])
    };
    let all = || [("ssn", s("abc")), ("y", s("1")), ("z", s("2"))];
    assert_eq!(of_item(beacon(), all()).as_deref(), Some("Y_1.S-1d5.Z_2"));
    let [ssn, y, z] = all();
    assert_eq!(of_item(beacon(), [ssn.clone(), y.clone()]).as_deref(), Some("Y_1.S-1d5"));
    assert_eq!(of_item(beacon(), [y.clone(), z.clone()]).as_deref(), Some("Z_2.Y_1"));
    assert_eq!(of_item(beacon(), [ssn.clone(), z]).as_deref(), Some("Z_2"));
    assert_eq!(of_item(beacon(), [ssn]).as_deref(), Some("S-1d5"));
    assert_eq!(of_item(beacon(), [y]), None);
}

#[test]
fn q15_without_constructors_all_parts_signed_ones_first() {
    let beacon = || compound("c", &[("other", "O-"), ("ssn", "S-")], &[("z", "Z_"), ("y", "Y_")]);
    let all = [("ssn", s("abc")), ("other", s("")), ("y", s("1")), ("z", s("2"))];
    let found = of_item(beacon(), all).unwrap();
    assert!(found.starts_with("Z_2.Y_1.O-") && found.ends_with(".S-1d5"), "{found}");
}

#[test]
fn q16_encrypted_parts_hash_the_value_without_its_prefix() {
    let beacon = || compound("c", &[("ssn", "S-")], &[]);
    assert_eq!(of_item(beacon(), [("ssn", s("abc"))]).as_deref(), Some("S-1d5"));
    let made = with(beacon());
    let request = scan("c = :v", &[(":v", s("S-abc"))]).request(&made);
    assert_eq!(request.text(":v"), "S-1d5");
}

#[test]
fn q16_parts_are_strings_numbers_booleans_and_nulls() {
    let beacon = || compound("c", &[("ssn", "S-")], &[("y", "Y_")]);
    for (value, written) in [
        (n("19.84"), "1984"),
        (AttributeValue::Bool(true), "true"),
        (AttributeValue::Bool(false), "false"),
        (AttributeValue::Null(true), "null"),
    ] {
        let value = if written == "1984" { n("1984") } else { value };
        let found = of_item(beacon(), [("ssn", s("abc")), ("y", value)]);
        assert_eq!(found, Some(format!("Y_{written}.S-1d5")));
    }
    let made = with(beacon());
    for value in [ss(&["x"]), AttributeValue::L(vec![]), AttributeValue::B(b"x"[..].into())] {
        for (secret, signed) in [(value.clone(), s("1")), (s("1"), value.clone())] {
            let plain = item([("pk", s("1")), ("ssn", secret), ("y", signed)]);
            let error = not_sealed(&made, &plain);
            assert!(error.starts_with("BEACON_NOT_POSSIBLE"), "{error}");
        }
    }
}

#[test]
fn q17_no_part_has_the_split_character_in_it() {
    let made = with(compound("c", &[("ssn", "S-")], &[("y", "Y_")]));
    for (secret, signed, named) in [("a.b", "1", "ssn"), ("ab", "1.", "y"), (".", ".", "y")] {
        let error =
            not_sealed(&made, &item([("pk", s("1")), ("ssn", s(secret)), ("y", s(signed))]));
        assert!(error.starts_with("BEACON_NOT_POSSIBLE"), "{error}");
        assert!(error.contains("'.'") && error.ends_with(&format!("[{named}]")), "{error}");
        assert!(!error.contains("a.b"), "{error}");
    }
    // Numbers have it, too.
    let plain = item([("pk", s("1")), ("ssn", n("1.5")), ("y", s("1"))]);
    assert!(not_sealed(&made, &plain).ends_with("[ssn]"));
    // What is in no beacon may have it.
    sealed(&made, &item([("pk", s("1.")), ("ssn", s("a.b"))]));
}

fn signed() -> ItemEncryptor {
    with(compound("c", &[], &[("y", "Y_"), ("z", "Z_")]))
}

#[test]
fn q18_a_signed_beacon_is_an_attribute() {
    let made = signed();
    let plain = item([("pk", s("1")), ("y", s("a")), ("z", s("b"))]);
    let stored = sealed(&made, &plain);
    assert_eq!(string(&stored, "c"), Some("Y_a.Z_b"));
    assert_eq!(get(&stored, "aws_dbe_b_c"), None);
    // Callers get it back, and it is authentic.
    assert_eq!(string(&opened(&made, &stored), "c"), Some("Y_a.Z_b"));
    let mut changed = stored.clone();
    changed.iter_mut().find(|(name, _)| name == "c").unwrap().1 = s("Y_a.Z_c");
    let error = crate::crypto::test_host::now(made.decrypt(&changed)).err().unwrap();
    assert_eq!(error.code(), "SIGNATURE_MISMATCH");
    assert_eq!(made.search().unwrap().signed_beacons().collect::<Vec<_>>(), ["c"]);
}

#[test]
fn q18_a_supplied_signed_beacon_is_what_is_computed() {
    let made = signed();
    let with = |value: AttributeValue<'static>| {
        item([("pk", s("1")), ("y", s("a")), ("z", s("b")), ("c", value)])
    };
    let stored = sealed(&made, &with(s("Y_a.Z_b")));
    assert_eq!(stored.iter().filter(|(name, _)| name == "c").count(), 1);
    for value in [s("Y_a.Z_B"), s(""), n("1"), ss(&["Y_a.Z_b"])] {
        let error = not_sealed(&made, &with(value));
        assert!(error.starts_with("BEACON_NOT_POSSIBLE") && error.ends_with("[c]"), "{error}");
    }
    // Of an item that has no such beacon.
    let error = not_sealed(&made, &item([("pk", s("1")), ("y", s("a")), ("c", s("Y_a"))]));
    assert!(error.ends_with("[c]"), "{error}");
}

#[test]
fn q18_q37_a_signed_beacon_may_be_a_key() {
    let mut search = beacons(vec![standard("ssn")]);
    search.compound_beacons = vec![compound("c", &[], &[("y", "Y_")])];
    let actions = [("ssn", SECRET), ("y", SIGNED)];
    let config = || ItemEncryptorConfig { sort_key_name: Some("c".into()), ..table(&actions) };
    let made = made(config(), search);
    let stored = sealed(&made, &item([("pk", s("1")), ("y", s("a")), ("ssn", s("abc"))]));
    assert_eq!(string(&stored, "c"), Some("Y_a"));
    assert_eq!(string(&opened(&made, &stored), "c"), Some("Y_a"));
    let values = [(":pk", s("1")), (":c", s("Y_a"))];
    let request = query("pk = :pk AND c = :c", &values).request(&made);
    assert_eq!(request.key_condition.as_deref(), Some("pk = :pk AND c = :c"));
    assert_eq!(request.text(":c"), "Y_a");
    // An item without it has no key.
    let error = not_sealed(&made, &item([("pk", s("1")), ("ssn", s("abc"))]));
    assert!(error.starts_with("ATTRIBUTE_MISSING") || error.ends_with("[c]"), "{error}");
    // An encrypted one may not.
    let mut search = beacons(vec![standard("ssn")]);
    search.compound_beacons = vec![compound("c", &[("ssn", "S-")], &[])];
    assert!(ItemEncryptor::with_search(config(), search).is_err());
}
