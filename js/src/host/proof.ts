/**
 * The host's functions do work once whose outcome is known before they do any other: hosts lack some, have others that take
 * something else, or that are wrong. What does not hold is not used; the other host or the core does it.
 *
 * @module
 */

import { webCrypto } from '../util/web-crypto.js';
import type { NodeCrypto } from './private-key.js';
import { ABSENT, tableAt, type Bytes, type Memory, type Proof, type Work } from './work.js';

/** What is known, by host, kind of work and variant. */
const known = new Map<string, boolean | Promise<boolean>>();

const variantOf = (work: Work, view: Bytes, at: number): number => tableAt(view, at)(work.variant);

function holds({ buffer, answer, result = new Uint8Array() }: Proof, found: unknown): boolean {
  const end = buffer.subarray(buffer.length - result.length);
  return found === answer && result.every((byte, i) => byte === end[i]);
}

/** Has Node's functions do work. */
export function nodeWork(
  kind: string,
  work: Work,
  node: NodeCrypto,
  memory: Bytes,
  at: number,
): number {
  const variant = variantOf(work, memory, at);
  const name = `node ${kind} ${variant}`;
  if (!known.has(name)) {
    const attempt = (buffer: Bytes): number | undefined => {
      try {
        return work.node(node, buffer, 0);
      } catch {
        return undefined;
      }
    };
    const proofs = work.proofs(variant);
    known.set(
      name,
      proofs.every((proof) => holds(proof, attempt(proof.buffer))),
    );
  }
  return known.get(name) === true ? work.node(node, memory, at) : ABSENT;
}

/** Has WebCrypto do work. */
export async function webWork(kind: string, work: Work, view: Memory): Promise<number> {
  if (!webCrypto()) return ABSENT;
  const variant = variantOf(work, view(), 0);
  const name = `web ${kind} ${variant}`;
  if (!known.has(name)) {
    let failed = false;
    const held = async (proof: Proof): Promise<boolean> => {
      const found = await work
        .web(() => proof.buffer)
        .catch(() => {
          failed ||= proof.answer !== undefined;
        });
      return holds(proof, found);
    };
    const all = Promise.all(work.proofs(variant).map(held));
    known.set(
      name,
      all.then((each) => {
        // It may have been for the moment, for want of memory: the next work asks again.
        if (failed) known.delete(name);
        return !each.includes(false);
      }),
    );
  }
  return (await known.get(name)) === true ? work.web(view) : ABSENT;
}
