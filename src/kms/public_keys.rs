//! The client's public keys: fetched once for each key id, by one call at a time.

use core::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use crate::error::Result;
use crate::port::LocalFuture;

use super::flight::{Flight, Join};
use super::operations::GetPublicKeyResponse;

pub(super) type Fetched = Result<Rc<GetPublicKeyResponse>>;

/// Public keys by the key id they were asked for.
#[derive(Clone, Default)]
pub(super) struct PublicKeys(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    known: BTreeMap<String, Rc<GetPublicKeyResponse>>,
    flights: BTreeMap<String, Entry>,
    started: u64,
}

struct Entry {
    number: u64,
    grant_tokens: Vec<String>,
    flight: Weak<Flight<Fetched>>,
}

impl PublicKeys {
    /// The public key of `key_id`: known, from the call in flight, or from `fetch`.
    pub(super) async fn get(
        &self,
        key_id: &str,
        grant_tokens: &[String],
        fetch: impl Fn() -> LocalFuture<'static, Result<GetPublicKeyResponse>>,
    ) -> Fetched {
        loop {
            if let Some(key) = self.0.borrow().known.get(key_id) {
                return Ok(Rc::clone(key));
            }
            let (flight, same_tokens) = match self.in_flight(key_id, grant_tokens) {
                Some(found) => found,
                None => (self.start(key_id, grant_tokens, fetch()), true),
            };
            match flight.await {
                // A refusal of other grant tokens says nothing about ours.
                Err(_) if !same_tokens => {}
                done => return done,
            }
        }
    }

    /// Forgets a key, and the call in flight for it: it will not be remembered.
    pub(super) fn forget(&self, key_id: &str) {
        let mut state = self.0.borrow_mut();
        state.known.remove(key_id);
        state.flights.remove(key_id);
    }

    fn in_flight(&self, key_id: &str, grant_tokens: &[String]) -> Option<(Join<Fetched>, bool)> {
        let state = self.0.borrow();
        let entry = state.flights.get(key_id)?;
        let flight = entry.flight.upgrade()?;
        Some((flight.join(), entry.grant_tokens == grant_tokens))
    }

    fn start(
        &self,
        key_id: &str,
        grant_tokens: &[String],
        call: LocalFuture<'static, Result<GetPublicKeyResponse>>,
    ) -> Join<Fetched> {
        let mut state = self.0.borrow_mut();
        state.started += 1;
        let number = state.started;
        let keys = Rc::clone(&self.0);
        let key = key_id.to_owned();
        let flight = Flight::new(Box::pin(async move {
            let fetched = call.await.map(Rc::new);
            let mut state = keys.borrow_mut();
            // Not ours any more: forgotten since, and perhaps asked for again.
            if state.flights.get(&key).is_some_and(|entry| entry.number == number) {
                state.flights.remove(&key);
                if let Ok(fetched) = &fetched {
                    state.known.insert(key, Rc::clone(fetched));
                }
            }
            fetched
        }) as LocalFuture<'static, Fetched>);
        let entry =
            Entry { number, grant_tokens: grant_tokens.to_vec(), flight: Rc::downgrade(&flight) };
        state.flights.insert(key_id.to_owned(), entry);
        flight.join()
    }
}
