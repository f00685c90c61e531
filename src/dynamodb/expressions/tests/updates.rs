//! What updates make of items.

use super::*;

type Values<'a> = &'a [(&'a str, AttributeValue<'a>)];

/// The item after an update, and what is given back.
fn run(
    text: &str,
    values: Values<'_>,
    before: Option<&Item<'static>>,
    kind: ReturnValues,
) -> Result<(Option<Item<'static>>, Option<Item<'static>>), String> {
    let (names, _) = placeholders_in(text);
    let parts = RequestParts {
        update: Some(text),
        names: names.into_iter().map(|name| (name, name.trim_start_matches('#'))).collect(),
        values: values.iter().map(|(name, value)| (*name, Some(value))).collect(),
        ..Default::default()
    };
    let owned = |item: Item<'_>| -> Item<'static> {
        item.into_iter().map(|(k, v)| (k.into_owned().into(), v.into_owned())).collect()
    };
    let update = Expressions::parse(&parts).map_err(told)?.update.unwrap();
    let key = item([("id", s("1"))]);
    let before: Option<Item<'_>> = before.cloned();
    let after = apply_update(&update, &key, before.as_ref()).map_err(told)?;
    let returned = returned_attributes(kind, Some(&update), before.as_ref(), after.as_ref());
    Ok((after.map(owned), returned.map(owned)))
}

fn after(text: &str, values: Values<'_>, before: &Item<'static>) -> Result<Item<'static>, String> {
    let mut before = before.clone();
    before.insert(0, ("id".into(), s("1")));
    let (after, _) = run(text, values, Some(&before), ReturnValues::None)?;
    let mut after = after.unwrap();
    assert_eq!(after.remove(0), ("id".into(), s("1")));
    Ok(after)
}

#[track_caller]
fn becomes<const N: usize, const M: usize>(
    text: &str,
    values: Values<'_>,
    before: [(&'static str, AttributeValue<'static>); N],
    want: [(&'static str, AttributeValue<'static>); M],
) {
    assert_eq!(after(text, values, &item(before)), Ok(item(want)), "{text}");
}

#[track_caller]
fn fails<const N: usize>(
    text: &str,
    values: Values<'_>,
    before: [(&'static str, AttributeValue<'static>); N],
    problem: &str,
) {
    let error = after(text, values, &item(before)).expect_err(text);
    assert!(error.contains(problem), "{text}: {error}");
}

const WRONG_TYPE: &str =
    "EXPRESSION_NOT_APPLICABLE an operand in the update expression has an incorrect data type";
const NO_PATH: &str = "EXPRESSION_NOT_APPLICABLE the document path provided in the update expression is \
                       invalid for update";
const NO_ATTRIBUTE: &str = "EXPRESSION_NOT_APPLICABLE the provided expression refers to an attribute that \
                            does not exist in the item";

#[test]
fn set_writes_values_and_copies() {
    becomes("SET a = :v", &[(":v", s("x"))], [], [("a", s("x"))]);
    becomes(
        "SET a = :v",
        &[(":v", n("01.50"))],
        [("a", s("old")), ("b", n("1"))],
        [("a", n("1.5")), ("b", n("1"))],
    );
    becomes(
        "SET b = a.k[0]",
        &[],
        [("a", map([("k", list([n("7")]))]))],
        [("a", map([("k", list([n("7")]))])), ("b", n("7"))],
    );
    // All is read before anything is written.
    becomes(
        "SET a = b, b = a",
        &[],
        [("a", n("1")), ("b", n("2"))],
        [("a", n("2")), ("b", n("1"))],
    );
    becomes("REMOVE a SET b = a", &[], [("a", n("1"))], [("b", n("1"))]);
    fails("SET b = gone", &[], [], NO_ATTRIBUTE);
    fails("SET b = a.gone", &[], [("a", map([]))], NO_ATTRIBUTE);
}

