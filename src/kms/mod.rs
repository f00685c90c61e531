//! Client for any endpoint that speaks the AWS KMS JSON protocol: AWS itself, an emulator, or one's
//! own.
//!
//! The client does no I/O: a [`Network`](crate::host::Network) sends, waits and tells the time.

mod arn;
mod client;
mod config;
mod count;
mod protocol;
mod public_keys;
mod record;
pub mod schema;
mod service;
#[cfg(test)]
pub(crate) mod tests;
mod types;

pub(crate) use arn::may_answer;
pub use arn::{KmsArn, KmsKeyId, KmsResource, assert_mrks_unique, mrk_match};
pub use client::KmsClient;
pub use config::KmsConfig;
pub use count::count_calls;
#[doc(hidden)]
pub use protocol::camel_case;
pub use public_keys::PublicKeyStore;
#[doc(hidden)]
pub use public_keys::hex;
pub use record::{Record, Value};
pub use types::{
    DataKeySize, DecryptRequest, DecryptResponse, DeriveSharedSecretRequest,
    DeriveSharedSecretResponse, DescribeKeyRequest, EncryptRequest, EncryptResponse,
    EncryptionContext, GenerateDataKeyPairRequest, GenerateDataKeyPairResponse,
    GenerateDataKeyRequest, GenerateDataKeyResponse, GenerateDataKeyWithoutPlaintextResponse,
    GetPublicKeyRequest, GetPublicKeyResponse, KeyMetadata, ReEncryptRequest, ReEncryptResponse,
    SignRequest, SignResponse,
};
