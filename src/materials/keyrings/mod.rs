//! One file for each keyring.

#[cfg(feature = "ecdh")]
mod ecdh;
#[cfg(feature = "branch-keys")]
mod hierarchical;
mod kms;
mod kms_discovery;
#[cfg(feature = "ecdh")]
mod kms_ecdh;
mod kms_rsa;
mod multi;
mod raw_aes;
mod raw_rsa;

#[cfg(feature = "ecdh")]
pub use ecdh::EcdhKeyring;
#[cfg(feature = "branch-keys")]
pub use hierarchical::{AwsKmsHierarchicalKeyring, BranchKeyIdSource, BranchKeyIdSupplier};
pub use kms::AwsKmsKeyring;
pub use kms_discovery::{AwsKmsDiscoveryKeyring, DiscoveryFilter};
#[cfg(feature = "ecdh")]
pub use kms_ecdh::AwsKmsEcdhKey;
pub use kms_rsa::{AwsKmsRsaKeyring, RsaPublicKeySource};
pub use multi::MultiKeyring;
pub use raw_aes::RawAesKeyring;
pub use raw_rsa::RawRsaKeyring;

use crate::error::{Error, Fault, Part, Result, Rule};
use crate::kms::{GetPublicKeyRequest, GetPublicKeyResponse, KmsClient, may_answer, mrk_match};
use crate::port::LocalFuture;

use super::{EncryptedDataKey, OpenRequest, OpenedKey};

/// Opens one encrypted data key.
type Open<'a> = dyn Fn(&'a EncryptedDataKey) -> LocalFuture<'a, Result<OpenedKey>> + 'a;

/// Tries each encrypted data key in turn; answers the first that opens, else every reason.
// Not generic: one copy serves every keyring.
fn first_opened<'a>(
    request: OpenRequest<'a>,
    open: Box<Open<'a>>,
) -> LocalFuture<'a, Result<OpenedKey>> {
    Box::pin(async move {
        let mut reasons = Vec::new();
        for edk in request.encrypted_data_keys {
            match open(edk).await {
                Ok(opened) => return Ok(opened),
                Err(reason) => reasons.push(reason),
            }
        }
        Err(Error::no_key(reasons))
    })
}

/// The error for an encrypted data key of another keyring.
fn not_mine(edk: &EncryptedDataKey, expected: impl Into<String>) -> Error {
    let (provider_id, key_id) = (edk.provider_id.clone(), edk.key_id());
    Fault::NotMine { provider_id, key_id, expected: expected.into() }.into()
}

/// Fails if KMS answered for another key than it was asked for.
fn check_answer(asked: &str, answered: &str) -> Result<()> {
    match may_answer(asked, answered) {
        true => Ok(()),
        false => Err(Error::malformed(Part::KmsResponse, "its KeyId is not the key asked for")),
    }
}

/// The public key of a KMS key. Multi-Region keys that are related have the same one: a store of public keys may have
/// it from a replica.
async fn public_key(
    kms: &KmsClient,
    key_id: &str,
    grant_tokens: &[String],
) -> Result<GetPublicKeyResponse> {
    let request =
        GetPublicKeyRequest { key_id: key_id.to_owned(), grant_tokens: grant_tokens.to_vec() };
    let response = kms.get_public_key(request).await?;
    if !mrk_match(key_id, &response.key_id) {
        check_answer(key_id, &response.key_id)?;
    }
    Ok(response)
}

#[cfg(test)]
#[path = "tests/kms_answers.rs"]
mod kms_answers;

/// The rule for namespaces of raw keyrings (`keyring-interface.md#key-provider-id`).
fn check_namespace(namespace: &str) -> Result<()> {
    if namespace.starts_with("aws-kms") {
        let problem =
            "keyNamespace must not begin with 'aws-kms': that is reserved for KMS keyrings";
        return Err(Error::misuse(Rule::Config, problem));
    }
    Ok(())
}
