/**
 * Private keys that stay with the host's cryptography.
 *
 * @module
 */

import { fromBase64 } from '../util/base64.js';
import { copyOf } from '../util/bytes.js';
import { malformedKey } from '../errors.js';
import { fromHex } from '../util/hex.js';
import { hostModule } from '../util/host-module.js';
import { tagOf } from '../util/tag.js';

export type NodeCrypto = typeof import('node:crypto');

/** Node's cryptography, or what another host has under its name. */
export function nodeCrypto(): NodeCrypto | undefined {
  return hostModule('node:crypto') as NodeCrypto | undefined;
}

/** Node takes no plain Uint8Array for DER in its types; in fact it takes any view. */
export function nodeBuffer(bytes: Uint8Array): Buffer {
  return bytes as Buffer;
}

/** The private key 1 on P-256 as PKCS#8, with nothing but the number. */
const ONE = `3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420${'1'.padStart(64, '0')}`;

/** Whether Node's cryptography makes private keys at all: if so, one that it refuses is not good. */
export function makesPrivateKeys(node: NodeCrypto): boolean {
  try {
    node.createPrivateKey({ key: nodeBuffer(fromHex(ONE)), format: 'der', type: 'pkcs8' });
    return true;
  } catch {
    return false;
  }
}

/** A key of WebCrypto, of any realm. */
export function isCryptoKey(value: unknown): value is CryptoKey {
  return tagOf(value) === '[object CryptoKey]';
}

/** The DER of a PKCS#8 private key given as PEM (text or bytes) or as DER. */
export function pkcs8(name: string, key: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const der = typeof key === 'string' ? undefined : copyOf(name, key);
  // DER begins with a SEQUENCE (0x30), PEM with a dash.
  if (der && der[0] !== 0x2d) return der;
  const text = der ? new TextDecoder().decode(der) : (key as string);
  der?.fill(0);
  const body = /^-----BEGIN PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END PRIVATE KEY-----\s*$/.exec(
    text.trimStart(),
  );
  const base64 = body?.[1];
  if (base64 === undefined) {
    throw malformedKey(`${name} must be PKCS#8: "-----BEGIN PRIVATE KEY-----"`);
  }
  const decoded = fromBase64(base64.replace(/\s/g, ''));
  if (!decoded) throw malformedKey(`the base64 of ${name} is damaged`);
  return decoded;
}

/** What the host's cryptography made, for the core, which wipes it: of this realm, and the host's own wiped. */
export function takeSecret(made: Uint8Array): Uint8Array {
  const secret = new Uint8Array(made);
  made.fill(0);
  return secret;
}
