//! Which key encrypts this: algorithm suites, encryption context, encrypted data keys, keyrings and
//! cryptographic materials managers (material providers library, `framework/`).

#[cfg(feature = "search")]
mod beacon_key;
#[cfg(feature = "search")]
mod beacon_key_source;
#[cfg(feature = "branch-keys")]
mod branch_key;
#[cfg(feature = "branch-keys")]
mod branch_key_store;
#[cfg(feature = "branch-keys")]
pub mod cache;
#[cfg(feature = "branch-keys")]
mod caching_cmm;
mod cmm;
mod context;
mod edk;
mod keyring;
mod keyrings;
mod policy;
#[cfg(all(feature = "branch-keys", feature = "ecdh"))]
mod recipient;
mod suite;
#[cfg(feature = "branch-keys")]
mod uuid;
pub mod wrapping;

#[cfg(feature = "search")]
pub(crate) use beacon_key::BeaconKey;
#[cfg(feature = "search")]
pub use beacon_key_source::BeaconKeySource;
#[cfg(feature = "branch-keys")]
pub use branch_key::{
    BeaconKeyMaterials, BranchKeyMaterials, BranchKeyStore, StaticBranchKey, StaticBranchKeyStore,
};
#[cfg(feature = "branch-keys")]
pub use branch_key_store::{
    BranchKeyVersion, DynamoDbBranchKeyStore, DynamoDbBranchKeyStoreConfig, KmsConfiguration,
};
#[cfg(feature = "branch-keys")]
pub use caching_cmm::{CachingCmm, CachingCmmLimits};
pub use cmm::{
    Cmm, DecryptionMaterials, DecryptionRequest, DefaultCmm, EncryptionRequest,
    RequiredEncryptionContextCmm,
};
pub use context::{EncryptionContext, PUBLIC_KEY_KEY, RESERVED_PREFIX};
pub use edk::EncryptedDataKey;
pub use keyring::{EncryptionMaterials, Keyring, OpenRequest, OpenedKey};
#[cfg(feature = "search")]
pub(crate) use keyrings::HIERARCHICAL_PROVIDER_ID;
pub use keyrings::{
    AwsKmsDiscoveryKeyring, AwsKmsKeyring, AwsKmsRsaKeyring, DiscoveryFilter, MultiKeyring, Opener,
    RawAesKeyring, RawRsaKeyring, RsaPublicKeySource, check_provider_id, first_opened, not_mine,
};
#[cfg(feature = "ecdh")]
pub use keyrings::{AwsKmsEcdhKey, EcdhKeyring};
#[cfg(feature = "branch-keys")]
pub use keyrings::{AwsKmsHierarchicalKeyring, BranchKeyIdSource, BranchKeyIdSupplier};
pub use policy::CommitmentPolicy;
#[cfg(all(feature = "branch-keys", feature = "ecdh"))]
pub use recipient::{
    RAW_KEY_NAMESPACE, Recipient, RecipientKey, RecipientKeys, RecipientStore, aes_key_name,
    public_key_name,
};
pub use suite::{Kdf, Suite, Wrapping};
