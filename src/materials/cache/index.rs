//! What caches keep, in order: one kind of map for all of it, which is compiled once.

use std::collections::BTreeMap;

use core::task::Waker;

use super::CacheId;
use super::flights::Known;
use super::lru::Entry;

/// By number, then by id, then by seat; what a map does not go by is the same in all of its keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) number: u64,
    pub(super) id: CacheId,
    pub(super) seat: u64,
}

impl Key {
    pub(super) fn of(id: CacheId) -> Self {
        Self { number: 0, id, seat: 0 }
    }

    pub(super) fn at(number: u64) -> Self {
        Self { number, id: CacheId::NONE, seat: 0 }
    }

    pub(super) fn with_seat(self, seat: u64) -> Self {
        Self { seat, ..self }
    }
}

/// What is found under a key.
pub(super) enum Kept {
    /// The key says it all.
    Key,
    Id(CacheId),
    Entry(Box<Entry>),
    Flight(Known),
    Waiting(CacheId, Waker),
}

/// Each step costs the logarithm of the number of keys.
#[derive(Default)]
pub(super) struct Index(BTreeMap<Key, Kept>);

// Not inlined: the map is much code.
impl Index {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline(never)]
    pub(super) fn insert(&mut self, key: Key, kept: Kept) -> Option<Kept> {
        self.0.insert(key, kept)
    }

    #[inline(never)]
    pub(super) fn remove(&mut self, key: &Key) -> Option<Kept> {
        self.0.remove(key)
    }

    #[inline(never)]
    pub(super) fn get(&self, key: &Key) -> Option<&Kept> {
        self.0.get(key)
    }

    #[inline(never)]
    pub(super) fn get_mut(&mut self, key: &Key) -> Option<&mut Kept> {
        self.0.get_mut(key)
    }

    #[inline(never)]
    pub(super) fn first(&self) -> Option<Key> {
        self.0.keys().next().copied()
    }

    /// The keys from this one on.
    #[inline(never)]
    pub(super) fn from(&self, key: Key) -> impl Iterator<Item = Key> {
        self.0.range(key..).map(|(key, _)| *key)
    }

    #[inline(never)]
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn take(&mut self) -> impl Iterator<Item = Kept> {
        core::mem::take(&mut self.0).into_values()
    }
}