#[test]
fn set_reckons_exactly() {
    for (a, b, sum, difference) in [
        ("4", "3", "7", "1"),
        ("1", "10000000000000000000000", "10000000000000000000001", "-9999999999999999999999"),
        ("0.1", "0.2", "0.3", "-0.1"),
        ("-5", "5", "0", "-10"),
        ("5", "5", "10", "0"),
        (
            "99999999999999999999999999999999999998",
            "1",
            "99999999999999999999999999999999999999",
            "99999999999999999999999999999999999997",
        ),
        ("9.5", "-0.5", "9", "10"),
        ("-0.001", "-0.009", "-0.01", "0.008"),
        ("1e20", "1e-5", "100000000000000000000.00001", "99999999999999999999.99999"),
    ] {
        let v = [(":a", n(a)), (":b", n(b))];
        becomes("SET x = :a + :b", &v, [], [("x", AttributeValue::N(sum.to_owned().into()))]);
        becomes(
            "SET x = :a - :b",
            &v,
            [],
            [("x", AttributeValue::N(difference.to_owned().into()))],
        );
    }
    becomes("SET a = a + :v", &[(":v", n("1"))], [("a", n("41"))], [("a", n("42"))]);
    becomes(
        "SET a = if_not_exists(a, :z) - :v",
        &[(":v", n("1")), (":z", n("0"))],
        [],
        [("a", n("-1"))],
    );
    let big = [(":a", n("9e125")), (":b", n("9e125"))];
    fails("SET x = :a + :b", &big, [], "EXPRESSION_NOT_APPLICABLE number overflow");
    fails("SET x = :a + :b", &[(":a", n("1e50")), (":b", n("1"))], [], "number overflow");
    fails("SET x = :a + :b", &[(":a", s("1")), (":b", n("1"))], [], WRONG_TYPE);
    fails("SET x = a + :b", &[(":b", n("1"))], [("a", s("1"))], WRONG_TYPE);
    fails("SET x = a + :b", &[(":b", n("1"))], [], NO_ATTRIBUTE);
    fails("SET x = :b - a", &[(":b", n("1"))], [("a", list([]))], WRONG_TYPE);
}

#[test]
fn sums_agree_with_integers() {
    // Any two integers of up to 30 digits, with points at any place.
    let mut seed = 1u128;
    let mut next = || {
        seed = seed.wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645).wrapping_add(99);
        (seed >> 28) as i128 % 1_000_000_000_000_000_000_000_000_000_000
    };
    let written = |n: i128, places: usize| {
        let digits = format!("{:0width$}", n.abs(), width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        format!("{}{whole}.{fraction}", if n < 0 { "-" } else { "" })
    };
    for i in 0..2000usize {
        let (a, b, places) = (next() >> (i % 90), next() >> (i % 7), i % 31);
        for (text, want) in [("SET x = :a + :b", a + b), ("SET x = :a - :b", a - b)] {
            let v = [(":a", n(written(a, places).leak())), (":b", n(written(b, places).leak()))];
            let want = normalize(&written(want, places));
            assert_eq!(after(text, &v, &Item::new()), Ok(item([("x", n(want.leak()))])));
        }
    }
}

fn normalize(text: &str) -> String {
    crate::dynamodb::normalize_number(text).unwrap().into_owned()
}

#[test]
fn functions_take_places() {
    let v = [(":v", list([n("3")]))];
    becomes(
        "SET a = list_append(a, :v)",
        &v,
        [("a", list([n("1"), n("2")]))],
        [("a", list([n("1"), n("2"), n("3")]))],
    );
    becomes("SET a = list_append(:v, a)", &v, [("a", list([]))], [("a", list([n("3")]))]);
    becomes(
        "SET a = list_append(if_not_exists(a, :v), :v)",
        &v,
        [],
        [("a", list([n("3"), n("3")]))],
    );
    fails("SET a = list_append(a, :v)", &v, [], NO_ATTRIBUTE);
    fails("SET a = list_append(:v, a)", &v, [("a", s("x"))], WRONG_TYPE);
    becomes(
        "SET a = if_not_exists(b, :v)",
        &[(":v", n("1"))],
        [("b", n("2"))],
        [("b", n("2")), ("a", n("2"))],
    );
    becomes("SET a = if_not_exists(b, :v)", &[(":v", n("1"))], [], [("a", n("1"))]);
    // What is not needed need not be there.
    becomes("SET a = if_not_exists(b, gone)", &[], [("b", n("2"))], [("b", n("2")), ("a", n("2"))]);
    fails("SET a = if_not_exists(b, gone)", &[], [], NO_ATTRIBUTE);
    becomes(
        "SET x = if_not_exists(b, if_not_exists(a, :v))",
        &[(":v", n("4"))],
        [("a", n("3"))],
        [("a", n("3")), ("x", n("3"))],
    );
}

