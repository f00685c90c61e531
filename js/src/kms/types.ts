/** Requests and responses of the KMS client: names and shapes of the KMS API, in camel case. */

import type { Repetition } from '../aws/service-client.js';

/**
 * One KMS call, after it ended, as `onEvent` of {@link KmsClientOptions} is given it: what an auditor sets beside
 * CloudTrail. Never holds a secret.
 */
export interface KmsEvent {
  /**
   * KMS operation, for example `Decrypt`; or `LoadPublicKey` and `SavePublicKey`, when a
   * `publicKeyStore` failed or gave what cannot be used.
   */
  readonly operation: string;
  /** The key id that was sent, if one was. */
  readonly keyId?: string;
  /** The client's Region, if it has one. */
  readonly region?: string;
  /** Host name of the endpoint, with its port unless that is the scheme's own. */
  readonly host?: string;
  /** Unix time in milliseconds. */
  readonly startedMs: number;
  /** Milliseconds, waits and retries included. */
  readonly durationMs: number;
  /** How many times the request was sent. */
  readonly attempts: number;
  /** Why and when it was sent again, if it was; not of clients of `fieldseal/items`. */
  readonly repetitions?: readonly Repetition[];
  /** `OK`, or the code of the error. */
  readonly outcome: string;
  /** The service's request id, if it responded with one. */
  readonly requestId?: string;
  /** The keys of the encryption context; their values are not logged. */
  readonly encryptionContextKeys: readonly string[];
}

/**
 * An encryption context: pairs that are bound to a ciphertext, stand in logs, and must be the same on both sides.
 * {@link KmsClient.encrypt} takes one.
 */
export type EncryptionContext = Readonly<Record<string, string>>;

/** What requests have that may be allowed by a grant; {@link KmsClient.createGrant} makes one. */
export interface WithGrants {
  /** Grant tokens of grants that are not yet everywhere in effect. */
  readonly grantTokens?: readonly string[] | undefined;
}

/**
 * A request that names a key, as {@link KmsClient.getPublicKey} and {@link KmsClient.describeKey} take it.
 */
export interface KeyRequest extends WithGrants {
  /** Key id, key ARN, alias name or alias ARN. */
  readonly keyId: string;
}

/** What {@link KmsClient.getPublicKey} returns. */
export interface GetPublicKeyResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** DER-encoded SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** The same as PEM. */
  readonly publicKeyPem: string;
  /** SHA-256 of `publicKey` in 64 lower-case hexadecimal digits: what to pin and to compare. */
  readonly fingerprint: string;
  /** For example `RSA_2048`, `ECC_NIST_P256`. */
  readonly keySpec: string;
  /** `ENCRYPT_DECRYPT`, `SIGN_VERIFY` or `KEY_AGREEMENT`. */
  readonly keyUsage: string;
  /** Empty unless the key encrypts. */
  readonly encryptionAlgorithms: readonly string[];
  /** Empty unless the key signs. */
  readonly signingAlgorithms: readonly string[];
  /** Empty unless the key is for key agreement. */
  readonly keyAgreementAlgorithms: readonly string[];
}

/** What {@link KmsClient.generateDataKey} takes. */
export interface GenerateDataKeyRequest extends KeyRequest {
  /** Exactly one of `keySpec` and `numberOfBytes`. */
  readonly keySpec?: 'AES_128' | 'AES_256' | undefined;
  /** 1 to 1,024. */
  readonly numberOfBytes?: number | undefined;
  /** Must be the same on decryption. */
  readonly encryptionContext?: EncryptionContext | undefined;
}

/** What {@link KmsClient.generateDataKey} returns. */
export interface GenerateDataKeyResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** The data key: a secret. Overwrite it (`fill(0)`) when you are done. */
  readonly plaintext: Uint8Array;
  /** The data key, wrapped: for `decrypt`. */
  readonly ciphertextBlob: Uint8Array;
  /** The key material that wrapped it, where the endpoint says so. */
  readonly keyMaterialId?: string;
}

/** What {@link KmsClient.encrypt} takes. */
export interface EncryptRequest extends KeyRequest {
  /** 1 to 4,096 bytes; for more, encrypt with a data key (envelope encryption). */
  readonly plaintext: Uint8Array;
  /** Must be the same on decryption. Not with asymmetric keys. */
  readonly encryptionContext?: EncryptionContext | undefined;
  /** `SYMMETRIC_DEFAULT`, the default, or for RSA keys `RSAES_OAEP_SHA_1` or `RSAES_OAEP_SHA_256`. */
  readonly encryptionAlgorithm?: string | undefined;
}

