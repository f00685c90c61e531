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
export { defaultCmm } from '../cmm/default.js';
export {
  requiredEncryptionContextCmm,
  type RequiredEncryptionContextCmmOptions,
} from '../cmm/required-encryption-context.js';
export * from '../keyrings/aws-kms.js';
export * from '../keyrings/aws-kms-discovery.js';
export * from '../keyrings/aws-kms-rsa.js';
export * from '../keyrings/custom.js';
export type { Cmm, Keyring } from '../keyrings/keyring.js';
export type { KmsClientSource } from '../keyrings/kms-clients.js';
export { multiKeyring, type MultiKeyringOptions } from '../keyrings/multi.js';
export * from '../keyrings/raw-aes.js';
export {
  rawRsaKeyring,
  type RawRsaKeyringOptions,
  type RsaPaddingScheme,
} from '../keyrings/raw-rsa.js';
export type { RsaPrivateKey } from '../host/rsa.js';
export type { PublicJwk, PublicJwkSet, PublicKeyInput } from '../keys/forms.js';
export type { CallOptions } from '../util/signal.js';
export type { Repetition, ServiceClientOptions, ServiceEvent } from '../aws/service-client.js';
