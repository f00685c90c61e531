//! Tests of the client as a whole, on a scripted network.

mod agreement;
mod credentials;
pub(crate) mod host;
mod hostile;
mod observing;
mod operations;
mod pressure;
mod public_keys;
mod retries;
mod stored_keys;
mod tables;
