/**
 * Cryptography by the host, for work that is worth the way there: AES-GCM of large frames, RSA
 * encryption, ECDSA verification, hashes of long messages. Node's own, synchronous, or WebCrypto with
 * many frames in flight.
 *
 * The core names the work by a table of offsets (`src/wasm/offload.rs`). A synchronous host works on
 * linear memory itself. An asynchronous one works on a buffer that belongs to its request and stays
 * where it is until the request is answered, whatever becomes of the operation meanwhile; only memory
 * may grow, so that every use takes a view of its own. Keys are copied by the host's cryptography and
 * by nothing else.
 *
 * @module
 */

import { nodeBuffer, nodeCrypto, type NodeCrypto } from './private-key.js';

/** Bytes of a frame, and of a batch of frames, below which the core is faster (benches/message.mjs). */
const NODE = { minFrame: 1024, minBatch: 1024 };
const WEB = { minFrame: 2048, minBatch: 4096 };

const TAG = 16;
const IV = 12;

type Bytes = Uint8Array<ArrayBuffer>;
type Memory = () => Bytes;

type Kind = 'gcm' | 'verify' | 'rsa' | 'digest';

/** The buffer of a request in linear memory. */
export interface HostBuffer {
  readonly at: number;
  readonly length: number;
}

export interface HostCrypto {
  /** For a synchronous host; `kind` is the name of one of the methods below, `at` the address of the table. */
  readonly call: ((kind: Kind, at: number) => number) | undefined;
  /** Returns -1, or the first operation whose tag does not match. */
  gcm(buffer: HostBuffer): Promise<number>;
  /** Returns 1 if the signature matches, else 0. */
  verify(buffer: HostBuffer): Promise<number>;
  /** Returns 1 once the ciphertext is there, or 0 if the host does not have the padding. */
  rsa(buffer: HostBuffer): Promise<number>;
  /** Returns 1 when the digest is there. */
  digest(buffer: HostBuffer): Promise<number>;
  readonly minFrame: number;
  readonly minBatch: number;
}

/** The host's cryptography over the linear memory that `memory` returns; undefined where there is none. */
export function hostCrypto(memory: Memory): HostCrypto | undefined {
  const node = nodeCrypto();
  if (!node && !globalThis.crypto?.subtle) return undefined;
  const view = ({ at, length }: HostBuffer): Memory => {
    return () => memory().subarray(at, at + length);
  };
  return {
    ...(node ? NODE : WEB),
    gcm: (buffer) => webGcm(view(buffer)),
    verify: (buffer) => webVerify(view(buffer)),
    rsa: (buffer) => webRsa(view(buffer)),
    digest: (buffer) => webDigest(view(buffer)),
    call: node && ((kind, at) => NODE_WORK[kind](node, memory(), at)),
  };
}

const NODE_WORK = { gcm: nodeGcm, verify: nodeVerify, rsa: nodeRsa, digest: nodeDigest };

/** The words of the table at `at`. */
function tableAt(view: Bytes, at: number): (i: number) => number {
  const words = new DataView(view.buffer, view.byteOffset + at);
  return (i) => words.getUint32(4 * i, true);
}

/** Bytes that the table names, all of them. */
function part(view: Bytes, start: number, length: number): Bytes {
  const bytes = view.subarray(start, start + length);
  if (bytes.length !== length) throw new RangeError('a table that names other bytes than its own');
  return bytes;
}

/** Writes a result where the table wants it, of exactly the length that it has room for. */
function put(view: Bytes, start: number, length: number, result: Uint8Array): void {
  if (result.length !== length) throw new RangeError('a result of another length');
  part(view, start, length).set(result);
}

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
      put(memory, output, input.length, cipher.update(input));
      cipher.final();
      put(memory, output + input.length, TAG, cipher.getAuthTag());
      continue;
    }
    const length = input.length - TAG;
    const decipher = node.createDecipheriv(name, key, iv);
    decipher.setAAD(aad);
    decipher.setAuthTag(input.subarray(length));
    const plaintext = decipher.update(input.subarray(0, length));
    try {
      decipher.final();
      put(memory, output, length, plaintext);
    } catch {
      return i;
    } finally {
      plaintext.fill(0);
    }
  }
  return -1;
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
      } catch {
        return false;
      }
      put(view(), output, length, result);
      if (!seals) result.fill(0);
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

