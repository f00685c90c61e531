//! The KMS operations as tables: which fields a request has, within which limits, and which its
//! answer. One writer, one reader and one door serve them all.
//!
//! Names and limits are those of the AWS KMS API reference. What a field's text may say is left to
//! the service: its list grows.

/// What a [`Field`] holds, on the wire and as a [`Value`](super::Value); [`Operation`] has an example.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A key id, key ARN, alias name or alias ARN: a string whose form is checked.
    KeyId,
    /// A string.
    Text,
    /// A whole number within the field's limits.
    Number,
    /// True or false; in responses, absent means false.
    Flag,
    /// Bytes, Base64 on the wire, not more than the field's upper limit.
    Bytes,
    /// Bytes that are wiped after use.
    Secret,
    /// A Unix time; seconds on the wire.
    Time,
    /// A list of strings; absent and empty are the same.
    Texts,
    /// An encryption context; absent and empty are the same.
    Context,
    /// An object of its own fields.
    Object(&'static [Field]),
    /// A list of such objects.
    List(&'static [Field]),
    /// `KeyMetadata`; in responses only.
    KeyMetadata,
}

/// One field of a request or an answer; [`Operation`] has an example.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether a request or an answer is refused in which it is absent or empty.
    pub needed: bool,
    /// The least number, or the least number of bytes.
    pub min: u16,
    /// The greatest number, or the greatest number of bytes; `u16::MAX` for no limit.
    pub max: u16,
}

impl Field {
    const fn new(name: &'static str, kind: Kind, needed: bool) -> Self {
        // Empty bytes are as good as none.
        Self { name, kind, needed, min: 1, max: u16::MAX }
    }

    const fn within(self, min: u16, max: u16) -> Self {
        Self { min, max, ..self }
    }
}

/// A KMS operation, for [`KmsClient::call`](super::KmsClient::call).
///
/// ```
/// use fieldseal::kms::schema::{Field, Kind, Operation, RE_ENCRYPT};
///
/// let operation: &Operation = &RE_ENCRYPT;
/// assert_eq!(operation.name, "ReEncrypt");
/// let ciphertext: &Field =
///     operation.request.iter().find(|field| field.name == "CiphertextBlob").unwrap();
/// assert!(ciphertext.needed && matches!(ciphertext.kind, Kind::Bytes));
/// ```
#[derive(Debug)]
pub struct Operation {
    /// Its name, for example `CreateAlias`.
    pub name: &'static str,
    /// The fields of its request, in the order in which they are written.
    ///
    /// The key that errors and events name is the first [`Kind::KeyId`]. A [`Kind::Secret`] is
    /// the last field: what is written after it could move it and leave a copy behind.
    pub request: &'static [Field],
    /// The fields of its answer; none if it has no body.
    pub answer: &'static [Field],
}

const fn needed(name: &'static str, kind: Kind) -> Field {
    Field::new(name, kind, true)
}

const fn maybe(name: &'static str, kind: Kind) -> Field {
    Field::new(name, kind, false)
}

