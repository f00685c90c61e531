// Made by `make bindings` from the descriptions in Rust; not to be edited.

/** Paddings of the raw RSA keyring. */
export const PADDING_SCHEMES = [
  'OAEP_SHA1_MGF1',
  'OAEP_SHA256_MGF1',
  'OAEP_SHA384_MGF1',
  'OAEP_SHA512_MGF1',
  'PKCS1',
] as const;
export type PaddingScheme = (typeof PADDING_SCHEMES)[number];

/** Algorithms of the KMS RSA keyring, as KMS names them. */
export const RSA_ENCRYPTION_ALGORITHMS = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const;
export type RsaEncryptionAlgorithm = (typeof RSA_ENCRYPTION_ALGORITHMS)[number];

/** What is done with an attribute. */
export const ACTION_NAMES = [
  'ENCRYPT_AND_SIGN',
  'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
  'SIGN_ONLY',
  'DO_NOTHING',
] as const;
export type ActionName = (typeof ACTION_NAMES)[number];

/** What is done with items in plaintext. */
export const PLAINTEXT_OVERRIDE_NAMES = [
  'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
  'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
  'FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ',
] as const;
export type PlaintextOverrideName = (typeof PLAINTEXT_OVERRIDE_NAMES)[number];

/** Curves of key agreement. */
export const CURVE_SPECS = ['P256', 'P384', 'P521'] as const;
export type CurveSpec = (typeof CURVE_SPECS)[number];

/** Suites of items, by their ids. */
export const ITEM_SUITES = ['6700', '6701'] as const;
export type ItemSuite = (typeof ITEM_SUITES)[number];

/** Suites of messages, by their ids. */
export const MESSAGE_SUITE_IDS = [
  '0014',
  '0046',
  '0078',
  '0114',
  '0146',
  '0178',
  '0214',
  '0346',
  '0378',
  '0478',
  '0578',
] as const;
export type MessageSuiteId = (typeof MESSAGE_SUITE_IDS)[number];

/** How to reach a service. */
export interface ServiceConfig {
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly signs?: boolean | undefined;
  readonly headers?: readonly (readonly [string, string])[] | undefined;
  readonly timeoutMs?: number | undefined;
  readonly maxAttempts?: number | undefined;
  readonly userAgent?: string | undefined;
  readonly observed?: boolean | undefined;
}

/** A KMS client. */
export interface KmsConfig extends ServiceConfig {
  readonly pins?: readonly (readonly [string, string])[] | undefined;
  readonly stores?: boolean | undefined;
}

/** The raw AES keyring. */
export interface RawAesConfig {
  readonly type: 'rawAes';
  readonly keyNamespace: string;
  readonly keyName: string;
  readonly wrappingKey: Uint8Array;
}

/** The raw RSA keyring. */
export interface RawRsaConfig {
  readonly type: 'rawRsa';
  readonly keyNamespace: string;
  readonly keyName: string;
  readonly paddingScheme: PaddingScheme;
  readonly publicKey?: Uint8Array | undefined;
  readonly hasPrivateKey?: boolean | undefined;
}

/** A keyring of the caller's functions. */
export interface CustomConfig {
  readonly type: 'custom';
  readonly providerId: string;
  readonly generates?: boolean | undefined;
}

/** One symmetric KMS key. */
export interface AwsKmsConfig {
  readonly type: 'kms';
  readonly kms: number;
  readonly keyId: string;
  readonly mrkAware?: boolean | undefined;
  readonly grantTokens?: readonly string[] | undefined;
}

/** Whatever symmetric KMS key wrapped. */
export interface AwsKmsDiscoveryConfig {
  readonly type: 'kmsDiscovery';
  readonly kms: number;
  readonly mrkAware?: boolean | undefined;
  readonly region?: string | undefined;
  readonly partition?: string | undefined;
  readonly accountIds?: readonly string[] | undefined;
  readonly grantTokens?: readonly string[] | undefined;
}

