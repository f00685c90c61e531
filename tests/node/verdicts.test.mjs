// Signatures that the core verifies by arithmetic of its own: the host is asked as well, and both say the same. FIELDSEAL_CASES for
// more of them (`make differential`).

import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';

import { EncryptionClient, FieldsealError, rawAesKeyring } from '../../pkg/entrypoints/index.js';
import { generator } from '../support/generator.mjs';
import { seed } from '../support/seed.mjs';

const CASES = Number(process.env.FIELDSEAL_CASES ?? 300);
/** The order of P-384's base point. */
const N = BigInt(
  '0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
);
/** SubjectPublicKeyInfo of a compressed point of P-384, up to the point. */
const SPKI = Buffer.from('3046301006072a8648ce3d020106052b81040022033200', 'hex');

const keyring = rawAesKeyring({
  ...{ keyNamespace: 'test', keyName: 'key' },
  wrappingKey: new Uint8Array(32).fill(7),
});
const client = new EncryptionClient({ maxEncryptedDataKeys: 1 });

/** A signed message apart: what is signed, by which key, and the two numbers of the signature. */
async function signed() {
  const { ciphertext, header } = await client.encrypt(new Uint8Array([1, 2, 3]), {
    ...{ keyring, algorithmSuite: '0578' },
  });
  const message = Buffer.from(ciphertext);
  // The footer: a length of two bytes, and a SEQUENCE of two INTEGERs.
  const start = message.length - 105;
  assert.equal(message.readUInt16BE(start), 103);
  const [r, s] = numbers(message.subarray(start + 2));
  const point = Buffer.from(header.encryptionContext['aws-crypto-public-key'], 'base64');
  const key = createPublicKey({ key: Buffer.concat([SPKI, point]), format: 'der', type: 'spki' });
  return { body: message.subarray(0, start), key, r, s };
}

function numbers(der) {
  const found = [];
  for (let at = 2; at < der.length; at += 2 + der[at + 1]) {
    found.push(BigInt(`0x${der.subarray(at + 2, at + 2 + der[at + 1]).toString('hex')}`));
  }
  assert.equal(found.length, 2);
  return found;
}

function toDer(...pair) {
  const integers = pair.map((number) => {
    const digits = number.toString(16);
    const hex = digits.padStart(digits.length + (digits.length % 2), '0');
    const bytes = Buffer.from(/^[89a-f]/.test(hex) ? `00${hex}` : hex, 'hex');
    return Buffer.concat([Buffer.of(2, bytes.length), bytes]);
  });
  const all = Buffer.concat(integers);
  return Buffer.concat([Buffer.of(0x30, all.length), all]);
}

/** What the core says of a message with this signature. */
async function ours(body, der) {
  const length = Buffer.of(0, der.length);
  try {
    await client.decrypt(Buffer.concat([body, length, der]), { keyring });
    return true;
  } catch (error) {
    if (!(error instanceof FieldsealError) || error.code !== 'SIGNATURE_MISMATCH') throw error;
    return false;
  }
}

/** Other pairs of numbers, by the pair of this message, that of another one, and random bits. */
const CHANGES = {
  'as it is': (r, s) => [r, s],
  'the other s': (r, s) => [r, N - s],
  'r negative': (r, s) => [N - r, s],
  'both changed': (r, s) => [s, r],
  'another message’s': (r, s, other) => [other.r, other.s],
  'another message’s r': (r, s, other) => [other.r, s],
  'a bit of r': (r, s, other, bit) => [r ^ (1n << bit), s],
  'a bit of s': (r, s, other, bit) => [r, s ^ (1n << bit)],
  'no r': (_, s) => [0n, s],
  'no s': (r) => [r, 0n],
  'r of the order': (_, s) => [N, s],
  's of the order': (r) => [r, N],
  's one below the order': (r) => [r, N - 1n],
  'small numbers': (r, s, other, bit) => [bit + 1n, bit + 1n],
};

test(`of ${CASES} signatures, the core and the host say the same`, async (t) => {
  const random = generator(seed(t));
  const names = Object.keys(CHANGES);
  const verdicts = Object.fromEntries(names.map((name) => [name, [0, 0]]));
  let other = await signed();
  for (let i = 0; i < CASES; i++) {
    const one = await signed();
    const name = names[i % names.length];
    const bit = BigInt(Math.floor(random() * 384));
    const der = toDer(...CHANGES[name](one.r, one.s, other, bit));
    const theirs = verify('sha384', one.body, one.key, der);
    const what = `${name}: ${der.toString('hex')} of ${one.body.toString('hex')}`;
    assert.equal(await ours(one.body, der), theirs, what);
    verdicts[name][Number(theirs)] += 1;
    other = one;
  }
  for (const [name, [bad, good]] of Object.entries(verdicts)) {
    const right = ['as it is', 'the other s'].includes(name);
    assert.ok(right ? bad === 0 && good > 0 : bad > 0 && good === 0, `${name}: ${bad}, ${good}`);
  }
});
