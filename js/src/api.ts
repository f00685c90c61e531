/** Everything that the entry points `fieldseal` and `fieldseal/slim` have in common. */

export * from './common-api.js';
export {
  localCache,
  stormTrackingCache,
  type CacheEvent,
  type LocalCacheOptions,
  type MaterialsCache,
  type StormTrackingCacheOptions,
} from './cache.js';
export { cachingCmm, type CachingCmmOptions } from './caching-cmm.js';
export { DynamoDbError, KeyStoreError } from './errors.js';
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
  type InspectOptions,
  type MessageSuite,
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
export type { MessageStream, StreamProgress } from './message-stream.js';
export * from './keyrings-ecdh.js';
export type { EcdhCurve, EcdhKeyPair, EcdhPrivateKey } from './ecdh-host.js';
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
