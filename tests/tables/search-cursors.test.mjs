// Cursors of queries of all partitions, and how such a query ends: on a service that is a function, whose items come and go.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';

import { ItemEncryptor, staticKeyStore } from '../../pkg/entrypoints/index.js';
import {
  branchKeyIdFromItem,
  compoundBeacon,
  encryptedTables,
  queryPartitions,
  standardBeacon,
} from '../../pkg/entrypoints/tables.js';
import { branchKey, byId, people, texts } from './search-support.mjs';
import { NEWEST, clientOf, refused, wire } from './support.mjs';

const TableName = 'searched';
const BEACON = 'aws_dbe_b_city';
const INVALID = { code: 'INVALID_ARGUMENT' };

const person = (i, more = {}) => ({
  id: { S: `p${String(i).padStart(2, '0')}` },
  country: { S: 'US' },
  joined: { S: `2020-01-${String(((i * 7) % 30) + 1).padStart(2, '0')}` },
  ssn: { S: `ssn ${i}` },
  city: { S: 'Seattle' },
  ...more,
});
const ITEMS = Array.from({ length: 24 }, (_, i) => person(i));

const table = (search = {}, options = {}) =>
  people({ logicalTableName: 'people', ...options }, (usual) => ({
    ...usual,
    standardBeacons: [
      standardBeacon('city', { length: 32 }),
      standardBeacon('ssn', { length: 32 }),
    ],
    virtualFields: undefined,
    compoundBeacons: [
      compoundBeacon('cohort', { split: '|', signedParts: [{ name: 'joined', prefix: 'J+' }] }),
      compoundBeacon('place', {
        split: '.',
        signedParts: [{ name: 'country', prefix: 'N-' }],
        encryptedParts: [{ name: 'city', prefix: 'C-' }],
      }),
    ],
    maximumNumberOfPartitions: 3,
    partitionSelector: (item, count) => Number(item.id.S.slice(1)) % count,
    ...search,
  }));
const byCity = (city, more = {}) => ({
  TableName,
  IndexName: 'by-city',
  KeyConditionExpression: 'city = :c',
  ExpressionAttributeValues: texts({ c: city }),
  ...more,
});

/** A service that has these rows, and an index of `city` sorted by `joined`. */
function serve(rows, instead = () => undefined) {
  const place = ({ joined, id }) => `${joined.S} ${id.S}`;
  return clientOf(NEWEST, async (_, input, count) => {
    const other = await instead(count, input);
    if (other) return other;
    const { ExpressionAttributeValues, ExclusiveStartKey: start, Limit = Infinity } = input;
    const sign = input.ScanIndexForward === false ? -1 : 1;
    const order = (a, b) => sign * (place(a) < place(b) ? -1 : 1);
    const found = rows()
      .filter((row) => row[BEACON].S === ExpressionAttributeValues[':c'].S)
      .filter((row) => !start || (place(row) !== place(start) && order(row, start) > 0))
      .sort(order);
    const Items = found.slice(0, Limit);
    const last = Items.length < found.length ? Items.at(-1) : undefined;
    const LastEvaluatedKey = last && { id: last.id, joined: last.joined, [BEACON]: last[BEACON] };
    return { Items, Count: Items.length, LastEvaluatedKey };
  });
}

let sealed;
before(async () => {
  const results = await new ItemEncryptor(table()).encryptItems(ITEMS);
  sealed = results.map(({ item }) => wire(item));
});
const without = (gone) => sealed.filter(({ id }) => !gone.includes(id.S));

async function collect(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}
const ids = (items) => items.map(({ id }) => id.S);

/** Takes so many items, and the cursor then. */
async function take(
  count,
  { client = serve(() => sealed).client, input = byCity('Seattle'), of = table(), ...options } = {},
) {
  const query = queryPartitions(client, input, { [TableName]: of }, options);
  const items = [];
  for (let i = 0; i < count; i++) items.push((await query.next()).value);
  const { cursor } = query;
  await query.return();
  return { ids: ids(items), cursor };
}
const parse = (cursor) => JSON.parse(Buffer.from(cursor, 'base64').toString());
const write = (cursor) => Buffer.from(JSON.stringify(cursor)).toString('base64');

