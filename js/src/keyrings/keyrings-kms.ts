/** Keyrings of AWS KMS keys: symmetric ones, strict and by discovery, and RSA. */

import type { CoreObject } from '../core/core.js';
import { usage } from '../errors.js';
import { bytes, clientObject, makeKeyring, multiKeyring } from './keyrings.js';
import { strings, texts, type Keyring } from './keyrings.js';
import type { KmsClient } from '../kms/data-client.js';
import { COPY, mustBeOneOf, readOptions } from '../util/options.js';

/**
 * One client, or a function that makes a client for a Region. The function is called once for each
 * Region that the keyring needs, when the keyring is made.
 */
export type KmsClientSource = KmsClient | ((region: string) => KmsClient);

export interface AwsKmsKeyringOptions {
  /** With a function for each Region, all key ids must be key ARNs: they say which Region. */
  readonly kms: KmsClientSource;
  /** The key that makes the data keys; its ARN, to be able to decrypt. */
  readonly generatorKeyId?: string | undefined;
  /** Keys that wrap each data key too. */
  readonly keyIds?: readonly string[] | undefined;
  readonly grantTokens?: readonly string[] | undefined;
}

/**
 * Symmetric KMS keys, each named: encrypts with all, decrypts with any.
 *
 * @throws UsageError `INVALID_CONFIG`, `INVALID_ARGUMENT`
 * @throws MalformedInputError `MALFORMED_KEY_ID`
 */
export function awsKmsKeyring(options: AwsKmsKeyringOptions): Keyring {
  return strictKeyring(options, false);
}

/**
 * The same, aware of multi-Region keys (MRKs): decrypts with the named key what any of its replicas
 * wrapped, without a call to another Region. Keys that are not multi-Region must match exactly.
 *
 * @throws UsageError `INVALID_CONFIG` also when two of the key ids are replicas of one key
 * @throws MalformedInputError `MALFORMED_KEY_ID`
 */
export function awsKmsMrkKeyring(options: AwsKmsKeyringOptions): Keyring {
  return strictKeyring(options, true);
}

function strictKeyring(options: AwsKmsKeyringOptions, mrkAware: boolean): Keyring {
  const names = { kms: COPY, generatorKeyId: COPY, keyIds: COPY, grantTokens: COPY } as const;
  const { kms, generatorKeyId, keyIds = [], grantTokens = [] } = readOptions(options, names);
  const client = clients(kms);
  strings('keyIds', keyIds);
  strings('grantTokens', grantTokens);
  if (generatorKeyId === undefined && keyIds.length === 0) {
    throw usage('INVALID_CONFIG', 'an AWS KMS keyring needs generatorKeyId, keyIds or both');
  }
  const single = (keyId: string): Keyring => {
    texts({ keyId });
    const object = client(() => regionOf(keyId));
    return makeKeyring((owner) => {
      const config = { type: 'kms', kms: object.handle(owner), keyId, mrkAware, grantTokens };
      return owner.make((glue) => glue.make_keyring(config, undefined));
    });
  };
  const generator = generatorKeyId === undefined ? undefined : single(generatorKeyId);
  if (generator && keyIds.length === 0) return generator;
  const all = generatorKeyId === undefined ? [...keyIds] : [generatorKeyId, ...keyIds];
  const children = keyIds.map(single);
  return multiKeyring({ generator, children }, mrkAware ? all : []);
}

/** Whose keys may decrypt. */
export interface DiscoveryFilter {
  /** For example `aws` or `aws-cn`. */
  readonly partition: string;
  /** At least one account id. */
  readonly accountIds: readonly string[];
}

export interface AwsKmsDiscoveryKeyringOptions {
  readonly kms: KmsClientSource;
  /** Without, any key decrypts that the credentials may use: give it whenever you can. */
  readonly discoveryFilter?: DiscoveryFilter | undefined;
  /** Where to decrypt. Needed, or `regions`, when `kms` is a function. */
  readonly region?: string | undefined;
  /** Several of them, tried in this order; only with a function for `kms`. */
  readonly regions?: readonly string[] | undefined;
  readonly grantTokens?: readonly string[] | undefined;
}

/**
 * Decrypts with whatever symmetric KMS key wrapped the data key; cannot encrypt.
 *
 * @throws UsageError `INVALID_CONFIG`, `INVALID_ARGUMENT`
 */
