//! Linear memory: nothing secret stays in it once an operation has ended. The heap is wiped as it is freed, the
//! stack after each operation, the buffers that cross when they have been read.

use core::cell::RefCell;
use core::hint::black_box;
use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

use fieldseal::wire::put_zeros;

#[global_allocator]
static WIPED_ON_FREE: ZeroAlloc<System> = ZeroAlloc(System);

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Larger buffers are freed after use instead of kept for the next operation. The longest pieces of messages are as long.
const KEEP: usize = 1 << 20;

/// Makes room for `len` bytes of input and says where they go; with `keep`, behind those that are there. Without, there are
/// only zeros: those of [`recycle_input`], which need not be written again.
pub(super) fn reserve_input(len: usize, keep: bool) -> *const u8 {
    INPUT.with_borrow_mut(|input| {
        // What was reserved has been taken or discarded.
        if !keep && input.len() > len {
            input.clear();
        }
        put_zeros(input, len.saturating_sub(input.len()));
        input.as_ptr()
    })
}

/// The first `len` bytes of the input that the host has written. Give them back with [`recycle_input`].
pub(super) fn take_input(len: usize) -> Vec<u8> {
    let mut input = INPUT.replace(Vec::new());
    input.truncate(len);
    input
}

/// Wipes a buffer of [`take_input`] and keeps it for the next operation.
pub(super) fn recycle_input(mut input: Vec<u8>) {
    // What is freed is wiped anyway.
    if input.capacity() <= KEEP {
        input.fill(0);
        black_box(&input);
        INPUT.replace(input);
    }
}

/// Wipes input that its writer could not complete: nobody takes it.
pub(super) fn discard_input() {
    recycle_input(INPUT.replace(Vec::new()));
}

/// Puts a result where the host reads it.
pub(super) fn set_output(bytes: Vec<u8>) {
    OUTPUT.replace(bytes);
}

/// Where the output lies.
pub(super) fn output_ptr() -> *const u8 {
    OUTPUT.with_borrow(|output| output.as_ptr())
}

/// How long it is.
pub(super) fn output_len() -> usize {
    OUTPUT.with_borrow(Vec::len)
}

/// Wipes the output once the host has read it: freed memory is.
pub(super) fn wipe_output() {
    OUTPUT.replace(Vec::new());
}

/// Wipes the part of the stack that operations used: keys pass through it on their way between functions.
#[inline(never)]
pub(super) fn wipe_stack() {
    // No operation goes as deep: a test of tests/node/memory.test.mjs fails if one leaves something below. A variable, because a reference to an array of zeros would be one to a constant, and
    // nothing would be written.
    let mut depth = [0u8; 24 * 1024];
    black_box(&mut depth);
}
