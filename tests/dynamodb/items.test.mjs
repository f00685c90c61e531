// Sealed items on a table that nobody here wrote: put with AWS's own DynamoDB client, as attribute values and as
// documents, by every way in and out of a table, and what a writer without keys can do to them.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, QueryCommand as QueryDocuments } from '@aws-sdk/lib-dynamodb';
import { awsKmsKeyring, ItemEncryptor } from '../../pkg/entrypoints/index.js';
import { hides, keyOf, notOpened, read, refused, startWorld, stored } from './support.mjs';

let world;
let client;
let documents;
let table;
let keyring;
before(async () => {
  world = await startWorld();
  client = world.dynamodb();
  documents = world.documents();
  table = await world.makeTable();
  const { arn } = await world.kms.createKey();
  keyring = awsKmsKeyring({ kms: world.kmsClient(), generatorKeyId: arn });
});
after(() => world?.close());
beforeEach(() => world.kms.clearCalls());

const ACTIONS = {
  customer_id: 'SIGN_ONLY',
  line: 'SIGN_ONLY',
  country: 'SIGN_ONLY',
  count: 'SIGN_ONLY',
  ssn: 'ENCRYPT_AND_SIGN',
  amount: 'ENCRYPT_AND_SIGN',
  photo: 'ENCRYPT_AND_SIGN',
  address: 'ENCRYPT_AND_SIGN',
  tags: 'ENCRYPT_AND_SIGN',
  numbers: 'ENCRYPT_AND_SIGN',
  blobs: 'ENCRYPT_AND_SIGN',
  flag: 'ENCRYPT_AND_SIGN',
  nothing: 'ENCRYPT_AND_SIGN',
  empty: 'ENCRYPT_AND_SIGN',
  history: 'ENCRYPT_AND_SIGN',
  plainSet: 'SIGN_ONLY',
  plainMap: 'SIGN_ONLY',
  ':note': 'DO_NOTHING',
};
const encryptor = (options = {}) =>
  new ItemEncryptor({
    logicalTableName: 'customers',
    partitionKeyName: 'customer_id',
    sortKeyName: 'line',
    attributeActions: ACTIONS,
    allowedUnsignedAttributePrefix: ':',
    keyring,
    ...options,
  });

let next = 0;
/** An item with every type of attribute, under a key of its own. */
const customer = (more = {}) => ({
  customer_id: { S: `c-${next++}` },
  line: { N: '1' },
  country: { S: 'CH' },
  count: { N: '17' },
  ssn: { S: '756.1234.5678.97' },
  amount: { N: '-1234567890.0987654321' },
  photo: { B: new Uint8Array([0, 1, 254, 255]) },
  address: { M: { street: { S: 'Straße 😀' }, n: { N: '4' }, 'a.b': { L: [{ NULL: true }] } } },
  tags: { SS: ['gift wrapping', 'rush', 'ä'] },
  numbers: { NS: ['-1', '0', '12.5'] },
  blobs: { BS: [new Uint8Array([1]), new Uint8Array([1, 2])] },
  flag: { BOOL: false },
  nothing: { NULL: true },
  empty: { S: '' },
  history: { L: [{ S: 'secret history' }, { M: {} }, { L: [] }] },
  plainSet: { SS: ['a', 'b'] },
  plainMap: { M: { readable: { BOOL: true } } },
  ':note': { S: 'not signed' },
  ...more,
});

