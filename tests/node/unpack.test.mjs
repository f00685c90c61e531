import assert from 'node:assert/strict';
import test from 'node:test';
import { InternalError } from '../../pkg/errors.js';
import { packItems } from '../../pkg/items/codec/pack.js';
import { unpackOpened, unpackSealed } from '../../pkg/items/codec/unpack.js';
import { seed } from '../support/seed.mjs';
import { coreOutput, random, refuses, withProto, writePacked } from './support.mjs';

const bytes = (...list) => Uint8Array.from(list);
const fill = (length, byte) => new Uint8Array(length).fill(byte);

function packedItems(...items) {
  const input = packItems(items);
  input.discard();
  return input.items;
}

/** As they are packed to be opened: binary attributes come back from the core. */
function openingItems(...items) {
  const input = packItems(items, 'binary');
  input.discard();
  return input.items;
}

function internal(run, message) {
  refuses(run, InternalError, 'INTERNAL', { message });
}

/** Own keys and values, so that a changed prototype shows. */
const own = (object) =>
  Object.entries(Object.getOwnPropertyDescriptors(object)).map(
    ([key, { value, enumerable, writable }]) => [key, value, enumerable && writable],
  );

const ITEM = { id: { N: '7' }, ssn: { S: '123' }, ':note': { S: 'n' }, photo: { B: bytes(1) } };

/** One sealed item: header 3 bytes, footer 2, info 4, and two ciphertexts. */
const sealedOutput = () =>
  coreOutput([1, 1, 3, 2, 4, 2, 1, 5, 3, 0], fill(3, 1), fill(2, 2), fill(4, 3), fill(5, 4));

test('a sealed item keeps the order and ends with the format attributes', () => {
  const [{ item, info }] = unpackSealed(sealedOutput(), packedItems(ITEM));
  assert.deepEqual(Object.entries(item), [
    ['id', { N: '7' }],
    ['ssn', { B: fill(5, 4) }],
    [':note', { S: 'n' }],
    ['photo', { B: bytes() }],
    ['aws_dbe_head', { B: fill(3, 1) }],
    ['aws_dbe_foot', { B: fill(2, 2) }],
  ]);
  assert.deepEqual(info, fill(4, 3));
  assert.notEqual(item.id, ITEM.id);
  assert.deepEqual(ITEM.ssn, { S: '123' });
});

test('byte values have buffers of their own', () => {
  for (const output of [sealedOutput(), Buffer.from(sealedOutput())]) {
    const [{ item, info }] = unpackSealed(output, packedItems(ITEM));
    const views = [item.ssn.B, item.aws_dbe_head.B, item.aws_dbe_foot.B, info];
    assert.equal(new Set(views.map((view) => view.buffer)).size, 4);
    for (const view of views) {
      assert.equal(view.constructor, Uint8Array);
      assert.equal(view.buffer.byteLength, view.length);
    }
    output.fill(0);
    assert.deepEqual(item.ssn.B, fill(5, 4));
  }
});

test('an output anywhere in memory', () => {
  for (const offset of [1, 2, 3, 4]) {
    const memory = new Uint8Array([...fill(offset, 9), ...sealedOutput(), 9, 9, 9]);
    const output = memory.subarray(offset, memory.length - 3);
    const [{ item }] = unpackSealed(output, packedItems(ITEM));
    assert.deepEqual(item.ssn.B, fill(5, 4));
  }
});

test('an item in plaintext is a copy, too', () => {
  const [{ item, info }] = unpackSealed(coreOutput([1, 0]), packedItems(ITEM));
  const [opened] = unpackOpened(coreOutput([1, 0, 0, 0, 0]), openingItems(ITEM));
  assert.equal(info, undefined);
  assert.equal(opened.stored, undefined);
  for (const copy of [item, opened.item]) {
    assert.deepEqual(copy, ITEM);
    assert.deepEqual(Object.keys(copy), Object.keys(ITEM));
    assert.notEqual(copy, ITEM);
    for (const name of Object.keys(ITEM)) assert.notEqual(copy[name], ITEM[name]);
    assert.notEqual(copy.photo.B, ITEM.photo.B);
  }
});

test('a value of which no copy was kept must come from the core', () => {
  const none = packItems([ITEM], new Set(['ssn', 'photo']));
  none.discard();
  const output = coreOutput([1, 1, 0, 0, 0, 1, 1, 1], bytes(9));
  internal(() => unpackSealed(output, none.items), /a value is missing/);
  internal(() => unpackSealed(coreOutput([1, 0]), none.items), /a value is missing/);
  const items = openingItems({ ...SEALED, signed: { B: bytes(1) } });
  internal(() => unpackOpened(openedOutput([], '', bytes(), [...ACTIONS, 2]), items), /missing/);
});

