//! Compound beacons (`beacons.md#compound-beacon`).

use crate::dynamodb::expressions::has_bytes;
use crate::dynamodb::{AttributeValue, Item};
use crate::error::{Error, Result, Rule};
use crate::interop::hashed_of_part;
use crate::materials::BeaconKey;
use crate::util::steps::tick;
use crate::util::text::has;

use super::location::Location;
use super::sources::Sources;
use super::standard::{Source, Standard};
use super::virtual_field::text;

/// A part of a compound beacon.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) prefix: String,
    pub(super) source: PartSource,
}

#[derive(Debug, Clone)]
pub(super) enum PartSource {
    /// In plaintext.
    Signed(Location),
    /// The standard beacon at this position.
    Encrypted(usize),
}

impl Part {
    pub(super) fn is_encrypted(&self) -> bool {
        matches!(self.source, PartSource::Encrypted(_))
    }

    /// The position of the standard beacon that it is.
    pub(super) fn standard(&self) -> Option<usize> {
        match self.source {
            PartSource::Signed(_) => None,
            PartSource::Encrypted(at) => Some(at),
        }
    }
}

/// A compound beacon.
#[derive(Debug)]
pub(super) struct Compound {
    pub(super) name: String,
    /// The attribute that it is stored in.
    pub(super) stored: String,
    pub(super) split: char,
    pub(super) parts: Vec<Part>,
    /// Positions of parts, and whether they are required.
    pub(super) constructors: Vec<Vec<(usize, bool)>>,
}

/// A key and the partition that a beacon is for.
#[derive(Clone, Copy)]
pub(super) struct Keyed<'k> {
    pub(super) key: &'k BeaconKey,
    pub(super) partition: u8,
}

/// A piece of a value that a query has: the part that it is of, and what follows the part's prefix.
pub(super) struct Piece<'c, 'v> {
    pub(super) part: &'c Part,
    position: usize,
    /// The whole.
    text: &'v str,
    pub(super) rest: &'v str,
}

/// What a prefix of an encrypted part stands for that ends the value of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// For itself: all values of the part begin so.
    Prefix,
    /// For a part whose value is empty.
    Empty,
}

impl Compound {
    /// Whether any of its parts is encrypted; else it is a signed beacon.
    pub(super) fn is_encrypted(&self) -> bool {
        self.parts.iter().any(Part::is_encrypted)
    }

    /// The beacon of an item, or, without a key, what it is made of; `None` where no constructor fits.
    pub(super) fn of_item(
        &self,
        sources: Sources<'_>,
        item: &Item<'_>,
        keyed: Option<Keyed<'_>>,
    ) -> Result<Option<String>> {
        for constructor in &self.constructors {
            if let Some(value) = self.constructed(constructor, sources, item, keyed)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    fn constructed(
        &self,
        constructor: &[(usize, bool)],
        sources: Sources<'_>,
        item: &Item<'_>,
        keyed: Option<Keyed<'_>>,
    ) -> Result<Option<String>> {
        let mut value = String::new();
        for (position, required) in constructor {
            let part = self.parts.get(*position).ok_or_else(|| Error::bug("a part of none"))?;
            let Some(text) = part_text(part, sources, item)? else {
                if *required {
                    return Ok(None);
                }
                continue;
            };
            if has(&text, self.split) {
                let (split, name) = (String::from(self.split), &self.name);
                let problem = format!(
                    "its value has the character '{split}' in it, which stands between the parts of the compound beacon '{name}'"
                );
                return Err(Error::misuse(Rule::Beacon, problem).of_attribute(&part.name));
            }
            if !value.is_empty() {
                value.push(self.split);
            }
            self.push_part(&mut value, part, &text, sources, keyed)?;
        }
        Ok(Some(value))
    }

    /// `beacons.md#part-value-calculation`, but that the prefix is not hashed.
    fn push_part(
        &self,
        value: &mut String,
        part: &Part,
        text: &str,
        sources: Sources<'_>,
        keyed: Option<Keyed<'_>>,
    ) -> Result<()> {
        value.push_str(&part.prefix);
        match (&part.source, keyed) {
            (PartSource::Encrypted(at), Some(Keyed { key, partition })) => {
                let standard = sources.standard(*at)?;
                let hashed = hashed_of_part(&part.prefix, text).as_bytes();
                value.push_str(&standard.hash(hashed, key, partition)?);
            }
            _ => value.push_str(text),
        }
        Ok(())
    }

    /// The pieces of a value.
    fn parsed<'v>(&self, value: &'v str) -> Result<Vec<Piece<'_, 'v>>> {
        let mut pieces = Vec::new();
        for text in value.split(self.split) {
            pieces.push(self.piece(text).ok_or_else(|| {
                self.refused("a piece of the value begins with the prefix of none of its parts")
            })?);
        }
        Ok(pieces)
    }

    fn piece<'v>(&self, text: &'v str) -> Option<Piece<'_, 'v>> {
        for (position, part) in self.parts.iter().enumerate() {
            tick();
            if let Some(rest) = text.strip_prefix(part.prefix.as_str()) {
                return Some(Piece { part, position, text, rest });
            }
        }
        None
    }

