// Signatures verified offline, with nothing but the public key: those of the development KMS, of
// Node's cryptography, and all kinds of those that must not pass.

import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, sign as nodeSign } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { verifySignature } from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { clientOf, refused, utf8 } from './support.mjs';

const RSA = ['RSASSA_PSS', 'RSASSA_PKCS1_V1_5'].flatMap((name) =>
  [256, 384, 512].map((bits) => `${name}_SHA_${bits}`),
);
const ECDSA = {
  ECDSA_SHA_256: ['ECC_NIST_P256', 'P-256', 32],
  ECDSA_SHA_384: ['ECC_NIST_P384', 'P-384', 48],
  ECDSA_SHA_512: ['ECC_NIST_P521', 'P-521', 66],
};
const MESSAGE = utf8('a message that somebody signed');

/** With one bit turned; `at` counts from the end when negative. */
function flipped(bytes, at) {
  const copy = Uint8Array.from(bytes);
  copy[at < 0 ? copy.length + at : at] ^= 1;
  return copy;
}

let dev;
let kms;
const keys = {};
before(async () => {
  dev = await startDevKms();
  kms = clientOf(dev);
  const keyUsage = 'SIGN_VERIFY';
  keys.RSA = await dev.createKey({ keySpec: 'RSA_2048', keyUsage });
  for (const [algorithm, [keySpec]] of Object.entries(ECDSA)) {
    keys[algorithm] = await dev.createKey({ keySpec, keyUsage });
  }
});
after(() => dev.close());

const keyOf = (algorithm) => keys[algorithm] ?? keys.RSA;

describe('signatures of KMS', () => {
  for (const signingAlgorithm of [...RSA, ...Object.keys(ECDSA)]) {
    test(signingAlgorithm, async () => {
      const { arn: keyId, publicKey, publicKeyPem } = keyOf(signingAlgorithm);
      const { signature } = await kms.sign({ keyId, message: MESSAGE, signingAlgorithm });
      dev.clearCalls();
      const given = { publicKey, message: MESSAGE, signature, signingAlgorithm };
      assert.equal(await verifySignature(given), true);
      assert.equal(await verifySignature({ ...given, publicKey: publicKeyPem }), true);
      assert.equal(await verifySignature({ ...given, publicKey: utf8(publicKeyPem) }), true);
      for (const at of [0, 10, -1]) {
        assert.equal(await verifySignature({ ...given, message: flipped(MESSAGE, at) }), false);
      }
      for (let at = 0; at < signature.length; at++) {
        const changed = flipped(signature, at);
        assert.equal(await verifySignature({ ...given, signature: changed }), false, `byte ${at}`);
      }
      for (const bad of [
        signature.subarray(1),
        signature.subarray(0, -1),
        new Uint8Array([...signature, 0]),
        new Uint8Array([0, ...signature]),
        new Uint8Array(),
        new Uint8Array(signature.length),
      ]) {
        assert.equal(await verifySignature({ ...given, signature: bad }), false);
      }
      assert.equal(await verifySignature({ ...given, message: new Uint8Array() }), false);
      assert.equal(dev.calls.length, 0, 'offline');
    });
  }

  test('a signature of a digest is that of its message, which may be long', async () => {
    const message = new Uint8Array(100_000).fill(7);
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-384', message));
    for (const signingAlgorithm of ['ECDSA_SHA_384', 'RSASSA_PSS_SHA_384']) {
      const { arn: keyId, publicKey } = keyOf(signingAlgorithm);
      const request = { keyId, message: digest, messageType: 'DIGEST', signingAlgorithm };
      const { signature } = await kms.sign(request);
      const given = { publicKey, message, signature, signingAlgorithm };
      assert.equal(await verifySignature(given), true);
      assert.equal(await verifySignature({ ...given, message: digest }), false);
    }
  });

  test('another algorithm of the same key', async () => {
    const { arn: keyId, publicKey } = keys.RSA;
    for (const signingAlgorithm of RSA) {
      const { signature } = await kms.sign({ keyId, message: MESSAGE, signingAlgorithm });
      for (const other of RSA) {
        const given = { publicKey, message: MESSAGE, signature, signingAlgorithm: other };
        assert.equal(await verifySignature(given), other === signingAlgorithm, other);
      }
    }
  });

  test('another key of the same kind', async () => {
    for (const signingAlgorithm of ['RSASSA_PSS_SHA_256', ...Object.keys(ECDSA)]) {
      const { arn: keyId, keySpec } = keyOf(signingAlgorithm);
      const { publicKey } = await dev.createKey({ keySpec, keyUsage: 'SIGN_VERIFY' });
      const { signature } = await kms.sign({ keyId, message: MESSAGE, signingAlgorithm });
      const given = { publicKey, message: MESSAGE, signature, signingAlgorithm };
      assert.equal(await verifySignature(given), false);
    }
  });
});

