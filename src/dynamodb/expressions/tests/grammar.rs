//! What is an expression, and what is not.

use super::print::{write_condition, write_update};
use super::*;

#[test]
fn conditions_bind_as_dynamodb_has_it() {
    for (text, want) in [
        ("a = :v", "a = :v"),
        ("a=:v and b<c or d>:w", "a = :v AND b < c OR d > :w"),
        ("a = b OR c = d AND e = f", "a = b OR c = d AND e = f"),
        ("(a = b OR c = d) AND e = f", "(a = b OR c = d) AND e = f"),
        ("NOT a = b AND c = d", "NOT a = b AND c = d"),
        ("not (a = b AND c = d)", "NOT (a = b AND c = d)"),
        ("NOT NOT a = b", "NOT NOT a = b"),
        ("a BETWEEN b AND c AND d = e", "a BETWEEN b AND c AND d = e"),
        ("a between :x and :y or b in (:x)", "a BETWEEN :x AND :y OR b IN (:x)"),
        ("a = b AND (c = d AND e = f)", "a = b AND (c = d AND e = f)"),
        ("(a) = (:v)", "a = :v"),
        ("(size(a)) >= :v", "size(a) >= :v"),
        ("size((a)) = :v", "size(a) = :v"),
        ("((a = b) AND c = d)", "a = b AND c = d"),
        ("((a) = b)", "a = b"),
        ("attribute_exists(a.b[0].#c)", "attribute_exists(a.b[0].#c)"),
        ("attribute_type(a, :t)", "attribute_type(a, :t)"),
        ("begins_with(:v, a)", "begins_with(:v, a)"),
        ("contains ( a , :v )", "contains(a, :v)"),
        (":v = a.size", ":v = a.size"),
        ("size = :v", "size = :v"),
        ("a . b [ 0 ] = :v", "a.b[0] = :v"),
        ("#1a = :1a", "#1a = :1a"),
    ] {
        let tree = condition(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(write_condition(&tree), want, "{text}");
    }
}

#[test]
fn what_is_no_condition_is_refused_with_its_place() {
    for (text, problem) in [
        ("", "character 1: the expression can not be empty"),
        ("  \n", "character 4: the expression can not be empty"),
        ("a", "character 2: syntax error; a comparison expected, not the end"),
        ("a =", "character 4: syntax error; a name expected, not the end"),
        ("a = :v AND", "character 11: syntax error; a name expected, not the end"),
        ("a = :v b = :v", "character 8: syntax error; AND, OR or the end expected, not 'b'"),
        ("a == :v", "character 4: syntax error; a name expected, not '='"),
        ("a != :v", "character 3: syntax error; a comparison expected, not '!'"),
        ("AND a = :v", "character 1: attribute name is a reserved keyword; reserved keyword: AND"),
        ("a.set = :v", "character 3: attribute name is a reserved keyword; reserved keyword: set"),
        ("(a = :v", "character 8: syntax error; AND, OR or ')' expected, not the end"),
        ("a = :v)", "character 7: syntax error; AND, OR or the end expected, not ')'"),
        ("(((", "character 4: syntax error; a name expected, not the end"),
        ("()", "character 2: syntax error; a name expected, not ')'"),
        ("((a = :v))", "character 10: the expression has redundant parentheses"),
        ("b = c OR ((a = :v))", "character 19: the expression has redundant parentheses"),
        ("((a)) = :v", "character 5: the expression has redundant parentheses"),
        ("a = ((:v))", "character 6: the expression has redundant parentheses"),
        ("(a AND b = c)", "character 4: syntax error; a comparison expected, not 'AND'"),
        ("a BETWEEN :v OR :w", "character 14: syntax error; AND expected, not 'OR'"),
        ("a IN :v", "character 6: syntax error; ( expected, not ':v'"),
        ("a IN ()", "character 7: syntax error; a name expected, not ')'"),
        ("a[:v] = :v", "character 3: syntax error; the index of a list expected, not ':v'"),
        ("a[4294967296] = :v", "character 3: list index is not within the allowable range"),
        ("1a = :v", "character 1: syntax error; a name expected, not '1'"),
        ("a = :v + :v", "character 8: syntax error; AND, OR or the end expected, not '+'"),
        ("a = :", "character 5: syntax error; a name expected, not ':'"),
        ("# = :v", "character 1: syntax error; a name expected, not '#'"),
        ("é = :v", "character 1: syntax error; a name expected, not 'é'"),
        ("a = :v AND é = :v", "character 12: syntax error; a name expected, not 'é'"),
        ("size(a)", "character 8: syntax error; a comparison expected, not the end"),
        ("size(size(a)) = :v", "character 6: incorrect operand type for operator or function"),
        ("foo(a) = :v", "character 1: invalid function name; function: foo"),
        ("SIZE(a) = :v", "character 1: invalid function name; function: SIZE"),
        ("attribute_exists(a, b)", "incorrect number of operands for operator or function"),
        ("begins_with(a)", "incorrect number of operands for operator or function"),
        ("attribute_exists(:v)", "operator or function requires a document path"),
        ("attribute_exists(size(a))", "operator or function requires a document path"),
        ("attribute_exists(a) = :v", "AND, OR or the end expected, not '='"),
        ("a = attribute_exists(a)", "the function is not allowed to be used this way"),
        ("a = if_not_exists(a, :v)", "the function is not allowed to be used this way"),
        ("a.b = a.b", "must be distinct from the remaining operands"),
        ("contains(a, a)", "must be distinct from the remaining operands"),
    ] {
        let error = told(condition(text).expect_err(text));
        assert!(
            error.starts_with(
                "MALFORMED_EXPRESSION malformed expression: ConditionExpression, character "
            ) && error.contains(problem),
            "{text}: {error}"
        );
    }
}

#[test]
fn updates_are_read_section_by_section() {
    for (text, want) in [
        ("SET a = :v", "SET a = :v"),
        (
            "set a=:v, #b.c[1]=d.e REMOVE f,g.h ADD i :v DELETE j :w",
            "SET a = :v, #b.c[1] = d.e REMOVE f, g.h ADD i :v DELETE j :w",
        ),
        ("REMOVE a SET b = a", "REMOVE a SET b = a"),
        ("SET a = a + :v", "SET a = a + :v"),
        ("SET a = (a - :v)", "SET a = a - :v"),
        ("SET a = (a) - (:v)", "SET a = a - :v"),
        ("SET a = ((a) - ((:v)))", "SET a = a - :v"),
        ("SET a = if_not_exists(b, :v) + :w", "SET a = if_not_exists(b, :v) + :w"),
        (
            "SET a = if_not_exists(b, if_not_exists(c, :v))",
            "SET a = if_not_exists(b, if_not_exists(c, :v))",
        ),
        (
            "SET a = list_append(if_not_exists(a, :v), :w)",
            "SET a = list_append(if_not_exists(a, :v), :w)",
        ),
        (
            "SET a[1] = :v, a[0] = :v, b.x = :v, b.y.z = :v",
            "SET a[1] = :v, a[0] = :v, b.x = :v, b.y.z = :v",
        ),
    ] {
        let tree = update(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(write_update(&tree), want, "{text}");
    }
}

#[test]
fn what_is_no_update_is_refused_with_its_place() {
    for (text, problem) in [
        ("", "character 1: the expression can not be empty"),
        ("HELLO a = :v", "character 1: syntax error; SET, REMOVE, ADD, DELETE or the end expected"),
        ("SET", "character 4: syntax error; a name expected, not the end"),
        ("SET a", "character 6: syntax error; = expected, not the end"),
        ("SET a :v", "character 7: syntax error; = expected, not ':v'"),
        ("SET a = :v,", "character 12: syntax error; a name expected, not the end"),
        ("SET a = :v, REMOVE b", "attribute name is a reserved keyword; reserved keyword: REMOVE"),
        ("SET a = :v + :v + :v", "character 17: syntax error; SET, REMOVE"),
        (
            "SET a = :v SET b = :v",
            "character 12: a section can only be used once in an update expression: SET",
        ),
        ("SET a = :v REMOVE b set c = :v", "character 21: a section can only be used"),
        ("SET :a = :v", "character 5: syntax error; a name expected, not ':a'"),
        ("SET a = f(:v)", "character 9: invalid function name; function: f"),
        ("SET a = size(b)", "character 9: invalid function name; function: size"),
        ("SET a = LIST_APPEND(b, c)", "invalid function name; function: LIST_APPEND"),
        ("SET a = list_append(:v)", "character 23: syntax error; , expected, not ')'"),
        ("SET a = list_append(:v, :v, :v)", "character 27: syntax error; ) expected, not ','"),
        ("SET a = list_append(list_append(:v, :v), :v)", "is not allowed to be used this way"),
        ("SET a = if_not_exists(:v, :v)", "operator or function requires a document path"),
        ("SET a = if_not_exists(if_not_exists(a, :v), :v)", "requires a document path"),
        ("SET a = if_not_exists(a, :v + :v)", "character 29: syntax error; ) expected, not '+'"),
        ("ADD a b", "character 7: syntax error; a value expected, not 'b'"),
        ("ADD a = :v", "character 7: syntax error; a value expected, not '='"),
        ("DELETE a", "character 9: syntax error; a value expected, not the end"),
        ("REMOVE a b", "character 10: syntax error; SET, REMOVE, ADD, DELETE or the end"),
        (
            "SET a = :v, a = :v",
            "overlap with each other; must remove or rewrite one of these \
          paths; path one: [a], path two: [a] (attribute 'a')",
        ),
        ("SET a.b.c = :v REMOVE a.b", "overlap with each other"),
        (
            "SET a.b = :v, x = :v, a.c = :v, a.b[0].d = :v",
            "path one: [a, b], path two: [a, b, [0], d]",
        ),
        ("SET a.b = :v, a[1] = :v", "two document paths conflict with each other"),
        ("SET a.b.c = :v, a.a = :v, a.b[2] = :v", "two document paths conflict"),
    ] {
        let error = told(update(text).expect_err(text));
        assert!(
            error.starts_with("MALFORMED_EXPRESSION malformed expression: UpdateExpression")
                && error.contains(problem),
            "{text}: {error}"
        );
    }
}

#[test]
fn placeholders_are_resolved_once_for_all_expressions() {
    let parts = RequestParts {
        update: Some("SET #a.#b = :v"),
        condition: Some("#a.x = :w"),
        ..request(&[("#a", "a.b c"), ("#b", "")], &[":w", ":v"])
    };
    let Expressions { update, condition, .. } = Expressions::parse(&parts).unwrap();
    let path = &update.unwrap().actions[0].path;
    assert_eq!((path.attribute, &path.steps[..]), ("a.b c", &[Step::Member("")][..]));
    let condition = condition.unwrap();
    let operands = condition.tests().next().unwrap().operands();
    assert_eq!(operands[0].path().unwrap().attribute, "a.b c");
}

#[test]
fn placeholders_that_are_undefined_or_unused_are_named() {
    let parse = |parts: RequestParts<'_>| Expressions::parse(&parts).map_err(told).map(|_| ());
    let filter = |text| RequestParts { filter: Some(text), ..request(&[("#a", "x")], &[":v"]) };
    assert_eq!(parse(filter("#a = :v")), Ok(()));
    for (text, problem) in [
        (
            "#b = :v",
            "FilterExpression, character 1: an expression attribute name used in the \
                     document path is not defined; attribute name: #b",
        ),
        (
            "#a = :w",
            "FilterExpression, character 6: an expression attribute value used in \
                     expression is not defined; attribute value: :w",
        ),
        ("a = :v", "value provided in ExpressionAttributeNames unused in expressions: keys: {#a}"),
        ("#a = b", "value provided in ExpressionAttributeValues unused in expressions: keys: {:v}"),
    ] {
        assert_eq!(
            parse(filter(text)),
            Err(format!("MALFORMED_EXPRESSION malformed expression: {problem}")),
            "{text}"
        );
    }
    // Without any expression, too.
    let none = request(&[("#a", "x"), ("#b", "y")], &[]);
    assert!(parse(none).unwrap_err().ends_with("unused in expressions: keys: {#a, #b}"));
}

#[test]
fn key_conditions_are_few_of_all_conditions() {
    let parse = |text| {
        let (names, values) = placeholders_in(text);
        let names: Vec<_> = names.into_iter().map(|name| (name, name)).collect();
        let parts = RequestParts { key_condition: Some(text), ..request(&names, &values) };
        Expressions::parse(&parts).map_err(told).map(|_| ())
    };
    for text in [
        "a = :v",
        ":v = a",
        "a = :v AND b >= :w",
        "(a = :v) AND (b BETWEEN :w AND :x)",
        "a = :v and begins_with(#b, :w)",
    ] {
        assert_eq!(parse(text), Ok(()), "{text}");
    }
    for (text, problem) in [
        ("a = :v OR b = :w", "invalid operator used: OR"),
        ("NOT a = :v", "invalid operator used: NOT"),
        ("a <> :v", "invalid operator used: <>"),
        ("a IN (:v)", "invalid operator used: IN"),
        ("a = :v AND contains(b, :w)", "invalid operator used: contains"),
        ("attribute_exists(a)", "invalid operator used: attribute_exists"),
        ("size(a) = :v", "cannot contain nested operations"),
        ("a = b", "multiple attribute names used in one condition"),
        (":v = :w", "no key attribute specified"),
        ("a.b = :v", "cannot have conditions on nested attributes (attribute 'a')"),
        ("a = :v AND a < :w", "must only contain one condition per key"),
        (":v BETWEEN a AND :w", "must have the key attribute as first operand"),
        ("begins_with(:v, a)", "must have the key attribute as first operand"),
        ("a = :v AND b = :v AND c = :v", "must not be on more than two attributes"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(
            error.contains("KeyConditionExpression: ") && error.contains(problem),
            "{text}: {error}"
        );
    }
}

#[test]
fn projections_are_lists_of_paths() {
    let parse = |text| {
        let parts = RequestParts { projection: Some(text), ..request(&[("#a", "x.y")], &[]) };
        Expressions::parse(&parts).map_err(told).map(|e| e.projection.unwrap().len())
    };
    assert_eq!(parse("#a"), Ok(1));
    assert_eq!(parse("a, b.c[0], b.d , #a"), Ok(4));
    for (text, problem) in [
        ("#a,", "character 4: syntax error; a name expected, not the end"),
        ("#a b", "character 4: syntax error; ',' or the end expected, not 'b'"),
        ("#a, a.b, a", "two document paths overlap"),
        ("#a, a.b, a[0]", "two document paths conflict"),
        ("#a, :v", "a name expected, not ':v'"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains(problem), "{text}: {error}");
    }
}

#[test]
fn dynamodbs_limits_hold_to_the_unit() {
    let limit = |result: crate::error::Result<()>| result.map_err(told);
    let parse = |text: &str| limit(condition(text).map(|_| ()));
    let spaces = |n: usize| format!("a{} = :v", " ".repeat(n - 6));
    assert_eq!(parse(&spaces(4096)), Ok(()));
    assert_eq!(
        parse(&spaces(4097)).unwrap_err(),
        "LIMIT_EXCEEDED bytes of an expression: 4097 exceeds the limit of 4096"
    );
    // Bytes, not characters; and long before anything is read.
    assert!(parse(&"é".repeat(2049)).unwrap_err().contains("4098 exceeds"));
    assert!(parse(&"(".repeat(1 << 20)).unwrap_err().contains("1048576 exceeds"));

    let deep = |n: usize| format!("a<b {}{}", "or (a<b ".repeat(n), ")".repeat(n));
    assert_eq!(parse(&deep(149)), Ok(()));
    let too_many =
        "LIMIT_EXCEEDED operators and functions of an expression: 301 exceeds the limit of 300";
    assert_eq!(parse(&deep(150)).unwrap_err(), too_many);
    assert_eq!(parse(&format!("{}a<b", "not ".repeat(299))), Ok(()));
    assert_eq!(parse(&format!("{}a<b", "not ".repeat(300))).unwrap_err(), too_many);
    let nested = |n: usize| format!("SET a = {}:v{}", "if_not_exists(b,".repeat(n), ")".repeat(n));
    // 300 of these are longer than an expression may be.
    assert!(update(&nested(200)).is_ok());

    let path = |n: usize| format!("a{} = :v", ".b".repeat(n - 1));
    assert_eq!(parse(&path(32)), Ok(()));
    assert_eq!(
        parse(&path(33)).unwrap_err(),
        "LIMIT_EXCEEDED segments of a document path: 33 exceeds the limit of 32 (attribute 'a')"
    );
}

#[test]
fn the_work_grows_with_the_length() {
    use crate::util::steps::counted;
    // Placeholders, and paths that must not overlap.
    let work = |n: usize| {
        let names: Vec<(String, String)> =
            (0..n).map(|i| (format!("#{i}"), format!("attribute {i}"))).collect();
        let values: Vec<String> = (0..n).map(|i| format!(":{i}")).collect();
        let actions: Vec<String> = (0..n).map(|i| format!("#{i}=:{i}")).collect();
        let text = format!("SET {}", actions.join(","));
        let parts = RequestParts {
            update: Some(&text),
            names: names.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect(),
            values: values.iter().map(|value| (value.as_str(), None)).collect(),
            ..Default::default()
        };
        counted(|| assert!(Expressions::parse(&parts).is_ok()))
    };
    let (few, many) = (work(40), work(320));
    // Eight times as many, and sorting's logarithm.
    assert!(many < 8 * 2 * few, "{few} {many}");
}
