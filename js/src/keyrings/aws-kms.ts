/** The AWS KMS keyrings of symmetric keys that are named. */

import { usage } from '../errors.js';
import { COPY, readOptions } from '../util/options.js';
import { mustBeStrings, stringArray } from '../util/strings.js';
import { makeKeyring, type Keyring } from './keyring.js';
import { clients, type KmsClientSource } from './kms-clients.js';
import { multiKeyring } from './multi.js';

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
  stringArray('keyIds', keyIds);
  stringArray('grantTokens', grantTokens);
  if (generatorKeyId === undefined && keyIds.length === 0) {
    throw usage('INVALID_CONFIG', 'an AWS KMS keyring needs generatorKeyId, keyIds or both');
  }
  const single = (keyId: string): Keyring => {
    mustBeStrings({ keyId });
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

/** The Region in a key ARN; the core checks the rest of it. */
function regionOf(keyId: string): string {
  const [arn, , service, region] = keyId.split(':');
  if (arn === 'arn' && service === 'kms' && region) return region;
  const why = 'its Region says which client is needed';
  throw usage('INVALID_CONFIG', `with a function for kms, '${keyId}' must be a key ARN: ${why}`);
}
