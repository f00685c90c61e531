/** The AWS KMS ECDH keyring: key agreement with a private key in KMS. */

import type { AwsKmsEcdhConfig } from '../generated/config.js';
import type { EcdhCurve } from '../host/ecdh.js';
import { spkiOf } from '../keys/forms.js';
import type { KmsClient } from '../kms/client.js';
import { COPY, readOptions, readVariant } from '../util/options.js';
import { mustBeStrings, stringArray } from '../util/strings.js';
import { checkCurve, type EcdhPublicKey } from './ecdh-schemes.js';
import { makeKeyring, type Keyring } from './keyring.js';
import { clientObject } from './kms-clients.js';

/**
 * Who agrees with whom, one of them in KMS; an option of {@link awsKmsEcdhKeyring}.
 *
 * - `static`: a sender's KMS key and a recipient's public key. Opens what either sealed.
 * - `discovery`: a recipient's KMS key, whoever the sender. Opens, and cannot seal.
 */
export type AwsKmsEcdhScheme =
  | {
      readonly type: 'static';
      /** Key ARN, key id, alias name or alias ARN of a KMS key for `KEY_AGREEMENT`. */
      readonly senderKmsKeyId: string;
      /** Fetched by GetPublicKey when absent. */
      readonly senderPublicKey?: EcdhPublicKey | undefined;
      readonly recipientPublicKey: EcdhPublicKey;
    }
  | {
      readonly type: 'discovery';
      /** Key ARN, key id, alias name or alias ARN of a KMS key for `KEY_AGREEMENT`. */
      readonly recipientKmsKeyId: string;
    };

/**
 * Options of {@link awsKmsEcdhKeyring}.
 *
 * @example
 * ```ts
 * import {
 *   EncryptionClient,
 *   KmsClient,
 *   awsKmsEcdhKeyring,
 *   type AwsKmsEcdhKeyringOptions,
 * } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const keyAgreement = { keySpec: 'ECC_NIST_P384', keyUsage: 'KEY_AGREEMENT' } as const
 * const [ours, theirs] = [await dev.createKey(keyAgreement), await dev.createKey(keyAgreement)]
 *
 * const options: AwsKmsEcdhKeyringOptions = {
 *   kms: new KmsClient({ endpoint: dev.url, region: dev.region }),
 *   curveSpec: 'P384',
 *   keyAgreementScheme: {
 *     type: 'static',
 *     senderKmsKeyId: ours.arn,
 *     senderPublicKey: ours.publicKey, // or it is fetched
 *     recipientPublicKey: theirs.publicKeyPem ?? '',
 *   },
 * }
 * const keyring = awsKmsEcdhKeyring(options)
 * const { header } = await new EncryptionClient().encrypt(new Uint8Array(1), { keyring })
 * console.log(header.encryptedDataKeys[0]?.keyProviderId) // → aws-kms-ecdh
 * await dev.close()
 * ```
 */
export interface AwsKmsEcdhKeyringOptions {
  /** Of the Region of the KMS key. */
  readonly kms: KmsClient;
  /** The curve of both keys. */
  readonly curveSpec: EcdhCurve;
  /** Who agrees with whom, with the keys that it takes. */
  readonly keyAgreementScheme: AwsKmsEcdhScheme;
  /** Grant tokens for every call, of grants that are not yet in effect everywhere. */
  readonly grantTokens?: readonly string[] | undefined;
}

/**
 * ECDH with a private key in AWS KMS: one DeriveSharedSecret for each data key, sealed or opened,
 * and one GetPublicKey for each client (`framework/aws-kms/aws-kms-ecdh-keyring.md`).
 *
 * @throws MalformedInputError `MALFORMED_KEY`, `MALFORMED_KEY_ID`
 * @throws UsageError `INVALID_ARGUMENT`, `INVALID_CONFIG`; when used, `KEYRING_CANNOT` for a KMS key
 * of another usage or curve
 *
 * @example
 * ```ts
 * import { EncryptionClient, KmsClient, awsKmsEcdhKeyring, rawEcdhKeyring } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const key = await dev.createKey({ keySpec: 'ECC_NIST_P256', keyUsage: 'KEY_AGREEMENT' })
 * const client = new EncryptionClient()
 *
 * // A browser seals with the public half of a KMS key …
 * const seals = rawEcdhKeyring({
 *   curveSpec: 'P256',
 *   keyAgreementScheme: { type: 'ephemeral', recipientPublicKey: key.publicKeyPem ?? '' },
 * })
 * const { ciphertext } = await client.encrypt(new TextEncoder().encode('for you'), { keyring: seals })
 *
 * // … and who may use the KMS key opens it.
 * const opens = awsKmsEcdhKeyring({
 *   kms: new KmsClient({ endpoint: dev.url, region: dev.region }),
 *   curveSpec: 'P256',
 *   keyAgreementScheme: { type: 'discovery', recipientKmsKeyId: key.arn },
 * })
 * const { plaintext } = await client.decrypt(ciphertext, { keyring: opens })
 * console.log(new TextDecoder().decode(plaintext)) // → for you
 * await dev.close()
 * ```
 */
export function awsKmsEcdhKeyring(options: AwsKmsEcdhKeyringOptions): Keyring {
  const {
    kms,
    curveSpec,
    keyAgreementScheme,
    grantTokens = [],
  } = readOptions(options, {
    kms: COPY,
    curveSpec: COPY,
    keyAgreementScheme: COPY,
    grantTokens: COPY,
  });
  const client = clientObject('kms', kms);
  stringArray('grantTokens', grantTokens);
  checkCurve(curveSpec);
  const given = readVariant('keyAgreementScheme', keyAgreementScheme, {
    static: { type: COPY, senderKmsKeyId: COPY, senderPublicKey: COPY, recipientPublicKey: COPY },
    discovery: { type: COPY, recipientKmsKeyId: COPY },
  });
  let keys;
  if (given.type === 'static') {
    const { senderKmsKeyId, senderPublicKey, recipientPublicKey } = given;
    mustBeStrings({ senderKmsKeyId });
    keys = {
      keyId: senderKmsKeyId,
      senderPublicKey:
        senderPublicKey === undefined ? undefined : spkiOf('senderPublicKey', senderPublicKey),
      recipientPublicKey: spkiOf('recipientPublicKey', recipientPublicKey),
    };
  } else {
    const { recipientKmsKeyId } = given;
    mustBeStrings({ recipientKmsKeyId });
    keys = { keyId: recipientKmsKeyId };
  }
  return makeKeyring((owner): AwsKmsEcdhConfig => ({
    type: 'kmsEcdh',
    kms: client.handle(owner),
    curveSpec,
    scheme: given.type,
    grantTokens,
    ...keys,
  }));
}
