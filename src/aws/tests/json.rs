use super::*;

fn text(json: &str) -> Option<String> {
    match Json::parse(json.as_bytes()) {
        Ok(Json::Text(text)) => Some(text.to_string()),
        _ => None,
    }
}

#[test]
fn texts_and_their_escapes() {
    for (json, want) in [
        (r#""""#, ""),
        (r#" "a b" "#, "a b"),
        (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r#""\u0041\u00e9\u20AC""#, "Aé€"),
        (r#""\ud83d\ude00""#, "😀"),
        (r#""\udbff\udfff""#, "\u{10ffff}"),
        ("\"é😀\u{7f}\"", "é😀\u{7f}"),
    ] {
        assert_eq!(text(json).as_deref(), Some(want), "{json}");
    }
    for json in [
        "\"",
        r#""\""#,
        r#""\x""#,
        r#""\u12""#,
        r#""\u+123""#,
        r#""\u12g4""#,
        r#""\ud800""#,
        r#""\ud800x""#,
        r#""\ud800\n""#,
        r#""\ud800\u0041""#,
        r#""\ud800\ud800""#,
        r#""\udc00""#,
        "\"\n\"",
        "\"\0\"",
        "'a'",
        "\"a\"\"",
        "\"\\é\"",
    ] {
        assert!(Json::parse(json.as_bytes()).is_err(), "{json}");
    }
    assert!(Json::parse(b"\"\xff\"").is_err());
}

#[test]
fn no_text_ever_grows() {
    let json = format!("\"{}\"", r"\u00e9\n\ud83d\ude00é".repeat(99));
    let Ok(Json::Text(text)) = Json::parse(json.as_bytes()) else { panic!() };
    assert!(text.capacity() <= json.len());
}

#[test]
fn the_library_for_json_agrees() {
    fn same(ours: &Json<'_>, theirs: &serde_json::Value) -> bool {
        use serde_json::Value;
        match (ours, theirs) {
            (Json::Null, Value::Null) => true,
            (Json::Bool(a), Value::Bool(b)) => a == b,
            (Json::Number(a), Value::Number(b)) => a.parse::<f64>().ok() == b.as_f64(),
            (Json::Text(a), Value::String(b)) => **a == *b,
            (Json::List(a), Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Json::Object(a), Value::Object(b)) => {
                a.len() == b.len()
                    && a.iter().all(|(n, v)| b.get(n.as_str()).is_some_and(|b| same(v, b)))
            }
            _ => false,
        }
    }
    for json in [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "10",
        "1.5",
        "-1.25e3",
        "1E-2",
        "1e+2",
        "[]",
        "{}",
        "[ ]",
        "{ }",
        " [1 , 2]\r\n",
        "[[[]],{}]",
        r#"{"a":1,"b":{"c":[null,"x"]}}"#,
        r#"{"":""}"#,
        "\t{ \"a\" : [ true ] }",
        "",
        " ",
        "nul",
        "True",
        "nulls",
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1e",
        "1e+",
        "0x1",
        "--1",
        "1-2",
        "NaN",
        "Infinity",
        "[",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{",
        "}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{a:1}",
        "{1:1}",
        "[}",
        "{]",
        "[1]]",
        "{}{}",
        "1 1",
        "\u{feff}1",
        "\u{a0}1",
        "// 1",
        "é",
    ] {
        match (Json::parse(json.as_bytes()), serde_json::from_str(json)) {
            (Ok(ours), Ok(theirs)) => assert!(same(&ours, &theirs), "{json}"),
            (Err(at), Err(_)) => assert!(at <= json.len() + 1, "{json}"),
            (ours, theirs) => panic!("{json}: {} {}", ours.is_ok(), theirs.is_ok()),
        }
    }
}

#[test]
fn nesting_has_an_end() {
    let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    assert!(Json::parse(nested(32).as_bytes()).is_ok());
    assert!(Json::parse(nested(40).as_bytes()).is_err());
    assert!(Json::parse("[".repeat(1 << 20).as_bytes()).is_err());
    assert!(Json::parse(r#"{"a":"#.repeat(1 << 18).as_bytes()).is_err());
}

#[test]
fn what_is_written_reads_back() {
    let strange = "\u{0}\u{1f}\"\\/é😀\u{7f}".to_owned();
    let mut json = Writer::new();
    json.text("t", &strange);
    json.raw("n", b"4294967295");
    json.texts("l", &["a".to_owned(), strange.clone()]);
    json.texts("e", &[]);
    json.pairs("p", &[(strange.clone(), "v".to_owned()), ("k".to_owned(), strange.clone())]);
    json.ascii("x", 3, |out| out.copy_from_slice(b"abc"));
    let written: serde_json::Value = serde_json::from_slice(&json.finish()).unwrap();
    let want = serde_json::json!({
        "t": strange, "n": u32::MAX, "l": ["a", strange], "e": [],
        "p": { strange.clone(): "v", "k": strange }, "x": "abc",
    });
    assert_eq!(written, want);
    assert_eq!(*Writer::new().finish(), *b"{}");
}
