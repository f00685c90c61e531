/** AES-GCM by the host: batches of frames of a message, all under one key. */

import { fromHex } from '../util/hex.js';
import { part, put, tableAt, type Bytes, type Memory, type Proof, type Work } from './work.js';
import type { NodeCrypto } from './private-key.js';

const TAG = 16;
const IV = 12;
/**
 * Bytes that go through Node's cipher at once, in whole blocks: it gives each time a buffer of its own, which the processor's
 * cache and the allocator hold as long as it is no longer than this.
 */
const PIECE = 64 << 10;
/** What is as short as what is known goes block by block: so that shows whether the cipher takes pieces, too. */
const [BLOCK, SHORT] = [16, 32];

/** The table of a batch: its head, then an operation each. */
const HEAD = 4;
const TASK = 8;

type Table = (i: number) => number;

/** Whether a batch seals, its key, and how many operations it has. */
function batchOf(view: Bytes, word: Table): { seals: boolean; key: Bytes; count: number } {
  return { seals: word(0) === 1, key: part(view, word(1), word(2)), count: word(3) };
}

/** Operation `i` of the batch whose table is at `at`. */
function operation(view: Bytes, at: number, word: Table, i: number) {
  const start = HEAD + TASK * i;
  return {
    aad: part(view, word(start), word(start + 1)),
    input: part(view, word(start + 2), word(start + 3)),
    output: word(start + 4),
    iv: part(view, at + 4 * (start + 5), IV),
  };
}

function nodeGcm(node: NodeCrypto, memory: Bytes, at: number): number {
  const word = tableAt(memory, at);
  const { seals, key, count } = batchOf(memory, word);
  // The type of one of them: what all have.
  const name = `aes-${key.length * 8}-gcm` as 'aes-256-gcm';
  for (let i = 0; i < count; i++) {
    const { aad, input, iv, output } = operation(memory, at, word, i);
    if (seals) {
      const cipher = node.createCipheriv(name, key, iv);
      cipher.setAAD(aad);
      through(cipher, input, memory, output, false);
      cipher.final();
      put(memory, output + input.length, TAG, cipher.getAuthTag());
      continue;
    }
    const length = input.length - TAG;
    const decipher = node.createDecipheriv(name, key, iv);
    decipher.setAAD(aad);
    decipher.setAuthTag(input.subarray(length));
    through(decipher, input.subarray(0, length), memory, output, true);
    // The core wipes the output of a batch that failed.
    if (!verifies(decipher)) return i;
  }
  return -1;
}

/** Has a cipher work on all of the input; with `wipe`, what it gives is wiped once it is where it belongs. */
function through(
  cipher: { update(bytes: Uint8Array): Uint8Array },
  input: Bytes,
  memory: Bytes,
  output: number,
  wipe: boolean,
): void {
  const step = input.length > SHORT ? PIECE : BLOCK;
  for (let at = 0; at < input.length; at += step) {
    const piece = input.subarray(at, at + step);
    const result = cipher.update(piece);
    try {
      put(memory, output + at, piece.length, result);
    } finally {
      if (wipe) result.fill(0);
    }
  }
}

function verifies(decipher: { final(): unknown }): boolean {
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

async function webGcm(view: Memory): Promise<number> {
  const { subtle } = globalThis.crypto;
  const { seals, key: bytes, count } = batchOf(view(), tableAt(view(), 0));
  const usage = seals ? 'encrypt' : 'decrypt';
  const key = await subtle.importKey('raw', bytes, 'AES-GCM', false, [usage]);
  const memory = view();
  const word = tableAt(memory, 0);
  const work: Promise<boolean>[] = [];
  for (let i = 0; i < count; i++) {
    const { aad, input, iv, output } = operation(memory, 0, word, i);
    const length = input.length + (seals ? TAG : -TAG);
    const algorithm = { name: 'AES-GCM', iv, additionalData: aad, tagLength: 8 * TAG };
    const written = async (): Promise<boolean> => {
      let result: Uint8Array;
      try {
        // The arguments are copied within the call.
        result = new Uint8Array(await subtle[usage](algorithm, key, input));
      } catch (error) {
        // Only what is opened can be wrong.
        if (seals) throw error;
        return false;
      }
      try {
        put(view(), output, length, result);
      } finally {
        if (!seals) result.fill(0);
      }
      return true;
    };
    work.push(written());
  }
  // All of them, even if one fails: none may write after the core was answered.
  const results = await Promise.allSettled(work);
  const odd = results.find((result) => result.status === 'rejected');
  if (odd) throw odd.reason;
  return results.findIndex((result) => result.status === 'fulfilled' && !result.value);
}

/**
 * 17 bytes of 1 sealed with a key and an IV of zeros and 3 such bytes of associated data: ciphertext and tag. A block and a
 * part of one, for some hosts keep the part until the end.
 */
const SEALED: Readonly<Record<number, string>> = {
  16: '0289dbcf61b7a293f229c3b870b3ff79f6fdb7c36e80a43e43f04987c5823ee5f3',
  24: '99e6257d06f1ff401d277f4285b1f7012bd7572cac82f435d1d5ede9a935c47f9c',
  32: 'cfa6413c4c616a6f064fc4d2bbf29c1973207f6b77ad84f3cb4b62a6748b498e5f',
};

/** A batch of one operation with a key of zeros. */
function bufferOf(seals: boolean, keyLength: number, input: Bytes, room: number): Bytes {
  const head = 4 * (HEAD + TASK);
  const at = head + keyLength + 3;
  const buffer = new Uint8Array(at + input.length + room);
  const words = [Number(seals), head, keyLength, 1, head + keyLength, 3, at, input.length];
  const view = new DataView(buffer.buffer);
  [...words, at + input.length].forEach((word, i) => view.setUint32(4 * i, word, true));
  buffer.set(input, at);
  return buffer;
}

/** What sealing yields, what opening does, and that it does not open what was changed. */
function proofs(keyLength: number): Proof[] {
  const sealed = fromHex(SEALED[keyLength]!);
  const plaintext = new Uint8Array(17).fill(1);
  const changed = sealed.slice();
  changed[32]! ^= 1;
  return [
    { buffer: bufferOf(true, keyLength, plaintext, 33), answer: -1, result: sealed },
    { buffer: bufferOf(false, keyLength, sealed, 17), answer: -1, result: plaintext },
    { buffer: bufferOf(false, keyLength, changed, 17), answer: 0 },
  ];
}

/** Returns -1, or the first operation whose tag does not match. */
export const gcm: Work = { node: nodeGcm, web: webGcm, variant: 2, proofs };
