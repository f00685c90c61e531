/**
 * Cryptography by the host, for work that is worth the way there: AES-GCM of large frames, RSA
 * encryption, ECDSA verification, hashes of long messages. Node's own, synchronous, or WebCrypto with many frames in flight. The core names the
 * work by addresses in linear memory and keeps everything there in place until it is answered; keys
 * are copied by the host's cryptography and by nothing else.
 *
 * @module
 */

import { nodeBuffer, nodeCrypto, type NodeCrypto } from './private-key.js';

/** Bytes of a frame, and of a batch of frames, below which the core is faster (benches/message.mjs). */
const NODE = { minFrame: 1024, minBatch: 1024 };
const WEB = { minFrame: 2048, minBatch: 4096 };

const TAG = 16;

type Memory = () => Uint8Array<ArrayBuffer>;

type Kind = 'gcm' | 'verify' | 'rsa' | 'digest';

export interface HostCrypto {
  /** For a synchronous host; `kind` is the name of one of the methods below. */
  readonly call: ((kind: Kind, at: number) => number) | undefined;
  /** Answers -1, or the first operation whose tag does not fit. */
  gcm(at: number): Promise<number>;
  /** Answers 1 if the signature fits, else 0. */
  verify(at: number): Promise<number>;
  /** Answers 1 once the ciphertext is there, or 0 if the host does not have the padding. */
  rsa(at: number): Promise<number>;
  /** Answers when the digest is there. */
  digest(at: number): Promise<number>;
  readonly minFrame: number;
  readonly minBatch: number;
}

/** The host's cryptography over the linear memory that `memory` answers; undefined where there is none. */
export function hostCrypto(memory: Memory): HostCrypto | undefined {
  const node = nodeCrypto();
  if (!node && !globalThis.crypto?.subtle) return undefined;
  return {
    ...(node ? NODE : WEB),
    gcm: (at) => webGcm(memory, at),
    verify: (at) => webVerify(memory, at),
    rsa: (at) => webRsa(memory, at),
    digest: (at) => webDigest(memory, at),
    call: node && ((kind, at) => NODE_WORK[kind](node, memory(), at)),
  };
}

const NODE_WORK = { gcm: nodeGcm, verify: nodeVerify, rsa: nodeRsa, digest: nodeDigest };

/** The table that `src/wasm/host.rs` writes: these words, then {@link TASK} words for each task. */
const HEAD = 4;
/** Addresses of IV and associated data, its length, address and length of the input, address of the output. */
const TASK = 6;

function tableOf(memory: Uint8Array<ArrayBuffer>, at: number): Uint32Array {
  // WebAssembly is little-endian; so is every platform that has these words as an array.
  const count = new Uint32Array(memory.buffer, at, HEAD)[3]!;
  return new Uint32Array(memory.buffer, at, HEAD + TASK * count);
}

function nodeGcm(node: NodeCrypto, memory: Uint8Array<ArrayBuffer>, at: number): number {
  const words = tableOf(memory, at);
  const seals = words[0] === 1;
  const view = (start: number, length: number) => memory.subarray(start, start + length);
  const key = view(words[1]!, words[2]!);
  // The type of one of them: what all have.
  const name = `aes-${key.length * 8}-gcm` as 'aes-256-gcm';
  for (let i = HEAD; i < words.length; i += TASK) {
    const iv = view(words[i]!, 12);
    const aad = view(words[i + 1]!, words[i + 2]!);
    const input = words[i + 3]!;
    const length = words[i + 4]!;
    const output = words[i + 5]!;
    if (seals) {
      const cipher = node.createCipheriv(name, key, iv);
      cipher.setAAD(aad);
      memory.set(cipher.update(view(input, length)), output);
      cipher.final();
      memory.set(cipher.getAuthTag(), output + length);
      continue;
    }
    const decipher = node.createDecipheriv(name, key, iv);
    decipher.setAAD(aad);
    decipher.setAuthTag(view(input + length - TAG, TAG));
    const plaintext = decipher.update(view(input, length - TAG));
    try {
      decipher.final();
      memory.set(plaintext, output);
    } catch {
      return (i - HEAD) / TASK;
    } finally {
      plaintext.fill(0);
    }
  }
  return -1;
}

async function webGcm(memory: Memory, at: number): Promise<number> {
  const { subtle } = globalThis.crypto;
  const [sealing, keyAt, keyLength] = tableOf(memory(), at) as unknown as number[];
  const usage = sealing === 1 ? 'encrypt' : 'decrypt';
  const bytes = memory().subarray(keyAt, keyAt! + keyLength!);
  const key = await subtle.importKey('raw', bytes, 'AES-GCM', false, [usage]);
  // After a wait, memory may have grown and its old buffer be detached.
  const words = tableOf(memory(), at);
  const view = (start: number, length: number) => memory().subarray(start, start + length);
  const work: Promise<boolean>[] = [];
  for (let i = HEAD; i < words.length; i += TASK) {
    const output = words[i + 5]!;
    const algorithm = {
      name: 'AES-GCM',
      iv: view(words[i]!, 12),
      additionalData: view(words[i + 1]!, words[i + 2]!),
      tagLength: 8 * TAG,
    };
    // The arguments are copied within the call.
    const result = subtle[usage](algorithm, key, view(words[i + 3]!, words[i + 4]!));
    const written = result.then(
      (result) => {
        const bytes = new Uint8Array(result);
        memory().set(bytes, output);
        if (sealing !== 1) bytes.fill(0);
        return true;
      },
      () => false,
    );
    work.push(written);
  }
  // All of them, even if one fails: none may write after the core was answered.
  return (await Promise.all(work)).indexOf(false);
}

