// AWS's published suite through the plugin on a server: items and queries of a table with and without the plugin come to the
// same, with beacons and without.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { FieldsealError } from '../../pkg/entrypoints/index.js';
import { normalValue, text } from '../interop/model.mjs';
import { getNumberOfQueries, queryPartitions } from '../../pkg/entrypoints/tables.js';
import {
  isPublished,
  plainItem,
  published,
  publishedKeys,
  publishedSearch,
} from '../support/published.mjs';
import { startWorld } from './live.mjs';
import { NEWEST as sdk, fromWire, refused, wire } from './support.mjs';

const {
  CreateTableCommand,
  DescribeTableCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} = sdk;
const LOGICAL = 'GazelleVectorTable';

let world;
let keys;
const ran = {};
const count = (what, n = 1) => (ran[what] = (ran[what] ?? 0) + n);

/** A table, empty: its partition key is `RecNum`, a number, or `PK`, a text. Indexes are named lists of keys. */
async function makeTable(partition, indexes = []) {
  const TableName = `published-${randomUUID()}`;
  const schema = (names) =>
    names.map((AttributeName, i) => ({ AttributeName, KeyType: i ? 'RANGE' : 'HASH' }));
  const keyNames = new Set(indexes.flatMap(([, ...names]) => names));
  const GlobalSecondaryIndexes = indexes.map(([IndexName, ...names]) => ({
    IndexName,
    KeySchema: schema(names),
    Projection: { ProjectionType: 'ALL' },
  }));
  await world.plain.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: partition, AttributeType: partition === 'PK' ? 'S' : 'N' },
        ...Array.from(keyNames, (AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      ],
      KeySchema: schema([partition]),
      ...(indexes.length > 0 ? { GlobalSecondaryIndexes } : {}),
    }),
  );
  // Some are being made for a moment.
  for (;;) {
    const { Table } = await world.plain.send(new DescribeTableCommand({ TableName }));
    const states = [Table, ...(Table.GlobalSecondaryIndexes ?? [])];
    if (states.every(({ TableStatus, IndexStatus = TableStatus }) => IndexStatus === 'ACTIVE'))
      return TableName;
    await sleep(20);
  }
}

/** What `encryptedTables` takes for one of the suite's configurations. */
function tablesFor(TableName, config, partitionSelector) {
  const {
    attributeActionsOnEncrypt: attributeActions,
    allowedUnsignedAttributes,
    algorithmSuiteId,
    partitionKeyName = 'RecNum',
  } = config;
  const algorithmSuite = algorithmSuiteId?.includes('ECDSA') === false ? '6700' : '6701';
  const table = { logicalTableName: LOGICAL, partitionKeyName, attributeActions, algorithmSuite };
  const search = publishedSearch(config, keys, partitionSelector);
  const { keyring } = keys;
  return { [TableName]: { ...table, allowedUnsignedAttributes, keyring, search } };
}

/** A client for a table under one of the suite's configurations. */
const clientFor = (TableName, config) => world.encrypted(tablesFor(TableName, config)).client;

/** Items in one text, whatever the forms of their numbers and the order of their sets. */
const same = (item) =>
  text(
    Object.fromEntries(
      Object.entries(wire(item)).map(([name, value]) => [name, normalValue(value)]),
    ),
  );
const sorted = (items) => items.map(same).sort();
const keyOf = (item) => {
  const name = item.PK === undefined ? 'RecNum' : 'PK';
  return { [name]: item[name] };
};

/** Puts records by one configuration, and reads each by another. */
async function roundTrip(name, records, writing, reading = writing) {
  const items = records.map((record) => fromWire(plainItem(record)));
  const TableName = await makeTable(writing.partitionKeyName ?? 'RecNum');
  const [writer, reader] = [clientFor(TableName, writing), clientFor(TableName, reading)];
  for (const Item of items) {
    await writer.send(new PutItemCommand({ TableName, Item }));
    const { Item: got } = await reader.send(new GetItemCommand({ TableName, Key: keyOf(Item) }));
    assert.equal(same(got), same(Item));
    count(name);
  }
  const { Items } = await reader.send(new ScanCommand({ TableName }));
  assert.deepEqual(sorted(Items), sorted(items));
  for (const stored of await world.stored(TableName)) {
    assert.ok(stored.aws_dbe_head?.B && stored.aws_dbe_foot?.B, 'it is not sealed');
    for (const [attribute, action] of Object.entries(writing.attributeActionsOnEncrypt))
      if (action === 'ENCRYPT_AND_SIGN' && stored[attribute]) assert.ok(stored[attribute].B);
  }
}

