//! The futures of this crate.

use core::future::Future;
use core::pin::Pin;

/// A future that need not be `Send`: wasm has one thread, and native callers drive it on one.
pub type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;
