//! Bringing a table that exists under encryption: what its items need, and checkpoints.
//!
//! A checkpoint crosses as an item: `table` and `mode` as strings, `dryRun` as a boolean, `totalSegments` and `begun` as numbers,
//! `segments` as a list of numbers, and `open` as a map from the numbers of segments to keys.

use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use fieldseal::dynamodb::migration::{self, Checkpoint, Mode, OpenSegment, Step};
use fieldseal::dynamodb::{AttributeValue, Item};
use fieldseal::error::{Error, Part, Result};

#[cfg(feature = "search")]
use super::batch::{self, Work};
use super::exports::handle;
#[cfg(feature = "search")]
use super::handles;
use super::task::{self, Outcome};
use super::{error, memory, pack};

/// What each item in the input needs: 0 and the names of the steps in [`take_value`](super::exports::take_value), or -1 and the
/// error there.
#[wasm_bindgen]
pub fn migration_steps(mode: &str, len: u32) -> i32 {
    let input = memory::take_input(len as usize);
    let steps = || {
        let mode = Mode::by_name(mode).ok_or_else(unreadable)?;
        let items = pack::read_items(&input)?;
        let steps = Array::new();
        for item in &items {
            steps.push(&JsValue::from_str(Step::of(mode, item).name()));
        }
        task::set_value(steps.into());
        Ok(0)
    };
    let steps = steps();
    memory::recycle_input(input);
    handle(steps)
}

/// Whether a stored header is like one that was made just now.
#[wasm_bindgen]
pub fn sealed_alike(stored: &[u8], fresh: &[u8]) -> bool {
    migration::sealed_alike(stored, fresh)
}

/// Whether the keyring that made a header just now makes such ones for all items.
#[wasm_bindgen]
pub fn is_same_for_all(fresh: &[u8]) -> bool {
    migration::is_same_for_all(fresh)
}

/// Opens the packed items in the input, but for those that have their beacons; otherwise as
/// [`decrypt_items`](super::exports::decrypt_items).
#[cfg(feature = "search")]
#[wasm_bindgen]
pub fn open_without_beacons(encryptor: u32, settle: bool, len: u32) -> u32 {
    let work = handles::encryptor(encryptor).map(Work::OpenWithoutBeacons);
    task::start(Box::pin(batch::run(work, settle, memory::take_input(len as usize))))
}

/// The checkpoint in the input as a string; a status of [`task::start`].
#[wasm_bindgen]
pub fn write_checkpoint(len: u32) -> u32 {
    ended(len, |items| {
        let text = checkpoint(items.first())?.to_text()?;
        Ok(Outcome::Value(JsValue::from_str(&text)))
    })
}

/// Reads a checkpoint, which must be of the run that is in the input; a status of [`task::start`].
#[wasm_bindgen]
pub fn read_checkpoint(text: &str, len: u32) -> u32 {
    ended(len, |items| {
        let read = Checkpoint::from_text(text)?;
        read.must_be_of(&checkpoint(items.first())?)?;
        Ok(Outcome::Packed(pack::write_items(&[Some(packed(read))])?, JsValue::UNDEFINED))
    })
}

fn ended(len: u32, work: impl FnOnce(&[Item<'_>]) -> Result<Outcome>) -> u32 {
    let input = memory::take_input(len as usize);
    let outcome = pack::read_items(&input).and_then(|items| work(&items));
    memory::recycle_input(input);
    let outcome = outcome.unwrap_or_else(|e| Outcome::Failed(error::to_js(&e, None)));
    task::start(Box::pin(core::future::ready(outcome)))
}

fn checkpoint(item: Option<&Item<'_>>) -> Result<Checkpoint> {
    let item = item.ok_or_else(unreadable)?;
    let member = |wanted: &str| {
        let found = item.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value).ok_or_else(unreadable)
    };
    let text = |name| match member(name)? {
        AttributeValue::S(text) => Ok(&**text),
        _ => Err(unreadable()),
    };
    let (AttributeValue::Bool(dry_run), AttributeValue::L(segments), AttributeValue::M(open)) =
        (member("dryRun")?, member("segments")?, member("open")?)
    else {
        return Err(unreadable());
    };
    let mut opened = Vec::with_capacity(open.len());
    for (segment, key) in open {
        let AttributeValue::M(key) = key else { return Err(unreadable()) };
        let segment = segment.parse().map_err(|_| unreadable())?;
        let mut last_key = Vec::with_capacity(key.len());
        for (name, value) in key {
            last_key.push((name.clone().into_owned().into(), value.clone().into_owned()));
        }
        opened.push(OpenSegment { segment, last_key });
    }
    let mut numbers = Vec::with_capacity(segments.len());
    for segment in segments {
        numbers.push(number(segment)?);
    }
    Ok(Checkpoint {
        table: text("table")?.to_owned(),
        mode: Mode::by_name(text("mode")?).ok_or_else(unreadable)?,
        dry_run: *dry_run,
        total_segments: number(member("totalSegments")?)?,
        segments: numbers,
        begun: number(member("begun")?)?,
        open: opened,
    })
}

fn packed(checkpoint: Checkpoint) -> Item<'static> {
    let number = |n: u32| AttributeValue::N(n.to_string().into());
    let mut segments = Vec::new();
    for segment in &checkpoint.segments {
        segments.push(number(*segment));
    }
    let mut open = Vec::new();
    for OpenSegment { segment, last_key } in checkpoint.open {
        open.push((segment.to_string().into(), AttributeValue::M(last_key)));
    }
    vec![
        ("table".into(), AttributeValue::S(checkpoint.table.into())),
        ("mode".into(), AttributeValue::S(checkpoint.mode.name().into())),
        ("dryRun".into(), AttributeValue::Bool(checkpoint.dry_run)),
        ("totalSegments".into(), number(checkpoint.total_segments)),
        ("segments".into(), AttributeValue::L(segments)),
        ("begun".into(), number(checkpoint.begun)),
        ("open".into(), AttributeValue::M(open)),
    ]
}

fn number(value: &AttributeValue<'_>) -> Result<u32> {
    let AttributeValue::N(text) = value else { return Err(unreadable()) };
    text.parse().map_err(|_| unreadable())
}

fn unreadable() -> Error {
    Error::malformed(Part::HostInput, "a run that cannot be read")
}