/** A KMS RSA key. */
export interface AwsKmsRsaConfig {
  readonly type: 'kmsRsa';
  readonly kms?: number | undefined;
  readonly kmsKeyId: string;
  readonly publicKey?: Uint8Array | undefined;
  readonly encryptionAlgorithm?: RsaEncryptionAlgorithm | undefined;
  readonly grantTokens?: readonly string[] | undefined;
}

/** Several keyrings. */
export interface MultiConfig {
  readonly type: 'multi';
  readonly generator?: number | undefined;
  readonly children: readonly number[];
  readonly mrkKeyIds?: readonly string[] | undefined;
  readonly skipsUnavailable?: boolean | undefined;
}

/** An item encryptor. */
export interface EncryptorConfig {
  readonly materials: number;
  readonly logicalTableName: string;
  readonly partitionKeyName: string;
  readonly sortKeyName?: string | undefined;
  readonly attributeActions: readonly (readonly [string, ActionName])[];
  readonly allowedUnsignedAttributes?: readonly string[] | undefined;
  readonly allowedUnsignedAttributePrefix?: string | undefined;
  readonly algorithmSuite?: string | undefined;
  readonly maxEncryptedDataKeys?: number | undefined;
  readonly dropReservedAttributes?: boolean | undefined;
  readonly plaintextOverride?: PlaintextOverrideName | undefined;
}

/** The rules of a table. */
export interface TableRulesConfig {
  readonly attributeActions: readonly (readonly [string, ActionName])[];
  readonly allowedUnsignedAttributes?: readonly string[] | undefined;
  readonly allowedUnsignedAttributePrefix?: string | undefined;
  readonly partitionKeyName: string;
  readonly sortKeyName?: string | undefined;
  readonly plaintextOverride?: PlaintextOverrideName | undefined;
  readonly encryptor?: number | undefined;
}

/** More of how to reach a service; these fields stand in its configuration. */
export interface ClientExtras {
  readonly adaptive?: boolean | undefined;
  readonly useFipsEndpoint?: boolean | undefined;
  readonly useDualstackEndpoint?: boolean | undefined;
  readonly operationTimeoutMs?: number | undefined;
  readonly systemClockOffset?: number | undefined;
}

/** The hierarchical keyring. */
export interface HierarchicalConfig {
  readonly type: 'hierarchical';
  readonly keyStore: number;
  readonly cache?: number | undefined;
  readonly branchKeyId?: string | undefined;
  readonly ttlSeconds: number;
  readonly partitionId?: string | undefined;
}

/** A branch key store on DynamoDB. */
export interface KeyStoreConfig {
  readonly dynamodb: number;
  readonly kms: number;
  readonly tableName: string;
  readonly logicalKeyStoreName: string;
  readonly kmsType: string;
  readonly kmsKeyArn?: string | undefined;
  readonly region?: string | undefined;
  readonly grantTokens?: readonly string[] | undefined;
  readonly keyStoreId?: string | undefined;
}

/** A branch key that the caller has. */
export interface StaticKeyConfig {
  readonly branchKeyId: string;
  readonly version: string;
  readonly branchKey: Uint8Array;
  readonly beaconKey?: Uint8Array | undefined;
  readonly encryptionContext?: readonly (readonly [string, string])[] | undefined;
}

/** A key store of such branch keys. */
export interface StaticKeyStoreConfig {
  readonly logicalKeyStoreName?: string | undefined;
  readonly keys: readonly StaticKeyConfig[];
}

/** A cache. */
export interface CacheConfig {
  readonly forTtlSeconds?: number | undefined;
  readonly capacity?: number | undefined;
  readonly storm?: boolean | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly graceIntervalSeconds?: number | undefined;
  readonly fanOut?: number | undefined;
  readonly inFlightTtlSeconds?: number | undefined;
  readonly observed?: boolean | undefined;
}

