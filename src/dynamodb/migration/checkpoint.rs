//! How far a run has come, as a string that another process goes on from.

use crate::dynamodb::{AttributeValue, Item};
use crate::error::{Error, Part, Result, Rule};
use crate::structured::TypeId;
use crate::util::base64;
use crate::wire::{Reader, Sink, put_bytes16, put_bytes32};

use super::Mode;

/// The most segments that DynamoDB scans a table in.
///
/// ```
/// use fieldseal::dynamodb::migration::MAX_SEGMENTS;
///
/// assert_eq!(MAX_SEGMENTS, 1_000_000);
/// ```
pub const MAX_SEGMENTS: u32 = 1_000_000;

/// The first bytes of a checkpoint: its form.
const FORM: &[u8] = b"fieldseal checkpoint 1\n";
/// A key has at most so many attributes.
const MAX_KEY_ATTRIBUTES: u8 = 2;

/// How far a run has come. It has keys of the table in plaintext, and nothing in it is verified: whoever can change it can have
/// items passed over.
///
/// ```
/// use fieldseal::dynamodb::AttributeValue;
/// use fieldseal::dynamodb::migration::{Checkpoint, Mode, OpenSegment};
///
/// let checkpoint = Checkpoint {
///     table: "customers".into(),
///     mode: Mode::Seal,
///     dry_run: false,
///     total_segments: 4,
///     segments: vec![], // all of them
///     begun: 2,         // of which the first, 0, has been worked through
///     open: vec![OpenSegment {
///         segment: 1,
///         last_key: vec![("id".into(), AttributeValue::S("c-1".into()))],
///     }],
/// };
/// let text = checkpoint.to_text()?;
/// let read = Checkpoint::from_text(&text)?;
/// assert_eq!(read, checkpoint);
///
/// let other = Checkpoint { mode: Mode::Verify, ..checkpoint };
/// let error = read.must_be_of(&other).unwrap_err();
/// assert!(error.to_string().starts_with("the checkpoint is of a run with another mode"));
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// What identifies the table.
    pub table: String,
    /// What is done with its items.
    pub mode: Mode,
    /// Whether nothing is written.
    pub dry_run: bool,
    /// In how many segments the table is scanned, 1 to [`MAX_SEGMENTS`].
    pub total_segments: u32,
    /// The run's segments, in ascending order; none: all of them.
    pub segments: Vec<u32>,
    /// How many of them have been begun, from the first.
    pub begun: u32,
    /// Those of them that have not been worked through, in ascending order.
    pub open: Vec<OpenSegment>,
}

/// A segment that is being worked through. [`Checkpoint`] has an example.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenSegment {
    /// Its number, from 0.
    pub segment: u32,
    /// The key of the last item that is done; empty at the beginning.
    pub last_key: Item<'static>,
}

impl Checkpoint {
    /// As a string.
    ///
    /// # Errors
    /// [`Rule::Argument`] for what [`from_text`](Self::from_text) would not read; [`Fault::Malformed`](crate::error::Fault::Malformed)
    /// for a key that DynamoDB does not have.
    pub fn to_text(&self) -> Result<String> {
        self.check()?;
        let mut out = FORM.to_vec();
        put_bytes16(&mut out, self.table.as_bytes(), Part::HostInput)?;
        put_bytes16(&mut out, self.mode.name().as_bytes(), Part::HostInput)?;
        out.put(&[self.dry_run.into()]);
        out.put(&self.total_segments.to_be_bytes());
        out.put(&(self.segments.len() as u32).to_be_bytes());
        self.segments.iter().for_each(|segment| out.put(&segment.to_be_bytes()));
        out.put(&self.begun.to_be_bytes());
        out.put(&(self.open.len() as u32).to_be_bytes());
        for OpenSegment { segment, last_key } in &self.open {
            out.put(&segment.to_be_bytes());
            out.put(&[last_key.len() as u8]);
            for (name, value) in last_key {
                put_bytes16(&mut out, name.as_bytes(), Part::HostInput)?;
                out.put(&value.type_id().0);
                put_bytes32(&mut out, &value.canonical()?, Part::HostInput)?;
            }
        }
        Ok(base64::encode(&out))
    }