describe('signatures of node:crypto', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 3072 });
  const spki = (key) => new Uint8Array(key.export({ type: 'spki', format: 'der' }));

  for (const signingAlgorithm of RSA) {
    test(signingAlgorithm, async () => {
      const bits = signingAlgorithm.slice(-3);
      const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: bits / 8 };
      const isPss = signingAlgorithm.includes('PSS');
      const make = (options) =>
        nodeSign(`sha${bits}`, MESSAGE, { key: rsa.privateKey, ...options });
      const given = { publicKey: spki(rsa.publicKey), message: MESSAGE, signingAlgorithm };
      const signature = make(isPss ? pss : {});
      assert.equal(await verifySignature({ ...given, signature }), true);
      if (!isPss) return;
      // Salts of any other length are not what KMS makes.
      for (const saltLength of [0, 20, bits / 8 - 1, bits / 8 + 1]) {
        const other = make({ ...pss, saltLength });
        assert.equal(await verifySignature({ ...given, signature: other }), false, saltLength);
      }
    });
  }

  for (const [signingAlgorithm, [, namedCurve, size]] of Object.entries(ECDSA)) {
    const pair = generateKeyPairSync('ec', { namedCurve });
    const publicKey = spki(pair.publicKey);
    const make = (dsaEncoding) =>
      new Uint8Array(
        nodeSign(`sha${signingAlgorithm.slice(-3)}`, MESSAGE, {
          key: pair.privateKey,
          dsaEncoding,
        }),
      );
    const verify = (signature) =>
      verifySignature({ publicKey, message: MESSAGE, signature, signingAlgorithm });

    test(`${signingAlgorithm}: DER of all lengths`, async () => {
      const lengths = new Set();
      for (let i = 0; i < 200; i++) {
        const signature = make('der');
        lengths.add(signature.length);
        assert.equal(await verify(signature), true, Buffer.from(signature).toString('hex'));
      }
      assert.ok(lengths.size > 1, 'numbers of several lengths');
    });

    test(`${signingAlgorithm}: DER that is none`, async () => {
      const raw = make('ieee-p1363');
      // DER's numbers: as short as can be, a zero in front where the first bit would be a sign.
      const integer = (bytes) => {
        let digits = [...bytes];
        while (digits.length > 1 && digits[0] === 0) digits = digits.slice(1);
        return digits[0] >= 0x80 ? [0, ...digits] : digits;
      };
      const r = integer(raw.subarray(0, size));
      const s = integer(raw.subarray(size));
      const length = (n) => (n < 0x80 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255]);
      const tlv = (tag, content) => [tag, ...length(content.length), ...content];
      const sequence = (...parts) => Uint8Array.from(tlv(0x30, parts.flat()));
      const good = sequence(tlv(2, r), tlv(2, s));
      assert.equal(await verify(good), true);

      const body = [...tlv(2, r), ...tlv(2, s)];
      const negative = [r[0] | 0x80, ...r.slice(1)];
      const large = [1, ...Array(size).fill(0)];
      for (const [what, bad] of Object.entries({
        'raw r || s': raw,
        'bytes after it': Uint8Array.from([...good, 0]),
        'bytes within it': sequence(tlv(2, r), tlv(2, s), [0]),
        'a third number': sequence(tlv(2, r), tlv(2, s), tlv(2, [1])),
        'one number': sequence(tlv(2, r)),
        'no number': sequence(),
        'swapped numbers': sequence(tlv(2, s), tlv(2, r)),
        'a zero too many': sequence(tlv(2, [0, ...r]), tlv(2, s)),
        'two zeros too many in s': sequence(tlv(2, r), tlv(2, [0, 0, ...s])),
        'a negative number': sequence(tlv(2, negative), tlv(2, s)),
        'an empty number': sequence(tlv(2, []), tlv(2, s)),
        'r of zero': sequence(tlv(2, [0]), tlv(2, s)),
        's of zero': sequence(tlv(2, r), tlv(2, [0])),
        'both of zero': sequence(tlv(2, [0]), tlv(2, [0])),
        'a number too long': sequence(tlv(2, large), tlv(2, s)),
        'a BIT STRING for a number': sequence(tlv(3, r), tlv(2, s)),
        'a SET': Uint8Array.from(tlv(0x31, body)),
        'a long form without need': Uint8Array.from([0x30, 0x82, 0, body.length, ...body]),
        'an indefinite length': Uint8Array.from([0x30, 0x80, ...body, 0, 0]),
        'a length too large': Uint8Array.from([0x30, ...length(body.length + 1), ...body]),
        'a length too small': Uint8Array.from([0x30, ...length(body.length - 1), ...body]),
        'a length of four bytes': Uint8Array.from([0x30, 0x84, 0, 0, 0, body.length, ...body]),
        'a tag only': Uint8Array.from([0x30]),
        'a length cut short': Uint8Array.from([0x30, 0x82, 1]),
      })) {
        assert.equal(await verify(bad), false, what);
      }
      for (let i = 0; i < good.length; i++) {
        assert.equal(await verify(good.subarray(0, i)), false, `cut at ${i}`);
      }
    });
  }
});