export function awsKmsDiscoveryKeyring(options: AwsKmsDiscoveryKeyringOptions): Keyring {
  return discoveryKeyring(options, false);
}

/**
 * The same, aware of multi-Region keys (MRKs): decrypts in one Region, by default that of `kms`,
 * what a replica in any Region wrapped. Data of single-Region keys opens only in their own Region.
 *
 * @throws UsageError `INVALID_CONFIG`, also when `region` is not that of `kms`; `INVALID_ARGUMENT`
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
  strings('grantTokens', grantTokens);
  if (region !== undefined) texts({ region });
  const single = (where: string | undefined): Keyring => {
    const object = client(() => where ?? '');
    return makeKeyring((owner) => {
      const config = {
        type: 'kmsDiscovery',
        kms: object.handle(owner),
        mrkAware,
        region: where,
        ...filter,
        grantTokens,
      };
      return owner.make((glue) => glue.make_keyring(config, undefined));
    });
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
  regions.forEach((name, i) => texts({ [`regions[${i}]`]: name }));
  return multiKeyring({ children: regions.map(single) });
}

function filterOf(filter: DiscoveryFilter): DiscoveryFilter {
  const names = { partition: COPY, accountIds: COPY } as const;
  const { partition, accountIds } = readOptions(filter, names, 'discoveryFilter');
  texts({ 'discoveryFilter.partition': partition });
  return { partition, accountIds: strings('discoveryFilter.accountIds', accountIds) };
}

/** Finds the client for a Region; the Region is asked for only where the source is a function. */
function clients(kms: KmsClientSource): (region: () => string) => CoreObject {
  if (typeof kms !== 'function') {
    const only = clientObject('kms', kms);
    return () => only;
  }
  const known = new Map<string, CoreObject>();
  return (region) => {
    const name = region();
    if (name === '') throw usage('INVALID_CONFIG', 'region must not be empty');
    const client = known.get(name) ?? clientObject(`what kms('${name}') returned`, kms(name));
    known.set(name, client);
    return client;
  };
}

/** The Region in a key ARN; the core checks the rest of it. */
function regionOf(keyId: string): string {
  const [arn, , service, region] = keyId.split(':');
  if (arn === 'arn' && service === 'kms' && region) return region;
  const why = 'its Region says which client is needed';
  throw usage('INVALID_CONFIG', `with a function for kms, '${keyId}' must be a key ARN: ${why}`);
}

const RSA_ALGORITHMS = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const;

export interface AwsKmsRsaKeyringOptions {
  /** Key ARN or key id of an RSA KMS key for encryption; not an alias. */
  readonly kmsKeyId: string;
  /** Its downloaded public key, PEM or DER; fetched through `kms` when absent. */
  readonly publicKey?: string | Uint8Array | undefined;
  /** By default `RSAES_OAEP_SHA_256`. */
  readonly encryptionAlgorithm?: (typeof RSA_ALGORITHMS)[number] | undefined;
  /** Needed to decrypt, and to fetch the public key. */
  readonly kms?: KmsClient | undefined;
  readonly grantTokens?: readonly string[] | undefined;
}

/**
 * The public half of an RSA KMS key: seals offline, without credentials; opens through KMS Decrypt.
 * Serves suites without an asymmetric signature; the item encryptor picks `6700` by itself.
 */
export function awsKmsRsaKeyring(options: AwsKmsRsaKeyringOptions): Keyring {
  const given = readOptions(options, {
    kmsKeyId: COPY,
    publicKey: COPY,
    encryptionAlgorithm: COPY,
    kms: COPY,
    grantTokens: COPY,
  });
  const { kmsKeyId, publicKey, kms, grantTokens = [] } = given;
  const { encryptionAlgorithm = 'RSAES_OAEP_SHA_256' } = given;
  texts({ kmsKeyId });
  mustBeOneOf('encryptionAlgorithm', encryptionAlgorithm, RSA_ALGORITHMS);
  strings('grantTokens', grantTokens);
  const client = kms === undefined ? undefined : clientObject('kms', kms);
  const key = publicKey === undefined ? undefined : bytes('publicKey', publicKey);
  return makeKeyring((owner) => {
    const config = {
      type: 'kmsRsa',
      kms: client?.handle(owner),
      kmsKeyId,
      publicKey: key,
      encryptionAlgorithm,
      grantTokens,
    };
    return owner.make((glue) => glue.make_keyring(config, undefined));
  });
}
