//! What caches keep, and the keys that it is kept by.

use core::task::Waker;
use std::rc::Weak;

use crate::error::Result;
use crate::util::single_flight::SharedFetch;

use super::id::CacheId;
use super::lookup::{Cached, Lookup};

/// By number, then by id, then by waiter; what a map does not go by is the same in all of its keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) number: u64,
    pub(super) id: CacheId,
    pub(super) waiter: u64,
}

impl Key {
    pub(super) fn of(id: CacheId) -> Self {
        Self { number: 0, id, waiter: 0 }
    }

    pub(super) fn at(number: u64) -> Self {
        Self { number, id: CacheId::NONE, waiter: 0 }
    }

    pub(super) fn with_waiter(self, waiter: u64) -> Self {
        Self { waiter, ..self }
    }
}

/// What is found under a key.
pub(super) enum Kept {
    /// The key says it all.
    Key,
    Id(CacheId),
    Entry(Box<Entry>),
    Fetch(Known),
    Waiting(CacheId, Waker),
}

/// What was encrypted under encryption materials so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usage {
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

/// A cached value and what limits it.
pub(super) struct Entry {
    pub(super) id: CacheId,
    pub(super) value: Cached,
    pub(super) created_ms: u64,
    pub(super) expires_ms: u64,
    pub(super) usage: Usage,
    /// Who made it, for events.
    pub(super) made_for: Lookup,
    pub(super) used: u64,
}

impl Entry {
    /// Its key by its end.
    pub(super) fn end(&self) -> Key {
        Key { number: self.expires_ms, ..Key::of(self.id) }
    }
}

/// A fetch that has begun.
pub(super) struct Known {
    pub(super) number: u64,
    pub(super) started_ms: u64,
    /// Dead once the fetch has ended.
    pub(super) flight: Weak<SharedFetch<Result<Cached>>>,
}

impl Known {
    /// Its key by its start.
    pub(super) fn start(&self) -> Key {
        Key::at(self.started_ms).with_waiter(self.number)
    }
}
