/** Wraps key material for ImportKeyMaterial, by the host's WebCrypto. */

import { limit, malformedKey, usage, wrong } from '../errors.js';
import { bytesOf, isBinary } from '../util/bytes.js';
import { COPY, mustBeOneOf, readOptions } from '../util/options.js';
import { subtle } from '../util/web-crypto.js';

/** How material is wrapped, as GetParametersForImport names it; for {@link wrapKeyMaterial}. */
export type KeyMaterialWrapping = 'RSAES_OAEP_SHA_256' | 'RSA_AES_KEY_WRAP_SHA_256';

const WRAPPINGS = ['RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_256'];

/**
 * What {@link wrapKeyMaterial} takes.
 *
 * @example
 * ```ts
 * import { wrapKeyMaterial, type WrapKeyMaterialOptions } from 'fieldseal'
 *
 * // In the place of KMS, whose GetParametersForImport gives the public key.
 * const algorithm = {
 *   name: 'RSA-OAEP',
 *   modulusLength: 2048,
 *   publicExponent: Uint8Array.of(1, 0, 1),
 *   hash: 'SHA-256',
 * }
 * const { publicKey } = await crypto.subtle.generateKey(algorithm, true, ['encrypt', 'decrypt'])
 * const options: WrapKeyMaterialOptions = {
 *   keyMaterial: crypto.getRandomValues(new Uint8Array(32)),
 *   publicKey: new Uint8Array(await crypto.subtle.exportKey('spki', publicKey)),
 *   wrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256',
 * }
 * console.log((await wrapKeyMaterial(options)).length) // → 296
 * ```
 */
export interface WrapKeyMaterialOptions {
  /**
   * The material: 32 bytes for a symmetric key, 28 to 128 for an HMAC key, PKCS#8 in DER for an asymmetric one. A secret:
   * overwrite it (`fill(0)`) when it is imported and kept in a safe place.
   */
  readonly keyMaterial: Uint8Array;
  /** `publicKey` of {@link KmsClient.getParametersForImport}: SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array;
  /**
   * The one that the parameters were asked for. `RSAES_OAEP_SHA_256` holds 190 bytes under RSA_2048 and 446 under RSA_4096:
   * an RSA private key needs `RSA_AES_KEY_WRAP_SHA_256`, which wraps it with an AES key and that one with the RSA key.
   */
  readonly wrappingAlgorithm: KeyMaterialWrapping;
}

/**
 * Wraps key material for {@link KmsClient.importKeyMaterial}. The material leaves this process only as ciphertext that
 * nobody but KMS can open.
 *
 * @returns `encryptedKeyMaterial` of the request
 * @throws UsageError `INVALID_ARGUMENT` if an option cannot be used
 * @throws MalformedInputError `MALFORMED_KEY` if `publicKey` is not an RSA key
 * @throws LimitError `LIMIT_EXCEEDED` for more material than the algorithm holds
 * @throws UnsupportedError on a host without WebCrypto
 *
 * @example
 * ```ts
 * import { KmsClient, wrapKeyMaterial, type WrapKeyMaterialOptions } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 * const { keyId } = await kms.createKey({ origin: 'EXTERNAL', description: 'material of our own' })
 *
 * const wrappingAlgorithm = 'RSAES_OAEP_SHA_256'
 * const parameters = await kms.getParametersForImport({
 *   keyId,
 *   wrappingAlgorithm,
 *   wrappingKeySpec: 'RSA_2048',
 * })
 * const { publicKey, importToken } = parameters
 * const keyMaterial = crypto.getRandomValues(new Uint8Array(32)) // keep a copy: KMS gives none back
 * const wrapping: WrapKeyMaterialOptions = { keyMaterial, publicKey, wrappingAlgorithm }
 * await kms.importKeyMaterial({
 *   keyId,
 *   importToken,
 *   encryptedKeyMaterial: await wrapKeyMaterial(wrapping),
 *   expirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
 * })
 * keyMaterial.fill(0)
 * console.log((await kms.describeKey({ keyId })).keyState) // → Enabled
 *
 * await kms.deleteImportedKeyMaterial({ keyId })
 * console.log((await kms.describeKey({ keyId })).keyState) // → PendingImport
 * await dev.close()
 * ```
 */
