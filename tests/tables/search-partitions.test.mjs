// Partitions on MiniStack: which one an item is in, queries of one and of all, and where they are cut off.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { FieldsealError, ItemEncryptor } from '../../pkg/entrypoints/index.js';
import {
  getNumberOfQueries,
  queryPartitions,
  standardBeacon,
} from '../../pkg/entrypoints/tables.js';
import { startWorld } from './live.mjs';
import { INDEXES, byId, createTable, people, texts, watch } from './search-support.mjs';
import { NEWEST, refused } from './support.mjs';

const { BatchWriteItemCommand, DeleteItemCommand, PutItemCommand, QueryCommand, ScanCommand } =
  NEWEST;

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.close());

const N = (number) => ({ N: String(number) });
const person = (i, more = {}) => ({
  id: { S: `p${String(i).padStart(2, '0')}` },
  country: { S: 'US' },
  joined: { S: `2020-01-${String((i * 7) % 31).padStart(2, '0')}` },
  ssn: { S: `ssn ${i}` },
  city: { S: 'Seattle' },
  ...more,
});
const numberOf = (item) => Number(item.id.S.slice(1));

/** Beacons of `city` in five partitions, or as many as are given, and of `ssn` in one. */
const partitioned =
  ({ length = 32, maximum = 5, selector = (item, count) => numberOf(item) % count } = {}) =>
  (usual) => ({
    ...usual,
    standardBeacons: [
      standardBeacon('city', { length }),
      standardBeacon('ssn', { length: 32, numberOfPartitions: 1 }),
    ],
    virtualFields: undefined,
    compoundBeacons: undefined,
    maximumNumberOfPartitions: maximum,
    partitionSelector: selector,
  });

async function startTable(how, indexes = INDEXES) {
  const { 'by-cohort': _, 'by-place': __, ...used } = indexes;
  const TableName = await createTable(world.plain, { indexes: used });
  const table = people({}, partitioned(how));
  const tables = { [TableName]: table };
  const { client } = world.encrypted(tables);
  const sent = watch(client);
  const ask = (Command, input) => client.send(new Command({ TableName, ...input }));
  const byCity = (city, more = {}) => ({
    TableName,
    IndexName: 'by-city',
    KeyConditionExpression: 'city = :c',
    ExpressionAttributeValues: texts({ c: city }),
    ...more,
  });
  return { TableName, table, tables, client, sent, ask, byCity };
}

async function fill({ TableName, client }, items) {
  for (let at = 0; at < items.length; at += 25) {
    const puts = items.slice(at, at + 25).map((Item) => ({ PutRequest: { Item } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }));
  }
}
async function collect(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}
const ids = (items) => items.map(({ id }) => id.S);

