//! Requests as they are sent (`ddb-support.md`), and what beacons cannot be asked for (`beacons.md`).

use super::super::*;
use super::support::*;

fn encryptor() -> ItemEncryptor {
    let search = SearchConfig {
        compound_beacons: vec![
            CompoundBeacon {
                constructors: vec![constructor(&["y", "ssn?", "z?"])],
                ..compound("c", &[("ssn", "S-")], &[("y", "Y_"), ("z", "Z_")])
            },
            compound("signed", &[], &[("y", "Y_"), ("z", "Z_")]),
        ],
        ..beacons(vec![
            standard("ssn"),
            shared("twin", "ssn"),
            at("inner", "m.x"),
            styled("tags", BeaconStyle::AsSet),
            // Of another attribute than the one of its name.
            at("crossed", "secret"),
        ])
    };
    let actions = [
        ("ssn", SECRET),
        ("twin", SECRET),
        ("m", SECRET),
        ("tags", SECRET),
        ("crossed", SECRET),
        ("secret", SECRET),
        ("y", SIGNED),
        ("z", SIGNED),
        ("d", PLAIN),
    ];
    made(table(&actions), search)
}

/// The filter that is sent for a filter with `:v`, and `:w` if it has that.
fn filter_of(filter: &str, v: AttributeValue<'_>) -> Result<String> {
    let values = [(":v", v), (":w", n("1"))];
    let values = if filter.contains(":w") { &values[..] } else { &values[..1] };
    scan(filter, values).sent(&encryptor()).map(|request| request.filter.unwrap())
}

#[track_caller]
fn sends(filter: &str, v: AttributeValue<'_>, want: &str) {
    let sent = filter_of(filter, v).unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!(sent, want);
}

#[track_caller]
fn refuses(filter: &str, v: AttributeValue<'_>, words: &str, name: &str) {
    let error = told(&filter_of(filter, v).expect_err("it is sent"));
    assert!(error.starts_with("TABLE_REQUEST_REFUSED"), "{error}");
    assert!(error.contains(words) && error.ends_with(&format!("[{name}]")), "{error}");
}

const LATER: &str = "attribute_not_exists ( #aws_dbe_none )";

#[test]
fn q27_names_and_values_become_those_of_beacons() {
    let values = [(":v", s("abc")), (":y", s("2"))];
    let names = [("#s", "ssn"), ("#d", "d")];
    let ask = Ask { names: &names, filter: Some("#d = :y"), ..query("#s = :v", &values) };
    let request = ask.request(&encryptor());
    assert_eq!(request.key_condition.as_deref(), Some("#s = :v"));
    assert_eq!(request.filter.as_deref(), Some("#d = :y"));
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(request.names, [pair("#s", "aws_dbe_b_ssn"), pair("#d", "d")]);
    assert_eq!(request.text(":v"), "1d5");
    assert_eq!(request.text(":y"), "2");
}

#[test]
fn q27_expressions_keep_their_words() {
    sends("ssn=:v", s("abc"), "aws_dbe_b_ssn = :v");
    sends("\tNot(  d\r\n= :v)", s("x"), "NOT ( d = :v )");
    sends("(ssn) = (:v)", s("abc"), "( aws_dbe_b_ssn ) = ( :v )");
    sends("d.ssn[0].ssn = :v and y=:v", s("x"), "d.ssn[0].ssn = :v AND y = :v");
    // Keywords as parts of names.
    sends("andor = :v or notin = :v", s("x"), "andor = :v OR notin = :v");
    sends("ssn in (:v)", s("abc"), "aws_dbe_b_ssn IN ( :v )");
    sends("ssnssn = :v", s("x"), "ssnssn = :v");
    sends("size(d) > :v", n("1"), "size ( d ) > :v");
}

#[test]
fn q27_what_is_called_like_a_beacon_is_not_always_one() {
    // A place within what has its name, and a function.
    sends(
        "inner.x = :v OR d.inner = :v OR inner[0] = :v",
        s("x"),
        "inner.x = :v OR d.inner = :v OR inner[0] = :v",
    );
    let made = made(table(&[("a", SECRET), ("d", PLAIN)]), beacons(vec![at("contains", "a")]));
    let values = [(":v", s("abc")), (":w", s("x"))];
    let request = scan("contains(d, :w) AND contains = :v", &values).request(&made);
    assert_eq!(request.filter.as_deref(), Some("contains ( d , :w ) AND aws_dbe_b_contains = :v"));
    let names = [("#i", "inner")];
    let ask = Ask { names: &names, ..scan("#i.x = :w AND #i = :v", &values) };
    let request = ask.request(&encryptor());
    assert_eq!(request.filter.as_deref(), Some("#i.x = :w AND #iAA = :v"));
}