#[test]
fn nested_places_are_changed_where_they_are() {
    let a = || map([("b", n("3")), ("c", list([s("hi"), map([("y", list([n("3"), n("5")]))])]))]);
    becomes(
        "SET a.c[1].y[1] = :v, a.d = :v",
        &[(":v", n("9"))],
        [("a", a())],
        [(
            "a",
            map([
                ("b", n("3")),
                ("c", list([s("hi"), map([("y", list([n("3"), n("9")]))])])),
                ("d", n("9")),
            ]),
        )],
    );
    becomes(
        "REMOVE a.c[1].y[0], a.b",
        &[],
        [("a", a())],
        [("a", map([("c", list([s("hi"), map([("y", list([n("5")]))])]))]))],
    );
    becomes(
        "REMOVE a.gone, l[7], x",
        &[],
        [("a", map([])), ("l", list([]))],
        [("a", map([])), ("l", list([]))],
    );
    let v = [(":v", n("1"))];
    fails("SET a.c = :v", &v, [("a", s("x"))], NO_PATH);
    fails("SET a.c = :v", &v, [("a", list([]))], NO_PATH);
    fails("SET a[0] = :v", &v, [("a", map([]))], NO_PATH);
    fails("SET a.c = :v", &v, [], NO_PATH);
    fails("SET a.b.c = :v", &v, [("a", map([]))], NO_PATH);
    fails("REMOVE a.c", &[], [("a", n("1"))], NO_PATH);
    fails("REMOVE a[0]", &[], [], NO_PATH);
    fails("ADD a.b :v", &v, [], NO_PATH);
}

