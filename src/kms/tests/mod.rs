//! Tests of the client as a whole, on a scripted network.

mod agreement;
mod credentials;
mod host;
mod hostile;
mod observing;
mod operations;
mod public_keys;
mod retries;
