/**
 * Hashes of messages by Node, fed piece by piece: each piece where it lies, while the core waits. Not by WebCrypto, which takes
 * whole messages only and is slower than the core.
 *
 * @module
 */

import { fromHex } from '../util/hex.js';
import type { NodeCrypto } from './private-key.js';
import { part, put, type Memory } from './work.js';

/**
 * A hash in the middle: takes the bytes of linear memory at an address or, as its last step, writes the digest there. The core
 * holds it, and nothing else.
 */
export type HashStep = (at: number, length: number, last: boolean) => true;

/** The end of the hash of the bytes 1, 2 and 3, by its bits. */
const PROOFS: Readonly<Record<number, string>> = {
  256: '7d84a1a2011cfb81',
  384: 'd2629b7a393d47f6',
};

/** What is known of a host's functions, by the bits of the hash. */
const known = new Map<number, boolean>();

function begin(node: NodeCrypto, memory: Memory, bits: number): HashStep {
  const hash = node.createHash(`sha${bits}`);
  return (at, length, last) => {
    if (last) put(memory(), at, length, hash.digest());
    else hash.update(part(memory(), at, length));
    return true;
  };
}

/** Whether a hash in two pieces is what it should be. */
function holds(node: NodeCrypto, bits: number): boolean {
  const buffer = new Uint8Array(bits / 8);
  buffer.set([1, 2, 3]);
  try {
    const step = begin(node, () => buffer, bits);
    step(0, 1, false);
    step(1, 2, false);
    step(0, buffer.length, true);
  } catch {
    return false;
  }
  const end = fromHex(PROOFS[bits]!);
  return end.every((byte, i) => byte === buffer[buffer.length - end.length + i]);
}

/** Begins a hash; `undefined` where the host has none that is right. */
export function beginHash(node: NodeCrypto, memory: Memory, bits: number): HashStep | undefined {
  if (!known.has(bits)) known.set(bits, holds(node, bits));
  return known.get(bits) === true ? begin(node, memory, bits) : undefined;
}