const KEY_ID: Field = needed("KeyId", Kind::KeyId);
/// The key ARN of an answer.
const ANSWERED: Field = needed("KeyId", Kind::Text);
const GRANT_TOKENS: Field = maybe("GrantTokens", Kind::Texts);
const CONTEXT: Field = maybe("EncryptionContext", Kind::Context);
const ENCRYPTION_ALGORITHM: Field = maybe("EncryptionAlgorithm", Kind::Text);
const CIPHERTEXT: Field = needed("CiphertextBlob", Kind::Bytes);
const PLAINTEXT: Field = needed("Plaintext", Kind::Secret);
const NUMBER_OF_BYTES: Field = maybe("NumberOfBytes", Kind::Number).within(1, 1024);
const MATERIAL: Field = maybe("KeyMaterialId", Kind::Text);
const PUBLIC_KEY: Field = needed("PublicKey", Kind::Bytes);
const SIGNATURE: Field = needed("Signature", Kind::Bytes);
const SIGNING_ALGORITHM: Field = needed("SigningAlgorithm", Kind::Text);
const MESSAGE_TYPE: Field = maybe("MessageType", Kind::Text);
const MESSAGE: Field = needed("Message", Kind::Secret).within(1, 4096);
const MAC: Field = needed("Mac", Kind::Secret);
const MAC_ALGORITHM: Field = needed("MacAlgorithm", Kind::Text);
const ALIAS_NAME: Field = needed("AliasName", Kind::Text);
const TARGET: Field = needed("TargetKeyId", Kind::KeyId);
const MARKER: Field = maybe("Marker", Kind::Text);
const TRUNCATED: Field = maybe("Truncated", Kind::Flag);
const NEXT_MARKER: Field = maybe("NextMarker", Kind::Text);
/// A tag's value may be the empty string.
const TAG: &[Field] = &[needed("TagKey", Kind::Text), maybe("TagValue", Kind::Text)];

const MATERIAL_DESCRIPTION: Field = maybe("KeyMaterialDescription", Kind::Text);
const CONSTRAINTS: Field = maybe(
    "Constraints",
    Kind::Object(&[
        maybe("EncryptionContextSubset", Kind::Context),
        maybe("EncryptionContextEquals", Kind::Context),
    ]),
);
const GRANTS: Field = maybe(
    "Grants",
    Kind::List(&[
        ANSWERED,
        needed("GrantId", Kind::Text),
        maybe("Name", Kind::Text),
        maybe("CreationDate", Kind::Time),
        maybe("GranteePrincipal", Kind::Text),
        maybe("RetiringPrincipal", Kind::Text),
        maybe("GranteeServicePrincipal", Kind::Text),
        maybe("RetiringServicePrincipal", Kind::Text),
        maybe("IssuingAccount", Kind::Text),
        maybe("Operations", Kind::Texts),
        CONSTRAINTS,
    ]),
);

const DATA_KEY: &[Field] =
    &[KEY_ID, maybe("KeySpec", Kind::Text), NUMBER_OF_BYTES, CONTEXT, GRANT_TOKENS];
const DATA_KEY_PAIR: &[Field] = &[KEY_ID, needed("KeyPairSpec", Kind::Text), CONTEXT, GRANT_TOKENS];
const PAIR_CIPHERTEXT: Field = needed("PrivateKeyCiphertextBlob", Kind::Bytes);
const KEY_PAIR_SPEC: Field = needed("KeyPairSpec", Kind::Text);

/// What is read of `KeyMetadata` as it stands there; its reader adds the rest.
pub(super) static KEY_METADATA: &[Field] = &[
    ANSWERED,
    needed("Arn", Kind::Text),
    needed("KeyState", Kind::Text),
    needed("KeyUsage", Kind::Text),
    needed("KeySpec", Kind::Text),
    maybe("KeyManager", Kind::Text),
    maybe("Origin", Kind::Text),
    maybe("CreationDate", Kind::Time),
    #[cfg(feature = "kms-admin")]
    maybe("ValidTo", Kind::Time),
    #[cfg(feature = "kms-admin")]
    maybe("ExpirationModel", Kind::Text),
    maybe("DeletionDate", Kind::Time),
    maybe("EncryptionAlgorithms", Kind::Texts),
    maybe("SigningAlgorithms", Kind::Texts),
    maybe("KeyAgreementAlgorithms", Kind::Texts),
    maybe("MacAlgorithms", Kind::Texts),
    MULTI_REGION,
    maybe("CurrentKeyMaterialId", Kind::Text),
];
const MULTI_REGION: Field = maybe("MultiRegion", Kind::Flag);