/** Sets have no order. */
function same(got, want) {
  const order = (value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
  const canonical = (item) =>
    JSON.parse(
      JSON.stringify(item, (name, value) => {
        if (['SS', 'NS', 'BS'].includes(name)) return value.map(order).sort();
        return order(value);
      }),
    );
  assert.deepEqual(canonical(got), canonical(want));
}

for (const algorithmSuite of ['6700', '6701']) {
  test(`every type of attribute: put, read back, opened; suite ${algorithmSuite}`, async () => {
    const items = encryptor({ algorithmSuite });
    const original = customer();
    const { item } = await items.encryptItem(original);
    const found = await stored(client, table, item);
    hides(found, '756.1234', '-1234567890', 'Straße', 'gift wrapping', 'secret history');
    same(found, item);
    assert.deepEqual(found.country, original.country);
    same((await items.decryptItem(found)).item, original);
    assert.equal(world.kms.calls.length, 2);
  });
}

test('a batch in, a batch out', async () => {
  const items = encryptor();
  const originals = Array.from({ length: 25 }, () => customer());
  const sealed = (await items.encryptItems(originals)).map(({ item }) => item);
  const puts = sealed.map((Item) => ({ PutRequest: { Item } }));
  await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: puts } }));
  const Keys = originals.map(keyOf);
  const { Responses } = await client.send(
    new BatchGetItemCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }),
  );
  const found = Responses[table];
  assert.equal(found.length, 25);
  const opened = (await items.decryptItems(found)).map(({ item }) => item);
  const byId = (list) => new Map(list.map((item) => [item.customer_id.S, item]));
  const [a, b] = [byId(opened), byId(originals)];
  assert.equal(a.size, 25);
  for (const [id, item] of a) same(item, b.get(id));
});

test('by a query over a partition, and a scan with a filter on what is readable', async () => {
  const items = encryptor();
  const lines = ['1', '2', '30'].map((n) =>
    customer({ customer_id: { S: 'one partition' }, line: { N: n }, country: { S: `L${n}` } }),
  );
  const sealed = (await items.encryptItems(lines)).map(({ item }) => item);
  await client.send(
    new TransactWriteItemsCommand({
      TransactItems: sealed.map((Item) => ({ Put: { TableName: table, Item } })),
    }),
  );
  const query = await client.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'customer_id = :id AND line > :line',
      ExpressionAttributeValues: { ':id': { S: 'one partition' }, ':line': { N: '1' } },
      ScanIndexForward: false,
    }),
  );
  const opened = await items.decryptItems(query.Items);
  assert.equal(opened.length, 2);
  opened.forEach(({ item }, i) => same(item, lines[2 - i]));
  const scan = await client.send(
    new ScanCommand({
      TableName: table,
      FilterExpression: 'country = :c',
      ExpressionAttributeValues: { ':c': { S: 'L2' } },
    }),
  );
  assert.equal(scan.Items.length, 1);
  same((await items.decryptItem(scan.Items[0])).item, lines[1]);
});

test('a projection leaves out what the signature covers: it does not open', async () => {
  const items = encryptor();
  const { item } = await items.encryptItem(customer());
  await stored(client, table, item);
  const { Items } = await client.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'customer_id = :id',
      ProjectionExpression: 'customer_id, line, ssn, aws_dbe_head, aws_dbe_foot',
      ExpressionAttributeValues: { ':id': item.customer_id },
    }),
  );
  await refused(items.decryptItem(Items[0]), { name: 'AuthenticationError' });
});

test('numbers as the table spells them', async () => {
  // A table may answer 1.50 as 1.5: the signature is over the number.
  const items = encryptor();
  for (const text of ['1.50', '0001', '1E2', '-0', '12345678901234567890123456789012345678']) {
    const original = customer({ count: { N: text }, amount: { N: text } });
    const { item } = await items.encryptItem(original);
    const found = await stored(client, table, item);
    const { item: opened } = await items.decryptItem(found);
    assert.equal(Number(opened.count.N) + 0, Number(text) + 0);
    assert.equal(Number(opened.amount.N) + 0, Number(text) + 0);
  }
});

test('put only if absent, and only if unchanged', async () => {
  const items = encryptor();
  const original = customer();
  const first = (await items.encryptItem(original)).item;
  const absent = { TableName: table, ConditionExpression: 'attribute_not_exists(customer_id)' };
  await client.send(new PutItemCommand({ ...absent, Item: first }));
  const second = (await items.encryptItem({ ...original, ssn: { S: 'another' } })).item;
  await assert.rejects(client.send(new PutItemCommand({ ...absent, Item: second })), {
    name: 'ConditionalCheckFailedException',
  });
  // The footer stands for the whole item.
  const unchanged = (foot) => ({
    TableName: table,
    ConditionExpression: 'aws_dbe_foot = :foot',
    ExpressionAttributeValues: { ':foot': foot },
  });
  await client.send(new PutItemCommand({ ...unchanged(first.aws_dbe_foot), Item: second }));
  const lost = new PutItemCommand({ ...unchanged(first.aws_dbe_foot), Item: first });
  await assert.rejects(client.send(lost), { name: 'ConditionalCheckFailedException' });
  const found = await read(client, table, keyOf(original));
  assert.equal((await items.decryptItem(found)).item.ssn.S, 'another');
});

