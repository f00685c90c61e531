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
    let tokens = tokens(statement);
    let first = tokens.first().copied();
    let begins = |keyword| first.is_some_and(|token: Token<'_>| token.is_keyword(keyword));
    let introduces: &[&str] = match () {
        () if begins("SELECT") || begins("EXISTS") || begins("DELETE") => &["FROM"],
        // A sub-select is not DynamoDB's, and would name its table as well.
        () if begins("INSERT") => &["INTO", "FROM"],
        () if begins("UPDATE") => &["UPDATE", "FROM"],
        () => return Err(unreadable()),
    };
    // A comment may hide what follows it from this reader and not from DynamoDB's.
    let has_comment = |token: &Token<'_>| matches!(token, Token::Word(word) if word.contains("--") || word.contains("/*"));
    if tokens.iter().any(has_comment) {
        return Err(unreadable());
    }
    let mut tables: Vec<String> = Vec::new();
    for (token, next) in tokens.iter().zip(tokens.iter().skip(1)) {
        if !introduces.iter().any(|keyword| token.is_keyword(keyword)) {
            continue;
        }
        let name = match *next {
            Token::Quoted(name) => name.replace("\"\"", "\""),
            Token::Word(name) => name.to_owned(),
            Token::Other => return Err(unreadable()),
        };
        if let Some((table, _)) = name.split_once('.') {
            add(&mut tables, table);
        }
        add(&mut tables, &name);
    }
    match tables.is_empty() {
        true => Err(unreadable()),
        false => Ok(tables),
    }
}

fn add(tables: &mut Vec<String>, name: &str) {
    if !name.is_empty() && !tables.iter().any(|known| known == name) {
        tables.push(name.to_owned());
    }
}

fn unreadable() -> crate::error::Error {
    malformed("no table name can be read in the PartiQL statement")
}

fn tokens(statement: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = statement;
    loop {
        // As AWS's library: everything up to the space counts as white space.
        rest = rest.trim_start_matches(|c| c <= ' ');
        let Some(first) = rest.chars().next() else { return tokens };
        let end = match first {
            '"' | '\'' => quoted_end(rest, first),
            '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' => 1,
            _ => rest
                .find(|c: char| {
                    c <= ' '
                        || matches!(c, '"' | '\'' | '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';')
                })
                .unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        tokens.push(match first {
            '"' => {
                let name = token.strip_prefix('"').unwrap_or_default();
                Token::Quoted(name.strip_suffix('"').unwrap_or(name))
            }
            '\'' | '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' => Token::Other,
            _ => Token::Word(token),
        });
        rest = after;
    }
}

/// Where what begins with `quote` ends; a quote that is doubled does not end it. All of it where nothing does.
fn quoted_end(text: &str, quote: char) -> usize {
    let mut marks = text.match_indices(quote).map(|(at, _)| at).skip(1).peekable();
    while let Some(at) = marks.next() {
        if marks.next_if(|next| *next == at + 1).is_none() {
            return at + 1;
        }
    }
    text.len()
}
