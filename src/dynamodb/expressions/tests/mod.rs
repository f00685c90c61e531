//! Tests.

mod conditions;
mod grammar;
mod print;
mod rules;
mod statement;
mod updates;

use std::borrow::Cow;

use super::*;
use crate::dynamodb::{AttributeValue, Item};
use crate::error::Error;
use crate::structured::CryptoAction;

/// A request with these names and values, of which nothing but the names is known.
fn request<'a>(names: &[(&'a str, &'a str)], values: &[&'a str]) -> RequestParts<'a> {
    RequestParts {
        names: names.to_vec(),
        values: values.iter().map(|name| (*name, None)).collect(),
        ..Default::default()
    }
}

/// The expressions of a request with a condition and with every placeholder that the condition has.
fn condition(text: &str) -> crate::error::Result<Condition<'_>> {
    Condition::parse("ConditionExpression", text, &placeholders_of(text))
}

fn update(text: &str) -> crate::error::Result<Update<'_>> {
    Update::parse(text, &placeholders_of(text))
}

fn placeholders_of(text: &str) -> Placeholders<'_> {
    let (names, values) = placeholders_in(text);
    let names: Vec<_> = names.into_iter().map(|name| (name, name)).collect();
    let values: Vec<_> = values.into_iter().map(|value| (value, None)).collect();
    Placeholders::new(&names, &values)
}

/// The names and the values that occur in an expression, each once.
fn placeholders_in(text: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut names, mut values) = (Vec::new(), Vec::new());
    let mut at = 0;
    loop {
        let (_, token, end) = token::token_at(text, at);
        match token {
            token::Token::Name(name) if !names.contains(&name) => names.push(name),
            token::Token::Value(value) if !values.contains(&value) => values.push(value),
            token::Token::End => return (names, values),
            _ => {}
        }
        at = end;
    }
}

fn s(text: &str) -> AttributeValue<'_> {
    AttributeValue::S(text.into())
}

fn n(text: &str) -> AttributeValue<'_> {
    AttributeValue::N(text.into())
}

fn ss<'a>(members: &[&'a str]) -> AttributeValue<'a> {
    AttributeValue::Ss(members.iter().map(|member| Cow::Borrowed(*member)).collect())
}

fn ns<'a>(members: &[&'a str]) -> AttributeValue<'a> {
    AttributeValue::Ns(members.iter().map(|member| Cow::Borrowed(*member)).collect())
}

fn list<const N: usize>(elements: [AttributeValue<'_>; N]) -> AttributeValue<'_> {
    AttributeValue::L(elements.into())
}

fn item<'a, const N: usize>(members: [(&'a str, AttributeValue<'a>); N]) -> Item<'a> {
    members.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

fn map<'a, const N: usize>(members: [(&'a str, AttributeValue<'a>); N]) -> AttributeValue<'a> {
    AttributeValue::M(item(members))
}

/// What went wrong, in one line.
fn told(error: Error) -> String {
    format!("{} {error}", error.code())
}
