//! One error type, split by whose fault it is.
//!
//! No variant ever holds a secret or an attribute *value*: names, key ids, counts and request ids only. Much of that comes
//! from whoever wrote the data or answers for a service, so every error shortens and escapes it (`show`).
//! [`Error::code`] is a stable string that callers may match on; [`Error::next`] says what to do.

use core::fmt;
use std::borrow::Cow;

/// What the crate's functions return: a value or an [`Error`].
///
/// ```
/// use fieldseal::error::Result;
/// use fieldseal::materials::EncryptionContext;
///
/// fn context(tenant: &str) -> Result<EncryptionContext> {
///     let mut context = EncryptionContext::new();
///     context.insert("tenant", tenant)?;
///     Ok(context)
/// }
///
/// assert_eq!(context("a")?.value("tenant"), Some("a"));
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
pub type Result<T> = core::result::Result<T, Error>;

/// What went wrong: a [`Fault`].
///
/// One pointer wide, because every `?` of the crate moves one: with the fault itself in it, the core in
/// WebAssembly is an eighth larger.
///
/// ```
/// use fieldseal::error::{Check, Error, Fault, Part, Rule};
/// use fieldseal::kms::KmsArn;
///
/// let error = KmsArn::parse("arn:aws:kms").unwrap_err();
/// assert_eq!(error.code(), "MALFORMED_KEY_ID"); // stable: match on it
/// assert!(!error.next().is_empty()); // what to do now
/// assert!(error.to_string().starts_with("malformed KMS key identifier: "));
/// assert!(matches!(error.fault(), Fault::Malformed { part: Part::KeyId, .. }));
/// assert!(matches!(error.into_fault(), Fault::Malformed { attribute: None, .. }));
///
/// // Keyrings, CMMs and hosts of your own make errors, too:
/// let error = Error::unauthentic(Check::AttributeTag).of_attribute("ssn");
/// assert_eq!(error.attribute(), Some("ssn"));
/// assert_eq!(error.code(), "ATTRIBUTE_TAG_MISMATCH");
/// assert_eq!(Error::malformed(Part::Key, "not 32 bytes").code(), "MALFORMED_KEY");
/// assert_eq!(Error::misuse(Rule::Config, "no tenant is configured").code(), "INVALID_CONFIG");
/// assert_eq!(Error::limit("keys", 10, 11).to_string(), "keys: 11 exceeds the limit of 10");
/// assert_eq!(Error::unsupported("Ed25519").to_string(), "not supported: Ed25519");
/// assert_eq!(Error::host("no random bytes").to_string(), "the host failed: no random bytes");
/// assert_eq!(Error::bug("a tag of 15 bytes").to_string(), "internal error: a tag of 15 bytes");
///
/// // Of several keyrings, the reason that says most:
/// let reasons = vec![Error::unsupported("the token"), Error::unauthentic(Check::WrappedKey)];
/// let error = Error::from(Fault::NoKey { reasons, omitted: 0 });
/// assert_eq!(error.root().map(Error::code), Some("UNSUPPORTED"));
/// assert!(!error.is_throttled()); // it would not help to try again
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Fault>);

