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

use crate::error::{Error, Fault, Part, Reasons, Result, Rule};
use crate::host::LocalFuture;
use crate::kms::{GetPublicKeyRequest, GetPublicKeyResponse, KmsClient, may_answer, mrk_match};

use super::{EncryptedDataKey, OpenRequest, OpenedKey};

/// How a keyring goes about encrypted data keys, of which a header can have 65,535; [`first_opened`] uses it.
pub trait Opener {
    /// Whether it names this keyring's key. Asked of every one, so it must be cheap.
    fn is_mine(&self, edk: &EncryptedDataKey) -> bool;

    /// The error about an encrypted data key of another keyring: [`not_mine`], with what this one's key is. Asked of a few.
    fn not_mine(&self, edk: &EncryptedDataKey) -> Error;

    /// Opens one that is this keyring's. An error is a reason among others: the next one is tried.
    fn open_one<'a>(
        &'a self,
        request: OpenRequest<'a>,
        edk: &'a EncryptedDataKey,
    ) -> LocalFuture<'a, Result<OpenedKey>>;
}

/// Tries each encrypted data key in turn; returns the first that opens.
///
/// # Errors
/// [`Fault::NoKey`] with the reasons.
// Neither generic nor inlined: one copy serves every keyring.
pub fn first_opened<'a>(
    request: OpenRequest<'a>,
    opener: &'a dyn Opener,
) -> LocalFuture<'a, Result<OpenedKey>> {
    Box::pin(async move {
        let mut reasons = Reasons::default();
        for edk in request.encrypted_data_keys {
            if opener.is_mine(edk) {
                match opener.open_one(request, edk).await {
                    Ok(opened) => return Ok(opened),
                    Err(reason) => reasons.add(reason),
                }
            } else if reasons.has_room() {
                reasons.add(opener.not_mine(edk));
            } else {
                reasons.omit(1);
            }
        }
        Err(reasons.into_error())
    })
}

/// The error for an encrypted data key of another keyring than one for the `expected` key.
pub fn not_mine(edk: &EncryptedDataKey, expected: impl Into<String>) -> Error {
    let key_id = edk.key_name().unwrap_or_default().to_owned();
    let provider_id = edk.provider_id.clone();
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

#[cfg(all(test, feature = "ecdh"))]
#[path = "tests/kms_answers.rs"]
mod kms_answers;

/// The rule for key provider ids, which are the namespaces of raw keyrings (`keyring-interface.md#key-provider-id`).
///
/// # Errors
/// [`Rule::Config`], naming the `option`: the id is longer than 65,535 bytes, or begins with `aws-kms`.
pub fn check_provider_id(option: &str, id: &str) -> Result<()> {
    let problem = match id.len() > 0xffff {
        true => "have at most 65,535 bytes",
        false if id.starts_with("aws-kms") => {
            "not begin with 'aws-kms': that is reserved for KMS keyrings"
        }
        false => return Ok(()),
    };
    Err(Error::misuse(Rule::Config, format!("{option} must {problem}")))
}

#[cfg(test)]
#[path = "tests/opening.rs"]
mod tests;
