//! Many items in one crossing: several in progress at once, each with its own outcome. One machine serves all kinds of work,
//! as each would be compiled to one of its own.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use std::rc::Rc;

use js_sys::{Array, Date};
use wasm_bindgen::JsValue;

#[cfg(feature = "search")]
use fieldseal::dynamodb::search::ResultFilter;
use fieldseal::dynamodb::{Item, ItemEncryptor};
use fieldseal::error::{Error, Result};
use fieldseal::host::LocalFuture;
use fieldseal::kms::count_calls;

use super::host::{Question, ask};
use super::pack::Done;
use super::task::Outcome;
use super::{error, memory, pack};

/// This many items are in progress at once: enough to hide the way to KMS, not enough to be throttled.
const IN_PROGRESS: usize = 16;

/// After so many milliseconds of work, the host gets its turn.
const TURN_MS: f64 = 8.0;

/// An error and the item of the batch that it is about.
type BatchError = (Option<usize>, Error);

/// What is done with each item.
pub(super) enum Work {
    Seal(Rc<ItemEncryptor>),
    /// Each for its partition.
    #[cfg(feature = "search")]
    SealInPartitions(Rc<ItemEncryptor>, Vec<u8>),
    Open(Rc<ItemEncryptor>),
    /// Opened, and left out if a request did not ask for it: its parts and its values are the first two items.
    #[cfg(feature = "search")]
    OpenFound(Rc<ItemEncryptor>),
    /// Opened, and left out if it has its beacons.
    #[cfg(feature = "search")]
    OpenWithoutBeacons(Rc<ItemEncryptor>),
    /// Opened with the first and sealed with the second.
    Reseal(Rc<ItemEncryptor>, Rc<ItemEncryptor>),
}

/// What each item of a batch goes through.
struct Doing<'w> {
    work: &'w Work,
    #[cfg(feature = "search")]
    filter: Option<ResultFilter<'w, 'w>>,
}

impl Doing<'_> {
    /// `at`: its place in the batch.
    async fn on(&self, at: usize, item: &Item<'_>) -> Result<Done> {
        let sealed = match self.work {
            Work::Seal(encryptor) => encryptor.encrypt(item).await?,
            #[cfg(feature = "search")]
            Work::SealInPartitions(encryptor, partitions) => {
                let missing = || Error::bug("an item without its partition");
                let partition = *partitions.get(at).ok_or_else(missing)?;
                encryptor.encrypt_in_partition(item, partition).await?
            }
            Work::Reseal(from, to) => to.reseal(from, item).await?,
            Work::Open(encryptor) => return self.open(encryptor, item).await,
            #[cfg(feature = "search")]
            Work::OpenFound(encryptor) | Work::OpenWithoutBeacons(encryptor) => {
                return self.open(encryptor, item).await;
            }
        };
        let _ = at;
        Ok(sealed.map_or(Done::Unchanged, Done::Sealed))
    }

    async fn open(&self, encryptor: &ItemEncryptor, item: &Item<'_>) -> Result<Done> {
        #[cfg(feature = "search")]
        if self.filter.as_ref().is_some_and(|filter| !filter.is_of_branch_key(item)) {
            return Ok(Done::LeftOut);
        }
        let Some(opened) = encryptor.decrypt(item).await? else { return Ok(Done::Unchanged) };
        #[cfg(feature = "search")]
        if match &self.filter {
            Some(filter) => !super::found::is_asked_for(filter, item, &opened)?,
            None if matches!(self.work, Work::OpenWithoutBeacons(_)) => {
                encryptor.has_beacons(item, &opened).await?
            }
            None => false,
        } {
            return Ok(Done::LeftOut);
        }
        Ok(Done::Opened(opened))
    }
}

/// Works on the packed items in `input`.
pub(super) async fn run(work: Result<Work>, settle: bool, input: Vec<u8>) -> Outcome {
    let result = match work {
        Ok(work) => packed(&work, settle, &input).await,
        Err(e) => Err((None, e)),
    };
    memory::recycle_input(input);
    match result {
        Ok((bytes, errors)) => Outcome::Packed(bytes, errors),
        Err((item, e)) => Outcome::Failed(error::to_js(&e, item)),
    }
}