describe('a cursor is of its query', () => {
  const goOn = async (cursor, input = byCity('Seattle'), of = table()) => {
    const { client, sent } = serve(() => sealed);
    const run = async () =>
      collect(queryPartitions(client, input, { [TableName]: of }, { cursor }));
    return { run, sent };
  };

  test('and goes on with it, whatever its Limit is, and in which order its names are', async () => {
    const filter = {
      FilterExpression: '#a = :x AND #b = :y',
      ExpressionAttributeValues: { ...texts({ c: 'Seattle', x: 'US', y: 'US' }) },
    };
    const one = byCity('Seattle', {
      ...filter,
      ExpressionAttributeNames: { '#a': 'country', '#b': 'country' },
    });
    const other = byCity('Seattle', {
      ...filter,
      ExpressionAttributeNames: { '#b': 'country', '#a': 'country' },
    });
    const { ids: first, cursor } = await take(5, { input: one });
    const { run } = await goOn(cursor, { ...other, Limit: 30 });
    assert.deepEqual([...first, ...ids(await run())].sort(), byId(ITEMS));
  });

  const filtered = (FilterExpression, values) =>
    byCity('Seattle', {
      FilterExpression,
      ExpressionAttributeValues: texts({ c: 'Seattle', ...values }),
    });
  const OTHERS = {
    'another value': [byCity('Seattle'), byCity('Salem')],
    'another index': [byCity('Seattle'), byCity('Seattle', { IndexName: 'by-city-again' })],
    'the other direction': [byCity('Seattle'), byCity('Seattle', { ScanIndexForward: false })],
    'no filter': [filtered('country = :n', { n: 'US' }), byCity('Seattle')],
    'another value in the filter': [
      filtered('country = :n', { n: 'US' }),
      filtered('country = :n', { n: 'CA' }),
    ],
    'another beacon in the filter': [
      filtered('ssn IN (:a, :b)', { a: 'ssn 0', b: 'ssn 3' }),
      filtered('ssn IN (:a, :b)', { a: 'ssn 0', b: 'ssn 6' }),
    ],
    'another filter that is decided after opening': [
      filtered('NOT ssn = :n', { n: 'a' }),
      filtered('NOT ssn IN (:n)', { n: 'a' }),
    ],
    'another name behind a placeholder': [
      byCity('Seattle', {
        FilterExpression: 'attribute_exists(#n)',
        ExpressionAttributeNames: { '#n': 'country' },
      }),
      byCity('Seattle', {
        FilterExpression: 'attribute_exists(#n)',
        ExpressionAttributeNames: { '#n': 'joined' },
      }),
    ],
  };
  for (const [what, [from, to]] of Object.entries(OTHERS)) {
    test(`not of one with ${what}`, async () => {
      const { cursor } = await take(0, { input: from });
      // One that says nothing yet goes on with anything: from its beginning.
      await (await goOn(cursor, to)).run();
      const { client } = serve(() => sealed);
      const query = queryPartitions(client, from, { [TableName]: table() });
      await query.next();
      const { run, sent } = await goOn(query.cursor, to);
      assert.ok(query.cursor);
      await query.return();
      await refused(run(), INVALID);
      assert.equal(sent.length, 0, 'it was sent');
    });
  }

  test('not of one with other beacon keys, or with more partitions', async () => {
    const { cursor } = await take(2);
    const keyStore = staticKeyStore([branchKey('other')]);
    const keySource = { type: 'single', branchKeyId: 'other', cacheTtlSeconds: 600 };
    for (const search of [{ keyStore, keySource }, { maximumNumberOfPartitions: 4 }]) {
      const { run, sent } = await goOn(cursor, byCity('Seattle'), table(search));
      await refused(run(), INVALID);
      assert.equal(sent.length, 0, 'it was sent');
    }
  });

  test('also where a table is not searched', async () => {
    const plain = table(undefined, { search: undefined });
    const query = (country) => ({
      TableName,
      IndexName: 'by-country',
      KeyConditionExpression: 'country = :c',
      ExpressionAttributeValues: texts({ c: country }),
    });
    const items = await new ItemEncryptor(plain).encryptItems(ITEMS);
    const { client, sent } = clientOf(NEWEST, () => ({
      Items: items.map(({ item }) => wire(item)),
    }));
    const { cursor } = await take(3, { client, input: query('US'), of: plain });
    const rest = await take(1, { client, input: query('US'), of: plain, cursor });
    assert.deepEqual(rest.ids, ['p03']);
    const before = sent.length;
    await refused(take(1, { client, input: query('CA'), of: plain, cursor }), INVALID);
    assert.equal(sent.length, before, 'it was sent');
  });

  test('a host without WebCrypto neither writes nor checks what it is of', async () => {
    const { cursor: full } = await take(3);
    assert.match(parse(full).query, /^[\w+/]{16}$/);
    const usual = Object.getOwnPropertyDescriptor(globalThis, 'crypto');
    const { crypto } = globalThis;
    const value = {
      getRandomValues: (bytes) => crypto.getRandomValues(bytes),
      randomUUID: () => crypto.randomUUID(),
    };
    Object.defineProperty(globalThis, 'crypto', { ...usual, get: () => value });
    let bare;
    try {
      bare = (await take(3)).cursor;
      await (await goOn(full, byCity('Seattle'))).run();
    } finally {
      Object.defineProperty(globalThis, 'crypto', usual);
    }
    assert.equal(parse(bare).query, undefined);
    assert.equal((await (await goOn(bare)).run()).length, ITEMS.length - 3);
  });

  test('it has nothing of what is encrypted', async () => {
    for (const sortKeyName of [undefined, 'joined', 'cohort']) {
      const { cursor } = await take(7, { sortKeyName, input: byCity('Seattle', { Limit: 9 }) });
      const text = JSON.stringify(parse(cursor));
      assert.match(text, /p\d\d/);
      assert.doesNotMatch(text, /Seattle|ssn|city":\{"S":"S/);
    }
  });

  test('one that was changed is refused', async () => {
    const { cursor } = await take(4);
    const of = parse(cursor);
    const [first, ...rest] = of.partitions;
    assert.ok(first.given > 0 && first.last);
    const { last: _, ...nameless } = first;
    const changed = [
      { ...of, query: 1 },
      { ...of, query: null },
      { ...of, partitions: [{ ...first, limit: 0 }, ...rest] },
      { ...of, partitions: [{ ...first, limit: 1.5 }, ...rest] },
      { ...of, partitions: [{ ...first, limit: null }, ...rest] },
      { ...of, partitions: [{ ...first, given: '1' }, ...rest] },
      { ...of, partitions: [nameless, ...rest] },
      { ...of, partitions: [{ ...first, last: '[]' }, ...rest] },
      { ...of, partitions: [{ last: first.last }, ...rest] },
      { ...of, partitions: [{ limit: 5 }, ...rest] },
    ];
    for (const given of changed)
      await refused((async () => take(1, { cursor: write(given) }))(), INVALID);
    const other = { ...of, query: Buffer.alloc(12).toString('base64') };
    await refused(take(1, { cursor: write(other) }), INVALID);
  });

  test('a number of a million digits in one is compared at once', async () => {
    const { cursor } = await take(4, { sortKeyName: 'joined' });
    const of = parse(cursor);
    const N = `1${'0'.repeat(1e6)}1`;
    const last = JSON.stringify({ id: { N }, joined: { N } });
    const partitions = of.partitions.map((partition) => ({ ...partition, given: 1, last }));
    const given = { cursor: write({ ...of, partitions }), sortKeyName: 'joined' };
    assert.equal((await take(1, given)).ids.length, 1);
  });
});

