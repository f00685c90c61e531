//! Recipients: whom to seal for, in one string, and the names that raw keys have by convention.
//!
//! A keyring of a raw key has a namespace and a name, which sealer and opener must agree on beforehand. By this convention
//! they follow from the key: the namespace is [`RAW_KEY_NAMESPACE`], the name [`public_key_name`] or [`aes_key_name`].
//! Whoever has the private half needs nothing else to open.

use std::rc::Rc;

use crate::crypto::{
    EcdhCurve, EcdhPrivateKey, EcdhPublicKey, EphemeralEcdh, Hash, RsaPadding, RsaPrivateKey,
    RsaPublicKey, Secret, hmac, sha256,
};
use crate::error::{Error, Result, Rule};
use crate::kms::{KmsArn, KmsClient, KmsResource, hex};

use super::cache::{MaterialsCache, Partition};
use super::{
    AwsKmsHierarchicalKeyring, AwsKmsKeyring, AwsKmsRsaKeyring, BranchKeyIdSource, BranchKeyStore,
    EcdhKeyring, Keyring, RawAesKeyring, RawRsaKeyring, RsaPublicKeySource,
};

/// The namespace of raw keys that are named by convention.
///
/// ```
/// use fieldseal::crypto::Secret;
/// use fieldseal::materials::{RAW_KEY_NAMESPACE, RawAesKeyring, aes_key_name};
///
/// // What `aes:` is, made by hand.
/// let key = vec![7; 32];
/// let name = aes_key_name(&key);
/// let keyring = RawAesKeyring::new(RAW_KEY_NAMESPACE.to_owned(), name, Secret::new(key))?;
/// # drop(keyring);
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub const RAW_KEY_NAMESPACE: &str = "fieldseal";
/// Under an AES key, HMAC-SHA-256 of this names it.
const AES_KEY_ID: &[u8] = b"fieldseal key id";
/// Bytes of that which are the name.
const AES_KEY_ID_LEN: usize = 16;
/// Every recipient there is.
const KINDS: &str = "kms:ARN, kms-rsa:ARN, rsa:, ecdh:, aes: and branch:TABLE/ID";

/// The name of an RSA key by convention: SHA-256 of its SubjectPublicKeyInfo in DER, in lower-case hexadecimal digits. It
/// is the key's fingerprint, too.
///
/// ```
/// use fieldseal::crypto::PublicKeyInfo;
/// use fieldseal::materials::public_key_name;
///
/// let key = PublicKeyInfo::parse(&fieldseal_doctest::rsa_public_key())?;
/// assert_eq!(public_key_name(&key.der).len(), 64);
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub fn public_key_name(spki: &[u8]) -> String {
    hex(&sha256(spki))
}

/// The name of an AES key by convention: the first 16 bytes of HMAC-SHA-256 under it of `fieldseal key id`, in lower-case
/// hexadecimal digits. It says nothing of the key to those who do not have it.
///
/// ```
/// use fieldseal::materials::aes_key_name;
///
/// assert_eq!(aes_key_name(&[7; 32]), "f87b37df2c9a0654ada9a6b327a62824");
/// ```
pub fn aes_key_name(key: &[u8]) -> String {
    let tag = hmac(Hash::Sha256, key, AES_KEY_ID);
    hex(tag.get(..AES_KEY_ID_LEN).unwrap_or_default())
}

/// Whom to seal for: the notation, read.
///
/// ```
/// use fieldseal::crypto::Secret;
/// use fieldseal::materials::{Recipient, RecipientKey, RecipientKeys};
///
/// let keys = RecipientKeys {
///     key: Some(RecipientKey::Aes(Secret::new(vec![7; 32]))),
///     ..RecipientKeys::default()
/// };
/// let recipient = Recipient::parse("aes:")?;
/// assert_eq!(recipient.kind(), "aes:");
/// let keyring = recipient.keyring(keys)?;
/// assert!(keyring.serves_signing_suites());
///
/// let error = Recipient::parse("aes-256:").unwrap_err();
/// assert_eq!(error.code(), "INVALID_ARGUMENT");
/// assert!(error.to_string().contains("'aes-256' is not a kind of recipient"));
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// `kms:ARN`: a symmetric KMS key, by its key ARN. A multi-Region key opens what its replicas sealed.
    Kms(KmsArn),
    /// `kms-rsa:ARN`: an RSA KMS key, whose public half seals without a call. RSAES_OAEP_SHA_256.
    KmsRsa(KmsArn),
    /// `rsa:`: an RSA key pair. OAEP with SHA-256 and MGF1 with SHA-256: what KMS, WebCrypto and every library have, and of
    /// KMS's two paddings the one without SHA-1.
    Rsa,
    /// `ecdh:`: a key pair on P-256, P-384 or P-521. Its public half seals with a new pair for each data key, its private half
    /// opens what anybody sealed so.
    Ecdh,
    /// `aes:`: a key of 16, 24 or 32 bytes.
    Aes,
    /// `branch:TABLE/ID`: a branch key in a key store.
    Branch {
        /// The store's table.
        table: String,
        /// The branch key.
        branch_key_id: String,
    },
}