describe('a beacon in five partitions, and one in one', () => {
  const ITEMS = Array.from({ length: 23 }, (_, i) => person(i));
  const ELSEWHERE = [person(50, { city: { S: 'Salem' } }), person(51, { city: { S: 'Salem' } })];
  let all;
  before(async () => {
    all = await startTable();
    await fill(all, [...ITEMS, ...ELSEWHERE]);
  });
  const one = (partition, more) =>
    all.ask(QueryCommand, {
      ...all.byCity('Seattle'),
      ExpressionAttributeValues: { ...texts({ c: 'Seattle' }), ':aws_dbe_partition': partition },
      ...more,
    });

  test('Q22: equal values have a beacon for each partition, and one where there is one', async () => {
    const stored = await world.stored(all.TableName);
    const seattle = stored.filter((item) => numberOf(item) < 50);
    assert.equal(new Set(seattle.map((item) => item.aws_dbe_b_city.S)).size, 5);
    for (const item of seattle) {
      const [alike] = seattle.filter((other) => numberOf(other) === numberOf(item) % 5);
      assert.equal(item.aws_dbe_b_city.S, alike.aws_dbe_b_city.S);
    }
  });

  test('Q24: each query finds what is in its partition, and the number is not sent', async () => {
    for (let partition = 0; partition < 5; partition++) {
      const { Items } = await one(N(partition));
      assert.deepEqual(byId(Items), byId(ITEMS.filter((item) => numberOf(item) % 5 === partition)));
      const { ExpressionAttributeValues } = all.sent.at(-1).body;
      assert.deepEqual(Object.keys(ExpressionAttributeValues), [':c']);
    }
  });

  test('Q24: a query without it, with another one, and a scan with it are refused', async () => {
    const before = all.sent.length;
    const code = 'TABLE_REQUEST_REFUSED';
    await refused(all.ask(QueryCommand, all.byCity('Seattle')), {
      code,
      attribute: ':aws_dbe_partition',
      message: /5 partitions/,
    });
    for (const value of [N(5), N(-1), N('0.5'), { S: '1' }, N(255), N(256)])
      await refused(one(value), { code, attribute: ':aws_dbe_partition' });
    const bySsn = {
      IndexName: 'by-ssn',
      KeyConditionExpression: 'ssn = :s',
      ExpressionAttributeValues: { ...texts({ s: 'ssn 3' }), ':aws_dbe_partition': N(1) },
    };
    await refused(all.ask(QueryCommand, bySsn), { code, attribute: ':aws_dbe_partition' });
    const scan = {
      FilterExpression: 'city = :c',
      ExpressionAttributeValues: { ...texts({ c: 'Seattle' }), ':aws_dbe_partition': N(0) },
    };
    await refused(all.ask(ScanCommand, scan), { code, attribute: ':aws_dbe_partition' });
    assert.equal(all.sent.length, before, 'it was sent');
  });

  test('Q25: how many queries there are', () => {
    const { tables, TableName } = all;
    const count = (KeyConditionExpression, values = { v: 'x' }) =>
      getNumberOfQueries(tables, {
        TableName,
        KeyConditionExpression,
        ExpressionAttributeValues: texts(values),
      });
    assert.deepEqual(
      [
        count('city = :v'),
        count('ssn = :v'),
        count('ssn = :v AND city = :w', { v: 'x', w: 'y' }),
        count('id = :v'),
      ],
      [5, 1, 5, 1],
    );
  });

  test('Q26: a filter by a beacon of more partitions than the key', async () => {
    const query = {
      IndexName: 'by-ssn',
      KeyConditionExpression: 'ssn = :s',
      FilterExpression: 'city = :c',
      ExpressionAttributeValues: texts({ s: 'ssn 13', c: 'Seattle' }),
    };
    const { Items } = await all.ask(QueryCommand, query);
    assert.deepEqual(ids(Items), ['p13']);
    const { FilterExpression, ExpressionAttributeValues } = all.sent.at(-1).body;
    assert.equal(FilterExpression.match(/aws_dbe_b_city/g).length, 5);
    assert.equal(Object.keys(ExpressionAttributeValues).length, 6);
  });

  test('Q26: a scan is of all partitions', async () => {
    const scan = {
      FilterExpression: 'city = :c',
      ExpressionAttributeValues: texts({ c: 'Salem' }),
    };
    assert.deepEqual(byId((await all.ask(ScanCommand, scan)).Items), ['p50', 'p51']);
    const not = { ...scan, FilterExpression: 'NOT city = :c' };
    assert.equal((await all.ask(ScanCommand, not)).Count, ITEMS.length);
  });

  test('queryPartitions: all that is asked for', async () => {
    const found = await collect(queryPartitions(all.client, all.byCity('Seattle'), all.tables));
    assert.deepEqual(byId(found), byId(ITEMS));
    assert.deepEqual(
      found.find(({ id }) => id.S === 'p07'),
      ITEMS[7],
    );
    const none = queryPartitions(all.client, all.byCity('Nowhere'), all.tables);
    assert.deepEqual(await collect(none), []);
    assert.equal(none.cursor, undefined);
    // A client without the plugin does as well.
    const plain = queryPartitions(world.plain, all.byCity('Salem'), all.tables);
    assert.deepEqual(byId(await collect(plain)), ['p50', 'p51']);
  });

  const inOrder = (items) =>
    [...items].sort((a, b) => (a.joined.S < b.joined.S ? -1 : 1)).map(({ joined }) => joined.S);
  test('queryPartitions: in the order of the sort key, also backwards', async () => {
    const order = async (more, options) => {
      const input = all.byCity('Seattle', more);
      const given = { sortKeyName: 'joined', ...options };
      const found = await collect(queryPartitions(all.client, input, all.tables, given));
      return found.map(({ joined }) => joined.S);
    };
    assert.deepEqual(await order(), inOrder(ITEMS));
    assert.deepEqual(await order({ ScanIndexForward: false }), inOrder(ITEMS).reverse());
    for (const Limit of [1, 4, 22])
      assert.deepEqual(await order({ Limit }), inOrder(ITEMS).slice(0, Limit));
    const backwards = { Limit: 3, ScanIndexForward: false };
    assert.deepEqual(await order(backwards), inOrder(ITEMS).reverse().slice(0, 3));
  });

  for (const sortKeyName of [undefined, 'joined'])
    test(`queryPartitions: a cursor, sorted by ${sortKeyName}, goes on wherever it was`, async () => {
      for (let taken = 0; taken <= ITEMS.length; taken++) {
        const input = all.byCity('Seattle', { Limit: 2 });
        const found = [];
        let cursor;
        let rounds = 0;
        do {
          const { Limit: _, ...rest } = input;
          const items = queryPartitions(all.client, rounds === 0 ? rest : input, all.tables, {
            sortKeyName,
            cursor,
          });
          if (rounds === 0) {
            for (let i = 0; i < taken; i++) found.push((await items.next()).value);
          } else found.push(...(await collect(items)));
          ({ cursor } = items);
          await items.return();
          rounds++;
        } while (cursor !== undefined && rounds < 40);
        if (sortKeyName)
          assert.deepEqual(
            found.map(({ joined }) => joined.S),
            inOrder(ITEMS),
          );
        assert.deepEqual(byId(found), byId(ITEMS), `${taken} taken first`);
        // Each time all is read again: a few of them are enough.
        if (taken === 6) taken = ITEMS.length - 2;
      }
    });

  test('queryPartitions: a cursor loses nothing when the last item that was given is deleted', async () => {
    const items = Array.from({ length: 6 }, (_, i) => person(70 + i, { city: { S: 'Boise' } }));
    const add = (at) => all.ask(PutItemCommand, { Item: items[at] });
    for (const at of items.keys()) await add(at);
    const query = (more) =>
      queryPartitions(all.client, all.byCity('Boise'), all.tables, {
        sortKeyName: 'joined',
        ...more,
      });
    const order = ids(await collect(query()));
    const at = (id) => items.findIndex((item) => item.id.S === id);
    for (const gone of [0, 1, 2]) {
      const first = query();
      for (let i = 0; i < 3; i++) await first.next();
      const { cursor } = first;
      await first.return();
      await all.ask(DeleteItemCommand, { Key: { id: { S: order[gone] } } });
      assert.deepEqual(ids(await collect(query({ cursor }))), order.slice(3));
      await add(at(order[gone]));
    }
  });

  test('queryPartitions: cursors of others are refused', async () => {
    const items = queryPartitions(all.client, all.byCity('Seattle'), all.tables);
    await items.next();
    const { cursor } = items;
    await items.return();
    assert.equal(typeof cursor, 'string');
    const bySsn = {
      TableName: all.TableName,
      IndexName: 'by-ssn',
      KeyConditionExpression: 'ssn = :s',
      ExpressionAttributeValues: texts({ s: 'x' }),
    };
    const json = Buffer.from(cursor, 'base64').toString();
    const written = (change) =>
      Buffer.from(JSON.stringify(change(JSON.parse(json)))).toString('base64');
    const wrong = [
      [bySsn, cursor],
      [all.byCity('Seattle'), 'x'],
      [all.byCity('Seattle'), ''],
      [all.byCity('Seattle'), cursor.slice(0, -8)],
      [all.byCity('Seattle'), written((given) => ({ ...given, fieldseal: 2 }))],
      [
        all.byCity('Seattle'),
        written((given) => ({ ...given, partitions: [{ given: -1 }, 0, 0, 0, 0] })),
      ],
      [
        all.byCity('Seattle'),
        written((given) => ({ ...given, partitions: [{ start: '{' }, 0, 0, 0, 0] })),
      ],
      [all.byCity('Seattle'), written((given) => ({ ...given, partitions: [null, 0, 0, 0, 0] }))],
    ];
    for (const [input, of] of wrong) {
      const use = () => queryPartitions(all.client, input, all.tables, { cursor: of });
      await refused(use, { code: 'INVALID_ARGUMENT' });
    }
  });

  test('queryPartitions: inputs that it does not take are refused', async () => {
    const wrong = [
      { ExclusiveStartKey: { id: { S: 'x' } } },
      { Select: 'COUNT' },
      { Limit: 0 },
      { Limit: 1.5 },
      { TableName: 'other' },
      { TableName: undefined },
    ];
    for (const more of wrong) {
      const use = () => queryPartitions(all.client, all.byCity('Seattle', more), all.tables);
      await refused(use, { code: 'INVALID_ARGUMENT' });
    }
    const partition = {
      ExpressionAttributeValues: { ...texts({ c: 'x' }), ':aws_dbe_partition': N(0) },
    };
    const use = () => queryPartitions(all.client, all.byCity('Seattle', partition), all.tables);
    await refused(use, { code: 'INVALID_ARGUMENT', message: /:aws_dbe_partition/ });
    const options = [{ cursor: 1 }, { sortKeyName: 1 }, { limit: 1 }, { signal: 1 }];
    for (const given of options)
      await refused(() => queryPartitions(all.client, all.byCity('x'), all.tables, given), {
        code: 'INVALID_ARGUMENT',
      });
  });

  /** A client whose query of this beacon does something else. */
  function troubled(instead) {
    const client = world.client();
    let queries = 0;
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) =>
          commandName === 'QueryCommand' && (await instead(++queries, args)) ? {} : next(args),
      { step: 'initialize', name: 'troubled' },
    );
    return { client, queries: () => queries };
  }

  test('queryPartitions: the first error ends it', async () => {
    const { client, queries } = troubled((n) => {
      if (n === 2) throw Object.assign(new Error('throttled'), { name: 'Throttled' });
    });
    const items = queryPartitions(client, all.byCity('Seattle'), all.tables, {
      sortKeyName: 'joined',
    });
    await assert.rejects(collect(items), { name: 'Throttled' });
    assert.deepEqual(await items.next(), { done: true, value: undefined });
    assert.ok(queries() <= 5);
  });

  test('queryPartitions: an item that does not verify ends it', async () => {
    const { TableName } = all;
    const Item = person(60, { city: { S: 'Tampa' } });
    await all.ask(PutItemCommand, { Item });
    const [stored] = (await world.stored(TableName)).filter((item) => numberOf(item) === 60);
    await world.plain.send(
      new PutItemCommand({ TableName, Item: { ...stored, country: { S: 'XX' } } }),
    );
    const error = await refused(
      collect(queryPartitions(all.client, all.byCity('Tampa'), all.tables)),
      { code: 'ITEMS_FAILED', rootCode: 'SIGNATURE_MISMATCH' },
    );
    assert.equal(error.errors[0].error?.table ?? error.errors[0].table, TableName);
  });

  test('queryPartitions: a signal, before it begins and while it waits', async () => {
    const query = (client, signal) =>
      queryPartitions(client, all.byCity('Seattle'), all.tables, { signal });
    const reason = new Error('enough');
    const { client: unused, queries } = troubled(() => {});
    assert.throws(() => query(unused, AbortSignal.abort(reason)), reason);
    assert.equal(queries(), 0);
    const controller = new AbortController();
    const { client } = troubled(() => new Promise(() => {}));
    const waiting = query(client, controller.signal).next();
    setTimeout(() => controller.abort(reason), 50);
    const late = new Promise((_, reject) => {
      setTimeout(() => reject(new Error('it still waits')), 5000).unref();
    });
    await assert.rejects(Promise.race([waiting, late]), (error) =>
      [error, error.cause].includes(reason),
    );
  });

  test('queryPartitions: what is left alone sends nothing more', async () => {
    const { client, queries } = troubled(() => {});
    const items = queryPartitions(client, all.byCity('Seattle', { Limit: 1 }), all.tables);
    assert.ok((await items.next()).value);
    await items.return();
    const sent = queries();
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(queries(), sent);
  });
});

