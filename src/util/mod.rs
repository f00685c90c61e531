//! What any folder may use and nothing of the formats is in: encodings, dates, sorting and searching short lists, sharing a future.

pub(crate) mod base64;
pub(crate) mod date;
mod future;
#[cfg(feature = "search")]
pub(crate) mod index;
pub(crate) mod single_flight;
pub mod slab;
pub(crate) mod sort;
pub(crate) mod steps;
pub(crate) mod text;

pub use future::LocalFuture;
