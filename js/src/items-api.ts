/** Everything that the entry points `fieldseal/items` and `fieldseal/items/slim` have in common. */

export * from './attribute-value.js';
export * from './document.js';
export * from './dynamo-json.js';
export {
  AuthenticationError,
  FieldsealError,
  HostError,
  InternalError,
  KmsError,
  LimitError,
  MalformedInputError,
  NoKeyError,
  UnsupportedError,
  UsageError,
  type FieldsealErrorCode,
} from './errors.js';
export { inspectItem as inspect, type EncryptedDataKey, type StoredHeader } from './inspect.js';
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
export * from './keyrings-kms.js';
export type { RsaPrivateKey } from './rsa-host.js';
export { KmsClient, type KmsClientOptions } from './kms-client.js';
export type {
  DecryptRequest,
  DecryptResponse,
  EncryptRequest,
  EncryptResponse,
  GenerateDataKeyRequest,
  GenerateDataKeyResponse,
  GetPublicKeyResponse,
  KeyMetadata,
  KeyRequest,
  KmsEvent,
  PublicKeyStore,
  ReEncryptRequest,
  ReEncryptResponse,
  StoredPublicKey,
} from './kms-types.js';
export type { KmsCredentials, ServiceClientOptions, ServiceEvent } from './service-client.js';
