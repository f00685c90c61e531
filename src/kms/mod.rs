//! Client for any endpoint that speaks the AWS KMS JSON protocol: AWS itself, an emulator, or one's
//! own.
//!
//! The client does no I/O: a [`Network`](crate::port::Network) sends, waits and tells the time.

mod arn;
mod call;
mod client;
mod config;
mod credentials;
mod date;
mod endpoint;
mod errors;
mod event;
mod flight;
mod json;
mod operations;
mod protocol;
mod public_keys;
mod retry;
mod sigv4;
#[cfg(test)]
mod tests;

pub use arn::{KmsArn, KmsKeyId, KmsResource, assert_mrks_unique, mrk_match};
pub use client::KmsClient;
pub use config::{KmsConfig, OnEvent};
pub use credentials::{Auth, StaticCredentials};
pub use event::KmsEvent;
pub use operations::{
    DataKeySize, DecryptRequest, DecryptResponse, DeriveSharedSecretRequest,
    DeriveSharedSecretResponse, DescribeKeyRequest, EncryptRequest, EncryptResponse,
    EncryptionContext, GenerateDataKeyRequest, GenerateDataKeyResponse,
    GenerateDataKeyWithoutPlaintextResponse, GetPublicKeyRequest, GetPublicKeyResponse,
    KeyMetadata, ReEncryptRequest, ReEncryptResponse,
};
