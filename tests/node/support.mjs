// What several tests share: expectations of errors, a reader of the packed input written from the
// format's description and not from the code, and a source of random items.

import assert from 'node:assert/strict';
import { FieldsealError } from '../../pkg/errors.js';
import { generator } from '../support/generator.mjs';

/** Asserts that `run` throws an error of the class, with the code and the given details. */
export function refuses(run, Class, code, details = {}) {
  let thrown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof Class, `expected ${Class.name}, got ${thrown}`);
  assert.ok(thrown instanceof FieldsealError);
  assert.equal(thrown.code, code);
  const { message, ...fields } = details;
  if (message !== undefined) assert.match(thrown.message, message);
  for (const [name, value] of Object.entries(fields)) assert.equal(thrown[name], value, name);
  return thrown;
}

const TYPES = ['NULL', 'BOOL', 'S', 'N', 'B', 'SS', 'NS', 'BS', 'M', 'L'];

/**
 * Writes packed input somewhere in the middle of a memory full of other bytes, which moves when it grows, and cuts out what
 * was written. Nothing else may have changed.
 */
export function writePacked(input, at = 13) {
  let memory;
  const move = (length) => {
    const next = new Uint8Array(at + length + 7).fill(0xa5);
    if (memory) next.set(memory.subarray(0, memory.length - 7));
    memory?.fill(0);
    memory = next;
    return { memory, at };
  };
  move(input.byteLength);
  const length = input.writeInto(memory, at, move);
  assert.ok(at + length + 7 <= memory.length);
  for (const around of [memory.subarray(0, at), memory.subarray(-7)]) {
    assert.ok(around.every((byte) => byte === 0xa5));
  }
  return memory.slice(at, at + length);
}

/** Reads packed input back into items, and checks that every byte of it is accounted for. */
export function readPacked(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (i) => view.getUint32(4 * i, true);
  const [count, words, binaryLength, textLength, units] = [0, 1, 2, 3, 4].map(word);
  const binaryStart = 4 * (5 + words);
  const textStart = binaryStart + binaryLength;
  assert.equal(bytes.length, textStart + textLength);
  const text = Buffer.from(bytes.subarray(textStart)).toString('utf8');
  assert.equal(text.length, units);
  let at = 5;
  let unit = 0;
  let byte = binaryStart;
  const next = () => word(at++);
  const string = (length) => text.slice(unit, (unit += length));
  const binary = (length) => new Uint8Array(bytes.slice(byte, (byte += length)));
  const list = (length, read) => Array.from({ length }, read);
  const entries = (length) => Object.fromEntries(list(length, () => [string(next()), value()]));
  function value() {
    const node = next();
    const length = node >>> 4;
    const type = TYPES[node & 15];
    switch (type) {
      case 'NULL':
      case 'BOOL':
        return { [type]: length === 1 };
      case 'S':
      case 'N':
        return { [type]: string(length) };
      case 'B':
        return { B: binary(length) };
      case 'SS':
      case 'NS':
        return { [type]: list(length, () => string(next())) };
      case 'BS':
        return { BS: list(length, () => binary(next())) };
      case 'M':
        return { M: entries(length) };
      case 'L':
        return { L: list(length, value) };
    }
    throw new Error(`node ${node}`);
  }
  const items = list(count, () => entries(next()));
  assert.deepEqual([at, byte, unit], [5 + words, textStart, text.length]);
  return items;
}

/** Bytes of an output of the core: the words with their number before them, then the parts. */
export function coreOutput(words, ...parts) {
  const bytes = Buffer.concat([Buffer.alloc(4 * (words.length + 1)), ...parts]);
  [words.length, ...words].forEach((word, i) => bytes.writeUInt32LE(word, 4 * i));
  return new Uint8Array(bytes);
}

/** A repeatable source of random values, from a seed of `tests/support/seed.mjs`. */
export function random(seed) {
  const unit = generator(seed);
  const below = (n) => Math.floor(unit() * n);
  const pick = (list) => list[below(list.length)];
  const pieces = ['a', 'Z0', ' ', 'é', 'ß', '\u0000', '漢', '\ufeff', '😀', '\u{10ffff}', '"\\'];
  const text = () => Array.from({ length: below(12) }, () => pick(pieces)).join('');
  const bytes = () => Uint8Array.from({ length: below(100) }, () => below(256));
  const number = () =>
    pick([String(below(1e9)), `-${below(1000)}.5`, '0', '1e-100', '12345678901234567890123']);
  const distinct = (make) => [...new Set(Array.from({ length: 1 + below(4) }, make))];
  const value = (depth = 0) => {
    switch (below(depth > 3 ? 8 : 10)) {
      case 0:
        return { NULL: true };
      case 1:
        return { BOOL: below(2) === 1 };
      case 2:
        return { S: text() };
      case 3:
        return { N: number() };
      case 4:
        return { B: bytes() };
      case 5:
        return { SS: distinct(text) };
      case 6:
        return { NS: distinct(number) };
      case 7:
        return { BS: [bytes(), bytes()] };
      case 8:
        return { M: map(below(4), depth + 1) };
      default:
        return { L: Array.from({ length: below(4) }, () => value(depth + 1)) };
    }
  };
  const map = (length, depth = 0) =>
    Object.fromEntries(Array.from({ length }, () => [`k${text()}`, value(depth)]));
  return { below, pick, text, bytes, value, item: () => map(below(25)) };
}

/** An own property called `__proto__`, which no object literal can have by assignment. */
export function withProto(value, others = {}) {
  const descriptor = { value, enumerable: true, configurable: true, writable: true };
  return Object.defineProperty({ ...others }, '__proto__', descriptor);
}