describe('nothing is lost where a cursor goes on', () => {
  const one = { partitionSelector: () => 0, maximumNumberOfPartitions: undefined };
  for (const sortKeyName of [undefined, 'joined'])
    for (const gone of [1, 2, 3, 5])
      test(`${gone} items that were given last are deleted, sorted by ${sortKeyName}`, async () => {
        const all = {
          ids: ids(
            await collect(
              queryPartitions(
                serve(() => sealed).client,
                byCity('Seattle'),
                { [TableName]: table() },
                { sortKeyName },
              ),
            ),
          ),
        };
        for (const count of [5, 6, 17]) {
          const { ids: first, cursor } = await take(count, { sortKeyName });
          assert.deepEqual(first, all.ids.slice(0, count));
          const left = without(first.slice(-gone));
          const { client } = serve(() => left);
          const rest = ids(
            await collect(
              queryPartitions(
                client,
                byCity('Seattle'),
                { [TableName]: table() },
                { sortKeyName, cursor },
              ),
            ),
          );
          const wanted = all.ids.slice(count);
          if (sortKeyName) assert.deepEqual(rest, wanted);
          // Some may come again.
          else
            assert.deepEqual(
              wanted.filter((id) => !rest.includes(id)),
              [],
            );
          assert.equal(new Set(rest).size, rest.length);
        }
      });

  test('items with the sort key of the one that is gone come again', async () => {
    const same = [1, 2, 3, 4].map((i) => person(i, { joined: { S: '2020-01-05' } }));
    const results = await new ItemEncryptor(table(one)).encryptItems(same);
    const rows = results.map(({ item }) => wire(item));
    const given = { of: table(one), sortKeyName: 'joined' };
    const { cursor } = await take(2, { ...given, client: serve(() => rows).client });
    const { client } = serve(() => rows.filter(({ id }) => id.S !== 'p02'));
    assert.deepEqual((await take(3, { ...given, client, cursor })).ids, ['p01', 'p03', 'p04']);
  });

  test('a cursor without an order goes on in one, and the other way round', async () => {
    for (const [from, to] of [
      [undefined, 'joined'],
      ['joined', undefined],
    ]) {
      const { ids: first, cursor } = await take(8, { sortKeyName: from });
      const { client } = serve(() => without([first.at(-1)]));
      const rest = await collect(
        queryPartitions(
          client,
          byCity('Seattle'),
          { [TableName]: table() },
          { sortKeyName: to, cursor },
        ),
      );
      const missing = byId(ITEMS).filter((id) => !first.includes(id) && !ids(rest).includes(id));
      assert.deepEqual(missing, []);
    }
  });
});

