import assert from 'node:assert/strict';
import test from 'node:test';
import vm from 'node:vm';
import { InternalError, LimitError, MalformedInputError, UsageError } from '../../pkg/errors.js';
import { Packer, packItems } from '../../pkg/items/codec/pack.js';
import { seed } from '../support/seed.mjs';
import { random, readPacked, refuses, withProto, writePacked } from './support.mjs';

const packed = (items) => writePacked(packItems(items));

const roundTrip = (items) => readPacked(packed(items));
const bytes = (...list) => Uint8Array.from(list);

function malformed(value, message, attribute = 'x') {
  const item = { before: { S: 'ok' }, x: value };
  refuses(() => packItems([item]), MalformedInputError, 'MALFORMED_ATTRIBUTE', {
    message,
    attribute,
  });
}

test('the exact bytes of a small item', () => {
  const expected = Buffer.from(
    '01000000 05000000 02000000 04000000 04000000'.replaceAll(' ', '') +
      '02000000 01000000 22000000 01000000 24000000'.replaceAll(' ', '') +
      '0102' +
      Buffer.from('ahib').toString('hex'),
    'hex',
  );
  assert.deepEqual(Buffer.from(packed([{ a: { S: 'hi' }, b: { B: bytes(1, 2) } }])), expected);
});

test('every type', () => {
  const item = {
    s: { S: 'text' },
    empty: { S: '' },
    n: { N: '-1.5e10' },
    b: { B: bytes(0, 255) },
    none: { B: bytes() },
    yes: { BOOL: true },
    no: { BOOL: false },
    null: { NULL: true },
    notNull: { NULL: false },
    ss: { SS: ['a', 'é'] },
    ns: { NS: ['1', '2'] },
    bs: { BS: [bytes(1), bytes(2, 3)] },
    m: { M: { k: { S: 'v' }, deeper: { M: { l: { L: [{ N: '1' }, { L: [] }] } } } } },
    l: { L: [{ S: 'x' }, { B: bytes(9) }, { M: {} }] },
  };
  assert.deepEqual(roundTrip([item]), [item]);
});

test('no items, empty items, many items', () => {
  assert.deepEqual(roundTrip([]), []);
  assert.deepEqual(roundTrip([{}]), [{}]);
  const numbered = (_, i) => ({ id: { N: String(i) }, b: { B: bytes(i) } });
  const many = Array.from({ length: 500 }, numbered);
  assert.deepEqual(roundTrip(many), many);
});

test('text of every UTF-8 length, also where it meets', () => {
  const last = { SS: ['\u{10ffff}'] };
  const item = { 'é漢😀': { S: '😀é' }, '\ufeffa': { S: '\u0000漢' }, last };
  assert.deepEqual(roundTrip([item]), [item]);
});

test('random items', (t) => {
  const from = random(seed(t));
  for (let i = 0; i < 300; i++) {
    const items = Array.from({ length: from.below(5) }, from.item);
    assert.deepEqual(roundTrip(items), items);
  }
});

test('members that are undefined count as absent', () => {
  const value = { S: undefined, N: '1', B: undefined, $unknown: undefined };
  assert.deepEqual(roundTrip([{ n: value }]), [{ n: { N: '1' } }]);
});

test('attributes named __proto__ and constructor', () => {
  const value = { M: withProto({ S: 'inner' }) };
  const item = withProto(value, { constructor: { S: 'c' }, hasOwnProperty: { S: 'h' } });
  const bytesOfItem = packed([item]);
  const text = Buffer.from(bytesOfItem).toString('latin1');
  assert.match(text, /constructorchasOwnPropertyh__proto____proto__inner$/);
});

test('items without a prototype and from another realm', () => {
  const bare = Object.assign(Object.create(null), { a: { S: 'b' } });
  const foreign = vm.runInNewContext('({ a: { B: new Uint8Array([1, 2]) }, m: { M: {} } })');
  assert.deepEqual(roundTrip([bare, foreign]), [
    { a: { S: 'b' } },
    { a: { B: bytes(1, 2) }, m: { M: {} } },
  ]);
});

