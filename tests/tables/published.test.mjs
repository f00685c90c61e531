// AWS's published suite through the plugin on MiniStack, as far as it needs no search: items and queries of a table with and
// without the plugin come to the same.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { FieldsealError } from '../../pkg/entrypoints/index.js';
import { normalValue, text } from '../interop/model.mjs';
import { isPublished, plainItem, published, publishedKeyring } from '../support/published.mjs';
import { startWorld } from './live.mjs';
import { NEWEST as sdk, fromWire, wire } from './support.mjs';

const { CreateTableCommand, GetItemCommand, PutItemCommand, QueryCommand, ScanCommand } = sdk;
const LOGICAL = 'GazelleVectorTable';

let world;
let keyring;
const ran = {};
const count = (what, n = 1) => (ran[what] = (ran[what] ?? 0) + n);

/** A table, empty: its partition key is `RecNum`, a number, or `PK`, a text. */
async function makeTable(partition) {
  const TableName = `published-${randomUUID()}`;
  await world.plain.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: partition, AttributeType: partition === 'PK' ? 'S' : 'N' },
      ],
      KeySchema: [{ AttributeName: partition, KeyType: 'HASH' }],
    }),
  );
  return TableName;
}

/** A client for a table under one of the suite's configurations, without what it searches by. */
function clientFor(TableName, config) {
  const {
    attributeActionsOnEncrypt: attributeActions,
    allowedUnsignedAttributes,
    algorithmSuiteId,
    partitionKeyName = 'RecNum',
  } = config;
  const algorithmSuite = algorithmSuiteId?.includes('ECDSA') === false ? '6700' : '6701';
  const table = { logicalTableName: LOGICAL, partitionKeyName, attributeActions, algorithmSuite };
  return world.encrypted({ [TableName]: { ...table, allowedUnsignedAttributes, keyring } }).client;
}

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

const options = isPublished ? {} : { skip: 'the suite does not lie beside the checkout' };
describe("AWS's published suite", options, () => {
  if (!isPublished) return console.log(`left out: ${options.skip}`);
  before(async () => {
    world = await startWorld();
    keyring = publishedKeyring();
  });
  after(async () => {
    console.log(`published suite: ${JSON.stringify(ran)}`);
    await world?.close();
  });
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
  for (const [name, { WriteConfig, ReadConfig, Records, Queries = [] }] of Object.entries(IoTests))
    test(`iotest.json, ${name}`, async () => {
      await roundTrip('iotest pairs', Records, WriteConfig, ReadConfig);
      count('iotest queries left out: they search', Queries.length);
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
    if (config.search) {
      count('large configurations left out: they search');
      continue;
    }
    for (const [which, { Item }] of Object.entries(large.Large))
      test(`large_records.json, ${name}: ${which}`, () =>
        roundTrip('large records', [Item], config));
  }

  /** What a query comes to: its items, or the error's name. */
  async function outcome(client, TableName, { Key, Filter }) {
    const names = (Key ?? Filter).match(/:\w+/g);
    const used = names.map((name) => [name, data.Values[name]]);
    const input = {
      TableName,
      ExpressionAttributeValues: fromWire(plainItem(Object.fromEntries(used))),
      ...(Key ? { KeyConditionExpression: Key } : { FilterExpression: Filter }),
    };
    try {
      const command = Key ? new QueryCommand(input) : new ScanCommand(input);
      return sorted((await client.send(command)).Items);
    } catch (error) {
      return error instanceof FieldsealError ? error.code : error.name;
    }
  }

  for (const [name, config] of Object.entries(configs)) {
    const { attributeActionsOnEncrypt: actions, search } = config;
    if (!actions) continue; // A table without encryption.
    test(`queries of data.json under configuration ${name}`, async () => {
      const [plainTable, TableName] = [await makeTable('RecNum'), await makeTable('RecNum')];
      const client = clientFor(TableName, config);
      for (const record of records) {
        const Item = fromWire(plainItem(record));
        await world.plain.send(new PutItemCommand({ TableName: plainTable, Item }));
        await client.send(new PutItemCommand({ TableName, Item }));
      }
      for (const query of data.Queries) {
        const attributes = Object.keys(actions).filter((one) =>
          (query.Key ?? query.Filter).split(/\W/).includes(one),
        );
        const encrypted = attributes.some((one) => actions[one] === 'ENCRYPT_AND_SIGN');
        if (encrypted && search) {
          count('queries left out: they search');
          continue;
        }
        const got = await outcome(client, TableName, query);
        if (encrypted) {
          assert.equal(got, 'TABLE_REQUEST_REFUSED', JSON.stringify(query));
          count('queries refused');
          continue;
        }
        assert.ok(!query.Fail?.includes(name), `${JSON.stringify(query)} was to be refused`);
        assert.deepEqual(got, await outcome(world.plain, plainTable, query), JSON.stringify(query));
        count(
          typeof got === 'string'
            ? 'queries that MiniStack refuses alike'
            : 'queries as on plaintext',
        );
      }
    });
  }
});
