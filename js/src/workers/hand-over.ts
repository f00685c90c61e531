/**
 * Secrets on their way to another thread. Bytes become keys of Node's cryptography, whose memory all threads share and no heap
 * of JavaScript has: whoever starts a thread, and later another in its place, keeps no bytes.
 *
 * @module
 */

import { usage, type UsageError } from '../errors.js';
import { isCryptoKey, type NodeCrypto } from '../host/private-key.js';
import { isBinary, windowOf } from '../util/bytes.js';
import { isArray, isPlainObject, kindOf } from '../util/plain-object.js';
import { tagOf } from '../util/tag.js';

const ADVICE =
  "Give plain data: a keyring as its configuration, { type: 'rawAes', … }, a client as its options. What has functions, such as a customKeyring, is for an ItemEncryptor.";

/**
 * Options, as `readOptions` copied them, in a form that can go to another thread. Their bytes are wiped, also where they are
 * refused.
 *
 * @throws UsageError `INVALID_CONFIG` for what cannot go there
 */
export function handOver<T extends object>(node: NodeCrypto, options: T): T {
  const refused: UsageError[] = [];
  const handed = take(node, '', options, refused);
  const [first] = refused;
  if (first) throw first;
  return handed as T;
}

function take(node: NodeCrypto, name: string, value: unknown, refused: UsageError[]): unknown {
  if (isBinary(value)) return keyOf(node, windowOf(value)!);
  if (isArray(value)) {
    return value.map((member, i) => take(node, `${name}[${i}]`, member, refused));
  }
  if (isPlainObject(value)) {
    const at = (key: string) => (name === '' ? key : `${name}.${key}`);
    const members = Object.entries(value);
    return Object.fromEntries(
      members.map(([key, member]) => [key, take(node, at(key), member, refused)]),
    );
  }
  if (!crosses(value)) {
    const problem = `${name} is ${kindOf(value)}, which cannot go to another thread`;
    refused.push(usage('INVALID_CONFIG', problem, ADVICE));
  }
  return value;
}

function crosses(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) {
    // A key of WebCrypto goes as it is, and its bytes stay where they are.
    return isCryptoKey(value) || tagOf(value) === '[object Date]';
  }
  return typeof value !== 'function' && typeof value !== 'symbol';
}

/** The copy that the options were read into becomes a key; none can be empty. */
function keyOf(node: NodeCrypto, bytes: Uint8Array): unknown {
  if (bytes.length === 0) return bytes;
  const key = node.createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

/** What was handed over, as it was given. `wipe` takes all bytes of it, once they have been read. */
export function received(
  node: NodeCrypto,
  value: unknown,
  wipe: (bytes: Uint8Array) => void,
): unknown {
  if (value instanceof node.KeyObject) {
    const bytes = value.export();
    wipe(bytes);
    return bytes;
  }
  const below = (member: unknown) => received(node, member, wipe);
  if (isArray(value)) return value.map(below);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, below(member)]));
}