test('a view contributes exactly its window', () => {
  const backing = bytes(0, 1, 2, 3, 4, 5, 6, 7);
  const cases = [
    [backing.subarray(2, 5), bytes(2, 3, 4)],
    [Buffer.from(backing.buffer, 1, 2), bytes(1, 2)],
    [new DataView(backing.buffer, 6), bytes(6, 7)],
    [new Uint16Array(backing.buffer, 4, 1), bytes(4, 5)],
    [backing.buffer, backing],
    [new Uint8Array(new SharedArrayBuffer(2)), bytes(0, 0)],
    [vm.runInNewContext('new Uint8Array([7]).buffer'), bytes(7)],
    [backing.subarray(3, 3), bytes()],
  ];
  for (const [given, expected] of cases) {
    assert.deepEqual(roundTrip([{ b: { B: given } }]), [{ b: { B: expected } }]);
    assert.deepEqual(roundTrip([{ b: { BS: [given] } }]), [{ b: { BS: [expected] } }]);
  }
});

test('inherited attributes are not read, and refused where somebody put them', () => {
  const parent = vm.runInNewContext('Object.prototype');
  Object.defineProperty(parent, 'evil', { value: { S: 'x' }, enumerable: true });
  const item = Object.assign(Object.create(parent), { a: { S: 'b' } });
  assert.deepEqual(roundTrip([item]), [{ a: { S: 'b' } }]);
  const value = Object.create({ S: 'inherited' });
  malformed(value, /without a type/);
  value.N = '1';
  assert.deepEqual(roundTrip([{ v: value }]), [{ v: { N: '1' } }]);
  for (const defaults of [{ ssn: { S: '1' } }, withoutPrototype({ ssn: { S: '1' } })]) {
    const inherits = Object.assign(Object.create(defaults), { a: { S: 'b' } });
    refuses(() => packItems([inherits]), UsageError, 'INVALID_ARGUMENT', { message: /plain/ });
    malformed({ M: inherits }, /M must be a plain object/);
  }
});

function withoutPrototype(object) {
  return Object.assign(Object.create(null), object);
}

test('properties that would be lost are refused by name', () => {
  const hidden = (more) => Object.defineProperties({ a: { S: 'b' } }, more);
  const cases = [
    [hidden({ ssn: { value: { S: '1' } } }), /the property 'ssn' \(not enumerable\)/],
    [hidden({ ssn: { get: () => ({ S: '1' }) } }), /the property 'ssn' \(not enumerable\)/],
    [{ a: { S: 'b' }, [Symbol('ssn')]: { S: '1' } }, /a property named by a symbol/],
    [hidden({ [Symbol('ssn')]: { value: 1 } }), /a property named by a symbol/],
  ];
  for (const [object, message] of cases) {
    refuses(() => packItems([object]), UsageError, 'INVALID_ARGUMENT', { message });
    refuses(() => packItems([{}, object]), UsageError, 'INVALID_ARGUMENT', { itemIndex: 1 });
    const inMap = { x: { L: [{ M: object }] } };
    refuses(() => packItems([inMap]), UsageError, 'INVALID_ARGUMENT', {
      message,
      attribute: 'x[0]',
    });
  }
});

test('nesting up to 100 levels goes to the core, which decides', () => {
  const nested = (levels) => {
    let value = { S: 'x' };
    for (let i = 0; i < levels; i++) value = i % 2 ? { L: [value] } : { M: { k: value } };
    return value;
  };
  assert.deepEqual(roundTrip([{ x: nested(100) }]), [{ x: nested(100) }]);
  refuses(() => packItems([{ x: nested(101) }]), LimitError, 'LIMIT_EXCEEDED', {
    message: /levels of nesting.*limit of 32/,
  });
  refuses(() => packItems([{ x: nested(100_000) }]), LimitError, 'LIMIT_EXCEEDED');
  // Nothing of the failed walk may be left: depth and place start again.
  assert.deepEqual(roundTrip([{ x: nested(100) }]), [{ x: nested(100) }]);
});

test('many maps and lists beside each other are not nesting', () => {
  const wide = { L: Array.from({ length: 300 }, (_, i) => (i % 2 ? { L: [] } : { M: {} })) };
  assert.deepEqual(roundTrip([{ wide }]), [{ wide }]);
});

