//! What conditions say of items.

use super::*;

/// `condition` of `item`, with the values that it names.
fn test(
    text: &str,
    values: &[(&str, AttributeValue<'_>)],
    item: &Item<'_>,
) -> Result<bool, String> {
    let (names, _) = placeholders_in(text);
    let parts = RequestParts {
        condition: Some(text),
        names: names.into_iter().map(|name| (name, name.trim_start_matches('#'))).collect(),
        values: values.iter().map(|(name, value)| (*name, Some(value))).collect(),
        ..Default::default()
    };
    let expressions = Expressions::parse(&parts).map_err(told)?;
    holds(&expressions.condition.unwrap(), item).map_err(told)
}

fn everything() -> Item<'static> {
    item([
        ("s", s("hello")),
        ("n", n("5")),
        ("b", AttributeValue::B(b"hi there"[..].into())),
        ("yes", AttributeValue::Bool(true)),
        ("null", AttributeValue::Null(true)),
        ("ss", ss(&["x", "y"])),
        ("ns", ns(&["1", "2.50"])),
        ("bs", AttributeValue::Bs(vec![b"one"[..].into()])),
        ("l", list([n("1"), s("two"), ns(&["3"]), list([n("1.0")])])),
        ("m", map([("k", n("7")), ("deep", map([("l", list([s("end")]))]))])),
        ("empty", s("")),
        ("u", s("é５\u{1f600}")),
    ])
}

#[test]
fn comparisons_go_by_type_and_value() {
    let i = everything();
    let v = |value: AttributeValue<'static>| [(":v", value)];
    for (text, value, want) in [
        ("s = :v", s("hello"), true),
        ("s = :v", s("Hello"), false),
        ("n = :v", n("5.0"), true),
        ("n = :v", n("50e-1"), true),
        ("n = :v", s("5"), false),
        ("n <> :v", s("5"), true),
        ("n <> :v", n("5.00"), false),
        ("ss = :v", ss(&["y", "x"]), true),
        ("ss = :v", ss(&["x"]), false),
        ("ns = :v", ns(&["2.5", "1.0"]), true),
        ("m.deep = :v", map([("l", list([s("end")]))]), true),
        ("l[3] = :v", list([n("1")]), true),
        ("l[3] <> :v", list([n("2")]), true),
        ("null = :v", AttributeValue::Null(true), true),
        ("yes = :v", AttributeValue::Bool(false), false),
        ("s < :v", s("help"), true),
        ("s < :v", s("hell"), false),
        ("s >= :v", s("hello"), true),
        ("n < :v", n("10"), true),
        ("n > :v", n("-6"), true),
        ("n < :v", s("6"), false),
        ("n >= :v", s("4"), false),
        ("b > :v", AttributeValue::B(b"hi"[..].into()), true),
        ("b < :v", AttributeValue::B(vec![0xff].into()), true),
        ("yes < :v", s("x"), false),
        ("empty < :v", s("a"), true),
    ] {
        assert_eq!(test(text, &v(value.clone()), &i), Ok(want), "{text} {value:?}");
    }
}

#[test]
fn strings_are_ordered_by_code_points_and_not_by_utf_16() {
    let i = item([("a", s("\u{ff5e}"))]);
    assert_eq!(test("a < :v", &[(":v", s("\u{1f600}"))], &i), Ok(true));
}

#[test]
fn numbers_are_compared_exactly() {
    let sorted = [
        "-9.9999999999999999999999999999999999999e125",
        "-1e125",
        "-10000000000000000000000000000000000001",
        "-1.5",
        "-1.25",
        "-1",
        "-1e-130",
        "0",
        "1e-130",
        "0.00000000000000000000000000000000000001",
        "1",
        "1.0000000000000000000000000000000000001",
        "1.5",
        "10",
        "99999999999999999999999999999999999998",
        "99999999999999999999999999999999999999",
        "1e38",
        "1e125",
    ];
    for (i, a) in sorted.iter().enumerate() {
        for (j, b) in sorted.iter().enumerate() {
            let it = item([("a", n(a))]);
            let v = [(":v", n(b))];
            assert_eq!(test("a < :v", &v, &it), Ok(i < j), "{a} {b}");
            assert_eq!(test("a = :v", &v, &it), Ok(i == j), "{a} {b}");
            assert_eq!(test("a >= :v", &v, &it), Ok(i >= j), "{a} {b}");
        }
    }
}

#[test]
fn what_is_not_there_differs_from_everything() {
    let i = everything();
    let none = Item::new();
    let v = [(":v", s("x"))];
    for (text, want) in [
        ("gone = :v", false),
        ("gone <> :v", true),
        ("gone < :v", false),
        ("gone >= :v", false),
        ("NOT gone = :v", true),
        ("gone IN (:v)", false),
        ("gone BETWEEN :v AND :v", false),
        ("begins_with(gone, :v)", false),
        ("contains(gone, :v)", false),
        ("m.gone = :v", false),
        ("m.k.gone <> :v", true),
        ("l[9] <> :v", true),
        ("l.k <> :v", true),
        ("m[0] = :v", false),
        ("size(gone) <> :v", true),
        ("size(n) = :v", false),
    ] {
        assert_eq!(test(text, &v, &i), Ok(want), "{text}");
    }
    for (text, want) in [
        ("gone = lost", false),
        ("gone <> lost", true),
        ("gone <= lost", false),
        ("gone BETWEEN lost AND missing", false),
        ("attribute_exists(s)", true),
        ("attribute_exists(gone)", false),
        ("attribute_not_exists(gone)", true),
        ("attribute_exists(m.deep.l[0])", true),
        ("attribute_exists(m.deep.l[1])", false),
        ("attribute_not_exists(m.k.x)", true),
        ("attribute_exists(null)", true),
    ] {
        assert_eq!(test(text, &[], &i), Ok(want), "{text}");
    }
    assert_eq!(test("attribute_not_exists(s)", &[], &none), Ok(true));
    assert_eq!(test("s <> :v", &v, &none), Ok(true));
}

#[test]
fn functions_take_the_types_that_they_have() {
    let i = everything();
    for (text, value, want) in [
        ("begins_with(s, :v)", s("hell"), true),
        ("begins_with(s, :v)", s(""), true),
        ("begins_with(s, :v)", s("ello"), false),
        ("begins_with(b, :v)", AttributeValue::B(b"hi"[..].into()), true),
        ("begins_with(s, :v)", AttributeValue::B(b"hell"[..].into()), false),
        ("begins_with(n, :v)", s("5"), false),
        ("begins_with(:v, s)", s("hello, world"), true),
        ("contains(s, :v)", s("ell"), true),
        ("contains(s, :v)", s("elo"), false),
        ("contains(s, :v)", n("5"), false),
        ("contains(b, :v)", AttributeValue::B(b"i t"[..].into()), true),
        ("contains(b, :v)", AttributeValue::B(b"it"[..].into()), false),
        ("contains(b, :v)", AttributeValue::B(b""[..].into()), true),
        ("contains(ss, :v)", s("y"), true),
        ("contains(ss, :v)", s("z"), false),
        ("contains(ns, :v)", n("2.5"), true),
        ("contains(ns, :v)", s("1"), false),
        ("contains(bs, :v)", AttributeValue::B(b"one"[..].into()), true),
        ("contains(l, :v)", n("1.0"), true),
        ("contains(l, :v)", ns(&["3.0"]), true),
        ("contains(l, :v)", s("three"), false),
        ("contains(m, :v)", s("k"), false),
        ("attribute_type(s, :v)", s("S"), true),
        ("attribute_type(null, :v)", s("NULL"), true),
        ("attribute_type(m.deep, :v)", s("M"), true),
        ("attribute_type(gone, :v)", s("S"), false),
        ("size(s) = :v", n("5"), true),
        ("size(b) = :v", n("8"), true),
        ("size(u) = :v", n("4"), true),
        ("size(ss) = :v", n("2"), true),
        ("size(l) = :v", n("4"), true),
        ("size(m) = :v", n("2"), true),
        ("size(s) < :v", n("5"), false),
        ("size(s) = :v", s("5"), false),
        ("size(:v) = n", s("five!"), true),
        ("s IN (:v, n)", s("hello"), true),
        ("n IN (s, :v)", n("5.0"), true),
        ("n IN (s, :v)", n("6"), false),
        ("n BETWEEN :v AND n", n("4"), true),
    ] {
        assert_eq!(test(text, &[(":v", value.clone())], &i), Ok(want), "{text} {value:?}");
    }
    let between = |low, high| test("n BETWEEN :a AND :b", &[(":a", low), (":b", high)], &i);
    assert_eq!(between(n("5"), n("5.0")), Ok(true));
    assert_eq!(between(n("5.1"), n("6")), Ok(false));
    assert_eq!(between(s("1"), s("9")), Ok(false));
}

#[test]
fn connectives_are_those_of_logic() {
    let i = item([("t", n("1")), ("f", n("0"))]);
    for t in [true, false] {
        for u in [true, false] {
            for w in [true, false] {
                let name = |holds| if holds { "t = :one" } else { "f = :one" };
                let (a, b, c) = (name(t), name(u), name(w));
                let v = [(":one", n("1"))];
                let of = |text: String| test(&text, &v, &i);
                assert_eq!(of(format!("{a} OR {b} AND {c}")), Ok(t || u && w));
                assert_eq!(of(format!("({a} OR {b}) AND {c}")), Ok((t || u) && w));
                assert_eq!(of(format!("NOT {a} AND {b}")), Ok(!t && u));
                assert_eq!(of(format!("NOT ({a} AND NOT ({b} OR {c}))")), Ok(!(t && !(u || w))));
            }
        }
    }
}

#[test]
fn values_of_wrong_types_are_errors_whatever_the_item_is() {
    let one = |value: AttributeValue<'static>| [(":v", value)];
    for (text, value, problem) in [
        ("begins_with(s, :v)", n("5"), "function: begins_with, operand type: N"),
        ("begins_with(:v, s)", ss(&["a"]), "function: begins_with, operand type: SS"),
        ("size(:v) = n", n("5"), "function: size, operand type: N"),
        ("s < :v", list([]), "function: <, operand type: L"),
        ("n >= :v", AttributeValue::Bool(true), "function: >=, operand type: BOOL"),
        ("n BETWEEN :v AND :v", AttributeValue::Null(true), "operand type: NULL"),
        ("attribute_type(s, :v)", n("1"), "function: attribute_type, operand type: N"),
        ("attribute_type(s, :v)", s("STRING"), "invalid attribute type name found"),
        ("gone = gone2 AND begins_with(s, :v)", n("5"), "operand type: N"),
        ("n = n2 OR size(:v) = n", AttributeValue::Null(true), "operand type: NULL"),
    ] {
        for i in [everything(), Item::new()] {
            let error = test(text, &one(value.clone()), &i).unwrap_err();
            assert!(
                error.starts_with("MALFORMED_EXPRESSION") && error.contains(problem),
                "{error}"
            );
        }
    }
    let between = |a, b| test("gone BETWEEN :a AND :b", &[(":a", a), (":b", b)], &Item::new());
    assert!(between(n("2"), n("1")).unwrap_err().contains("upper bound to be greater than"));
    assert!(between(n("1"), s("2")).unwrap_err().contains("requires same data type"));
    assert!(test("attribute_type(s, n)", &[], &everything()).is_err());
    let error = test("n = :v", &one(n("five")), &everything()).unwrap_err();
    assert!(error.starts_with("MALFORMED_NUMBER"), "{error}");
}

#[test]
fn searching_bytes_takes_time_that_grows_with_their_number() {
    // The pattern that makes a naive search go back again and again.
    let bytes = |n: usize, last: u8| {
        let mut bytes = vec![b'a'; n];
        bytes.push(last);
        AttributeValue::B(bytes.into())
    };
    let i = item([("b", bytes(400_000, b'a'))]);
    assert_eq!(test("contains(b, :v)", &[(":v", bytes(200_000, b'b'))], &i), Ok(false));
    let i = item([("b", bytes(400_000, b'b'))]);
    assert_eq!(test("contains(b, :v)", &[(":v", bytes(200_000, b'b'))], &i), Ok(true));
    for text in ["abacabadabacaba", "aabaabaaa", "abababac", ""] {
        for from in 0..text.len() {
            for to in from..text.len() {
                for (with, want) in [("", true), ("z", false)] {
                    let part = format!("{}{with}", &text[from..to]);
                    let i = item([("b", AttributeValue::B(text.as_bytes().into()))]);
                    let v = [(":v", AttributeValue::B(part.as_bytes().into()))];
                    assert_eq!(test("contains(b, :v)", &v, &i), Ok(want), "{text} {part}");
                }
            }
        }
    }
}