test('no items', () => {
  assert.deepEqual(unpackSealed(coreOutput([0]), []), []);
  assert.deepEqual(unpackOpened(coreOutput([0, 0, 0, 0]), []), []);
});

test('attributes of an earlier encryption do not stay', () => {
  const other = { B: bytes(1) };
  const items = packedItems({ aws_dbe_head: other, a: { S: 'x' }, aws_dbe_zzz: other });
  const output = coreOutput([1, 1, 1, 1, 0, 1, 1, 2], bytes(5), bytes(6), bytes(7, 8));
  const [{ item }] = unpackSealed(output, items);
  assert.deepEqual(Object.entries(item), [
    ['a', { B: bytes(7, 8) }],
    ['aws_dbe_head', { B: bytes(5) }],
    ['aws_dbe_foot', { B: bytes(6) }],
  ]);
});

test('a caller that changes the item meanwhile leaves nothing in plaintext', () => {
  const item = { first: { S: 'public' }, ssn: { S: 'secret' } };
  const items = packedItems(item);
  delete item.first;
  item.later = { S: 'plaintext' };
  const output = coreOutput([1, 1, 0, 0, 0, 1, 1, 1], bytes(9));
  const [sealed] = unpackSealed(output, items);
  assert.deepEqual(Object.keys(sealed.item), ['first', 'ssn', 'aws_dbe_head', 'aws_dbe_foot']);
  assert.deepEqual(sealed.item.ssn, { B: bytes(9) });
});

test('many items with the same names, and with others in between', () => {
  const given = [];
  for (let i = 0; i < 40; i++) {
    const item = {};
    for (let j = 0; j < (i % 10 === 9 ? 3 : 30); j++) item[`name${j}`] = { N: `${i * 100 + j}` };
    given.push(item);
  }
  const words = given.flatMap(() => [1, 0, 0, 0, 1, 2, 1]);
  const output = coreOutput(
    [40, ...words],
    Uint8Array.from({ length: 40 }, (_, i) => i),
  );
  const sealed = unpackSealed(output, packedItems(...given));
  sealed.forEach(({ item }, i) => {
    const head = { B: bytes() };
    const added = { name2: { B: bytes(i) }, aws_dbe_head: head, aws_dbe_foot: head };
    const expected = { ...given[i], ...added };
    assert.deepEqual(Object.entries(item), Object.entries(expected));
  });
});

test('items with as many names, but others', () => {
  const given = [
    ['a', 'b'],
    ['a', 'b'],
    ['a', 'c'],
    ['a', 'c'],
    ['b', 'a'],
  ].map((names) => Object.fromEntries(names.map((name) => [name, { S: name }])));
  const output = coreOutput([5, ...given.flatMap(() => [1, 0, 0, 0, 0])]);
  unpackSealed(output, packedItems(...given)).forEach(({ item }, i) => {
    const head = { B: bytes() };
    const expected = { ...given[i], aws_dbe_head: head, aws_dbe_foot: head };
    assert.deepEqual(Object.entries(item), Object.entries(expected));
  });
});

test('__proto__ stays an own property, time after time', () => {
  const evil = { S: 'polluted' };
  const item = withProto(evil, { a: { S: 'x' }, constructor: { S: 'c' } });
  for (let round = 0; round < 4; round++) {
    const output = coreOutput([1, 1, 0, 0, 0, 1, round % 2 === 0 ? 2 : 0, 1], bytes(round));
    const [{ item: sealed }] = unpackSealed(output, packedItems(item));
    assert.equal(Object.getPrototypeOf(sealed), Object.prototype);
    const [a, constructor, proto] = own(sealed);
    assert.deepEqual(a[1], round % 2 === 0 ? { S: 'x' } : { B: bytes(round) });
    assert.equal(constructor[0], 'constructor');
    assert.deepEqual(proto, ['__proto__', round % 2 === 0 ? { B: bytes(round) } : evil, true]);
  }
});

const SEALED = {
  id: { N: '7' },
  aws_dbe_head: { B: bytes(1) },
  ssn: { B: bytes(0, 1, 2) },
  ':note': { S: 'n' },
  aws_dbe_foot: { B: bytes(2) },
  region: { S: 'eu' },
};
const ACTIONS = [2, 4, 0, 3, 4, 1];

