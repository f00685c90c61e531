import assert from 'node:assert/strict';
import test from 'node:test';
import { fromDynamoJson, toDynamoJson } from '../../pkg/items/dynamo-json.js';
import { LimitError, MalformedInputError, UsageError } from '../../pkg/errors.js';
import { seed } from '../support/seed.mjs';
import { random, refuses, withProto } from './support.mjs';

const bytes = (...list) => Uint8Array.from(list);

function refused(text, message, attribute) {
  return refuses(() => fromDynamoJson(text), MalformedInputError, 'MALFORMED_ATTRIBUTE', {
    message,
    attribute,
  });
}

const ITEM = {
  s: { S: 'té"xt' },
  n: { N: '1.50' },
  b: { B: bytes(0, 1, 2, 255) },
  bool: { BOOL: false },
  null: { NULL: true },
  ss: { SS: ['a'] },
  ns: { NS: ['1'] },
  bs: { BS: [bytes(), bytes(9)] },
  m: { M: { l: { L: [{ B: bytes(1) }] } } },
};

const TEXT =
  '{"s":{"S":"té\\"xt"},"n":{"N":"1.50"},"b":{"B":"AAEC/w=="},"bool":{"BOOL":false},' +
  '"null":{"NULL":true},"ss":{"SS":["a"]},"ns":{"NS":["1"]},"bs":{"BS":["","CQ=="]},' +
  '"m":{"M":{"l":{"L":[{"B":"AQ=="}]}}}}';

test('an item and its text', () => {
  assert.equal(toDynamoJson(ITEM), TEXT);
  assert.deepEqual(fromDynamoJson(TEXT), ITEM);
});

test('an item that was parsed already', () => {
  // As express.json() and response.json() give it.
  assert.deepEqual(fromDynamoJson(JSON.parse(TEXT)), ITEM);
  assert.deepEqual(fromDynamoJson(Object.assign(Object.create(null), JSON.parse(TEXT))), ITEM);
  const parsed = JSON.parse('{"a":{"M":{"__proto__":{"S":"x"}}}}');
  const back = fromDynamoJson(parsed);
  assert.notEqual(back.a, parsed.a);
  assert.deepEqual(Object.keys(back.a.M), ['__proto__']);
  refused({ b: { B: 'A' } }, /padded standard base64/, 'b');
  refused({ b: { B: bytes(1) } }, /B must be a string, not an instance of Uint8Array/, 'b');
  refused({ b: 'x' }, /must be an object/, 'b');
  const cycle = { m: { M: {} } };
  cycle.m.M.again = cycle.m;
  refuses(() => fromDynamoJson(cycle), UsageError, 'INVALID_ARGUMENT', { message: /itself/ });
});

test('base64 is what others write and read', (t) => {
  const from = random(seed(t));
  for (const length of [0, 1, 2, 3, 4, 63, 64, 65, 8191, 8192, 8193, 30_000]) {
    const b = Uint8Array.from({ length }, () => from.below(256));
    const text = JSON.parse(toDynamoJson({ b: { B: b } })).b.B;
    assert.equal(text, Buffer.from(b).toString('base64'));
    assert.deepEqual(fromDynamoJson(`{"b":{"B":"${text}"}}`).b.B, b);
  }
});

test('random items come back', (t) => {
  const from = random(seed(t));
  for (let i = 0; i < 200; i++) {
    const item = from.item();
    assert.deepEqual(fromDynamoJson(toDynamoJson(item)), item);
  }
});

test('views are written as their window, undefined members not at all', () => {
  const view = bytes(1, 2, 3).subarray(1, 2);
  const item = { b: { B: view, S: undefined }, c: { B: Buffer.from([7]) } };
  assert.equal(toDynamoJson(item), '{"b":{"B":"Ag=="},"c":{"B":"Bw=="}}');
});