#[test]
fn q27_one_value_has_one_meaning() {
    let values = [(":v", s("abc"))];
    for filter in ["ssn = :v AND d = :v", "ssn = :v OR inner = :v", "d = :v OR ssn IN (:v)"] {
        let error = scan(filter, &values).refused(&encryptor());
        assert!(error.contains("give it twice") && error.ends_with("[:v]"), "{error}");
    }
    let ask = Ask { filter: Some("inner = :v"), ..query("ssn = :v", &values) };
    assert!(ask.refused(&encryptor()).contains("give it twice"));
    // Of what is decided later, nothing is sent; twins have one beacon.
    scan("ssn = :v AND contains(inner, :v)", &values).request(&encryptor());
    scan("ssn = :v OR twin = :v", &values).request(&encryptor());
    scan("y = :v AND d = :v", &values).request(&encryptor());
}

#[test]
fn q27_a_placeholder_may_stand_for_an_attribute_and_its_beacon() {
    let values = [(":v", s("abc"))];
    let names = [("#c", "crossed")];
    let ask = Ask { names: &names, ..scan("attribute_exists(#c) AND #c = :v", &values) };
    let request = ask.request(&encryptor());
    assert_eq!(request.filter.as_deref(), Some("attribute_exists ( #c ) AND #cAA = :v"));
    // And what a projection names is what it was.
    let ask = Ask { names: &names, projection: Some("#c, pk"), ..scan("#c = :v", &values) };
    let request = ask.request(&encryptor());
    assert_eq!(request.filter.as_deref(), Some("#cAA = :v"));
    assert!(request.names.contains(&("#c".to_owned(), "crossed".to_owned())));
    let taken = [("#c", "crossed"), ("#cAA", "d"), ("#cAB", "aws_dbe_b_crossed")];
    let filter = "#c = :v AND attribute_exists(#c) AND attribute_exists(#cAA)";
    let ask = Ask { names: &taken[..2], ..scan(filter, &values) };
    let request = ask.request(&encryptor());
    assert!(request.filter.as_deref().unwrap().starts_with("#cAB = :v"), "{request:?}");
}

#[test]
fn q27_a_projection_is_read_and_what_it_names_is_sent() {
    let values = [(":v", s("abc"))];
    let names = [("#p", "y"), ("#s", "ssn")];
    let of = |projection| Ask {
        names: &names,
        projection: Some(projection),
        ..scan("ssn = :v", &values)
    };
    let request = of("pk, #p, #s.x").request(&encryptor());
    for (name, attribute) in names {
        assert!(request.names.contains(&(name.to_owned(), attribute.to_owned())), "{request:?}");
    }
    for projection in ["#p", "#p, #s,", "#p #s", "#p, #s, #x", ""] {
        let error = of(projection).sent(&encryptor()).unwrap_err();
        assert_eq!(error.code(), "MALFORMED_EXPRESSION", "{projection}");
    }
}

#[test]
fn q27_placeholders_that_nothing_uses_any_more_are_not_sent() {
    let values = [(":v", s("abc"))];
    let names = [("#s", "ssn"), ("#aws_dbe_none", "d")];
    let ask = Ask {
        names: &names,
        ..scan("contains(#s, :v) AND attribute_exists(#aws_dbe_none)", &values)
    };
    let request = ask.request(&encryptor());
    assert_eq!(
        request.filter.as_deref(),
        Some("attribute_not_exists ( #aws_dbe_noneAA ) AND attribute_exists ( #aws_dbe_none )")
    );
    let same_length = [("#s", "ssn"), ("#aws_dbe_none", "twelve_bytes")];
    let filter = "contains(#s, :v) AND attribute_exists(#aws_dbe_none)";
    let ask = Ask { names: &same_length, ..scan(filter, &values) };
    assert!(ask.request(&encryptor()).filter.unwrap().contains("#aws_dbe_noneAA"));
    assert!(request.values.is_empty() && !request.names.iter().any(|(name, _)| name == "#s"));
}

