/** Requests and answers of the KMS client: names and shapes of the KMS API, in camel case. */

/** One KMS call, after it ended: what an auditor sets beside CloudTrail. Never holds a secret. */
export interface KmsEvent {
  /**
   * KMS operation, for example `Decrypt`; or `LoadPublicKey` and `SavePublicKey`, when a
   * `publicKeyStore` failed or gave what cannot be used.
   */
  readonly operation: string;
  readonly keyId?: string;
  readonly region?: string;
  /** Host name of the endpoint, with its port unless that is the scheme's own. */
  readonly host?: string;
  /** Unix time in milliseconds. */
  readonly startedMs: number;
  /** Milliseconds, waits and retries included. */
  readonly durationMs: number;
  /** How many times the request was sent. */
  readonly attempts: number;
  /** `OK`, or the code of the error. */
  readonly outcome: string;
  readonly requestId?: string;
  /** The keys of the encryption context; their values are not logged. */
  readonly encryptionContextKeys: readonly string[];
}

export type EncryptionContext = Readonly<Record<string, string>>;

export interface WithGrants {
  /** Grant tokens of grants that are not yet everywhere in effect. */
  readonly grantTokens?: readonly string[] | undefined;
}

export interface KeyRequest extends WithGrants {
  /** Key id, key ARN, alias name or alias ARN. */
  readonly keyId: string;
}

export interface GetPublicKeyResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** DER-encoded SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** The same as PEM. */
  readonly publicKeyPem: string;
  /** SHA-256 of `publicKey` in 64 lower-case hexadecimal digits: what to pin and to compare. */
  readonly fingerprint: string;
  readonly keySpec: string;
  readonly keyUsage: string;
  readonly encryptionAlgorithms: readonly string[];
  readonly signingAlgorithms: readonly string[];
  readonly keyAgreementAlgorithms: readonly string[];
}

export interface GenerateDataKeyRequest extends KeyRequest {
  /** Exactly one of `keySpec` and `numberOfBytes`. */
  readonly keySpec?: 'AES_128' | 'AES_256' | undefined;
  /** 1 to 1,024. */
  readonly numberOfBytes?: number | undefined;
  readonly encryptionContext?: EncryptionContext | undefined;
}

export interface GenerateDataKeyResponse {
  /** Key ARN. */
  readonly keyId: string;
  readonly plaintext: Uint8Array;
  readonly ciphertextBlob: Uint8Array;
  /** The key material that wrapped it, where the endpoint says so. */
  readonly keyMaterialId?: string;
}

export interface EncryptRequest extends KeyRequest {
  /** 1 to 4,096 bytes; for more, encrypt with a data key (envelope encryption). */
  readonly plaintext: Uint8Array;
  readonly encryptionContext?: EncryptionContext | undefined;
  readonly encryptionAlgorithm?: string | undefined;
}

export interface EncryptResponse {
  readonly keyId: string;
  readonly ciphertextBlob: Uint8Array;
  readonly encryptionAlgorithm?: string;
}

export interface DecryptRequest extends WithGrants {
  readonly ciphertextBlob: Uint8Array;
  /** Needed for asymmetric keys, and wise for all. */
  readonly keyId?: string | undefined;
  readonly encryptionContext?: EncryptionContext | undefined;
  readonly encryptionAlgorithm?: string | undefined;
}

export interface DecryptResponse {
  readonly keyId: string;
  readonly plaintext: Uint8Array;
  readonly encryptionAlgorithm?: string;
  /** The key material that opened it, where the endpoint says so. */
  readonly keyMaterialId?: string;
}

export interface ReEncryptRequest extends WithGrants {
  readonly ciphertextBlob: Uint8Array;
  readonly sourceKeyId?: string | undefined;
  readonly sourceEncryptionContext?: EncryptionContext | undefined;
  readonly sourceEncryptionAlgorithm?: string | undefined;
  readonly destinationKeyId: string;
  readonly destinationEncryptionContext?: EncryptionContext | undefined;
  readonly destinationEncryptionAlgorithm?: string | undefined;
}

export interface ReEncryptResponse {
  readonly keyId: string;
  readonly ciphertextBlob: Uint8Array;
  readonly sourceKeyId?: string;
  readonly sourceEncryptionAlgorithm?: string;
  readonly destinationEncryptionAlgorithm?: string;
  readonly sourceKeyMaterialId?: string;
  readonly destinationKeyMaterialId?: string;
}

