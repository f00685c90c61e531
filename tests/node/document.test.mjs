import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import test from 'node:test';
import vm from 'node:vm';
import { LimitError, MalformedInputError, UsageError } from '../../pkg/errors.js';
import { NumberValue, fromAttributeMap, toAttributeMap } from '../../pkg/items/document.js';
import { ItemEncryptor, rawAesKeyring } from '../../pkg/entrypoints/index.js';
import { seed } from '../support/seed.mjs';
import { random, refuses, withProto } from './support.mjs';

const bytes = (...list) => Uint8Array.from(list);

function refused(value, message, attribute = 'x', options = {}) {
  return refuses(() => toAttributeMap({ x: value }, options), UsageError, 'INVALID_ARGUMENT', {
    message,
    attribute,
  });
}

const write = (value, options) => toAttributeMap({ x: value }, options).x;
const read = (value, options) => fromAttributeMap({ x: value }, options).x;

test('native values and their attribute values', () => {
  const cases = [
    ['text', { S: 'text' }],
    ['', { S: '' }],
    [5, { N: '5' }],
    [-1.5, { N: '-1.5' }],
    [1e-7, { N: '1e-7' }],
    [Number.MAX_SAFE_INTEGER, { N: '9007199254740991' }],
    [2n ** 100n, { N: '1267650600228229401496703205376' }],
    [true, { BOOL: true }],
    [false, { BOOL: false }],
    [null, { NULL: true }],
    [bytes(1, 2), { B: bytes(1, 2) }],
    [new Set(['a', 'b']), { SS: ['a', 'b'] }],
    [new Set([1, 2.5]), { NS: ['1', '2.5'] }],
    [new Set([bytes(1)]), { BS: [bytes(1)] }],
    [[1, ['a']], { L: [{ N: '1' }, { L: [{ S: 'a' }] }] }],
    [[], { L: [] }],
    [{ a: { b: null } }, { M: { a: { M: { b: { NULL: true } } } } }],
  ];
  for (const [native, value] of cases) {
    assert.deepEqual(write(native), value);
    assert.deepEqual(read(value), native);
  }
});

test('values that are written in one way only', () => {
  assert.deepEqual(write(-0), { N: '0' });
  assert.deepEqual(write(new Map([['k', 1]])), { M: { k: { N: '1' } } });
  assert.deepEqual(write(new NumberValue('1.0')), { N: '1.0' });
  assert.deepEqual(write(new Set([1, 2n, NumberValue.from('3')])), { NS: ['1', '2', '3'] });
  assert.deepEqual(write(Object.assign(Object.create(null), { a: 1 })), { M: { a: { N: '1' } } });
  assert.deepEqual(toAttributeMap(new Map([['a', 1]])), { a: { N: '1' } });
});

test('the NumberValue of another library', () => {
  class NumberValueImpl {
    constructor(value) {
      this.value = value;
    }
    toAttributeValue() {
      return { N: this.value };
    }
  }
  assert.deepEqual(write(new NumberValueImpl('0.1')), { N: '0.1' });
  refused(new NumberValueImpl('twelve'), /decimal number/);
  // A plain object of the same shape is data, not a number.
  assert.deepEqual(write({ value: '0.1' }), { M: { value: { S: '0.1' } } });
});

test('byte arrays of every kind, as their window', () => {
  const buffer = bytes(0, 1, 2, 3).buffer;
  for (const [given, expected] of [
    [buffer, bytes(0, 1, 2, 3)],
    [new Uint8Array(buffer, 1, 2), bytes(1, 2)],
    [Buffer.from(buffer, 2), bytes(2, 3)],
    [new DataView(buffer, 3), bytes(3)],
    [new Uint16Array(buffer, 2), bytes(2, 3)],
  ]) {
    assert.deepEqual([...write(given).B], [...expected]);
    assert.deepEqual([...write(new Set([given])).BS[0]], [...expected]);
  }
});

