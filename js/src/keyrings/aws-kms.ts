/** The AWS KMS keyrings of symmetric keys that are named. */

import type { AwsKmsConfig } from '../generated/config.js';
import { usage } from '../errors.js';
import { COPY, readOptions } from '../util/options.js';
import { mustBeStrings, stringArray } from '../util/strings.js';
import { makeKeyring, type Keyring } from './keyring.js';
import { clients, type KmsClientSource } from './kms-clients.js';
import { keyringOfSeveral } from './multi.js';

/**
 * Options of {@link awsKmsKeyring} and {@link awsKmsMrkKeyring}.
 *
 * @example
 * ```ts
 * import { EncryptionClient, KmsClient, awsKmsKeyring, type AwsKmsKeyringOptions } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const here = await dev.createKey({ region: 'eu-central-1' })
 * const there = await dev.createKey({ region: 'us-west-2' })
 *
 * // One client for each Region that the key ARNs name. For AWS: new KmsClient({ region, credentials }).
 * const options: AwsKmsKeyringOptions = {
 *   kms: (region) => new KmsClient({ endpoint: dev.urlFor(region), region }),
 *   generatorKeyId: here.arn,
 *   keyIds: [there.arn],
 * }
 * const { header } = await new EncryptionClient().encrypt(new Uint8Array(1), {
 *   keyring: awsKmsKeyring(options),
 * })
 * console.log(header.encryptedDataKeys.map(({ keyName }) => keyName === here.arn)) // → [ true, false ]
 * await dev.close()
 * ```
 */
export interface AwsKmsKeyringOptions {
  /** With a function for each Region, all key ids must be key ARNs: they say which Region. */
  readonly kms: KmsClientSource;
  /** The key that makes the data keys; its ARN, to be able to decrypt. */
  readonly generatorKeyId?: string | undefined;
  /** Keys that wrap each data key too. */
  readonly keyIds?: readonly string[] | undefined;
  /** Grant tokens for every call, of grants that are not yet in effect everywhere. */
  readonly grantTokens?: readonly string[] | undefined;
}

/**
 * Symmetric KMS keys, each named: encrypts with all, decrypts with any (`framework/aws-kms/aws-kms-keyring.md`).
 * One GenerateDataKey for each data key and one Encrypt for each further key; one Decrypt to open.
 *
 * @throws UsageError `INVALID_CONFIG`, `INVALID_ARGUMENT`
 * @throws MalformedInputError `MALFORMED_KEY_ID`
 *
 * @example
 * ```ts
 * import { ItemEncryptor, KmsClient, awsKmsKeyring } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms() // a KMS on this machine; for AWS: new KmsClient({ region, credentials })
 * const { arn } = await dev.createKey()
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 *
 * const customers = new ItemEncryptor({
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: awsKmsKeyring({ kms, generatorKeyId: arn }),
 * })
 * const sealed = await customers.encryptDocument({ customer_id: 'c-1', ssn: '078-05-1120' })
 * const { document } = await customers.decryptDocument(sealed.document)
 * console.log(document.ssn) // → 078-05-1120
 * console.log(dev.calls.map(({ operation }) => operation)) // → [ 'GenerateDataKey', 'Decrypt' ]
 * await dev.close()
 * ```
 */
export function awsKmsKeyring(options: AwsKmsKeyringOptions): Keyring {
  return strictKeyring(options, false);
}

/**
 * The same, aware of multi-Region keys (MRKs): decrypts with the named key what any of its replicas
 * wrapped, without a call to another Region. Keys that are not multi-Region must match exactly
 * (`framework/aws-kms/aws-kms-mrk-keyring.md`).
 *
 * @throws UsageError `INVALID_CONFIG` also when two of the key ids are replicas of one key
 * @throws MalformedInputError `MALFORMED_KEY_ID`
 *
 * @example
 * ```ts
 * import { EncryptionClient, KmsClient, awsKmsMrkKeyring } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const primary = await dev.createKey({
 *   multiRegion: true,
 *   region: 'eu-central-1',
 *   replicaRegions: ['us-west-2'],
 * })
 * const keyringIn = (region: string) =>
 *   awsKmsMrkKeyring({
 *     kms: new KmsClient({ endpoint: dev.urlFor(region), region }),
 *     generatorKeyId: primary.arn.replace('eu-central-1', region),
 *   })
 *
 * const client = new EncryptionClient()
 * const { ciphertext } = await client.encrypt(new TextEncoder().encode('hello'), {
 *   keyring: keyringIn('eu-central-1'),
 * })
 * const { plaintext } = await client.decrypt(ciphertext, { keyring: keyringIn('us-west-2') })
 * console.log(new TextDecoder().decode(plaintext)) // → hello
 * console.log(dev.calls.map(({ region }) => region)) // → [ 'eu-central-1', 'us-west-2' ]
 * await dev.close()
 * ```
 */
export function awsKmsMrkKeyring(options: AwsKmsKeyringOptions): Keyring {
  return strictKeyring(options, true);
}

function strictKeyring(options: AwsKmsKeyringOptions, mrkAware: boolean): Keyring {
  const names = { kms: COPY, generatorKeyId: COPY, keyIds: COPY, grantTokens: COPY } as const;
  const { kms, generatorKeyId, keyIds = [], grantTokens = [] } = readOptions(options, names);
  const client = clients(kms);
  stringArray('keyIds', keyIds);
  stringArray('grantTokens', grantTokens);
  if (generatorKeyId === undefined && keyIds.length === 0) {
    throw usage('INVALID_CONFIG', 'an AWS KMS keyring needs generatorKeyId, keyIds or both');
  }
  const single = (keyId: string): Keyring => {
    mustBeStrings({ keyId });
    const object = client(() => regionOf(keyId));
    return makeKeyring((owner): AwsKmsConfig => {
      return { type: 'kms', kms: object.handle(owner), keyId, mrkAware, grantTokens };
    });
  };
  const generator = generatorKeyId === undefined ? undefined : single(generatorKeyId);
  if (generator && keyIds.length === 0) return generator;
  const all = generatorKeyId === undefined ? [...keyIds] : [generatorKeyId, ...keyIds];
  const children = keyIds.map(single);
  return keyringOfSeveral({ generator, children }, mrkAware ? all : []);
}

/** The Region in a key ARN; the core checks the rest of it. */
function regionOf(keyId: string): string {
  const [arn, , service, region] = keyId.split(':');
  if (arn === 'arn' && service === 'kms' && region !== undefined && region !== '') return region;
  const why = 'its Region says which client is needed';
  throw usage('INVALID_CONFIG', `with a function for kms, '${keyId}' must be a key ARN: ${why}`);
}
