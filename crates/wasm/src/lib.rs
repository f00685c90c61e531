//! The bindings to JavaScript. The only crate that names wasm-bindgen; bindings and host ports, no logic.
//!
//! Operations are futures of the core. `task.rs` polls each one once where it starts: what needs no host (raw
//! keyrings, offline sealing) is done within that one crossing. A future that waits has put a request into the
//! outbox (`host.rs`); the TypeScript layer fetches requests, performs them and answers, and gets told which
//! tasks are done.

#![cfg(target_arch = "wasm32")]

mod batch;
#[cfg(feature = "branch-keys")]
pub mod branch_keys;
mod build;
#[cfg(feature = "branch-keys")]
mod caches;
mod custom_keyring;
#[cfg(feature = "ecdh")]
mod ecdh;
mod error;
pub mod exports;
mod handles;
mod host;
#[cfg(feature = "branch-keys")]
mod key_store;
mod keyrings;
mod kms;
mod make;
mod memory;
#[cfg(feature = "messages")]
pub mod message;
mod offload;
mod pack;
mod read;
#[cfg(feature = "messages")]
mod session;
mod task;
