// Made by `make bindings` from the descriptions in Rust; not to be edited.

/** The input's bytes or text do not have the form that their format demands. */
export type MalformedCode =
  /** `aws_dbe_head`. */
  | 'MALFORMED_HEADER'
  /** `aws_dbe_foot`. */
  | 'MALFORMED_FOOTER'
  /** An attribute value, or DynamoDB JSON. */
  | 'MALFORMED_ATTRIBUTE'
  /** A DynamoDB number. */
  | 'MALFORMED_NUMBER'
  /** An encryption context. */
  | 'MALFORMED_ENCRYPTION_CONTEXT'
  /** An encrypted data key. */
  | 'MALFORMED_ENCRYPTED_DATA_KEY'
  /** A public or private key given by the caller or by KMS. */
  | 'MALFORMED_KEY'
  /** A KMS key ARN or identifier. */
  | 'MALFORMED_KEY_ID'
  /** A response of the KMS endpoint. */
  | 'MALFORMED_KMS_RESPONSE'
  /** A message of the AWS Encryption SDK: damaged, cut short, or something else. */
  | 'MALFORMED_MESSAGE'
  /** A response of the DynamoDB endpoint. */
  | 'MALFORMED_DYNAMODB_RESPONSE'
  /** A buffer between JavaScript and the core: a fault of this library. */
  | 'MALFORMED_HOST_INPUT'
  /** A DynamoDB expression or PartiQL statement. */
  | 'MALFORMED_EXPRESSION';

/** Well-formed input that does not verify: changed since it was sealed, or under another key. */
export type AuthenticationCode =
  /** The header's key commitment is not that of the data key. */
  | 'COMMITMENT_MISMATCH'
  /** The recipient tag (HMAC) over a record, or the ECDSA signature over a record or message. */
  | 'SIGNATURE_MISMATCH'
  /** The authentication tag of a message's header. */
  | 'HEADER_TAG_MISMATCH'
  /** The authentication tag of one frame of a message, or of its whole body. */
  | 'FRAME_TAG_MISMATCH'
  /** The set of signed attributes is not the one that was signed. */
  | 'SIGNED_ATTRIBUTES_CHANGED'
  /** The authentication tag of one encrypted attribute. */
  | 'ATTRIBUTE_TAG_MISMATCH'
  /** A wrapped data key. */
  | 'WRAPPED_KEY_MISMATCH'
  /** The encryption context given on decryption differs from the one in the header. */
  | 'ENCRYPTION_CONTEXT_MISMATCH'
  /** A public key that is not the one pinned for its key id. */
  | 'PINNED_KEY_MISMATCH'
  /** A response of a table with another record than was asked for. */
  | 'RECORD_MISMATCH';

/** No key for the data. */
export type NoKeyCode =
  /** No keyring opened any encrypted data key; see `reasons`. */
  | 'NO_KEYRING_OPENED'
  /** An encrypted data key that belongs to another keyring. */
  | 'KEYRING_NOT_MINE';

/** The KMS endpoint refused, failed or could not be reached. */
export type KmsCode =
  /** No connection, or it broke. */
  | 'KMS_UNREACHABLE'
  /** No answer in time. */
  | 'KMS_TIMED_OUT'
  /** Credentials missing, expired or refused; signature not accepted. */
  | 'KMS_CREDENTIALS'
  /** The caller may not use this key for this operation. */
  | 'KMS_ACCESS_DENIED'
  /** No such key or alias. */
  | 'KMS_KEY_NOT_FOUND'
  /** The key is disabled. */
  | 'KMS_KEY_DISABLED'
  /** The key is pending deletion. */
  | 'KMS_KEY_PENDING_DELETION'
  /** The key's state does not allow the call, for another reason. */
  | 'KMS_INVALID_STATE'
  /** The ciphertext was made under another key. */
  | 'KMS_INCORRECT_KEY'
  /** The ciphertext is corrupt or its encryption context differs. */
  | 'KMS_INVALID_CIPHERTEXT'
  /** The key's usage or spec does not allow the operation. */
  | 'KMS_WRONG_KEY_USAGE'
  /** Verify or VerifyMac: the signature or the MAC is not that of the message. */
  | 'KMS_INVALID_SIGNATURE'
  /** An alias, key or grant of this name exists already. */
  | 'KMS_ALREADY_EXISTS'
  /** A quota of the account or of the key is used up: aliases, grants, rotations. */
  | 'KMS_QUOTA_EXCEEDED'
  /** A grant token or grant id that is not valid. */
  | 'KMS_INVALID_GRANT'
  /** Throttled, and the retries did not help. */
  | 'KMS_THROTTLED'
  /** 5xx, and the retries did not help. */
  | 'KMS_FAILED'
  /** Any other definite no. */
  | 'KMS_REJECTED';