/** One opened item whose only encrypted attribute, `ssn`, has this value. */
function openedOutput(node, text = '', binary = bytes(), actions = ACTIONS) {
  const utf8 = Buffer.from(text);
  const values = node.length === 0 ? [0] : [1, 2, ...node];
  const item = [1, 2, 3, actions.length, ...actions, ...values];
  const header = [1, utf8.length, text.length, binary.length];
  return coreOutput([...header, ...item], fill(2, 7), fill(3, 8), binary, utf8);
}

test('an opened item has its values back and nothing of the format', () => {
  const output = openedOutput([2 | (3 << 4)], '😀a');
  const [opened] = unpackOpened(output, packedItems(SEALED));
  assert.deepEqual(Object.entries(opened.item), [
    ['id', { N: '7' }],
    ['ssn', { S: '😀a' }],
    [':note', { S: 'n' }],
    ['region', { S: 'eu' }],
  ]);
  const { info, header, actions } = opened.stored();
  assert.deepEqual(info, fill(2, 7));
  assert.deepEqual(header, fill(3, 8));
  assert.deepEqual(actions, {
    id: 'SIGN_ONLY',
    ssn: 'ENCRYPT_AND_SIGN',
    ':note': 'DO_NOTHING',
    region: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
  });
});

const node = (type, length) => type | (length << 4);

test('every type comes back', () => {
  const cases = [
    [[node(0, 1)], { NULL: true }],
    [[node(0, 0)], { NULL: false }],
    [[node(1, 1)], { BOOL: true }],
    [[node(1, 0)], { BOOL: false }],
    [[node(2, 0)], { S: '' }],
    [[node(3, 2)], { N: '12' }, '12'],
    [[node(4, 2)], { B: bytes(8, 9) }, '', bytes(8, 9)],
    [[node(5, 2), 1, 2], { SS: ['a', 'bc'] }, 'abc'],
    [[node(6, 1), 3], { NS: ['1.5'] }, '1.5'],
    [[node(7, 2), 0, 1], { BS: [bytes(), bytes(4)] }, '', bytes(4)],
    [[node(8, 1), 1, node(2, 1)], { M: { k: { S: 'v' } } }, 'kv'],
    [[node(9, 2), node(9, 0), node(8, 0)], { L: [{ L: [] }, { M: {} }] }],
  ];
  for (const [words, value, text, binary] of cases) {
    const [{ item }] = unpackOpened(openedOutput(words, text, binary), packedItems(SEALED));
    assert.deepEqual(item.ssn, value);
  }
});

test('map keys named __proto__', () => {
  const output = openedOutput([node(8, 1), 9, node(2, 1)], '__proto__x');
  const [{ item }] = unpackOpened(output, packedItems(SEALED));
  assert.deepEqual(own(item.ssn.M), [['__proto__', { S: 'x' }, true]]);
  assert.equal(Object.getPrototypeOf(item.ssn.M), Object.prototype);
});

test('a byte order mark is text', () => {
  const output = openedOutput([node(2, 2)], '\ufeffa');
  const [{ item }] = unpackOpened(output, packedItems(SEALED));
  assert.equal(item.ssn.S, '\ufeffa');
});

test('actions of an attribute named __proto__', () => {
  const items = packedItems(withProto({ S: 'x' }));
  const output = coreOutput([1, 0, 0, 0, 1, 0, 0, 1, 2, 0]);
  const [opened] = unpackOpened(output, items);
  assert.deepEqual(own(opened.stored().actions), [['__proto__', 'SIGN_ONLY', true]]);
  assert.deepEqual(own(opened.item), [['__proto__', { S: 'x' }, true]]);
});

test('random values come back from nodes as they were packed', (t) => {
  const from = random(seed(t));
  for (let i = 0; i < 200; i++) {
    const value = from.value();
    const input = packItems([{ v: value }]);
    const packed = writePacked(input);
    const { length } = packed;
    const view = new DataView(packed.buffer);
    const words = Array.from({ length: view.getUint32(4, true) }, (_, j) =>
      view.getUint32(20 + 4 * j, true),
    );
    const at = 20 + 4 * words.length;
    const binary = packed.slice(at, at + view.getUint32(8, true));
    const text = packed.slice(at + binary.length, length);
    // Without the name 'v', which is the first of the text.
    const header = [1, text.length - 1, view.getUint32(16, true) - 1, binary.length];
    const item = [1, 0, 0, 1, 0, 1, 0, ...words.slice(2)];
    const output = coreOutput([...header, ...item], binary, text.slice(1));
    assert.deepEqual(unpackOpened(output, input.items)[0].item, { v: value });
  }
});