#[test]
fn q27_what_dynamodb_would_not_read_is_refused() {
    for filter in ["ssn = ", "ssn = :v)", "((ssn = :v))", "ssn = :x", "foo(ssn)", "ssn = :v AND"] {
        let error = filter_of(filter, s("abc")).unwrap_err();
        assert_eq!(error.code(), "MALFORMED_EXPRESSION", "{filter}");
    }
    let unused = [(":v", s("abc")), (":x", s("1"))];
    assert!(scan("ssn = :v", &unused).refused(&encryptor()).contains("unused"));
    let names = [("#x", "d")];
    let ask = Ask { names: &names, ..scan("ssn = :v", &unused[..1]) };
    assert!(ask.refused(&encryptor()).contains("unused"));
}

#[test]
fn q29_a_standard_beacon_is_asked_for_equal_values() {
    sends("ssn = :v", s("abc"), "aws_dbe_b_ssn = :v");
    sends(":v = ssn", s("abc"), ":v = aws_dbe_b_ssn");
    sends("ssn IN (:v)", s("abc"), "aws_dbe_b_ssn IN ( :v )");
    sends("contains(tags, :v)", s("abc"), "contains ( aws_dbe_b_tags , :v )");
    for filter in [
        "ssn <> :v",
        "ssn < :v",
        ":v >= ssn",
        "ssn <= :v",
        "ssn > :v",
        "ssn BETWEEN :v AND :v",
        "begins_with(ssn, :v)",
        "NOT begins_with(ssn, :v)",
    ] {
        refuses(filter, s("abc"), "equal values only", "ssn");
    }
    refuses("size(ssn) = :v", n("1"), "size cannot be asked of a beacon", "ssn");
    refuses("attribute_type(ssn, :v)", s("S"), "attribute_type cannot be asked", "ssn");
}

#[test]
fn q29_what_beacons_do_not_say_is_decided_later() {
    sends("contains(ssn, :v)", s("b"), LATER);
    sends("NOT ssn = :v", s("b"), "NOT attribute_exists ( #aws_dbe_none )");
    sends(
        "NOT (d = :v AND ssn = :w)",
        s("b"),
        "NOT ( d = :v AND attribute_exists ( #aws_dbe_none ) )",
    );
    sends("NOT (NOT ssn = :v)", s("abc"), "NOT ( NOT aws_dbe_b_ssn = :v )");
    sends("ssn = twin AND d = :v", s("b"), "aws_dbe_b_ssn = aws_dbe_b_twin AND d = :v");
    sends("ssn <> twin AND d = :v", s("b"), &format!("{LATER} AND d = :v"));
    sends("ssn = inner AND d = :v", s("b"), &format!("{LATER} AND d = :v"));
    sends("ssn < d AND d = :v", s("b"), &format!("{LATER} AND d = :v"));
    // Other values may have the beacon, and differ all the same. What is signed tells everything.
    sends("c <> :v", s("Y_2.S-abc"), LATER);
    sends("c <> :v", s("Y_2"), "aws_dbe_b_c <> :v");
    sends("NOT contains(signed, :v)", s("Y_2"), "NOT contains ( signed , :v )");
    sends("NOT contains(c, :v)", s("Y_2"), "NOT attribute_exists ( #aws_dbe_none )");
}

#[test]
fn q29_beacons_are_compared_if_equal_values_have_equal_ones() {
    let sent = |second: StandardBeacon| {
        let search = SearchConfig {
            maximum_number_of_partitions: 4,
            ..beacons(vec![standard("a"), second])
        };
        let made = made(table(&[("a", SECRET), ("b", SECRET)]), search);
        scan("a = b", &[]).request(&made).filter.unwrap()
    };
    assert_eq!(sent(shared("b", "a")), "aws_dbe_b_a = aws_dbe_b_b");
    let fewer = StandardBeacon { number_of_partitions: Some(2), ..shared("b", "a") };
    let set = styled("b", BeaconStyle::SharedSet { other: "a".into() });
    for other in [standard("b"), fewer, set] {
        assert_eq!(sent(other), LATER);
    }
}