/** What {@link KmsClient.encrypt} returns. */
export interface EncryptResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** The ciphertext. */
  readonly ciphertextBlob: Uint8Array;
  /** The algorithm that was used, where the endpoint says so. */
  readonly encryptionAlgorithm?: string;
}

/** What {@link KmsClient.decrypt} takes. */
export interface DecryptRequest extends WithGrants {
  /** 1 to 6,144 bytes. */
  readonly ciphertextBlob: Uint8Array;
  /** Needed for asymmetric keys, and wise for all. */
  readonly keyId?: string | undefined;
  /** As on encryption. */
  readonly encryptionContext?: EncryptionContext | undefined;
  /** As on encryption; needed for asymmetric keys. */
  readonly encryptionAlgorithm?: string | undefined;
}

/** What {@link KmsClient.decrypt} returns. */
export interface DecryptResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** What was encrypted. */
  readonly plaintext: Uint8Array;
  /** The algorithm that was used, where the endpoint says so. */
  readonly encryptionAlgorithm?: string;
  /** The key material that opened it, where the endpoint says so. */
  readonly keyMaterialId?: string;
}

/** What {@link KmsClient.reEncrypt} takes. */
export interface ReEncryptRequest extends WithGrants {
  /** The ciphertext as it is now. */
  readonly ciphertextBlob: Uint8Array;
  /** The key that it is under; needed for asymmetric keys, and wise for all. */
  readonly sourceKeyId?: string | undefined;
  /** The encryption context that it has. */
  readonly sourceEncryptionContext?: EncryptionContext | undefined;
  /** The algorithm that it was encrypted with; by default `SYMMETRIC_DEFAULT`. */
  readonly sourceEncryptionAlgorithm?: string | undefined;
  /** The key that it is to be under: key id, key ARN, alias name or alias ARN. */
  readonly destinationKeyId: string;
  /** The encryption context that it is to have. */
  readonly destinationEncryptionContext?: EncryptionContext | undefined;
  /** The algorithm that it is to be encrypted with; by default `SYMMETRIC_DEFAULT`. */
  readonly destinationEncryptionAlgorithm?: string | undefined;
}

/** What {@link KmsClient.reEncrypt} returns. */
export interface ReEncryptResponse {
  /** ARN of the key that it is under now. */
  readonly keyId: string;
  /** The new ciphertext. */
  readonly ciphertextBlob: Uint8Array;
  /** ARN of the key that it was under. */
  readonly sourceKeyId?: string;
  /** The algorithm that it was encrypted with. */
  readonly sourceEncryptionAlgorithm?: string;
  /** The algorithm that it is encrypted with now. */
  readonly destinationEncryptionAlgorithm?: string;
  /** The key material that opened it, where the endpoint says so. */
  readonly sourceKeyMaterialId?: string;
  /** The key material that encrypted it, where the endpoint says so. */
  readonly destinationKeyMaterialId?: string;
}

/** Metadata of a key, as {@link KmsClient.describeKey} returns it. */
export interface KeyMetadata {
  /** The key's id, without its ARN. */
  readonly keyId: string;
  /** Key ARN. */
  readonly arn: string;
  /** The account that the key belongs to, twelve digits. */
  readonly accountId?: string;
  /** Whether it can be used. */
  readonly enabled: boolean;
  /** `Enabled`, `Disabled`, `PendingDeletion` … */
  readonly keyState: string;
  /** `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, `GENERATE_VERIFY_MAC` or `KEY_AGREEMENT`. */
  readonly keyUsage: string;
  /** For example `SYMMETRIC_DEFAULT`, `RSA_2048`, `ECC_NIST_P256`. */
  readonly keySpec: string;
  /** What its owner says of it. */
  readonly description?: string;
  /** `CUSTOMER` or `AWS`. */
  readonly keyManager?: string;
  /** Where its material comes from: `AWS_KMS`, `EXTERNAL` … */
  readonly origin?: string;
  /** Unix time in milliseconds. */
  readonly creationDateMs?: number;
  /**
   * When imported material expires, in Unix time in milliseconds; of the clients of `fieldseal/items` neither this nor
   * `expirationModel`.
   */
  readonly validToMs?: number;
  /** Of imported material: `KEY_MATERIAL_EXPIRES` or `KEY_MATERIAL_DOES_NOT_EXPIRE`. */
  readonly expirationModel?: string;
  /** Unix time in milliseconds, where a deletion is planned. */
  readonly deletionDateMs?: number;
  /** Empty unless the key encrypts. */
  readonly encryptionAlgorithms: readonly string[];
  /** Empty unless the key signs. */
  readonly signingAlgorithms: readonly string[];
  /** Empty unless the key is for key agreement. */
  readonly keyAgreementAlgorithms: readonly string[];
  /** Empty unless the key is for HMACs. */
  readonly macAlgorithms: readonly string[];
  /** The key material that encrypts now, for symmetric keys. */
  readonly currentKeyMaterialId?: string;
  /** Whether it is a multi-Region key, which has replicas in other Regions or can have them. */
  readonly multiRegion: boolean;
  /** Of multi-Region keys, `PRIMARY` or `REPLICA`. */
  readonly multiRegionKeyType?: string;
  /** Of multi-Region keys, the ARN of the primary key. */
  readonly primaryKeyArn?: string;
  /** Of multi-Region keys, the ARNs of the replicas. */
  readonly replicaKeyArns: readonly string[];
}

