/** Everything that the entry points `fieldseal` and `fieldseal/slim` have in common. */

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
export * from './kms.js';
export * from './open-telemetry.js';
export { publicKeyFingerprint } from './public-key.js';
export { verifySignature, type VerifySignatureOptions } from './verify-signature.js';
