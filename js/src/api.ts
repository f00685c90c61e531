/** Everything that the entry points `fieldseal` and `fieldseal/slim` have in common. */

export * from './attribute-value.js';
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
export { inspect, type EncryptedDataKey, type StoredHeader } from './inspect.js';
export {
  ItemEncryptor,
  type CryptoAction,
  type DocumentOptions,
  type DocumentResult,
  type ItemEncryptorOptions,
  type ItemHeader,
  type ItemResult,
  type PlaintextOverride,
} from './item-encryptor.js';
export {
  awsKmsKeyring,
  awsKmsRsaKeyring,
  defaultCmm,
  multiKeyring,
  rawAesKeyring,
  rawRsaKeyring,
  requiredEncryptionContextCmm,
  type AwsKmsKeyringOptions,
  type AwsKmsRsaKeyringOptions,
  type Cmm,
  type Keyring,
  type MultiKeyringOptions,
  type RawAesKeyringOptions,
  type RawRsaKeyringOptions,
  type RequiredEncryptionContextCmmOptions,
  type RsaPaddingScheme,
} from './keyrings.js';
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
export type { ServiceClientOptions, ServiceEvent } from './service-client.js';