/** SubjectPublicKeyInfo of an uncompressed point, up to the point. */
const SPKI: Readonly<Record<number, readonly number[]>> = {
  256: [
    48, 89, 48, 19, 6, 7, 42, 134, 72, 206, 61, 2, 1, 6, 8, 42, 134, 72, 206, 61, 3, 1, 7, 3, 66, 0,
  ],
  384: [48, 118, 48, 16, 6, 7, 42, 134, 72, 206, 61, 2, 1, 6, 5, 43, 129, 4, 0, 34, 3, 98, 0],
};

/** The table that `src/wasm/host.rs` writes for other work: a number, then addresses and lengths of texts. */
function numberOf(memory: Uint8Array<ArrayBuffer>, at: number): number {
  return new Uint32Array(memory.buffer, at, 1)[0]!;
}

function textOf(memory: Uint8Array<ArrayBuffer>, at: number, i: number): Uint8Array<ArrayBuffer> {
  const [start, length] = new Uint32Array(memory.buffer, at + 4 + 8 * i, 2) as unknown as number[];
  return memory.subarray(start!, start! + length!);
}

function signed(memory: Uint8Array<ArrayBuffer>, at: number) {
  return {
    bits: numberOf(memory, at),
    point: textOf(memory, at, 0),
    message: textOf(memory, at, 1),
    signature: textOf(memory, at, 2),
  };
}

function nodeVerify(node: NodeCrypto, memory: Uint8Array<ArrayBuffer>, at: number): number {
  const { bits, point, message, signature } = signed(memory, at);
  const spki = nodeBuffer(Uint8Array.of(...SPKI[bits]!, ...point));
  const key = node.createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const options = { key, dsaEncoding: 'ieee-p1363' } as const;
  return Number(node.verify(`sha${bits}`, message, options, signature));
}

async function webVerify(memory: Memory, at: number): Promise<number> {
  const { subtle } = globalThis.crypto;
  const { bits, point } = signed(memory(), at);
  const algorithm = { name: 'ECDSA', namedCurve: `P-${bits}` };
  const key = await subtle.importKey('raw', point, algorithm, false, ['verify']);
  const { message, signature } = signed(memory(), at);
  const how = { name: 'ECDSA', hash: `SHA-${bits}` };
  return Number(await subtle.verify(how, key, signature, message));
}

/** With bits of OAEP's hash, 0 for PKCS #1 v1.5. */
function padded(memory: Uint8Array<ArrayBuffer>, at: number) {
  return {
    bits: numberOf(memory, at),
    spki: textOf(memory, at, 0),
    plaintext: textOf(memory, at, 1),
    ciphertext: textOf(memory, at, 2),
  };
}

function nodeRsa(node: NodeCrypto, memory: Uint8Array<ArrayBuffer>, at: number): number {
  const { bits, spki, plaintext, ciphertext } = padded(memory, at);
  const key = node.createPublicKey({ key: nodeBuffer(spki), format: 'der', type: 'spki' });
  const { RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING } = node.constants;
  const padding = bits === 0 ? RSA_PKCS1_PADDING : RSA_PKCS1_OAEP_PADDING;
  const how = { key, padding, ...(bits === 0 ? {} : { oaepHash: `sha${bits}` }) };
  ciphertext.set(node.publicEncrypt(how, plaintext));
  return 1;
}

async function webRsa(memory: Memory, at: number): Promise<number> {
  const { subtle } = globalThis.crypto;
  const { bits, spki } = padded(memory(), at);
  if (bits === 0) return 0;
  const algorithm = { name: 'RSA-OAEP', hash: `SHA-${bits}` };
  const key = await subtle.importKey('spki', spki, algorithm, false, ['encrypt']);
  const sealed = await subtle.encrypt('RSA-OAEP', key, padded(memory(), at).plaintext);
  padded(memory(), at).ciphertext.set(new Uint8Array(sealed));
  return 1;
}

function hashed(memory: Uint8Array<ArrayBuffer>, at: number) {
  return {
    bits: numberOf(memory, at),
    message: textOf(memory, at, 0),
    digest: textOf(memory, at, 1),
  };
}

function nodeDigest(node: NodeCrypto, memory: Uint8Array<ArrayBuffer>, at: number): number {
  const { bits, message, digest } = hashed(memory, at);
  digest.set(node.createHash(`sha${bits}`).update(message).digest());
  return 1;
}

async function webDigest(memory: Memory, at: number): Promise<number> {
  const { bits, message } = hashed(memory(), at);
  const made = await globalThis.crypto.subtle.digest(`SHA-${bits}`, message);
  hashed(memory(), at).digest.set(new Uint8Array(made));
  return 1;
}
