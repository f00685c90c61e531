//! Expressions written again with beacons in place of attributes: word by word, in the form that AWS's libraries give them.

use crate::dynamodb::expressions::{Path, Test, Token, token_at};
use crate::util::index::Index;

use super::beacon::Beacon;
use super::clause::{Clause, Fate};
use super::test_plan::Planner;

const KEYWORDS: [&str; 5] = ["AND", "OR", "NOT", "BETWEEN", "IN"];

/// What no item has, nor any index: the one thing that can be asked of whatever DynamoDB is looking at. (It takes no key
/// attribute in the filter of a query.)
const NONE: &str = "aws_dbe_none";

/// ExpressionAttributeNames.
pub(super) struct Names<'a> {
    given: &'a [(&'a str, &'a str)],
    /// As they are sent.
    pub(super) all: Vec<(String, String)>,
    /// Positions in `all` by placeholder.
    index: Index,
    /// Placeholders that something else uses, which must go on standing for what they do.
    pub(super) fixed: Index,
}

impl<'a> Names<'a> {
    pub(super) fn new(given: &'a [(&'a str, &'a str)]) -> Self {
        let mut names = Self {
            given,
            all: Vec::with_capacity(given.len()),
            index: Index::default(),
            fixed: Index::default(),
        };
        for (placeholder, name) in given {
            names.push((*placeholder).to_owned(), name);
        }
        names
    }

    fn push(&mut self, placeholder: String, name: &str) {
        self.index.add(&placeholder, self.all.len());
        self.all.push((placeholder, name.to_owned()));
    }

    fn get(&self, placeholder: &str) -> Option<&str> {
        let at = self.index.get(placeholder)?;
        self.all.get(at).map(|(_, name)| name.as_str())
    }

    /// A placeholder for `name`: `wanted`, or one that begins so.
    fn placeholder(&mut self, wanted: &str, name: &str) -> String {
        let free = variant_without(wanted, &|variant| {
            self.get(variant).is_some_and(|known| known != name)
        });
        if !self.index.has(&free) {
            self.push(free.clone(), name);
        }
        free
    }

    /// What stands for the beacon that is stored as `stored` where `#placeholder` stood for its name.
    fn beacon(&mut self, placeholder: &str, stored: &str) -> String {
        if self.fixed.has(placeholder) {
            return self.placeholder(placeholder, stored);
        }
        let at = self.index.get(placeholder);
        if let Some((_, name)) = at.and_then(|at| self.all.get_mut(at)) {
            *name = stored.to_owned();
        }
        placeholder.to_owned()
    }
}

/// The first variant of a name that is not taken.
pub(super) fn variant_without(name: &str, is_taken: &dyn Fn(&str) -> bool) -> String {
    let mut candidate = name.to_owned();
    let mut number = 0;
    while is_taken(&candidate) {
        candidate = variant(name, number);
        number += 1;
    }
    candidate
}

/// Variants of a name: with two letters behind it, as AWS's libraries have it, and then with numbers, without an end.
pub(super) fn variant(name: &str, number: u32) -> String {
    const LETTERS: u32 = 26;
    const PAIRS: u32 = LETTERS * LETTERS;
    let letter = |number: u32| char::from(b'A' + number as u8);
    match number {
        0..PAIRS => {
            let mut longer = name.to_owned();
            longer.push(letter(number / LETTERS));
            longer.push(letter(number % LETTERS));
            longer
        }
        _ => format!("{name}_{}", number - PAIRS),
    }
}

/// A token of a condition, and where it stands.
struct Word<'c, 'a> {
    /// The tokens before and after it, and itself between them.
    tokens: [Token<'a>; 3],
    /// The test that it belongs to, and its fate, and where it ends.
    test: Option<(&'c Test<'a>, Fate, usize)>,
}

/// The tokens of a condition, one after another; `past` may pass over some.
struct Words<'c, 's, 'a> {
    clause: &'c Clause<'s, 'a>,
    tests: Vec<&'c Test<'a>>,
    current: usize,
    before: Token<'a>,
    /// The next one.
    ahead: (usize, Token<'a>, usize),
}

impl<'c, 's, 'a> Words<'c, 's, 'a> {
    fn new(clause: &'c Clause<'s, 'a>) -> Self {
        let (tests, ahead) = (clause.tests(), token_at(clause.text, 0));
        Self { clause, tests, current: 0, before: Token::End, ahead }
    }

