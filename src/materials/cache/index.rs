//! What caches keep, in order: one kind of map for all of it, which is compiled once.

use std::collections::BTreeMap;

use super::kept::{Kept, Key};

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