describe('by what items can be sorted', () => {
  for (const sortKeyName of [
    'ssn',
    'city',
    'place',
    BEACON,
    'aws_dbe_b_place',
    'nothing',
    '',
    '__proto__',
  ])
    test(`not by '${sortKeyName}'`, async () => {
      const { client, sent } = serve(() => sealed);
      const use = () =>
        queryPartitions(client, byCity('Seattle'), { [TableName]: table() }, { sortKeyName });
      await refused(use, { ...INVALID, message: /sortKeyName/ });
      assert.equal(sent.length, 0);
    });

  test('by what is signed, a signed beacon, and what is neither', async () => {
    for (const sortKeyName of ['joined', 'cohort', ':views'])
      assert.equal((await take(2, { sortKeyName })).ids.length, 2);
  });
});

describe('how it ends', () => {
  const never = () => new Promise(() => {});

  test('who waits for the next item when it is ended is told that there is none', async () => {
    const { client } = serve(() => sealed, never);
    const query = queryPartitions(client, byCity('Seattle'), { [TableName]: table() });
    const waiting = [query.next(), query.next()];
    await new Promise((resolve) => setTimeout(resolve, 20));
    const done = { done: true, value: undefined };
    assert.deepEqual(await query.return(), done);
    assert.deepEqual(await Promise.all(waiting), [done, done]);
    assert.deepEqual(await query.next(), done);
  });

  test('before it began, too', async () => {
    const { client, sent } = serve(() => sealed);
    const query = queryPartitions(client, byCity('Seattle'), { [TableName]: table() });
    const waiting = query.next();
    await query.return();
    assert.equal((await waiting).done, true);
    assert.equal(sent.length, 0);
  });

  for (const thrown of [undefined, null, 'text', new TypeError('theirs')])
    test(`what a client throws comes as it is: ${thrown}`, async () => {
      const client = { send: () => Promise.reject(thrown) };
      const query = queryPartitions(client, byCity('Seattle'), { [TableName]: table() });
      const outcome = await query.next().then(
        () => assert.fail('it did not fail'),
        (error) => ({ error }),
      );
      assert.deepEqual(outcome, { error: thrown });
      assert.equal((await query.next()).done, true);
    });

  test('after an error its cursor goes on behind what was given', async () => {
    // The cursor is in the pages of all three partitions, of two items each; the next ones fail.
    const { ids: first, cursor } = await take(1, {
      input: byCity('Seattle', { Limit: 2 }),
      sortKeyName: 'joined',
    });
    const { client } = serve(
      () => sealed,
      (_, { ExclusiveStartKey }) =>
        ExclusiveStartKey && { status: 400, body: { __type: 'x#ValidationException' } },
    );
    const input = byCity('Seattle', { Limit: 3 });
    const given = { sortKeyName: 'joined', cursor };
    const query = queryPartitions(client, input, { [TableName]: table() }, given);
    const found = [];
    const run = async () => {
      for await (const { id } of query) found.push(id.S);
    };
    await assert.rejects(run(), { name: 'ValidationException' });
    assert.ok(found.length > 0);
    const rest = await take(ITEMS.length - 1 - found.length, { cursor: query.cursor });
    assert.deepEqual([...first, ...found, ...rest.ids].sort(), byId(ITEMS));
  });

  test('calls of next side by side have one item each', async () => {
    const { client } = serve(() => sealed);
    const query = queryPartitions(
      client,
      byCity('Seattle', { Limit: 10 }),
      { [TableName]: table() },
      { sortKeyName: 'joined' },
    );
    const found = await Promise.all(Array.from({ length: 12 }, () => query.next()));
    assert.deepEqual(
      found.map(({ done }) => done),
      [...Array(10).fill(false), true, true],
    );
    assert.equal(new Set(found.slice(0, 10).map(({ value }) => value.id.S)).size, 10);
  });

  test('a beacon key that is not there is the error of the table', async () => {
    const keyStore = staticKeyStore([branchKey('other')]);
    const { client } = serve(() => sealed);
    const query = queryPartitions(client, byCity('Seattle'), { [TableName]: table({ keyStore }) });
    const error = await query.next().catch((thrown) => thrown);
    assert.equal(error.table, TableName);
  });

  test('a response that is none is refused', async () => {
    const again = { id: { S: 'p00' } };
    for (const more of [
      { LastEvaluatedKey: again },
      { LastEvaluatedKey: 'x' },
      { LastEvaluatedKey: [1] },
      { Items: 'x' },
    ]) {
      const client = { send: () => Promise.resolve({ Items: [], ...more }) };
      const query = queryPartitions(client, byCity('Seattle'), { [TableName]: table() });
      await refused(query.next(), { code: 'MALFORMED_DYNAMODB_RESPONSE' });
    }
  });

  test('a client that returns nothing, and a parameter that cannot be read', async () => {
    for (const output of [undefined, null, 'output', 5]) {
      const client = { send: () => Promise.resolve(output) };
      const query = queryPartitions(client, byCity('Seattle'), { [TableName]: table() });
      await refused(query.next(), { code: 'MALFORMED_DYNAMODB_RESPONSE' });
    }
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const { client } = serve(() => sealed);
    const input = byCity('Seattle', { QueryFilter: proxy });
    const query = queryPartitions(client, input, { [TableName]: table() });
    await refused(query.next(), { code: 'TABLE_REQUEST_REFUSED', message: /QueryFilter/ });
  });

  test('what sends nothing is no client, and an index has a string for a name', async () => {
    const { client } = serve(() => sealed);
    for (const none of [undefined, null, {}, 'client', { send: 1 }])
      await refused(() => queryPartitions(none, byCity('x'), { [TableName]: table() }), INVALID);
    for (const IndexName of [5n, {}, Symbol('s'), 1])
      await refused(
        () => queryPartitions(client, byCity('x', { IndexName }), { [TableName]: table() }),
        INVALID,
      );
  });
});

test('branchKeyIdFromItem: a context that is none is refused', async () => {
  const supplier = branchKeyIdFromItem(() => assert.fail('it was asked'));
  for (const context of [undefined, null, 'text', [], {}, new Map()])
    await refused(() => supplier(context), INVALID);
});

test('tables are read once, all the way down', () => {
  const reads = { standardBeacons: 0, name: 0, attributeActions: 0, id: 0 };
  const counted = (object, name) => {
    const value = object[name];
    const get = () => (reads[name]++, value);
    return Object.defineProperty(object, name, { get, enumerable: true, configurable: true });
  };
  const given = table();
  counted(given.search, 'standardBeacons');
  counted(given.search.compoundBeacons[0], 'name');
  counted(given, 'attributeActions');
  counted(given.attributeActions, 'id');
  encryptedTables({ tables: { [TableName]: given } });
  // The getters of this test read it once each, too.
  assert.deepEqual(reads, { standardBeacons: 1, name: 1, attributeActions: 2, id: 1 });
});