export async function wrapKeyMaterial(
  options: WrapKeyMaterialOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const given = readOptions(options, {
    keyMaterial: COPY,
    publicKey: COPY,
    wrappingAlgorithm: COPY,
  });
  const { wrappingAlgorithm } = given;
  for (const name of ['keyMaterial', 'publicKey'] as const) {
    if (!isBinary(given[name])) throw wrong(name, 'a Uint8Array', given[name]);
  }
  // Copies, since the options were read.
  const material = bytesOf('keyMaterial', given.keyMaterial) as Uint8Array<ArrayBuffer>;
  const spki = bytesOf('publicKey', given.publicKey) as Uint8Array<ArrayBuffer>;
  try {
    mustBeOneOf('wrappingAlgorithm', wrappingAlgorithm, WRAPPINGS, 'INVALID_ARGUMENT');
    if (material.length === 0) throw usage('INVALID_ARGUMENT', 'keyMaterial is empty');
    if (material.length > MAX_MATERIAL) {
      throw limit(`key material, bytes: ${material.length}, at most ${MAX_MATERIAL}`);
    }
    const key = await readKey(spki);
    if (wrappingAlgorithm === 'RSAES_OAEP_SHA_256') return await oaep(key, material);
    const aesKey = crypto.getRandomValues(new Uint8Array(32));
    try {
      const parts = [await oaep(key, aesKey), await keyWrapWithPadding(aesKey, material)] as const;
      const whole = new Uint8Array(parts[0].length + parts[1].length);
      whole.set(parts[0]);
      whole.set(parts[1], parts[0].length);
      return whole;
    } finally {
      aesKey.fill(0);
    }
  } finally {
    material.fill(0);
  }
}

/** More than the PKCS#8 of an RSA key of 4,096 bits; KMS takes 6,144 bytes of ciphertext. */
const MAX_MATERIAL = 5_600;

async function readKey(spki: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const host = subtle();
  try {
    return await host.importKey('spki', spki, { name: 'RSA-OAEP', hash: 'SHA-256' }, false, [
      'encrypt',
    ]);
  } catch {
    throw malformedKey('publicKey is not an RSA key (SubjectPublicKeyInfo in DER)');
  }
}

/** RSAES-OAEP with SHA-256 and an empty label (RFC 8017, section 7.1). */
async function oaep(
  key: CryptoKey,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { modulusLength } = key.algorithm as RsaHashedKeyAlgorithm;
  const most = modulusLength / 8 - 2 * 32 - 2;
  if (bytes.length > most) {
    throw limit(
      `key material for RSAES_OAEP_SHA_256 under RSA_${modulusLength}, bytes: ${bytes.length}, at most ${most}; use RSA_AES_KEY_WRAP_SHA_256`,
    );
  }
  return new Uint8Array(await subtle().encrypt({ name: 'RSA-OAEP' }, key, bytes));
}

/**
 * AES key wrap with padding (RFC 5649, section 4.1): WebCrypto has AES-KW without padding only. Its single blocks are
 * AES-CBC's first ones under an initialization vector of zeros.
 */
async function keyWrapWithPadding(
  aesKey: Uint8Array<ArrayBuffer>,
  material: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const host = subtle();
  const key = await host.importKey('raw', aesKey, 'AES-CBC', false, ['encrypt']);
  const iv = new Uint8Array(16);
  const encrypt = async (block: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
    new Uint8Array(await host.encrypt({ name: 'AES-CBC', iv }, key, block)).subarray(0, 16);

  // The alternative initial value: a constant and the length of the material; then the material, padded with zeros.
  const n = Math.ceil(material.length / 8);
  const out = new Uint8Array(8 + 8 * n);
  const block = new Uint8Array(16);
  let whole = false;
  try {
    const view = new DataView(out.buffer);
    view.setUint32(0, 0xa65959a6);
    view.setUint32(4, material.length);
    out.set(material, 8);
    if (n === 1) out.set(await encrypt(out));
    for (let j = 0; n > 1 && j < 6; j++) {
      for (let i = 1; i <= n; i++) {
        block.set(out.subarray(0, 8));
        block.set(out.subarray(8 * i, 8 * i + 8), 8);
        const wrapped = await encrypt(block);
        out.set(wrapped.subarray(0, 8));
        out.set(wrapped.subarray(8), 8 * i);
        // 64 bits; the count of steps fits in the lower half.
        view.setUint32(4, view.getUint32(4) ^ (n * j + i));
      }
    }
    whole = true;
    return out;
  } finally {
    block.fill(0);
    // What is not wrapped to the end is still the material.
    if (!whole) out.fill(0);
  }
}
