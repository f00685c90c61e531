import { randomBytes, type KeyObject } from 'node:crypto';
import type { Curve } from './specs.js';

/*
 * ECDSA over a digest the caller made (FIPS 186-5, section 6.4). node:crypto signs only messages
 * it hashes itself. Plain BigInt arithmetic: neither fast nor constant-time, which is why it lives
 * in a development server and nowhere else.
 */

interface CurveParameters {
  readonly p: bigint;
  readonly a: bigint;
  readonly n: bigint;
  readonly g: Point;
}

/** Jacobian coordinates; z = 0 is the point at infinity. */
interface Point {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
}

const affine = (x: string, y: string): Point => ({ x: BigInt(x), y: BigInt(y), z: 1n });

/** SEC 2, version 2.0. */
const CURVES: Readonly<Record<Curve, CurveParameters>> = {
  prime256v1: {
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    a: -3n,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    g: affine(
      '0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296',
      '0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
    ),
  },
  secp384r1: {
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    a: -3n,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    g: affine(
      '0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7',
      '0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f',
    ),
  },
  secp521r1: {
    p: 2n ** 521n - 1n,
    a: -3n,
    n: 0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    g: affine(
      '0xc6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66',
      '0x11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650',
    ),
  },
  secp256k1: {
    p: 2n ** 256n - 2n ** 32n - 977n,
    a: 0n,
    n: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
    g: affine(
      '0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
      '0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8',
    ),
  },
};

/** @returns the signature in DER, as KMS answers it. */
export function signDigest(key: KeyObject, curve: Curve, digest: Buffer): Buffer {
  const parameters = CURVES[curve];
  const { n, g } = parameters;
  const d = fromJwk(key, 'd');
  const z = truncate(digest, n);
  for (;;) {
    // Eight bytes more than the order has, so that reducing leaves no bias worth the name.
    const k = mod(toBigInt(randomBytes(byteLength(n) + 8)), n);
    const r = k === 0n ? 0n : mod(affineX(multiply(g, k, parameters), parameters), n);
    const s = r === 0n ? 0n : mod(inverse(k, n) * (z + r * d), n);
    if (r !== 0n && s !== 0n) return encodeDer(r, s);
  }
}

export function verifyDigest(
  key: KeyObject,
  curve: Curve,
  digest: Buffer,
  signature: Buffer,
): boolean {
  const parameters = CURVES[curve];
  const { n, g } = parameters;
  const pair = decodeDer(signature);
  if (pair === undefined) return false;
  const [r, s] = pair;
  if (r <= 0n || r >= n || s <= 0n || s >= n) return false;
  const w = inverse(s, n);
  const q: Point = { x: fromJwk(key, 'x'), y: fromJwk(key, 'y'), z: 1n };
  const point = add(
    multiply(g, mod(truncate(digest, n) * w, n), parameters),
    multiply(q, mod(r * w, n), parameters),
    parameters,
  );
  return point.z !== 0n && mod(affineX(point, parameters), n) === r;
}

function double({ x, y, z }: Point, { p, a }: CurveParameters): Point {
  const yy = mod(y * y, p);
  const s = mod(4n * x * yy, p);
  const zz = mod(z * z, p);
  const m = mod(3n * x * x + a * zz * zz, p);
  const x3 = mod(m * m - 2n * s, p);
  return { x: x3, y: mod(m * (s - x3) - 8n * yy * yy, p), z: mod(2n * y * z, p) };
}

function add(left: Point, right: Point, parameters: CurveParameters): Point {
  if (left.z === 0n) return right;
  if (right.z === 0n) return left;
  const { p } = parameters;
  const z1z1 = mod(left.z * left.z, p);
  const z2z2 = mod(right.z * right.z, p);
  const u1 = mod(left.x * z2z2, p);
  const h = mod(right.x * z1z1 - u1, p);
  const s1 = mod(left.y * right.z * z2z2, p);
  const r = mod(right.y * left.z * z1z1 - s1, p);
  if (h === 0n) return r === 0n ? double(left, parameters) : { x: 1n, y: 1n, z: 0n };
  const hh = mod(h * h, p);
  const hhh = mod(h * hh, p);
  const v = mod(u1 * hh, p);
  const x3 = mod(r * r - hhh - 2n * v, p);
  return { x: x3, y: mod(r * (v - x3) - s1 * hhh, p), z: mod(h * left.z * right.z, p) };
}

function multiply(point: Point, scalar: bigint, parameters: CurveParameters): Point {
  let result: Point = { x: 1n, y: 1n, z: 0n };
  for (const bit of scalar.toString(2)) {
    result = double(result, parameters);
    if (bit === '1') result = add(result, point, parameters);
  }
  return result;
}

function affineX({ x, z }: Point, { p }: CurveParameters): bigint {
  const inverted = inverse(z, p);
  return mod(x * inverted * inverted, p);
}

/** The leftmost bits of the digest, as many as the order of the curve has. */
function truncate(digest: Buffer, n: bigint): bigint {
  const surplus = digest.length * 8 - n.toString(2).length;
  return surplus > 0 ? toBigInt(digest) >> BigInt(surplus) : toBigInt(digest);
}

function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [r, newR, t, newT] = [modulus, mod(value, modulus), 0n, 1n];
  while (newR !== 0n) {
    const quotient = r / newR;
    [r, newR, t, newT] = [newR, r - quotient * newR, newT, t - quotient * newT];
  }
  return mod(t, modulus);
}

const toBigInt = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex') || '0'}`);

const byteLength = (value: bigint): number => Math.ceil(value.toString(16).length / 2);

const fromJwk = (key: KeyObject, member: 'd' | 'x' | 'y'): bigint =>
  toBigInt(Buffer.from(key.export({ format: 'jwk' })[member] as string, 'base64url'));

function encodeDer(r: bigint, s: bigint): Buffer {
  const body = Buffer.concat([derInteger(r), derInteger(s)]);
  // Two 66-byte integers exceed the short form of a DER length; nothing here exceeds 255.
  const length = body.length < 0x80 ? [body.length] : [0x81, body.length];
  return Buffer.concat([Buffer.from([0x30, ...length]), body]);
}

function derInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  let bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  if ((bytes[0] as number) >= 0x80) bytes = Buffer.concat([Buffer.of(0), bytes]);
  return Buffer.concat([Buffer.of(0x02, bytes.length), bytes]);
}

/** Strict: exactly what `encodeDer` would write for the same numbers, or nothing. */
function decodeDer(der: Buffer): [bigint, bigint] | undefined {
  const at = der[1] === 0x81 ? 3 : 2;
  const rLength = der[at + 1] ?? 0;
  const r = der.subarray(at + 2, at + 2 + rLength);
  const s = der.subarray(at + 4 + rLength);
  const [first, second] = [toBigInt(r), toBigInt(s)];
  return encodeDer(first, second).equals(der) ? [first, second] : undefined;
}
