/** Everything that the entry points `fieldseal` and `fieldseal/slim` have in common. */

export * from './attribute-value.js';
export {
  localCache,
  stormTrackingCache,
  type CacheEvent,
  type LocalCacheOptions,
  type MaterialsCache,
  type StormTrackingCacheOptions,
} from './cache.js';
export { cachingCmm, type CachingCmmOptions } from './caching-cmm.js';
export * from './document.js';
export * from './dynamo-json.js';
export {
  AuthenticationError,
  DynamoDbError,
  FieldsealError,
  HostError,
  InternalError,
  KeyStoreError,
  KmsError,
  LimitError,
  MalformedInputError,
  NoKeyError,
  UnsupportedError,
  UsageError,
  type FieldsealErrorCode,
} from './errors.js';
export {
  EncryptionClient,
  type CommitmentPolicy,
  type DecryptOptions,
  type DecryptResult,
  type DecryptStreamOptions,
  type EncryptionClientOptions,
  type EncryptOptions,
  type EncryptResult,
  type EncryptStreamOptions,
  type MessageHeader,
  type ResealOptions,
  type ResealResult,
} from './encryption-client.js';
export {
  inspect,
  type EncryptedDataKey,
  type MessageSuite,
  type StoredHeader,
  type StoredMessageHeader,
} from './inspect.js';
export {
  awsKmsHierarchicalKeyring,
  staticKeyStore,
  type AwsKmsHierarchicalKeyringOptions,
  type BranchKeyStore,
  type StaticBranchKey,
  type StaticKeyStoreOptions,
} from './hierarchical.js';
export {
  ItemEncryptor,
  type CryptoAction,
  type DocumentOptions,
  type DocumentResult,
  type ItemEncryptorOptions,
  type ItemHeader,
  type ItemResult,
  type PlaintextOverride,
  type ResealAllOptions,
  type ResealedBatch,
  type ResealItemsOptions,
  type ResealItemsResult,
} from './item-encryptor.js';
export {
  defaultCmm,
  multiKeyring,
  rawAesKeyring,
  rawRsaKeyring,
  requiredEncryptionContextCmm,
  type Cmm,
  type Keyring,
  type MultiKeyringOptions,
  type RawAesKeyringOptions,
  type RawRsaKeyringOptions,
  type RequiredEncryptionContextCmmOptions,
  type RsaPaddingScheme,
} from './keyrings.js';
export type { MessageStream, StreamProgress } from './message-stream.js';
export * from './keyrings-ecdh.js';
export * from './keyrings-kms.js';
export type { EcdhCurve, EcdhKeyPair, EcdhPrivateKey } from './ecdh-host.js';
export type { RsaPrivateKey } from './rsa-host.js';
export * from './dynamodb-client.js';
export {
  keyStore,
  type BeaconKey,
  type BranchKey,
  type BranchKeyVersion,
  type CreateKeyRequest,
  type KeyStore,
  type KeyStoreInfo,
  type KeyStoreKmsConfiguration,
  type KeyStoreOptions,
} from './key-store.js';
export * from './kms.js';
export * from './open-telemetry.js';
export { publicKeyFingerprint } from './public-key.js';
export { verifySignature, type VerifySignatureOptions } from './verify-signature.js';
export type { ServiceClientOptions, ServiceEvent } from './service-client.js';