/** SubjectPublicKeyInfo of an uncompressed point, up to the point. */
const SPKI: Readonly<Record<number, readonly number[]>> = {
  256: [
    48, 89, 48, 19, 6, 7, 42, 134, 72, 206, 61, 2, 1, 6, 8, 42, 134, 72, 206, 61, 3, 1, 7, 3, 66, 0,
  ],
  384: [48, 118, 48, 16, 6, 7, 42, 134, 72, 206, 61, 2, 1, 6, 5, 43, 129, 4, 0, 34, 3, 98, 0],
};

/** Work on a number and a few byte strings: string `i` of the table at `at`. */
function given(view: Bytes, at: number, i: number): Bytes {
  const word = tableAt(view, at);
  return part(view, word(1 + 2 * i), word(2 + 2 * i));
}

/** Writes the result, which the table names behind `i` strings. */
function give(view: Bytes, at: number, i: number, result: Uint8Array): 1 {
  const word = tableAt(view, at);
  put(view, word(1 + 2 * i), word(2 + 2 * i), result);
  return 1;
}

/** The bits of a curve; its point, the message and the signature. */
function signed(view: Bytes, at: number) {
  const [point, message, signature] = [0, 1, 2].map((i) => given(view, at, i));
  return { bits: tableAt(view, at)(0), point: point!, message: message!, signature: signature! };
}

function nodeVerify(node: NodeCrypto, memory: Bytes, at: number): number {
  const { bits, point, message, signature } = signed(memory, at);
  const spki = nodeBuffer(Uint8Array.of(...SPKI[bits]!, ...point));
  const key = node.createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const options = { key, dsaEncoding: 'ieee-p1363' } as const;
  return Number(node.verify(`sha${bits}`, message, options, signature));
}

async function webVerify(view: Memory): Promise<number> {
  const { subtle } = globalThis.crypto;
  const { bits, point } = signed(view(), 0);
  const algorithm = { name: 'ECDSA', namedCurve: `P-${bits}` };
  const key = await subtle.importKey('raw', point, algorithm, false, ['verify']);
  const { message, signature } = signed(view(), 0);
  const how = { name: 'ECDSA', hash: `SHA-${bits}` };
  return Number(await subtle.verify(how, key, signature, message));
}

/** The bits of OAEP's hash, 0 for PKCS #1 v1.5; the key and the plaintext. */
function padded(view: Bytes, at: number) {
  return { bits: tableAt(view, at)(0), spki: given(view, at, 0), plaintext: given(view, at, 1) };
}

function nodeRsa(node: NodeCrypto, memory: Bytes, at: number): number {
  const { bits, spki, plaintext } = padded(memory, at);
  const key = node.createPublicKey({ key: nodeBuffer(spki), format: 'der', type: 'spki' });
  const { RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING } = node.constants;
  const padding = bits === 0 ? RSA_PKCS1_PADDING : RSA_PKCS1_OAEP_PADDING;
  const how = { key, padding, ...(bits === 0 ? {} : { oaepHash: `sha${bits}` }) };
  return give(memory, at, 2, node.publicEncrypt(how, plaintext));
}

async function webRsa(view: Memory): Promise<number> {
  const { subtle } = globalThis.crypto;
  const { bits, spki } = padded(view(), 0);
  if (bits === 0) return 0;
  const algorithm = { name: 'RSA-OAEP', hash: `SHA-${bits}` };
  const key = await subtle.importKey('spki', spki, algorithm, false, ['encrypt']);
  const sealed = await subtle.encrypt('RSA-OAEP', key, padded(view(), 0).plaintext);
  return give(view(), 0, 2, new Uint8Array(sealed));
}

function nodeDigest(node: NodeCrypto, memory: Bytes, at: number): number {
  const hash = node.createHash(`sha${tableAt(memory, at)(0)}`);
  return give(memory, at, 1, hash.update(given(memory, at, 0)).digest());
}

async function webDigest(view: Memory): Promise<number> {
  const name = `SHA-${tableAt(view(), 0)(0)}`;
  const made = await globalThis.crypto.subtle.digest(name, given(view(), 0, 0));
  return give(view(), 0, 1, new Uint8Array(made));
}
