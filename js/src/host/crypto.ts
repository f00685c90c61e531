/**
 * Cryptography by the host, for work that is worth the way there: RSA encryption, ECDSA verification, AES-GCM of large
 * frames (`gcm.ts`), and hashes of messages (`hash.ts`). Node's own, synchronous, or WebCrypto with many frames in flight.
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
import type { HashStep } from './hash.js';
import { nodeBuffer, nodeCrypto } from './private-key.js';
import { nodeWork, webWork } from './proof.js';
import { P384, verify } from './verify.js';
import { ABSENT, bufferOf, table, type Memory, type Work } from './work.js';

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
  /**
   * For a synchronous host; `kind` is the name of the work, and `at` the address of its table. A `hash` is begun: it has its
   * bits instead, and its steps for an answer.
   */
  readonly call: ((kind: string, at: number) => number | HashStep | undefined) | undefined;
  readonly minFrame: number;
  readonly minBatch: number;
}

/** The host's cryptography over the linear memory that `memory` returns; undefined where there is none. */
export function hostCrypto(memory: Memory): HostCrypto | undefined {
  const node = nodeCrypto();
  if (!node && !webCrypto()) return undefined;
  const { hostWork, beginHash } = coreBuild();
  const works: Record<string, Work> = { verify: verify(P384), rsa, ...hostWork };
  const methods = Object.entries(works).map(([kind, work]) => [
    kind,
    ({ at, length }: HostBuffer) => webWork(kind, work, () => memory().subarray(at, at + length)),
  ]);
  return {
    ...(node ? NODE : WEB),
    ...Object.fromEntries(methods),
    call:
      node &&
      ((kind, at) =>
        kind === 'hash'
          ? beginHash?.(node, memory, at)
          : nodeWork(kind, works[kind]!, node, memory(), at)),
  } as HostCrypto;
}

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