#[test]
fn q29_encrypted_attributes_without_a_beacon_are_not_searched() {
    refuses("secret = :v", s("x"), "without a beacon", "secret");
    refuses("secret.a[0] = :v", s("x"), "within an encrypted attribute", "secret");
    refuses("d = :v OR NOT contains(secret, :v)", s("x"), "without a beacon", "secret");
    refuses("size(secret) = :v", n("1"), "without a beacon", "secret");
    refuses("attribute_exists(secret.a) OR d = :v", s("x"), "within an encrypted", "secret");
    refuses("aws_dbe_b_ssn = :v", s("x"), "as they are configured: 'ssn'", "aws_dbe_b_ssn");
    sends("attribute_exists(secret) AND d = :v", s("x"), "attribute_exists ( secret ) AND d = :v");
    let values = [(":v", s("x"))];
    let error = query("secret = :v", &values).refused(&encryptor());
    assert!(error.contains("without a beacon"), "{error}");
}

#[test]
fn q29_existence_is_that_of_a_beacon_where_no_attribute_has_its_name() {
    let values = [];
    let of = |filter| scan(filter, &values).request(&encryptor()).filter.unwrap();
    assert_eq!(of("attribute_exists(inner)"), "attribute_exists ( aws_dbe_b_inner )");
    assert_eq!(of("attribute_not_exists(c)"), "attribute_not_exists ( aws_dbe_b_c )");
    assert_eq!(of("attribute_exists(ssn)"), "attribute_exists ( ssn )");
    assert_eq!(of("attribute_exists(crossed)"), "attribute_exists ( crossed )");
    assert_eq!(of("attribute_exists(signed)"), "attribute_exists ( signed )");
}

#[test]
fn q30_compound_beacons_have_an_order_as_far_as_they_are_signed() {
    for operator in ["<", "<=", ">", ">="] {
        let filter = format!("c {operator} :v");
        sends(&filter, s("Y_2"), &format!("aws_dbe_b_c {operator} :v"));
        sends(&filter, s("Y_2.S-"), &format!("aws_dbe_b_c {operator} :v"));
        for value in ["Y_2.S-abc", "S-abc", "Y_2.S-.Z_1", "S-.Z_1"] {
            refuses(&filter, s(value), "only as far as their parts are signed", "c");
        }
    }
}

#[test]
fn q30_a_bare_prefix_stands_for_itself_where_that_finds_everything() {
    let sent = |filter: &str| {
        let values = [(":v", s("Y_2.S-"))];
        scan(filter, &values).request(&encryptor()).text(":v").to_owned()
    };
    for filter in
        ["c < :v", "c > :v", "c >= :v", ":v <= c", "begins_with(c, :v)", "contains(c, :v)"]
    {
        assert_eq!(sent(filter), "Y_2.S-", "{filter}");
    }
    // Before others it is of a part that is empty.
    let values = [(":v", s("Y_2.S-.Z_1"))];
    let request = scan("begins_with(c, :v)", &values).request(&encryptor());
    assert_eq!(request.text(":v"), "Y_2.S-38c.Z_1");
    // An item whose part is empty is equal to it, and has the beacon of that.
    for filter in ["c = :v", "c IN (:v)", "c <= :v", ":v >= c"] {
        assert_eq!(sent(filter), "Y_2.S-38c", "{filter}");
    }
}

#[test]
fn q30_between_ignores_what_both_ends_begin_with() {
    let between = |low: &'static str, high: &'static str| {
        let values = [(":l", s(low)), (":h", s(high))];
        scan("c BETWEEN :l AND :h", &values).sent(&encryptor())
    };
    let request = between("Y_2.S-abc.Z_1", "Y_2.S-abc.Z_3").unwrap();
    assert_eq!([request.text(":l"), request.text(":h")], ["Y_2.S-1d5.Z_1", "Y_2.S-1d5.Z_3"]);
    between("Y_2", "Y_3").unwrap();
    between("Y_2.S-", "Y_3").unwrap();
    let request = between("Y_2", "Y_2.S-").unwrap();
    assert_eq!([request.text(":l"), request.text(":h")], ["Y_2", "Y_2.S-38c"]);
    for (low, high) in [("Y_2.S-a", "Y_2.S-b"), ("Y_2", "Y_3.S-a"), ("Y_2.S-a.Z_1", "Y_2.S-b.Z_1")]
    {
        let error = told(&between(low, high).unwrap_err());
        assert!(error.contains("only as far as their parts are signed"), "{error}");
    }
}