macro_rules! operations {
    ($($(#[$doc:meta])* $item:ident = $name:literal $request:expr => $answer:expr;)+) => {
        $(
            $(#[$doc])*
            ///
            /// ```
            #[doc = concat!("use fieldseal::kms::schema::", stringify!($item), " as OPERATION;")]
            ///
            #[doc = concat!("assert_eq!(OPERATION.name, \"", $name, "\");")]
            /// ```
            pub static $item: Operation =
                Operation { name: $name, request: $request, answer: $answer };
        )+

        /// All of them. GetPublicKey is not here: it goes through the client's cache, see
        /// [`KmsClient::get_public_key`](super::KmsClient::get_public_key).
        ///
        /// ```
        /// use fieldseal::kms::schema::ALL;
        ///
        /// let all: Vec<_> = ALL.iter().map(|operation| operation.name).collect();
        /// assert!(all.contains(&"Decrypt") && !all.contains(&"GetPublicKey"));
        /// ```
        pub static ALL: &[&Operation] = &[$(&$item),+];
    };
}

/// GetPublicKey, which only the cache may call.
///
/// ```
/// use fieldseal::kms::schema::GET_PUBLIC_KEY;
///
/// assert_eq!(GET_PUBLIC_KEY.name, "GetPublicKey");
/// ```
pub static GET_PUBLIC_KEY: Operation = Operation {
    name: "GetPublicKey",
    request: &[KEY_ID, GRANT_TOKENS],
    answer: &[
        ANSWERED,
        PUBLIC_KEY,
        needed("KeySpec", Kind::Text),
        needed("KeyUsage", Kind::Text),
        maybe("EncryptionAlgorithms", Kind::Texts),
        maybe("SigningAlgorithms", Kind::Texts),
        maybe("KeyAgreementAlgorithms", Kind::Texts),
    ],
};

operations! {
    /// A data key, in plaintext and wrapped. Exactly one of `KeySpec` (`AES_128`, `AES_256`) and
    /// `NumberOfBytes` (1 to 1,024).
    GENERATE_DATA_KEY = "GenerateDataKey" DATA_KEY => &[ANSWERED, CIPHERTEXT, MATERIAL, PLAINTEXT];
    /// The same, without the plaintext.
    GENERATE_DATA_KEY_WITHOUT_PLAINTEXT = "GenerateDataKeyWithoutPlaintext"
        DATA_KEY => &[ANSWERED, CIPHERTEXT, MATERIAL];
    /// An asymmetric key pair; the private key (PKCS#8) in plaintext and wrapped.
    GENERATE_DATA_KEY_PAIR = "GenerateDataKeyPair"
        DATA_KEY_PAIR => &[
            ANSWERED, KEY_PAIR_SPEC, PUBLIC_KEY, PAIR_CIPHERTEXT, MATERIAL,
            needed("PrivateKeyPlaintext", Kind::Secret),
        ];
    /// The same, without the private key in plaintext.
    GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT = "GenerateDataKeyPairWithoutPlaintext"
        DATA_KEY_PAIR => &[ANSWERED, KEY_PAIR_SPEC, PUBLIC_KEY, PAIR_CIPHERTEXT, MATERIAL];
    /// 1 to 1,024 random bytes.
    GENERATE_RANDOM = "GenerateRandom"
        &[needed("NumberOfBytes", Kind::Number).within(1, 1024)] => &[PLAINTEXT];
    /// Encrypts 1 to 4,096 bytes.
    ENCRYPT = "Encrypt"
        &[KEY_ID, ENCRYPTION_ALGORITHM, CONTEXT, GRANT_TOKENS, PLAINTEXT.within(1, 4096)]
        => &[ANSWERED, CIPHERTEXT, ENCRYPTION_ALGORITHM];
    /// Decrypts.
    DECRYPT = "Decrypt"
        &[
            maybe("KeyId", Kind::KeyId), CIPHERTEXT, ENCRYPTION_ALGORITHM, CONTEXT, GRANT_TOKENS,
        ]
        => &[ANSWERED, ENCRYPTION_ALGORITHM, MATERIAL, PLAINTEXT];
    /// Moves a ciphertext to another key or context. The key in errors and events is the
    /// destination's.
    RE_ENCRYPT = "ReEncrypt"
        &[
            needed("DestinationKeyId", Kind::KeyId),
            maybe("SourceKeyId", Kind::KeyId),
            CIPHERTEXT,
            maybe("SourceEncryptionAlgorithm", Kind::Text),
            maybe("DestinationEncryptionAlgorithm", Kind::Text),
            maybe("SourceEncryptionContext", Kind::Context),
            maybe("DestinationEncryptionContext", Kind::Context),
            GRANT_TOKENS,
        ]
        => &[
            ANSWERED, CIPHERTEXT,
            maybe("SourceKeyId", Kind::Text),
            maybe("SourceEncryptionAlgorithm", Kind::Text),
            maybe("DestinationEncryptionAlgorithm", Kind::Text),
            maybe("SourceKeyMaterialId", Kind::Text),
            maybe("DestinationKeyMaterialId", Kind::Text),
        ];
    /// Signs 1 to 4,096 bytes, or a digest (`MessageType` `DIGEST`).
    SIGN = "Sign"
        &[KEY_ID, SIGNING_ALGORITHM, MESSAGE_TYPE, GRANT_TOKENS, MESSAGE]
        => &[ANSWERED, SIGNATURE, SIGNING_ALGORITHM];
    /// Verifies a signature; one that is not valid is a failure.
    VERIFY = "Verify"
        &[KEY_ID, SIGNING_ALGORITHM, MESSAGE_TYPE, SIGNATURE, GRANT_TOKENS, MESSAGE]
        => &[ANSWERED, needed("SignatureValid", Kind::Flag), SIGNING_ALGORITHM];
    /// An HMAC of 1 to 4,096 bytes.
    GENERATE_MAC = "GenerateMac"
        &[KEY_ID, MAC_ALGORITHM, GRANT_TOKENS, MESSAGE] => &[ANSWERED, MAC_ALGORITHM, MAC];
    /// Verifies an HMAC; one that is not valid is a failure.
    VERIFY_MAC = "VerifyMac"
        &[KEY_ID, MAC_ALGORITHM, needed("Mac", Kind::Bytes), GRANT_TOKENS, MESSAGE]
        => &[ANSWERED, needed("MacValid", Kind::Flag), MAC_ALGORITHM];
    /// The raw ECDH shared secret with a peer's public key (SubjectPublicKeyInfo in DER).
    DERIVE_SHARED_SECRET = "DeriveSharedSecret"
        &[KEY_ID, needed("KeyAgreementAlgorithm", Kind::Text), PUBLIC_KEY, GRANT_TOKENS]
        => &[
            ANSWERED,
            maybe("KeyAgreementAlgorithm", Kind::Text),
            maybe("KeyOrigin", Kind::Text),
            needed("SharedSecret", Kind::Secret),
        ];
    /// What a key is and whether it can be used.
    DESCRIBE_KEY = "DescribeKey"
        &[KEY_ID, GRANT_TOKENS] => &[needed("KeyMetadata", Kind::KeyMetadata)];
    /// Copies a multi-Region primary key to another Region.
    REPLICATE_KEY = "ReplicateKey"
        &[
            KEY_ID,
            needed("ReplicaRegion", Kind::Text),
            maybe("Description", Kind::Text),
            maybe("Policy", Kind::Text),
            maybe("BypassPolicyLockoutSafetyCheck", Kind::Flag),
            maybe("Tags", Kind::List(TAG)),
        ]
        => &[
            needed("ReplicaKeyMetadata", Kind::KeyMetadata),
            maybe("ReplicaPolicy", Kind::Text),
            maybe("ReplicaTags", Kind::List(TAG)),
        ];
    /// Makes the replica of another Region the primary key.
    UPDATE_PRIMARY_REGION = "UpdatePrimaryRegion"
        &[KEY_ID, needed("PrimaryRegion", Kind::Text)] => &[];
    /// Names a key.
    CREATE_ALIAS = "CreateAlias" &[ALIAS_NAME, TARGET] => &[];
    /// Makes an alias the name of another key.
    UPDATE_ALIAS = "UpdateAlias" &[ALIAS_NAME, TARGET] => &[];
    /// Deletes an alias; its key stays.
    DELETE_ALIAS = "DeleteAlias" &[needed("AliasName", Kind::KeyId)] => &[];
    /// A page of at most `Limit` (1 to 100) aliases, of one key or of all.
    LIST_ALIASES = "ListAliases"
        &[maybe("KeyId", Kind::KeyId), maybe("Limit", Kind::Number).within(1, 100), MARKER]
        => &[
            maybe("Aliases", Kind::List(&[
                ALIAS_NAME,
                maybe("AliasArn", Kind::Text),
                maybe("TargetKeyId", Kind::Text),
                maybe("CreationDate", Kind::Time),
                maybe("LastUpdatedDate", Kind::Time),
            ])),
            TRUNCATED,
            NEXT_MARKER,
        ];
    /// Turns yearly rotation on, or every `RotationPeriodInDays` (90 to 2,560).
    ENABLE_KEY_ROTATION = "EnableKeyRotation"
        &[KEY_ID, maybe("RotationPeriodInDays", Kind::Number).within(90, 2560)] => &[];
    /// Turns rotation off.
    DISABLE_KEY_ROTATION = "DisableKeyRotation" &[KEY_ID] => &[];
    /// Whether and when a key is rotated.
    GET_KEY_ROTATION_STATUS = "GetKeyRotationStatus"
        &[KEY_ID]
        => &[
            maybe("KeyId", Kind::Text),
            maybe("KeyRotationEnabled", Kind::Flag),
            maybe("RotationPeriodInDays", Kind::Number),
            maybe("NextRotationDate", Kind::Time),
            maybe("OnDemandRotationStartDate", Kind::Time),
        ];
    /// A page of at most `Limit` (1 to 1,000) rotations; with `IncludeKeyMaterial` `ALL_KEY_MATERIAL`, of all materials.
    LIST_KEY_ROTATIONS = "ListKeyRotations"
        &[
            KEY_ID,
            maybe("IncludeKeyMaterial", Kind::Text),
            maybe("Limit", Kind::Number).within(1, 1000),
            MARKER,
        ]
        => &[
            maybe("Rotations", Kind::List(&[
                maybe("KeyId", Kind::Text),
                MATERIAL,
                MATERIAL_DESCRIPTION,
                maybe("ImportState", Kind::Text),
                maybe("KeyMaterialState", Kind::Text),
                maybe("ExpirationModel", Kind::Text),
                maybe("ValidTo", Kind::Time),
                maybe("RotationDate", Kind::Time),
                maybe("RotationType", Kind::Text),
            ])),
            TRUNCATED,
            NEXT_MARKER,
        ];
    /// Gives a key new material now; the old goes on to decrypt.
    ROTATE_KEY_ON_DEMAND = "RotateKeyOnDemand" &[KEY_ID] => &[ANSWERED];
    /// Allows a principal some operations on a key.
    CREATE_GRANT = "CreateGrant"
        &[
            KEY_ID,
            maybe("GranteePrincipal", Kind::Text),
            maybe("RetiringPrincipal", Kind::Text),
            maybe("GranteeServicePrincipal", Kind::Text),
            maybe("RetiringServicePrincipal", Kind::Text),
            needed("Operations", Kind::Texts),
            CONSTRAINTS,
            maybe("Name", Kind::Text),
            GRANT_TOKENS,
        ]
        => &[needed("GrantId", Kind::Text), needed("GrantToken", Kind::Text)];
    /// A page of at most `Limit` (1 to 100) grants of a key.
    LIST_GRANTS = "ListGrants"
        &[
            KEY_ID,
            maybe("GrantId", Kind::Text),
            maybe("GranteePrincipal", Kind::Text),
            maybe("GranteeServicePrincipal", Kind::Text),
            maybe("Limit", Kind::Number).within(1, 100),
            MARKER,
        ]
        => &[GRANTS, TRUNCATED, NEXT_MARKER];
    /// A page of at most `Limit` (1 to 100) grants that a principal may retire.
    LIST_RETIRABLE_GRANTS = "ListRetirableGrants"
        &[
            maybe("RetiringPrincipal", Kind::Text),
            maybe("RetiringServicePrincipal", Kind::Text),
            maybe("Limit", Kind::Number).within(1, 100),
            MARKER,
        ]
        => &[GRANTS, TRUNCATED, NEXT_MARKER];
    /// Ends a grant that is not needed any more: by its token, or by key and id.
    RETIRE_GRANT = "RetireGrant"
        &[maybe("GrantToken", Kind::Text), maybe("KeyId", Kind::KeyId), maybe("GrantId", Kind::Text)]
        => &[];
    /// Takes a grant away.
    REVOKE_GRANT = "RevokeGrant" &[KEY_ID, needed("GrantId", Kind::Text)] => &[];
    /// Makes a key.
    CREATE_KEY = "CreateKey"
        &[
            maybe("KeySpec", Kind::Text),
            maybe("KeyUsage", Kind::Text),
            maybe("Origin", Kind::Text),
            MULTI_REGION,
            maybe("Description", Kind::Text),
            maybe("Policy", Kind::Text),
            maybe("BypassPolicyLockoutSafetyCheck", Kind::Flag),
            maybe("Tags", Kind::List(TAG)),
            maybe("CustomKeyStoreId", Kind::Text),
            maybe("XksKeyId", Kind::Text),
        ]
        => &[needed("KeyMetadata", Kind::KeyMetadata)];
    /// Says something else of a key. The description may be the empty string.
    UPDATE_KEY_DESCRIPTION = "UpdateKeyDescription" &[KEY_ID, maybe("Description", Kind::Text)] => &[];
    /// Adds tags, or changes their values.
    TAG_RESOURCE = "TagResource" &[KEY_ID, needed("Tags", Kind::List(TAG))] => &[];
    /// Takes tags away.
    UNTAG_RESOURCE = "UntagResource" &[KEY_ID, needed("TagKeys", Kind::Texts)] => &[];
    /// A page of at most `Limit` (1 to 50) tags.
    LIST_RESOURCE_TAGS = "ListResourceTags"
        &[KEY_ID, maybe("Limit", Kind::Number).within(1, 50), MARKER]
        => &[maybe("Tags", Kind::List(TAG)), TRUNCATED, NEXT_MARKER];
    /// A key's policy, as a string of JSON.
    GET_KEY_POLICY = "GetKeyPolicy"
        &[KEY_ID, maybe("PolicyName", Kind::Text)]
        => &[needed("Policy", Kind::Text), maybe("PolicyName", Kind::Text)];
    /// Gives a key another policy.
    PUT_KEY_POLICY = "PutKeyPolicy"
        &[
            KEY_ID,
            maybe("PolicyName", Kind::Text),
            needed("Policy", Kind::Text),
            maybe("BypassPolicyLockoutSafetyCheck", Kind::Flag),
        ]
        => &[];
    /// The names of a key's policies: `default` is the only one.
    LIST_KEY_POLICIES = "ListKeyPolicies"
        &[KEY_ID, maybe("Limit", Kind::Number).within(1, 1000), MARKER]
        => &[maybe("PolicyNames", Kind::Texts), TRUNCATED, NEXT_MARKER];
    /// What material for a key is wrapped with before it is imported.
    GET_PARAMETERS_FOR_IMPORT = "GetParametersForImport"
        &[KEY_ID, needed("WrappingAlgorithm", Kind::Text), needed("WrappingKeySpec", Kind::Text)]
        => &[
            ANSWERED,
            needed("ImportToken", Kind::Bytes),
            PUBLIC_KEY,
            maybe("ParametersValidTo", Kind::Time),
        ];
    /// Gives a key of the origin `EXTERNAL` its material.
    IMPORT_KEY_MATERIAL = "ImportKeyMaterial"
        &[
            KEY_ID,
            needed("ImportToken", Kind::Bytes),
            needed("EncryptedKeyMaterial", Kind::Bytes),
            maybe("ExpirationModel", Kind::Text),
            maybe("ValidTo", Kind::Time),
            maybe("ImportType", Kind::Text),
            MATERIAL_DESCRIPTION,
            MATERIAL,
        ]
        => &[maybe("KeyId", Kind::Text), MATERIAL];
    /// Takes imported material away: the key cannot be used until the same is imported again.
    DELETE_IMPORTED_KEY_MATERIAL = "DeleteImportedKeyMaterial"
        &[KEY_ID, MATERIAL] => &[maybe("KeyId", Kind::Text), MATERIAL];
    /// Makes a disabled key usable.
    ENABLE_KEY = "EnableKey" &[KEY_ID] => &[];
    /// Makes a key unusable until it is enabled again.
    DISABLE_KEY = "DisableKey" &[KEY_ID] => &[];
    /// Plans a key's deletion in `PendingWindowInDays` (7 to 30, by default 30).
    SCHEDULE_KEY_DELETION = "ScheduleKeyDeletion"
        &[KEY_ID, maybe("PendingWindowInDays", Kind::Number).within(7, 30)]
        => &[
            ANSWERED,
            maybe("DeletionDate", Kind::Time),
            maybe("KeyState", Kind::Text),
            maybe("PendingWindowInDays", Kind::Number),
        ];
    /// Takes a planned deletion back; the key is disabled then.
    CANCEL_KEY_DELETION = "CancelKeyDeletion" &[KEY_ID] => &[ANSWERED];
    /// A page of at most `Limit` (1 to 1,000) keys.
    LIST_KEYS = "ListKeys"
        &[maybe("Limit", Kind::Number).within(1, 1000), MARKER]
        => &[
            maybe("Keys", Kind::List(&[ANSWERED, needed("KeyArn", Kind::Text)])),
            TRUNCATED,
            NEXT_MARKER,
        ];
}

/// Those on data and data keys under symmetric and RSA keys.
///
/// ```
/// use fieldseal::kms::schema::ON_DATA;
///
/// assert!(ON_DATA.iter().any(|operation| operation.name == "Decrypt"));
/// ```
pub static ON_DATA: &[&Operation] = &[
    &GENERATE_DATA_KEY,
    &GENERATE_DATA_KEY_WITHOUT_PLAINTEXT,
    &ENCRYPT,
    &DECRYPT,
    &RE_ENCRYPT,
    &DESCRIBE_KEY,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Tables within tables too.
    fn each_table(fields: &'static [Field], see: &mut dyn FnMut(&'static [Field])) {
        see(fields);
        for field in fields {
            if let Kind::Object(inner) | Kind::List(inner) = field.kind {
                each_table(inner, see);
            }
        }
    }

    #[test]
    fn a_secret_is_written_last_and_there_is_one() {
        for operation in ALL {
            each_table(operation.request, &mut |fields| {
                for field in &fields[..fields.len().saturating_sub(1)] {
                    assert!(!matches!(field.kind, Kind::Secret), "{}", operation.name);
                }
            });
        }
    }

    #[test]
    fn names_and_fields_occur_once() {
        let mut names: Vec<_> = ALL.iter().map(|operation| operation.name).collect();
        names.push(GET_PUBLIC_KEY.name);
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        for operation in ALL {
            for table in [operation.request, operation.answer] {
                each_table(table, &mut |fields| {
                    for (i, field) in fields.iter().enumerate() {
                        assert!(field.min <= field.max);
                        assert!(fields[..i].iter().all(|f| f.name != field.name), "{}", field.name);
                    }
                });
            }
        }
    }
}
