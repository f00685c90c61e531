/** The raw ECDH keyring. */

import type { RawEcdhConfig } from '../generated/config.js';
import { ecdhHost, ephemeralEcdhHost, type EcdhCurve, type EcdhPrivateKey } from '../host/ecdh.js';
import { spkiOf } from '../keys/forms.js';
import { COPY, readOptions, readVariant } from '../util/options.js';
import { checkCurve, type EcdhPublicKey } from './ecdh-schemes.js';
import { makeKeyring, type Keyring } from './keyring.js';

/**
 * Who agrees with whom; an option of {@link rawEcdhKeyring}.
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

/**
 * Options of {@link rawEcdhKeyring}.
 *
 * @example
 * ```ts
 * import { EncryptionClient, rawEcdhKeyring, type RawEcdhKeyringOptions } from 'fieldseal'
 *
 * // Two sides that know each other's public key. Private keys of WebCrypto need not be extractable.
 * const pair = () =>
 *   crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-384' }, false, ['deriveBits'])
 * const spki = async (key: CryptoKey) => new Uint8Array(await crypto.subtle.exportKey('spki', key))
 * const [alice, bob] = [await pair(), await pair()]
 *
 * const options: RawEcdhKeyringOptions = {
 *   curveSpec: 'P384',
 *   keyAgreementScheme: {
 *     type: 'static',
 *     senderPrivateKey: alice,
 *     recipientPublicKey: await spki(bob.publicKey),
 *   },
 * }
 * const keyring = rawEcdhKeyring(options)
 * const { header } = await new EncryptionClient().encrypt(new Uint8Array(1), { keyring })
 * console.log(header.encryptedDataKeys[0]?.keyProviderId) // → raw-ecdh
 * ```
 */
export interface RawEcdhKeyringOptions {
  /** The curve of both keys. */
  readonly curveSpec: EcdhCurve;
  /** Who agrees with whom, with the keys that it takes. */
  readonly keyAgreementScheme: RawEcdhScheme;
}

/**
 * ECDH between key pairs on P-256, P-384 or P-521 (`framework/raw-ecdh-keyring.md`). Private keys stay with the host's
 * cryptography. With the `ephemeral` scheme a browser seals for the holder of a private key, KMS's included
 * ({@link awsKmsEcdhKeyring} opens it), with nothing but the public key.
 *
 * @throws MalformedInputError `MALFORMED_KEY` for what is not a key, or a key on another curve
 * @throws UsageError `INVALID_ARGUMENT`, `INVALID_CONFIG`
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto'
 * import { EncryptionClient, rawEcdhKeyring } from 'fieldseal'
 *
 * const recipient = generateKeyPairSync('ec', {
 *   namedCurve: 'prime256v1',
 *   publicKeyEncoding: { type: 'spki', format: 'pem' },
 *   privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
 * })
 * const client = new EncryptionClient()
 *
 * const seals = rawEcdhKeyring({
 *   curveSpec: 'P256',
 *   keyAgreementScheme: { type: 'ephemeral', recipientPublicKey: recipient.publicKey },
 * })
 * const { ciphertext } = await client.encrypt(new TextEncoder().encode('for you'), { keyring: seals })
 *
 * const opens = rawEcdhKeyring({
 *   curveSpec: 'P256',
 *   keyAgreementScheme: { type: 'discovery', recipientPrivateKey: recipient.privateKey },
 * })
 * const { plaintext } = await client.decrypt(ciphertext, { keyring: opens })
 * console.log(new TextDecoder().decode(plaintext)) // → for you
 * ```
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
  const config: RawEcdhConfig = {
    type: 'rawEcdh',
    curveSpec,
    scheme: given.type,
    recipientPublicKey:
      given.type === 'discovery'
        ? undefined
        : spkiOf('recipientPublicKey', given.recipientPublicKey),
  };
  return makeKeyring(() => config, host);
}
