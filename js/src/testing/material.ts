import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  randomBytes,
  KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { DevKmsError } from './errors.js';
import { SPECS, type Curve, type KeySpec } from './specs.js';

const generate = promisify(generateKeyPair);

/** One generation of a key's material. Rotation adds another; none is ever taken away. */
export interface KeyVersion {
  /**
   * The 64 hexadecimal digits KMS calls KeyMaterialId. Derived from the material, so the same
   * material loaded into another server, or imported twice, is recognised as the same.
   */
  readonly id: string;
  readonly createdAt: number;
  readonly rotation?: 'AUTOMATIC' | 'ON_DEMAND';
  /** Raw bytes of a symmetric or HMAC key, PKCS#8 DER of a private key. */
  readonly secret: Buffer;
}

export function versionOf(
  secret: Buffer,
  createdAt: number,
  rotation?: 'AUTOMATIC' | 'ON_DEMAND',
): KeyVersion {
  const id = createHash('sha256')
    .update('fieldseal dev kms material\0')
    .update(secret)
    .digest('hex');
  return rotation === undefined ? { id, createdAt, secret } : { id, createdAt, rotation, secret };
}

/** Fresh material. RSA takes a while, so key pairs are made off the event loop. */
export async function generateSecret(spec: KeySpec): Promise<Buffer> {
  const rules = SPECS[spec];
  if (rules.kind === 'symmetric' || rules.kind === 'hmac') {
    return randomBytes(rules.keyBytes as number);
  }
  const { privateKey } =
    rules.kind === 'rsa'
      ? await generate('rsa', { modulusLength: rules.modulusBits as number })
      : await generate('ec', { namedCurve: rules.curve as string });
  return exportPkcs8(privateKey);
}

/** The data key pairs of GenerateDataKeyPair; Ed25519 exists there though not as a KMS key here. */
export async function generatePair(
  pairSpec: string,
): Promise<{ privateKey: Buffer; publicKey: Buffer }> {
  const rules = SPECS[pairSpec as KeySpec];
  const pair =
    pairSpec === 'ECC_NIST_EDWARDS25519'
      ? await generate('ed25519')
      : rules.kind === 'rsa'
        ? await generate('rsa', { modulusLength: rules.modulusBits as number })
        : await generate('ec', { namedCurve: rules.curve as string });
  return { privateKey: exportPkcs8(pair.privateKey), publicKey: exportSpki(pair.publicKey) };
}

const exportPkcs8 = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'pkcs8' });
const exportSpki = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' });

// Parsing PKCS#8 costs more than most operations that follow it.
const parsed = new WeakMap<KeyVersion, KeyObject>();

export function privateKeyOf(version: KeyVersion): KeyObject {
  let key = parsed.get(version);
  if (key === undefined) {
    key = createPrivateKey({ key: version.secret, format: 'der', type: 'pkcs8' });
    parsed.set(version, key);
  }
  return key;
}

export const publicKeyOf = (version: KeyVersion): KeyObject =>
  createPublicKey(privateKeyOf(version));

export const publicKeyDer = (version: KeyVersion): Buffer => exportSpki(publicKeyOf(version));

/** The named curve of an EC key as OpenSSL spells it, undefined for anything else. */
export const curveOf = (key: KeyObject): Curve | undefined =>
  key.asymmetricKeyDetails?.namedCurve as Curve | undefined;

/**
 * Checks that `material` is key material for `spec` and brings it into the stored form.
 *
 * @throws {DevKmsError} `DEV_KMS_INVALID_KEY` naming what was expected.
 */
export function importSecret(spec: KeySpec, material: Uint8Array | string | KeyObject): Buffer {
  const rules = SPECS[spec];
  const wrong = (expected: string, cause?: unknown): DevKmsError =>
    new DevKmsError('DEV_KMS_INVALID_KEY', `material for ${spec} must be ${expected}`, { cause });

  if (rules.kind === 'symmetric' || rules.kind === 'hmac') {
    if (!ArrayBuffer.isView(material) || material.length !== rules.keyBytes) {
      throw wrong(`${rules.keyBytes} bytes`);
    }
    return Buffer.from(material);
  }

  const expected =
    rules.kind === 'rsa'
      ? `a ${rules.modulusBits}-bit RSA private key (PEM, PKCS#8 DER or KeyObject)`
      : `a private key on ${rules.curve} (PEM, PKCS#8 DER or KeyObject)`;
  let key: KeyObject;
  try {
    key =
      typeof material === 'string'
        ? createPrivateKey(material)
        : ArrayBuffer.isView(material)
          ? createPrivateKey({ key: Buffer.from(material), format: 'der', type: 'pkcs8' })
          : material;
  } catch (cause) {
    throw wrong(expected, cause);
  }
  const fits =
    key instanceof KeyObject &&
    key.type === 'private' &&
    (rules.kind === 'rsa'
      ? key.asymmetricKeyType === 'rsa' &&
        key.asymmetricKeyDetails?.modulusLength === rules.modulusBits
      : curveOf(key) === rules.curve);
  if (!fits) throw wrong(expected);
  return exportPkcs8(key);
}
