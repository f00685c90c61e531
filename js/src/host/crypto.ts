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
import { nodeBuffer, nodeCrypto } from './private-key.js';
import { part, put, tableAt, type Bytes, type Memory, type Work } from './work.js';

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
  const methods = Object.entries(works).map(([kind, { web }]) => [
    kind,
    ({ at, length }: HostBuffer) => web(() => memory().subarray(at, at + length)),
  ]);
  return {
    ...(node ? NODE : WEB),
    ...Object.fromEntries(methods),
    call: node && ((kind, at) => works[kind]!.node(node, memory(), at)),
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

/** Of a point, a message and a signature: returns 1 if the signature matches, else 0. */
const verify: Work = {
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

/**
 * Of a public key and a plaintext, with the bits of OAEP's hash or 0 for PKCS #1 v1.5: returns 1 once the ciphertext is
 * there, or 0 if the host does not have the padding.
 */
const rsa: Work = {
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
    if (bits === 0) return 0;
    const algorithm = { name: 'RSA-OAEP', hash: `SHA-${bits}` };
    const key = await subtle.importKey('spki', given(0), algorithm, false, ['encrypt']);
    const sealed = await subtle.encrypt(algorithm, key, table(view()).given(1));
    return table(view()).give(2, new Uint8Array(sealed));
  },
};

/** Of a message: returns 1 when its digest is there. */
const digest: Work = {
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
