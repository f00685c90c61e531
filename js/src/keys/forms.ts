/** The one reader of public keys: every form in which people have one becomes SubjectPublicKeyInfo in DER. */

import { malformedKey, wrong } from '../errors.js';
import { isCryptoKey } from '../host/private-key.js';
import { P256, P384 } from '../host/verify.js';
import { fromBase64 } from '../util/base64.js';
import { copyOf, isBinary } from '../util/bytes.js';
import { fromHex } from '../util/hex.js';
import { isArray, isPlainObject, ownCopy, ownValue } from '../util/plain-object.js';

/**
 * A public key as a JSON Web Key (RFC 7517): RSA by `n` and `e`, an elliptic curve by `crv`, `x` and `y`. Members that are
 * not about the key itself have no effect. {@link PublicKeyInput} shows one.
 */
export interface PublicJwk {
  /** `RSA` or `EC`. */
  readonly kty?: string | undefined;
  /** Modulus of an RSA key, base64url. */
  readonly n?: string | undefined;
  /** Exponent of an RSA key, base64url. */
  readonly e?: string | undefined;
  /** `P-256`, `P-384` or `P-521`. */
  readonly crv?: string | undefined;
  /** First coordinate, base64url, of full length. */
  readonly x?: string | undefined;
  /** Second coordinate, base64url, of full length. */
  readonly y?: string | undefined;
  /** Names the key within a set. */
  readonly kid?: string | undefined;
  /** Not looked at. */
  readonly alg?: string | undefined;
  /** Not looked at. */
  readonly ext?: boolean | undefined;
  /** Not looked at. */
  readonly key_ops?: readonly string[] | undefined;
  /** Not looked at. */
  readonly use?: string | undefined;
  /** Not looked at. */
  readonly x5c?: readonly string[] | undefined;
  /** Not looked at. */
  readonly x5t?: string | undefined;
  /** Not looked at. */
  readonly 'x5t#S256'?: string | undefined;
  /** Not looked at. */
  readonly x5u?: string | undefined;
}

/** A set of JSON Web Keys (RFC 7517, section 5): its one key, or one that `kid` names in {@link readPublicKey}. */
export interface PublicJwkSet {
  /** The keys. */
  readonly keys: readonly PublicJwk[];
}

/**
 * A public key, in whatever form you have it:
 *
 * - PEM (`-----BEGIN PUBLIC KEY-----`), also with `\n` in two characters, with spaces in the place of line ends, or all on one line;
 * - base64 of its DER, as `aws kms get-public-key --output text --query PublicKey` prints it;
 * - DER bytes (SubjectPublicKeyInfo), or the bytes of one of these strings;
 * - a JSON Web Key, or a set with one key, as an object or as JSON.
 *
 * A `CryptoKey` is read by {@link readPublicKey}, which also takes one key out of several, or out of a certificate.
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto'
 * import { publicKeyFingerprint, type PublicKeyInput } from 'fieldseal'
 *
 * const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
 * const der = publicKey.export({ type: 'spki', format: 'der' })
 * const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
 *
 * const forms: PublicKeyInput[] = [
 *   pem,
 *   pem.replaceAll('\n', '\\n'), // from an environment variable
 *   der,
 *   der.toString('base64'),
 *   publicKey.export({ format: 'jwk' }),
 * ]
 * const fingerprints = await Promise.all(forms.map((form) => publicKeyFingerprint(form)))
 * console.log(new Set(fingerprints).size) // → 1
 * ```
 */
export type PublicKeyInput = string | Uint8Array | PublicJwk | PublicJwkSet;

/** SubjectPublicKeyInfo of a point of each curve, up to the point (RFC 5480), and the bytes of a coordinate. */
const CURVES: Readonly<Record<string, readonly [spki: string, size: number]>> = {
  'P-256': [P256.spki, 32],
  'P-384': [P384.spki, 48],
  'P-521': ['30819b301006072a8648ce3d020106052b8104002303818600', 66],
};
/** AlgorithmIdentifier of RSA keys (RFC 8017, appendix A.1). */
const RSA = '300d06092a864886f70d0101010500';

/** Members of a JWK that are secret (RFC 7518, section 6): without `d`, too, the primes of a key are its private half. */
const PRIVATE = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];

/** What people give by mistake, by its text: the first that matches. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'empty'],
  [/ENCRYPTED/, 'an encrypted private key'],
  [/PRIVATE KEY/, 'a private key where a public key belongs'],
  [/BEGIN RSA PUB/, 'a PKCS #1 key: openssl rsa -RSAPublicKey_in -pubout'],
  [/BEGIN CERT/, 'a certificate, whose key readPublicKey takes out'],
  [/^(ssh|ecdsa|sk)-|SSH2/, 'an ssh key: ssh-keygen -e -m PKCS8'],
  [/-----/, 'damaged PEM, or not labelled PUBLIC KEY'],
  [/^</, 'a page (HTML)'],
  [/^https?:/, 'a URL: fetchPublicKey'],
  [/^[^\s\\/.]*[\\/.]\S*$/, 'a path, not what the file has'],
];

/** The longest number that is decoded, in characters: of an RSA key of 16,384 bits, and room for zeros in front. */
const MAX_DIGITS = 4096;

