//! PartiQL statements, as far as the tables that they name.

use crate::error::Result;

use super::malformed;

/// A token of a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    /// What stands between white space, quotes and brackets.
    Word(&'a str),
    /// A name in double quotes, without them.
    Quoted(&'a str),
    /// A string or a bracket.
    Other,
}

impl Token<'_> {
    fn is_keyword(self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}

/// The name of every table that a SELECT, INSERT, UPDATE, DELETE or EXISTS may mean, each once, as the statement has it: a
/// name or an ARN. Of a name with a dot, which may be a table's or a table's and its index's, what is before the dot as
/// well.
///
/// # Errors
/// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::Expression`](crate::error::Part::Expression) where none can be read; such a statement must not be taken for one on other tables.
///
/// ```
/// use fieldseal::dynamodb::expressions::statement_tables;
///
/// let statement = r#"SELECT * FROM "customers"."by-email" WHERE email = 'a@example.com'"#;
/// assert_eq!(statement_tables(statement).unwrap(), ["customers"]);
/// assert!(statement_tables("DROP TABLE customers").is_err());
/// ```
pub fn statement_tables(statement: &str) -> Result<Vec<String>> {
    let mut tables: Vec<String> = Vec::new();
    let mut rest = statement;
    let mut introduces: Option<[&str; 2]> = None;
    let mut expected = false;
    while let Some(token) = next_token(&mut rest) {
        let [one, two] = match introduces {
            Some(words) => words,
            None => *introduces.insert(introducing(token).ok_or_else(unreadable)?),
        };
        if expected {
            match token {
                Token::Quoted(name) => add(&mut tables, name),
                Token::Word(name) => add(&mut tables, name),
                Token::Other => return Err(unreadable()),
            }
        }
        // A comment may hide what follows it from this reader and not from DynamoDB's.
        if let Token::Word(word) = token
            && word.as_bytes().windows(2).any(|pair| pair == b"--" || pair == b"/*")
        {
            return Err(unreadable());
        }
        expected = !expected && (token.is_keyword(one) || token.is_keyword(two));
    }
    match tables.is_empty() {
        true => Err(unreadable()),
        false => Ok(tables),
    }
}

/// The words that a table's name follows, in a statement that begins with this one. A sub-select is not DynamoDB's, and
/// would name its table as well.
fn introducing(first: Token<'_>) -> Option<[&'static str; 2]> {
    let statements = [
        ("SELECT", ["FROM", "FROM"]),
        ("EXISTS", ["FROM", "FROM"]),
        ("DELETE", ["FROM", "FROM"]),
        ("INSERT", ["INTO", "FROM"]),
        ("UPDATE", ["UPDATE", "FROM"]),
    ];
    statements.iter().find(|(word, _)| first.is_keyword(word)).map(|(_, words)| *words)
}

/// Adds a name, and what is before the dot in it.
fn add(tables: &mut Vec<String>, name: &str) {
    // Two quotes in a quoted name are one.
    let mut table = String::new();
    let mut doubled = false;
    for c in name.chars() {
        doubled = c == '"' && !doubled;
        if doubled {
            continue;
        }
        if c == '.' {
            add_once(tables, &table);
        }
        table.push(c);
    }
    add_once(tables, &table);
}

fn add_once(tables: &mut Vec<String>, name: &str) {
    if !name.is_empty() && !tables.iter().any(|known| known == name) {
        tables.push(name.to_owned());
    }
}

fn unreadable() -> crate::error::Error {
    malformed("no table name can be read in the PartiQL statement")
}

/// The next token, which is taken off.
fn next_token<'a>(rest: &mut &'a str) -> Option<Token<'a>> {
    let bytes = rest.as_bytes();
    // As AWS's library: everything up to the space counts as white space.
    let start = bytes.iter().position(|byte| *byte > b' ')?;
    let bytes = bytes.get(start..)?;
    let first = *bytes.first()?;
    let end = match first {
        b'"' | b'\'' => quoted_end(bytes, first),
        _ if is_bracket(first) => 1,
        _ => {
            let ends =
                |byte: &u8| *byte <= b' ' || matches!(byte, b'"' | b'\'') || is_bracket(*byte);
            bytes.iter().position(ends).unwrap_or(bytes.len())
        }
    };
    // All that ends a token is ASCII.
    let (token, after) = rest.get(start..)?.split_at_checked(end)?;
    *rest = after;
    Some(match first {
        b'"' => {
            let name = token.strip_prefix('"').unwrap_or_default();
            Token::Quoted(name.strip_suffix('"').unwrap_or(name))
        }
        b'\'' => Token::Other,
        _ if is_bracket(first) => Token::Other,
        _ => Token::Word(token),
    })
}

fn is_bracket(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' | b';')
}

/// Where what begins with `quote` ends; a quote that is doubled does not end it. All of it where nothing does.
fn quoted_end(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        if *byte == quote {
            if bytes.get(at) != Some(&quote) {
                break;
            }
            at += 1;
        }
    }
    at
}