async fn packed(
    work: &Work,
    settle: bool,
    input: &[u8],
) -> core::result::Result<(Vec<u8>, JsValue), BatchError> {
    let whole = |error| (None, error);
    let items = pack::read_items(input).map_err(whole)?;
    let items = &items[..];
    #[cfg(feature = "search")]
    let (parts, items) = match work {
        Work::OpenFound(_) => super::request::request_and_items(items).map_err(whole)?,
        _ => (Default::default(), items),
    };
    let doing = Doing {
        work,
        #[cfg(feature = "search")]
        filter: match work {
            Work::OpenFound(encryptor) => encryptor.result_filter(&parts).map_err(whole)?,
            _ => None,
        },
    };
    let (results, calls) = count_calls(each(items, settle, &doing)).await;
    let results = results?;
    let mut bytes = match work {
        Work::Open(_) => pack::write_opened(items, &results),
        #[cfg(feature = "search")]
        Work::OpenFound(_) | Work::OpenWithoutBeacons(_) => pack::write_opened(items, &results),
        _ => pack::write_sealed(&results),
    }
    .map_err(whole)?;
    if let Work::Reseal(..) = work {
        bytes.extend_from_slice(&(calls as u32).to_le_bytes());
    }
    let errors = Array::new();
    for (i, result) in results.iter().enumerate() {
        if let Err(e) = result {
            errors.push(&error::to_js(e, Some(i)));
        }
    }
    Ok((bytes, errors.into()))
}

/// Does the work on every item: what became of each, in order.
///
/// Unless the batch is to `settle`, it ends with the first error, and what is in progress then is withdrawn. One that settles goes
/// on after an error, and does once more at the end what the service was too busy for.
async fn each(
    items: &[Item<'_>],
    settle: bool,
    doing: &Doing<'_>,
) -> core::result::Result<Vec<Result<Done>>, BatchError> {
    let mut outcomes: Vec<Option<Result<Done>>> = items.iter().map(|_| None).collect();
    let mut places: Vec<usize> = (0..items.len()).collect();
    for last in [!settle || items.len() == 1, true] {
        if let Some(at) = round(items, &places, settle, doing, &mut outcomes).await {
            let failed = outcomes.into_iter().nth(at).flatten().and_then(Result::err);
            let place = (items.len() > 1).then_some(at);
            return Err((place, failed.unwrap_or_else(|| Error::bug("a batch without its error"))));
        }
        if last {
            break;
        }
        places.retain(|&i| matches!(outcomes.get(i), Some(Some(Err(e))) if e.is_throttled()));
    }
    Ok(outcomes.into_iter().flatten().collect())
}

/// Does the work on the items at `places`; returns the place of the first that failed, unless the batch settles.
async fn round(
    items: &[Item<'_>],
    places: &[usize],
    settle: bool,
    doing: &Doing<'_>,
    outcomes: &mut [Option<Result<Done>>],
) -> Option<usize> {
    let mut waiting = places.iter().filter_map(|&i| Some((i, items.get(i)?)));
    let mut running: Vec<(usize, LocalFuture<'_, Result<Done>>)> = Vec::new();
    let mut left = places.len();
    let mut turn: Option<Question> = None;
    poll_fn(|context| {
        let mut began = Date::now();
        loop {
            if let Some(question) = &mut turn {
                if pin!(question).poll(context).is_pending() {
                    return Poll::Pending;
                }
                turn = None;
                began = Date::now();
            }
            while running.len() < IN_PROGRESS
                && let Some((i, item)) = waiting.next()
            {
                running.push((i, Box::pin(doing.on(i, item))));
            }
            let before = running.len();
            let mut failed = None;
            running.retain_mut(|(i, future)| {
                let Poll::Ready(outcome) = future.as_mut().poll(context) else { return true };
                if outcome.is_err() && !settle {
                    failed.get_or_insert(*i);
                }
                if let Some(slot) = outcomes.get_mut(*i) {
                    *slot = Some(outcome);
                }
                false
            });
            left -= before - running.len();
            if failed.is_some() || left == 0 {
                return Poll::Ready(failed);
            }
            // Those that ended made room for others, which nobody has polled yet.
            if running.len() == before || running.len() == left {
                return Poll::Pending;
            }
            // The wall clock may jump; then the host gets its turn early.
            if !(0.0..TURN_MS).contains(&(Date::now() - began)) {
                turn = Some(ask(&JsValue::UNDEFINED, "turn", JsValue::UNDEFINED));
            }
        }
    })
    .await
}
