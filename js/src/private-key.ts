/**
 * Private keys that stay with the host's cryptography.
 *
 * @module
 */

import { malformedKey } from './errors.js';

export type NodeCrypto = typeof import('node:crypto');

/** Node's cryptography, without an import that a bundler would trip on. */
export function nodeCrypto(): NodeCrypto | undefined {
  const host = (globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } }).process;
  return host?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined;
}

/** Node takes no plain Uint8Array for DER in its types; in fact it takes any view. */
export function nodeBuffer(bytes: Uint8Array): Buffer {
  return bytes as Buffer;
}

/** A key of WebCrypto, of any realm. */
export function isCryptoKey(value: unknown): value is CryptoKey {
  return Object.prototype.toString.call(value) === '[object CryptoKey]';
}

/** The DER of a PKCS#8 private key given as PEM (text or bytes) or as DER. */
export function pkcs8(name: string, key: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const text = typeof key === 'string' ? key : asPem(key);
  if (text === undefined) return new Uint8Array(key as Uint8Array);
  const body = /^-----BEGIN PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END PRIVATE KEY-----\s*$/.exec(
    text.trimStart(),
  );
  if (!body?.[1]) {
    throw malformedKey(`${name} must be PKCS#8: "-----BEGIN PRIVATE KEY-----"`);
  }
  try {
    return Uint8Array.from(atob(body[1].replace(/\s/g, '')), (c) => c.charCodeAt(0));
  } catch {
    throw malformedKey(`the base64 of ${name} is damaged`);
  }
}

function asPem(bytes: Uint8Array): string | undefined {
  // DER begins with a SEQUENCE (0x30), PEM with a dash.
  return bytes[0] === 0x2d ? new TextDecoder().decode(bytes) : undefined;
}