/** What `publicKeyStore` of {@link KmsClientOptions} keeps: plain data, fit for JSON. */
export type StoredPublicKey = Omit<GetPublicKeyResponse, 'publicKey'>;

/**
 * Keeps public keys beyond the life of a client: in a file, in the browser's storage. What it loads
 * is parsed and checked against `pinnedPublicKeys` before it is used; without a pin, whoever can
 * write to the store chooses the key. {@link KmsClientOptions} shows one.
 */
export interface PublicKeyStore {
  /** The entry saved for this key id, or nothing. */
  load(keyId: string): Promise<StoredPublicKey | undefined>;
  /** Keeps an entry. Nobody waits for it. */
  save(keyId: string, entry: StoredPublicKey): Promise<void>;
}

/**
 * Specs of asymmetric data keys, for {@link KmsClient.generateDataKeyPair}; the service knows more than a list here
 * could.
 */
export type KeyPairSpec =
  | 'RSA_2048'
  | 'RSA_3072'
  | 'RSA_4096'
  | 'ECC_NIST_P256'
  | 'ECC_NIST_P384'
  | 'ECC_NIST_P521'
  | 'ECC_SECG_P256K1'
  | (string & {});

/** What {@link KmsClient.generateDataKeyPair} takes. */
export interface GenerateDataKeyPairRequest extends KeyRequest {
  /** What kind of key pair. */
  readonly keyPairSpec: KeyPairSpec;
  /** Must be the same when the private key is decrypted. */
  readonly encryptionContext?: EncryptionContext | undefined;
}

/** What {@link KmsClient.generateDataKeyPair} returns. */
export interface GenerateDataKeyPairResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** What kind of key pair. */
  readonly keyPairSpec: string;
  /** DER-encoded SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** DER-encoded PKCS #8: a secret. Overwrite it (`fill(0)`) when you are done. */
  readonly privateKeyPlaintext: Uint8Array;
  /** The private key, encrypted under the KMS key: for `KmsClient.decrypt`. */
  readonly privateKeyCiphertextBlob: Uint8Array;
  /** The key material that wrapped it, where the endpoint says so. */
  readonly keyMaterialId?: string;
}

/** What {@link KmsClient.generateRandom} takes. */
export interface GenerateRandomRequest {
  /** 1 to 1,024. */
  readonly numberOfBytes: number;
}

/**
 * Algorithms of {@link KmsClient.sign}, {@link KmsClient.verify} and {@link verifySignature}; the service knows more
 * than a list here could.
 */
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

/** What {@link KmsClient.sign} takes. */
export interface SignRequest extends KeyRequest {
  /** 1 to 4,096 bytes; for more, sign their digest. */
  readonly message: Uint8Array;
  /** `DIGEST` if the message is the algorithm's digest already; by default `RAW`. */
  readonly messageType?: 'RAW' | 'DIGEST' | (string & {}) | undefined;
  /** One that the key supports: `getPublicKey` and `describeKey` name them. */
  readonly signingAlgorithm: SigningAlgorithm | (string & {});
}

/** What {@link KmsClient.sign} returns. */
export interface SignResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** ECDSA signatures are in DER. */
  readonly signature: Uint8Array;
  /** The algorithm that was used. */
  readonly signingAlgorithm: string;
}

