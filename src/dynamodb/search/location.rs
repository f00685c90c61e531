//! Places in items that beacons are of (`virtual.md#terminal-location`).

use crate::dynamodb::expressions::{Path, Step};
use crate::dynamodb::{AttributeValue, Item};
use crate::error::{Error, Result, Rule};

/// An attribute, or a place within one.
#[derive(Debug, Clone)]
pub(super) struct Location {
    pub(super) attribute: String,
    steps: Vec<OwnedStep>,
}

#[derive(Debug, Clone)]
enum OwnedStep {
    Member(String),
    Element(u32),
}

impl Location {
    /// The attribute of this name, whatever is in the name.
    pub(super) fn attribute(name: &str) -> Self {
        Self { attribute: name.to_owned(), steps: Vec::new() }
    }

    /// Reads `a.b[3].c`. In errors, it is that of the `kind` of thing that has this name.
    pub(super) fn parse(text: &str, kind: &str, name: &str) -> Result<Self> {
        let error = |problem: &str| {
            let problem = format!("the location '{text}' of the {kind} '{name}' {problem}");
            Error::misuse(Rule::Config, problem)
        };
        let end = |text: &str| text.find(['.', '[']).unwrap_or(text.len());
        let (attribute, mut rest) = text.split_at(end(text));
        if attribute.is_empty() {
            return Err(error("must begin with the name of an attribute"));
        }
        let mut steps = Vec::new();
        while let Some(after) = rest.get(1..).filter(|after| !after.is_empty()) {
            let (segment, left) = after.split_at(end(after));
            steps.push(if rest.starts_with('.') {
                OwnedStep::Member(segment.to_owned())
            } else {
                let index = segment.strip_suffix(']').and_then(list_index);
                OwnedStep::Element(index.ok_or_else(|| {
                    error("has an index that AWS's libraries do not read as it stands: 0 to 9, or equal digits")
                })?)
            });
            if segment.is_empty() {
                return Err(error("has an empty name"));
            }
            rest = left;
        }
        match rest {
            "" => Ok(Self { attribute: attribute.to_owned(), steps }),
            _ => Err(error("ends too early")),
        }
    }

    /// As it is written, each place in one way.
    pub(super) fn text(&self) -> String {
        let mut text = self.attribute.clone();
        for step in &self.steps {
            match step {
                OwnedStep::Member(name) => {
                    text.push('.');
                    text.push_str(name);
                }
                OwnedStep::Element(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }

    /// Whether it is a whole attribute.
    pub(super) fn is_whole(&self) -> bool {
        self.steps.is_empty()
    }

    pub(super) fn path(&self) -> Path<'_> {
        let mut steps = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            steps.push(match step {
                OwnedStep::Member(name) => Step::Member(name),
                OwnedStep::Element(index) => Step::Element(*index),
            });
        }
        Path { attribute: &self.attribute, steps }
    }

    /// What is there.
    pub(super) fn find<'i, 'v>(&self, item: &'i Item<'v>) -> Option<&'i AttributeValue<'v>> {
        self.path().find(item)
    }
}

/// The index of a list's element, if AWS's libraries read the same: they take the first digit for each of the others.
fn list_index(digits: &str) -> Option<u32> {
    let first = digits.chars().next().filter(char::is_ascii_digit)?;
    let same = digits.chars().all(|digit| digit == first);
    if same { digits.parse().ok() } else { None }
}