/** Metadata of a key, as DescribeKey gives it. */
export interface KeyMetadata {
  readonly keyId: string;
  readonly arn: string;
  readonly accountId?: string;
  readonly enabled: boolean;
  /** `Enabled`, `Disabled`, `PendingDeletion` … */
  readonly keyState: string;
  readonly keyUsage: string;
  readonly keySpec: string;
  readonly description?: string;
  readonly keyManager?: string;
  readonly origin?: string;
  readonly creationDateMs?: number;
  readonly deletionDateMs?: number;
  readonly encryptionAlgorithms: readonly string[];
  readonly signingAlgorithms: readonly string[];
  readonly keyAgreementAlgorithms: readonly string[];
  readonly macAlgorithms: readonly string[];
  /** The key material that encrypts now, for symmetric keys. */
  readonly currentKeyMaterialId?: string;
  readonly multiRegion: boolean;
  readonly multiRegionKeyType?: string;
  readonly primaryKeyArn?: string;
  readonly replicaKeyArns: readonly string[];
}

/** What `KmsClientOptions.publicKeyStore` keeps: plain data, fit for JSON. */
export type StoredPublicKey = Omit<GetPublicKeyResponse, 'publicKey'>;

/**
 * Keeps public keys beyond the life of a client: in a file, in the browser's storage. What it loads
 * is parsed and checked against `pinnedPublicKeys` before it is used; without a pin, whoever can
 * write to the store chooses the key.
 */
export interface PublicKeyStore {
  /** The entry saved for this key id, or nothing. */
  load(keyId: string): Promise<StoredPublicKey | undefined>;
  /** Keeps an entry. Nobody waits for it. */
  save(keyId: string, entry: StoredPublicKey): Promise<void>;
}

/** Specs of asymmetric data keys; the service knows more than a list here could. */
export type KeyPairSpec =
  | 'RSA_2048'
  | 'RSA_3072'
  | 'RSA_4096'
  | 'ECC_NIST_P256'
  | 'ECC_NIST_P384'
  | 'ECC_NIST_P521'
  | 'ECC_SECG_P256K1'
  | (string & {});

export interface GenerateDataKeyPairRequest extends KeyRequest {
  readonly keyPairSpec: KeyPairSpec;
  readonly encryptionContext?: EncryptionContext | undefined;
}

export interface GenerateDataKeyPairResponse {
  /** Key ARN. */
  readonly keyId: string;
  readonly keyPairSpec: string;
  /** DER-encoded SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** DER-encoded PKCS #8. */
  readonly privateKeyPlaintext: Uint8Array;
  /** The private key, encrypted under the KMS key: for `KmsClient.decrypt`. */
  readonly privateKeyCiphertextBlob: Uint8Array;
  readonly keyMaterialId?: string;
}

export interface GenerateRandomRequest {
  /** 1 to 1,024. */
  readonly numberOfBytes: number;
}

/** Algorithms of Sign and Verify; the service knows more than a list here could. */
export type SigningAlgorithm =
  | 'RSASSA_PSS_SHA_256'
  | 'RSASSA_PSS_SHA_384'
  | 'RSASSA_PSS_SHA_512'
  | 'RSASSA_PKCS1_V1_5_SHA_256'
  | 'RSASSA_PKCS1_V1_5_SHA_384'
  | 'RSASSA_PKCS1_V1_5_SHA_512'
  | 'ECDSA_SHA_256'
  | 'ECDSA_SHA_384'
  | 'ECDSA_SHA_512';

export interface SignRequest extends KeyRequest {
  /** 1 to 4,096 bytes; for more, sign their digest. */
  readonly message: Uint8Array;
  /** `DIGEST` if the message is the algorithm's digest already; by default `RAW`. */
  readonly messageType?: 'RAW' | 'DIGEST' | (string & {}) | undefined;
  readonly signingAlgorithm: SigningAlgorithm | (string & {});
}

export interface SignResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** ECDSA signatures are in DER. */
  readonly signature: Uint8Array;
  readonly signingAlgorithm: string;
}

export interface VerifyRequest extends SignRequest {
  readonly signature: Uint8Array;
}

export interface VerifyResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** Always true: a signature that is not valid is an error, `KMS_INVALID_SIGNATURE`. */
  readonly signatureValid: true;
  readonly signingAlgorithm: string;
}

export interface GenerateMacRequest extends KeyRequest {
  /** 1 to 4,096 bytes. */
  readonly message: Uint8Array;
  readonly macAlgorithm:
    'HMAC_SHA_224' | 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512' | (string & {});
}

export interface GenerateMacResponse {
  /** Key ARN. */
  readonly keyId: string;
  readonly mac: Uint8Array;
  readonly macAlgorithm: string;
}

export interface VerifyMacRequest extends GenerateMacRequest {
  readonly mac: Uint8Array;
}

export interface VerifyMacResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** Always true: a MAC that is not valid is an error, `KMS_INVALID_SIGNATURE`. */
  readonly macValid: true;
  readonly macAlgorithm: string;
}

