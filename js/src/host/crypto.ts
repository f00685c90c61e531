/**
 * Cryptography by the host, for work that is worth the way there: RSA encryption, ECDSA verification, hashes of long
 * messages, and AES-GCM of large frames (`host-gcm.ts`). Node's own, synchronous, or WebCrypto with many frames in flight.
 *
 * The core names the work by a table of offsets (`crates/wasm/src/offload.rs`). A synchronous host works on
 * linear memory itself. An asynchronous one works on a buffer that belongs to its request and stays
 * where it is until the request is answered, whatever becomes of the operation meanwhile; only memory
 * may grow, so that every use takes a view of its own. Keys are copied by the host's cryptography and
 * by nothing else.
 *
 * @module
 */

import { webCrypto } from '../util/web-crypto.js';
import { coreBuild } from '../core/registry.js';
import { fromHex } from '../util/hex.js';
import { nodeBuffer, nodeCrypto } from './private-key.js';
import { nodeWork, webWork } from './proof.js';
import { ABSENT, part, put, tableAt, type Bytes, type Memory, type Work } from './work.js';

/** Bytes of a frame, and of a batch of frames, below which the core is faster (benches/message.mjs). */
const NODE = { minFrame: 1024, minBatch: 1024 };
const WEB = { minFrame: 2048, minBatch: 4096 };

/** The buffer of a request in linear memory. */
interface HostBuffer {
  readonly at: number;
  readonly length: number;
}

/** What the core hands to its host; each kind of work is a method for the asynchronous one. */
export interface HostCrypto {
  /** For a synchronous host; `kind` is the name of the work. */
  readonly call: ((kind: string, at: number) => number) | undefined;
  readonly minFrame: number;
  readonly minBatch: number;
}

/** The host's cryptography over the linear memory that `memory` returns; undefined where there is none. */
export function hostCrypto(memory: Memory): HostCrypto | undefined {
  const node = nodeCrypto();
  if (!node && !webCrypto()) return undefined;
  const works: Record<string, Work> = { ...coreBuild().hostWork, verify, rsa, digest };
  const methods = Object.entries(works).map(([kind, work]) => [
    kind,
    ({ at, length }: HostBuffer) => webWork(kind, work, () => memory().subarray(at, at + length)),
  ]);
  return {
    ...(node ? NODE : WEB),
    ...Object.fromEntries(methods),
    call: node && ((kind, at) => nodeWork(kind, works[kind]!, node, memory(), at)),
  } as HostCrypto;
}

/** SubjectPublicKeyInfo of an uncompressed point, up to the point. */
const SPKI: Readonly<Record<number, readonly number[]>> = {
  256: [
    48, 89, 48, 19, 6, 7, 42, 134, 72, 206, 61, 2, 1, 6, 8, 42, 134, 72, 206, 61, 3, 1, 7, 3, 66, 0,
  ],
  384: [48, 118, 48, 16, 6, 7, 42, 134, 72, 206, 61, 2, 1, 6, 5, 43, 129, 4, 0, 34, 3, 98, 0],
};