describe('partitions whose beacons are equal', () => {
  const ITEMS = Array.from({ length: 17 }, (_, i) =>
    person(i, { city: { S: i % 3 ? 'Seattle' : 'Salem' } }),
  );
  let all;
  before(async () => {
    all = await startTable({ length: 1 });
    await fill(all, ITEMS);
  });
  const wanted = byId(ITEMS.filter(({ city }) => city.S === 'Seattle'));

  for (const sortKeyName of [undefined, 'joined']) {
    test(`Q28: each item is given once, sorted by ${sortKeyName}`, async () => {
      const query = queryPartitions(all.client, all.byCity('Seattle'), all.tables, { sortKeyName });
      assert.deepEqual(byId(await collect(query)), wanted);
    });

    test(`Q28: and once where a cursor goes on, sorted by ${sortKeyName}`, async () => {
      for (let taken = 1; taken < wanted.length; taken++) {
        const given = { sortKeyName };
        const first = queryPartitions(all.client, all.byCity('Seattle'), all.tables, given);
        const found = [];
        for (let i = 0; i < taken; i++) found.push((await first.next()).value);
        const { cursor } = first;
        await first.return();
        const rest = { ...given, cursor };
        const second = queryPartitions(all.client, all.byCity('Seattle'), all.tables, rest);
        found.push(...(await collect(second)));
        assert.deepEqual(byId(found), wanted, `${taken} taken first`);
      }
    });
  }

  test('Q26, Q28: with a filter by another beacon, too', async () => {
    const filtered = all.byCity('Seattle', {
      FilterExpression: 'ssn IN (:a, :b)',
      ExpressionAttributeValues: texts({ c: 'Seattle', a: 'ssn 4', b: 'ssn 5' }),
    });
    const found = await collect(queryPartitions(all.client, filtered, all.tables));
    assert.deepEqual(byId(found), ['p04', 'p05']);
  });
});