/// The key of a recipient that is not in a service; [`Recipient`] shows one.
pub enum RecipientKey {
    /// Of `rsa:` and, without the private half, of `kms-rsa:`.
    Rsa {
        /// Seals, and names the key.
        public_key: RsaPublicKey,
        /// Opens.
        private_key: Option<Rc<dyn RsaPrivateKey>>,
    },
    /// The public half of `ecdh:`: seals.
    EcdhPublic {
        /// Whom for.
        public_key: EcdhPublicKey,
        /// Makes the pairs to seal with.
        pairs: Rc<dyn EphemeralEcdh>,
    },
    /// The private half of `ecdh:`: opens.
    EcdhPrivate {
        /// Its curve.
        curve: EcdhCurve,
        /// The key.
        private_key: Rc<dyn EcdhPrivateKey>,
    },
    /// Of `aes:`: seals and opens.
    Aes(Secret),
}

/// The key store of `branch:`.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::crypto::Secret;
/// use fieldseal::materials::{
///     EncryptionContext, Recipient, RecipientKeys, RecipientStore, StaticBranchKey,
///     StaticBranchKeyStore,
/// };
///
/// let key = StaticBranchKey {
///     branch_key_id: "tenant-1".to_owned(),
///     version: "3f2a5d6e-8c41-4f0b-9f6b-2d1c7a90b5e4".to_owned(),
///     branch_key: Secret::new(vec![7; 32]),
///     beacon_key: None,
///     encryption_context: EncryptionContext::new(),
/// };
/// let store = Rc::new(StaticBranchKeyStore::new(None, vec![key])?);
/// let store = RecipientStore { store, cache: None, ttl_ms: 600_000 };
/// let keys = RecipientKeys { store: Some(store), ..RecipientKeys::default() };
/// assert!(Recipient::parse("branch:branch-keys/tenant-1")?.keyring(keys).is_ok());
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub struct RecipientStore {
    /// Where the branch key is: the one whose table the notation names.
    pub store: Rc<dyn BranchKeyStore>,
    /// Keeps it; without one it is fetched each time.
    pub cache: Option<MaterialsCache>,
    /// How long it is used before it is fetched anew, in milliseconds.
    pub ttl_ms: u64,
}

/// What a recipient's keyring is made of: what its kind takes, and nothing else. [`Recipient`] shows it.
#[derive(Default)]
pub struct RecipientKeys {
    /// Of `rsa:`, `ecdh:` and `aes:`; of `kms-rsa:` the public key, so that sealing takes no call.
    pub key: Option<RecipientKey>,
    /// Of `kms:`; of `kms-rsa:` to open, and to fetch the public key.
    pub kms: Option<KmsClient>,
    /// Of `branch:`.
    pub store: Option<RecipientStore>,
}

impl Recipient {
    /// Reads the notation.
    ///
    /// # Errors
    /// [`Rule::Argument`] with the part that is wrong and what there is; [`Part::KeyId`](crate::error::Part::KeyId) for what is
    /// not an ARN. What stands behind the colon of a raw key, where nothing belongs, is not shown: it may be the key.
    pub fn parse(notation: &str) -> Result<Self> {
        let Some((kind, rest)) = notation.split_once(':') else {
            return Err(wrong(format!("a recipient has a kind and a colon: {KINDS}")));
        };
        let key_arn = || {
            let arn = KmsArn::parse(rest)?;
            match arn.resource() {
                KmsResource::Key => Ok(arn),
                KmsResource::Alias => Err(wrong(format!(
                    "{kind}: takes the ARN of a key, not of an alias, which may point to another key tomorrow"
                ))),
            }
        };
        let raw = |recipient| match rest {
            "" => Ok(recipient),
            _ => {
                Err(wrong(format!("nothing belongs behind '{kind}:', the key is given beside it")))
            }
        };
        match kind {
            "kms" => key_arn().map(Self::Kms),
            "kms-rsa" => key_arn().map(Self::KmsRsa),
            "rsa" => raw(Self::Rsa),
            "ecdh" => raw(Self::Ecdh),
            "aes" => raw(Self::Aes),
            "branch" => branch(rest),
            // What is longer is no slip of the pen, and may be a secret.
            _ if kind.len() <= 12
                && kind.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-') =>
            {
                Err(wrong(format!("'{kind}' is not a kind of recipient: there are {KINDS}")))
            }
            _ => Err(wrong(format!(
                "what it begins with is not a kind of recipient: there are {KINDS}"
            ))),
        }
    }

