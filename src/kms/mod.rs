//! Client for any endpoint that speaks the AWS KMS JSON protocol: AWS itself, an emulator, or one's
//! own.
//!
//! The client does no I/O: a [`Network`](crate::host::Network) sends, waits and tells the time.

// The key store's client is made of the same parts, and of some that only it needs.
#![cfg_attr(not(feature = "branch-keys"), allow(dead_code, unused_imports))]

mod arn;
mod call;
mod client;
mod config;
mod count;
mod credentials;
mod date;
mod endpoint;
mod errors;
mod event;
mod json;
mod protocol;
mod public_keys;
mod record;
mod retry;
pub mod schema;
mod service;
mod sigv4;
#[cfg(test)]
pub(crate) mod tests;
mod types;

pub(crate) use call::{Call, Caller};
pub(crate) use date::iso_micros;
pub(crate) use json::{Json, Writer};
pub(crate) use service::{MAX_RESPONSE_BYTES, Service};

pub use arn::{KmsArn, KmsKeyId, KmsResource, assert_mrks_unique, may_answer, mrk_match};
pub use client::KmsClient;
pub use config::{KmsConfig, OnEvent};
pub use count::count_calls;
pub use credentials::{Auth, StaticCredentials};
pub use event::KmsEvent;
#[cfg(target_arch = "wasm32")]
pub(crate) use protocol::camel_case;
pub use public_keys::PublicKeyStore;
#[cfg(target_arch = "wasm32")]
pub(crate) use public_keys::hex;
pub use record::{Record, Value};
pub use types::{
    DataKeySize, DecryptRequest, DecryptResponse, DeriveSharedSecretRequest,
    DeriveSharedSecretResponse, DescribeKeyRequest, EncryptRequest, EncryptResponse,
    EncryptionContext, GenerateDataKeyPairRequest, GenerateDataKeyPairResponse,
    GenerateDataKeyRequest, GenerateDataKeyResponse, GenerateDataKeyWithoutPlaintextResponse,
    GetPublicKeyRequest, GetPublicKeyResponse, KeyMetadata, ReEncryptRequest, ReEncryptResponse,
    SignRequest, SignResponse,
};