    /// Reads what [`to_text`](Self::to_text) wrote.
    ///
    /// # Errors
    /// [`Rule::Argument`] for anything else.
    pub fn from_text(text: &str) -> Result<Self> {
        let bytes = base64::decode(text).ok_or_else(not_one)?;
        let read = Self::read(&bytes).map_err(|_| not_one())?;
        read.check()?;
        Ok(read)
    }

    fn read(bytes: &[u8]) -> Result<Self> {
        let mut r = Reader::new(bytes, Part::HostInput);
        if r.take(FORM.len())? != FORM {
            return Err(not_one());
        }
        let table = r.str16()?.to_owned();
        let mode = Mode::by_name(r.str16()?).ok_or_else(not_one)?;
        let dry_run = r.u8()? != 0;
        let total_segments = r.u32()?;
        // No room is made for what is only said to follow.
        let segments = (0..r.u32()?).map(|_| r.u32()).collect::<Result<_>>()?;
        let begun = r.u32()?;
        let open = (0..r.u32()?).map(|_| open_segment(&mut r)).collect::<Result<_>>()?;
        r.end()?;
        Ok(Self { table, mode, dry_run, total_segments, segments, begun, open })
    }

    fn check(&self) -> Result<()> {
        let total = self.total_segments;
        let ascend = |pair: &[u32]| pair.first() < pair.last();
        let open: Vec<u32> = self.open.iter().map(|open| open.segment).collect();
        let has_begun = |segment: &u32| match self.segments.is_empty() {
            true => *segment < self.begun,
            false => self
                .segments
                .get(..self.begun as usize)
                .is_some_and(|begun| begun.binary_search(segment).is_ok()),
        };
        let count = if self.segments.is_empty() { total } else { self.segments.len() as u32 };
        let is_key = |(_, value): &(_, AttributeValue<'_>)| {
            matches!(value, AttributeValue::S(_) | AttributeValue::N(_) | AttributeValue::B(_))
        };
        let holds = (1..=MAX_SEGMENTS).contains(&total)
            && self.segments.iter().all(|segment| *segment < total)
            && self.segments.windows(2).all(ascend)
            && self.begun <= count
            && open.windows(2).all(ascend)
            && open.iter().all(has_begun)
            && self.open.iter().all(|open| {
                open.last_key.len() <= MAX_KEY_ATTRIBUTES.into() && open.last_key.iter().all(is_key)
            });
        if holds { Ok(()) } else { Err(not_one()) }
    }

    /// Fails unless `run` can go on from here, whatever its progress is.
    ///
    /// # Errors
    /// [`Rule::Argument`], naming what differs.
    pub fn must_be_of(&self, run: &Self) -> Result<()> {
        let differs = [
            ("table", self.table != run.table),
            ("mode", self.mode != run.mode),
            ("dryRun", self.dry_run != run.dry_run),
            ("totalSegments", self.total_segments != run.total_segments),
            ("segments", self.segments != run.segments),
        ];
        match differs.iter().find(|(_, differs)| *differs) {
            None => Ok(()),
            Some((what, _)) => Err(refused(format!("is of a run with another {what}"))),
        }
    }
}

fn open_segment(r: &mut Reader<'_>) -> Result<OpenSegment> {
    let (segment, attributes) = (r.u32()?, r.u8()?);
    let attribute = |_| {
        let name = r.str16()?.to_owned();
        let (type_id, bytes) = (TypeId(r.array()?), r.bytes32()?);
        Ok((name.into(), AttributeValue::from_canonical(type_id, bytes)?.into_owned()))
    };
    Ok(OpenSegment { segment, last_key: (0..attributes).map(attribute).collect::<Result<_>>()? })
}

fn not_one() -> Error {
    refused("is not one".into())
}

fn refused(problem: String) -> Error {
    let advice = "give the checkpoint to the run that it came from, or begin without one";
    Error::misuse(Rule::Argument, format!("the checkpoint {problem}: {advice}"))
}
