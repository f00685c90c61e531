import {
  constants,
  sign as signMessage,
  verify as verifyMessage,
  type KeyObject,
} from 'node:crypto';
import { validation } from './errors.js';
import { curveOf } from './material.js';
import { signDigest, verifyDigest } from './prehashed-ecdsa.js';
import { signPkcs1, signPss, verifyPkcs1, verifyPss } from './prehashed-rsa.js';
import type { Curve } from './specs.js';

export type MessageType = 'RAW' | 'DIGEST';

type Hash = 'sha256' | 'sha384' | 'sha512';

const DIGEST_BYTES: Readonly<Record<Hash, number>> = { sha256: 32, sha384: 48, sha512: 64 };

const hashOf = (algorithm: string): Hash => `sha${algorithm.slice(-3)}` as Hash;
const isPss = (algorithm: string): boolean => algorithm.startsWith('RSASSA_PSS_');
const isEcdsa = (algorithm: string): boolean => algorithm.startsWith('ECDSA_');

/** KMS salts as long as the digest: RSASSA_PSS_SHA_256 has a 256-bit salt. */
const withPadding = (key: KeyObject, algorithm: string) =>
  isPss(algorithm)
    ? {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      }
    : { key };

/** Signs with a KMS signing algorithm; ECDSA signatures are DER (RFC 3279). */
export function sign(
  key: KeyObject,
  algorithm: string,
  messageType: MessageType,
  message: Buffer,
): Buffer {
  const hash = hashOf(algorithm);
  if (messageType === 'RAW') return signMessage(hash, message, withPadding(key, algorithm));
  checkDigest(algorithm, message);
  if (isEcdsa(algorithm)) return signDigest(key, curveOf(key) as Curve, message);
  return isPss(algorithm) ? signPss(key, hash, message) : signPkcs1(key, hash, message);
}

export function verify(
  key: KeyObject,
  algorithm: string,
  messageType: MessageType,
  message: Buffer,
  signature: Buffer,
): boolean {
  const hash = hashOf(algorithm);
  if (messageType === 'RAW') {
    return verifyMessage(hash, message, withPadding(key, algorithm), signature);
  }
  checkDigest(algorithm, message);
  if (isEcdsa(algorithm)) return verifyDigest(key, curveOf(key) as Curve, message, signature);
  return isPss(algorithm)
    ? verifyPss(key, hash, message, signature)
    : verifyPkcs1(key, hash, message, signature);
}

function checkDigest(algorithm: string, digest: Buffer): void {
  if (digest.length !== DIGEST_BYTES[hashOf(algorithm)]) {
    throw validation(`Digest is invalid length for algorithm ${algorithm}.`);
  }
}