/** The DynamoDB endpoint refused, failed or could not be reached. */
export type DynamoDbCode =
  /** No connection, or it broke. */
  | 'DYNAMODB_UNREACHABLE'
  /** No answer in time. */
  | 'DYNAMODB_TIMED_OUT'
  /** Credentials missing, expired or refused; signature not accepted. */
  | 'DYNAMODB_CREDENTIALS'
  /** The caller may not do this with the table. */
  | 'DYNAMODB_ACCESS_DENIED'
  /** No such table. */
  | 'DYNAMODB_TABLE_NOT_FOUND'
  /** The write's condition does not hold. */
  | 'DYNAMODB_CONDITION_FAILED'
  /** Throttled, and the retries did not help. */
  | 'DYNAMODB_THROTTLED'
  /** 5xx, and the retries did not help. */
  | 'DYNAMODB_FAILED'
  /** Any other definite no. */
  | 'DYNAMODB_REJECTED';

/** The branch key store has no such key, or one that must not be used. */
export type KeyStoreCode =
  /** The table has no such branch key, or no such version of it. */
  | 'BRANCH_KEY_NOT_FOUND'
  /** The branch key is there, and the record of its active version is not: `restoreActive` writes it again. */
  | 'BRANCH_KEY_NOT_ACTIVE'
  /** A branch key of this id exists already. */
  | 'BRANCH_KEY_EXISTS'
  /** Another writer changed the branch key meanwhile. */
  | 'BRANCH_KEY_CHANGED'
  /** A record that lacks what it needs, or has what it must not have. */
  | 'MALFORMED_BRANCH_KEY'
  /** A record that KMS does not open: it was changed, or belongs to another key store. */
  | 'BRANCH_KEY_MISMATCH'
  /** The record names a KMS key that is not the configured one. */
  | 'BRANCH_KEY_WRONG_KMS_KEY'
  /** The table's key schema is not that of a key store, or the table is not ready. */
  | 'KEY_STORE_TABLE';

/** A limit of the format or of the service. */
export type LimitCode =
  /** It is named, with what was found. */
  'LIMIT_EXCEEDED';

/** The caller asked for something that the API does not allow. */
export type UsageCode =
  /** A configuration that cannot be used. */
  | 'INVALID_CONFIG'
  /** An argument outside its range or of the wrong form. */
  | 'INVALID_ARGUMENT'
  /** An attribute without a crypto action. */
  | 'ATTRIBUTE_WITHOUT_ACTION'
  /** A key attribute or context attribute that the item lacks. */
  | 'ATTRIBUTE_MISSING'
  /** A name reserved for the format (`aws_dbe_…`, `aws-crypto-…`). */
  | 'RESERVED_NAME'
  /** A plaintext item where none is allowed. */
  | 'PLAINTEXT_ITEM'
  /** An algorithm suite that the policy or the keyring does not allow. */
  | 'SUITE_NOT_ALLOWED'
  /** A keyring that cannot do what was asked of it (no public key, no private key, discovery). */
  | 'KEYRING_CANNOT'
  /** An encryption-context key that is required and missing. */
  | 'REQUIRED_CONTEXT_MISSING'
  /** A request on an encrypted table that would make records unreadable, compare ciphertexts, or read what cannot be verified. */
  | 'TABLE_REQUEST_REFUSED'
  /** A value that no beacon can be made of. */
  | 'BEACON_NOT_POSSIBLE'
  /** An expression that does not go with the item: DynamoDB's ValidationException, from here. */
  | 'EXPRESSION_NOT_APPLICABLE'
  /** The core was used before `init()` of `fieldseal/slim`. */
  | 'NOT_INITIALIZED'
  /** Items of a request or a response; `errors` says which, and why. */
  | 'ITEMS_FAILED';

/** What is nobody's fault, the host's, or this library's. */
export type OtherCode =
  /** A valid request that this build or this host cannot serve. */
  | 'UNSUPPORTED'
  /** The host's randomness or cryptography failed. */
  | 'HOST_FAILED'
  /** A broken invariant of this library. Please report it. */
  | 'INTERNAL';

export const MALFORMED_ATTRIBUTE_ADVICE = "Correct the attribute's value.";

export const MALFORMED_ENCRYPTION_CONTEXT_ADVICE =
  'Use text keys and values of at most 65,535 bytes.';

export const MALFORMED_KEY_ADVICE =
  'Give a PEM or DER key: SubjectPublicKeyInfo for public, PKCS#8 for private keys.';

export const MALFORMED_KMS_RESPONSE_ADVICE =
  'Check that the endpoint speaks the AWS KMS JSON protocol.';

export const LIMIT_EXCEEDED_ADVICE =
  'Make it smaller, split it, or raise the limit if it is an option.';

export const UNSUPPORTED_ADVICE = 'Use a host or an option that supports it.';

export const INTERNAL_ADVICE = 'Please report it, with the steps that led here.';
