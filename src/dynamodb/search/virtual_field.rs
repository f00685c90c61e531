//! Virtual fields and their transforms (`virtual.md`). All units are UTF-16 code units, as in AWS's libraries.

use std::borrow::Cow;

use crate::dynamodb::{AttributeValue, Item};
use crate::error::{Error, Result, Rule};
use crate::util::index::Index;

use super::config::Transform;
use super::location::Location;

/// A virtual field.
#[derive(Debug)]
pub(super) struct Virtual {
    pub(super) name: String,
    pub(super) parts: Vec<(Location, Vec<Transform>)>,
}

impl Virtual {
    /// The locations of its parts, each once, in order: the same for fields of the same ones; of one, that.
    pub(super) fn locations(&self) -> String {
        let mut locations = Index::default();
        for (location, _) in &self.parts {
            locations.add(&location.text(), 0);
        }
        locations.join("\n")
    }

    /// Its value; `None` for an item that lacks one of its parts.
    pub(super) fn text(&self, item: &Item<'_>) -> Result<Option<String>> {
        let mut units = Vec::new();
        for (location, transforms) in &self.parts {
            let Some(value) = location.find(item) else { return Ok(None) };
            let mut part = Vec::new();
            add_units(&mut part, &text(value, &location.attribute)?);
            for transform in transforms {
                apply(transform, &mut part);
            }
            units.append(&mut part);
        }
        String::from_utf16(&units).map(Some).map_err(|_| {
            let problem = "a transform of the virtual field cuts a character of its value in two";
            Error::misuse(Rule::Beacon, problem).of_attribute(&self.name)
        })
    }
}

/// A value as text: a string, a number as it is written, a boolean or null.
pub(super) fn text<'v>(value: &'v AttributeValue<'_>, attribute: &str) -> Result<Cow<'v, str>> {
    Ok(match value {
        AttributeValue::S(text) | AttributeValue::N(text) => Cow::Borrowed(text),
        AttributeValue::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        AttributeValue::Null(_) => Cow::Borrowed("null"),
        _ => {
            let problem = "virtual fields and parts of compound beacons are made of strings, numbers, booleans and \
                           nulls, which it is not";
            return Err(Error::misuse(Rule::Beacon, problem).of_attribute(attribute));
        }
    })
}

fn add_units(text: &mut Vec<u16>, more: &str) {
    text.extend(more.encode_utf16());
}

fn apply(transform: &Transform, text: &mut Vec<u16>) {
    let units = text.len();
    let (from, to) = match transform {
        Transform::Upper => return map(text, u8::to_ascii_uppercase),
        Transform::Lower => return map(text, u8::to_ascii_lowercase),
        Transform::Insert { literal } => return add_units(text, literal),
        Transform::Prefix { length } => (0, kept(*length, units)),
        Transform::Suffix { length } => (units - kept(*length, units), units),
        Transform::Substring { low, high } => (place(*low, units), place(*high, units)),
        Transform::Segment { split, index } => {
            let pieces = pieces(text, *split);
            let n = pieces.len() as i64;
            match (-n..n).contains(&i64::from(*index)) {
                true => pieces.get(place(*index, pieces.len())).copied(),
                // Not the last or the first one, as with a range.
                false => None,
            }
            .unwrap_or_default()
        }
        Transform::Segments { split, low, high } => {
            let pieces = pieces(text, *split);
            let (low, high) = (place(*low, pieces.len()), place(*high, pieces.len()));
            match pieces.get(low..high).unwrap_or_default() {
                [] => (0, 0),
                [piece] => *piece,
                [(from, _), .., (_, to)] => (*from, *to),
            }
        }
    };
    *text = text.get(from..to).unwrap_or_default().to_vec();
}

fn map(text: &mut [u16], letter: fn(&u8) -> u8) {
    for unit in text {
        if let Ok(byte) = u8::try_from(*unit) {
            *unit = letter(&byte).into();
        }
    }
}

/// How many units a prefix or a suffix of this length has.
fn kept(length: i32, units: usize) -> usize {
    let asked = length.unsigned_abs() as usize;
    if length >= 0 { asked.min(units) } else { units - asked.min(units) }
}

/// Which one it is of so many.
fn place(at: i32, count: usize) -> usize {
    let asked = at.unsigned_abs() as usize;
    match at >= 0 {
        true => asked.min(count.saturating_sub(1)),
        false => count.saturating_sub(asked),
    }
}

/// Where the pieces between separators begin and end.
fn pieces(text: &[u16], split: char) -> Vec<(usize, usize)> {
    // One unit: the configuration's check sees to it.
    let separator = split as u32;
    let (mut pieces, mut from) = (Vec::new(), 0);
    for (at, unit) in text.iter().enumerate() {
        if u32::from(*unit) == separator {
            pieces.push((from, at));
            from = at + 1;
        }
    }
    pieces.push((from, text.len()));
    pieces
}