/** What {@link KmsClient.verify} takes. */
export interface VerifyRequest extends SignRequest {
  /** As `sign` returned it: for ECDSA in DER. */
  readonly signature: Uint8Array;
}

/** What {@link KmsClient.verify} returns. */
export interface VerifyResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** Always true: a signature that is not valid is an error, `KMS_INVALID_SIGNATURE`. */
  readonly signatureValid: true;
  /** The algorithm that was used. */
  readonly signingAlgorithm: string;
}

/** What {@link KmsClient.generateMac} takes. */
export interface GenerateMacRequest extends KeyRequest {
  /** 1 to 4,096 bytes. */
  readonly message: Uint8Array;
  /** The one of the key's spec. */
  readonly macAlgorithm:
    'HMAC_SHA_224' | 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512' | (string & {});
}

/** What {@link KmsClient.generateMac} returns. */
export interface GenerateMacResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** The HMAC: 28, 32, 48 or 64 bytes. */
  readonly mac: Uint8Array;
  /** The algorithm that was used. */
  readonly macAlgorithm: string;
}

/** What {@link KmsClient.verifyMac} takes. */
export interface VerifyMacRequest extends GenerateMacRequest {
  /** As `generateMac` returned it. */
  readonly mac: Uint8Array;
}

/** What {@link KmsClient.verifyMac} returns. */
export interface VerifyMacResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** Always true: a MAC that is not valid is an error, `KMS_INVALID_SIGNATURE`. */
  readonly macValid: true;
  /** The algorithm that was used. */
  readonly macAlgorithm: string;
}

/** What {@link KmsClient.deriveSharedSecret} takes. */
export interface DeriveSharedSecretRequest extends KeyRequest {
  /** The peer's public key on the same curve: SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array;
  /** By default `ECDH`, the only one. */
  readonly keyAgreementAlgorithm?: 'ECDH' | undefined;
}

/** What {@link KmsClient.deriveSharedSecret} returns. */
export interface DeriveSharedSecretResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** The raw shared secret: not a key yet, but what keys are derived from. */
  readonly sharedSecret: Uint8Array;
  /** `ECDH`, where the endpoint says so. */
  readonly keyAgreementAlgorithm?: string;
  /** Where the key's material comes from: `AWS_KMS`, `EXTERNAL` … */
  readonly keyOrigin?: string;
}

/** A tag of a key, for {@link KmsClient.createKey} and {@link KmsClient.tagResource}. */
export interface KmsTag {
  /** 1 to 128 characters. */
  readonly tagKey: string;
  /** Up to 256 characters. */
  readonly tagValue: string;
}

/** For operations that take a key and nothing else, such as {@link KmsClient.enableKey}. */
export interface KeyIdRequest {
  /** Key id or key ARN. */
  readonly keyId: string;
}

/** What {@link KmsClient.replicateKey} takes. */
export interface ReplicateKeyRequest {
  /** Key id or key ARN of a multi-Region primary key. */
  readonly keyId: string;
  /** Where the replica is to be. */
  readonly replicaRegion: string;
  /** What is said of the replica. */
  readonly description?: string | undefined;
  /** Key policy, as a string of JSON. */
  readonly policy?: string | undefined;
  /** Accept a policy that would keep the caller from changing it. Default `false`. */
  readonly bypassPolicyLockoutSafetyCheck?: boolean | undefined;
  /** Tags of the replica. */
  readonly tags?: readonly KmsTag[] | undefined;
}

/** What {@link KmsClient.replicateKey} returns. */
export interface ReplicateKeyResponse {
  /** In the state `Creating` until the replica can be used. */
  readonly replicaKeyMetadata: KeyMetadata;
  /** The replica's key policy, as a string of JSON. */
  readonly replicaPolicy?: string;
  /** The replica's tags. */
  readonly replicaTags: readonly KmsTag[];
}

/** What {@link KmsClient.updatePrimaryRegion} takes. */
export interface UpdatePrimaryRegionRequest {
  /** Key id or key ARN of the present primary key. */
  readonly keyId: string;
  /** The Region whose replica becomes the primary key. */
  readonly primaryRegion: string;
}

/** What {@link KmsClient.createAlias} and {@link KmsClient.updateAlias} take. */
export interface AliasRequest {
  /** Begins with `alias/`. */
  readonly aliasName: string;
  /** Key id or key ARN. */
  readonly targetKeyId: string;
}

