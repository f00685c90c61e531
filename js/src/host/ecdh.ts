/**
 * Key agreement by the host's cryptography: Node's own where it is there, else WebCrypto. Public
 * keys cross as DER SubjectPublicKeyInfo; the core has checked that they are points of their curve.
 */

import type { CurveSpec } from '../generated/config.js';
import { isBinary } from '../util/bytes.js';
import { once } from '../util/once.js';
import { subtle } from '../util/web-crypto.js';
import { malformedKey, wrong } from '../errors.js';
import {
  isCryptoKey,
  nodeBuffer,
  nodeCrypto,
  pkcs8,
  takeSecret,
  type NodeCrypto,
} from './private-key.js';

/** A curve for key agreement, as {@link rawEcdhKeyring} and {@link awsKmsEcdhKeyring} take it. */
export type EcdhCurve = CurveSpec;

/**
 * A private key of {@link rawEcdhKeyring}: PEM or DER PKCS#8, or WebCrypto's: a `CryptoKeyPair`, or a `CryptoKey` alone
 * if it is extractable (the public half has to come from somewhere). Usage `deriveBits`. Firefox does not compute a public
 * half that the PKCS#8 does not contain.
 */
export type EcdhPrivateKey = string | Uint8Array | CryptoKey | EcdhKeyPair;

/** What `crypto.subtle.generateKey` makes; {@link RawEcdhKeyringOptions} shows one. */
export interface EcdhKeyPair {
  /** For `deriveBits`; need not be extractable. */
  readonly privateKey: CryptoKey;
  /** Extractable, as public keys of WebCrypto are. */
  readonly publicKey: CryptoKey;
}

interface Peer {
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
}

interface Curve {
  /** As WebCrypto calls it. */
  readonly web: string;
  /** As OpenSSL calls it. */
  readonly openssl: string;
  /** Of a coordinate and of a shared secret. */
  readonly bytes: number;
}

const CURVES: Readonly<Record<EcdhCurve, Curve>> = {
  P256: { web: 'P-256', openssl: 'prime256v1', bytes: 32 },
  P384: { web: 'P-384', openssl: 'secp384r1', bytes: 48 },
  P521: { web: 'P-521', openssl: 'secp521r1', bytes: 66 },
};

/** The host object of a keyring with a private key: its public half, and its agreements. */
export function ecdhHost(name: string, key: EcdhPrivateKey, curveSpec: EcdhCurve) {
  const curve = CURVES[curveSpec];
  if (typeof key === 'string' || isBinary(key)) {
    const node = nodeAgreement(curve);
    if (node) return nodeKey(node, name, pkcs8(name, key), curve);
    // Refuses a host without it, before the key is read.
    const host = subtle();
    const der = pkcs8(name, key);
    return webKey(
      curve,
      once(() => imported(host, name, der, curve)),
    );
  }
  if (isCryptoKey(key)) {
    checkKey(name, key, curve);
    return webKey(
      curve,
      once(async () => ({ privateKey: key, spki: await exported(name, key) })),
    );
  }
  const pair = key as Partial<EcdhKeyPair> | null | undefined;
  if (!isCryptoKey(pair?.privateKey) || !isCryptoKey(pair.publicKey)) {
    const wanted = 'PEM, PKCS#8 bytes, a CryptoKey or a CryptoKeyPair';
    throw wrong(name, wanted, key);
  }
  const { privateKey, publicKey } = pair;
  checkKey(name, privateKey, curve);
  return webKey(
    curve,
    once(async () => ({ privateKey, spki: await spkiOf(name, publicKey) })),
  );
}

/** The host object of a keyring with a new pair for each data key. */
export function ephemeralEcdhHost(curveSpec: EcdhCurve) {
  const curve = CURVES[curveSpec];
  const node = nodeAgreement(curve);
  const host = node ? undefined : subtle();
  return {
    async ecdhEphemeral({ publicKey }: Peer): Promise<[Uint8Array, Uint8Array]> {
      if (!host) {
        const pair = nodePair(node!, curve);
        return [pair.spki, nodeAgree(node!, pair.privateKey, publicKey)];
      }
      const algorithm = { name: 'ECDH', namedCurve: curve.web };
      const pair = await host.generateKey(algorithm, false, ['deriveBits']);
      const spki = new Uint8Array(await host.exportKey('spki', pair.publicKey));
      return [spki, await webAgree(curve, pair.privateKey, publicKey)];
    },
  };
}