test('cycles', () => {
  const list = { L: [] };
  list.L.push(list);
  const map = { M: {} };
  map.M.again = { L: [map] };
  for (const value of [list, map]) {
    const error = refuses(() => packItems([{ x: value }]), UsageError, 'INVALID_ARGUMENT', {
      message: /contains itself/,
    });
    assert.match(error.attribute, /^x/);
  }
  const shared = { M: { a: { S: 'twice is no cycle' } } };
  assert.deepEqual(roundTrip([{ x: { L: [shared, shared] } }]), [{ x: { L: [shared, shared] } }]);
});

test('a batch larger than the scratch arrays, and small ones after it', () => {
  const large = { l: { L: Array.from({ length: 70_000 }, (_, i) => ({ N: String(i) })) } };
  assert.deepEqual(roundTrip([large]), [large]);
  assert.deepEqual(roundTrip([{ a: { BOOL: true } }]), [{ a: { BOOL: true } }]);
});

test('items that are no plain objects', () => {
  class Item {}
  const cases = [null, undefined, 'x', 1, [], new Map(), new Item(), () => {}, new Date()];
  for (const item of cases) {
    refuses(() => packItems([item]), UsageError, 'INVALID_ARGUMENT', { message: /plain object/ });
    refuses(() => packItems([{}, item]), UsageError, 'INVALID_ARGUMENT', { itemIndex: 1 });
  }
  refuses(() => packItems(new Map()), UsageError, 'INVALID_ARGUMENT', { message: /an array/ });
});

test('the item is named by its position in a batch, and only there', () => {
  const bad = { x: { S: 1 } };
  const one = refuses(() => packItems([bad]), MalformedInputError, 'MALFORMED_ATTRIBUTE');
  assert.ok(!('itemIndex' in one));
  refuses(() => packItems([{}, {}, bad]), MalformedInputError, 'MALFORMED_ATTRIBUTE', {
    itemIndex: 2,
    attribute: 'x',
  });
  const lone = { y: { S: '\ud800' } };
  const pair = { a: { S: '😀' } };
  refuses(() => packItems([pair, lone]), MalformedInputError, 'MALFORMED_ATTRIBUTE', {
    itemIndex: 1,
    attribute: 'y',
  });
  // What a getter of the caller's throws may take no property.
  const frozen = Object.freeze(
    new UsageError({ code: 'INVALID_ARGUMENT', message: 'no', next: 'No.' }),
  );
  const hostile = {
    get a() {
      throw frozen;
    },
  };
  assert.throws(
    () => packItems([{}, hostile]),
    (error) => error === frozen,
  );
});

test('values that are no objects', () => {
  malformed('secret', /must be an object such as .*not a string/);
  malformed(5, /not a number/);
  malformed(null, /not null/);
  malformed(undefined, /not undefined/);
  malformed(() => {}, /not a function/);
});

test('no type, two types, unknown types', () => {
  malformed({}, /without a type/);
  malformed({ S: undefined }, /without a type/);
  malformed([], /without a type/);
  malformed(new Map([['S', 'x']]), /without a type/);
  malformed({ S: 'x', N: '1' }, /two types, 'S' and 'N'/);
  malformed({ S: 'x', $unknown: ['Z', 1] }, /two types/);
  malformed({ Ss: ['x'] }, /unknown type 'Ss'/);
  malformed({ s: 'x' }, /unknown type 's'/);
  malformed({ $unknown: ['Z', 1] }, /unknown type '\$unknown'/);
  malformed([{ S: 'x' }], /unknown type '0'/);
  malformed({ toString: 'x' }, /unknown type 'toString'/);
});

test('members of the wrong type', () => {
  malformed({ S: 1 }, /S must be a string, not a number/);
  malformed({ S: null }, /S must be a string, not null/);
  malformed({ S: new String('x') }, /S must be a string, not an instance of String/);
  malformed({ N: 1 }, /N must be a string, not a number/);
  malformed({ N: 1n }, /N must be a string, not a bigint/);
  malformed({ B: 'aGk=' }, /B must be a Uint8Array, not a string .*fromDynamoJson/);
  malformed({ B: [1, 2] }, /B must be a Uint8Array, not an array/);
  malformed({ B: { type: 'Buffer', data: [1] } }, /B must be a Uint8Array, not an object/);
  malformed({ BOOL: 'true' }, /BOOL must be a boolean/);
  malformed({ BOOL: 0 }, /BOOL must be a boolean/);
  malformed({ NULL: null }, /NULL must be a boolean/);
});