test('resealed in its place', async () => {
  const from = encryptor();
  const { arn } = await world.kms.createKey();
  const to = encryptor({
    keyring: awsKmsKeyring({ kms: world.kmsClient(), generatorKeyId: arn }),
    algorithmSuite: '6700',
  });
  const original = customer();
  const found = await stored(client, table, (await from.encryptItem(original)).item);
  const { items } = await to.resealItems([found], { from });
  const again = await stored(client, table, items[0]);
  same((await to.decryptItem(again)).item, original);
  await notOpened(from.decryptItem(again), 'KEYRING_NOT_MINE');
});

describe('documents', () => {
  test('put and got with the document client', async () => {
    const items = encryptor();
    const original = {
      customer_id: `d-${next++}`,
      line: 7,
      country: 'CH',
      count: 42,
      ssn: '756.1234.5678.97',
      amount: -12.75,
      photo: new Uint8Array([1, 2, 3]),
      address: { street: 'Straße 😀', lines: ['a', { b: null }], ok: true },
      tags: new Set(['gift wrapping', 'rush']),
      numbers: new Set([1, 2.5, -3]),
      flag: true,
      nothing: null,
      empty: '',
      history: [],
      plainSet: new Set(['x']),
      plainMap: { readable: [1, 'two'] },
      ':note': 'not signed',
    };
    const { document } = await items.encryptDocument(original);
    assert.ok(document.ssn instanceof Uint8Array && document.address instanceof Uint8Array);
    await documents.send(new PutCommand({ TableName: table, Item: document }));
    const Key = { customer_id: original.customer_id, line: 7 };
    const { Item } = await documents.send(new GetCommand({ TableName: table, Key }));
    assert.deepEqual(Item.plainMap, original.plainMap);
    hides(Item, '756.1234', 'Straße', 'gift wrapping');
    assert.deepEqual((await items.decryptDocument(Item)).document, original);
    // The same item, read with the other client.
    const raw = await read(client, table, {
      customer_id: { S: Key.customer_id },
      line: { N: '7' },
    });
    assert.equal((await items.decryptItem(raw)).item.ssn.S, original.ssn);
  });

  test('queried with the document client', async () => {
    const items = encryptor();
    const originals = [1, 2, 3].map((line) => ({
      customer_id: 'documents of one partition',
      line,
      ssn: `number ${line}`,
    }));
    for (const original of originals) {
      const { document } = await items.encryptDocument(original);
      await documents.send(new PutCommand({ TableName: table, Item: document }));
    }
    const { Items } = await documents.send(
      new QueryDocuments({
        TableName: table,
        KeyConditionExpression: 'customer_id = :id',
        ExpressionAttributeValues: { ':id': 'documents of one partition' },
      }),
    );
    const opened = await Promise.all(Items.map((item) => items.decryptDocument(item)));
    assert.deepEqual(
      opened.map(({ document }) => document),
      originals,
    );
  });

  test('a document whose key was changed does not open', async () => {
    const items = encryptor();
    const original = { customer_id: `d-${next++}`, line: 1, ssn: 'secret' };
    const { document } = await items.encryptDocument(original);
    await documents.send(new PutCommand({ TableName: table, Item: { ...document, line: 2 } }));
    const Key = { customer_id: original.customer_id, line: 2 };
    const { Item } = await documents.send(new GetCommand({ TableName: table, Key }));
    await notOpened(items.decryptDocument(Item), 'KMS_INVALID_CIPHERTEXT');
  });
});

