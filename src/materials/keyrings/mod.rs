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
#[cfg(feature = "search")]
pub(crate) use hierarchical::PROVIDER_ID as HIERARCHICAL_PROVIDER_ID;
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
/// [`Keyring`](super::Keyring) has an example.
///
/// ```
/// use fieldseal::error::Error;
/// use fieldseal::host::LocalFuture;
/// use fieldseal::materials::{
///     EncryptedDataKey, EncryptionContext, OpenRequest, OpenedKey, Opener, Suite, first_opened,
///     not_mine,
/// };
///
/// /// Opens what was never wrapped.
/// struct Unwrapped;
///
/// impl Opener for Unwrapped {
///     fn is_mine(&self, edk: &EncryptedDataKey) -> bool {
///         edk.provider_id == "unwrapped"
///     }
///
///     fn not_mine(&self, edk: &EncryptedDataKey) -> Error {
///         not_mine(edk, "a key that was never wrapped")
///     }
///
///     fn open_one<'a>(
///         &'a self,
///         _: OpenRequest<'a>,
///         edk: &'a EncryptedDataKey,
///     ) -> LocalFuture<'a, Result<OpenedKey, Error>> {
///         let data_key = edk.ciphertext[..].into();
///         Box::pin(async { Ok(OpenedKey { data_key, symmetric_signing_key: None }) })
///     }
/// }
///
/// # fieldseal_doctest::run(async {
/// let key = |provider: &str| EncryptedDataKey {
///     provider_id: provider.into(),
///     provider_info: b"7".to_vec(),
///     ciphertext: vec![1; 32],
/// };
/// let keys = [key("another"), key("unwrapped")];
/// assert!(!Unwrapped.is_mine(&keys[0]) && Unwrapped.is_mine(&keys[1]));
///
/// let (suite, context) = (Suite::by_id(0x0478).unwrap(), EncryptionContext::new());
/// let request = OpenRequest { suite, context: &context, aad: &[], encrypted_data_keys: &keys };
/// assert_eq!(Unwrapped.open_one(request, &keys[1]).await?.data_key[..], [1; 32]);
/// assert_eq!(first_opened(request, &Unwrapped).await?.data_key[..], [1; 32]);
///
/// let request = OpenRequest { encrypted_data_keys: &keys[..1], ..request };
/// let error = first_opened(request, &Unwrapped).await.err().unwrap();
/// assert_eq!(error.root(), Some(&Unwrapped.not_mine(&keys[0])));
/// # Ok(())
/// # });
/// ```
pub trait Opener {
    /// Whether it names this keyring's key. Asked of every one, so it must be cheap.
    fn is_mine(&self, edk: &EncryptedDataKey) -> bool;

    /// The error about an encrypted data key of another keyring: [`not_mine`], with what this one's key is. Asked of a few.
    fn not_mine(&self, edk: &EncryptedDataKey) -> Error;

    /// Opens one that is this keyring's.
    ///
    /// # Errors
    /// Why it does not open: a reason among others, and the next one is tried.
    fn open_one<'a>(
        &'a self,
        request: OpenRequest<'a>,
        edk: &'a EncryptedDataKey,
    ) -> LocalFuture<'a, Result<OpenedKey>>;
}

/// Opens the first of the request's encrypted data keys that is `opener`'s and opens: [`Keyring::open`](super::Keyring::open)
/// of most keyrings. An example is at [`Opener`].
///
/// # Errors
/// [`Fault::NoKey`] with a reason for each that did not open, up to [`MAX_REASONS`](crate::error::MAX_REASONS).
///
/// ```
/// # use fieldseal::materials::{EncryptionContext, EncryptionMaterials, Keyring, OpenRequest};
/// # use fieldseal::materials::{RawAesKeyring, Suite};
/// use fieldseal::materials::first_opened;
///
/// # fieldseal_doctest::run(async {
/// # let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), vec![7; 32][..].into())?;
/// # let (suite, context) = (Suite::by_id(0x0478).unwrap(), EncryptionContext::new());
/// # let materials = EncryptionMaterials::new(suite, context.clone(), vec![], None)?;
/// # let sealed = keyring.wrap(materials).await?;
/// # let encrypted_data_keys = sealed.encrypted_data_keys();
/// # let request = OpenRequest { suite, context: &context, aad: &[], encrypted_data_keys };
/// // `request` has a key that `keyring` wrapped.
/// let opened = first_opened(request, &keyring).await?;
/// assert_eq!(opened.data_key[..], sealed.data_key().unwrap()[..]);
/// # Ok(())
/// # });
/// ```
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
///
/// ```
/// use fieldseal::materials::{EncryptedDataKey, not_mine};
///
/// let edk = EncryptedDataKey {
///     provider_id: "aws-kms".into(),
///     provider_info: b"arn:aws:kms:eu-central-1:111122223333:key/1234".to_vec(),
///     ciphertext: vec![1],
/// };
/// let error = not_mine(&edk, "slot 7 of the token");
/// assert!(error.to_string().starts_with("wrapped by 'aws-kms' key 'arn:aws:kms:"));
/// assert!(error.to_string().ends_with(", this keyring is slot 7 of the token"));
/// ```
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
///
/// ```
/// use fieldseal::materials::check_provider_id;
///
/// check_provider_id("providerId", "my-token")?;
/// let reserved = check_provider_id("providerId", "aws-kms-token");
/// assert_eq!(reserved.unwrap_err().code(), "INVALID_CONFIG");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
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