test('undefined values are refused, or left out on request', () => {
  refused(undefined, /undefined.*removeUndefinedValues/);
  refused([1, undefined], /undefined/, 'x[1]');
  refused({ a: { b: undefined } }, /undefined/, 'x.a.b');
  refused(new Set(['a', undefined]), /undefined cannot be a member/);
  const document = {
    a: undefined,
    b: [1, undefined, 2],
    c: { d: undefined },
    e: new Set([1, undefined]),
  };
  const options = { removeUndefinedValues: true };
  assert.deepEqual(toAttributeMap(document, options), {
    b: { L: [{ N: '1' }, { N: '2' }] },
    c: { M: {} },
    e: { NS: ['1'] },
  });
  refused(new Set([undefined]), /must have a member/, 'x', options);
});

test('empty values are kept, or become null on request', () => {
  const document = { a: '', b: bytes(), c: ['', new ArrayBuffer(0)], d: { e: '' }, f: 'x', g: [] };
  const NULL = { NULL: true };
  const options = { convertEmptyValues: true };
  assert.deepEqual(toAttributeMap({ ...document, h: new Set() }, options), {
    a: NULL,
    b: NULL,
    c: { L: [NULL, NULL] },
    d: { M: { e: NULL } },
    f: { S: 'x' },
    g: { L: [] },
    h: NULL,
  });
  assert.deepEqual(toAttributeMap(document).a, { S: '' });
  assert.deepEqual(write(new Set(['', 'a']), options), { SS: ['', 'a'] });
  refused(new Set(), /must have a member/);
});

test('class instances are refused, or taken as maps on request', () => {
  class Address {
    zip = '123';
    #hidden = 1;
    get computed() {
      return this.#hidden;
    }
  }
  refused(new Address(), /instance of Address.*convertClassInstanceToMap/);
  const options = { convertClassInstanceToMap: true };
  assert.deepEqual(write(new Address(), options), { M: { zip: { S: '123' } } });
  assert.deepEqual(toAttributeMap(new Address(), options), { zip: { S: '123' } });
  refuses(() => toAttributeMap(new Address()), UsageError, 'INVALID_ARGUMENT');
});

test('objects that would lose their content are refused even so', () => {
  const objects = [
    new Date(),
    /x/,
    new Error('x'),
    new String('x'),
    new Number(1),
    Object(1n),
    new Blob(['x']),
    Promise.resolve(),
    new WeakMap(),
    new URL('https://example.org'),
  ];
  for (const object of objects) {
    refused(object, /is not a value that can be stored/);
    refused(object, /Convert it/, 'x', { convertClassInstanceToMap: true });
    refused({ list: [object] }, /instance of/, 'x.list[0]');
  }
});

test('instances that show nothing of what they hold are refused even so', () => {
  class Private {
    #ssn = '078';
    get ssn() {
      return this.#ssn;
    }
  }
  class Decorated {
    visible = 1;
    constructor() {
      Object.defineProperty(this, 'ssn', { value: '078' });
    }
  }
  class Tagged {
    visible = 1;
    [Symbol('ssn')] = '078';
  }
  const inherits = Object.assign(Object.create({ ssn: '078' }), { visible: 1 });
  const convert = { convertClassInstanceToMap: true };
  const empty = [
    new Private(),
    createSecretKey(bytes(1)),
    new Intl.NumberFormat('en'),
    new Proxy(new Date(), {}),
    Object.create({ ssn: '078' }),
  ];
  for (const object of empty) {
    refused(object, /is not a value that can be stored/);
    refused({ list: [object] }, /would be lost.*Give a plain object/, 'x.list[0]', convert);
  }
  refused(new Decorated(), /'ssn' \(not enumerable\) would be lost/, 'x', convert);
  refused(new Tagged(), /named by a symbol would be lost/, 'x', convert);
  refused(inherits, /inherited property 'ssn' would be lost/, 'x', convert);
  refuses(() => toAttributeMap(new Private(), convert), UsageError, 'INVALID_ARGUMENT');
});

test('properties that would be lost are refused, both ways', () => {
  const hidden = Object.defineProperty({ a: 1 }, 'ssn', { value: '078' });
  const symbol = { a: 1, [Symbol('ssn')]: '078' };
  for (const object of [hidden, symbol]) {
    refused(object, /would be lost/);
    refused([{ deep: object }], /would be lost/, 'x[0].deep');
    refuses(() => toAttributeMap(object), UsageError, 'INVALID_ARGUMENT', { message: /lost/ });
  }
  const map = Object.defineProperty({ a: { N: '1' } }, 'ssn', { value: { S: '078' } });
  for (const run of [() => fromAttributeMap(map), () => fromAttributeMap({ m: { M: map } })]) {
    refuses(run, UsageError, 'INVALID_ARGUMENT', { message: /'ssn' \(not enumerable\)/ });
  }
});