/**
 * Runs the suite on a server.
 *
 * @param {string} name
 * @param {() => Promise<object>} start - as `startWorld` takes it
 * @param {{of: RegExp, why: string, shows: (plain: object, TableName: string) => Promise<unknown>}[]} faults - titles of tests
 * that a fault of the server excludes, and the request that shows it: it must fail, on a table without encryption
 */
export function publishedSuite(name, start, faults = []) {
  const options = isPublished ? {} : { skip: 'the suite does not lie beside the checkout' };
  describe(`AWS's published suite on ${name}`, options, () => {
    if (!isPublished) return console.log(`left out: ${options.skip}`);
    before(async () => {
      world = await startWorld(start);
      keys = publishedKeys();
    });
    after(async () => {
      console.log(`published suite on ${name}: ${JSON.stringify(ran)}`);
      for (const [title, why] of excluded) console.log(`  excluded: ${title}: ${name} ${why}`);
      await world?.close();
    });
    const excluded = [];
    publishedTests((title, run) => {
      const fault = faults.find(({ of }) => of.test(title));
      if (!fault) return test(title, run);
      excluded.push([title, fault.why]);
      return test(title, { skip: fault.why }, run);
    });
    for (const { why, of, shows } of faults)
      test(`without the plugin, ${name} ${why}`, async () => {
        assert.ok(
          excluded.some(([title]) => of.test(title)),
          'it excludes nothing',
        );
        await assert.rejects(shows(world.plain, await makeTable('RecNum')));
      });
  });
}

