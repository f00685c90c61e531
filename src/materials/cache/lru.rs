//! Entries, and which of them was least recently used.

use super::id::CacheId;
use super::index::Index;
use super::kept::{Entry, Kept, Key, Usage};
use super::lookup::{Cached, Lookup};

/// Entries by id, by their last use and by their end: each step costs the logarithm of their number.
pub(super) struct Entries {
    capacity: usize,
    by_id: Index,
    by_use: Index,
    by_end: Index,
    uses: u64,
}

impl Entries {
    pub(super) fn new(capacity: usize) -> Self {
        let (by_id, by_use, by_end) = (Index::default(), Index::default(), Index::default());
        Self { capacity, by_id, by_use, by_end, uses: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The entry, which now counts as the last used.
    pub(super) fn find(&mut self, id: &CacheId) -> Option<&mut Entry> {
        let Some(Kept::Entry(entry)) = self.by_id.get_mut(&Key::of(*id)) else { return None };
        self.uses += 1;
        self.by_use.remove(&Key::at(entry.used));
        self.by_use.insert(Key::at(self.uses), Kept::Id(*id));
        entry.used = self.uses;
        Some(entry)
    }

    /// Puts an entry in, in place of one of the same id; returns those that had to leave.
    pub(super) fn put(
        &mut self,
        value: Cached,
        now_ms: u64,
        made_for: &Lookup,
        usage: Usage,
    ) -> Vec<Entry> {
        let id = made_for.id;
        drop(self.remove(&id));
        self.uses += 1;
        let entry = Entry {
            id,
            value,
            created_ms: now_ms,
            expires_ms: now_ms.saturating_add(made_for.ttl_ms),
            usage,
            made_for: made_for.clone(),
            used: self.uses,
        };
        self.by_use.insert(Key::at(entry.used), Kept::Id(id));
        self.by_end.insert(entry.end(), Kept::Key);
        self.by_id.insert(Key::of(id), Kept::Entry(Box::new(entry)));
        let mut evicted = Vec::new();
        while self.by_id.len() > self.capacity {
            let oldest = self.by_use.first().and_then(|key| self.by_use.remove(&key));
            let Some(Kept::Id(oldest)) = oldest else { break };
            evicted.extend(self.remove(&oldest));
        }
        evicted
    }

    pub(super) fn remove(&mut self, id: &CacheId) -> Option<Entry> {
        let Some(Kept::Entry(entry)) = self.by_id.remove(&Key::of(*id)) else { return None };
        self.by_use.remove(&Key::at(entry.used));
        self.by_end.remove(&entry.end());
        Some(*entry)
    }

    pub(super) fn clear(&mut self) -> Vec<Entry> {
        self.by_use.clear();
        self.by_end.clear();
        let entry = |kept| if let Kept::Entry(entry) = kept { Some(*entry) } else { None };
        self.by_id.take().filter_map(entry).collect()
    }

    /// Takes out what has expired.
    pub(super) fn purge(&mut self, now_ms: u64) -> Vec<Entry> {
        let mut expired = Vec::new();
        while let Some(key) = self.by_end.first().filter(|key| key.number <= now_ms) {
            expired.extend(self.remove(&key.id));
        }
        expired
    }

    /// When the first of the entries expires.
    pub(super) fn next_expiry(&self) -> Option<u64> {
        self.by_end.first().map(|key| key.number)
    }
}
