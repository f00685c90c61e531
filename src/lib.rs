//! Client-side, field-level encryption, wire-compatible with the AWS Database Encryption SDK and the
//! AWS Encryption SDK.
//!
//! The layers, each using only what is below it:
//!
//! ```text
//! dynamodb    attribute values, table configuration, item encryptor
//! structured  structured encryption of a record; knows nothing of DynamoDB
//! message     AWS Encryption SDK messages, beside `structured`
//! materials   which key encrypts this: suites, encryption context, keyrings, CMMs
//! dynamodb_client
//!             client for a DynamoDB endpoint, as much as a branch key store needs
//! kms         client for any endpoint that speaks the AWS KMS API
//! aws         what the clients of AWS services share
//! host        what is asked of the host: HTTP, time, credentials
//! crypto      the only layer that names a cryptography crate or the host's cryptography
//! util        encodings, sorting, sharing a future
//! wire error  bytes in, bytes out, and what can go wrong
//! ```
//!
//! Where to begin: [`ItemEncryptor`](dynamodb::ItemEncryptor) for records, [`message`] for everything else, and
//! [`Keyring`](materials::Keyring) to wrap data keys with what holds yours. Each has an example that runs.
//!
//! Features, all of them but the last on by default: `messages` (Encryption SDK messages), `branch-keys` (hierarchical keyring, key
//! stores, caches), `ecdh` (its keyrings), `pem` (public keys in PEM), `tables` (DynamoDB expressions, and the rules of requests on encrypted tables) and `software-fallback` (RSA encryption and ECDSA verification where the host has
//! no cryptography of its own; without it, the crate `rsa`, a release candidate, is not compiled in). Without them there are items, raw and KMS keyrings: the core of the npm
//! package's `fieldseal/items`.
//!
//! `aws-lc-rs`, for native targets: AES, SHA-2, HMAC and ECDSA on P-384 by AWS-LC (crate `aws-lc-rs`), which is C and assembly.
//! Items take about four fifths of the time, signed ones two thirds; formats and errors are the same. On Linux it takes a C compiler
//! and no more. This crate wipes the keys that it holds, as ever, and AWS-LC what it makes of them: expanded keys, states of HMAC,
//! private keys of signatures. Those keys and the nonces of their signatures come from AWS-LC's random generator, which the operating
//! system seeds; everything else that is random comes from the operating system, as without the feature.

#![doc(test(attr(deny(unused))))]

pub mod aws;
pub mod crypto;
pub mod dynamodb;
#[cfg(feature = "branch-keys")]
pub mod dynamodb_client;
pub mod error;
pub mod host;
mod interop;
pub mod kms;
pub mod materials;
#[cfg(feature = "messages")]
pub mod message;
#[doc(hidden)]
pub mod outbox;
pub mod structured;
mod util;
pub mod wire;

#[doc(hidden)]
pub use util::slab;