describe('Q23: what the partition selector returns', () => {
  test('it is asked once for each item, with what it needs to know', async () => {
    const asked = [];
    const selector = (...given) => {
      asked.push(given);
      return 3;
    };
    const all = await startTable({ selector });
    await fill(all, [person(1), person(2)]);
    assert.deepEqual(asked, [
      [person(1), 5, all.table.logicalTableName],
      [person(2), 5, all.table.logicalTableName],
    ]);
  });

  const NONSENSE = [
    5,
    -1,
    0.5,
    NaN,
    Infinity,
    '1',
    null,
    undefined,
    {},
    1n,
    true,
    Promise.resolve(1),
  ];
  test('nonsense is refused, and what it throws is thrown, for the item that it is about', async () => {
    for (const value of NONSENSE) {
      const selector = (item) => (numberOf(item) === 1 ? value : 0);
      const encryptor = new ItemEncryptor(people({}, partitioned({ selector })));
      await refused(encryptor.encryptItem(person(1)), {
        code: 'INVALID_ARGUMENT',
        message: /partitionSelector/,
      });
      const outcomes = await encryptor.encryptItems([person(0), person(1), person(2)], {
        settle: true,
      });
      assert.deepEqual(
        outcomes.map(({ error }) => error?.code),
        [undefined, 'INVALID_ARGUMENT', undefined],
      );
      assert.ok(outcomes[2].item.aws_dbe_b_city);
    }
    const reason = new RangeError('no such shard');
    const encryptor = new ItemEncryptor(
      people(
        {},
        partitioned({
          selector: (item) => {
            if (numberOf(item) === 1) throw reason;
            return 2;
          },
        }),
      ),
    );
    const thrown = await encryptor.encryptItem(person(1)).catch((error) => error);
    assert.ok(thrown === reason || thrown.cause === reason, thrown.stack);
    const settled = await encryptor.encryptItems([person(0), person(1), person(2)], {
      settle: true,
    });
    assert.deepEqual(
      settled.map(({ error }) => error !== undefined),
      [false, true, false],
    );
    assert.ok([settled[1].error, settled[1].error.cause].includes(reason));
  });

  test('resealing cannot show it the items, and is refused', async () => {
    const table = people({}, partitioned({ selector: () => 1 }));
    const encryptor = new ItemEncryptor(table);
    const { item } = await encryptor.encryptItem(person(1));
    const wanted = { code: 'INVALID_CONFIG', message: /partitionSelector.*decryptItems/ };
    await refused(encryptor.resealItems([item]), wanted);
    await refused(encryptor.resealItems([item], { settle: true }), wanted);
    await refused(encryptor.resealAll([item]).next(), wanted);
    const search = { ...table.search, partitionSelector: undefined };
    const atRandom = new ItemEncryptor({ ...table, search });
    assert.equal((await atRandom.resealItems([item])).items.length, 1);
  });

  test('through the plugin nothing of the request is sent then', async () => {
    const selector = (item) => (numberOf(item) === 1 ? 9 : 0);
    const all = await startTable({ selector });
    await assert.rejects(fill(all, [person(0), person(1), person(2)]), (error) => {
      assert.ok(error instanceof FieldsealError, error.stack);
      assert.match(error.message, /partitionSelector returned 9/);
      return true;
    });
    assert.deepEqual(await world.stored(all.TableName), []);
    assert.equal(all.sent.length, 0);
  });

  test('without one, items are spread over all', async () => {
    const all = await startTable({ maximum: 3, selector: undefined });
    await fill(
      all,
      Array.from({ length: 60 }, (_, i) => person(i)),
    );
    const beacons = (await world.stored(all.TableName)).map((item) => item.aws_dbe_b_city.S);
    // One of three is missed once in 10^10 times.
    assert.equal(new Set(beacons).size, 3);
  });
});