/**
 * The DER of a public key, of which only the form without has been read.
 *
 * @param name - what errors call it
 * @throws MalformedInputError `MALFORMED_KEY`, which names what was given instead
 * @throws UsageError `INVALID_ARGUMENT` for a value of another type
 */
export function spkiOf(name: string, key: PublicKeyInput): Uint8Array<ArrayBuffer> {
  const refuse = (what: string) => malformedKey(`${name} is ${what}`);
  let text = key;
  if (isBinary(key)) {
    const bytes = copyOf(name, key);
    // DER begins with a SEQUENCE.
    if (bytes[0] === 0x30) return checked(bytes);
    text = new TextDecoder().decode(bytes);
  }
  if (typeof text !== 'string') return ofJwk(text);
  return ofText(bare(text.replace(/\\[nr]/g, '\n')));

  /** By the first value within: of SubjectPublicKeyInfo a SEQUENCE that begins with an OBJECT IDENTIFIER. */
  function checked(der: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const within = (at: number) => at + 2 + (der[at + 1]! < 0x80 ? 0 : der[at + 1]! & 0x7f);
    const first = within(0);
    // A version, or the modulus (RFC 8017, appendix A.1.1).
    if (der[first] === 2) throw refuse(OTHERS[der[first + 1]! < 2 ? 2 : 3]![1]);
    // The version of a certificate (RFC 5280, section 4.1).
    if (der[within(first)] === 0xa0) throw refuse(OTHERS[4]![1]);
    return der;
  }

  function ofText(text: string): Uint8Array<ArrayBuffer> {
    if (text[0] === '{') {
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch {
        throw refuse('damaged JSON');
      }
      return ofJwk(json);
    }
    const [before, begin, body = before!, end, after] = text.split(/-----/);
    const inPem = begin === 'BEGIN PUBLIC KEY' && end === 'END PUBLIC KEY' && after === '';
    const der = begin === undefined || inPem ? fromBase64(body.replace(/\s/g, '')) : undefined;
    if (der?.[0] === 0x30) return checked(der);
    const [, what] = OTHERS.find(([pattern]) => pattern.test(text)) ?? [];
    throw refuse(what ?? 'neither PEM, base64 of DER nor a JWK');
  }

  function ofJwk(given: unknown, inSet = false): Uint8Array<ArrayBuffer> {
    if (isCryptoKey(given)) throw refuse('a CryptoKey, which has to be awaited: readPublicKey');
    if (!isPlainObject(given)) throw wrong(name, 'PEM, base64, DER or a JWK', given);
    const jwk = ownCopy(given);
    const { keys, kty, crv, n, e, x, y } = jwk;
    if (isArray(keys) && !inSet) {
      if (keys.length === 1) return ofJwk(keys[0], true);
      throw refuse(`a set of ${keys.length} keys: choose one, by readPublicKey`);
    }
    if (PRIVATE.some((member) => jwk[member] !== undefined)) throw refuse(OTHERS[2]![1]);
    const number = (member: string, value: unknown, size?: number) => {
      const text = typeof value === 'string' && value.length <= MAX_DIGITS ? value : '';
      const base64 = text.replace(/-/g, '+').replace(/_/g, '/');
      const bytes = fromBase64(base64.padEnd((base64.length + 3) & ~3, '='));
      if (bytes && bytes.length > 0 && (size ?? bytes.length) === bytes.length) return bytes;
      throw refuse(`a JWK whose ${member} is missing or damaged`);
    };
    const [start, size] = (kty === 'EC' && ownValue(CURVES, crv as string)) || [];
    if (start !== undefined) {
      return Uint8Array.of(...fromHex(start), 4, ...number('x', x, size), ...number('y', y, size));
    }
    if (kty !== 'RSA') throw refuse('a JWK of another kind than RSA and EC');
    return rsaSpki(number('n', n), number('e', e));
  }
}

/**
 * Text without the quotes and the space around it. Not by a regular expression: one that ends with `+$` is quadratic on text
 * that somebody else chose.
 */
function bare(text: string): string {
  const isAround = (at: number) => /["'\s]/.test(text[at]!);
  let [from, to] = [0, text.length];
  while (from < to && isAround(from)) from++;
  while (from < to && isAround(to - 1)) to--;
  return text.slice(from, to);
}

/** An RSA key by its big-endian numbers. */
export function rsaSpki(n: Uint8Array, e: Uint8Array): Uint8Array<ArrayBuffer> {
  const integers = [n, e].map((digits) => {
    const shown = digits.subarray(digits.findIndex((digit) => digit !== 0));
    return der(2, shown[0]! < 0x80 ? shown : [0, ...shown]);
  });
  return Uint8Array.from(
    der(0x30, [...fromHex(RSA), ...der(3, [0, ...der(0x30, integers.flat())])]),
  );
}

/** A value in DER of less than 64 KiB. */
function der(tag: number, content: ArrayLike<number>): number[] {
  const { length } = content;
  const long = length < 128 ? [] : length < 256 ? [0x81] : [0x82, length >> 8];
  return [tag, ...long, length & 0xff, ...Array.from(content)];
}
