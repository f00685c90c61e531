/** Keyrings by key agreement: raw ECDH, and ECDH with a private key in AWS KMS. */

import { ecdhHost, ECDH_CURVES, ephemeralEcdhHost } from '../host/ecdh.js';
import type { EcdhCurve, EcdhPrivateKey } from '../host/ecdh.js';
import { bytes, clientObject, makeKeyring, strings, texts, type Keyring } from './keyrings.js';
import type { KmsClient } from '../kms/client.js';
import { COPY, mustBeOneOf, readOptions, readVariant } from '../util/options.js';

/** PEM or DER SubjectPublicKeyInfo. */
export type EcdhPublicKey = string | Uint8Array;

/**
 * Who agrees with whom.
 *
 * - `static`: a sender and a recipient, both known. Each opens what either sealed.
 * - `ephemeral`: a new key pair for every data key, for one recipient. Seals without any secret of
 *   your own, and cannot open, not even what it sealed.
 * - `discovery`: the recipient's private key, whoever the sender. Opens, and cannot seal.
 */
export type RawEcdhScheme =
  | {
      readonly type: 'static';
      readonly senderPrivateKey: EcdhPrivateKey;
      readonly recipientPublicKey: EcdhPublicKey;
    }
  | { readonly type: 'ephemeral'; readonly recipientPublicKey: EcdhPublicKey }
  | { readonly type: 'discovery'; readonly recipientPrivateKey: EcdhPrivateKey };

export interface RawEcdhKeyringOptions {
  /** The curve of both keys. */
  readonly curveSpec: EcdhCurve;
  readonly keyAgreementScheme: RawEcdhScheme;
}

/**
 * ECDH between key pairs on P-256, P-384 or P-521. Private keys stay with the host's cryptography.
 * With the `ephemeral` scheme a browser seals for the holder of a private key, KMS's included
 * ({@link awsKmsEcdhKeyring} opens it), with nothing but the public key.
 *
 * @throws MalformedInputError `MALFORMED_KEY` for a key that is none, or on another curve
 * @throws UsageError `INVALID_ARGUMENT`, `INVALID_CONFIG`
 */
export function rawEcdhKeyring(options: RawEcdhKeyringOptions): Keyring {
  const names = { curveSpec: COPY, keyAgreementScheme: COPY } as const;
  const { curveSpec, keyAgreementScheme } = readOptions(options, names);
  checkCurve(curveSpec);
  const given = readVariant('keyAgreementScheme', keyAgreementScheme, {
    static: { type: COPY, senderPrivateKey: COPY, recipientPublicKey: COPY },
    ephemeral: { type: COPY, recipientPublicKey: COPY },
    discovery: { type: COPY, recipientPrivateKey: COPY },
  });
  const host = (() => {
    switch (given.type) {
      case 'static':
        return ecdhHost('senderPrivateKey', given.senderPrivateKey, curveSpec);
      case 'discovery':
        return ecdhHost('recipientPrivateKey', given.recipientPrivateKey, curveSpec);
      case 'ephemeral':
        return ephemeralEcdhHost(curveSpec);
    }
  })();
  const config = {
    type: 'rawEcdh',
    curveSpec,
    scheme: given.type,
    recipientPublicKey:
      given.type === 'discovery'
        ? undefined
        : bytes('recipientPublicKey', given.recipientPublicKey),
  };
  return makeKeyring((owner) =>
    owner.make((glue) => glue.make_keyring(config, owner.weakly(host))),
  );
}

/**
 * Who agrees with whom, one of them in KMS.
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

export interface AwsKmsEcdhKeyringOptions {
  readonly kms: KmsClient;
  /** The curve of both keys. */
  readonly curveSpec: EcdhCurve;
  readonly keyAgreementScheme: AwsKmsEcdhScheme;
  readonly grantTokens?: readonly string[] | undefined;
}

/**
 * ECDH with a private key in AWS KMS: one DeriveSharedSecret for each data key, sealed or opened,
 * and one GetPublicKey for each client.
 *
 * @throws MalformedInputError `MALFORMED_KEY`, `MALFORMED_KEY_ID`
 * @throws UsageError `INVALID_ARGUMENT`, `INVALID_CONFIG`; when used, `KEYRING_CANNOT` for a KMS key
 * of another usage or curve
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
  strings('grantTokens', grantTokens);
  checkCurve(curveSpec);
  const given = readVariant('keyAgreementScheme', keyAgreementScheme, {
    static: { type: COPY, senderKmsKeyId: COPY, senderPublicKey: COPY, recipientPublicKey: COPY },
    discovery: { type: COPY, recipientKmsKeyId: COPY },
  });
  let keys;
  if (given.type === 'static') {
    const { senderKmsKeyId, senderPublicKey, recipientPublicKey } = given;
    texts({ senderKmsKeyId });
    keys = {
      keyId: senderKmsKeyId,
      senderPublicKey:
        senderPublicKey === undefined ? undefined : bytes('senderPublicKey', senderPublicKey),
      recipientPublicKey: bytes('recipientPublicKey', recipientPublicKey),
    };
  } else {
    const { recipientKmsKeyId } = given;
    texts({ recipientKmsKeyId });
    keys = { keyId: recipientKmsKeyId };
  }
  const common = { type: 'kmsEcdh', curveSpec, scheme: given.type, grantTokens, ...keys };
  return makeKeyring((owner) => {
    const config = { ...common, kms: client.handle(owner) };
    return owner.make((glue) => glue.make_keyring(config, undefined));
  });
}

function checkCurve(curveSpec: unknown): void {
  mustBeOneOf('curveSpec', curveSpec, ECDH_CURVES, 'INVALID_ARGUMENT');
}