test('queryPartitions: many partitions, without warnings of the host', async () => {
  const warnings = [];
  const warn = (warning) => warnings.push(warning);
  process.on('warning', warn);
  const all = await startTable({ maximum: 40 });
  await fill(
    all,
    Array.from({ length: 40 }, (_, i) => person(i)),
  );
  let [now, most] = [0, 0];
  const client = world.client();
  client.middlewareStack.add(
    (next) => async (args) => {
      most = Math.max(most, ++now);
      try {
        return await next(args);
      } finally {
        now--;
      }
    },
    { step: 'initialize', name: 'at-once' },
  );
  const found = await collect(queryPartitions(client, all.byCity('Seattle'), all.tables));
  assert.equal(new Set(ids(found)).size, 40);
  assert.ok(most > 1 && most <= 10, `${most} at once`);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', warn);
  assert.deepEqual(warnings, []);
});

test('Q26: a request over the limits of DynamoDB is refused before it is sent, and says why', async () => {
  const all = await startTable({ maximum: 254, selector: () => 253 });
  await fill(all, [person(0)]);
  const names = Array.from({ length: 20 }, (_, i) => `v${i}`);
  const scan = {
    FilterExpression: `city IN (${names.map((name) => `:${name}`).join()})`,
    ExpressionAttributeValues: texts(Object.fromEntries(names.map((name) => [name, name]))),
  };
  const before = all.sent.length;
  await refused(all.ask(ScanCommand, scan), {
    code: 'TABLE_REQUEST_REFUSED',
    message: /254 partitions/,
  });
  assert.equal(all.sent.length, before);
  const found = await collect(queryPartitions(all.client, all.byCity('Seattle'), all.tables));
  assert.deepEqual(ids(found), ['p00']);
});