test('sets, maps and lists of the wrong type', () => {
  malformed({ SS: 'x' }, /SS must be an array/);
  malformed({ SS: new Set(['x']) }, /SS must be an array, not an instance of Set/);
  malformed({ SS: ['x', 1] }, /a member of SS must be a string/);
  // eslint-disable-next-line no-sparse-arrays -- a hole is what is refused
  malformed({ SS: [, 'x'] }, /a member of SS must be a string, not undefined/);
  malformed({ NS: [1] }, /a member of NS must be a string/);
  malformed({ BS: bytes(1) }, /BS must be an array/);
  malformed({ BS: ['x'] }, /a member of BS must be a Uint8Array/);
  malformed({ M: new Map() }, /M must be a plain object, not an instance of Map/);
  malformed({ M: [] }, /M must be a plain object, not an array/);
  malformed({ M: null }, /M must be a plain object, not null/);
  malformed({ L: {} }, /L must be an array/);
});

test('a place inside a value is named', () => {
  const value = { M: { zip: { L: [{ S: 'a' }, { S: 'b' }, { N: 9 }] } } };
  malformed(value, /attribute 'x\.zip\[2\]'/, 'x.zip[2]');
  malformed({ L: [{ M: { k: 'native' } }] }, /must be an object/, 'x[0].k');
});

test('errors never show a value', () => {
  const secret = 'hunter2';
  const values = [secret, { S: [secret] }, { B: secret }, { S: `${secret}\udc00` }, { NS: secret }];
  for (const value of values) {
    const run = () => packItems([{ x: value }]);
    const error = refuses(run, MalformedInputError, 'MALFORMED_ATTRIBUTE');
    assert.ok(!JSON.stringify(error).includes(secret));
    assert.ok(!error.stack.includes(secret));
  }
});

test('lone surrogates, wherever they stand', () => {
  const lone = 'a\ud83d';
  malformed({ S: lone }, /lone surrogate/);
  malformed({ S: '\ude00' }, /lone surrogate/);
  malformed({ S: '\ude00\ud83d' }, /lone surrogate/);
  malformed({ N: lone }, /lone surrogate/);
  malformed({ SS: ['😀', lone] }, /lone surrogate/);
  malformed({ NS: [lone] }, /lone surrogate/);
  malformed({ M: { k: { S: '😀' }, l: { L: [{ S: lone }] } } }, /lone surrogate/);
  malformed({ M: { [lone]: { S: 'x' } } }, /lone surrogate/);
  const item = { b: { B: bytes(1) }, bs: { BS: [bytes(1)] }, t: { BOOL: true }, [lone]: { S: '' } };
  refuses(() => packItems([item]), MalformedInputError, 'MALFORMED_ATTRIBUTE', { attribute: lone });
});

test('the halves of a pair in two strings are lone all the same', () => {
  malformed({ SS: ['\ud83d', '\ude00'] }, /lone surrogate/);
  const item = { 'a\ud83d': { S: '\ude00' } };
  refuses(() => packItems([item]), MalformedInputError, 'MALFORMED_ATTRIBUTE');
});

test('detached buffers', () => {
  const whole = new Uint8Array(8);
  const views = [whole, whole.subarray(2, 4), new DataView(whole.buffer), whole.buffer];
  structuredClone(whole.buffer, { transfer: [whole.buffer] });
  for (const view of views) {
    malformed({ B: view }, /B is a detached buffer/);
    malformed({ BS: [view] }, /a member of BS is a detached buffer/);
  }
});

test('a buffer that changes while the item is read', () => {
  const taken = (first, read) => ({
    a: { B: first },
    get b() {
      read(first);
      return { B: bytes(1, 2, 3, 4, 5, 6, 7, 8, 9) };
    },
  });
  const transfer = ({ buffer }) => structuredClone(buffer, { transfer: [buffer] });
  for (const length of [8, 64, 65, 500]) {
    // What is kept was copied when it was read.
    for (const change of [transfer, (first) => first.fill(1)]) {
      const [{ a }] = roundTrip([taken(new Uint8Array(length), change)]);
      assert.deepEqual(a, { B: new Uint8Array(length) });
    }
  }
  const input = packItems([taken(new Uint8Array(500), transfer)], new Set(['a']));
  const memory = new Uint8Array(input.byteLength);
  refuses(() => input.writeInto(memory, 0), UsageError, 'INVALID_ARGUMENT', {
    message: /changed its length/,
  });
});

