//! The bindings to JavaScript. The only crate that names wasm-bindgen; bindings and host ports, no logic.
//!
//! Operations are futures of the core. `task.rs` polls each one once where it starts: what needs no host (raw
//! keyrings, offline sealing) is done within that one crossing. A future that waits has put a request into the
//! outbox (`host.rs`); the TypeScript layer fetches requests, performs them and answers, and gets told which
//! tasks are done.

#[cfg(target_arch = "wasm32")]
mod batch;
#[cfg(all(target_arch = "wasm32", feature = "branch-keys"))]
pub mod branch_keys;
#[cfg(target_arch = "wasm32")]
mod build;
#[cfg(all(target_arch = "wasm32", feature = "branch-keys"))]
mod caches;
pub mod config;
#[cfg(target_arch = "wasm32")]
mod custom_keyring;
#[cfg(all(target_arch = "wasm32", feature = "ecdh"))]
mod ecdh;
#[cfg(target_arch = "wasm32")]
mod error;
#[cfg(target_arch = "wasm32")]
pub mod exports;
#[cfg(all(target_arch = "wasm32", feature = "search"))]
mod found;
#[cfg(target_arch = "wasm32")]
mod handles;
#[cfg(target_arch = "wasm32")]
mod host;
#[cfg(all(target_arch = "wasm32", feature = "branch-keys"))]
mod key_store;
#[cfg(target_arch = "wasm32")]
mod keyrings;
#[cfg(target_arch = "wasm32")]
mod kms;
#[cfg(target_arch = "wasm32")]
mod make;
#[cfg(target_arch = "wasm32")]
mod memory;
#[cfg(all(target_arch = "wasm32", feature = "messages"))]
pub mod message;
#[cfg(all(target_arch = "wasm32", feature = "tables"))]
pub mod migration;
#[cfg(target_arch = "wasm32")]
mod offload;
#[cfg(target_arch = "wasm32")]
mod pack;
#[cfg(target_arch = "wasm32")]
mod read;
#[cfg(all(target_arch = "wasm32", feature = "branch-keys", feature = "ecdh"))]
pub mod recipient;
#[cfg(all(target_arch = "wasm32", feature = "tables"))]
mod request;
#[cfg(all(target_arch = "wasm32", feature = "search"))]
pub mod search;
#[cfg(all(target_arch = "wasm32", feature = "messages"))]
mod session;
#[cfg(all(target_arch = "wasm32", feature = "tables"))]
pub mod tables;
#[cfg(target_arch = "wasm32")]
mod task;