    /// The pieces of a value that a query has; fails unless a constructor makes a value of such parts in this order.
    pub(super) fn pieces<'v>(&self, value: &'v str) -> Result<Vec<Piece<'_, 'v>>> {
        let pieces = self.parsed(value)?;
        match self.constructors.iter().any(|constructor| can_construct(constructor, &pieces)) {
            true => Ok(pieces),
            false => Err(self.refused("none of its constructors puts such parts in this order")),
        }
    }

    /// Whether a part of a query's value is hashed.
    pub(super) fn hashes(&self, value: &str, end: End) -> Result<bool> {
        let pieces = self.pieces(value)?;
        for (i, piece) in pieces.iter().enumerate() {
            if piece.part.is_encrypted() && !(end == End::Prefix && is_bare(&pieces, i)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What a query by it asks for.
    pub(super) fn of_query(
        &self,
        value: &str,
        end: End,
        sources: Sources<'_>,
        keyed: Option<Keyed<'_>>,
    ) -> Result<String> {
        let pieces = self.pieces(value)?;
        let mut beacon = String::new();
        for (i, Piece { part, rest, .. }) in pieces.iter().enumerate() {
            if i > 0 {
                beacon.push(self.split);
            }
            let keyed = if end == End::Prefix && is_bare(&pieces, i) { None } else { keyed };
            self.push_part(&mut beacon, part, rest, sources, keyed)?;
        }
        Ok(beacon)
    }

    /// Fails unless values can be compared with this one by the order of their beacons: `beacons.md#lessthancomparable`. `from` is
    /// the first piece that is to be looked at.
    pub(super) fn check_order(&self, value: &str, from: usize) -> Result<()> {
        let pieces = self.pieces(value)?;
        let mut left = pieces.get(from..).unwrap_or_default();
        while let [piece, after @ ..] = left
            && !piece.part.is_encrypted()
        {
            left = after;
        }
        match left {
            [] => Ok(()),
            [Piece { rest: "", .. }] => Ok(()),
            _ => Err(self.refused(
                "values can be compared by their order only as far as their parts are signed; an encrypted part's prefix \
                 may end the value",
            )),
        }
    }

    /// How many pieces two values have in common at their beginning.
    pub(super) fn common_pieces(&self, one: &str, other: &str) -> usize {
        let pairs = one.split(self.split).zip(other.split(self.split));
        pairs.take_while(|(one, other)| one == other).count()
    }

    /// How many pieces two values have at their beginning that everything between them has, too: where one value ends with
    /// what they have in common, others go on in the middle of its last piece.
    pub(super) fn complete_pieces(&self, low: &str, high: &str) -> usize {
        let common = self.common_pieces(low, high);
        match low != high && low.split(self.split).count() == common {
            true => common - 1,
            false => common,
        }
    }

    /// Whether the order of beacons says which items are between two values: not if one ends with an encrypted part, and the
    /// other one has more. Other values that begin as the part does are between them, and have any beacon.
    pub(super) fn has_order_between(&self, low: &str, high: &str) -> Result<bool> {
        let complete = self.complete_pieces(low, high);
        let cut = complete < self.common_pieces(low, high);
        let pieces = self.pieces(low)?;
        Ok(!(cut && pieces.get(complete).is_some_and(|piece| piece.part.is_encrypted())))
    }

    /// `begins_with` or `contains` (`anywhere`) of a value of an item: an encrypted part is there as a whole, or not, since
    /// nothing else can be asked of its beacon.
    pub(super) fn has(&self, value: &str, wanted: &str, anywhere: bool) -> Result<bool> {
        let (value, wanted) = (self.parsed(value)?, self.pieces(wanted)?);
        let [first, .., last] = &wanted[..] else {
            let Some(only) = wanted.first() else { return Ok(false) };
            return Ok(match anywhere {
                true => value.iter().any(|piece| piece.has(only, true, Fit::Within)),
                false => value.first().is_some_and(|p| p.has(only, true, Fit::Start)),
            });
        };
        let fits = |window: &[Piece<'_, '_>]| {
            window.iter().zip(&wanted).enumerate().all(|(i, (piece, wanted))| match i {
                0 if anywhere => piece.has(first, false, Fit::End),
                i if i + 1 == window.len() => piece.has(last, true, Fit::Start),
                _ => piece.position == wanted.position && piece.text == wanted.text,
            })
        };
        let mut windows = value.windows(wanted.len());
        Ok(if anywhere { windows.any(fits) } else { windows.next().is_some_and(fits) })
    }

    pub(super) fn refused(&self, problem: &str) -> Error {
        let problem = format!("compound beacon: {problem}");
        Error::misuse(Rule::BeaconQuery, problem).of_attribute(&self.name)
    }
}

/// Whether the piece at `i` is the prefix of an encrypted part and ends the value.
fn is_bare(pieces: &[Piece<'_, '_>], i: usize) -> bool {
    let last = pieces.last().filter(|_| i + 1 == pieces.len());
    last.is_some_and(|piece| piece.part.is_encrypted() && piece.rest.is_empty())
}

/// Where in a piece of an item a piece of a query is to be.
#[derive(Clone, Copy)]
enum Fit {
    Start,
    End,
    Within,
}

impl Piece<'_, '_> {
    /// Whether it has a piece of a query in it, by what can be seen of both, unless that is encrypted. The query's last one is, if more
    /// than its prefix is there.
    fn has(&self, wanted: &Piece<'_, '_>, is_last: bool, fit: Fit) -> bool {
        if wanted.part.is_encrypted() && !(is_last && wanted.rest.is_empty()) {
            return self.position == wanted.position && self.rest == wanted.rest;
        }
        let is_encrypted = self.part.is_encrypted();
        let visible = if is_encrypted { &self.part.prefix } else { self.text };
        match fit {
            Fit::Start => visible.starts_with(wanted.text),
            Fit::End => !is_encrypted && visible.ends_with(wanted.text),
            Fit::Within => has_bytes(visible.as_bytes(), wanted.text.as_bytes()),
        }
    }
}

/// Whether a constructor makes a value of these parts: it may pass over parts before the first, and later over optional ones.
fn can_construct(constructor: &[(usize, bool)], pieces: &[Piece<'_, '_>]) -> bool {
    let mut left = pieces;
    for (position, required) in constructor {
        match left {
            [] => return true,
            [piece, rest @ ..] if piece.position == *position => left = rest,
            _ if *required && left.len() < pieces.len() => return false,
            _ => {}
        }
    }
    left.is_empty()
}

/// The text of a part, if the item has it.
fn part_text(part: &Part, sources: Sources<'_>, item: &Item<'_>) -> Result<Option<String>> {
    let location = match &part.source {
        PartSource::Signed(location) => location,
        PartSource::Encrypted(at) => match sources.standard(*at)? {
            Standard { source: Source::Virtual(at), .. } => {
                return match sources.virtual_fields.get(*at) {
                    Some(field) => field.text(item),
                    None => Ok(None),
                };
            }
            standard => &standard.location,
        },
    };
    let Some(value) = location.find(item) else { return Ok(None) };
    text(value, &location.attribute).map(|text| Some(text.into_owned()))
}

/// The text of a query's value.
pub(super) fn query_text<'v>(
    compound: &Compound,
    value: &'v AttributeValue<'_>,
) -> Result<&'v str> {
    match value {
        AttributeValue::S(text) => Ok(text),
        _ => Err(compound.refused("it is queried by strings only")),
    }
}