/** Bytes that claim to be fewer or more than they are, in every way that JavaScript has. */
function liars(length) {
  class Subclass extends Uint8Array {
    get length() {
      return 3;
    }
    get byteLength() {
      return 2 ** 31;
    }
    get byteOffset() {
      return 7;
    }
    get buffer() {
      return new ArrayBuffer(1);
    }
  }
  const own = new Uint8Array(length);
  Object.defineProperty(own, 'length', { value: 1 });
  Object.defineProperty(own, Symbol.iterator, { value: () => [1][Symbol.iterator]() });
  const renamed = new Uint8Array(length);
  Object.defineProperty(renamed, Symbol.toStringTag, { value: 'Map' });
  Object.setPrototypeOf(renamed, null);
  const view = new DataView(new ArrayBuffer(length));
  Object.defineProperty(view, 'byteLength', { value: 1 });
  const whole = new ArrayBuffer(length);
  Object.defineProperty(whole, 'byteLength', { value: 2 ** 40 });
  return [new Subclass(length), own, renamed, view, whole];
}

test('bytes that lie about their length are as long as they are', () => {
  for (const length of [0, 10, 200]) {
    for (const liar of liars(length)) {
      for (const names of [new Set(), new Set(['x']), 'binary']) {
        const input = packItems([{ x: { B: liar }, y: { BS: [liar] } }], names);
        const expected = { B: new Uint8Array(length) };
        const [{ x, y }] = readPacked(writePacked(input));
        assert.deepEqual([x, y.BS[0]], [expected, expected.B]);
      }
    }
  }
});

test('what only looks like bytes is refused', () => {
  const fake = { length: 3, byteLength: 3, [Symbol.toStringTag]: 'ArrayBuffer' };
  for (const value of [fake, new Proxy(new Uint8Array(3), {}), Object.create(Uint8Array.prototype)])
    malformed({ B: value }, /must be a Uint8Array|detached/);
});

test('a patched prototype', () => {
  try {
    for (const name of ['length', 'byteLength', 'byteOffset']) {
      Object.defineProperty(Uint8Array.prototype, name, { get: () => 1, configurable: true });
    }
    const input = packItems([{ x: { B: bytes(1, 2, 3) }, y: { B: new Uint8Array(100) } }]);
    assert.equal(input.byteLength, 4 * (5 + 5) + 103 + 2 + 32);
    input.discard();
  } finally {
    for (const name of ['length', 'byteLength', 'byteOffset']) delete Uint8Array.prototype[name];
  }
});

test('memory that is shared, or that changes its size', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(100)).fill(5);
  const [kept] = packItems([{ b: { B: shared } }]).items;
  assert.notEqual(kept.values[0].B.buffer, shared.buffer);
  assert.deepEqual(kept.values[0].B, new Uint8Array(100).fill(5));
  const resizable = new ArrayBuffer(100, { maxByteLength: 200 });
  const tracking = new Uint8Array(resizable);
  const input = packItems([{ b: { B: tracking }, c: { B: resizable } }], new Set(['b', 'c']));
  resizable.resize(200);
  const [{ b, c }] = readPacked(writePacked(input));
  assert.deepEqual([b.B.length, c.B.length], [100, 100]);
  const past = new Uint8Array(resizable, 150, 10);
  resizable.resize(100);
  malformed({ B: past }, /detached/);
});

test('an array that lies about its length cannot shift what follows', () => {
  let asked = 0;
  const members = new Proxy(['a', 'b', 'c'], {
    get: (target, key) => (key === 'length' ? ++asked : target[key]),
  });
  assert.deepEqual(roundTrip([{ x: { SS: members }, y: { S: 'z' } }])[0].y, { S: 'z' });
});

