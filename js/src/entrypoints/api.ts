/** Everything that the entry points `fieldseal` and `fieldseal/slim` have in common. */

export * from './common-api.js';
export type * from '../search/types.js';
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
  type EncryptionClientOptions,
} from '../messages/encryption-client.js';
export type {
  DecryptOptions,
  DecryptResult,
  DecryptStreamOptions,
  EncryptOptions,
  EncryptResult,
  EncryptStreamOptions,
  MessageHeader,
  MessageStream,
  ResealOptions,
  ResealResult,
  StreamProgress,
} from '../messages/types.js';
export {
  inspect,
  type InspectOptions,
  type MessageSuite,
  type StoredMessageHeader,
} from '../inspect.js';
export type { BranchKeyStore } from '../branch-keys/branch-key-store.js';
export {
  staticKeyStore,
  type StaticBranchKey,
  type StaticKeyStoreOptions,
} from '../branch-keys/static-key-store.js';
export {
  awsKmsHierarchicalKeyring,
  type AwsKmsHierarchicalKeyringOptions,
} from '../keyrings/aws-kms-hierarchical.js';
export type { EcdhPublicKey } from '../keyrings/ecdh-schemes.js';
export * from '../keyrings/raw-ecdh.js';
export * from '../keyrings/aws-kms-ecdh.js';
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
export * from '../telemetry/open-telemetry.js';
export * from '../telemetry/open-telemetry-metrics.js';
export {
  publicKeyFingerprint,
  readPublicKey,
  type ReadPublicKeyOptions,
} from '../keys/public-key.js';
export {
  checkKeyPair,
  type CheckKeyPairOptions,
  type CheckKeyPairResult,
} from '../keys/check-key-pair.js';
export { fetchPublicKey, type FetchPublicKeyOptions } from '../keys/fetch-public-key.js';
export { recipient, type RecipientKeyPair, type RecipientOptions } from '../keys/recipient.js';
export { verifySignature, type VerifySignatureOptions } from '../kms/verify-signature.js';