type KeyObject = import('node:crypto').KeyObject;

function nodeKey(node: NodeCrypto, name: string, der: Uint8Array, curve: Curve) {
  let key: KeyObject;
  try {
    key = node.createPrivateKey({ key: nodeBuffer(der), format: 'der', type: 'pkcs8' });
  } catch {
    throw malformedKey(`${name} is not an unencrypted PKCS#8 key`);
  } finally {
    der.fill(0);
  }
  if (!isOn(curve, key)) throw malformedKey(`${name} is not a key on ${curve.web}`);
  const spki = publicHalf(node, key);
  return {
    ecdhPublicKey: async (): Promise<Uint8Array> => new Uint8Array(spki),
    ecdhAgree: async ({ publicKey }: Peer): Promise<Uint8Array> => nodeAgree(node, key, publicKey),
  };
}

const isOn = ({ openssl }: Curve, key: KeyObject): boolean =>
  key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === openssl;

function publicHalf(node: NodeCrypto, key: KeyObject): Uint8Array {
  return new Uint8Array(node.createPublicKey(key).export({ type: 'spki', format: 'der' }));
}

function nodePair(node: NodeCrypto, { openssl }: Curve) {
  const pair = node.generateKeyPairSync('ec', { namedCurve: openssl });
  const spki = new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' }));
  return { privateKey: pair.privateKey, spki };
}

/** Whether Node's functions agree on what they must, by curve. */
const proven = new Map<Curve, boolean>();

/** Node's cryptography, if it has key agreement on a curve. */
function nodeAgreement(curve: Curve): NodeCrypto | undefined {
  const node = nodeCrypto();
  if (!node) return undefined;
  let proves = proven.get(curve);
  if (proves === undefined) proven.set(curve, (proves = agrees(node, curve)));
  return proves ? node : undefined;
}

/** With the private key 1, the shared secret is the first coordinate of the other's public key; for the other, too. */
function agrees(node: NodeCrypto, curve: Curve): boolean {
  const { bytes } = curve;
  try {
    const { spki, privateKey: other } = nodePair(node, curve);
    const start = spki[1]! < 0x80 ? 2 : 3;
    const algorithm = spki.subarray(start, start + 2 + spki[start + 1]!);
    const one = new Uint8Array(bytes);
    one[bytes - 1] = 1;
    // PKCS#8 with an ECPrivateKey (RFC 5915) of nothing but the number.
    const octets = [0x04, bytes + 7, 0x30, bytes + 5, 0x02, 1, 1, 0x04, bytes, ...one];
    const info = [0x02, 1, 0, ...algorithm, ...octets];
    const der = nodeBuffer(Uint8Array.of(0x30, info.length, ...info));
    const privateKey = node.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    const agreed = [
      nodeAgree(node, privateKey, spki),
      nodeAgree(node, other, publicHalf(node, privateKey)),
    ];
    const wanted = spki.slice(-2 * bytes, -bytes).join();
    return isOn(curve, privateKey) && agreed.every((secret) => secret.join() === wanted);
  } catch {
    return false;
  }
}

function nodeAgree(node: NodeCrypto, privateKey: KeyObject, spki: Uint8Array): Uint8Array {
  const publicKey = node.createPublicKey({ key: nodeBuffer(spki), format: 'der', type: 'spki' });
  return takeSecret(node.diffieHellman({ privateKey, publicKey }));
}

interface WebKey {
  readonly privateKey: CryptoKey;
  readonly spki: Uint8Array;
}

