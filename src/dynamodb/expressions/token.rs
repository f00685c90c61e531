//! Tokens of expressions.

use crate::util::steps::tick;

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dynamodb) enum Token<'a> {
    /// A name, a function's name or a keyword.
    Word(&'a str),
    /// `#name`, with its sign.
    Name(&'a str),
    /// `:value`, with its sign.
    Value(&'a str),
    /// Digits.
    Index(&'a str),
    /// An operator, a bracket, a comma or a dot.
    Symbol(&'static str),
    /// A character that no expression has, or a sign that nothing follows.
    Unknown(&'a str),
    /// The end of the expression.
    End,
}

/// The longer ones first.
const SYMBOLS: [&str; 14] =
    ["<=", ">=", "<>", "(", ")", "[", "]", ",", ".", "=", "<", ">", "+", "-"];

/// Reads the token at `at`, after white space: where it begins, itself, and where it ends.
pub(in crate::dynamodb) fn token_at(text: &str, at: usize) -> (usize, Token<'_>, usize) {
    tick();
    let rest = text.get(at..).unwrap_or_default();
    let rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
    let start = text.len() - rest.len();
    let (token, length) = token(rest);
    (start, token, start + length)
}

fn token(rest: &str) -> (Token<'_>, usize) {
    if let Some(&symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
        return (Token::Symbol(symbol), symbol.len());
    }
    let Some(first) = rest.chars().next() else { return (Token::End, 0) };
    let sign = usize::from(matches!(first, '#' | ':'));
    let run = |from: usize, belongs: fn(u8) -> bool| {
        let bytes = rest.as_bytes().get(from..).unwrap_or_default();
        from + bytes.iter().take_while(|byte| belongs(**byte)).count()
    };
    let end = match first {
        '0'..='9' => run(0, |byte| byte.is_ascii_digit()),
        _ => run(sign, |byte| byte.is_ascii_alphanumeric() || byte == b'_'),
    };
    let taken = rest.get(..end).unwrap_or_default();
    match first {
        '#' if end > 1 => (Token::Name(taken), end),
        ':' if end > 1 => (Token::Value(taken), end),
        '0'..='9' => (Token::Index(taken), end),
        'a'..='z' | 'A'..='Z' | '_' => (Token::Word(taken), end),
        _ => (Token::Unknown(rest.get(..first.len_utf8()).unwrap_or_default()), first.len_utf8()),
    }
}

impl<'a> Token<'a> {
    /// As it stands in the expression.
    pub(in crate::dynamodb) fn text(self) -> &'a str {
        match self {
            Self::Word(text)
            | Self::Name(text)
            | Self::Value(text)
            | Self::Index(text)
            | Self::Unknown(text) => text,
            Self::Symbol(text) => text,
            Self::End => "",
        }
    }

    /// Whether it is this keyword, in any case.
    pub(in crate::dynamodb) fn is_keyword(self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}
