//! Many items in one crossing: several in progress at once, each with its own outcome.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

use js_sys::Date;
use wasm_bindgen::JsValue;

use crate::error::{Error, Result};
use crate::port::LocalFuture;

use super::host::ask;

/// This many items are in progress at once: enough to hide the way to KMS, not enough to be throttled.
const IN_PROGRESS: usize = 16;

/// After so many milliseconds of work, the host gets its turn.
const TURN_MS: f64 = 8.0;

/// An error and the item of the batch that it is about.
pub(super) type BatchError = (Option<usize>, Error);

/// What became of each item, in order.
pub(super) type Outcomes<T> = Vec<Result<T>>;

/// Runs `work` on every item.
///
/// Unless the batch is to `settle`, it ends with the first error, and what is in progress then is withdrawn. One that settles goes
/// on after an error, and does once more at the end what the service was too busy for.
pub(super) async fn each<'a, I, T>(
    items: &'a [I],
    settle: bool,
    work: impl Fn(&'a I) -> LocalFuture<'a, Result<T>>,
) -> core::result::Result<Outcomes<T>, BatchError> {
    let mut outcomes: Vec<Option<Result<T>>> = items.iter().map(|_| None).collect();
    let all: Vec<usize> = (0..items.len()).collect();
    let first = round(items, &all, settle, &work, &mut outcomes).await;
    if let Some(at) = first {
        let failed = outcomes.into_iter().nth(at).flatten().and_then(Result::err);
        let place = (items.len() > 1).then_some(at);
        return Err((place, failed.unwrap_or_else(|| Error::bug("a batch without its error"))));
    }
    let busy = |outcome: &Option<Result<T>>| matches!(outcome, Some(Err(e)) if e.is_throttled());
    let again: Vec<usize> =
        all.into_iter().filter(|&i| outcomes.get(i).is_some_and(busy)).collect();
    if settle && items.len() > 1 {
        round(items, &again, true, &work, &mut outcomes).await;
    }
    Ok(outcomes.into_iter().flatten().collect())
}

/// Runs `work` on the items at `places`; returns the place of the first that failed, unless the batch settles.
async fn round<'a, I, T>(
    items: &'a [I],
    places: &[usize],
    settle: bool,
    work: &impl Fn(&'a I) -> LocalFuture<'a, Result<T>>,
    outcomes: &mut [Option<Result<T>>],
) -> Option<usize> {
    let mut waiting = places.iter().filter_map(|&i| Some((i, items.get(i)?)));
    let mut running: Vec<(usize, LocalFuture<'a, Result<T>>)> = Vec::new();
    let mut left = places.len();
    let mut turn: Option<super::host::Question> = None;
    poll_fn(|context| {
        if let Some(question) = &mut turn {
            if pin!(question).poll(context).is_pending() {
                return Poll::Pending;
            }
            turn = None;
        }
        let began = Date::now();
        loop {
            let room = IN_PROGRESS.saturating_sub(running.len());
            running.extend(waiting.by_ref().take(room).map(|(i, item)| (i, work(item))));
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
                let mut question = ask(&JsValue::UNDEFINED, "turn", JsValue::UNDEFINED);
                let pending = pin!(&mut question).poll(context).is_pending();
                turn = pending.then_some(question);
                if pending {
                    return Poll::Pending;
                }
            }
        }
    })
    .await
}
