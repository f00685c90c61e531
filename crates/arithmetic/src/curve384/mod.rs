//! Multiples of P-384's base point, which key pairs and ECDSA signatures consist of and the `p384` crate is slow at on
//! WebAssembly: one takes a fifth of its time here (`benches/message.mjs` signs by default); the sum of two multiples, which
//! a signature is verified by; and points read. All arithmetic modulo the order is the crate's, who calls this.
//!
//! What is signed with it is a message or a record, under a key that was made for it and is forgotten after it. What is
//! verified with it is public.
//!
//! `examples/bounds` proves that no sum overflows. Who wants arithmetic with a machine-checked proof instead,
//! and can wait five times as long, compiles with `--cfg fieldseal_fiat_p384`.

mod base;
#[cfg_attr(fieldseal_fiat_p384, path = "field_fiat.rs")]
mod field;
#[cfg(all(test, not(any(fieldseal_fiat_p384, target_arch = "wasm32"))))]
// Only in tests, and there not all of it.
#[allow(dead_code, unreachable_pub)]
mod field_fiat;
#[cfg(not(fieldseal_fiat_p384))]
mod number;
mod point;
mod verify;

pub use base::multiply_base;
pub use field::FIELD_LEN;
pub use point::uncompressed;
pub use verify::sum_has_x;

#[cfg(all(test, not(any(fieldseal_fiat_p384, target_arch = "wasm32"))))]
#[path = "../tests/curve384_fiat.rs"]
mod tests;