function webKey(curve: Curve, key: () => Promise<WebKey>) {
  return {
    ecdhPublicKey: async (): Promise<Uint8Array> => (await key()).spki,
    ecdhAgree: async ({ publicKey }: Peer): Promise<Uint8Array> =>
      webAgree(curve, (await key()).privateKey, publicKey),
  };
}

async function webAgree(
  { web, bytes }: Curve,
  privateKey: CryptoKey,
  spki: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const algorithm = { name: 'ECDH', namedCurve: web };
  const peer = await crypto.subtle.importKey('spki', spki, algorithm, false, []);
  // All bits by number: some hosts want it so.
  const agreed = { name: 'ECDH', public: peer };
  return new Uint8Array(await crypto.subtle.deriveBits(agreed, privateKey, bytes * 8));
}

/** A private key, not extractable where its DER has the public half too, as nearly all have. */
async function imported(
  host: SubtleCrypto,
  name: string,
  der: Uint8Array<ArrayBuffer>,
  curve: Curve,
): Promise<WebKey> {
  const algorithm = { name: 'ECDH', namedCurve: curve.web };
  const point = publicPoint(der, curve);
  let privateKey: CryptoKey;
  try {
    const extractable = point === undefined;
    const usages: KeyUsage[] = ['deriveBits'];
    privateKey = await host.importKey('pkcs8', der, algorithm, extractable, usages);
  } catch {
    throw `${name} is not a PKCS#8 key on ${curve.web} that WebCrypto takes`;
  }
  der.fill(0);
  if (point === undefined) return { privateKey, spki: await exported(name, privateKey) };
  const publicKey = await host.importKey('raw', point, algorithm, true, []);
  return { privateKey, spki: await spkiOf(name, publicKey) };
}

/** The public key at the end of an ECPrivateKey (RFC 5915): `[1] { BIT STRING { 04 x y } }`. */
function publicPoint(der: Uint8Array, { bytes }: Curve): Uint8Array<ArrayBuffer> | undefined {
  const point = new Uint8Array(der.subarray(-1 - 2 * bytes));
  const before = der.subarray(0, -point.length);
  // BIT STRING and [1], each with a length of one byte or, from 128 on, of two.
  const length = (n: number): number[] => (n < 128 ? [n] : [0x81, n]);
  const bits = [0x03, ...length(1 + point.length), 0x00];
  const header = [0xa1, ...length(bits.length + point.length), ...bits];
  const there = header.every((byte, i) => before[before.length - header.length + i] === byte);
  return there && point[0] === 4 ? point : undefined;
}

/** The public half of a private key that WebCrypto lets out, as its JWK has both. */
async function exported(name: string, key: CryptoKey): Promise<Uint8Array> {
  if (!key.extractable) {
    throw `${name} is a CryptoKey that is not extractable; give the CryptoKeyPair instead`;
  }
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', key).catch(() => {
    // Firefox computes no public half that is not in the PKCS#8.
    throw `${name} does not contain its public key, and this host does not compute it; give PKCS#8 that contains it (\`openssl ec\`, then \`openssl pkcs8 -topk8\`, adds it) or a CryptoKeyPair`;
  });
  const jwk = { kty: kty ?? '', crv: crv ?? '', x: x ?? '', y: y ?? '' };
  const publicKey = await crypto.subtle.importKey('jwk', jwk, key.algorithm, true, []);
  return spkiOf(name, publicKey);
}

async function spkiOf(name: string, publicKey: CryptoKey): Promise<Uint8Array> {
  if (publicKey.type !== 'public' || !publicKey.extractable) {
    throw `the publicKey of ${name} is not an extractable public key`;
  }
  return new Uint8Array(await crypto.subtle.exportKey('spki', publicKey));
}

function checkKey(name: string, key: CryptoKey, curve: Curve): void {
  const { name: algorithm, namedCurve } = key.algorithm as EcKeyAlgorithm;
  const fits = algorithm === 'ECDH' && namedCurve === curve.web && key.type === 'private';
  if (fits && key.usages.includes('deriveBits')) return;
  throw malformedKey(`${name} is not a private ECDH CryptoKey on ${curve.web} for deriveBits`);
}
