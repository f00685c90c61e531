//! Where a parser is in an expression, and what all of them read.

use crate::error::{Error, Result};

use super::path::{Path, Step};
use super::placeholders::{Placeholders, Value};
use super::token::{Token, token_at};
use super::{MAX_EXPRESSION_BYTES, MAX_OPERATORS, MAX_PATH_SEGMENTS, malformed};

/// Words of the grammar; DynamoDB reserves them, so that no path has one of them.
const KEYWORDS: [&str; 9] = ["AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"];

/// A place in an expression.
pub(super) struct Cursor<'a, 'p> {
    /// The request's parameter that the expression is.
    pub(super) parameter: &'static str,
    text: &'a str,
    start: usize,
    token: Token<'a>,
    end: usize,
    /// Where the token before it ends.
    past: usize,
    operators: usize,
    placeholders: &'p Placeholders<'a>,
}

impl<'a, 'p> Cursor<'a, 'p> {
    /// At the first token.
    pub(super) fn new(
        parameter: &'static str,
        text: &'a str,
        placeholders: &'p Placeholders<'a>,
    ) -> Result<Self> {
        if text.len() > MAX_EXPRESSION_BYTES {
            let (limit, found) = (MAX_EXPRESSION_BYTES as u64, text.len() as u64);
            return Err(Error::limit("bytes of an expression", limit, found));
        }
        let (start, token, end) = token_at(text, 0);
        let cursor =
            Self { parameter, text, start, token, end, past: 0, operators: 0, placeholders };
        match token {
            Token::End => Err(cursor.error("the expression can not be empty")),
            _ => Ok(cursor),
        }
    }

    pub(super) fn token(&self) -> Token<'a> {
        self.token
    }

    /// Where the token begins, and where the one before it ends.
    pub(super) fn place(&self) -> (usize, usize) {
        (self.start, self.past)
    }

    pub(super) fn advance(&mut self) {
        self.past = self.end;
        (self.start, self.token, self.end) = token_at(self.text, self.end);
    }

    /// Whether a function begins here: a word and then a parenthesis.
    pub(super) fn function(&self) -> Option<&'a str> {
        let Token::Word(name) = self.token else { return None };
        (token_at(self.text, self.end).1 == Token::Symbol("(")).then_some(name)
    }

    /// Goes past the symbol if it is here.
    pub(super) fn take(&mut self, symbol: &'static str) -> bool {
        let here = self.token == Token::Symbol(symbol);
        if here {
            self.advance();
        }
        here
    }

    pub(super) fn expect(&mut self, symbol: &'static str) -> Result<()> {
        match self.take(symbol) {
            true => Ok(()),
            false => Err(self.unexpected(symbol)),
        }
    }

    /// Goes past the keyword if it is here.
    pub(super) fn take_keyword(&mut self, keyword: &str) -> bool {
        let here = self.token.is_keyword(keyword);
        if here {
            self.advance();
        }
        here
    }

    /// Counts an operator or a function.
    pub(super) fn count_operator(&mut self) -> Result<()> {
        self.operators += 1;
        match self.operators <= MAX_OPERATORS {
            true => Ok(()),
            false => {
                let (limit, found) = (MAX_OPERATORS as u64, self.operators as u64);
                Err(Error::limit("operators and functions of an expression", limit, found))
            }
        }
    }

    /// Goes past the value if one is here.
    pub(super) fn value(&mut self) -> Result<Option<Value<'a>>> {
        let Token::Value(placeholder) = self.token else { return Ok(None) };
        let value = self.placeholders.value(placeholder).map_err(|error| self.placed(error))?;
        self.advance();
        Ok(Some(value))
    }

    pub(super) fn path(&mut self) -> Result<Path<'a>> {
        let mut path = Path { attribute: self.segment()?, steps: Vec::new() };
        loop {
            if self.take(".") {
                path.steps.push(Step::Member(self.segment()?));
            } else if self.take("[") {
                let Token::Index(digits) = self.token else {
                    return Err(self.unexpected("the index of a list"));
                };
                let index = digits
                    .parse()
                    .map_err(|_| self.error("list index is not within the allowable range"))?;
                self.advance();
                self.expect("]")?;
                path.steps.push(Step::Element(index));
            } else {
                return Ok(path);
            }
            let segments = path.steps.len() + 1;
            if segments > MAX_PATH_SEGMENTS {
                let (limit, found) = (MAX_PATH_SEGMENTS as u64, segments as u64);
                let error = Error::limit("segments of a document path", limit, found);
                return Err(error.of_attribute(path.attribute));
            }
        }
    }

    fn segment(&mut self) -> Result<&'a str> {
        let name = match self.token {
            Token::Name(name) => {
                self.placeholders.name(name).map_err(|error| self.placed(error))?
            }
            Token::Word(word) if KEYWORDS.iter().any(|known| word.eq_ignore_ascii_case(known)) => {
                let problem = "attribute name is a reserved keyword; reserved keyword";
                return Err(self.error_about(problem, word));
            }
            Token::Word(word) => word,
            _ => return Err(self.unexpected("a name")),
        };
        self.advance();
        Ok(name)
    }

    /// What is here cannot be.
    #[cold]
    #[inline(never)]
    pub(super) fn unexpected(&self, expected: &str) -> Error {
        let found = match self.token {
            Token::End => "the end".to_owned(),
            token => format!("'{}'", token.text()),
        };
        self.error(&format!("syntax error; {expected} expected, not {found}"))
    }

    /// Something is wrong with what is here, and has a name.
    #[cold]
    #[inline(never)]
    pub(super) fn error_about(&self, problem: &str, name: &str) -> Error {
        self.error(&format!("{problem}: {name}"))
    }

    /// Something is wrong with what is here.
    #[cold]
    #[inline(never)]
    pub(super) fn error(&self, problem: &str) -> Error {
        let before = self.text.get(..self.start).unwrap_or_default();
        let position = before.chars().count() + 1;
        malformed(format!("{}, character {position}: {problem}", self.parameter))
    }

    /// The error of something that does not know where it stands.
    fn placed(&self, error: Error) -> Error {
        match error.fault() {
            crate::error::Fault::Malformed { problem, .. } => self.error(problem),
            _ => error,
        }
    }
}
