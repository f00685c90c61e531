/** Signatures of KMS keys, verified with nothing but the public key. */

import { bytesOf } from '../util/bytes.js';
import { rawEcdsaSignature } from '../util/der.js';
import { malformedKey, unsupported, usage } from '../errors.js';
import type { PublicKeyInput } from '../keys/forms.js';
import { publicKeyParts } from '../keys/public-key.js';
import { COPY, mustBeOneOf, readOptions } from '../util/options.js';
import { subtle } from '../util/web-crypto.js';
import type { SigningAlgorithm } from './types.js';

/**
 * Options of {@link verifySignature}.
 *
 * @example
 * ```ts
 * import { createSign, generateKeyPairSync } from 'node:crypto'
 * import { verifySignature, type VerifySignatureOptions } from 'fieldseal'
 *
 * const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
 * const message = new TextEncoder().encode('invoice 7')
 * const options: VerifySignatureOptions = {
 *   publicKey: pair.publicKey.export({ type: 'spki', format: 'der' }),
 *   message,
 *   signature: createSign('sha256').update(message).sign(pair.privateKey),
 *   signingAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
 * }
 * console.log(await verifySignature(options)) // → true
 * console.log(await verifySignature({ ...options, message: new TextEncoder().encode('invoice 8') })) // → false
 * ```
 */
export interface VerifySignatureOptions {
  /** In any form: what `getPublicKey` gives, or a `CryptoKey`. */
  readonly publicKey: PublicKeyInput | CryptoKey;
  /** The whole message, of any length; not its digest. */
  readonly message: Uint8Array;
  /** As KMS gives it: for ECDSA in DER. */
  readonly signature: Uint8Array;
  /** The algorithm that the signature was made with; it must fit the key. */
  readonly signingAlgorithm: SigningAlgorithm;
}

interface Rule {
  readonly name: 'RSA-PSS' | 'RSASSA-PKCS1-v1_5' | 'ECDSA';
  readonly hash: 'SHA-256' | 'SHA-384' | 'SHA-512';
  /** The curve that KMS uses with the algorithm, and the bytes of its numbers. */
  readonly curve?: readonly [name: string, size: number];
}

const CURVES = {
  'SHA-256': ['P-256', 32],
  'SHA-384': ['P-384', 48],
  'SHA-512': ['P-521', 66],
} as const;
const NAMES = {
  RSASSA_PSS: 'RSA-PSS',
  RSASSA_PKCS1_V1_5: 'RSASSA-PKCS1-v1_5',
  ECDSA: 'ECDSA',
} as const;

const RULES = new Map<string, Rule>();
for (const [prefix, name] of Object.entries(NAMES)) {
  for (const hash of ['SHA-256', 'SHA-384', 'SHA-512'] as const) {
    const rule = name === 'ECDSA' ? { name, hash, curve: CURVES[hash] } : { name, hash };
    RULES.set(`${prefix}_${hash.replace('-', '_')}`, rule);
  }
}

/**
 * Whether a signature that KMS (or any other) made with `signingAlgorithm` is that of the message,
 * by the host's WebCrypto and without any call to KMS.
 *
 * Salts of RSASSA-PSS have the digest's length, as KMS makes them. A signature that is not well
 * formed (length, DER) is not valid: false.
 *
 * @throws UsageError `INVALID_ARGUMENT`: an unknown algorithm, or a key that is not of its kind or
 * on its curve
 * @throws MalformedInputError `MALFORMED_KEY`
 * @throws UnsupportedError on a host without WebCrypto or without the curve
 *
 * @example
 * ```ts
 * import { KmsClient, verifySignature } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const { keyId } = await dev.createKey({ keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' })
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 * const message = new TextEncoder().encode('invoice 7')
 * const { signature } = await kms.sign({ keyId, message, signingAlgorithm: 'ECDSA_SHA_256' })
 * const { publicKeyPem } = await kms.getPublicKey({ keyId })
 * await dev.close()
 *
 * // Anywhere, offline.
 * const valid = await verifySignature({
 *   publicKey: publicKeyPem,
 *   message,
 *   signature,
 *   signingAlgorithm: 'ECDSA_SHA_256',
 * })
 * console.log(valid) // → true
 * ```
 */
export async function verifySignature(options: VerifySignatureOptions): Promise<boolean> {
  const { publicKey, message, signature, signingAlgorithm } = readOptions(options, {
    publicKey: COPY,
    message: COPY,
    signature: COPY,
    signingAlgorithm: COPY,
  });
  // Copies, since the options were read: WebCrypto takes no view of shared memory, and what it reads must not change.
  const signed = bytesOf('message', message) as Uint8Array<ArrayBuffer>;
  const given = bytesOf('signature', signature) as Uint8Array<ArrayBuffer>;
  mustBeOneOf('signingAlgorithm', signingAlgorithm, [...RULES.keys()], 'INVALID_ARGUMENT');
  const rule = RULES.get(signingAlgorithm)!;
  const { der, kind } = await publicKeyParts(publicKey);
  const wanted = rule.curve?.[0] ?? 'RSA';
  if (kind !== wanted) {
    const problem = `${signingAlgorithm} needs a public key of kind ${wanted}, not ${kind}`;
    throw usage('INVALID_ARGUMENT', problem, 'Use the algorithm that the key signs with.');
  }

  const bytes = rule.curve ? rawEcdsaSignature(given, rule.curve[1]) : given;
  const key = await importKey(der, rule);
  if (bytes === undefined) return false;
  return subtle().verify(parameters(rule), key, bytes, signed);
}

function parameters({ name, hash }: Rule): AlgorithmIdentifier | RsaPssParams | EcdsaParams {
  // RFC 8017, section 9.1: the salt that KMS takes is as long as the digest.
  if (name === 'RSA-PSS') return { name, saltLength: Number(hash.slice(-3)) / 8 };
  return name === 'ECDSA' ? { name, hash } : { name };
}

async function importKey(der: Uint8Array<ArrayBuffer>, rule: Rule): Promise<CryptoKey> {
  const { name, hash, curve } = rule;
  const algorithm = curve ? { name, namedCurve: curve[0] } : { name, hash };
  const host = subtle();
  try {
    return await host.importKey('spki', der, algorithm, false, ['verify']);
  } catch (error) {
    const missing = error instanceof Error && error.name === 'NotSupportedError';
    if (missing) throw unsupported(`${curve?.[0] ?? name} in this host's WebCrypto`);
    throw malformedKey(`publicKey is not ${curve ? `a key on ${curve[0]}` : 'an RSA key'}`);
  }
}
