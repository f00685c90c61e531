/** Public keys in the form in which KMS gives them: SubjectPublicKeyInfo, in PEM or DER. */

import { fromBase64 } from '../util/base64.js';
import { copyOf, isBinary } from '../util/bytes.js';
import { BIT_STRING, derValues, derWithin, OBJECT_ID, SEQUENCE } from '../util/der.js';
import { subtle } from '../util/web-crypto.js';
import { malformedKey, wrong } from '../errors.js';

/** A public key whose outer form was read; the key within is for the host's cryptography. */
export interface PublicKeyParts {
  readonly der: Uint8Array<ArrayBuffer>;
  /** `RSA`, an elliptic curve by its WebCrypto name, or something else by its object identifier. */
  readonly kind: 'RSA' | 'P-256' | 'P-384' | 'P-521' | (string & {});
}

// RFC 8017 appendix A.1; RFC 5480 sections 2.1.1 and 2.1.1.1.
const RSA = '1.2.840.113549.1.1.1';
const EC = '1.2.840.10045.2.1';
const CURVES: Readonly<Record<string, string>> = {
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
  '1.3.132.0.35': 'P-521',
  '1.3.132.0.10': 'secp256k1',
};

const PEM = /^\s*-----BEGIN PUBLIC KEY-----([\sA-Za-z0-9+/=]+)-----END PUBLIC KEY-----\s*$/;

/**
 * Reads PEM (text or bytes) or DER.
 *
 * @throws UsageError `INVALID_ARGUMENT` for a value of another type
 * @throws MalformedInputError `MALFORMED_KEY`
 */
export function readPublicKey(key: string | Uint8Array): PublicKeyParts {
  const der = toDer(key);
  const [algorithm, bits, ...more] = derWithin(der, SEQUENCE) ?? [];
  const [id, parameters] =
    (algorithm?.tag === SEQUENCE ? derValues(algorithm.content) : undefined) ?? [];
  // The first byte of a BIT STRING counts the bits that are none.
  const whole = bits?.tag === BIT_STRING && bits.content[0] === 0 && bits.content.length > 1;
  if (id?.tag !== OBJECT_ID || !whole || more.length > 0) {
    throw malformedKey('publicKey is not a SubjectPublicKeyInfo');
  }
  const name = objectId(id.content);
  if (name === RSA) return { der, kind: 'RSA' };
  if (name !== EC) return { der, kind: name };
  const curve = parameters?.tag === OBJECT_ID ? objectId(parameters.content) : 'unnamed';
  return { der, kind: CURVES[curve] ?? `elliptic curve ${curve}` };
}

/**
 * The fingerprint of a public key: SHA-256 of its SubjectPublicKeyInfo in 64 lower-case hexadecimal
 * digits. What `getPublicKey` gives and `pinnedPublicKeys` takes.
 *
 * @param publicKey - PEM, or DER bytes
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
export async function publicKeyFingerprint(publicKey: string | Uint8Array): Promise<string> {
  const { der } = readPublicKey(publicKey);
  const digest = new Uint8Array(await subtle().digest('SHA-256', der));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function toDer(key: string | Uint8Array): Uint8Array<ArrayBuffer> {
  if (typeof key !== 'string' && !isBinary(key)) {
    throw wrong('publicKey', 'PEM or SPKI bytes', key);
  }
  const given = typeof key === 'string' ? key : copyOf('publicKey', key);
  // DER begins with a SEQUENCE (0x30); PEM may have white space before its dashes.
  if (typeof given !== 'string' && given[0] === SEQUENCE) return given;
  const text = typeof given === 'string' ? given : new TextDecoder().decode(given);
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw malformedKey('publicKey is a private key');
  }
  const base64 = PEM.exec(text)?.[1]?.replace(/\s/g, '');
  const der = base64 === undefined ? undefined : fromBase64(base64);
  if (der === undefined) throw malformedKey('publicKey is neither PEM ("PUBLIC KEY") nor DER');
  return der;
}

/** An object identifier with its dots. */
function objectId(content: Uint8Array): string {
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
