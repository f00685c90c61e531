/** Everything that the entry points `fieldseal/items` and `fieldseal/items/slim` have in common. */

export * from './common-api.js';
export { inspectItem as inspect } from '../inspect.js';
export { KmsClient, type KmsClientOptions } from '../kms/data-client.js';
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
} from '../kms/types.js';
export type { AwsCredentials } from '../aws/service-client.js';