#[test]
fn indexes_are_those_of_the_list_as_it_was() {
    let l =
        |values: &[u8]| AttributeValue::L(values.iter().map(|v| n(v.to_string().leak())).collect());
    let v = [(":v", n("99"))];
    for text in ["REMOVE a[1] SET a[3] = :v", "SET a[3] = :v REMOVE a[1]"] {
        becomes(text, &v, [("a", l(&[2, 3, 4, 5, 6, 7]))], [("a", l(&[2, 4, 99, 6, 7]))]);
    }
    becomes("REMOVE a[0], a[2], a[1]", &[], [("a", l(&[1, 2, 3, 4]))], [("a", l(&[4]))]);
    // Beyond the end: in the order of their indexes, and not to be removed by an index that was not there.
    becomes(
        "SET a[84] = :d, a[37] = :b, a[17] = :a, a[50] = :c",
        &[(":a", n("1")), (":b", n("2")), (":c", n("3")), (":d", n("4"))],
        [("a", l(&[0]))],
        [("a", l(&[0, 1, 2, 3, 4]))],
    );
    becomes("SET a[9] = :v REMOVE a[0], a[3]", &v, [("a", l(&[1, 2, 3]))], [("a", l(&[2, 3, 99]))]);
    let outer = |lists: [AttributeValue<'static>; 3]| list(lists);
    becomes(
        "REMOVE a[0], a[2][0] SET a[1][5] = :v, a[2][1] = :v",
        &v,
        [("a", outer([l(&[1]), l(&[2]), l(&[3, 4])]))],
        [("a", list([l(&[2, 99]), l(&[99])]))],
    );
    becomes("ADD a[7] :v", &v, [("a", l(&[]))], [("a", l(&[99]))]);
}

#[test]
fn add_and_delete_work_on_numbers_and_sets() {
    becomes("ADD a :v", &[(":v", n("4"))], [("a", n("3"))], [("a", n("7"))]);
    becomes("ADD a :v", &[(":v", n("4.0"))], [], [("a", n("4"))]);
    becomes(
        "ADD a :v",
        &[(":v", ss(&["b", "c"]))],
        [("a", ss(&["a", "b"]))],
        [("a", ss(&["a", "b", "c"]))],
    );
    becomes(
        "ADD a :v",
        &[(":v", ns(&["1.0", "3"]))],
        [("a", ns(&["1", "2"]))],
        [("a", ns(&["1", "2", "3"]))],
    );
    becomes("ADD a :v", &[(":v", ss(&["b"]))], [], [("a", ss(&["b"]))]);
    becomes(
        "DELETE a :v",
        &[(":v", ss(&["b", "x"]))],
        [("a", ss(&["a", "b"]))],
        [("a", ss(&["a"]))],
    );
    becomes("DELETE a :v", &[(":v", ns(&["2.00"]))], [("a", ns(&["1", "2"]))], [("a", ns(&["1"]))]);
    // A set is never empty.
    becomes("DELETE a :v", &[(":v", ss(&["a", "b"]))], [("a", ss(&["b", "a"]))], []);
    becomes(
        "DELETE a.b :v",
        &[(":v", ss(&["a"]))],
        [("a", map([("b", ss(&["a"]))]))],
        [("a", map([]))],
    );
    becomes("DELETE a :v", &[(":v", ss(&["a"]))], [], []);
    fails("ADD a :v", &[(":v", n("1"))], [("a", s("1"))], WRONG_TYPE);
    fails("ADD a :v", &[(":v", ss(&["1"]))], [("a", ns(&["1"]))], WRONG_TYPE);
    fails("DELETE a :v", &[(":v", ss(&["1"]))], [("a", list([s("1")]))], WRONG_TYPE);
    fails(
        "ADD a :v",
        &[(":v", s("x"))],
        [],
        "MALFORMED_EXPRESSION malformed expression: incorrect operand type",
    );
    fails("ADD a :v", &[(":v", list([]))], [("a", list([]))], "function: ADD, operand type: L");
    fails("DELETE a :v", &[(":v", n("1"))], [("a", n("1"))], "function: DELETE, operand type: N");
    fails("ADD a :v", &[(":v", n("x"))], [("a", n("1"))], "MALFORMED_NUMBER");
}

#[test]
fn what_dynamodb_does_not_store_is_not_written() {
    for (value, problem) in [
        (n("five"), "MALFORMED_NUMBER"),
        (n("1e126"), "MALFORMED_NUMBER"),
        (list([map([("k", ns(&["x"]))])]), "MALFORMED_NUMBER"),
        (ss(&[]), "MALFORMED_EXPRESSION malformed expression: a set may not be empty"),
        (map([("k", ns(&[]))]), "a set may not be empty"),
        (AttributeValue::Bs(vec![]), "a set may not be empty"),
    ] {
        fails("SET a = :v", &[(":v", value)], [], problem);
    }
    fails("ADD a :v", &[(":v", ss(&[]))], [], "a set may not be empty");
}

#[test]
fn the_key_stays() {
    for text in ["SET id = :v", "ADD id :v", "SET id.x = :v"] {
        fails(
            text,
            &[(":v", n("1"))],
            [],
            "EXPRESSION_NOT_APPLICABLE cannot update an attribute that is \
                                            part of the key (attribute 'id')",
        );
    }
    fails("REMOVE id", &[], [], "part of the key");
    becomes("SET a = id", &[], [], [("a", s("1"))]);
}

#[test]
fn items_come_into_being_by_what_is_written() {
    let new = |text, values: Values<'_>| run(text, values, None, ReturnValues::AllNew);
    let v = [(":v", n("1"))];
    let made = item([("id", s("1")), ("a", n("1"))]);
    assert_eq!(new("SET a = :v", &v), Ok((Some(made.clone()), Some(made.clone()))));
    assert_eq!(new("ADD a :v", &v), Ok((Some(made.clone()), Some(made))));
    assert_eq!(new("REMOVE a", &[]), Ok((None, None)));
    assert_eq!(new("REMOVE a.b[0], c", &[]), Ok((None, None)));
    assert_eq!(new("DELETE a :v", &[(":v", ss(&["x"]))]), Ok((None, None)));
    assert!(new("SET a.b = :v", &v).unwrap_err().starts_with(NO_PATH));
    assert!(new("SET a = a + :v", &v).unwrap_err().starts_with(NO_ATTRIBUTE));
}

#[test]
fn what_is_given_back_is_as_asked() {
    let before = item([
        ("id", s("1")),
        ("a", map([("b", s("dog")), ("c", list([n("1"), n("2"), n("3")]))])),
        ("d", s("cat")),
    ]);
    let back = |text: &str, values: Values<'_>, kind| {
        run(text, values, Some(&before), kind).map(|(_, returned)| returned)
    };
    let v = [(":v", n("7"))];
    assert_eq!(back("SET a.b = :v", &v, ReturnValues::None), Ok(None));
    assert_eq!(back("SET a.b = :v", &v, ReturnValues::AllOld), Ok(Some(before.clone())));
    for (text, kind, want) in [
        ("SET d = :v", ReturnValues::UpdatedOld, Some(item([("d", s("cat"))]))),
        ("SET d = :v, e = :v", ReturnValues::UpdatedOld, Some(item([("d", s("cat"))]))),
        ("SET e = :v", ReturnValues::UpdatedOld, None),
        (
            "SET e = :v, d = :v",
            ReturnValues::UpdatedNew,
            Some(item([("d", n("7")), ("e", n("7"))])),
        ),
        ("SET a.b = :v", ReturnValues::UpdatedOld, Some(item([("a", map([("b", s("dog"))]))]))),
        (
            "SET a.c[1] = :v",
            ReturnValues::UpdatedOld,
            Some(item([("a", map([("c", list([n("2")]))]))])),
        ),
        (
            "SET a.c[1] = :v, a.b = :v",
            ReturnValues::UpdatedNew,
            Some(item([("a", map([("b", n("7")), ("c", list([n("7")]))]))])),
        ),
        (
            "SET a.c[2] = :v, a.c[0] = :v",
            ReturnValues::UpdatedOld,
            Some(item([("a", map([("c", list([n("1"), n("3")]))]))])),
        ),
        ("SET a.x = :v", ReturnValues::UpdatedOld, None),
        ("SET a.x = :v", ReturnValues::UpdatedNew, Some(item([("a", map([("x", n("7"))]))]))),
        // As strange as DynamoDB: a place is looked up by its index.
        ("SET a.c[100] = :v", ReturnValues::UpdatedNew, None),
    ] {
        assert_eq!(back(text, &v, kind), Ok(want), "{text} {kind:?}");
    }
    for (text, kind, want) in [
        ("REMOVE d", ReturnValues::UpdatedOld, Some(item([("d", s("cat"))]))),
        ("REMOVE d", ReturnValues::UpdatedNew, None),
        (
            "REMOVE a.c[1], a.c[3]",
            ReturnValues::UpdatedOld,
            Some(item([("a", map([("c", list([n("2")]))]))])),
        ),
        (
            "REMOVE a.c[1]",
            ReturnValues::UpdatedNew,
            Some(item([("a", map([("c", list([n("3")]))]))])),
        ),
    ] {
        assert_eq!(back(text, &[], kind), Ok(want), "{text} {kind:?}");
    }
    assert_eq!(ReturnValues::by_name("UPDATED_NEW"), Some(ReturnValues::UpdatedNew));
    assert_eq!(ReturnValues::by_name("none"), None);
}
