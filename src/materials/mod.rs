//! Which key encrypts this: algorithm suites, encryption context, encrypted data keys, keyrings and
//! cryptographic materials managers (material providers library, `framework/`).

mod branch_key;
mod branch_key_store;
pub mod cache;
mod caching_cmm;
mod cmm;
mod context;
mod edk;
mod keyring;
mod keyrings;
mod policy;
mod suite;
mod wrapping;

pub use branch_key::{
    BeaconKeyMaterials, BranchKeyMaterials, BranchKeyStore, StaticBranchKey, StaticBranchKeyStore,
};
pub use branch_key_store::{
    BranchKeyVersion, DynamoDbBranchKeyStore, DynamoDbBranchKeyStoreConfig, KmsConfiguration,
};
pub use caching_cmm::{CachingCmm, CachingCmmLimits};
pub use cmm::{
    Cmm, DecryptionMaterials, DecryptionRequest, DefaultCmm, EncryptionRequest,
    RequiredEncryptionContextCmm,
};
pub use context::{EncryptionContext, PUBLIC_KEY_KEY, RESERVED_PREFIX};
pub use edk::EncryptedDataKey;
pub use keyring::{EncryptionMaterials, Keyring, OpenRequest, OpenedKey};
pub use keyrings::{
    AwsKmsDiscoveryKeyring, AwsKmsEcdhKey, AwsKmsHierarchicalKeyring, AwsKmsKeyring,
    AwsKmsRsaKeyring, BranchKeyIdSource, BranchKeyIdSupplier, DiscoveryFilter, EcdhKeyring,
    MultiKeyring, RawAesKeyring, RawRsaKeyring, RsaPublicKeySource,
};
pub use policy::CommitmentPolicy;
pub use suite::{Kdf, Suite, Wrapping};
