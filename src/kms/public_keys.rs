//! The client's public keys: fetched once for each key id, by one call at a time.

use core::cell::RefCell;
use std::rc::{Rc, Weak};

use crate::error::Result;
use crate::flight::{Flight, Join};
use crate::port::LocalFuture;

use super::operations::GetPublicKeyResponse;

pub(super) type Fetched = Result<Rc<GetPublicKeyResponse>>;

/// Public keys by the key id they were asked for.
#[derive(Clone, Default)]
pub(super) struct PublicKeys(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    /// By key id. A client sees few keys: they are searched one by one.
    known: Vec<(String, Rc<GetPublicKeyResponse>)>,
    flights: Vec<Entry>,
    started: u64,
}

struct Entry {
    key_id: String,
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
            if let Some((_, key)) = self.0.borrow().known.iter().find(|(id, _)| id == key_id) {
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
        state.known.retain(|(id, _)| id != key_id);
        state.flights.retain(|entry| entry.key_id != key_id);
    }

    fn in_flight(&self, key_id: &str, grant_tokens: &[String]) -> Option<(Join<Fetched>, bool)> {
        let state = self.0.borrow();
        let entry = state.flights.iter().find(|entry| entry.key_id == key_id)?;
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
        let key_id = key_id.to_owned();
        let id = key_id.clone();
        let flight = Flight::new(Box::pin(async move {
            let fetched = call.await.map(Rc::new);
            let mut state = keys.borrow_mut();
            // Not ours any more: forgotten since, and perhaps asked for again.
            if let Some(at) = state.flights.iter().position(|entry| entry.number == number) {
                state.flights.remove(at);
                if let Ok(fetched) = &fetched {
                    state.known.push((id, Rc::clone(fetched)));
                }
            }
            fetched
        }) as LocalFuture<'static, Fetched>);
        // One flight for each key id: whoever gave up on an earlier one has no claim to it.
        state.flights.retain(|entry| entry.key_id != key_id);
        state.flights.push(Entry {
            key_id,
            number,
            grant_tokens: grant_tokens.to_vec(),
            flight: Rc::downgrade(&flight),
        });
        flight.join()
    }
}
