//! Counts operations, for tests of what work grows with: time depends on the machine.

/// Counts one operation, in tests.
#[inline(always)]
pub(crate) fn tick() {
    #[cfg(test)]
    COUNT.set(COUNT.get() + 1);
}

#[cfg(test)]
thread_local! {
    static COUNT: core::cell::Cell<u64> = const { core::cell::Cell::new(0) };
}

/// How many operations `work` takes.
#[cfg(test)]
pub(crate) fn counted(work: impl FnOnce()) -> u64 {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}
