/** Public keys in every form: read, named by their fingerprints, taken out of sets and certificates. */

import { isCryptoKey } from '../host/private-key.js';
import { fromBase64, toBase64 } from '../util/base64.js';
import { copyOf, isBinary } from '../util/bytes.js';
import {
  BIT_STRING,
  derValues,
  derWithin,
  INTEGER,
  OBJECT_ID,
  SEQUENCE,
  type DerValue,
} from '../util/der.js';
import { isArray, isPlainObject, ownValue } from '../util/plain-object.js';
import { COPY, readOptions } from '../util/options.js';
import { mustBeStrings } from '../util/strings.js';
import { subtle } from '../util/web-crypto.js';
import { malformedKey, usage, wrong } from '../errors.js';
import { spkiOf, type PublicKeyInput } from './forms.js';

/** A public key whose outer form was read; the key within is for the host's cryptography. */
export interface PublicKeyParts {
  readonly der: Uint8Array<ArrayBuffer>;
  /** `RSA`, an elliptic curve by its WebCrypto name, or something else by its object identifier. */
  readonly kind: 'RSA' | 'P-256' | 'P-384' | 'P-521' | (string & {});
}

/**
 * Options of {@link readPublicKey}.
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto'
 * import { readPublicKey, type ReadPublicKeyOptions } from 'fieldseal'
 *
 * const keys = ['spring', 'autumn'].map((kid) => {
 *   const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
 *   return { ...publicKey.export({ format: 'jwk' }), kid }
 * })
 * const options: ReadPublicKeyOptions = { kid: 'autumn' }
 * console.log((await readPublicKey({ keys }, options)).split('\n')[0]) // → -----BEGIN PUBLIC KEY-----
 * ```
 */
export interface ReadPublicKeyOptions {
  /** The key of this `kid` in a set of JSON Web Keys; a set with one key needs none. */
  readonly kid?: string | undefined;
  /**
   * Takes the key out of an X.509 certificate, PEM or DER; of a chain in PEM, out of the first, which is the owner's.
   * Nothing of the certificate is checked: no signature, no name, no date.
   */
  readonly certificate?: boolean | undefined;
}

// RFC 8017 appendix A.1; RFC 5480 sections 2.1.1 and 2.1.1.1.
export const RSA = '1.2.840.113549.1.1.1';
export const EC = '1.2.840.10045.2.1';
const CURVES: Readonly<Record<string, string>> = {
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
  '1.3.132.0.35': 'P-521',
  '1.3.132.0.10': 'secp256k1',
};

/**
 * Reads a public key in any form, and returns it as all keyrings take it: PEM, with line ends. For what needs a choice or has to be
 * awaited: a `CryptoKey`, a set of several keys, a certificate. Keyrings take everything else as it is
 * ({@link PublicKeyInput}).
 *
 * @param key - the key; a `CryptoKey` must be extractable, as public ones are
 * @throws MalformedInputError `MALFORMED_KEY`, which names what was given instead: a page, a path, an ssh key, a private key
 * @throws UsageError `INVALID_ARGUMENT` for a value of another type, or a `kid` that is not in the set
 * @throws UnsupportedError for a `CryptoKey` on a host without WebCrypto (a page that is not served over https)
 *
 * @example
 * ```ts
 * import { EncryptionClient, rawEcdhKeyring, readPublicKey } from 'fieldseal'
 *
 * const pair = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, [
 *   'deriveBits',
 * ])
 * const keyring = rawEcdhKeyring({
 *   curveSpec: 'P256',
 *   keyAgreementScheme: {
 *     type: 'ephemeral',
 *     recipientPublicKey: await readPublicKey(pair.publicKey),
 *   },
 * })
 * const { header } = await new EncryptionClient().encrypt(new Uint8Array(1), { keyring })
 * console.log(header.encryptedDataKeys.length) // → 1
 * ```
 */
export async function readPublicKey(
  key: PublicKeyInput | CryptoKey,
  options: ReadPublicKeyOptions = {},
): Promise<string> {
  return pemOf((await publicKeyParts(key, options)).der);
}

/**
 * The fingerprint of a public key: SHA-256 of its SubjectPublicKeyInfo in 64 lower-case hexadecimal
 * digits. What `getPublicKey` gives, what `pinnedPublicKeys` and {@link fetchPublicKey} take.
 *
 * @param publicKey - in any form
 * @throws UsageError `INVALID_ARGUMENT` for a value of another type
 * @throws MalformedInputError `MALFORMED_KEY`
 * @throws UnsupportedError on a host without WebCrypto (a page that is not served over https)
 *
 * @example
 * ```ts
 * import { KmsClient, publicKeyFingerprint } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const { arn, publicKeyPem = '' } = await dev.createKey({ keySpec: 'RSA_2048' })
 * const fingerprint = await publicKeyFingerprint(publicKeyPem)
 * console.log(fingerprint.length) // → 64
 *
 * // From now on this key and no other.
 * const kms = new KmsClient({
 *   endpoint: dev.url,
 *   region: dev.region,
 *   pinnedPublicKeys: { [arn]: fingerprint },
 * })
 * console.log((await kms.getPublicKey({ keyId: arn })).fingerprint === fingerprint) // → true
 * await dev.close()
 * ```
 */
export async function publicKeyFingerprint(publicKey: PublicKeyInput | CryptoKey): Promise<string> {
  const { der } = await publicKeyParts(publicKey);
  return fingerprintOf(der);
}

/** The fingerprint of SubjectPublicKeyInfo in DER. */
export async function fingerprintOf(der: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await subtle().digest('SHA-256', der));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A public key in PEM (RFC 7468). */
export function pemOf(der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n');
}

