/** Everything that the entry points `fieldseal` and `fieldseal/slim` have in common. */

export * from './common-api.js';
export {
  localCache,
  stormTrackingCache,
  type CacheEvent,
  type LocalCacheOptions,
  type MaterialsCache,
  type StormTrackingCacheOptions,
} from '../caches/cache.js';
export { cachingCmm, type CachingCmmOptions } from '../cmm/caching-cmm.js';
export { DynamoDbError, KeyStoreError } from '../errors.js';
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
} from '../messages/encryption-client.js';
export {
  inspect,
  type InspectOptions,
  type MessageSuite,
  type StoredMessageHeader,
} from '../inspect.js';
export {
  awsKmsHierarchicalKeyring,
  staticKeyStore,
  type AwsKmsHierarchicalKeyringOptions,
  type BranchKeyStore,
  type StaticBranchKey,
  type StaticKeyStoreOptions,
} from '../keyrings/hierarchical.js';
export type { MessageStream, StreamProgress } from '../messages/stream.js';
export * from '../keyrings/keyrings-ecdh.js';
export type { EcdhCurve, EcdhKeyPair, EcdhPrivateKey } from '../host/ecdh.js';
export * from '../aws/dynamodb-client.js';
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
} from '../branch-keys/key-store.js';
export * from '../kms/client.js';
export * from '../aws/open-telemetry.js';
export { publicKeyFingerprint } from '../kms/public-key.js';
export { verifySignature, type VerifySignatureOptions } from '../kms/verify-signature.js';
