import assert from 'node:assert/strict';
import test from 'node:test';
import { readContext } from '../../pkg/util/encryption-context.js';
import { MalformedInputError } from '../../pkg/errors.js';
import { refuses } from './support.mjs';

function contextBytes(pairs, count = pairs.length) {
  const number = (n) => Buffer.from([n >> 8, n & 255]);
  const parts = pairs.flat().flatMap((text) => {
    const utf8 = Buffer.from(text);
    return [number(utf8.length), utf8];
  });
  return new Uint8Array(Buffer.concat([number(count), ...parts]));
}

function malformed(info, message) {
  const code = 'MALFORMED_ENCRYPTION_CONTEXT';
  refuses(() => readContext(info), MalformedInputError, code, { message });
}

const PAIRS = [
  ['aws-crypto-table-name', 'customers'],
  ['é', '漢😀'],
  ['empty', ''],
  ['\ufeffbom', '\ufeff'],
];

test('pairs of text, wherever the bytes lie', () => {
  assert.deepEqual(Object.entries(readContext(contextBytes(PAIRS))), PAIRS);
  const shifted = new Uint8Array([1, 2, 3, ...contextBytes(PAIRS), 4]);
  assert.deepEqual(Object.entries(readContext(shifted.subarray(3, -1))), PAIRS);
});

test('an empty context, with and without its count', () => {
  assert.deepEqual(readContext(new Uint8Array()), {});
  assert.deepEqual(readContext(new Uint8Array(2)), {});
});

test('values of the greatest length', () => {
  const long = 'x'.repeat(65_535);
  assert.equal(readContext(contextBytes([['k', long]])).k, long);
});

test('keys named __proto__', () => {
  const context = readContext(contextBytes([['__proto__', 'x']]));
  assert.equal(Object.getPrototypeOf(context), Object.prototype);
  assert.deepEqual(Object.entries(context), [['__proto__', 'x']]);
  malformed(
    contextBytes([
      ['__proto__', 'x'],
      ['__proto__', 'y'],
    ]),
    /twice/,
  );
});

test('every cut is noticed', () => {
  const whole = contextBytes(PAIRS);
  for (let length = 1; length < whole.length; length++) {
    malformed(whole.subarray(0, length), /cut short/);
  }
});

test('bytes left over, repeated keys, bad UTF-8', () => {
  malformed(contextBytes(PAIRS, 3), /left over/);
  malformed(contextBytes(PAIRS, 0), /left over/);
  malformed(
    contextBytes([
      ['k', '1'],
      ['k', '2'],
    ]),
    /twice/,
  );
  malformed(Uint8Array.from([0, 1, 0, 1, 0xff, 0, 0]), /UTF-8/);
});