    /// The keyring of this recipient.
    ///
    /// # Errors
    /// [`Rule::Config`] for what its kind needs and was not given, or does not take; and those of the keyring.
    pub fn keyring(&self, keys: RecipientKeys) -> Result<Rc<dyn Keyring>> {
        let RecipientKeys { key, kms, store } = keys;
        Ok(match (self, key, kms, store) {
            (Self::Kms(arn), None, Some(kms), None) => {
                Rc::new(AwsKmsKeyring::mrk_aware(kms, arn.to_string(), Vec::new())?)
            }
            (Self::KmsRsa(arn), None, kms, None) => {
                Self::kms_rsa(arn, RsaPublicKeySource::Kms, kms)?
            }
            (
                Self::KmsRsa(arn),
                Some(RecipientKey::Rsa { public_key, private_key: None }),
                kms,
                None,
            ) => Self::kms_rsa(arn, RsaPublicKeySource::Given(public_key), kms)?,
            (Self::Rsa, Some(RecipientKey::Rsa { public_key, private_key }), None, None) => {
                let name = public_key_name(public_key.spki());
                Rc::new(RawRsaKeyring::new(
                    RAW_KEY_NAMESPACE.to_owned(),
                    name,
                    RsaPadding::OaepSha256,
                    Some(public_key),
                    private_key,
                )?)
            }
            (Self::Ecdh, Some(RecipientKey::EcdhPublic { public_key, pairs }), None, None) => {
                Rc::new(EcdhKeyring::raw_ephemeral(pairs, public_key))
            }
            (Self::Ecdh, Some(RecipientKey::EcdhPrivate { curve, private_key }), None, None) => {
                Rc::new(EcdhKeyring::raw_discovery(curve, private_key))
            }
            (Self::Aes, Some(RecipientKey::Aes(key)), None, None) => {
                let name = aes_key_name(&key);
                Rc::new(RawAesKeyring::new(RAW_KEY_NAMESPACE.to_owned(), name, key)?)
            }
            (
                Self::Branch { branch_key_id, .. },
                None,
                None,
                Some(RecipientStore { store, cache, ttl_ms }),
            ) => {
                let id = BranchKeyIdSource::Fixed(branch_key_id.clone());
                Rc::new(AwsKmsHierarchicalKeyring::new(
                    store,
                    id,
                    ttl_ms,
                    cache,
                    Partition::random()?,
                )?)
            }
            _ => {
                let problem = format!("{} takes {}, and nothing else", self.kind(), self.takes());
                return Err(Error::misuse(Rule::Config, problem));
            }
        })
    }

    fn kms_rsa(
        arn: &KmsArn,
        source: RsaPublicKeySource,
        kms: Option<KmsClient>,
    ) -> Result<Rc<dyn Keyring>> {
        let padding = RsaPadding::OaepSha256;
        Ok(Rc::new(AwsKmsRsaKeyring::new(kms, arn.to_string(), source, padding, Vec::new())?))
    }

    /// Its kind as the notation has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Kms(_) => "kms:",
            Self::KmsRsa(_) => "kms-rsa:",
            Self::Rsa => "rsa:",
            Self::Ecdh => "ecdh:",
            Self::Aes => "aes:",
            Self::Branch { .. } => "branch:",
        }
    }

    fn takes(&self) -> &'static str {
        match self {
            Self::Kms(_) => "a KMS client",
            Self::KmsRsa(_) => "the public key, a KMS client, or both",
            Self::Rsa => "an RSA key",
            Self::Ecdh => "a key on P-256, P-384 or P-521",
            Self::Aes => "an AES key",
            Self::Branch { .. } => "a key store",
        }
    }
}

/// `TABLE/ID`: names of DynamoDB tables have no slash, ids of branch keys may.
fn branch(rest: &str) -> Result<Recipient> {
    let Some((table, id)) = rest.split_once('/') else {
        return Err(wrong(
            "branch:TABLE/ID has a table and a branch key, divided by '/'".to_owned(),
        ));
    };
    let named = |c: u8| c.is_ascii_alphanumeric() || b"_.-".contains(&c);
    if !(3..=255).contains(&table.len()) || !table.bytes().all(named) {
        let problem = "the TABLE of branch:TABLE/ID has 3 to 255 letters, digits, '_', '.' and '-'";
        return Err(wrong(problem.to_owned()));
    }
    if id.is_empty() {
        return Err(wrong("the ID of branch:TABLE/ID is empty".to_owned()));
    }
    Ok(Recipient::Branch { table: table.to_owned(), branch_key_id: id.to_owned() })
}

fn wrong(problem: String) -> Error {
    Error::misuse(Rule::Argument, problem)
}

#[cfg(test)]
#[path = "tests/recipient.rs"]
mod tests;
