/** Keyrings as plain data: what another thread makes them from. */

import type { ClientExtraOptions } from '../aws/client-extras.js';
import type { DynamoDbClientOptions } from '../aws/dynamodb-client.js';
import type { AwsCredentials } from '../aws/service-client.js';
import type { KeyStoreOptions } from '../branch-keys/key-store.js';
import type { StaticBranchKey, StaticKeyStoreOptions } from '../branch-keys/static-key-store.js';
import type { AwsKmsDiscoveryKeyringOptions } from '../keyrings/aws-kms-discovery.js';
import type { AwsKmsEcdhKeyringOptions } from '../keyrings/aws-kms-ecdh.js';
import type { AwsKmsHierarchicalKeyringOptions } from '../keyrings/aws-kms-hierarchical.js';
import type { AwsKmsRsaKeyringOptions } from '../keyrings/aws-kms-rsa.js';
import type { AwsKmsKeyringOptions } from '../keyrings/aws-kms.js';
import type { RawAesKeyringOptions } from '../keyrings/raw-aes.js';
import type { RawEcdhKeyringOptions } from '../keyrings/raw-ecdh.js';
import type { RawRsaKeyringOptions } from '../keyrings/raw-rsa.js';
import type { KmsClientOptions } from '../kms/client.js';

/** What a client of a service is made from, without functions. */
type Client<Options> = Omit<
  Options,
  'credentials' | 'endpoint' | 'fetch' | 'onEvent' | 'publicKeyStore'
> & {
  /** http or https URL; by default AWS's endpoint of `region`. */
  readonly endpoint?: string | undefined;
  /** Without, requests are not signed. A thread cannot ask for others when these have expired: start new workers then. */
  readonly credentials?: AwsCredentials | undefined;
};

/**
 * What a thread makes a `KmsClient` from: its options, but for functions. In the place of a function for each Region, leave out
 * `endpoint` and `region`: then the keyring has a client for each Region that it needs. {@link KeyringConfiguration} shows one.
 */
export interface KmsClientConfiguration extends Client<KmsClientOptions>, ClientExtraOptions {}

/** What a thread makes a `DynamoDbClient` from: its options, but for functions. {@link KeyringConfiguration} names it. */
export interface DynamoDbClientConfiguration
  extends Client<DynamoDbClientOptions>, ClientExtraOptions {}

/** Where a hierarchical keyring of a thread has its branch keys: a part of {@link KeyringConfiguration}. */
export type KeyStoreConfiguration =
  /** The options of `keyStore`. */
  | (Omit<KeyStoreOptions, 'dynamodb' | 'kms'> & {
      readonly type: 'dynamodb';
      readonly dynamodb: DynamoDbClientConfiguration;
      readonly kms: KmsClientConfiguration;
    })
  /** What `staticKeyStore` takes. */
  | (StaticKeyStoreOptions & {
      readonly type: 'static';
      readonly keys: readonly StaticBranchKey[];
    });

/** Options whose KMS client is described. */
type OverKms<Options extends { readonly kms?: unknown }> = Omit<Options, 'kms'> &
  (undefined extends Options['kms']
    ? { readonly kms?: KmsClientConfiguration | undefined }
    : { readonly kms: KmsClientConfiguration });

/**
 * A keyring as plain data, from which each thread makes its own: `type` is the name of the function that makes such a keyring,
 * without `Keyring`; the rest are that function's options. Clients and key stores stand in it as their options. Functions, a
 * `customKeyring` among them, cannot go to another thread.
 *
 * @example
 * ```ts
 * import { startItemWorkers, type KeyringConfiguration } from 'fieldseal/workers'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const { arn } = await dev.createKey()
 * const kms: KeyringConfiguration = {
 *   type: 'awsKms',
 *   kms: { endpoint: dev.url, region: dev.region },
 *   generatorKeyId: arn,
 * }
 * const backup: KeyringConfiguration = {
 *   type: 'rawAes',
 *   keyNamespace: 'shop',
 *   keyName: 'backup-1',
 *   wrappingKey: crypto.getRandomValues(new Uint8Array(32)),
 * }
 * const workers = await startItemWorkers({
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: { type: 'multi', generator: kms, children: [backup] },
 * })
 * const [sealed] = await workers.encryptItems([
 *   { customer_id: { S: 'c-1' }, ssn: { S: '078-05-1120' } },
 * ])
 * console.log(sealed?.header?.encryptedDataKeys.map((key) => key.keyProviderId)) // → [ 'aws-kms', 'shop' ]
 * await workers.close()
 * await dev.close()
 * ```
 */
export type KeyringConfiguration =
  | (RawAesKeyringOptions & { readonly type: 'rawAes' })
  | (RawRsaKeyringOptions & { readonly type: 'rawRsa' })
  | (RawEcdhKeyringOptions & { readonly type: 'rawEcdh' })
  | (OverKms<AwsKmsKeyringOptions> & { readonly type: 'awsKms' })
  | (OverKms<AwsKmsKeyringOptions> & { readonly type: 'awsKmsMrk' })
  | (OverKms<AwsKmsDiscoveryKeyringOptions> & { readonly type: 'awsKmsDiscovery' })
  | (OverKms<AwsKmsDiscoveryKeyringOptions> & { readonly type: 'awsKmsMrkDiscovery' })
  | (OverKms<AwsKmsRsaKeyringOptions> & { readonly type: 'awsKmsRsa' })
  | (OverKms<AwsKmsEcdhKeyringOptions> & { readonly type: 'awsKmsEcdh' })
  | (Omit<
      AwsKmsHierarchicalKeyringOptions,
      'branchKeyIdSupplier' | 'cache' | 'keyStore' | 'onEvent'
    > & {
      readonly type: 'awsKmsHierarchical';
      readonly keyStore: KeyStoreConfiguration;
    })
  | {
      readonly type: 'multi';
      readonly generator?: KeyringConfiguration | undefined;
      readonly children?: readonly KeyringConfiguration[] | undefined;
      readonly onUnavailableChild?: 'fail' | 'skip' | undefined;
    };