/** A table of a number (the bits of a hash) and a few byte strings, the last of them perhaps the place of the result. */
function table(view: Bytes, at = 0) {
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
function bufferOf(bits: number, given: readonly Uint8Array[], room: number): Bytes {
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

/**
 * Signatures over one byte, zero, with the private key 1 and the nonce 1: the curve's generator (SEC 2), whose first half
 * is also that of the signature, and the second half of the signature.
 */
const SIGNED: Readonly<Record<number, readonly [point: string, s: string]>> = {
  256: [
    '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
    'd94bdd8fe0dfbce095622bcc1f1c4b1eef939ac0e1226c1779b2dc4bf04862b3',
  ],
  384: [
    'aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f',
    '6947ebd7b1f3e83e1fe6a731b5d4dde4f1f0e5205dae7de6f1a17b3fcb8332be561cd0d6b7d8e787b57fee8fae51f85b',
  ],
};

/** Of a point, a message and a signature: returns 1 if the signature matches, else 0. */
const verify: Work = {
  variant: 0,
  proofs(bits) {
    const [point, s] = SIGNED[bits]!;
    const key = fromHex(`04${point}`);
    const signature = fromHex(point.slice(0, s.length) + s);
    return [0, 1].map((byte) => ({
      buffer: bufferOf(bits, [key, Uint8Array.of(byte), signature], 0),
      answer: 1 - byte,
    }));
  },
  node(node, memory, at) {
    const { bits, given } = table(memory, at);
    const spki = nodeBuffer(Uint8Array.of(...SPKI[bits]!, ...given(0)));
    const key = node.createPublicKey({ key: spki, format: 'der', type: 'spki' });
    const options = { key, dsaEncoding: 'ieee-p1363' } as const;
    return Number(node.verify(`sha${bits}`, given(1), options, given(2)));
  },
  async web(view) {
    const { subtle } = globalThis.crypto;
    const { bits, given: before } = table(view());
    const algorithm = { name: 'ECDSA', namedCurve: `P-${bits}`, hash: `SHA-${bits}` };
    const key = await subtle.importKey('raw', before(0), algorithm, false, ['verify']);
    const { given } = table(view());
    return Number(await subtle.verify(algorithm, key, given(2), given(1)));
  },
};

/** SubjectPublicKeyInfo of an RSA key of 2,048 bits with the exponent 65,537, up to its modulus. */
const RSA_2048 = '30820122300d06092a864886f70d01010105000382010f003082010a0282010100';

/** Of a public key and a plaintext, with the bits of OAEP's hash or 0 for PKCS #1 v1.5: returns 1 once the ciphertext is there. */
const rsa: Work = {
  variant: 0,
  proofs(bits) {
    // 2^2048 - 1942289, a prime. Nothing is opened: that takes a private key. But the hash shows in how much it takes.
    const key = fromHex(`${RSA_2048}${'f'.repeat(506)}e25cef0203010001`);
    const most = 256 - (bits === 0 ? 11 : 2 + (bits === 1 ? 40 : bits / 4));
    return [most, most + 1].map((length) => ({
      buffer: bufferOf(bits, [key, new Uint8Array(length)], 256),
      answer: length === most ? 1 : undefined,
    }));
  },
  node(node, memory, at) {
    const { bits, given, give } = table(memory, at);
    const key = node.createPublicKey({ key: nodeBuffer(given(0)), format: 'der', type: 'spki' });
    const { RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING } = node.constants;
    const how =
      bits > 0
        ? { key, padding: RSA_PKCS1_OAEP_PADDING, oaepHash: `sha${bits}` }
        : { key, padding: RSA_PKCS1_PADDING };
    return give(2, node.publicEncrypt(how, given(1)));
  },
  async web(view) {
    const { subtle } = globalThis.crypto;
    const { bits, given } = table(view());
    if (bits === 0) return ABSENT;
    const algorithm = { name: 'RSA-OAEP', hash: `SHA-${bits}` };
    const key = await subtle.importKey('spki', given(0), algorithm, false, ['encrypt']);
    const sealed = await subtle.encrypt(algorithm, key, table(view()).given(1));
    return table(view()).give(2, new Uint8Array(sealed));
  },
};

/** Of a message: returns 1 when its digest is there. */
const digest: Work = {
  variant: 0,
  proofs(bits) {
    const result = fromHex(bits === 256 ? '8511a30617afa01d' : '6817a9c208a11717');
    const buffer = bufferOf(bits, [new Uint8Array(1)], bits / 8);
    return [{ buffer, answer: 1, result }];
  },
  node(node, memory, at) {
    const { bits, given, give } = table(memory, at);
    return give(1, node.createHash(`sha${bits}`).update(given(0)).digest());
  },
  async web(view) {
    const { bits, given } = table(view());
    const made = await globalThis.crypto.subtle.digest(`SHA-${bits}`, given(0));
    return table(view()).give(1, new Uint8Array(made));
  },
};