/// An enum whose variants have a code each, once: for programs, and with its comment for the TypeScript union of them.
macro_rules! coded {
    (
        $(#[$about:meta])*
        pub enum $name:ident {
            $($(#[doc = $doc:literal])+ $(#[cfg($built:meta)])? $variant:ident $({ $($fields:tt)* })? = $code:literal,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[doc = $doc])+ $(#[cfg($built)])? $variant $({ $($fields)* })?,)+
        }

        impl $name {
            /// The codes, each with what it says. The first of several variants speaks for its code.
            #[cfg(not(target_arch = "wasm32"))]
            #[doc(hidden)]
            pub const CODES: &[(&str, &str)] =
                &[$($(#[cfg($built)])? ($code, concat!($($doc),+)),)+];

            /// The code of errors of this kind, which is stable.
            pub fn code(self) -> &'static str {
                match self {
                    $($(#[cfg($built)])? Self::$variant { .. } => $code,)+
                }
            }
        }
    };
}

/// Everything that can go wrong, by fault.
///
/// ```
/// use fieldseal::error::{Check, Error, Fault, KmsKind, Part, Rule};
///
/// /// Whether to call somebody.
/// fn is_alarming(error: &Error) -> bool {
///     match error.fault() {
///         Fault::Unauthentic { check, .. } => *check != Check::EncryptionContext,
///         Fault::Malformed { part, .. } => *part == Part::Header,
///         Fault::Kms(failure) => matches!(failure.kind, KmsKind::AccessDenied | KmsKind::Disabled),
///         Fault::NoKey { reasons, .. } => reasons.iter().any(is_alarming),
///         Fault::Misuse { rule, .. } => *rule == Rule::PlaintextItem,
///         _ => false,
///     }
/// }
///
/// assert!(is_alarming(&Error::unauthentic(Check::Signature)));
/// assert!(!is_alarming(&Error::unauthentic(Check::EncryptionContext)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Bytes or text that do not have the form their format demands.
    Malformed {
        /// Which part of the input.
        part: Part,
        /// The attribute concerned, where there is one.
        attribute: Option<String>,
        /// What is wrong with it.
        problem: String,
    },
    /// Well-formed input that does not verify: changed after it was sealed, or sealed under another key.
    Unauthentic {
        /// The check that failed.
        check: Check,
        /// The attribute concerned, where the check is about one.
        attribute: Option<String>,
    },
    /// No keyring could open any encrypted data key.
    NoKey {
        /// One reason for each encrypted data key and keyring that was tried, up to [`MAX_REASONS`].
        reasons: Vec<Error>,
        /// How many more there were.
        omitted: usize,
    },
    /// An encrypted data key that belongs to another keyring ("not mine", as apart from "mine, and it failed").
    NotMine {
        /// Provider id of the encrypted data key.
        provider_id: String,
        /// The name or ARN of its key; empty where it has none that is text.
        key_id: String,
        /// What this keyring is configured for.
        expected: String,
    },
    /// A public key that is not the one pinned for its key id.
    PinnedKey(Box<PinMismatch>),
    /// The KMS endpoint refused, failed or could not be reached.
    Kms(Box<KmsFailure>),
    /// The DynamoDB endpoint refused, failed or could not be reached.
    #[cfg(any(test, feature = "branch-keys"))]
    DynamoDb(Box<DynamoDbFailure>),
    /// The branch key store has no such key, or one that must not be used.
    #[cfg(any(test, feature = "branch-keys"))]
    KeyStore(Box<KeyStoreFailure>),
    /// A limit of the format or of the service.
    Limit {
        /// What is limited, with its unit.
        what: &'static str,
        /// The largest value allowed.
        limit: u64,
        /// The value found.
        found: u64,
        /// The attribute concerned, where there is one.
        attribute: Option<String>,
    },
    /// The caller asked for something the API does not allow. Never caused by untrusted data.
    Misuse {
        /// Which rule.
        rule: Rule,
        /// The attribute concerned, where there is one.
        attribute: Option<String>,
        /// What was asked for, in one sentence.
        problem: String,
    },
    /// A valid request that this build or this host cannot serve.
    Unsupported(String),
    /// The host's random number generator or cryptography failed.
    Host(String),
    /// A broken invariant of this library. Please report it.
    Bug(&'static str),
}

coded! {
    /// The part of the input that is malformed ([`Fault::Malformed`](Fault)).
    ///
    /// ```
    /// use fieldseal::error::Part;
    ///
    /// assert_eq!(Part::Header.code(), "MALFORMED_HEADER");
    /// ```
    pub enum Part {
        /// `aws_dbe_head`.
        Header = "MALFORMED_HEADER",
        /// `aws_dbe_foot`.
        Footer = "MALFORMED_FOOTER",
        /// `aws_dbe_head` is missing, though the footer is there, or not bytes.
        HeaderLost = "MALFORMED_HEADER",
        /// `aws_dbe_foot` is missing, though the header is there, or not bytes.
        FooterLost = "MALFORMED_FOOTER",
        /// An attribute value, or DynamoDB JSON.
        Attribute = "MALFORMED_ATTRIBUTE",
        /// An attribute that was encrypted and is not any more.
        Ciphertext = "MALFORMED_ATTRIBUTE",
        /// A DynamoDB number.
        Number = "MALFORMED_NUMBER",
        /// An encryption context.
        EncryptionContext = "MALFORMED_ENCRYPTION_CONTEXT",
        /// An encrypted data key.
        EncryptedDataKey = "MALFORMED_ENCRYPTED_DATA_KEY",
        /// A public or private key given by the caller or by KMS.
        Key = "MALFORMED_KEY",
        /// A KMS key ARN or identifier.
        KeyId = "MALFORMED_KEY_ID",
        /// A response of the KMS endpoint.
        KmsResponse = "MALFORMED_KMS_RESPONSE",
        /// A message of the AWS Encryption SDK: damaged, cut short, or something else.
        Message = "MALFORMED_MESSAGE",
        /// A response of the DynamoDB endpoint.
        DynamoDbResponse = "MALFORMED_DYNAMODB_RESPONSE",
        /// A buffer between JavaScript and the core: a fault of this library.
        HostInput = "MALFORMED_HOST_INPUT",
        /// A DynamoDB expression or PartiQL statement.
        #[cfg(any(test, feature = "tables"))]
        Expression = "MALFORMED_EXPRESSION",
    }
}

coded! {
    /// The check that failed ([`Fault::Unauthentic`](Fault)).
    ///
    /// ```
    /// use fieldseal::error::Check;
    ///
    /// assert_eq!(Check::Signature.code(), "SIGNATURE_MISMATCH");
    /// ```
    pub enum Check {
        /// The header's key commitment is not that of the data key.
        Commitment = "COMMITMENT_MISMATCH",
        /// The recipient tag (HMAC) over a record, or the ECDSA signature over a record or message.
        Signature = "SIGNATURE_MISMATCH",
        /// The authentication tag of a message's header.
        HeaderTag = "HEADER_TAG_MISMATCH",
        /// The authentication tag of one frame of a message, or of its whole body.
        FrameTag = "FRAME_TAG_MISMATCH",
        /// The set of signed attributes is not the one that was signed.
        SignedAttributes {
            /// How many were signed.
            signed: usize,
            /// How many the item has that should have been.
            found: usize,
        } = "SIGNED_ATTRIBUTES_CHANGED",
        /// The authentication tag of one encrypted attribute.
        AttributeTag = "ATTRIBUTE_TAG_MISMATCH",
        /// A wrapped data key.
        WrappedKey = "WRAPPED_KEY_MISMATCH",
        /// The encryption context given on decryption differs from the one in the header.
        EncryptionContext = "ENCRYPTION_CONTEXT_MISMATCH",
    }
}

coded! {
    /// The rule that the caller broke ([`Fault::Misuse`](Fault)).
    ///
    /// ```
    /// use fieldseal::error::Rule;
    ///
    /// assert_eq!(Rule::Suite.code(), "SUITE_NOT_ALLOWED");
    /// ```
    pub enum Rule {
        /// A configuration that cannot be used.
        Config = "INVALID_CONFIG",
        /// An argument outside its range or of the wrong form.
        Argument = "INVALID_ARGUMENT",
        /// An attribute without a crypto action.
        AttributeWithoutAction = "ATTRIBUTE_WITHOUT_ACTION",
        /// A key attribute or context attribute that the item lacks.
        AttributeMissing = "ATTRIBUTE_MISSING",
        /// A name reserved for the format (`aws_dbe_…`, `aws-crypto-…`).
        ReservedName = "RESERVED_NAME",
        /// An item to seal that is sealed already: it has the format's own attributes.
        Sealed = "RESERVED_NAME",
        /// A plaintext item where none is allowed.
        PlaintextItem = "PLAINTEXT_ITEM",
        /// An item that the legacy DynamoDB Encryption Client encrypted.
        LegacyItem = "PLAINTEXT_ITEM",
        /// An algorithm suite that the policy or the keyring does not allow.
        Suite = "SUITE_NOT_ALLOWED",
        /// A keyring that cannot do what was asked of it (no public key, no private key, discovery).
        Keyring = "KEYRING_CANNOT",
        /// A function that a keyring was given failed, or gave what cannot be used.
        KeyringFunction = "KEYRING_CANNOT",
        /// An encryption-context key that is required and missing.
        RequiredContext = "REQUIRED_CONTEXT_MISSING",
        /// A request on an encrypted table that would make records unreadable, compare ciphertexts, or read what cannot be
        /// verified.
        #[cfg(any(test, feature = "tables"))]
        SignedUpdate = "TABLE_REQUEST_REFUSED",
        /// A condition on an encrypted attribute.
        #[cfg(any(test, feature = "tables"))]
        EncryptedCondition = "TABLE_REQUEST_REFUSED",
        /// A query or scan by an encrypted attribute.
        #[cfg(any(test, feature = "tables"))]
        EncryptedFilter = "TABLE_REQUEST_REFUSED",
        /// A read of a part of a record.
        #[cfg(any(test, feature = "tables"))]
        PartialRead = "TABLE_REQUEST_REFUSED",
        /// A parameter from before there were expressions.
        #[cfg(any(test, feature = "tables"))]
        LegacyParameter = "TABLE_REQUEST_REFUSED",
        /// A query or scan that beacons cannot answer.
        #[cfg(any(test, feature = "search"))]
        BeaconQuery = "TABLE_REQUEST_REFUSED",
        /// A value that no beacon can be made of.
        #[cfg(any(test, feature = "search"))]
        Beacon = "BEACON_NOT_POSSIBLE",
        /// An expression that does not go with the item: DynamoDB's ValidationException, from here.
        #[cfg(any(test, feature = "tables"))]
        Evaluation = "EXPRESSION_NOT_APPLICABLE",
    }
}

/// A public key with another fingerprint than the pinned one. Fingerprints are SHA-256 of the
/// SubjectPublicKeyInfo in lower-case hexadecimal digits.
///
/// ```
/// use fieldseal::error::{Error, Fault, PinMismatch};
///
/// let (pinned, found) = ("0".repeat(64), "1".repeat(64));
/// let pin = PinMismatch { key_id: "alias/shop".into(), pinned, found };
/// let error = Error::from(Fault::PinnedKey(Box::new(pin)));
/// assert!(error.to_string().starts_with("the public key of 'alias/shop' has the fingerprint 1"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinMismatch {
    /// The key id that was asked for.
    pub key_id: String,
    /// The fingerprint that was pinned.
    pub pinned: String,
    /// The fingerprint of the key that came.
    pub found: String,
}

/// What went wrong with a KMS call, and where.
///
/// ```
/// use fieldseal::error::{Error, Fault, KmsFailure, KmsKind};
///
/// let failure = KmsFailure {
///     kind: KmsKind::Throttled,
///     operation: "Decrypt",
///     key_id: Some("alias/shop".into()),
///     name: Some("ThrottlingException".into()),
///     message: "Rate exceeded".into(),
///     status: 400,
///     request_id: None,
///     attempts: 4,
/// };
/// let error = Error::from(Fault::Kms(Box::new(failure)));
/// assert_eq!(error.code(), KmsKind::Throttled.code());
/// assert!(error.is_throttled());
/// assert_eq!(
///     error.to_string(),
///     "KMS Decrypt with key 'alias/shop': ThrottlingException: Rate exceeded"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsFailure {
    /// The kind, from which [`Error::code`] follows.
    pub kind: KmsKind,
    /// KMS operation, for example `Decrypt`.
    pub operation: &'static str,
    /// The key id sent, where the call has one.
    pub key_id: Option<String>,
    /// The service's error name, for example `DisabledException`.
    pub name: Option<String>,
    /// The service's message.
    pub message: String,
    /// HTTP status, 0 when no response came.
    pub status: u16,
    /// The service's request id, for CloudTrail.
    pub request_id: Option<String>,
    /// How many times the request was sent.
    pub attempts: u32,
}

coded! {
    /// Kinds of KMS failure; see [`KmsFailure`].
    pub enum KmsKind {
        /// No connection, or it broke.
        Unreachable = "KMS_UNREACHABLE",
        /// No answer in time.
        TimedOut = "KMS_TIMED_OUT",
        /// Credentials missing, expired or refused; signature not accepted.
        Credentials = "KMS_CREDENTIALS",
        /// The caller may not use this key for this operation.
        AccessDenied = "KMS_ACCESS_DENIED",
        /// No such key or alias.
        NotFound = "KMS_KEY_NOT_FOUND",
        /// The key is disabled.
        Disabled = "KMS_KEY_DISABLED",
        /// The key is pending deletion.
        PendingDeletion = "KMS_KEY_PENDING_DELETION",
        /// The key's state does not allow the call, for another reason.
        InvalidState = "KMS_INVALID_STATE",
        /// The ciphertext was made under another key.
        IncorrectKey = "KMS_INCORRECT_KEY",
        /// The ciphertext is corrupt or its encryption context differs.
        InvalidCiphertext = "KMS_INVALID_CIPHERTEXT",
        /// The key's usage or spec does not allow the operation.
        WrongUsage = "KMS_WRONG_KEY_USAGE",
        /// Verify or VerifyMac: the signature or the MAC is not that of the message.
        InvalidSignature = "KMS_INVALID_SIGNATURE",
        /// An alias, key or grant of this name exists already.
        AlreadyExists = "KMS_ALREADY_EXISTS",
        /// A quota of the account or of the key is used up: aliases, grants, rotations.
        QuotaExceeded = "KMS_QUOTA_EXCEEDED",
        /// A grant token or grant id that is not valid.
        InvalidGrant = "KMS_INVALID_GRANT",
        /// Throttled, and the retries did not help.
        Throttled = "KMS_THROTTLED",
        /// 5xx, and the retries did not help.
        Failed = "KMS_FAILED",
        /// Any other definite no.
        Rejected = "KMS_REJECTED",
    }
}

/// What went wrong with a DynamoDB call, and where.
///
/// ```
/// use fieldseal::error::{DynamoDbFailure, DynamoDbKind, Error, Fault};
///
/// let failure = DynamoDbFailure {
///     kind: DynamoDbKind::TableNotFound,
///     operation: "GetItem",
///     table: "keys".into(),
///     name: Some("ResourceNotFoundException".into()),
///     message: "not found".into(),
///     status: 400,
///     request_id: None,
///     attempts: 1,
/// };
/// let error = Error::from(Fault::DynamoDb(Box::new(failure)));
/// assert_eq!(error.code(), DynamoDbKind::TableNotFound.code());
/// assert!(error.to_string().starts_with("DynamoDB GetItem on table 'keys': "));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DynamoDbFailure {
    /// The kind, from which [`Error::code`] follows.
    pub kind: DynamoDbKind,
    /// DynamoDB operation, for example `GetItem`.
    pub operation: &'static str,
    /// The table's name.
    pub table: String,
    /// The service's error name, for example `ResourceNotFoundException`.
    pub name: Option<String>,
    /// The service's message.
    pub message: String,
    /// HTTP status, 0 when no response came.
    pub status: u16,
    /// The service's request id, for CloudTrail.
    pub request_id: Option<String>,
    /// How many times the request was sent.
    pub attempts: u32,
}

coded! {
    /// Kinds of DynamoDB failure; see [`DynamoDbFailure`].
    pub enum DynamoDbKind {
        /// No connection, or it broke.
        Unreachable = "DYNAMODB_UNREACHABLE",
        /// No answer in time.
        TimedOut = "DYNAMODB_TIMED_OUT",
        /// Credentials missing, expired or refused; signature not accepted.
        Credentials = "DYNAMODB_CREDENTIALS",
        /// The caller may not do this with the table.
        AccessDenied = "DYNAMODB_ACCESS_DENIED",
        /// No such table.
        TableNotFound = "DYNAMODB_TABLE_NOT_FOUND",
        /// The write's condition does not hold.
        ConditionFailed = "DYNAMODB_CONDITION_FAILED",
        /// Throttled, and the retries did not help.
        Throttled = "DYNAMODB_THROTTLED",
        /// 5xx, and the retries did not help.
        Failed = "DYNAMODB_FAILED",
        /// Any other definite no.
        Rejected = "DYNAMODB_REJECTED",
    }
}

/// What is wrong in a branch key store, and with which branch key.
///
/// ```
/// use fieldseal::error::{Error, Fault, KeyStoreFailure, KeyStoreKind};
///
/// let failure = KeyStoreFailure {
///     kind: KeyStoreKind::NotFound,
///     table: "keys".into(),
///     branch_key_id: Some("tenant-a".into()),
///     problem: "there is no record 'branch:ACTIVE'".into(),
/// };
/// let error = Error::from(Fault::KeyStore(Box::new(failure)));
/// assert_eq!(error.code(), KeyStoreKind::NotFound.code());
/// assert!(error.to_string().starts_with("key store table 'keys', branch key 'tenant-a': "));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStoreFailure {
    /// The kind, from which [`Error::code`] follows.
    pub kind: KeyStoreKind,
    /// The table's name.
    pub table: String,
    /// The branch key, where it is about one.
    pub branch_key_id: Option<String>,
    /// What is wrong, in one sentence.
    pub problem: String,
}

coded! {
    /// Kinds of key store failure; see [`KeyStoreFailure`].
    pub enum KeyStoreKind {
        /// The table has no such branch key, or no such version of it.
        NotFound = "BRANCH_KEY_NOT_FOUND",
        /// The branch key is there, and the record of its active version is not: `restoreActive` writes it again.
        NoActive = "BRANCH_KEY_NOT_ACTIVE",
        /// A branch key of this id exists already.
        Exists = "BRANCH_KEY_EXISTS",
        /// Another writer changed the branch key meanwhile.
        Changed = "BRANCH_KEY_CHANGED",
        /// A record that lacks what it needs, or has what it must not have.
        Malformed = "MALFORMED_BRANCH_KEY",
        /// A record that KMS does not open: it was changed, or belongs to another key store.
        Unauthentic = "BRANCH_KEY_MISMATCH",
        /// The record names a KMS key that is not the configured one.
        WrongKmsKey = "BRANCH_KEY_WRONG_KMS_KEY",
        /// The table's key schema is not that of a key store, or the table is not ready.
        Table = "KEY_STORE_TABLE",
    }
}

/// The most reasons that [`Fault::NoKey`] holds: a header can name 65,535 keys.
///
/// ```
/// use fieldseal::error::{Fault, MAX_REASONS};
/// # use fieldseal::materials::{EncryptedDataKey, EncryptionContext, Keyring, OpenRequest};
/// # use fieldseal::materials::{RawAesKeyring, Suite};
///
/// # fieldseal_doctest::run(async {
/// # let keyring = RawAesKeyring::new("shop".into(), "1".into(), vec![7; 32][..].into())?;
/// # let (provider_id, provider_info) = ("another".to_owned(), vec![]);
/// # let edk = EncryptedDataKey { provider_id, provider_info, ciphertext: vec![1] };
/// # let (suite, encrypted_data_keys) = (Suite::by_id(0x6700).unwrap(), &vec![edk; 100]);
/// # let context = &EncryptionContext::new();
/// # let request = OpenRequest { suite, context, aad: &[], encrypted_data_keys };
/// // `request` names a hundred keys, none of which is this keyring's.
/// let error = keyring.open(request).await.err().unwrap();
/// let Fault::NoKey { reasons, omitted } = error.fault() else { panic!("{error}") };
/// assert_eq!((reasons.len(), *omitted), (MAX_REASONS, 100 - MAX_REASONS));
/// # Ok(())
/// # });
/// ```
pub const MAX_REASONS: usize = 20;
/// The weight of a reason that is about the key or the encryption context.
const MISMATCH: u8 = 2;
/// The longest name or id in an error, in characters: a KMS alias ARN has up to 300.
///
/// ```
/// use fieldseal::error::{Check, Error, MAX_NAME};
///
/// let error = Error::unauthentic(Check::AttributeTag).of_attribute(&"x".repeat(1000));
/// assert_eq!(error.attribute().unwrap().chars().count(), MAX_NAME);
/// ```
pub const MAX_NAME: usize = 300;
/// The longest sentence in an error, in characters; it may quote names and what a service says.
const MAX_PROBLEM: usize = 1000;

impl From<Fault> for Error {
    // Errors are rare: the code that makes them stays out of the code that works.
    #[cold]
    #[inline(never)]
    fn from(mut fault: Fault) -> Self {
        fault.show();
        Self(Box::new(fault))
    }
}

impl Fault {
    /// Makes all strings fit to be shown.
    fn show(&mut self) {
        let (names, problem): ([Option<&mut String>; 4], Option<&mut String>) = match self {
            Self::Malformed { attribute, problem, .. }
            | Self::Misuse { attribute, problem, .. } => {
                ([attribute.as_mut(), None, None, None], Some(problem))
            }
            Self::Unauthentic { attribute, .. } | Self::Limit { attribute, .. } => {
                ([attribute.as_mut(), None, None, None], None)
            }
            Self::NotMine { provider_id, key_id, expected } => {
                ([Some(provider_id), Some(key_id), None, None], Some(expected))
            }
            Self::PinnedKey(pin) => {
                ([Some(&mut pin.key_id), Some(&mut pin.pinned), Some(&mut pin.found), None], None)
            }
            Self::Kms(k) => (
                [k.key_id.as_mut(), k.name.as_mut(), k.request_id.as_mut(), None],
                Some(&mut k.message),
            ),
            #[cfg(any(test, feature = "branch-keys"))]
            Self::DynamoDb(d) => (
                [Some(&mut d.table), d.name.as_mut(), d.request_id.as_mut(), None],
                Some(&mut d.message),
            ),
            #[cfg(any(test, feature = "branch-keys"))]
            Self::KeyStore(k) => {
                ([Some(&mut k.table), k.branch_key_id.as_mut(), None, None], Some(&mut k.problem))
            }
            Self::Unsupported(what) | Self::Host(what) => ([const { None }; 4], Some(what)),
            // Its reasons are errors themselves.
            Self::NoKey { .. } | Self::Bug(_) => return,
        };
        names.into_iter().flatten().for_each(|name| show(name, MAX_NAME));
        if let Some(problem) = problem {
            show(problem, MAX_PROBLEM);
        }
    }
}

/// Shortens `text` to `max` characters, and writes as `\u{…}` those that could forge a line of a log or change how it is
/// read. Text that was shown already stays as it is.
fn show(text: &mut String, max: usize) {
    let hidden = |c: char| {
        matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.len() <= max && !text.chars().any(hidden) {
        return;
    }
    let (mut shown, mut length, mut cut) = (String::new(), 0, 0);
    for c in text.chars() {
        let from = shown.len();
        match hidden(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
        length += if hidden(c) { shown.len() - from } else { 1 };
        if length < max {
            cut = shown.len();
        }
        if length > max {
            shown.truncate(cut);
            shown.push('…');
            break;
        }
    }
    *text = shown;
}

impl Error {
    /// What went wrong, with its parts.
    pub fn fault(&self) -> &Fault {
        &self.0
    }

    /// The fault's name, by which JavaScript chooses a class: `malformed`, `unauthentic`, `noKey` and so on.
    #[doc(hidden)]
    pub fn kind(&self) -> &'static str {
        match self.fault() {
            Fault::Malformed { .. } => "malformed",
            Fault::Unauthentic { .. } | Fault::PinnedKey(_) => "unauthentic",
            Fault::NoKey { .. } => "noKey",
            Fault::NotMine { .. } => "notMine",
            Fault::Kms(_) => "kms",
            #[cfg(any(test, feature = "branch-keys"))]
            Fault::DynamoDb(_) => "dynamoDb",
            #[cfg(any(test, feature = "branch-keys"))]
            Fault::KeyStore(_) => "keyStore",
            Fault::Limit { .. } => "limit",
            Fault::Misuse { .. } => "misuse",
            Fault::Unsupported(_) => "unsupported",
            Fault::Host(_) => "host",
            Fault::Bug(_) => "bug",
        }
    }

    /// The same, for those who take its parts.
    pub fn into_fault(self) -> Fault {
        *self.0
    }

    /// A malformed part, without an attribute.
    pub fn malformed(part: Part, problem: impl Into<Cow<'static, str>>) -> Self {
        Self::malformed_part(part, problem.into())
    }

    #[cold]
    #[inline(never)]
    fn malformed_part(part: Part, problem: Cow<'static, str>) -> Self {
        Fault::Malformed { part, attribute: None, problem: problem.into_owned() }.into()
    }

    /// A failed check, without an attribute.
    #[cold]
    #[inline(never)]
    pub fn unauthentic(check: Check) -> Self {
        Fault::Unauthentic { check, attribute: None }.into()
    }

    /// A broken rule, without an attribute.
    pub fn misuse(rule: Rule, problem: impl Into<Cow<'static, str>>) -> Self {
        Self::broken_rule(rule, problem.into())
    }

    #[cold]
    #[inline(never)]
    fn broken_rule(rule: Rule, problem: Cow<'static, str>) -> Self {
        Fault::Misuse { rule, attribute: None, problem: problem.into_owned() }.into()
    }

    /// Whether a service was too busy for the call, or failed by a fault of its own: later it may succeed.
    pub fn is_throttled(&self) -> bool {
        match self.fault() {
            Fault::Kms(failure) => matches!(failure.kind, KmsKind::Throttled | KmsKind::Failed),
            #[cfg(any(test, feature = "branch-keys"))]
            Fault::DynamoDb(failure) => {
                matches!(failure.kind, DynamoDbKind::Throttled | DynamoDbKind::Failed)
            }
            Fault::NoKey { reasons, .. } => reasons.iter().any(Self::is_throttled),
            _ => false,
        }
    }

    /// A limit exceeded, without an attribute.
    #[cold]
    #[inline(never)]
    pub fn limit(what: &'static str, limit: u64, found: u64) -> Self {
        Fault::Limit { what, limit, found, attribute: None }.into()
    }

    /// A valid request that cannot be served.
    #[cold]
    #[inline(never)]
    pub fn unsupported(what: impl Into<String>) -> Self {
        Fault::Unsupported(what.into()).into()
    }

    /// A failure of the host.
    #[cold]
    #[inline(never)]
    pub fn host(problem: impl Into<String>) -> Self {
        Fault::Host(problem.into()).into()
    }

    /// A broken invariant.
    #[cold]
    #[inline(never)]
    pub fn bug(what: &'static str) -> Self {
        Fault::Bug(what).into()
    }

    /// The same error, naming the attribute if it does not name one yet.
    #[must_use]
    #[cold]
    #[inline(never)]
    pub fn of_attribute(mut self, name: &str) -> Self {
        if let Fault::Malformed { attribute, .. }
        | Fault::Unauthentic { attribute, .. }
        | Fault::Limit { attribute, .. }
        | Fault::Misuse { attribute, .. } = &mut *self.0
        {
            attribute.get_or_insert_with(|| name.to_owned());
            self.0.show();
        }
        self
    }

    /// A stable code for programs. The TypeScript union `FieldsealErrorCode` is made of the same.
    pub fn code(&self) -> &'static str {
        match self.fault() {
            Fault::Malformed { part, .. } => part.code(),
            Fault::Unauthentic { check, .. } => check.code(),
            Fault::NoKey { .. } => "NO_KEYRING_OPENED",
            Fault::NotMine { .. } => "KEYRING_NOT_MINE",
            Fault::PinnedKey(_) => "PINNED_KEY_MISMATCH",
            Fault::Kms(failure) => failure.kind.code(),
            #[cfg(any(test, feature = "branch-keys"))]
            Fault::DynamoDb(failure) => failure.kind.code(),
            #[cfg(any(test, feature = "branch-keys"))]
            Fault::KeyStore(failure) => failure.kind.code(),
            Fault::Limit { .. } => "LIMIT_EXCEEDED",
            Fault::Misuse { rule, .. } => rule.code(),
            Fault::Unsupported(_) => "UNSUPPORTED",
            Fault::Host(_) => "HOST_FAILED",
            Fault::Bug(_) => "INTERNAL",
        }
    }

    /// What the caller can do about it, in one line.
    pub fn next(&self) -> &'static str {
        match self.fault() {
            Fault::Malformed { part, .. } => match part {
                Part::Header | Part::Footer | Part::EncryptedDataKey => {
                    "The item was damaged or was not sealed by this format; restore it from its source."
                }
                Part::HeaderLost | Part::FooterLost => {
                    "Read the whole item (no projection); as JSON, write it with toDynamoJson and read it with fromDynamoJson."
                }
                Part::Ciphertext => {
                    "It was changed after sealing, as UpdateItem does: restore it, and seal whole items."
                }
                Part::Attribute | Part::Number => "Correct the attribute's value.",
                Part::EncryptionContext => "Use text keys and values of at most 65,535 bytes.",
                Part::Key => {
                    "Give a PEM or DER key: SubjectPublicKeyInfo for public, PKCS#8 for private keys."
                }
                Part::KeyId => "Give a key ARN, key id, alias ARN or alias name.",
                Part::KmsResponse => "Check that the endpoint speaks the AWS KMS JSON protocol.",
                Part::Message => {
                    "Give all bytes of an AWS Encryption SDK message; if these are, restore it from its source."
                }
                Part::DynamoDbResponse => {
                    "Check that the endpoint speaks the DynamoDB JSON protocol."
                }
                Part::HostInput => "This is a fault of the JavaScript layer; please report it.",
                #[cfg(any(test, feature = "tables"))]
                Part::Expression => {
                    "Correct the expression, or the names and values that are given with it."
                }
            },
            Fault::Unauthentic { check, .. } => match check {
                Check::SignedAttributes { .. } => {
                    "UpdateItem adds and removes attributes, a projection leaves some out: read the whole item, and compare it and the unsigned-attribute settings with those it was sealed with."
                }
                Check::EncryptionContext => {
                    "Give the encryption context that was used on encryption."
                }
                _ => {
                    "Do not use the data: it was changed (an item perhaps by UpdateItem), or the key is not the one it was sealed with."
                }
            },
            // A KMS that cannot be reached is not a reason to doubt the keyring.
            Fault::NoKey { .. } => match self.root() {
                Some(root) if root.weight() < MISMATCH => root.next(),
                _ => {
                    "Check the keyring and the encryption context (of an item: the table name and the key attributes) against those used to seal; the reasons are listed."
                }
            },
            Fault::NotMine { .. } => "Add the keyring that this data was sealed with.",
            Fault::PinnedKey(_) => {
                "Do not use the key: ask its owner for the fingerprint, and change the pin only if the key was replaced on purpose."
            }
            Fault::Kms(failure) => match failure.kind {
                KmsKind::Unreachable => {
                    "Check the endpoint URL, the network and, in a browser, CORS."
                }
                KmsKind::TimedOut => "Try again, or raise timeoutMs.",
                KmsKind::Credentials => "Refresh or correct the credentials, and check the clock.",
                KmsKind::AccessDenied => "Grant the caller this operation on the key.",
                KmsKind::NotFound => "Check the key id, the Region and the account.",
                KmsKind::Disabled => "Enable the key, or use another one.",
                KmsKind::PendingDeletion => {
                    "Cancel the key's deletion, then enable it, before its waiting period ends."
                }
                KmsKind::InvalidState => {
                    "Look at the key's state (DescribeKey): wait until it allows the operation, or use another key."
                }
                KmsKind::IncorrectKey => "Use the key that the data key was wrapped with.",
                KmsKind::InvalidCiphertext => {
                    "Check the ciphertext, the encryption context and the algorithm against those used to encrypt."
                }
                KmsKind::WrongUsage => "Use a key whose KeyUsage and KeySpec fit the operation.",
                KmsKind::InvalidSignature => {
                    "Do not use the message: it was changed, or signed with another key or algorithm."
                }
                KmsKind::AlreadyExists => "Choose another name, or update what exists.",
                KmsKind::QuotaExceeded => {
                    "Delete what is not needed any more, or have the service's quota raised."
                }
                KmsKind::InvalidGrant => {
                    "Use a grant token of a grant that exists, or leave it out once the grant is in effect everywhere."
                }
                KmsKind::Throttled => "Slow down, or raise maxAttempts or the service quota.",
                KmsKind::Failed => "Try again later; give the request id to the service's support.",
                KmsKind::Rejected => "Read the service's message.",
            },
            #[cfg(any(test, feature = "branch-keys"))]
            Fault::DynamoDb(failure) => match failure.kind {
                DynamoDbKind::Unreachable => {
                    "Check the endpoint URL, the network and, in a browser, CORS."
                }
                DynamoDbKind::TimedOut => "Try again, or raise timeoutMs.",
                DynamoDbKind::Credentials => {
                    "Refresh or correct the credentials, and check the clock."
                }
                DynamoDbKind::AccessDenied => "Grant the caller this operation on the table.",
                DynamoDbKind::TableNotFound => {
                    "Check the table name, the Region and the account, or create the table."
                }
                DynamoDbKind::ConditionFailed => "Read the items again: they have changed.",
                DynamoDbKind::Throttled => {
                    "Slow down, or raise maxAttempts or the table's capacity."
                }
                DynamoDbKind::Failed => {
                    "Try again later; give the request id to the service's support."
                }
                DynamoDbKind::Rejected => "Read the service's message.",
            },
            #[cfg(any(test, feature = "branch-keys"))]
            Fault::KeyStore(failure) => match failure.kind {
                KeyStoreKind::NotFound => {
                    "Check the branch key id, the version and the table name, or create the branch key."
                }
                KeyStoreKind::NoActive => {
                    "Write the record again from a version, with the key store's restoreActive."
                }
                KeyStoreKind::Exists => "Use the branch key that exists, or another id.",
                KeyStoreKind::Changed => {
                    "Read the active version: another writer came first. Version again only if still needed."
                }
                KeyStoreKind::Malformed => {
                    "Restore the record from a backup; nothing but a key store may write to the table."
                }
                KeyStoreKind::Unauthentic => {
                    "Check the logical key store name; if it is right, the record was changed: restore it from a backup."
                }
                KeyStoreKind::WrongKmsKey => {
                    "Configure the key store with the KMS key that the record names, if you trust it."
                }
                KeyStoreKind::Table => {
                    "Give a table whose keys are branch-key-id (S, HASH) and type (S, RANGE), or another table name."
                }
            },
            Fault::Limit { .. } => {
                "Make it smaller, split it, or raise the limit if it is an option."
            }
            Fault::Misuse { rule, .. } => match rule {
                Rule::AttributeWithoutAction => {
                    "Add the attribute to attributeActions, or to the allowed unsigned attributes."
                }
                Rule::AttributeMissing => {
                    "Add the attribute to the item, or correct the configuration."
                }
                Rule::ReservedName => "Choose another name.",
                Rule::Sealed => "Leave it as it is, open it first, or give it to resealItems.",
                Rule::PlaintextItem => {
                    "Read the whole item: projections and some indexes leave both out."
                }
                Rule::LegacyItem => "Decrypt it with that client, and seal it anew.",
                Rule::Suite => "Choose a suite that the policy and the keyring allow.",
                Rule::Keyring => "Use a keyring that has the key this needs.",
                Rule::KeyringFunction => "Correct the keyring's function, or what it calls.",
                Rule::RequiredContext => "Add the key to the encryption context.",
                #[cfg(any(test, feature = "tables"))]
                Rule::SignedUpdate => {
                    "Read the record, change it and put it back, as updateItem and the option updates of encryptedTables do; or give the attribute the action DO_NOTHING."
                }
                #[cfg(any(test, feature = "tables"))]
                Rule::EncryptedCondition => {
                    "Ask for attribute_exists or attribute_not_exists, compare an attribute that is not encrypted, or decide in the function of updateItem."
                }
                #[cfg(any(test, feature = "tables"))]
                Rule::EncryptedFilter => {
                    "Query by attributes that are not encrypted, and filter the items when they have been read."
                }
                #[cfg(any(test, feature = "tables"))]
                Rule::PartialRead => {
                    "Read whole items, and take what you need from them: without a projection, from the table or an index that projects all attributes."
                }
                #[cfg(any(test, feature = "tables"))]
                Rule::LegacyParameter => {
                    "Use the expression that has taken its place: ConditionExpression, UpdateExpression, KeyConditionExpression or FilterExpression; for AttributesToGet read whole items."
                }
                #[cfg(any(test, feature = "search"))]
                Rule::BeaconQuery => {
                    "Ask for what the beacon can answer, or filter the items when they have been read."
                }
                #[cfg(any(test, feature = "search"))]
                Rule::Beacon => "Correct the item, or the configuration of the beacon.",
                #[cfg(any(test, feature = "tables"))]
                Rule::Evaluation => "Correct the expression, or the item that it is to go with.",
                Rule::Config => "Correct the named option.",
                Rule::Argument => "Correct the named argument.",
            },
            Fault::Unsupported(_) => "Use a host or an option that supports it.",
            Fault::Host(_) => "Check that the host offers a secure random source and WebCrypto.",
            Fault::Bug(_) => "Please report it, with the steps that led here.",
        }
    }

    /// Of [`Fault::NoKey`], the reason that says most: a service that may work later, then one that refused, then a key
    /// that does not match, then a key of another keyring.
    pub fn root(&self) -> Option<&Self> {
        match self.fault() {
            Fault::NoKey { reasons, .. } => reasons.iter().min_by_key(|reason| reason.weight()),
            _ => None,
        }
    }

    /// The order of reasons for [`root`](Self::root).
    /// Whether the same may succeed later: a service was not reached, too slow, too busy, or failed.
    #[cfg(feature = "kms-admin")]
    pub(crate) fn may_pass(&self) -> bool {
        self.weight() == 0
    }

    fn weight(&self) -> u8 {
        match self.fault() {
            Fault::Kms(failure) => match failure.kind {
                KmsKind::Unreachable | KmsKind::TimedOut | KmsKind::Throttled | KmsKind::Failed => {
                    0
                }
                // KMS says no more when the encryption context is another.
                KmsKind::InvalidCiphertext => MISMATCH,
                _ => 1,
            },
            #[cfg(any(test, feature = "branch-keys"))]
            Fault::DynamoDb(failure) => match failure.kind {
                DynamoDbKind::Unreachable
                | DynamoDbKind::TimedOut
                | DynamoDbKind::Throttled
                | DynamoDbKind::Failed => 0,
                _ => 1,
            },
            #[cfg(any(test, feature = "branch-keys"))]
            Fault::KeyStore(_) => 1,
            Fault::NotMine { .. } => MISMATCH + 1,
            _ => MISMATCH,
        }
    }

    /// The attribute this is about, where there is one.
    pub fn attribute(&self) -> Option<&str> {
        match self.fault() {
            Fault::Malformed { attribute, .. }
            | Fault::Unauthentic { attribute, .. }
            | Fault::Limit { attribute, .. }
            | Fault::Misuse { attribute, .. } => attribute.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault() {
            Fault::Malformed { part, problem, .. } => {
                let part = match part {
                    Part::Header | Part::HeaderLost => "header (aws_dbe_head)",
                    Part::Footer | Part::FooterLost => "footer (aws_dbe_foot)",
                    Part::Attribute | Part::Ciphertext => "attribute value",
                    Part::Number => "number",
                    Part::EncryptionContext => "encryption context",
                    Part::EncryptedDataKey => "encrypted data key",
                    Part::Key => "key",
                    Part::KeyId => "KMS key identifier",
                    Part::KmsResponse => "KMS response",
                    Part::Message => "message",
                    Part::DynamoDbResponse => "DynamoDB response",
                    Part::HostInput => "host input",
                    #[cfg(any(test, feature = "tables"))]
                    Part::Expression => "expression",
                };
                write!(f, "malformed {part}: {problem}")?;
            }
            Fault::Unauthentic { check, .. } => {
                let said = match check {
                    Check::SignedAttributes { signed, found } => {
                        return write!(
                            f,
                            "of attributes to verify, the item has {found}; {signed} were signed"
                        );
                    }
                    Check::Commitment => {
                        "the key commitment in the header does not match the data key"
                    }
                    Check::Signature => "the signature does not match the content",
                    Check::HeaderTag => "the message header does not verify under its data key",
                    Check::FrameTag => "a frame of the message does not verify",
                    Check::AttributeTag => "an encrypted attribute does not verify",
                    Check::WrappedKey => {
                        "a wrapped data key does not verify under this key and context"
                    }
                    Check::EncryptionContext => {
                        "the encryption context differs from the one in the header"
                    }
                };
                f.write_str(said)?;
            }
            Fault::NoKey { reasons, omitted } => {
                f.write_str("no keyring could open an encrypted data key")?;
                for (i, reason) in reasons.iter().enumerate() {
                    write!(f, "{}[{}] {reason}", if i == 0 { ": " } else { "; " }, i + 1)?;
                }
                if *omitted > 0 {
                    write!(f, "; and {omitted} more")?;
                }
            }
            Fault::NotMine { provider_id, key_id, expected } => {
                write!(f, "wrapped by '{provider_id}'")?;
                if !key_id.is_empty() {
                    write!(f, " key '{key_id}'")?;
                }
                write!(f, ", this keyring is {expected}")?;
            }
            Fault::PinnedKey(pin) => write!(
                f,
                "the public key of '{}' has the fingerprint {}, but {} is pinned",
                pin.key_id, pin.found, pin.pinned
            )?,
            Fault::Kms(k) => {
                write!(f, "KMS {}", k.operation)?;
                if let Some(id) = &k.key_id {
                    write!(f, " with key '{id}'")?;
                }
                write_answer(f, k.name.as_deref(), &k.message, k.request_id.as_deref())?;
            }
            #[cfg(any(test, feature = "branch-keys"))]
            Fault::DynamoDb(d) => {
                write!(f, "DynamoDB {} on table '{}'", d.operation, d.table)?;
                write_answer(f, d.name.as_deref(), &d.message, d.request_id.as_deref())?;
            }
            #[cfg(any(test, feature = "branch-keys"))]
            Fault::KeyStore(k) => {
                write!(f, "key store table '{}'", k.table)?;
                if let Some(id) = &k.branch_key_id {
                    write!(f, ", branch key '{id}'")?;
                }
                write!(f, ": {}", k.problem)?;
            }
            Fault::Limit { what, limit, found, .. } => {
                write!(f, "{what}: {found} exceeds the limit of {limit}")?;
            }
            Fault::Misuse { problem, .. } => f.write_str(problem)?,
            Fault::Unsupported(what) => write!(f, "not supported: {what}")?,
            Fault::Host(what) => write!(f, "the host failed: {what}")?,
            Fault::Bug(what) => write!(f, "internal error: {what}")?,
        }
        match self.attribute() {
            Some(name) => write!(f, " (attribute '{name}')"),
            None => Ok(()),
        }
    }
}

/// What a service answered.
fn write_answer(
    f: &mut fmt::Formatter<'_>,
    name: Option<&str>,
    message: &str,
    request_id: Option<&str>,
) -> fmt::Result {
    f.write_str(": ")?;
    if let Some(name) = name {
        write!(f, "{name}: ")?;
    }
    f.write_str(message)?;
    match request_id {
        Some(id) => write!(f, " (request id {id})"),
        None => Ok(()),
    }
}

impl core::error::Error for Error {}

/// Gathers why nothing opened, for one keyring or several.
#[derive(Default)]
pub(crate) struct Reasons {
    kept: Vec<Error>,
    omitted: usize,
}

impl Reasons {
    /// Whether one more reason would be listed; else it need not be made.
    pub(crate) fn has_room(&self) -> bool {
        self.kept.len() < MAX_REASONS
    }

    /// Counts reasons that are not listed.
    pub(crate) fn omit(&mut self, n: usize) {
        self.omitted = self.omitted.saturating_add(n);
    }

    /// Adds a reason, or all of an error that has several.
    pub(crate) fn add(&mut self, reason: Error) {
        match reason.into_fault() {
            Fault::NoKey { reasons, omitted } => {
                reasons.into_iter().for_each(|reason| self.add_one(reason));
                self.omit(omitted);
            }
            reason => self.add_one(Error(Box::new(reason))),
        }
    }

    fn add_one(&mut self, reason: Error) {
        let not_mine = |reason: &Error| matches!(reason.fault(), Fault::NotMine { .. });
        if !self.has_room() {
            self.omit(1);
            // That a key is another keyring's says least.
            let place = if not_mine(&reason) { None } else { self.kept.iter().rposition(not_mine) };
            let Some(place) = place else { return };
            self.kept.remove(place);
        }
        self.kept.push(reason);
    }

    /// The error that holds them.
    pub(crate) fn into_error(self) -> Error {
        Fault::NoKey { reasons: self.kept, omitted: self.omitted }.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, max: usize) -> String {
        let mut text = text.to_owned();
        show(&mut text, max);
        text
    }

    #[test]
    fn names_are_cut_and_nothing_forges_a_line() {
        assert_eq!(shown("Größe 💾 'x'", 300), "Größe 💾 'x'");
        assert_eq!(
            shown("a\nb\u{7f}\u{85}\u{2028}\u{202e}\u{2066}", 300),
            "a\\u{a}b\\u{7f}\\u{85}\\u{2028}\\u{202e}\\u{2066}"
        );
        assert_eq!(shown(&"é".repeat(10), 10), "é".repeat(10));
        assert_eq!(shown(&"é".repeat(11), 10), "é".repeat(9) + "…");
        for text in ["\n".repeat(1000), "é".repeat(1000), "ab\r".repeat(500), "x".repeat(301)] {
            for max in [1, 2, 5, 6, 300] {
                let once = shown(&text, max);
                assert!(once.chars().count() <= max && once.ends_with('…'), "{max} {once}");
                // An error that is made of another one is shown a second time.
                assert_eq!(shown(&once, max), once);
            }
        }
    }

    #[test]
    fn every_string_of_an_error_is_shown() {
        let bad = || "x\u{1b}[31m\n".to_owned() + &"y".repeat(100_000);
        let attribute = || Some(bad());
        let (status, attempts, request_id) = (400, 1, attribute());
        let faults = [
            Fault::Malformed { part: Part::Header, attribute: attribute(), problem: bad() },
            Fault::Unauthentic { check: Check::AttributeTag, attribute: attribute() },
            Fault::NotMine { provider_id: bad(), key_id: bad(), expected: bad() },
            Fault::PinnedKey(Box::new(PinMismatch { key_id: bad(), pinned: bad(), found: bad() })),
            Fault::Kms(Box::new(KmsFailure {
                kind: KmsKind::Rejected,
                operation: "Decrypt",
                key_id: attribute(),
                name: attribute(),
                message: bad(),
                status,
                request_id: request_id.clone(),
                attempts,
            })),
            Fault::DynamoDb(Box::new(DynamoDbFailure {
                kind: DynamoDbKind::Rejected,
                operation: "GetItem",
                table: bad(),
                name: attribute(),
                message: bad(),
                status,
                request_id,
                attempts,
            })),
            Fault::KeyStore(Box::new(KeyStoreFailure {
                kind: KeyStoreKind::Malformed,
                table: bad(),
                branch_key_id: attribute(),
                problem: bad(),
            })),
            Fault::Limit { what: "bytes", limit: 1, found: 2, attribute: attribute() },
            Fault::Misuse { rule: Rule::Argument, attribute: attribute(), problem: bad() },
            Fault::Unsupported(bad()),
            Fault::Host(bad()),
        ];
        let mut errors: Vec<Error> = faults.into_iter().map(Error::from).collect();
        errors.push(Error::limit("bytes", 1, 2).of_attribute(&bad()));
        for error in errors {
            let (message, debug) = (error.to_string(), format!("{error:?}"));
            assert!(message.len() < 3000 && debug.len() < 3000, "{error}");
            // Debug escapes the backslash of what is escaped already.
            assert!(!message.contains(['\n', '\u{1b}']) && debug.contains("\\\\u{1b}"), "{debug}");
        }
    }

    #[test]
    fn the_advice_is_that_of_the_reason_that_says_most() {
        let kms = |kind| -> Error {
            Fault::Kms(Box::new(KmsFailure {
                kind,
                operation: "Decrypt",
                key_id: None,
                name: None,
                message: String::new(),
                status: 0,
                request_id: None,
                attempts: 1,
            }))
            .into()
        };
        let mismatch = || Error::unauthentic(Check::WrappedKey);
        let [busy, refused, context] =
            [KmsKind::Throttled, KmsKind::AccessDenied, KmsKind::InvalidCiphertext].map(kms);
        let of = |reasons: &[&Error]| -> (Option<&'static str>, &'static str) {
            let reasons = reasons.iter().map(|&reason| reason.clone()).collect();
            let error = Error::from(Fault::NoKey { reasons, omitted: 0 });
            (error.root().map(Error::code), error.next())
        };
        assert_eq!(of(&[&mismatch(), &refused, &busy]), (Some("KMS_THROTTLED"), busy.next()));
        assert_eq!(of(&[&context, &refused]), (Some("KMS_ACCESS_DENIED"), refused.next()));
        // KMS says this where the encryption context is another: the advice is about that.
        let (root, advice) = of(&[&context]);
        assert_eq!((root, advice), (Some("KMS_INVALID_CIPHERTEXT"), of(&[&mismatch()]).1));
        assert!(advice.contains("the table name and the key attributes"));
        assert_eq!(of(&[]), (None, advice));
        assert_eq!(refused.root(), None);
    }

    #[test]
    fn reasons_are_few_and_the_telling_ones_stay() {
        let not_mine = |i: usize| {
            let (provider_id, expected) = ("p".to_owned(), "e".to_owned());
            Error::from(Fault::NotMine { provider_id, key_id: i.to_string(), expected })
        };
        let mut one = Reasons::default();
        (0..50).for_each(|i| one.add(not_mine(i)));
        one.omit(7);
        one.add(Error::unauthentic(Check::WrappedKey));
        let one = one.into_error();
        // Of a multi-keyring.
        let mut all = Reasons::default();
        all.add(one.clone());
        all.add(one);
        all.add(not_mine(1));
        let error = all.into_error();
        let Fault::NoKey { reasons, omitted } = error.fault() else { panic!("{error}") };
        assert_eq!((reasons.len(), *omitted), (MAX_REASONS, 2 * 58 + 1 - MAX_REASONS));
        let telling = reasons.iter().filter(|r| r.code() == "WRAPPED_KEY_MISMATCH").count();
        assert_eq!(telling, 2);
        assert!(error.to_string().ends_with("; and 97 more"), "{error}");
    }
}
