/**
 * Private-key RSA by the host's cryptography: the Rust implementations have no constant-time one
 * (RUSTSEC-2023-0071). Node's own where it is there, since it is synchronous and has what PKCS #1
 * v1.5 needs; else WebCrypto.
 */

import { isBinary } from '../util/bytes.js';
import { once } from '../util/once.js';
import { subtle } from '../util/web-crypto.js';
import { malformedKey, wrong } from '../errors.js';
import {
  isCryptoKey,
  makesPrivateKeys,
  nodeBuffer,
  nodeCrypto,
  pkcs8,
  takeSecret,
  type NodeCrypto,
} from './private-key.js';

/** A private RSA key of {@link rawRsaKeyring}: PEM or DER PKCS#8, or a `CryptoKey` for `decrypt`. */
export type RsaPrivateKey = string | Uint8Array | CryptoKey;

interface RsaDetails {
  readonly padding: string;
  readonly ciphertext: Uint8Array<ArrayBuffer>;
}

const NO_RSA_KEY = 'privateKey is not an unencrypted PKCS#8 RSA key';

const HASHES: Readonly<Record<string, string>> = {
  OAEP_SHA1_MGF1: 'SHA-1',
  OAEP_SHA256_MGF1: 'SHA-256',
  OAEP_SHA384_MGF1: 'SHA-384',
  OAEP_SHA512_MGF1: 'SHA-512',
};

/**
 * The host object of a raw RSA keyring. It rejects with a string when the host cannot do what is
 * asked.
 */
export function rsaHost(key: RsaPrivateKey, allowPkcs1: boolean) {
  const decrypt = decryptWith(key);
  return {
    async rsaDecrypt({ padding, ciphertext }: RsaDetails): Promise<Uint8Array> {
      if (padding === 'PKCS1' && !allowPkcs1) {
        throw 'RSA PKCS #1 v1.5 decryption is off; see hazmatAllowPkcs1Decryption';
      }
      return decrypt(padding, ciphertext);
    },
  };
}

function decryptWith(key: RsaPrivateKey): Decrypt {
  if (typeof key === 'string' || isBinary(key)) return keyDecrypt(key);
  if (isCryptoKey(key)) return webDecrypt(async () => key);
  throw wrong('privateKey', 'PEM, PKCS#8 bytes or a CryptoKey', key);
}

type Decrypt = (padding: string, ciphertext: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;

function keyDecrypt(given: string | Uint8Array): Decrypt {
  const node = nodeCrypto();
  // Refuses a host without either, before the key is read.
  if (!node) subtle();
  const der = pkcs8('privateKey', given);
  try {
    return (node && nodeDecrypt(node, der)) ?? importedDecrypt(subtle(), der);
  } catch (error) {
    der.fill(0);
    throw error;
  }
}

function importedDecrypt(host: SubtleCrypto, der: Uint8Array<ArrayBuffer>): Decrypt {
  // A keyring has one padding, and with it one hash.
  const imported = once(async (hash: string) => {
    const algorithm = { name: 'RSA-OAEP', hash };
    const key = await host.importKey('pkcs8', der, algorithm, false, ['decrypt']);
    // Not if it failed: the next call tries it again.
    der.fill(0);
    return key;
  });
  return webDecrypt(imported);
}

type KeyObject = import('node:crypto').KeyObject;

/** Whether Node's functions open what they sealed, under the hash that they are told. */
let proven = false;

function proves(node: NodeCrypto, key: KeyObject): boolean {
  const given = Uint8Array.of(0, 1, 2);
  try {
    if (digestOf(node, given).length !== 32) return false;
    const { RSA_PKCS1_OAEP_PADDING: padding } = node.constants;
    const sealer = { key: node.createPublicKey(key), padding, oaepHash: 'sha256' };
    const sealed = node.publicEncrypt(sealer, given);
    const open = (oaepHash: string) => node.privateDecrypt({ key, padding, oaepHash }, sealed);
    if (open('sha256').join() !== given.join()) return false;
    try {
      open('sha1');
    } catch {
      return (proven = true);
    }
  } catch {
    // It takes something else, or does not have it.
  }
  return false;
}

const digestOf = (node: NodeCrypto, bytes: Uint8Array) =>
  node.createHash('sha256').update('fieldseal rsa').update(bytes).digest();

/** Node's, which wipes the key's DER; `undefined`, and leaves it, if it does not have what it takes. */
function nodeDecrypt(node: NodeCrypto, der: Uint8Array<ArrayBuffer>): Decrypt | undefined {
  let key: KeyObject;
  try {
    key = node.createPrivateKey({ key: nodeBuffer(der), format: 'der', type: 'pkcs8' });
  } catch {
    if (!makesPrivateKeys(node)) return undefined;
    throw malformedKey(NO_RSA_KEY);
  }
  // Some hosts' keys do not say what they are.
  const { asymmetricKeyType: type = 'rsa' } = key;
  if (type !== 'rsa') throw malformedKey(NO_RSA_KEY);
  if (!proven && !proves(node, key)) return undefined;
  // With it the core derives what a bad padding yields: a secret, and the same each time.
  const secret = digestOf(node, der);
  der.fill(0);
  const { RSA_PKCS1_OAEP_PADDING: padding, RSA_NO_PADDING } = node.constants;
  const raw = (ciphertext: Uint8Array) =>
    node.privateDecrypt({ key, padding: RSA_NO_PADDING }, ciphertext);
  /** Whether the host has the bare operation, by the number 1, which is its own root. */
  const hasRaw = () => {
    const { modulusLength = 2048 } = key.asymmetricKeyDetails ?? {};
    const one = new Uint8Array(Math.ceil(modulusLength / 8));
    one[one.length - 1] = 1;
    try {
      raw(one);
      return true;
    } catch {
      return false;
    }
  };
  return async (scheme, ciphertext) => {
    const oaepHash = HASHES[scheme]?.replace('-', '').toLowerCase();
    if (oaepHash !== undefined)
      return takeSecret(node.privateDecrypt({ key, padding, oaepHash }, ciphertext));
    // PKCS #1 v1.5: the core reads the padding. Hosts tell whether it was good, or refuse it for that reason.
    try {
      const encoded = raw(ciphertext);
      const both = new Uint8Array(secret.length + encoded.length);
      both.set(secret);
      both.set(encoded, secret.length);
      encoded.fill(0);
      return both;
    } catch (error) {
      if (hasRaw()) throw error;
      throw noPkcs1('the host');
    }
  };
}

const noPkcs1 = (host: string) =>
  `${host} has no RSA PKCS #1 v1.5 decryption; open it in Node, Bun or Deno, and seal it anew with OAEP or AWS KMS`;

function webDecrypt(keyFor: (hash: string) => Promise<CryptoKey>): Decrypt {
  return async (padding, ciphertext) => {
    const hash = HASHES[padding];
    if (hash === undefined) throw noPkcs1('WebCrypto');
    const key = await keyFor(hash).catch(() => {
      throw NO_RSA_KEY;
    });
    const { name, hash: bound } = key.algorithm as RsaHashedKeyAlgorithm;
    if (name !== 'RSA-OAEP' || bound.name !== hash || !key.usages.includes('decrypt')) {
      throw `the CryptoKey is not for RSA-OAEP decryption with ${hash}`;
    }
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'RSA-OAEP' }, key, ciphertext));
  };
}