/** Reads a public key in any form, a `CryptoKey` included; of several, or of a certificate, the one that the options name. */
export async function publicKeyParts(
  key: PublicKeyInput | CryptoKey,
  options: ReadPublicKeyOptions = {},
): Promise<PublicKeyParts> {
  const { kid, certificate } = readOptions(options, { kid: COPY, certificate: COPY });
  if (kid !== undefined) mustBeStrings({ kid });
  if (certificate !== undefined && typeof certificate !== 'boolean') {
    throw wrong('certificate', 'a boolean', certificate);
  }
  if (isCryptoKey(key)) return partsOf(await exported(key));
  const text = textOf(key);
  if (certificate === true) {
    const found = keyOfCertificate(text ?? key);
    if (found) return partsOf(found);
  }
  return partsOf(spkiOf('publicKey', kid === undefined ? key : chosen(text ?? key, kid)));
}

/** The text that the key is, in a string or in bytes. */
function textOf(key: unknown): string | undefined {
  if (!isBinary(key)) return typeof key === 'string' ? key : undefined;
  const bytes = copyOf('publicKey', key);
  return bytes[0] === SEQUENCE ? undefined : new TextDecoder().decode(bytes);
}

async function exported(key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  if (key.type !== 'public') throw malformedKey(`publicKey is a ${key.type} CryptoKey`);
  if (!key.extractable) throw malformedKey('publicKey is a CryptoKey that is not extractable');
  return new Uint8Array(await subtle().exportKey('spki', key));
}

/** The key of a set that has this `kid`. */
function chosen(set: unknown, kid: string): PublicKeyInput {
  let parsed = set;
  if (typeof set === 'string') {
    try {
      parsed = JSON.parse(set);
    } catch {
      // Neither is it a set.
    }
  }
  const keys = isPlainObject(parsed) ? ownValue(parsed, 'keys') : undefined;
  if (!isArray(keys)) {
    throw usage('INVALID_ARGUMENT', 'kid chooses a key of a JWK set, and publicKey is not one');
  }
  const names = keys.map((key) => (isPlainObject(key) ? ownValue(key, 'kid') : undefined));
  const found = keys.filter((_, i) => names[i] === kid);
  // Still in a set: it is a key, and not a set again.
  if (found.length === 1) return { keys: found } as PublicKeyInput;
  const known = names.filter((name) => typeof name === 'string').map((name) => `'${name}'`);
  const next = `It has ${known.join(', ') || 'no key with a kid'}.`;
  const count = found.length === 0 ? 'no key' : `${found.length} keys`;
  throw usage('INVALID_ARGUMENT', `the JWK set has ${count} with the kid '${kid}'`, next);
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/;

/** The SubjectPublicKeyInfo of a certificate (RFC 5280, section 4.1); `undefined` for what is not one. */
function keyOfCertificate(key: unknown): Uint8Array<ArrayBuffer> | undefined {
  let der: Uint8Array | undefined;
  if (isBinary(key)) der = copyOf('publicKey', key);
  else if (typeof key === 'string') {
    const text = key.replace(/\\[nr]/g, '\n');
    der = fromBase64((CERTIFICATE.exec(text)?.[1] ?? text).replace(/\s/g, ''));
  }
  const [body] = (der && derWithin(der, SEQUENCE)) ?? [];
  const fields = body?.tag === SEQUENCE ? derValues(body.content) : undefined;
  // [0] version, serial number, signature algorithm, issuer, validity, subject, key. Version 1 has no version.
  const after = fields?.[0]?.tag === 0xa0 ? fields.slice(1) : fields;
  const [serial, , , , , spki] = after ?? [];
  if (serial?.tag !== INTEGER || spki?.tag !== SEQUENCE) return undefined;
  // The value with its tag and its length, which end where the content begins.
  const { content } = spki;
  const from = content.length < 128 ? 2 : content.length < 256 ? 3 : 4;
  return new Uint8Array(
    content.buffer as ArrayBuffer,
    content.byteOffset - from,
    from + content.length,
  ).slice();
}

/** @throws MalformedInputError `MALFORMED_KEY` for what is not a SubjectPublicKeyInfo */
export function partsOf(der: Uint8Array<ArrayBuffer>): PublicKeyParts {
  const [algorithm, bits, ...more] = derWithin(der, SEQUENCE) ?? [];
  const [id, parameters] =
    (algorithm?.tag === SEQUENCE ? derValues(algorithm.content) : undefined) ?? [];
  // The first byte of a BIT STRING counts the bits that are none.
  const whole = bits?.tag === BIT_STRING && bits.content[0] === 0 && bits.content.length > 1;
  if (id?.tag !== OBJECT_ID || !whole || more.length > 0) {
    throw malformedKey('publicKey is not a SubjectPublicKeyInfo');
  }
  return { der, kind: kindOf(objectId(id.content), parameters) };
}

/** What a key is for, by its algorithm and the parameters of that. */
export function kindOf(
  algorithm: string,
  parameters: DerValue | undefined,
): PublicKeyParts['kind'] {
  if (algorithm === RSA) return 'RSA';
  if (algorithm !== EC) return algorithm;
  const curve = parameters?.tag === OBJECT_ID ? objectId(parameters.content) : 'unnamed';
  return CURVES[curve] ?? `elliptic curve ${curve}`;
}

/** An object identifier with its dots. */
export function objectId(content: Uint8Array): string {
  const parts: number[] = [];
  let part = 0;
  for (const byte of content) {
    part = part * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    parts.push(part);
    part = 0;
  }
  const [first = 0, ...rest] = parts;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - 40 * top, ...rest].join('.');
}