#[test]
fn q30_between_an_encrypted_part_and_more_is_decided_later() {
    // `Y_2.S-a!` is between these, and its beacon is anything.
    let values = [(":l", s("Y_2.S-a")), (":h", s("Y_2.S-a.Z_1"))];
    let request = scan("c BETWEEN :l AND :h", &values).request(&encryptor());
    assert_eq!(request.filter.as_deref(), Some(LATER));
    let key = query("c BETWEEN :l AND :h AND pk = :l", &values);
    let error = key.refused(&encryptor());
    assert!(error.contains("KeyConditionExpression asks for something"), "{error}");
    // Of a signed part, others are between them as well, and their order is known.
    let values = [(":l", s("Y_2")), (":h", s("Y_2.S-"))];
    let request = scan("c BETWEEN :l AND :h", &values).request(&encryptor());
    assert_eq!(request.filter.as_deref(), Some("aws_dbe_b_c BETWEEN :l AND :h"));
}

#[test]
fn q30_values_are_made_as_a_constructor_makes_them() {
    for value in ["Q_1", "", "Y_2.", "Y_2.S-a.Y_3", "Z_1.S-a", "y_2", "S-a.Y_2"] {
        for filter in ["c = :v", "c < :v", "begins_with(c, :v)", "c IN (:v)", "NOT contains(c, :v)"]
        {
            let error = told(&filter_of(filter, s(value)).unwrap_err());
            assert!(error.starts_with("TABLE_REQUEST_REFUSED"), "{value} {error}");
            assert!(error.ends_with("[c]"), "{error}");
        }
    }
    for value in ["Y_2", "Y_2.Z_1", "S-a", "S-a.Z_1", "Y_2.S-a.Z_1", "Z_1", "Y_2.S-"] {
        filter_of("c = :v", s(value)).unwrap();
    }
    for value in [n("1"), ss(&["Y_2"]), AttributeValue::Null(true)] {
        refuses("c = :v", value, "queried by strings only", "c");
    }
}

#[test]
fn q30_required_parts_are_passed_over_at_the_beginning_only() {
    let search = SearchConfig {
        compound_beacons: vec![CompoundBeacon {
            constructors: vec![constructor(&["y", "ssn", "z?", "d?"])],
            ..compound("c", &[("ssn", "S-")], &[("y", "Y_"), ("z", "Z_"), ("d", "D_")])
        }],
        ..beacons(vec![standard("ssn")])
    };
    let actions = [("ssn", SECRET), ("y", SIGNED), ("z", SIGNED), ("d", SIGNED)];
    let made = made(table(&actions), search);
    let ask = |value: &str| scan("c = :v", &[(":v", s(value))]).sent(&made).map(|_| ());
    for value in ["Y_1", "Y_1.S-a", "Y_1.S-a.D_1", "S-a.Z_1", "Z_1.D_1", "D_1", "S-a.D_1"] {
        ask(value).unwrap();
    }
    for value in ["Y_1.Z_1", "Y_1.D_1", "Z_1.S-a", "D_1.Z_1", "Y_1.Y_1", "Y_1.S-a.Z_1.D_1.D_1"] {
        assert!(
            told(&ask(value).unwrap_err()).contains("puts such parts in this order"),
            "{value}"
        );
    }
}

#[test]
fn q37_beacons_are_keys_of_indexes() {
    let values = [(":v", s("Y_2.S-abc")), (":w", s("abc"))];
    let request = query("ssn = :w AND begins_with(c, :v)", &values).request(&encryptor());
    assert_eq!(
        request.key_condition.as_deref(),
        Some("aws_dbe_b_ssn = :w AND begins_with ( aws_dbe_b_c , :v )")
    );
    assert_eq!([request.text(":v"), request.text(":w")], ["Y_2.S-1d5", "1d5"]);
    for key in ["ssn > :w", "contains(tags, :w)", "ssn = :w OR ssn = :w", "NOT ssn = :w"] {
        let values = [(":w", s("abc"))];
        query(key, &values).sent(&encryptor()).unwrap_err();
    }
}
