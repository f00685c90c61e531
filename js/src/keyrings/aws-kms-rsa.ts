/** The AWS KMS RSA keyring. */

import type { KmsClient } from '../kms/data-client.js';
import { keyBytes } from '../util/bytes.js';
import { COPY, mustBeOneOf, readOptions } from '../util/options.js';
import { mustBeStrings, stringArray } from '../util/strings.js';
import { makeKeyring, type Keyring } from './keyring.js';
import { clientObject } from './kms-clients.js';

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
  mustBeStrings({ kmsKeyId });
  mustBeOneOf('encryptionAlgorithm', encryptionAlgorithm, RSA_ALGORITHMS);
  stringArray('grantTokens', grantTokens);
  const client = kms === undefined ? undefined : clientObject('kms', kms);
  const key = publicKey === undefined ? undefined : keyBytes('publicKey', publicKey);
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