/** The caching CMM. */
export interface CachingCmmConfig {
  readonly materials: number;
  readonly cache: number;
  readonly maxAgeSeconds: number;
  readonly maxBytes?: number | undefined;
  readonly maxMessages?: number | undefined;
  readonly partitionId?: string | undefined;
}

/** How a table is searched. */
export interface SearchConfig {
  readonly keyStore: number;
  readonly cache?: number | undefined;
  readonly ttlSeconds: number;
  readonly partitionId?: string | undefined;
  readonly branchKeyId?: string | undefined;
  readonly keyFieldName?: string | undefined;
  readonly standardBeacons: readonly StandardBeaconConfig[];
  readonly compoundBeacons: readonly CompoundBeaconConfig[];
  readonly virtualFields: readonly VirtualFieldConfig[];
  readonly encryptedParts: readonly EncryptedPartConfig[];
  readonly signedParts: readonly SignedPartConfig[];
  readonly maximumNumberOfPartitions?: number | undefined;
  readonly defaultNumberOfPartitions?: number | undefined;
}

/** A beacon of one value. */
export interface StandardBeaconConfig extends BeaconStyleConfig {
  readonly name: string;
  readonly length: number;
  readonly location?: string | undefined;
  readonly numberOfPartitions?: number | undefined;
}

/** What is special about a beacon; these fields stand in its configuration. */
export interface BeaconStyleConfig {
  readonly style?: string | undefined;
  readonly other?: string | undefined;
}

/** A beacon of parts. */
export interface CompoundBeaconConfig {
  readonly name: string;
  readonly split: string;
  readonly encryptedParts: readonly EncryptedPartConfig[];
  readonly signedParts: readonly SignedPartConfig[];
  readonly constructors: readonly ConstructorConfig[];
}

/** A hashed part. */
export interface EncryptedPartConfig {
  readonly name: string;
  readonly prefix: string;
}

/** A part in plaintext. */
export interface SignedPartConfig {
  readonly name: string;
  readonly prefix: string;
  readonly location?: string | undefined;
}

/** How a beacon is put together. */
export interface ConstructorConfig {
  readonly parts: readonly ConstructorPartConfig[];
}

/** A part of that. */
export interface ConstructorPartConfig {
  readonly name: string;
  readonly required?: boolean | undefined;
}

/** A value made of attributes. */
export interface VirtualFieldConfig {
  readonly name: string;
  readonly parts: readonly VirtualPartConfig[];
}

/** A part of that. */
export interface VirtualPartConfig {
  readonly location: string;
  readonly transforms: readonly TransformConfig[];
}

/** What is done to it. */
export interface TransformConfig {
  readonly type: string;
  readonly text?: string | undefined;
  readonly length?: number | undefined;
  readonly index?: number | undefined;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

/** The raw ECDH keyring. */
export interface RawEcdhConfig {
  readonly type: 'rawEcdh';
  readonly curveSpec: CurveSpec;
  readonly scheme: string;
  readonly recipientPublicKey?: Uint8Array | undefined;
}

/** A KMS key for key agreement. */
export interface AwsKmsEcdhConfig {
  readonly type: 'kmsEcdh';
  readonly kms: number;
  readonly keyId: string;
  readonly curveSpec: CurveSpec;
  readonly scheme: string;
  readonly senderPublicKey?: Uint8Array | undefined;
  readonly recipientPublicKey?: Uint8Array | undefined;
  readonly grantTokens?: readonly string[] | undefined;
}

/** A keyring of any kind. */
export type KeyringConfig =
  | RawAesConfig
  | RawRsaConfig
  | CustomConfig
  | AwsKmsConfig
  | AwsKmsDiscoveryConfig
  | AwsKmsRsaConfig
  | MultiConfig
  | HierarchicalConfig
  | RawEcdhConfig
  | AwsKmsEcdhConfig;
