//! A host of caches, whose time stands still.

use core::cell::RefCell;
use core::future::pending;
use std::rc::Rc;

use fieldseal::host::{CacheHost, LocalFuture};

/// A host of caches, whose time stands still: entries do not end.
pub fn cache_host() -> Rc<dyn CacheHost> {
    Rc::new(Host::default())
}

#[derive(Default)]
struct Host {
    /// Waits for a later time, all of it.
    background: RefCell<Vec<LocalFuture<'static, ()>>>,
}

impl CacheHost for Host {
    fn monotonic_ms(&self) -> u64 {
        1_000
    }

    fn unix_ms(&self) -> u64 {
        1_772_323_200_000
    }

    fn sleep_ms(&self, _: u32) -> LocalFuture<'static, ()> {
        Box::pin(pending())
    }

    fn spawn(&self, work: LocalFuture<'static, ()>) {
        self.background.borrow_mut().push(work);
    }
}