describe('a writer without keys', () => {
  let items;
  let original;
  let sealed;
  beforeEach(async () => {
    items = encryptor();
    original = customer();
    sealed = (await items.encryptItem(original)).item;
    await stored(client, table, sealed);
  });
  const update = (UpdateExpression, names, values) =>
    client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: keyOf(original),
        UpdateExpression,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: values,
      }),
    );
  const now = () => read(client, table, keyOf(original));

  test('may change what is not signed', async () => {
    const note = { S: 'changed' };
    await update('SET #n = :v, #more = :v', { '#n': ':note', '#more': ':more' }, { ':v': note });
    const opener = encryptor({ attributeActions: { ...ACTIONS, ':more': 'DO_NOTHING' } });
    const { item } = await opener.decryptItem(await now());
    same(item, { ...original, ':note': note, ':more': note });
  });

  for (const [what, act] of [
    ['a readable text', () => update('SET #n = :v', { '#n': 'country' }, { ':v': { S: 'LI' } })],
    ['a counter', () => update('ADD #n :v', { '#n': 'count' }, { ':v': { N: '1' } })],
    [
      'an element of a set',
      () => update('ADD #n :v', { '#n': 'plainSet' }, { ':v': { SS: ['c'] } }),
    ],
    [
      'a member of a map',
      () =>
        update('SET #n.#m = :v', { '#n': 'plainMap', '#m': 'readable' }, { ':v': { BOOL: false } }),
    ],
    ['two ciphertexts', () => update('SET #a = #b, #b = #a', { '#a': 'ssn', '#b': 'empty' })],
    ['an attribute that goes', () => update('REMOVE #n', { '#n': 'country' })],
    ['a ciphertext that goes', () => update('REMOVE #n', { '#n': 'ssn' })],
  ]) {
    test(`cannot change ${what}`, async () => {
      await act();
      await refused(items.decryptItem(await now()), { name: 'AuthenticationError' });
    });
  }

  test('cannot put a text in the place of a ciphertext', async () => {
    await update('SET #n = :v', { '#n': 'ssn' }, { ':v': { S: 'x' } });
    await refused(items.decryptItem(await now()), {
      code: 'MALFORMED_ATTRIBUTE',
      attribute: 'ssn',
    });
  });

  test('cannot add a signed attribute', async () => {
    const { country, ...rest } = original;
    await stored(client, table, (await items.encryptItem(rest)).item);
    same((await items.decryptItem(await now())).item, rest);
    await update('SET #n = :v', { '#n': 'country' }, { ':v': country });
    await refused(items.decryptItem(await now()), { name: 'AuthenticationError' });
  });

  test('cannot take off header or footer', async () => {
    await update('REMOVE #n', { '#n': 'aws_dbe_foot' });
    await refused(items.decryptItem(await now()), { name: 'MalformedInputError' });
    await update('REMOVE #n', { '#n': 'aws_dbe_head' });
    await refused(items.decryptItem(await now()), {});
  });

  test('cannot move an item, nor give one the attributes of another', async () => {
    const moved = await stored(client, table, { ...sealed, line: { N: '2' } });
    await notOpened(items.decryptItem(moved), 'KMS_INVALID_CIPHERTEXT');
    await client.send(new DeleteItemCommand({ TableName: table, Key: keyOf(moved) }));
    const other = (await items.encryptItem(customer({ ssn: { S: 'of another' } }))).item;
    const mixed = await stored(client, table, { ...sealed, ssn: other.ssn });
    await refused(items.decryptItem(mixed), { name: 'AuthenticationError' });
    const { aws_dbe_head, aws_dbe_foot } = other;
    const crowned = await stored(client, table, { ...sealed, aws_dbe_head, aws_dbe_foot });
    await notOpened(items.decryptItem(crowned), 'KMS_INVALID_CIPHERTEXT');
  });

  test('cannot slip in an item in plaintext', async () => {
    const plain = await stored(client, table, original);
    await refused(items.decryptItem(plain), {});
    const migrating = encryptor({
      plaintextOverride: 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
    });
    same((await migrating.decryptItem(plain)).item, original);
  });

  test('can put back an old version: that is the table’s to prevent', async () => {
    const newer = (await items.encryptItem({ ...original, ssn: { S: 'newer' } })).item;
    await stored(client, table, newer);
    const found = await stored(client, table, sealed);
    same((await items.decryptItem(found)).item, original);
  });
});
