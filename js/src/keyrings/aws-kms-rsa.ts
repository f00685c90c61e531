/** The AWS KMS RSA keyring. */

import { RSA_ENCRYPTION_ALGORITHMS, type AwsKmsRsaConfig } from '../generated/config.js';
import { spkiOf, type PublicKeyInput } from '../keys/forms.js';
import type { KmsClient } from '../kms/data-client.js';
import { COPY, mustBeOneOf, readOptions } from '../util/options.js';
import { mustBeStrings, stringArray } from '../util/strings.js';
import { makeKeyring, type Keyring } from './keyring.js';
import { clientObject } from './kms-clients.js';

/**
 * Options of {@link awsKmsRsaKeyring}.
 *
 * @example
 * ```ts
 * import {
 *   EncryptionClient,
 *   KmsClient,
 *   awsKmsRsaKeyring,
 *   type AwsKmsRsaKeyringOptions,
 * } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const { arn } = await dev.createKey({ keySpec: 'RSA_2048', keyUsage: 'ENCRYPT_DECRYPT' })
 *
 * // The public key is fetched once, with GetPublicKey, because it is not given.
 * const options: AwsKmsRsaKeyringOptions = {
 *   kmsKeyId: arn,
 *   kms: new KmsClient({ endpoint: dev.url, region: dev.region }),
 *   encryptionAlgorithm: 'RSAES_OAEP_SHA_256',
 * }
 * const keyring = awsKmsRsaKeyring(options)
 * const { header } = await new EncryptionClient().encrypt(new Uint8Array(1), { keyring })
 * console.log(header.algorithmSuite, dev.countCalls('GetPublicKey')) // → 0478 1
 * await dev.close()
 * ```
 */
export interface AwsKmsRsaKeyringOptions {
  /** Key ARN or key id of an RSA KMS key for encryption; not an alias. */
  readonly kmsKeyId: string;
  /** Its downloaded public key, in any form; fetched through `kms` when absent. */
  readonly publicKey?: PublicKeyInput | undefined;
  /** By default `RSAES_OAEP_SHA_256`. */
  readonly encryptionAlgorithm?: (typeof RSA_ENCRYPTION_ALGORITHMS)[number] | undefined;
  /** Needed to decrypt, and to fetch the public key. */
  readonly kms?: KmsClient | undefined;
  /** Grant tokens for every call, of grants that are not yet in effect everywhere. */
  readonly grantTokens?: readonly string[] | undefined;
}

/**
 * The public half of an RSA KMS key: seals offline, without credentials; opens through KMS Decrypt
 * (`framework/aws-kms/aws-kms-rsa-keyring.md`). Serves suites without an asymmetric signature; the item encryptor picks
 * `6700` by itself.
 *
 * @throws MalformedInputError `MALFORMED_KEY`, `MALFORMED_KEY_ID`
 * @throws UsageError `INVALID_CONFIG` without `publicKey` and `kms`, or for an unknown algorithm; `INVALID_ARGUMENT`;
 * when used, `KEYRING_CANNOT` for suites that sign
 *
 * @example
 * ```ts
 * import { ItemEncryptor, KmsClient, awsKmsRsaKeyring } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const key = await dev.createKey({ keySpec: 'RSA_2048', keyUsage: 'ENCRYPT_DECRYPT' })
 * const table = {
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 * } as const
 *
 * // In the browser: with the public key alone, and without a call.
 * const form = new ItemEncryptor({
 *   ...table,
 *   keyring: awsKmsRsaKeyring({ kmsKeyId: key.arn, publicKey: key.publicKeyPem }),
 * })
 * const { item } = await form.encryptItem({ customer_id: { S: 'c-1' }, ssn: { S: '078-05-1120' } })
 * console.log(dev.countCalls()) // → 0
 *
 * // In the service that may use the private half.
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 * const service = new ItemEncryptor({
 *   ...table,
 *   keyring: awsKmsRsaKeyring({ kmsKeyId: key.arn, kms }),
 * })
 * const opened = await service.decryptItem(item)
 * console.log(opened.item.ssn) // → { S: '078-05-1120' }
 * await dev.close()
 * ```
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
  mustBeOneOf('encryptionAlgorithm', encryptionAlgorithm, RSA_ENCRYPTION_ALGORITHMS);
  stringArray('grantTokens', grantTokens);
  const client = kms === undefined ? undefined : clientObject('kms', kms);
  const key = publicKey === undefined ? undefined : spkiOf('publicKey', publicKey);
  return makeKeyring((owner): AwsKmsRsaConfig => ({
    type: 'kmsRsa',
    kms: client?.handle(owner),
    kmsKeyId,
    publicKey: key,
    encryptionAlgorithm,
    grantTokens,
  }));
}