    fn next(&mut self) -> Option<Word<'c, 'a>> {
        let (start, token, end) = self.ahead;
        if token == Token::End {
            return None;
        }
        while self.clause.places.get(self.current).is_some_and(|(_, past)| *past <= start) {
            self.current += 1;
        }
        let place = self.clause.places.get(self.current).filter(|(from, _)| *from <= start);
        let fate = self.clause.fates.get(self.current);
        let test = match (place, self.tests.get(self.current), fate) {
            (Some((_, past)), Some(test), Some(fate)) => Some((*test, *fate, *past)),
            _ => None,
        };
        self.ahead = token_at(self.clause.text, end);
        let tokens = [self.before, token, self.ahead.1];
        self.before = token;
        Some(Word { tokens, test })
    }

    /// Goes on behind a test.
    fn pass(&mut self, past: usize) {
        self.ahead = token_at(self.clause.text, past);
        self.before = Token::Symbol(")");
    }
}

/// Writes a condition; `value` says what stands for a value.
pub(super) fn render(
    planner: Planner<'_>,
    clause: &Clause<'_, '_>,
    names: &mut Names<'_>,
    value: &dyn Fn(&str) -> String,
) -> String {
    let mut out = String::new();
    let mut push = |text: &str, glued: bool| {
        if !glued && !out.is_empty() {
            out.push(' ');
        }
        out.push_str(text);
    };
    let mut words = Words::new(clause);
    while let Some(word) = words.next() {
        if let Some((_, fate, past)) = word.test
            && fate != Fate::Sent
        {
            let none = names.placeholder("#aws_dbe_none", NONE);
            let not = if fate == Fate::True { "not_" } else { "" };
            push(&format!("attribute_{not}exists ( {none} )"), false);
            words.pass(past);
            continue;
        }
        let written = written(planner, names, value, &word);
        let [before, token, _] = word.tokens;
        let within = |token| matches!(token, Token::Symbol("." | "["));
        push(&written, within(before) || within(token) || token == Token::Symbol("]"));
    }
    out
}

/// Notes the placeholders that stand for something else than a beacon where they are sent: they may stand for one as well.
pub(super) fn plain_names<'a>(
    planner: Planner<'_>,
    clause: &Clause<'_, 'a>,
    names: &mut Names<'a>,
) {
    let mut words = Words::new(clause);
    while let Some(word) = words.next() {
        match word.test {
            Some((_, fate, past)) if fate != Fate::Sent => words.pass(past),
            _ => {
                if let [_, Token::Name(name), _] = word.tokens
                    && beacon(planner, names, &word).is_none()
                {
                    names.fixed.add(name, 0);
                }
            }
        }
    }
}

/// The beacon that a token stands for.
fn beacon<'s>(planner: Planner<'s>, names: &Names<'_>, word: &Word<'_, '_>) -> Option<Beacon<'s>> {
    let [before, token, next] = word.tokens;
    let attribute = match token {
        Token::Name(name) => {
            // Those that were given are the first of all.
            names.given.get(names.index.get(name)?)?.1
        }
        Token::Word(_) if next == Token::Symbol("(") => return None,
        Token::Word(word) => word,
        _ => return None,
    };
    if before == Token::Symbol(".") || matches!(next, Token::Symbol("." | "[")) {
        return None;
    }
    let (test, ..) = word.test?;
    let path = Path { attribute, steps: Vec::new() };
    let is_sent = test.existence().is_none() || planner.is_only_beacon(&path);
    planner.beacon(&path).filter(|_| is_sent)
}

fn written(
    planner: Planner<'_>,
    names: &mut Names<'_>,
    value: &dyn Fn(&str) -> String,
    word: &Word<'_, '_>,
) -> String {
    let [_, token, _] = word.tokens;
    let text = token.text();
    if let Token::Value(_) = token {
        return value(text);
    }
    match beacon(planner, names, word) {
        Some(beacon) if matches!(token, Token::Name(_)) => names.beacon(text, beacon.stored()),
        Some(beacon) => beacon.stored().to_owned(),
        None => {
            let keyword = KEYWORDS.into_iter().find(|keyword| token.is_keyword(keyword));
            keyword.unwrap_or(text).to_owned()
        }
    }
}