test('names such as __proto__ and toJSON', () => {
  const item = withProto({ M: withProto({ S: 'x' }) }, { toJSON: { S: 't' } });
  const text = toDynamoJson(item);
  assert.equal(text, '{"toJSON":{"S":"t"},"__proto__":{"M":{"__proto__":{"S":"x"}}}}');
  const back = fromDynamoJson(text);
  assert.equal(Object.getPrototypeOf(back), Object.prototype);
  assert.deepEqual(Object.keys(back), ['toJSON', '__proto__']);
  assert.equal(toDynamoJson(back), text);
});

test('base64 that toDynamoJson would not write', () => {
  const wrong = [
    'A',
    'AA',
    'AAA',
    'AA=',
    'AA===',
    '====',
    '=',
    'A===',
    'AAAA====',
    'AA==AA==',
    'AAE',
    ' AAE=',
    'AAE=\\n',
    'AA E',
    'AAE-',
    'AAE_',
    'AAEé',
    'AAE\u2028',
    'AB==',
    'AAF=',
  ];
  for (const text of wrong) {
    refused(`{"b":{"B":"${text}"}}`, /B must be padded standard base64/, 'b');
    refused(`{"b":{"BS":["AA==","${text}"]}}`, /a member of BS must be padded/, 'b');
    refused(`{"b":{"M":{"k":{"L":[{"B":"${text}"}]}}}}`, /base64/, 'b.k[0]');
  }
});

test('values of the wrong form', () => {
  const cases = [
    ['{"N":5}', /N must be a string, not a number/],
    ['{"S":null}', /S must be a string, not null/],
    ['{"B":[1]}', /B must be a string/],
    ['{"BOOL":"true"}', /BOOL must be a boolean/],
    ['{"NULL":null}', /NULL must be a boolean/],
    ['{"SS":"a"}', /SS must be an array/],
    ['{"SS":[1]}', /a member of SS must be a string/],
    ['{"NS":[1]}', /a member of NS must be a string/],
    ['{"BS":[1]}', /a member of BS must be a string/],
    ['{"M":[]}', /M must be a plain object/],
    ['{"L":{}}', /L must be an array/],
    ['{"Ss":[]}', /unknown type 'Ss'/],
    ['{"__proto__":{"S":"x"}}', /unknown type '__proto__'/],
    ['{}', /without a type/],
    ['{"S":"a","N":"1"}', /two types/],
    ['"native"', /must be an object/],
    ['null', /must be an object/],
    ['5', /must be an object/],
  ];
  for (const [value, message] of cases) refused(`{"x":${value}}`, message, 'x');
});

test('text that is not JSON, or not an object', () => {
  const secret = 'hunter2';
  const error = refused(`{"x":{"S":"${secret}"}`, /the text is not JSON/);
  assert.ok(!JSON.stringify(error).includes(secret) && error.cause === undefined);
  for (const text of ['', 'null', '[]', '"x"', '5']) refused(text);
  for (const text of [undefined, null, 5, [], Buffer.from('{}'), new Map()]) {
    refuses(() => fromDynamoJson(text), UsageError, 'INVALID_ARGUMENT');
  }
});

test('items that cannot be written', () => {
  for (const item of [null, [], new Map(), 'x']) {
    refuses(() => toDynamoJson(item), UsageError, 'INVALID_ARGUMENT');
  }
  const write = (value) => () => toDynamoJson({ x: value });
  refuses(write({ B: 'AAE=' }), MalformedInputError, 'MALFORMED_ATTRIBUTE', { attribute: 'x' });
  refuses(write({ N: 5 }), MalformedInputError, 'MALFORMED_ATTRIBUTE');
  refuses(write({ L: [{ Q: 1 }] }), MalformedInputError, 'MALFORMED_ATTRIBUTE', {
    attribute: 'x[0]',
  });
  const cycle = { L: [] };
  cycle.L.push(cycle);
  refuses(write(cycle), UsageError, 'INVALID_ARGUMENT', { message: /contains itself/ });
});

test('JSON of any depth does not exhaust the stack', () => {
  const text = `{"x":${'{"L":['.repeat(100_000)}${']}'.repeat(100_000)}}`;
  refuses(() => fromDynamoJson(text), LimitError, 'LIMIT_EXCEEDED');
});
