//! Client-side, field-level encryption, wire-compatible with the AWS Database Encryption SDK and the
//! AWS Encryption SDK.
//!
//! The floors, each using only what is below it:
//!
//! ```text
//! wasm        the door to JavaScript (wasm32 only)
//! dynamodb    attribute values, table configuration, item encryptor
//! structured  structured encryption of a record; knows nothing of DynamoDB
//! message     AWS Encryption SDK messages, beside `structured`
//! materials   which key encrypts this: suites, encryption context, keyrings, CMMs
//! dynamodb_client
//!             client for a DynamoDB endpoint, as much as a branch key store needs
//! kms         client for any endpoint that speaks the AWS KMS API
//! crypto      the only floor that names a cryptography crate or the host's cryptography
//! wire error  bytes in, bytes out, and what can go wrong
//! ```
//!
//! Features, all on by default: `messages` is the floor of that name; `branch-keys` is the branch key store with its
//! DynamoDB client, the hierarchical keyring, caches and the caching CMM; `ecdh` is the ECDH keyrings.

mod base64;
pub mod crypto;
pub mod dynamodb;
#[cfg(feature = "branch-keys")]
pub mod dynamodb_client;
pub mod error;
mod flight;
pub mod interop;
pub mod kms;
pub mod materials;
#[cfg(feature = "messages")]
pub mod message;
mod order;
pub mod port;
pub mod structured;
pub mod wire;

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod wasm;
