// ECDH keys, and the parts of what an ECDH keyring writes into a header.

import { generateKeyPairSync } from 'node:crypto';

import { inspect } from '../../pkg/entrypoints/index.js';

export const CURVES = ['P256', 'P384', 'P521'];
const OPENSSL = { P256: 'prime256v1', P384: 'secp384r1', P521: 'secp521r1' };

/** A key pair in PEM. */
export function ecdhPair(curve) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: OPENSSL[curve] ?? curve,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { publicKey, privateKey };
}

/** The DER of a PEM. */
export const derOf = (pem) =>
  new Uint8Array(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'));

/** A copy of the item with its header's bytes changed where its first data key holds `part`. */
export function changedKey(item, part, change) {
  const [{ [part]: bytes }] = inspect(item).encryptedDataKeys;
  const head = Buffer.from(item.aws_dbe_head.B);
  const at = head.indexOf(Buffer.from(bytes));
  if (at < 0) throw new Error('the header does not hold it');
  change(head.subarray(at, at + bytes.length));
  return { ...item, aws_dbe_head: { B: new Uint8Array(head) } };
}

/** Every byte that belongs to one field, for both parts of an encrypted data key of suite 6700. */
export function fieldsOf(curve) {
  const n = { P256: 33, P384: 49, P521: 67 }[curve];
  return {
    keyProviderInfo: {
      version: [0, 1],
      'length of the recipient key': [1, 5],
      'recipient key': [5, 5 + n],
      'length of the sender key': [5 + n, 9 + n],
      'sender key': [9 + n, 9 + 2 * n],
    },
    // In front of what the keyring wrapped: the data key, wrapped by the intermediate key.
    ciphertext: {
      'wrapped data key': [0, 48],
      salt: [48, 80],
      commitment: [80, 112],
      'wrapped intermediate key': [112, 144],
      tag: [144, 160],
    },
  };
}