test('maps and sets of another realm, and subclasses', () => {
  const foreign = vm.runInNewContext("({ m: new Map([['k', 1]]), s: new Set(['a']) })");
  assert.deepEqual(write(foreign.m), { M: { k: { N: '1' } } });
  assert.deepEqual(write(foreign.s), { SS: ['a'] });
  assert.deepEqual(toAttributeMap(foreign.m), { k: { N: '1' } });
  class Liar extends Map {
    *[Symbol.iterator]() {}
    entries() {
      return [];
    }
  }
  assert.deepEqual(write(new Liar([['k', 1]])), { M: { k: { N: '1' } } });
  const fake = { [Symbol.toStringTag]: 'Map', k: 1 };
  refused(fake, /would be lost/);
  class Observable {
    k = 1;
    get [Symbol.toStringTag]() {
      return 'Map';
    }
  }
  refused(new Observable(), /instance of Observable/);
});

test('every value is read once', () => {
  let reads = 0;
  const twice = (first, then) => ({
    get x() {
      return reads++ === 0 ? first : then;
    },
  });
  assert.deepEqual(toAttributeMap(twice('first', 'then')), { x: { S: 'first' } });
  reads = 0;
  const list = new Proxy(['first'], {
    get: (target, key) => (key === '0' && reads++ > 0 ? 'then' : target[key]),
  });
  assert.deepEqual(write(list), { L: [{ S: 'first' }] });
  reads = 0;
  const number = new (class {
    get value() {
      return reads++ === 0 ? '1' : {};
    }
    toAttributeValue() {}
  })();
  assert.deepEqual(write(number), { N: '1' });
});

test('attribute values given as a document are refused by the key', async () => {
  const keyring = rawAesKeyring({
    keyNamespace: 'ns',
    keyName: 'key',
    wrappingKey: new Uint8Array(32),
  });
  const encryptor = new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'id',
    sortKeyName: 'at',
    attributeActions: { id: 'SIGN_ONLY', at: 'SIGN_ONLY' },
    keyring,
  });
  const hint = { code: 'INVALID_ARGUMENT', message: /encryptItem/ };
  for (const wrong of [{ S: 'c' }, true, null, ['a'], new Set(['a'])]) {
    const asKey = { id: wrong, at: 1 };
    const asSortKey = { id: 'c', at: wrong };
    for (const run of [encryptor.encryptDocument, encryptor.decryptDocument]) {
      await assert.rejects(run.call(encryptor, asKey), { ...hint, attribute: 'id' });
      await assert.rejects(run.call(encryptor, asSortKey), { ...hint, attribute: 'at' });
    }
  }
  for (const at of ['s', 1, 5n, bytes(1), new NumberValue('1')]) {
    const { document } = await encryptor.encryptDocument({ id: 'c', at });
    assert.equal((await encryptor.decryptDocument(document)).document.id, 'c');
  }
});

test('functions and symbols', () => {
  refused(() => {}, /a function/);
  refused(Symbol('s'), /a symbol/);
  refused(class {}, /a function/);
  refused([() => {}], /a function/, 'x[0]', { removeUndefinedValues: true });
});

test('numbers that are none, or have lost digits', () => {
  refused(NaN, /NaN/);
  refused(Infinity, /infinity/);
  refused([-Infinity], /infinity/, 'x[0]');
  refused(Number.MAX_SAFE_INTEGER + 1, /MAX_SAFE_INTEGER.*bigint or a NumberValue/);
  refused(-1e21, /MAX_SAFE_INTEGER/);
  refused(new Set([2 ** 53]), /MAX_SAFE_INTEGER/);
});

test('sets that are empty, mixed or of the wrong kind', () => {
  refused(new Set(), /must have a member/);
  refused(new Set(['a', 1]), /must not mix/);
  refused(new Set([1, bytes(1)]), /must not mix/);
  refused(new Set([true]), /a boolean cannot be a member/);
  refused(new Set([null]), /null cannot be a member/);
  refused(new Set([['a']]), /an array cannot be a member/);
});