/** Declares the tests by a function like `test`. */
function publishedTests(test) {
  const { RoundTripTest: permutations } = published('PermTest');
  const data = published('data');
  const { tableEncryptionConfigs: configs } = published('configs');
  const { Records: records } = published('records');
  const { DecryptTests, WriteTests, IoTests } = published('iotest');
  const large = published('large_records');

  for (const [file, { Records, Configs }] of Object.entries({
    PermTest: permutations,
    data: data.RoundTripTest,
  })) {
    for (const [name, config] of Object.entries(Configs))
      test(`${file}.json, ${name}: ${Records.length} records come back`, () =>
        roundTrip(`${file} round trips`, Records, config));
  }
  for (const [write, read] of data.IoPairs)
    test(`data.json: what configuration ${write} writes, ${read} reads`, () =>
      roundTrip('data pairs', records, configs[write], configs[read]));
  for (const [name, { WriteConfig, ReadConfig, Records, Queries = [], Values }] of Object.entries(
    IoTests,
  ))
    test(`iotest.json, ${name}`, async () => {
      await roundTrip('iotest pairs', Records, WriteConfig, ReadConfig);
      for (const query of Queries) await sameAsOnPlaintext(Records, WriteConfig, query, Values);
      count('iotest queries', Queries.length);
    });
  for (const [i, { Config, Records }] of WriteTests.entries())
    test(`iotest.json, write test ${i}`, () => roundTrip('iotest writes', Records, Config));
  for (const [i, { Config, EncryptedRecords, PlainTextRecords }] of DecryptTests.entries())
    test(`iotest.json, decrypt test ${i}: items that other libraries stored`, async () => {
      const TableName = await makeTable('RecNum');
      const client = clientFor(TableName, Config);
      for (const [j, record] of EncryptedRecords.entries()) {
        const Item = fromWire(record);
        await world.plain.send(new PutItemCommand({ TableName, Item }));
        const got = await client.send(new GetItemCommand({ TableName, Key: keyOf(Item) }));
        assert.equal(same(got.Item), same(fromWire(plainItem(PlainTextRecords[j]))));
        count('iotest decrypts');
      }
    });
  for (const [name, config] of Object.entries(large.largeEncryptionConfigs)) {
    if (config.search) continue; // Its tests are below.
    for (const [which, { Item }] of Object.entries(large.Large))
      test(`large_records.json, ${name}: ${which}`, () =>
        roundTrip('large records', [Item], config));
  }

  /** What a query comes to: its items, or the error's name. */
  async function outcome(client, TableName, { Key, Filter }, values = data.Values) {
    const names = (Key ?? Filter).match(/:\w+/g) ?? [];
    const used = names.map((name) => [name, values[name]]);
    const input = {
      TableName,
      ...(used.length > 0
        ? { ExpressionAttributeValues: fromWire(plainItem(Object.fromEntries(used))) }
        : {}),
      ...(Key ? { KeyConditionExpression: Key } : { FilterExpression: Filter }),
    };
    try {
      const command = Key ? new QueryCommand(input) : new ScanCommand(input);
      return sorted((await client.send(command)).Items);
    } catch (error) {
      return error instanceof FieldsealError ? error.code : error.name;
    }
  }

  /** Two tables of the same records, one of them encrypted. */
  async function twoTables(items, config) {
    const [plainTable, TableName] = [await makeTable('RecNum'), await makeTable('RecNum')];
    const client = clientFor(TableName, config);
    for (const record of items) {
      const Item = fromWire(plainItem(record));
      await world.plain.send(new PutItemCommand({ TableName: plainTable, Item }));
      await client.send(new PutItemCommand({ TableName, Item }));
    }
    return { plainTable, TableName, client };
  }

  async function sameAsOnPlaintext(items, config, query, values) {
    const { plainTable, TableName, client } = await twoTables(items, config);
    assert.deepEqual(
      await outcome(client, TableName, query, values),
      await outcome(world.plain, plainTable, query, values),
      JSON.stringify(query),
    );
  }

  for (const [name, config] of Object.entries(configs)) {
    const { attributeActionsOnEncrypt: actions, search } = config;
    if (!actions) continue; // A table without encryption.
    test(`queries of data.json under configuration ${name}`, async () => {
      const { plainTable, TableName, client } = await twoTables(records, config);
      for (const query of data.Queries) {
        const attributes = Object.keys(actions).filter((one) =>
          (query.Key ?? query.Filter).split(/\W/).includes(one),
        );
        const encrypted = attributes.some((one) => actions[one] === 'ENCRYPT_AND_SIGN');
        const got = await outcome(client, TableName, query);
        if (encrypted && !search) {
          assert.equal(got, 'TABLE_REQUEST_REFUSED', JSON.stringify(query));
          count('queries refused');
          continue;
        }
        assert.ok(!query.Fail?.includes(name), `${JSON.stringify(query)} was to be refused`);
        assert.deepEqual(got, await outcome(world.plain, plainTable, query), JSON.stringify(query));
        const what = typeof got === 'string' ? 'that the server refuses alike' : 'as on plaintext';
        count(`queries${encrypted ? ' by beacons' : ''} ${what}`);
      }
    });
  }

  for (const { Config: name, Queries } of data.Complex)
    test(`complex queries of data.json under configuration ${name}`, async () => {
      const { TableName, client } = await twoTables(records, configs[name]);
      for (const { Query: Filter, Pass = [], Fail = [] } of Queries) {
        const found = await outcome(client, TableName, { Filter });
        const has = (recNum) =>
          Array.isArray(found) && found.includes(same(fromWire(plainItem(records[recNum]))));
        for (const recNum of Pass) assert.ok(has(recNum), `${Filter} does not find ${recNum}`);
        for (const recNum of Fail) assert.ok(!has(recNum), `${Filter} finds ${recNum}`);
        count('complex queries');
      }
    });

  /** Records for partitions: each value of an attribute is in several of them. */
  const spread = Array.from({ length: 40 }, (_, i) => ({
    RecNum: { N: String(i) },
    ...Object.fromEntries(
      Array.from({ length: 8 }, (__, at) => [
        `Attr${at + 1}`,
        { S: `value${(i >> (at % 3)) % (at < 5 ? 2 : 3)}` },
      ]),
    ),
    PreferredPartition: { N: String(i) },
  }));
  const selector = (item, of) => Number(item.PreferredPartition.N) % of;

  /** The queries of an index of the suite, with the items that they have to find. */
  function queriesOf(indexKeys, { search }) {
    const { compoundBeacons = [] } = search.versions[0];
    const names = indexKeys.map((key) => key.slice('aws_dbe_b_'.length));
    const valueOf = (name, item) => {
      const beacon = compoundBeacons.find(({ Name }) => Name === name);
      if (!beacon) return item[name]?.S;
      const prefixes = new Map(
        [...beacon.Encrypted, ...beacon.Signed].map(({ Name, Prefix }) => [Name, Prefix]),
      );
      return beacon.Constructors[0]
        .map(({ Name }) => prefixes.get(Name) + item[Name].S)
        .join(beacon.Split);
    };
    // Of 128 partitions, each query is 128.
    const { maximumNumberOfPartitions = 1 } = search.versions[0];
    return spread.slice(0, maximumNumberOfPartitions > 5 ? 1 : 3).map((item) => {
      const wanted = names.map((name) => valueOf(name, item));
      return {
        KeyConditionExpression: names.map((name, i) => `${name} = :v${i}`).join(' AND '),
        ExpressionAttributeValues: Object.fromEntries(wanted.map((S, i) => [`:v${i}`, { S }])),
        items: spread.filter((other) =>
          names.every((name, i) => valueOf(name, other) === wanted[i]),
        ),
      };
    });
  }

  const searching = Object.entries(large.largeEncryptionConfigs).filter(([, { search }]) => search);
  const plainAt = Object.fromEntries(searching).partition_no_partitions;
  for (const [name, config] of searching) {
    const { maximumNumberOfPartitions: maximum = 1, compoundBeacons = [] } =
      config.search.versions[0];
    const known = new Set(compoundBeacons.map(({ Name }) => Name));
    const indexes = large.GSI.filter(([, ...names]) =>
      names.every((key) => /_Attr\d$/.test(key) || known.has(key.slice('aws_dbe_b_'.length))),
    );
    test(`large_records.json, ${name}: each partition is found, by ${indexes.length} indexes`, async () => {
      const TableName = await makeTable('RecNum', indexes);
      const tables = tablesFor(TableName, config, selector);
      const { client } = world.encrypted(tables);
      for (const Item of spread) await client.send(new PutItemCommand({ TableName, Item }));
      for (const [IndexName, ...keyNames] of indexes)
        for (const { items, ...query } of queriesOf(keyNames, config)) {
          const input = { TableName, IndexName, ...query };
          const found = [];
          for await (const item of queryPartitions(client, input, tables)) found.push(item);
          assert.deepEqual(sorted(found), sorted(items), JSON.stringify(query));
          const queries = getNumberOfQueries(tables, input);
          count('queries of all partitions');
          if (maximum > 5) continue;
          // Each by itself: together they find the same, and one more is refused.
          const each = [];
          for (let partition = 0; partition < queries; partition++) {
            const given = { ':aws_dbe_partition': { N: String(partition) } };
            const of = maximum === 1 ? {} : given;
            const { Items } = await client.send(
              new QueryCommand({
                ...input,
                ExpressionAttributeValues: { ...input.ExpressionAttributeValues, ...of },
              }),
            );
            each.push(...Items);
            count('queries of a partition');
          }
          assert.deepEqual(sorted(each), sorted(items), JSON.stringify(query));
          const over = { ':aws_dbe_partition': { N: String(queries) } };
          await refused(
            client.send(
              new QueryCommand({
                ...input,
                ExpressionAttributeValues: { ...input.ExpressionAttributeValues, ...over },
              }),
            ),
            { code: 'TABLE_REQUEST_REFUSED' },
          );
        }
    });
    test(`large_records.json, ${name}: what was written without partitions is found`, async () => {
      const attributes = indexes.filter(([, ...names]) =>
        names.every((key) => /_Attr\d$/.test(key)),
      );
      const TableName = await makeTable('RecNum', attributes);
      const { client: writer } = world.encrypted(tablesFor(TableName, plainAt));
      for (const Item of spread) await writer.send(new PutItemCommand({ TableName, Item }));
      const tables = tablesFor(TableName, config, selector);
      for (const [IndexName, ...keyNames] of attributes)
        for (const { items, ...query } of queriesOf(keyNames, config)) {
          const found = [];
          const input = { TableName, IndexName, ...query };
          for await (const item of queryPartitions(world.plain, input, tables)) found.push(item);
          assert.deepEqual(sorted(found), sorted(items), JSON.stringify(query));
          count('queries of records without partitions');
        }
    });
  }
}