test('what was packed is kept as it was, and shares nothing with the item', () => {
  const from = random(7);
  for (let round = 0; round < 50; round++) {
    const item = from.item();
    const before = structuredClone(item);
    const input = packItems([item]);
    scramble(item);
    delete item[Object.keys(item)[0]];
    item.later = { S: 'x' };
    const { names, values } = input.items[0];
    assert.deepEqual(Object.fromEntries(names.map((name, i) => [name, values[i]])), before);
    input.discard();
    assert.equal(input.items.length, 1);
  }
});

/** Changes everything in a value that can be changed. */
function scramble(value) {
  if (value instanceof Uint8Array) return void value.fill(0xee);
  if (Array.isArray(value)) value.push(value.length === 0 ? { S: 'x' } : value[0]);
  for (const key of Object.keys(value)) {
    if (typeof value[key] === 'object') scramble(value[key]);
    else value[key] = typeof value[key] === 'boolean' ? !value[key] : 'forged';
  }
}

test('no copies are kept of what the core gives back', () => {
  const item = { a: { B: bytes(1) }, b: { M: { k: { B: bytes(2) } } }, c: { B: bytes(3) } };
  const kept = (given, more) => packItems([{ ...item, ...more }], given).items[0].values;
  assert.deepEqual(kept(new Set(['a', 'b'])), [undefined, undefined, item.c]);
  // In plaintext there is nothing to come back.
  assert.deepEqual(kept('binary'), [item.a, item.b, item.c]);
  const aws_dbe_head = { B: bytes(4) };
  assert.deepEqual(kept('binary', { aws_dbe_head }), [undefined, item.b, undefined, undefined]);
});

test('every property is read once', () => {
  const reads = [];
  const watched = (target, path) =>
    new Proxy(target, {
      get(object, key, receiver) {
        if (typeof key === 'symbol') return Reflect.get(object, key, receiver);
        reads.push(`${path}.${key}`);
        const value = Reflect.get(object, key, receiver);
        const walks = typeof value === 'object' && !ArrayBuffer.isView(value);
        return walks ? watched(value, `${path}.${key}`) : value;
      },
    });
  const item = {
    s: { S: 'x' },
    b: { B: bytes(1) },
    m: { M: { k: { N: '1' }, l: { L: [{ BOOL: true }, { NULL: true }] } } },
    ss: { SS: ['a', 'b'] },
    bs: { BS: [bytes(1)] },
  };
  assert.deepEqual(roundTrip([watched(item, 'item')]), [item]);
  assert.ok(reads.length > 15);
  assert.deepEqual(reads, [...new Set(reads)]);
});

test('two batches at once do not mix', () => {
  const one = packItems([{ a: { S: 'one' } }]);
  const two = packItems([{ a: { S: 'two' } }]);
  const written = [one, two].map((input) => readPacked(writePacked(input)));
  assert.deepEqual(written, [[{ a: { S: 'one' } }], [{ a: { S: 'two' } }]]);
});

test('text that takes more bytes than characters', () => {
  // Of one, two, three and four bytes, alone and in between; with room to spare, and without.
  for (const unit of ['ä', '€', '\u{1f511}', 'x\u{1f511}', 'ä€', `${'x'.repeat(100)}ä`]) {
    for (const count of [1, 7, 31, 32, 33, 1000, 30_000]) {
      const item = { [unit]: { S: unit.repeat(count) }, list: { SS: [unit, `${unit}${unit}`] } };
      assert.deepEqual(roundTrip([item]), [item]);
    }
  }
});

test('what is reserved for text is near to what it takes', () => {
  for (const [unit, most] of [
    ['x', 1.07],
    [`${'x'.repeat(50)}ä`, 1.07],
    ['ж', 1.3],
    ['語', 1.01],
    ['\u{1f511}', 1.5],
  ]) {
    const text = unit.repeat(100_000);
    const input = packItems([{ a: { S: text } }]);
    let reserved = input.byteLength;
    const grow = (length) => {
      reserved = length;
      return { memory: new Uint8Array(length), at: 0 };
    };
    input.writeInto(new Uint8Array(reserved), 0, grow);
    assert.ok(reserved <= most * Buffer.byteLength(text) + 100, `${unit}: ${reserved}`);
  }
});

