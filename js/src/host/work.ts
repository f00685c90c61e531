/**
 * What the host's cryptography does for the core: a kind of work is named by a table of offsets, which
 * `crates/wasm/src/offload.rs` writes.
 *
 * @module
 */

import type { NodeCrypto } from './private-key.js';

export type Bytes = Uint8Array<ArrayBuffer>;
export type Memory = () => Bytes;

/** The number by which a host says that it does not have what work takes: `ABSENT` of `crates/wasm/src/offload.rs`. */
export const ABSENT = -2;

/** One kind of work, by either host. Both return a number, which `crates/wasm/src/offload.rs` explains. */
export interface Work {
  /** Works at once on linear memory; `at` is the address of the table. */
  node(node: NodeCrypto, memory: Bytes, at: number): number;
  /** Works on the buffer of a request, whose table is at its start. */
  web(view: Memory): Promise<number>;
  /** Which word of the table says what variant of the work it is: the bits of a hash, the length of a key. */
  readonly variant: number;
  /** Work of a variant whose outcome is known. */
  proofs(variant: number): readonly Proof[];
}

/** Work on a buffer of its own, and what it must yield. */
export interface Proof {
  readonly buffer: Bytes;
  /** The number; `undefined` if the host must refuse. */
  readonly answer: number | undefined;
  /** The end of the buffer afterwards. */
  readonly result?: Bytes;
}

/** The words of the table at `at`. */
export function tableAt(view: Bytes, at: number): (i: number) => number {
  const words = new DataView(view.buffer, view.byteOffset + at);
  return (i) => words.getUint32(4 * i, true);
}

/** Bytes that the table names, all of them. */
export function part(view: Bytes, start: number, length: number): Bytes {
  const bytes = view.subarray(start, start + length);
  if (bytes.length !== length) throw new RangeError('a table that names other bytes than its own');
  return bytes;
}

/** Writes a result where the table wants it, of exactly the length that it has room for. */
export function put(view: Bytes, start: number, length: number, result: Uint8Array): void {
  if (result.length !== length) throw new RangeError('a result of another length');
  part(view, start, length).set(result);
}

/** A table of a number (the bits of a hash) and a few byte strings, the last of them perhaps the place of the result. */
export function table(view: Bytes, at = 0) {
  const word = tableAt(view, at);
  return {
    bits: word(0),
    given: (i: number): Bytes => part(view, word(1 + 2 * i), word(2 + 2 * i)),
    give(i: number, result: Uint8Array): 1 {
      put(view, word(1 + 2 * i), word(2 + 2 * i), result);
      return 1;
    },
  };
}

/** The table and what it names, as the core makes them. */
export function bufferOf(bits: number, given: readonly Uint8Array[], room: number): Bytes {
  const head = 4 * (1 + 2 * (given.length + 1));
  const words = [bits];
  let end = head;
  for (const { length } of [...given, { length: room }]) {
    words.push(end, length);
    end += length;
  }
  const buffer = new Uint8Array(end);
  const view = new DataView(buffer.buffer);
  words.forEach((word, i) => view.setUint32(4 * i, word, true));
  given.forEach((bytes, i) => buffer.set(bytes, words[1 + 2 * i]));
  return buffer;
}
