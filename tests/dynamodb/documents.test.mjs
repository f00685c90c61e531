// Documents through AWS's own converters, with every option that these have: what `encryptDocument` and `decryptDocument`
// return is stored as the item that was sealed, and opens again.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { DynamoDBDocumentClient, GetCommand, NumberValue as Theirs } from '@aws-sdk/lib-dynamodb';
import { BatchWriteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { ItemEncryptor, NumberValue, rawAesKeyring } from '../../pkg/entrypoints/index.js';
import { read, startWorld } from './support.mjs';

const keyring = rawAesKeyring({
  keyNamespace: 'ns',
  keyName: 'key',
  wrappingKey: new Uint8Array(32),
});
const numbers = [
  '0',
  '-12.75',
  '9007199254740991',
  '9007199254740993',
  '-12345678901234567890123456789012345678',
  '1e125',
  '1.5e-130',
  '0.12345678901234567890123456789012345678',
  '12345678901234567.890123456789',
  '-98765432109876543210.5',
];
const sets = {
  integers: ['1', '9007199254740993'],
  fractions: ['0.5', '0.12345678901234567890'],
  mixed: ['0.12345678901234567890', '1.5', '12345678901234567890', '123456789012345678.5'],
};
const item = {
  customer_id: { S: 'documents' },
  line: { N: '1' },
  ...Object.fromEntries(numbers.map((N, i) => [`n${i}`, { N }])),
  ...Object.fromEntries(Object.entries(sets).map(([name, NS]) => [name, { NS }])),
  deep: { M: { list: { L: [{ N: numbers[7] }, { M: { n: { N: numbers[9] } } }] } } },
  text: { S: 'text' },
  bytes: { B: new Uint8Array([1, 2]) },
  flag: { BOOL: false },
  nothing: { NULL: true },
  binaries: { BS: [new Uint8Array([1])] },
};
const encryptor = (action, more = {}) =>
  new ItemEncryptor({
    logicalTableName: 't',
    partitionKeyName: 'customer_id',
    sortKeyName: 'line',
    attributeActions: {
      ...Object.fromEntries(Object.keys(item).map((name) => [name, action])),
      customer_id: 'SIGN_ONLY',
      line: 'SIGN_ONLY',
      empty: action,
      emptyBytes: action,
    },
    algorithmSuite: '6700',
    keyring,
    ...more,
  });

/** Every combination of the options that are flags. */
function combinations(names) {
  const all = Array.from({ length: 2 ** names.length }, (_, bits) =>
    Object.fromEntries(names.map((name, i) => [name, Boolean(bits & (1 << i))])),
  );
  return all.map((options) => [JSON.stringify(options), options]);
}
const MARSHALL = combinations([
  'convertEmptyValues',
  'removeUndefinedValues',
  'convertClassInstanceToMap',
  'allowImpreciseNumbers',
]);
/** Those that lose no digits of numbers that are not encrypted. */
const UNMARSHALL = [
  ['wrapNumbers', { wrapNumbers: true }],
  ['wrapNumbers, a function', { wrapNumbers: (digits) => Theirs.from(digits) }],
  ['wrapNumbers, our class', { wrapNumbers: (digits) => new NumberValue(digits) }],
];

/** A decimal number spelled in one way. */
function number(text) {
  const [, sign, whole, fraction = '', power = '0'] = /^(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(
    text,
  );
  let digits = BigInt(whole + fraction);
  if (digits === 0n) return '0';
  let exponent = Number(power) - fraction.length;
  for (; digits % 10n === 0n; digits /= 10n) exponent += 1;
  return `${sign}${digits}e${exponent}`;
}

/** Items without the order of sets and the spelling of numbers. */
function canonical(map) {
  const value = (v) => {
    const [[type, content]] = Object.entries(v);
    switch (type) {
      case 'N':
        return { N: number(content) };
      case 'NS':
        return { NS: content.map(number).sort() };
      case 'L':
        return { L: content.map(value) };
      case 'M':
        return { M: canonical(content) };
      default:
        return v;
    }
  };
  return Object.fromEntries(Object.keys(map).map((name) => [name, value(map[name])]));
}

for (const action of ['ENCRYPT_AND_SIGN', 'SIGN_ONLY']) {
  describe(`marshall and unmarshall, ${action}`, () => {
    const items = encryptor(action);
    let sealed;
    let opened;
    before(async () => {
      const encrypted = (await items.encryptItem(item)).item;
      ({ document: opened } = await items.decryptDocument(
        unmarshall(encrypted, { wrapNumbers: true }),
      ));
      sealed = await items.encryptDocument(opened);
    });

    for (const [what, options] of MARSHALL) {
      test(what, async () => {
        assert.deepEqual(canonical(marshall(opened, options)), canonical(item));
        const stored = marshall(sealed.document, options);
        assert.deepEqual(canonical(stored), canonical(sealed.item));
        for (const [how, reading] of UNMARSHALL) {
          const { document } = await items.decryptDocument(unmarshall(stored, reading));
          assert.deepEqual(document, opened, how);
        }
        const whole = marshall(opened, { ...options, convertTopLevelContainer: true });
        assert.deepEqual(canonical(whole.M), canonical(item));
      });
    }
  });
}

test('numbers that a DocumentClient reads without digits lost, as it reads them by default', async () => {
  const items = encryptor('SIGN_ONLY');
  const original = { customer_id: 'c', line: 1, n0: 2n ** 100n, n1: -1.5, integers: new Set([1]) };
  const { document } = await items.encryptDocument(original);
  const { document: opened } = await items.decryptDocument(unmarshall(marshall(document)));
  assert.deepEqual(opened, original);
});

test('their numbers are taken and given, once for an encryptor or for a call', async () => {
  const numbers = (digits) => Theirs.from(digits);
  const original = { customer_id: 'c', line: Theirs.from('1'), n0: Theirs.from('0.5'), n1: 7 };
  original.integers = new Set([Theirs.from('1')]);
  const items = encryptor('ENCRYPT_AND_SIGN', { documentOptions: { numbers } });
  const { document } = await items.encryptDocument(original);
  const { document: opened } = await items.decryptDocument(document);
  assert.deepEqual(opened, { ...original, n1: Theirs.from('7') });
  assert.deepEqual(marshall(opened).integers, { NS: ['1'] });
  const call = await items.decryptDocument(document, { numbers: 'auto' });
  assert.equal(call.document.n0, 0.5);
});

test('a set of nothing but long numbers is refused by marshall, and taken with their class', async () => {
  const items = encryptor('ENCRYPT_AND_SIGN');
  const NS = ['0.12345678901234567890', '0.12345678901234567891'];
  const { item: sealed } = await items.encryptItem({ ...item, mixed: { NS } });
  const { document } = await items.decryptDocument(unmarshall(sealed, { wrapNumbers: true }));
  assert.throws(() => marshall(document), /Only Number Set/);
  const { document: theirs } = await items.decryptDocument(
    unmarshall(sealed, { wrapNumbers: true }),
    { numbers: (digits) => Theirs.from(digits) },
  );
  assert.deepEqual(canonical(marshall(theirs)).mixed, canonical({ mixed: { NS } }).mixed);
});

test('empty values are signed as the DocumentClient stores them', async () => {
  const original = { customer_id: 'c', line: 1, empty: '', emptyBytes: new Uint8Array() };
  const options = { convertEmptyValues: true };
  for (const action of ['ENCRYPT_AND_SIGN', 'SIGN_ONLY']) {
    const items = encryptor(action);
    const { document } = await items.encryptDocument(original, options);
    const stored = marshall(document, options);
    const { document: opened } = await items.decryptDocument(unmarshall(stored), options);
    assert.deepEqual(opened, { customer_id: 'c', line: 1, empty: null, emptyBytes: null });
    // Sealed without the option and stored as it is, it opens with the option, too.
    const asItIs = (await items.encryptDocument(original)).document;
    assert.deepEqual((await items.decryptDocument(asItIs, options)).document, original);
  }
  // Signed as empty and stored as null: what the option is for.
  const { document } = await encryptor('SIGN_ONLY').encryptDocument(original);
  await assert.rejects(
    encryptor('SIGN_ONLY').decryptDocument(unmarshall(marshall(document, options))),
    { name: 'AuthenticationError' },
  );
});

describe('a table', () => {
  let world;
  let table;
  let client;
  before(async () => {
    world = await startWorld();
    table = await world.makeTable();
    client = world.dynamodb();
  });
  after(() => world?.close());

  for (const action of ['ENCRYPT_AND_SIGN', 'SIGN_ONLY']) {
    for (const convertClassInstanceToMap of [false, true]) {
      test(`put and got, ${action}, convertClassInstanceToMap ${convertClassInstanceToMap}`, async () => {
        const items = encryptor(action);
        const documents = DynamoDBDocumentClient.from(client, {
          marshallOptions: { convertClassInstanceToMap },
          unmarshallOptions: { wrapNumbers: true },
        });
        const long = new NumberValue(numbers[9]);
        const original = { customer_id: 'c', line: 1, n0: long, deep: [{ long }], n1: 2n ** 80n };
        const { document } = await items.encryptDocument(original);
        await documents.send(new PutCommand({ TableName: table, Item: document }));
        const Key = { customer_id: 'c', line: 1 };
        if (action === 'SIGN_ONLY') {
          const raw = await read(client, table, { customer_id: { S: 'c' }, line: { N: '1' } });
          assert.deepEqual(canonical({ n: raw.n0 }), canonical({ n: { N: numbers[9] } }));
        }
        const { Item } = await documents.send(new GetCommand({ TableName: table, Key }));
        const { document: opened } = await items.decryptDocument(Item);
        assert.deepEqual(opened, original);
        // In plaintext, too: what was opened is stored as the numbers that it has.
        await documents.send(new PutCommand({ TableName: table, Item: { ...opened, line: 2 } }));
        const raw = await read(client, table, { customer_id: { S: 'c' }, line: { N: '2' } });
        assert.deepEqual(canonical({ n: raw.n0 }), canonical({ n: { N: numbers[9] } }));
      });
    }
  }

  test('a batch of documents', async () => {
    const items = encryptor('ENCRYPT_AND_SIGN');
    const originals = [1, 2, 3].map((line) => ({ customer_id: 'batch', line, text: `t${line}` }));
    const sealed = await items.encryptDocuments(originals);
    const documents = DynamoDBDocumentClient.from(client);
    const puts = sealed.map(({ document }) => ({ PutRequest: { Item: document } }));
    await documents.send(new BatchWriteCommand({ RequestItems: { [table]: puts } }));
    const found = [];
    for (const { customer_id, line } of originals) {
      const get = new GetCommand({ TableName: table, Key: { customer_id, line } });
      found.push((await documents.send(get)).Item);
    }
    const opened = await items.decryptDocuments(found);
    assert.deepEqual(
      opened.map(({ document }) => document),
      originals,
    );
  });
});
