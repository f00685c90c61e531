//! Tables of PartiQL statements; the rules' id is P14.

use super::*;

#[test]
fn p14_tables_are_read_in_every_statement() {
    for (statement, want) in [
        ("select * from foo", &["foo"][..]),
        ("SeLeCt blah blah FrOm foo where a = 1", &["foo"]),
        ("select\nblah\nblah\n\t  from\t\n  \t\n  foo where", &["foo"]),
        ("select * from \"foo\"", &["foo"]),
        ("select * from \"f o o\" where \"from\" = 'from bar'", &["f o o"]),
        ("select * from \"foo\".\"by-email\"", &["foo"]),
        ("select * from \"foo\".by", &["foo"]),
        ("select * from foo.bar where", &["foo", "foo.bar"]),
        ("select * from \"foo.bar\"", &["foo", "foo.bar"]),
        ("select * from \"a\"\"b\"", &["a\"b"]),
        ("select 'x from y' from foo;", &["foo"]),
        ("select 'it''s from y', \"from\" from foo", &["foo"]),
        ("insert into foo value {'a': 'into bar'}", &["foo"]),
        ("INSERT INTO \"Mu s ic\" value {'Artist' : 'Acme Band'}", &["Mu s ic"]),
        ("insert into \"foo\"value {'a': 1}", &["foo"]),
        ("delete from \"Music\" WHERE \"Artist\" = 'Acme' RETURNING ALL OLD *", &["Music"]),
        ("update foo set a = 1", &["foo"]),
        (
            "  UPDATE \"Music\"\nSET AwardsWon=1\nSET AwardDetail={'Grammys':[2020]} WHERE a = 'update x'",
            &["Music"],
        ),
        ("exists(select * from foo", &["foo"]),
        ("\t  ExIsTs \r(\t\n SeLeCt * from \"foo\" where x = 'y')", &["foo"]),
        (
            "select * from \"arn:aws:dynamodb:eu-central-1:111122223333:table/foo\"",
            &["arn:aws:dynamodb:eu-central-1:111122223333:table/foo"],
        ),
        // Not DynamoDB's, but a table all the same.
        ("insert into foo select * from bar", &["foo", "bar"]),
        ("update foo set a = (select b from bar)", &["foo", "bar"]),
        ("select * from foo where exists(select * from bar)", &["foo", "bar"]),
        ("select * from foo, foo", &["foo"]),
    ] {
        assert_eq!(
            statement_tables(statement).map_err(told),
            Ok(want.iter().map(ToString::to_string).collect()),
            "{statement}"
        );
    }
}

#[test]
fn p14_a_statement_without_a_readable_table_is_refused() {
    for statement in [
        "",
        "   ",
        "stuff junk",
        "select",
        "select blah blah blah",
        "select blah blah from",
        "select 'a from b'",
        "select * from (select * from foo)",
        "select * from 'foo'",
        "select * from \"\"",
        "insert",
        "insert !into blah",
        "insert into",
        "delete",
        "delete !from blah",
        "update",
        "  update        ",
        "exists",
        "exists()",
        "exists select blah",
        "exists(update blah)",
        "drop table foo",
        // What one reader takes for a comment is another's table.
        "select * from --foo\n bar",
        "select * from /* foo */ bar",
        "select * from/**/bar",
    ] {
        assert_eq!(
            statement_tables(statement).map_err(told),
            Err("MALFORMED_EXPRESSION malformed expression: no table name can be read in the PartiQL \
                 statement"
                .to_owned()),
            "{statement}"
        );
    }
}
