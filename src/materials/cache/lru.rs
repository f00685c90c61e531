//! Entries, and which of them was least recently used.
#![allow(
    clippy::vec_box,
    reason = "entries are large and many: others coming and going move pointers"
)]

use super::{CacheId, Cached, Lookup};

/// What was encrypted under encryption materials so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usage {
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

/// A cached value and what limits it.
pub(super) struct Entry {
    id: CacheId,
    pub(super) value: Cached,
    pub(super) created_ms: u64,
    pub(super) expires_ms: u64,
    pub(super) usage: Usage,
    /// Who made it, for events.
    pub(super) made_for: Lookup,
    used: u64,
}

/// Entries in the order of their ids. A search for the least recently used one goes through all of
/// them; it is needed only when a full cache takes a new entry, which has cost a call to a key
/// store.
pub(super) struct Entries {
    capacity: usize,
    sorted: Vec<Box<Entry>>,
    uses: u64,
}

impl Entries {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, sorted: Vec::new(), uses: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.sorted.len()
    }

    /// The entry, which now counts as the last used.
    pub(super) fn find(&mut self, id: &CacheId) -> Option<&mut Entry> {
        let at = self.position(id).ok()?;
        self.uses += 1;
        let entry = self.sorted.get_mut(at)?;
        entry.used = self.uses;
        Some(entry)
    }

    /// Puts an entry in, in place of one of the same id; answers those that had to leave.
    pub(super) fn put(
        &mut self,
        value: Cached,
        now_ms: u64,
        made_for: &Lookup,
        usage: Usage,
    ) -> Vec<Box<Entry>> {
        self.uses += 1;
        let entry = Box::new(Entry {
            id: made_for.id,
            value,
            created_ms: now_ms,
            expires_ms: now_ms.saturating_add(made_for.ttl_ms),
            usage,
            made_for: made_for.clone(),
            used: self.uses,
        });
        match self.position(&entry.id) {
            Ok(at) => self.sorted[at] = entry,
            Err(at) => self.sorted.insert(at, entry),
        }
        let mut evicted = Vec::new();
        while self.sorted.len() > self.capacity {
            let oldest = self.sorted.iter().enumerate().min_by_key(|(_, entry)| entry.used);
            let Some((at, _)) = oldest else { break };
            evicted.push(self.sorted.remove(at));
        }
        evicted
    }

    pub(super) fn remove(&mut self, id: &CacheId) -> Option<Box<Entry>> {
        self.position(id).ok().map(|at| self.sorted.remove(at))
    }

    pub(super) fn clear(&mut self) -> Vec<Box<Entry>> {
        core::mem::take(&mut self.sorted)
    }

    /// Takes out what has expired.
    pub(super) fn purge(&mut self, now_ms: u64) -> Vec<Box<Entry>> {
        let (expired, rest) =
            self.clear().into_iter().partition(|entry| entry.expires_ms <= now_ms);
        self.sorted = rest;
        expired
    }

    /// When the first of the entries expires.
    pub(super) fn next_expiry(&self) -> Option<u64> {
        self.sorted.iter().map(|entry| entry.expires_ms).min()
    }

    fn position(&self, id: &CacheId) -> Result<usize, usize> {
        self.sorted.binary_search_by(|entry| entry.id.order(id))
    }
}