test('items that cannot be packed leave nothing behind in a batch that goes on', () => {
  const flag = { BOOL: true };
  const bad = [
    { a: { S: 'left' }, b: { M: { c: { L: [flag, { B: bytes(9, 9) }, { X: 1 }] } } } },
    { a: { S: 'left' }, b: { B: new Uint8Array(500) }, c: { S: 'half \ud83d' } },
    5,
    {
      a: { SS: ['left', 'over'] },
      get b() {
        throw 'a getter';
      },
    },
  ];
  const good = [{ a: { S: 'eins' } }, { b: { B: bytes(1, 2) }, c: flag }, { '\u{1f511}': flag }];
  for (let n = 0; n < 30; n++) {
    const items = [];
    const errors = [];
    for (let i = 0; i < n; i++) items.push(i % 2 ? bad[(i >> 1) % 4] : good[(i >> 1) % 3]);
    const input = packItems(items, undefined, (index, error) => errors.push([index, error]));
    const expected = items.filter((item) => good.includes(item));
    assert.equal(input.items.length, expected.length);
    assert.deepEqual(readPacked(writePacked(input)), expected);
    assert.deepEqual(
      errors.map(([index]) => items[index]),
      items.filter((item) => bad.includes(item)),
    );
    const codes = ['MALFORMED_ATTRIBUTE', 'MALFORMED_ATTRIBUTE', 'INVALID_ARGUMENT', undefined];
    errors.forEach(([, error], i) => assert.equal(error.code, codes[i % 4]));
  }
});

test('short and long binary values keep their order, whatever fails between them', () => {
  const bytes = (length, value) => new Uint8Array(length).fill(value);
  const set = { BS: [bytes(64, 1), bytes(65, 2), bytes(0, 3), bytes(1, 4)] };
  const values = [{ B: bytes(30, 5) }, set, { B: bytes(5000, 6) }, { B: bytes(64, 7) }, set];
  const item = Object.fromEntries(values.map((value, i) => [`a${i}`, value]));
  const broken = { a: { B: bytes(10, 8) }, b: { B: bytes(3000, 9) }, c: { B: 'text' } };
  const failed = [];
  const batch = [item, broken, ...Array(40).fill(item), broken, item];
  const input = packItems(batch, undefined, (i) => failed.push(i));
  assert.deepEqual(failed, [1, 42]);
  assert.equal(input.items.length, 42);
  // What is kept is as it was, and so is what crosses.
  for (const kept of input.items) assert.deepEqual(kept.values, values);
  assert.notEqual(input.items[0].values[0].B, item.a0.B);
  assert.deepEqual(readPacked(writePacked(input)), Array(42).fill(item));
  // What comes next has nothing of it.
  assert.deepEqual(readPacked(writePacked(packItems([{ a: { B: bytes(5, 1) } }]))), [
    { a: { B: bytes(5, 1) } },
  ]);
});

test('packing inside of packing', () => {
  let inner;
  const item = {
    a: { S: 'outer' },
    get b() {
      inner = roundTrip([{ a: { S: 'inner' } }]);
      return { S: 'still outer' };
    },
  };
  assert.deepEqual(roundTrip([item]), [{ a: { S: 'outer' }, b: { S: 'still outer' } }]);
  assert.deepEqual(inner, [{ a: { S: 'inner' } }]);
});

test('a packed batch is written once, and only where it fits', () => {
  const item = { a: { S: 'x' } };
  const memory = new Uint8Array(100);
  const twice = packItems([item]);
  twice.writeInto(memory, 0);
  refuses(() => twice.writeInto(memory, 0), InternalError, 'INTERNAL');
  const discarded = packItems([item]);
  discarded.discard();
  refuses(() => discarded.writeInto(memory, 0), InternalError, 'INTERNAL');
  for (const at of [-1, 99, NaN]) {
    refuses(() => packItems([item]).writeInto(memory, at), InternalError, 'INTERNAL');
  }
  const packer = new Packer();
  const early = packer.pack([item]);
  packer.pack([{ b: { S: 'y' } }]);
  refuses(() => early.writeInto(memory, 0), InternalError, 'INTERNAL');
});

test('the packer is free again after an error', () => {
  const packer = new Packer();
  assert.throws(() => packer.pack([{ a: { S: 'plaintext' } }, { b: 5 }]));
  assert.equal(packer.busy, false);
  refuses(() => packer.writeInto(new Uint8Array(100), 0), InternalError, 'INTERNAL');
});
