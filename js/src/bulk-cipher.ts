/**
 * AES-GCM by the host, for frames that are worth the way there: Node's own cipher, synchronous, or
 * WebCrypto with many frames in flight. The core names the work by addresses in linear memory and
 * keeps everything there in place until it is answered; keys are copied by the host's cryptography
 * and by nothing else.
 *
 * @module
 */

import { nodeCrypto, type NodeCrypto } from './node-crypto.js';

/** Bytes of a frame, and of a batch of frames, below which the core is faster (benches/message.mjs). */
const NODE = { minFrame: 1024, minBatch: 1024 };
const WEB = { minFrame: 2048, minBatch: 16384 };

const TAG = 16;

interface Task {
  readonly iv: number;
  readonly aad: number;
  readonly aadLength: number;
  readonly input: number;
  readonly inputLength: number;
  readonly output: number;
}

interface Batch {
  readonly seals: boolean;
  readonly key: Uint8Array<ArrayBuffer>;
  readonly tasks: readonly Task[];
}

export interface BulkCipher {
  /** For a synchronous host: answers -1, or the first task whose tag does not fit. */
  readonly call: ((at: number) => number) | undefined;
  /** For an asynchronous one: the same, through the core's outbox. */
  readonly host: { gcm(at: number): Promise<number> };
  readonly minFrame: number;
  readonly minBatch: number;
}

/** The host's cipher over the linear memory that `memory` answers, or undefined where there is none. */
export function bulkCipher(memory: () => Uint8Array<ArrayBuffer>): BulkCipher | undefined {
  const node = nodeCrypto();
  const host = { gcm: (at: number) => webGcm(memory, at) };
  if (node) return { ...NODE, host, call: (at) => nodeGcm(node, memory(), at) };
  return globalThis.crypto?.subtle ? { ...WEB, host, call: undefined } : undefined;
}

/** Reads the table that `src/wasm/host.rs` writes. */
function read(memory: Uint8Array<ArrayBuffer>, at: number): Batch {
  const view = new DataView(memory.buffer);
  const word = (i: number): number => view.getUint32(at + 4 * i, true);
  const key = word(1);
  const tasks: Task[] = [];
  for (let i = 4, left = word(3); left > 0; left--, i += 6) {
    const [iv, aad, aadLength] = [word(i), word(i + 1), word(i + 2)];
    const [input, inputLength, output] = [word(i + 3), word(i + 4), word(i + 5)];
    tasks.push({ iv, aad, aadLength, input, inputLength, output });
  }
  return { seals: word(0) === 1, key: memory.subarray(key, key + word(2)), tasks };
}

function nodeGcm(node: NodeCrypto, memory: Uint8Array<ArrayBuffer>, at: number): number {
  const { seals, key, tasks } = read(memory, at);
  // The type of one of them: what all have.
  const name = `aes-${key.length * 8}-gcm` as 'aes-256-gcm';
  const view = (start: number, length: number) => memory.subarray(start, start + length);
  for (let i = 0; i < tasks.length; i++) {
    const { iv, aad, aadLength, input, inputLength, output } = tasks[i]!;
    if (seals) {
      const cipher = node.createCipheriv(name, key, view(iv, 12));
      cipher.setAAD(view(aad, aadLength));
      memory.set(cipher.update(view(input, inputLength)), output);
      cipher.final();
      memory.set(cipher.getAuthTag(), output + inputLength);
      continue;
    }
    const length = inputLength - TAG;
    const decipher = node.createDecipheriv(name, key, view(iv, 12));
    decipher.setAAD(view(aad, aadLength));
    decipher.setAuthTag(view(input + length, TAG));
    const plaintext = decipher.update(view(input, length));
    try {
      decipher.final();
      memory.set(plaintext, output);
    } catch {
      return i;
    } finally {
      plaintext.fill(0);
    }
  }
  return -1;
}

async function webGcm(memory: () => Uint8Array<ArrayBuffer>, at: number): Promise<number> {
  const { subtle } = globalThis.crypto;
  const { seals, key: bytes, tasks } = read(memory(), at);
  const usage = seals ? 'encrypt' : 'decrypt';
  const key = await subtle.importKey('raw', bytes, 'AES-GCM', false, [usage]);
  // After a wait, memory may have grown and its old buffer be detached.
  const now = memory();
  const view = (start: number, length: number) => now.subarray(start, start + length);
  const work = tasks.map(async (task, i) => {
    const algorithm = {
      name: 'AES-GCM',
      iv: view(task.iv, 12),
      additionalData: view(task.aad, task.aadLength),
      tagLength: 8 * TAG,
    };
    // The arguments are copied within the call.
    const result = subtle[usage](algorithm, key, view(task.input, task.inputLength));
    const bytes = await result.then(
      (result) => new Uint8Array(result),
      () => undefined,
    );
    if (!bytes) return i;
    memory().set(bytes, task.output);
    if (!seals) bytes.fill(0);
    return -1;
  });
  // All of them, even if one fails: none may write after the core was answered.
  const failed = (await Promise.all(work)).filter((i) => i >= 0);
  return failed[0] ?? -1;
}