test('maps with other keys, detached buffers', () => {
  refused(new Map([[1, 'a']]), /keys of a Map must be strings/);
  const buffer = new ArrayBuffer(4);
  structuredClone(buffer, { transfer: [buffer] });
  refused(buffer, /detached/);
  refused({ deep: [new Set([buffer])] }, /detached/, 'x.deep[0]');
});

test('documents that are no objects', () => {
  for (const document of [null, undefined, 'x', 1, [], bytes(1), new Set(), new Date()]) {
    refuses(() => toAttributeMap(document), UsageError, 'INVALID_ARGUMENT', {
      message: /a document must be an object/,
    });
  }
  refuses(() => toAttributeMap(new Map([[1, 2]])), UsageError, 'INVALID_ARGUMENT');
});

test('cycles and depth', () => {
  const cycle = { a: [] };
  cycle.a.push(cycle);
  const error = refuses(() => toAttributeMap({ x: cycle }), UsageError, 'INVALID_ARGUMENT');
  assert.match(error.message, /contains itself/);
  const map = new Map();
  map.set('me', map);
  refuses(() => toAttributeMap({ x: map }), UsageError, 'INVALID_ARGUMENT');
  let deep = 'x';
  for (let i = 0; i < 101; i++) deep = [deep];
  refuses(() => toAttributeMap({ x: deep }), LimitError, 'LIMIT_EXCEEDED');
  let value = { S: 'x' };
  for (let i = 0; i < 101; i++) value = { L: [value] };
  refuses(() => fromAttributeMap({ x: value }), LimitError, 'LIMIT_EXCEEDED');
});

test('many maps and lists beside each other are not nesting', () => {
  const wide = Array.from({ length: 300 }, (_, i) => (i % 2 ? [i] : { i }));
  assert.deepEqual(read(write(wide)), wide);
});

test('names such as __proto__', () => {
  const document = withProto({ polluted: true }, { constructor: 'c' });
  const map = toAttributeMap({ x: document });
  const inner = map.x.M;
  assert.equal(Object.getPrototypeOf(inner), Object.prototype);
  assert.deepEqual(Object.keys(inner), ['constructor', '__proto__']);
  const back = fromAttributeMap(map);
  assert.equal(Object.getPrototypeOf(back.x), Object.prototype);
  assert.deepEqual(back.x, document);
  assert.equal({}.polluted, undefined);
  assert.deepEqual(Object.keys(fromAttributeMap(toAttributeMap(document))), Object.keys(document));
});

test('numbers are read without loss', () => {
  const cases = [
    ['0', 0],
    ['-0', 0],
    ['0.000', 0],
    ['007', 7],
    ['+5', 5],
    ['1.50', 1.5],
    ['1E2', 100],
    ['0.1', 0.1],
    ['1e-7', 1e-7],
    ['123456789012345', 123456789012345],
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-12345678901234567890', -12345678901234567890n],
    ['1e21', 10n ** 21n],
    ['9.99e125', 999n * 10n ** 123n],
    ['12345678901234567890.0', 12345678901234567890n],
  ];
  for (const [text, expected] of cases) assert.ok(Object.is(read({ N: text }), expected), text);
  const exact = [
    '0.1000000000000000055511151231257827',
    // As long as what the nearest double prints, but another number.
    '0.30000000000000005',
    '1234567890.123456789012345',
    '1e-400',
    '1e999999999999',
    '1e-999999999999999999999999',
  ];
  for (const text of exact) {
    const number = read({ N: text });
    assert.ok(number instanceof NumberValue, text);
    assert.equal(number.value, text);
    assert.deepEqual(write(number), { N: text });
  }
});

test('numbers as the caller wants them', () => {
  assert.deepEqual(read({ N: '1.0' }, { numbers: 'NumberValue' }), new NumberValue('1.0'));
  assert.equal(read({ N: '1.0' }, { numbers: (text) => `n${text}` }), 'n1.0');
  const set = read({ NS: ['1', '90071992547409930'] });
  // Bigints first: that is how AWS's converters tell what a set is of.
  assert.deepEqual([...set], [90071992547409930n, 1]);
  assert.deepEqual([...read({ NS: ['2'] }, { numbers: String })], ['2']);
});

