/** The raw RSA keyring. */

import { PADDING_SCHEMES, type PaddingScheme, type RawRsaConfig } from '../generated/config.js';
import { rsaHost, type RsaPrivateKey } from '../host/rsa.js';
import { spkiOf, type PublicKeyInput } from '../keys/forms.js';
import { COPY, mustBeOneOf, readOptions } from '../util/options.js';
import { mustBeStrings } from '../util/strings.js';
import { makeKeyring, type Keyring } from './keyring.js';

/**
 * How an RSA key wraps (RFC 8017): `OAEP_…`, whose mask function has the same hash; or `PKCS1`, for old data only. An
 * option of {@link rawRsaKeyring}.
 */
export type RsaPaddingScheme = PaddingScheme;

/**
 * Options of {@link rawRsaKeyring}. At least one of the two keys is needed.
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto'
 * import { rawRsaKeyring, type RawRsaKeyringOptions } from 'fieldseal'
 *
 * const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 })
 * const names: RawRsaKeyringOptions = {
 *   keyNamespace: 'my-company',
 *   keyName: 'inbox',
 *   paddingScheme: 'OAEP_SHA256_MGF1',
 * }
 * const seals = rawRsaKeyring({
 *   ...names,
 *   publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
 * })
 * const opens = rawRsaKeyring({
 *   ...names,
 *   privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }),
 * })
 * console.log(seals !== opens) // → true
 * ```
 */
export interface RawRsaKeyringOptions {
  /** Names the owner of the key; must not begin with `aws-kms`. */
  readonly keyNamespace: string;
  /** Names the key within its namespace. */
  readonly keyName: string;
  /** The same on both sides: data keys of another padding are not this keyring's. */
  readonly paddingScheme: RsaPaddingScheme;
  /** In any form, 2,048 to 4,096 bits; needed to encrypt. */
  readonly publicKey?: PublicKeyInput | undefined;
  /** PEM or DER PKCS#8, or a CryptoKey for `decrypt`; needed to decrypt. */
  readonly privateKey?: RsaPrivateKey | undefined;
  /**
   * Lets `PKCS1` decrypt, in Node, Bun and Deno; use it for old data only. Bad paddings yield a random data key, in
   * constant time here, so that errors tell nobody about them (implicit rejection); what the host's bare RSA
   * operation shows by its timing is the host's. Of two wrapped data keys of one `keyName` only the first is tried:
   * that it was for another key pair cannot be known.
   */
  readonly hazmatAllowPkcs1Decryption?: boolean | undefined;
}

/**
 * RSA under a key pair that you hold (`framework/raw-rsa-keyring.md`). The private key stays with the host's
 * cryptography.
 *
 * @throws MalformedInputError `MALFORMED_KEY` for what is not an RSA key in one of these forms
 * @throws UnsupportedError for keys of less than 2,048 or more than 4,096 bits
 * @throws UsageError `INVALID_CONFIG` for an unknown padding, or without any key; `INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto'
 * import { EncryptionClient, rawRsaKeyring } from 'fieldseal'
 *
 * const pair = generateKeyPairSync('rsa', {
 *   modulusLength: 2048,
 *   publicKeyEncoding: { type: 'spki', format: 'pem' },
 *   privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
 * })
 * const names = {
 *   keyNamespace: 'my-company',
 *   keyName: 'inbox',
 *   paddingScheme: 'OAEP_SHA256_MGF1',
 * } as const
 * const client = new EncryptionClient()
 *
 * // Whoever has the public key seals …
 * const sender = rawRsaKeyring({ ...names, publicKey: pair.publicKey })
 * const { ciphertext } = await client.encrypt(new TextEncoder().encode('for you'), {
 *   keyring: sender,
 * })
 *
 * // … and whoever has the private key opens.
 * const recipient = rawRsaKeyring({ ...names, privateKey: pair.privateKey })
 * const { plaintext } = await client.decrypt(ciphertext, { keyring: recipient })
 * console.log(new TextDecoder().decode(plaintext)) // → for you
 * ```
 */
export function rawRsaKeyring(options: RawRsaKeyringOptions): Keyring {
  const given = readOptions(options, {
    keyNamespace: COPY,
    keyName: COPY,
    paddingScheme: COPY,
    publicKey: COPY,
    privateKey: COPY,
    hazmatAllowPkcs1Decryption: COPY,
  });
  const { keyNamespace, keyName, paddingScheme, publicKey, privateKey } = given;
  mustBeStrings({ keyNamespace, keyName, paddingScheme });
  mustBeOneOf('paddingScheme', paddingScheme, PADDING_SCHEMES);
  const host =
    privateKey === undefined
      ? undefined
      : rsaHost(privateKey, given.hazmatAllowPkcs1Decryption === true);
  const config: RawRsaConfig = {
    type: 'rawRsa',
    keyNamespace,
    keyName,
    paddingScheme,
    publicKey: publicKey === undefined ? undefined : spkiOf('publicKey', publicKey),
    hasPrivateKey: host !== undefined,
  };
  return makeKeyring(() => config, host);
}
