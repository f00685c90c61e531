/** Everything that all entry points have in common. */

export * from '../items/attribute-value.js';
export type { BatchOptions, ItemFailure, Outcome } from '../items/batch.js';
export {
  NumberValue,
  fromAttributeMap,
  toAttributeMap,
  type DocumentOptions,
  type FromAttributeMapOptions,
  type NativeDocument,
  type ToAttributeMapOptions,
} from '../items/document.js';
export * from '../items/dynamo-json.js';
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
} from '../errors.js';
export type { EncryptedDataKey, StoredHeader } from '../inspect.js';
export {
  ItemEncryptor,
  defineTable,
  type AttributeActions,
  type CryptoAction,
  type DocumentResult,
  type ItemEncryptorOptions,
  type ItemHeader,
  type ItemResult,
  type PlaintextOverride,
  type SealedDocument,
  type TableDefinition,
  type ResealAllOptions,
  type FailedItem,
  type ResealedBatch,
  type ResealItemsOptions,
  type ResealItemsResult,
} from '../items/item-encryptor.js';
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
} from '../keyrings/keyrings.js';
export * from '../keyrings/keyrings-kms.js';
export type { RsaPrivateKey } from '../host/rsa.js';
export type { CallOptions } from '../util/signal.js';
export type { ServiceClientOptions, ServiceEvent } from '../aws/service-client.js';
