import {
  constants,
  createHash,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  type KeyObject,
} from 'node:crypto';

/*
 * RSA signatures over a digest the caller made. node:crypto signs only messages it hashes itself,
 * so the two paddings of RFC 8017 are done here around the bare RSA operation.
 */

type Hash = 'sha256' | 'sha384' | 'sha512';

/** DER of DigestInfo up to the digest: RFC 8017, section 9.2, note 1. */
const DIGEST_INFO: Readonly<Record<Hash, Buffer>> = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
};

export function signPkcs1(key: KeyObject, hash: Hash, digest: Buffer): Buffer {
  const padding = constants.RSA_PKCS1_PADDING;
  return privateEncrypt({ key, padding }, Buffer.concat([DIGEST_INFO[hash], digest]));
}

export function verifyPkcs1(
  key: KeyObject,
  hash: Hash,
  digest: Buffer,
  signature: Buffer,
): boolean {
  try {
    const padding = constants.RSA_PKCS1_PADDING;
    const info = publicDecrypt({ key, padding }, signature);
    return info.equals(Buffer.concat([DIGEST_INFO[hash], digest]));
  } catch {
    return false;
  }
}

export function signPss(key: KeyObject, hash: Hash, digest: Buffer): Buffer {
  const encoded = encodePss(hash, digest, randomBytes(digest.length), modulusBits(key) - 1);
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded);
}

export function verifyPss(key: KeyObject, hash: Hash, digest: Buffer, signature: Buffer): boolean {
  if (signature.length !== Math.ceil(modulusBits(key) / 8)) return false;
  try {
    const encoded = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature);
    return checkPss(hash, digest, encoded, modulusBits(key) - 1);
  } catch {
    return false;
  }
}

/** EMSA-PSS-ENCODE, RFC 8017 section 9.1.1, salt as long as the digest as KMS has it. */
function encodePss(hash: Hash, digest: Buffer, salt: Buffer, bits: number): Buffer {
  const length = Math.ceil(bits / 8);
  const h = pssHash(hash, digest, salt);
  const db = Buffer.alloc(length - h.length - 1);
  db[db.length - salt.length - 1] = 1;
  salt.copy(db, db.length - salt.length);
  xorInto(db, mgf1(hash, h, db.length));
  clearTopBits(db, 8 * length - bits);
  return Buffer.concat([db, h, Buffer.from([0xbc])]);
}

/** EMSA-PSS-VERIFY, RFC 8017 section 9.1.2. */
function checkPss(hash: Hash, digest: Buffer, encoded: Buffer, bits: number): boolean {
  const unused = 8 * encoded.length - bits;
  const db = Buffer.from(encoded.subarray(0, encoded.length - digest.length - 1));
  const h = encoded.subarray(db.length, encoded.length - 1);
  if (encoded.at(-1) !== 0xbc || (db[0] as number) >> (8 - unused) !== 0) return false;
  xorInto(db, mgf1(hash, h, db.length));
  clearTopBits(db, unused);
  const saltAt = db.length - digest.length;
  if (db[saltAt - 1] !== 1 || db.subarray(0, saltAt - 1).some((byte) => byte !== 0)) return false;
  return pssHash(hash, digest, db.subarray(saltAt)).equals(h);
}

const pssHash = (hash: Hash, digest: Buffer, salt: Buffer): Buffer =>
  createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();

function mgf1(hash: Hash, seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0, made = 0; made < length; counter += 1) {
    const suffix = Buffer.alloc(4);
    suffix.writeUInt32BE(counter);
    const block = createHash(hash).update(seed).update(suffix).digest();
    blocks.push(block);
    made += block.length;
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function xorInto(target: Buffer, mask: Buffer): void {
  for (let i = 0; i < target.length; i += 1)
    target[i] = (target[i] as number) ^ (mask[i] as number);
}

function clearTopBits(bytes: Buffer, bits: number): void {
  bytes[0] = (bytes[0] as number) & (0xff >> bits);
}

const modulusBits = (key: KeyObject): number => key.asymmetricKeyDetails?.modulusLength as number;