test('text that is no number is not read', () => {
  const texts = ['', ' 1', '1 ', '0x10', 'NaN', 'Infinity', '1e', '.', '1_000', '1,5', '--1'];
  for (const text of texts) {
    for (const numbers of ['auto', 'NumberValue', Number]) {
      const run = () => fromAttributeMap({ x: { M: { n: { N: text } } } }, { numbers });
      const details = { attribute: 'x.n' };
      refuses(run, MalformedInputError, 'MALFORMED_NUMBER', details);
    }
  }
});

test('NumberValue', () => {
  assert.equal(Number(new NumberValue('0.12345678901234567890')), 0.12345678901234568);
  assert.ok(Number.isNaN(Number(new NumberValue('12345678901234567.5'))));
  assert.equal(`${new NumberValue('12345678901234567.5')}`, '12345678901234567.5');
  assert.equal(String(new NumberValue('1.10')), '1.10');
  assert.equal(JSON.stringify({ n: NumberValue.from(10n ** 30n) }), `{"n":"1${'0'.repeat(30)}"}`);
  assert.deepEqual(NumberValue.from({ N: '5' }).toAttributeValue(), { N: '5' });
  assert.equal(NumberValue.from(0.5).value, '0.5');
  for (const value of ['', 'x', '1e', NaN, Infinity, 2 ** 53, null, undefined, {}, { N: [] }]) {
    refuses(() => new NumberValue(value), UsageError, 'INVALID_ARGUMENT');
  }
});

test('attribute values of the wrong form', () => {
  const cases = [
    [{ S: 1 }, /S must be a string/],
    [{ N: 1 }, /N must be a string/],
    [{ B: 'aGk=' }, /B must be a Uint8Array/],
    [{ BOOL: 'true' }, /BOOL must be a boolean/],
    [{ NULL: 1 }, /NULL must be a boolean/],
    [{ SS: new Set(['a']) }, /SS must be an array/],
    [{ NS: [1] }, /a member of NS/],
    [{ BS: ['a'] }, /a member of BS/],
    [{ M: [] }, /M must be a plain object/],
    [{ L: {} }, /L must be an array/],
    [{ Ss: [] }, /unknown type 'Ss'/],
    [{}, /without a type/],
    [{ S: 'a', N: '1' }, /two types/],
    ['native', /must be an object/],
    [null, /must be an object/],
  ];
  for (const [value, message] of cases) {
    refuses(() => fromAttributeMap({ x: value }), MalformedInputError, 'MALFORMED_ATTRIBUTE', {
      message,
      attribute: 'x',
    });
    refuses(() => read({ L: [value] }), MalformedInputError, 'MALFORMED_ATTRIBUTE', {
      attribute: 'x[0]',
    });
  }
  refuses(() => fromAttributeMap(new Map()), UsageError, 'INVALID_ARGUMENT');
});

test('random documents come back', (t) => {
  const from = random(seed(t));
  const distinct = (make) => new Set(Array.from({ length: 1 + from.below(4) }, make));
  const makers = [
    from.text,
    () => from.below(2) === 0,
    () => null,
    () => from.below(1e6) / 64,
    () => -from.below(1e9),
    () => BigInt(from.below(1e9)) * 10n ** 12n + 10n ** 21n,
    () => 10 ** -from.below(100),
    from.bytes,
    () => distinct(from.text),
    () => distinct(() => from.below(100)),
    () => new Set([from.bytes()]),
    (depth) => Array.from({ length: from.below(4) }, () => value(depth + 1)),
    (depth) => document(from.below(4), depth + 1),
  ];
  const value = (depth) => from.pick(depth > 3 ? makers.slice(0, 11) : makers)(depth);
  const document = (length, depth = 0) =>
    Object.fromEntries(Array.from({ length }, () => [from.text(), value(depth)]));
  for (let i = 0; i < 300; i++) {
    const given = document(from.below(12));
    assert.deepEqual(fromAttributeMap(toAttributeMap(given)), given);
  }
});

test('random doubles come back bit by bit', (t) => {
  const from = random(seed(t));
  const view = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < 5000; i++) {
    view.setUint32(0, from.below(2 ** 32));
    view.setUint32(4, from.below(2 ** 32));
    const number = view.getFloat64(0);
    if (!Number.isFinite(number) || Math.abs(number) > Number.MAX_SAFE_INTEGER) continue;
    assert.equal(read(write(number)), number);
  }
});