/**
 * One page of a list, as {@link KmsClient.listKeys} takes it: at most `limit`, after the page that ended with `marker`.
 */
export interface PageRequest {
  /** The most entries of a page, at least 1. */
  readonly limit?: number | undefined;
  /** `nextMarker` of the page before. */
  readonly marker?: string | undefined;
}

/**
 * Whether there is more, and where it begins; {@link KmsClient.listAllKeys} goes through all pages by itself.
 */
export interface Page {
  /** Whether there is another page. */
  readonly truncated: boolean;
  /** `marker` of the next page, if there is one. */
  readonly nextMarker?: string;
}

/** What {@link KmsClient.listAliases} takes. */
export interface ListAliasesRequest extends PageRequest {
  /** Key id or key ARN, for the aliases of one key. */
  readonly keyId?: string | undefined;
  /** 1 to 100. */
  readonly limit?: number | undefined;
}

/** An alias, as {@link KmsClient.listAliases} returns it. */
export interface AliasListEntry {
  /** Begins with `alias/`. */
  readonly aliasName: string;
  /** Alias ARN. */
  readonly aliasArn?: string;
  /** The id of the key that it names; absent for aliases of AWS that have no key yet. */
  readonly targetKeyId?: string;
  /** Unix time in milliseconds. */
  readonly creationDateMs?: number;
  /** Unix time in milliseconds. */
  readonly lastUpdatedDateMs?: number;
}

/** What {@link KmsClient.listAliases} returns. */
export interface ListAliasesResponse extends Page {
  /** The aliases of this page. */
  readonly aliases: readonly AliasListEntry[];
}

/** What {@link KmsClient.listKeys} takes. */
export interface ListKeysRequest extends PageRequest {
  /** 1 to 1,000. */
  readonly limit?: number | undefined;
}

/** A key, as {@link KmsClient.listKeys} returns it. */
export interface KeyListEntry {
  /** The key's id, without its ARN. */
  readonly keyId: string;
  /** Key ARN. */
  readonly keyArn: string;
}

/** What {@link KmsClient.listKeys} returns. */
export interface ListKeysResponse extends Page {
  /** The keys of this page. */
  readonly keys: readonly KeyListEntry[];
}

/** What {@link KmsClient.enableKeyRotation} takes. */
export interface EnableKeyRotationRequest {
  /** Key id or key ARN. */
  readonly keyId: string;
  /** Days, 90 to 2,560; by default 365. */
  readonly rotationPeriodInDays?: number | undefined;
}

/** What {@link KmsClient.createGrant} takes. One of the two grantees is needed. */
export interface CreateGrantRequest extends KeyRequest {
  /** ARN of who may use the key. */
  readonly granteePrincipal?: string | undefined;
  /** ARN of who may retire the grant. */
  readonly retiringPrincipal?: string | undefined;
  /** In its place, an AWS service that may use the key. */
  readonly granteeServicePrincipal?: string | undefined;
  /** In its place, an AWS service that may retire the grant. */
  readonly retiringServicePrincipal?: string | undefined;
  /** For example `Decrypt`, `GenerateDataKey`; at least one. */
  readonly operations: readonly string[];
  /** For which encryption contexts the grant holds; by default all. */
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

/** What {@link KmsClient.createGrant} returns. */
export interface CreateGrantResponse {
  /** The grant's id. */
  readonly grantId: string;
  /** For `grantTokens`, until the grant is everywhere in effect. */
  readonly grantToken: string;
}

/** What {@link KmsClient.scheduleKeyDeletion} takes. */
export interface ScheduleKeyDeletionRequest {
  /** Key id or key ARN. */
  readonly keyId: string;
  /** Days until the key is deleted, 7 to 30; by default 30. */
  readonly pendingWindowInDays?: number | undefined;
}

/** What {@link KmsClient.scheduleKeyDeletion} returns. */
export interface ScheduleKeyDeletionResponse {
  /** Key ARN. */
  readonly keyId: string;
  /** Unix time in milliseconds; absent for a multi-Region primary key with replicas. */
  readonly deletionDateMs?: number;
  /** `PendingDeletion`; or `PendingReplicaDeletion`, for a multi-Region primary key with replicas. */
  readonly keyState?: string;
  /** Days until the key is deleted. */
  readonly pendingWindowInDays?: number;
}
