import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { isMultiRegionKeyId } from './arn.js';
import { canonicalContext } from './context.js';
import { invalidCiphertext } from './errors.js';
import type { KeyVersion } from './material.js';

/*
 * A symmetric ciphertext blob of the development KMS (the real layout is unpublished, and clients
 * must not look inside either):
 *
 *   0   1  format, 0x01
 *   1   1  kind of key id: 0 UUID, 1 multi-Region
 *   2  16  key id
 *  18  32  key material id
 *  50  12  IV
 *  62   n  AES-256-GCM ciphertext
 *      16  GCM tag over everything above and the encryption context
 *      16  checksum: SHA-256 of everything above, cut
 *
 * The checksum is no secret. It is there because the key to try is named by the blob itself: with
 * the GCM tag alone, a damaged key id would be reported as a key that does not exist rather than
 * as the damaged ciphertext it is.
 */
const FORMAT = 1;
const IV_AT = 50;
const BODY_AT = 62;
const TAG_BYTES = 16;
const CHECKSUM_BYTES = 16;
const DOMAIN = Buffer.from('fieldseal dev kms ciphertext\0');

/** A blob whose outer form is sound: the key it names, before any attempt to open it. */
export interface ParsedBlob {
  readonly keyId: string;
  readonly materialId: string;
  readonly bytes: Buffer;
}

export function seal(
  keyId: string,
  version: KeyVersion,
  plaintext: Uint8Array,
  context: ReadonlyMap<string, string>,
): Buffer {
  const header = Buffer.concat([
    Buffer.from([FORMAT, isMultiRegionKeyId(keyId) ? 1 : 0]),
    Buffer.from(keyId.replace('mrk-', '').replaceAll('-', ''), 'hex'),
    Buffer.from(version.id, 'hex'),
    randomBytes(12),
  ]);
  const cipher = createCipheriv('aes-256-gcm', version.secret, header.subarray(IV_AT));
  cipher.setAAD(aad(header, context));
  const body = Buffer.concat([
    header,
    cipher.update(plaintext),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return Buffer.concat([body, checksum(body)]);
}

/** @throws InvalidCiphertextException if the blob was cut short or any byte of it changed. */
export function parseBlob(blob: Uint8Array): ParsedBlob {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  const end = bytes.length - CHECKSUM_BYTES;
  if (end < BODY_AT + TAG_BYTES || !checksum(bytes.subarray(0, end)).equals(bytes.subarray(end))) {
    throw invalidCiphertext();
  }
  const kind = bytes[1];
  if (bytes[0] !== FORMAT || (kind !== 0 && kind !== 1)) throw invalidCiphertext();
  const id = bytes.toString('hex', 2, 18);
  return {
    keyId: kind === 1 ? `mrk-${id}` : id.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    materialId: bytes.toString('hex', 18, IV_AT),
    bytes,
  };
}

/** @throws InvalidCiphertextException unless key, bytes and encryption context all match. */
export function open(
  blob: ParsedBlob,
  version: KeyVersion,
  context: ReadonlyMap<string, string>,
): Buffer {
  const { bytes } = blob;
  const tagAt = bytes.length - CHECKSUM_BYTES - TAG_BYTES;
  const header = bytes.subarray(0, BODY_AT);
  const decipher = createDecipheriv('aes-256-gcm', version.secret, bytes.subarray(IV_AT, BODY_AT));
  decipher.setAAD(aad(header, context));
  decipher.setAuthTag(bytes.subarray(tagAt, tagAt + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(BODY_AT, tagAt)), decipher.final()]);
  } catch {
    throw invalidCiphertext();
  }
}

const aad = (header: Buffer, context: ReadonlyMap<string, string>): Buffer =>
  Buffer.concat([DOMAIN, header, canonicalContext(context)]);

const checksum = (bytes: Buffer): Buffer =>
  createHash('sha256').update(DOMAIN).update(bytes).digest().subarray(0, CHECKSUM_BYTES);