test('sealed: items that do not fit', () => {
  internal(() => unpackSealed(sealedOutput(), []), /1 entries from the core, 0 expected/);
  internal(() => unpackSealed(sealedOutput(), packedItems(ITEM, ITEM)), /2 expected/);
});

test('sealed: a ciphertext of no attribute', () => {
  const output = coreOutput([1, 1, 0, 0, 0, 1, 4, 0]);
  internal(() => unpackSealed(output, packedItems(ITEM)), /no attribute/);
});

test('sealed: every cut is noticed', () => {
  const output = sealedOutput();
  for (let length = 0; length < output.length; length++) {
    internal(() => unpackSealed(output.subarray(0, length), packedItems(ITEM)));
  }
});

test('sealed: bytes and words left over', () => {
  const output = new Uint8Array([...sealedOutput(), 0]);
  internal(() => unpackSealed(output, packedItems(ITEM)), /too many bytes/);
  internal(() => unpackSealed(coreOutput([1, 0, 0]), packedItems(ITEM)), /too many words/);
});

test('sealed: lengths beyond the output', () => {
  for (const length of [1, 2 ** 31, 2 ** 32 - 1]) {
    const output = coreOutput([1, 1, length, 0, 0, 0]);
    internal(() => unpackSealed(output, packedItems(ITEM)), /too few bytes/);
  }
  const words = new Uint8Array(8).fill(255);
  internal(() => unpackSealed(words, packedItems(ITEM)), /cut short/);
});

test('sealed: a state that there is not', () => {
  internal(() => unpackSealed(coreOutput([1, 4]), packedItems(ITEM)), /state 4/);
});

test('opened: a state that there is not', () => {
  internal(() => unpackOpened(coreOutput([1, 0, 0, 0, 4]), packedItems(SEALED)), /state 4/);
});

test('sealed: beacons of a table that is not searched', () => {
  internal(
    () => unpackSealed(coreOutput([1, 3, 0, 0, 0, 0, 0, 0]), packedItems(ITEM)),
    /too many words/,
  );
});

test('opened: every cut is noticed', () => {
  const output = openedOutput([node(9, 2), node(2, 3), node(4, 2)], 'abc', bytes(1, 2));
  assert.deepEqual(unpackOpened(output, packedItems(SEALED))[0].item.ssn.L.length, 2);
  for (let length = 0; length < output.length; length++) {
    internal(() => unpackOpened(output.subarray(0, length), packedItems(SEALED)));
  }
});

test('opened: bad UTF-8 and wrong text lengths', () => {
  const bad = coreOutput([1, 1, 1, 0, 0], bytes(0xff));
  internal(() => unpackOpened(bad, packedItems(SEALED)), /UTF-8/);
  const long = coreOutput([1, 2, 1, 0, 0], Buffer.from('ab'));
  internal(() => unpackOpened(long, packedItems(SEALED)), /2 entries .* 1 expected/);
  internal(
    () => unpackOpened(openedOutput([node(2, 1)], 'ab'), packedItems(SEALED)),
    /too many units/,
  );
  internal(
    () => unpackOpened(openedOutput([node(2, 3)], 'ab'), packedItems(SEALED)),
    /too few units/,
  );
});

test('opened: regions larger than the output', () => {
  for (const header of [
    [1, 99, 99, 0, 0],
    [1, 0, 0, 99, 0],
    [1, 2 ** 32 - 1, 0, 2 ** 32 - 1, 0],
  ]) {
    internal(() => unpackOpened(coreOutput(header), packedItems(SEALED)));
  }
});

test('opened: binary left over, or missing', () => {
  internal(() => unpackOpened(openedOutput([], '', bytes(1)), packedItems(SEALED)), /too many/);
  internal(() => unpackOpened(openedOutput([node(4, 1)]), packedItems(SEALED)), /too few bytes/);
});

test('opened: unknown types, actions and attributes', () => {
  internal(() => unpackOpened(openedOutput([node(10, 0)]), packedItems(SEALED)), /node type 10/);
  const action = openedOutput([], '', bytes(), [2, 4, 0, 5, 4, 1]);
  internal(() => unpackOpened(action, packedItems(SEALED)), /action 5/);
  const few = openedOutput([], '', bytes(), [2, 4]);
  internal(() => unpackOpened(few, packedItems(SEALED)), /2 entries .* 6 expected/);
  const index = coreOutput([1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0]);
  internal(() => unpackOpened(index, packedItems({ a: { S: '' } })), /no attribute/);
});
