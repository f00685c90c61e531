/** The AWS KMS keyrings that decrypt with whatever key wrapped a data key. */

import type { AwsKmsDiscoveryConfig } from '../generated/config.js';
import { usage } from '../errors.js';
import { COPY, readOptions } from '../util/options.js';
import { mustBeStrings, stringArray } from '../util/strings.js';
import { makeKeyring, type Keyring } from './keyring.js';
import { clients, type KmsClientSource } from './kms-clients.js';
import { multiKeyring } from './multi.js';

/** Whose keys may decrypt, for {@link awsKmsDiscoveryKeyring} and {@link awsKmsMrkDiscoveryKeyring}. */
export interface DiscoveryFilter {
  /** For example `aws` or `aws-cn`. */
  readonly partition: string;
  /** At least one account id. */
  readonly accountIds: readonly string[];
}

/**
 * Options of {@link awsKmsDiscoveryKeyring} and {@link awsKmsMrkDiscoveryKeyring}.
 *
 * @example
 * ```ts
 * import { KmsClient, awsKmsDiscoveryKeyring, type AwsKmsDiscoveryKeyringOptions } from 'fieldseal'
 *
 * const options: AwsKmsDiscoveryKeyringOptions = {
 *   kms: (region) => new KmsClient({ region }),
 *   regions: ['eu-central-1', 'eu-west-1'], // tried in this order
 *   discoveryFilter: { partition: 'aws', accountIds: ['111122223333'] },
 * }
 * const keyring = awsKmsDiscoveryKeyring(options) // nothing is sent before something is opened
 * console.log(typeof keyring) // → object
 * ```
 */
export interface AwsKmsDiscoveryKeyringOptions {
  /** A client, or a function that makes one for a Region. */
  readonly kms: KmsClientSource;
  /** Without, any key decrypts that the credentials may use: give it whenever you can. */
  readonly discoveryFilter?: DiscoveryFilter | undefined;
  /** Where to decrypt. Needed, or `regions`, when `kms` is a function. */
  readonly region?: string | undefined;
  /** Several of them, tried in this order; only with a function for `kms`. */
  readonly regions?: readonly string[] | undefined;
  /** Grant tokens for every call, of grants that are not yet in effect everywhere. */
  readonly grantTokens?: readonly string[] | undefined;
}

/**
 * Decrypts with whatever symmetric KMS key wrapped the data key; cannot encrypt
 * (`framework/aws-kms/aws-kms-discovery-keyring.md`).
 *
 * @throws UsageError `INVALID_CONFIG`, `INVALID_ARGUMENT`; when it is to encrypt, `KEYRING_CANNOT`
 *
 * @example
 * ```ts
 * import { EncryptionClient, KmsClient, awsKmsDiscoveryKeyring, awsKmsKeyring } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms({ account: '111122223333' })
 * const { arn } = await dev.createKey()
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 * const client = new EncryptionClient()
 * const keyring = awsKmsKeyring({ kms, generatorKeyId: arn })
 * const { ciphertext } = await client.encrypt(new TextEncoder().encode('hello'), { keyring })
 *
 * // A service that opens whatever this account sealed, and knows no key by name.
 * const discovery = awsKmsDiscoveryKeyring({
 *   kms,
 *   discoveryFilter: { partition: 'aws', accountIds: ['111122223333'] },
 * })
 * const { plaintext } = await client.decrypt(ciphertext, { keyring: discovery })
 * console.log(new TextDecoder().decode(plaintext)) // → hello
 * await dev.close()
 * ```
 */
export function awsKmsDiscoveryKeyring(options: AwsKmsDiscoveryKeyringOptions): Keyring {
  return discoveryKeyring(options, false);
}

/**
 * The same, aware of multi-Region keys (MRKs): decrypts in one Region, by default that of `kms`,
 * what a replica in any Region wrapped. Data of single-Region keys opens only in their own Region
 * (`framework/aws-kms/aws-kms-mrk-discovery-keyring.md`).
 *
 * @throws UsageError `INVALID_CONFIG`, also when `region` is not that of `kms`; `INVALID_ARGUMENT`; when it is to
 * encrypt,
 * `KEYRING_CANNOT`
 *
 * @example
 * ```ts
 * import { EncryptionClient, KmsClient, awsKmsMrkDiscoveryKeyring, awsKmsMrkKeyring } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const key = await dev.createKey({
 *   multiRegion: true,
 *   region: 'eu-central-1',
 *   replicaRegions: ['us-west-2'],
 * })
 * const kmsIn = (region: string) => new KmsClient({ endpoint: dev.urlFor(region), region })
 * const client = new EncryptionClient()
 * const keyring = awsKmsMrkKeyring({ kms: kmsIn('eu-central-1'), generatorKeyId: key.arn })
 * const { ciphertext } = await client.encrypt(new TextEncoder().encode('hello'), { keyring })
 *
 * // Sealed in Frankfurt, opened in Oregon.
 * const discovery = awsKmsMrkDiscoveryKeyring({ kms: kmsIn('us-west-2') })
 * const { plaintext } = await client.decrypt(ciphertext, { keyring: discovery })
 * console.log(new TextDecoder().decode(plaintext)) // → hello
 * await dev.close()
 * ```
 */
export function awsKmsMrkDiscoveryKeyring(options: AwsKmsDiscoveryKeyringOptions): Keyring {
  return discoveryKeyring(options, true);
}

function discoveryKeyring(options: AwsKmsDiscoveryKeyringOptions, mrkAware: boolean): Keyring {
  const given = readOptions(options, {
    kms: COPY,
    discoveryFilter: COPY,
    region: COPY,
    regions: COPY,
    grantTokens: COPY,
  });
  const { kms, discoveryFilter, region, regions, grantTokens = [] } = given;
  const client = clients(kms);
  const filter = discoveryFilter === undefined ? undefined : filterOf(discoveryFilter);
  stringArray('grantTokens', grantTokens);
  if (region !== undefined) mustBeStrings({ region });
  const single = (where: string | undefined): Keyring => {
    const object = client(() => where ?? '');
    return makeKeyring((owner): AwsKmsDiscoveryConfig => ({
      type: 'kmsDiscovery',
      kms: object.handle(owner),
      mrkAware,
      region: where,
      ...filter,
      grantTokens,
    }));
  };
  if (typeof kms !== 'function') {
    if (regions !== undefined) {
      throw usage('INVALID_CONFIG', 'regions needs a function for kms: a client has one Region');
    }
    if (region !== undefined && !mrkAware) {
      throw usage('INVALID_CONFIG', 'region needs a function for kms: the client has its own');
    }
    return single(region);
  }
  if ((region === undefined) === (regions === undefined)) {
    throw usage('INVALID_CONFIG', 'with a function for kms, give region or regions');
  }
  if (regions === undefined) return single(region);
  if (!Array.isArray(regions) || regions.length === 0 || regions.some((name) => name === '')) {
    throw usage('INVALID_CONFIG', 'regions must name at least one Region, and none may be empty');
  }
  return multiKeyring({ children: stringArray('regions', regions).map(single) });
}

function filterOf(filter: DiscoveryFilter): DiscoveryFilter {
  const names = { partition: COPY, accountIds: COPY } as const;
  const { partition, accountIds } = readOptions(filter, names, 'discoveryFilter');
  mustBeStrings({ 'discoveryFilter.partition': partition });
  return { partition, accountIds: stringArray('discoveryFilter.accountIds', accountIds) };
}