describe('what cannot be verified is refused', () => {
  const given = () => ({
    publicKey: keys.ECDSA_SHA_256.publicKey,
    message: MESSAGE,
    signature: new Uint8Array(70),
    signingAlgorithm: 'ECDSA_SHA_256',
  });

  test('a key of another kind, on another curve', async () => {
    const ed25519 = generateKeyPairSync('ed25519').publicKey;
    const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey;
    const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey;
    const pem = (key) => key.export({ type: 'spki', format: 'pem' });
    for (const [signingAlgorithm, publicKey, message] of [
      ['ECDSA_SHA_256', keys.ECDSA_SHA_384.publicKey, /of kind P-256, not P-384/],
      ['ECDSA_SHA_384', keys.ECDSA_SHA_256.publicKey, /of kind P-384, not P-256/],
      ['ECDSA_SHA_512', keys.ECDSA_SHA_384.publicKey, /of kind P-521, not P-384/],
      ['ECDSA_SHA_256', keys.RSA.publicKey, /of kind P-256, not RSA/],
      ['RSASSA_PSS_SHA_256', keys.ECDSA_SHA_256.publicKey, /of kind RSA, not P-256/],
      ['RSASSA_PKCS1_V1_5_SHA_512', keys.ECDSA_SHA_512.publicKey, /of kind RSA, not P-521/],
      ['ECDSA_SHA_256', pem(secp256k1), /not secp256k1/],
      ['ECDSA_SHA_256', pem(ed25519), /not 1\.3\.101\.112/],
      // A key for PSS only: KMS has none.
      ['RSASSA_PSS_SHA_256', pem(pss), /not 1\.2\.840\.113549\.1\.1\.10/],
    ]) {
      const options = { ...given(), signingAlgorithm, publicKey };
      await refused(verifySignature(options), { code: 'INVALID_ARGUMENT', message });
    }
  });

  test('keys that are none', async () => {
    const { publicKey } = given();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const offCurve = flipped(publicKey, -1);
    for (const bad of [
      new Uint8Array(),
      publicKey.subarray(1),
      publicKey.subarray(0, -1),
      new Uint8Array([...publicKey, 0]),
      offCurve,
      'not a key',
      '-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
      privateKey.export({ type: 'pkcs8', format: 'pem' }),
      new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' })),
    ]) {
      await refused(verifySignature({ ...given(), publicKey: bad }), { code: 'MALFORMED_KEY' });
    }
  });

  test('arguments of the wrong type, algorithms of no KMS key', async () => {
    for (const wrong of [
      { publicKey: undefined },
      { publicKey: 5 },
      { publicKey: null },
      { message: 'text' },
      { message: undefined },
      { signature: 'AAAA' },
      { signature: [1] },
      { signingAlgorithm: undefined },
      { signingAlgorithm: 'ECDSA_SHA_1' },
      { signingAlgorithm: 'toString' },
      { signingAlgorithm: 'SM2DSA' },
    ]) {
      const options = { ...given(), ...wrong };
      await refused(verifySignature(options), { code: 'INVALID_ARGUMENT' });
    }
    await refused(verifySignature(null), { code: 'INVALID_ARGUMENT' });
    await refused(verifySignature(), { code: 'INVALID_ARGUMENT' });
  });

  test('a host without WebCrypto', async (t) => {
    const { crypto } = globalThis;
    t.after(() => Object.defineProperty(globalThis, 'crypto', { value: crypto }));
    Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true, writable: true });
    await refused(verifySignature(given()), { code: 'UNSUPPORTED', message: /WebCrypto/ });
  });
});