export interface DeriveSharedSecretRequest extends KeyRequest {
  /** The peer's public key on the same curve: SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array;
  /** By default `ECDH`, the only one. */
  readonly keyAgreementAlgorithm?: 'ECDH' | undefined;
}

export interface DeriveSharedSecretResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** The raw shared secret: not a key yet, but what keys are derived from. */
  readonly sharedSecret: Uint8Array;
  readonly keyAgreementAlgorithm?: string;
  readonly keyOrigin?: string;
}

export interface KmsTag {
  readonly tagKey: string;
  readonly tagValue: string;
}

/** For operations that take a key and nothing else. */
export interface KeyIdRequest {
  /** Key id or key ARN. */
  readonly keyId: string;
}

export interface ReplicateKeyRequest {
  /** Key id or key ARN of a multi-Region primary key. */
  readonly keyId: string;
  readonly replicaRegion: string;
  readonly description?: string | undefined;
  /** Key policy, as JSON text. */
  readonly policy?: string | undefined;
  readonly bypassPolicyLockoutSafetyCheck?: boolean | undefined;
  readonly tags?: readonly KmsTag[] | undefined;
}

export interface ReplicateKeyResponse {
  /** In the state `Creating` until the replica can be used. */
  readonly replicaKeyMetadata: KeyMetadata;
  readonly replicaPolicy?: string;
  readonly replicaTags: readonly KmsTag[];
}

export interface UpdatePrimaryRegionRequest {
  /** Key id or key ARN of the present primary key. */
  readonly keyId: string;
  /** The Region whose replica becomes the primary key. */
  readonly primaryRegion: string;
}

export interface AliasRequest {
  /** Begins with `alias/`. */
  readonly aliasName: string;
  /** Key id or key ARN. */
  readonly targetKeyId: string;
}

/** One page of a list: at most `limit`, after the page that ended with `marker`. */
export interface PageRequest {
  readonly limit?: number | undefined;
  /** `nextMarker` of the page before. */
  readonly marker?: string | undefined;
}

/** Whether there is more, and where it begins. */
export interface Page {
  readonly truncated: boolean;
  readonly nextMarker?: string;
}

export interface ListAliasesRequest extends PageRequest {
  /** Key id or key ARN, for the aliases of one key. */
  readonly keyId?: string | undefined;
  /** 1 to 100. */
  readonly limit?: number | undefined;
}

export interface AliasListEntry {
  readonly aliasName: string;
  readonly aliasArn?: string;
  readonly targetKeyId?: string;
  /** Unix time in milliseconds. */
  readonly creationDateMs?: number;
  /** Unix time in milliseconds. */
  readonly lastUpdatedDateMs?: number;
}

export interface ListAliasesResponse extends Page {
  readonly aliases: readonly AliasListEntry[];
}

export interface ListKeysRequest extends PageRequest {
  /** 1 to 1,000. */
  readonly limit?: number | undefined;
}

export interface KeyListEntry {
  readonly keyId: string;
  readonly keyArn: string;
}

export interface ListKeysResponse extends Page {
  readonly keys: readonly KeyListEntry[];
}

export interface EnableKeyRotationRequest {
  /** Key id or key ARN. */
  readonly keyId: string;
  /** 90 to 2,560; by default 365. */
  readonly rotationPeriodInDays?: number | undefined;
}

export interface CreateGrantRequest extends KeyRequest {
  /** ARN of who may use the key. */
  readonly granteePrincipal?: string | undefined;
  /** ARN of who may retire the grant. */
  readonly retiringPrincipal?: string | undefined;
  readonly granteeServicePrincipal?: string | undefined;
  readonly retiringServicePrincipal?: string | undefined;
  /** For example `Decrypt`, `GenerateDataKey`; at least one. */
  readonly operations: readonly string[];
  readonly constraints?:
    | {
        /** The request's encryption context must hold these pairs. */
        readonly encryptionContextSubset?: EncryptionContext | undefined;
        /** The request's encryption context must be these pairs. */
        readonly encryptionContextEquals?: EncryptionContext | undefined;
      }
    | undefined;
  /** The same request with the same name makes no second grant: give one, and retries are safe. */
  readonly name?: string | undefined;
}

export interface CreateGrantResponse {
  readonly grantId: string;
  /** For `grantTokens`, until the grant is everywhere in effect. */
  readonly grantToken: string;
}

export interface ScheduleKeyDeletionRequest {
  /** Key id or key ARN. */
  readonly keyId: string;
  /** 7 to 30; by default 30. */
  readonly pendingWindowInDays?: number | undefined;
}

export interface ScheduleKeyDeletionResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** Unix time in milliseconds; absent for a multi-Region primary key with replicas. */
  readonly deletionDateMs?: number;
  readonly keyState?: string;
  readonly pendingWindowInDays?: number;
}
