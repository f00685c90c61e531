// Applications on the libraries that people use: each passes on a plain table first, and then on an encrypted one with one
// line more.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { encryptedTables } from '../../pkg/entrypoints/tables.js';
import { shows, startWorld } from './live.mjs';
import { NEWEST, customers } from './support.mjs';

const LIBRARIES = [
  'client-dynamodb',
  'lib-dynamodb',
  'electrodb',
  'dynamodb-toolbox',
  'dynamoose',
  'dynamodb-onetable',
];

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.close());

async function makeTable() {
  const TableName = `app-${randomUUID()}`;
  await world.plain.send(
    new NEWEST.CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((name) => ({
        AttributeName: name,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  return TableName;
}

const sorted = (items) => [...items].sort((a, b) => (a.sk.S < b.sk.S ? -1 : 1));

for (const name of LIBRARIES) {
  describe(name, async () => {
    const { application, update, actions, aggregated } = await import(`./libraries/${name}.mjs`);
    const clientOf = (plugin) => {
      const Client = aggregated ? NEWEST.DynamoDB : NEWEST.DynamoDBClient;
      const client = new Client(world.settings);
      if (plugin) client.middlewareStack.use(plugin);
      return client;
    };
    const tableOf = (TableName) => ({
      [TableName]: customers({
        logicalTableName: `logical-${TableName}`,
        partitionKeyName: 'pk',
        sortKeyName: 'sk',
        attributeActions: { pk: 'SIGN_ONLY', sk: 'SIGN_ONLY', ...actions },
        allowedUnsignedAttributePrefix: undefined,
      }),
    });
    let expected;
    let TableName;
    let encrypted;

    let plain;
    test('on a plain table', async () => {
      plain = await makeTable();
      expected = await application(clientOf(), plain);
      assert.ok(expected.length >= 10);
      assert.notEqual(shows(await world.stored(plain), ['078-05-11', 'Lovelace']), undefined);
    });

    test('on an encrypted one', async () => {
      TableName = await makeTable();
      encrypted = { tables: tableOf(TableName) };
      const seen = await application(clientOf(encryptedTables(encrypted)), TableName);
      assert.deepEqual(seen, expected);
      const stored = await world.stored(TableName);
      assert.ok(stored.length > 2 && stored.every((item) => item.aws_dbe_foot));
      assert.equal(shows(stored, ['078-05-11', 'Lovelace']), undefined);
    });

    test('its update is refused with the reason', async () => {
      const before = await world.stored(TableName);
      const error = await update(clientOf(encryptedTables(encrypted)), TableName).catch(
        (error) => error,
      );
      // Libraries wrap errors.
      const refusal = [error, error.cause, error.context].find(
        (one) => one?.code === 'TABLE_REQUEST_REFUSED',
      );
      assert.ok(refusal, error.stack);
      assert.match(error.message, /signed|encrypted/);
      assert.deepEqual(await world.stored(TableName), before);
    });

    test('with `updates` it does what it does on a plain table', async () => {
      const client = clientOf(encryptedTables({ ...encrypted, updates: { client: world.plain } }));
      assert.deepEqual(await update(client, TableName), await update(clientOf(), plain));
      const reading = { updates: { client: world.plain }, ...encrypted };
      const { Items } = await clientOf(encryptedTables(reading)).send(
        new NEWEST.ScanCommand({ TableName }),
      );
      const stored = await world.stored(plain);
      const changed = (items) =>
        sorted(items).map(({ name, ssn, city, visits }) => [name, ssn, city, visits]);
      assert.deepEqual(changed(Items), changed(stored));
      assert.equal(
        shows(await world.stored(TableName), ['078-05-11', 'Lovelace', 'King']),
        undefined,
      );
    });
  });
}
