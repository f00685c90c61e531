//! The primitives in Rust, for every target: of crates, and where those were measured slow on WebAssembly, of our own
//! (`crates/arithmetic`).

pub(super) mod p384_key;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub(super) mod rust_crypto;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(super) use fieldseal_arithmetic::aes_gcm as cipher;
pub(super) use fieldseal_arithmetic::{hash, hmac};
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub(super) use rust_crypto as cipher;
