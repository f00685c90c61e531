/** Verification of ECDSA signatures by the host. */

import { fromHex } from '../util/hex.js';
import { nodeBuffer } from './private-key.js';
import { bufferOf, table, type Work } from './work.js';

/** A curve, by the bits of its hash, with a signature over one byte, zero, by the private key 1 and the nonce 1. */
interface Curve {
  readonly bits: number;
  /** SubjectPublicKeyInfo of an uncompressed point, up to the point. */
  readonly spki: string;
  /** The generator (SEC 2): the public key, and in its first half that of the signature. */
  readonly point: string;
  /** The second half of the signature. */
  readonly s: string;
}

export const P256: Curve = {
  bits: 256,
  spki: '3059301306072a8648ce3d020106082a8648ce3d030107034200',
  point:
    '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  s: 'd94bdd8fe0dfbce095622bcc1f1c4b1eef939ac0e1226c1779b2dc4bf04862b3',
};

export const P384: Curve = {
  bits: 384,
  spki: '3076301006072a8648ce3d020106052b81040022036200',
  point:
    'aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f',
  s: '6947ebd7b1f3e83e1fe6a731b5d4dde4f1f0e5205dae7de6f1a17b3fcb8332be561cd0d6b7d8e787b57fee8fae51f85b',
};

/** Of a point, a message and a signature: returns 1 if the signature matches, else 0. */
export function verify(...curves: readonly Curve[]): Work {
  const curveOf = (bits: number): Curve => curves.find((curve) => curve.bits === bits)!;
  return {
    variant: 0,
    proofs(bits) {
      const { point, s } = curveOf(bits);
      const signature = fromHex(point.slice(0, s.length) + s);
      return [0, 1].map((byte) => ({
        buffer: bufferOf(bits, [fromHex(`04${point}`), Uint8Array.of(byte), signature], 0),
        answer: 1 - byte,
      }));
    },
    node(node, memory, at) {
      const { bits, given } = table(memory, at);
      const spki = nodeBuffer(Uint8Array.of(...fromHex(curveOf(bits).spki), ...given(0)));
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
}
