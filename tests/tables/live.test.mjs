// Every operation against MiniStack's DynamoDB, with both SDKs, as attribute values and as documents.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { encryptedTables } from '../../pkg/entrypoints/tables.js';
import { shows, startWorld } from './live.mjs';
import { ITEM, NEWEST, SDKS, refused } from './support.mjs';

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.close());

const SECRET = '078-05-1120';
const BY_CITY = {
  AttributeDefinitions: [{ AttributeName: 'city', AttributeType: 'S' }],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by-city',
      KeySchema: [{ AttributeName: 'city', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
    {
      IndexName: 'keys-by-city',
      KeySchema: [{ AttributeName: 'city', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
};

for (const [name, sdk] of SDKS) {
  const { lib } = sdk;
  describe(`${name} SDK`, () => {
    let TableName;
    let tables;
    let client;
    let documents;
    before(async () => {
      const made = await world.makeTable({}, BY_CITY);
      ({ TableName, tables } = made);
      ({ client, documents } = world.encrypted(tables, sdk));
    });
    const item = (N, more = {}) => ({ ...ITEM, line: { N: String(N) }, ...more });
    const key = (N) => ({ id: ITEM.id, line: { N: String(N) } });
    const document = (line, more = {}) => ({
      id: 'c-2',
      line,
      ssn: SECRET,
      profile: { note: 'private', tags: new Set(['a', 'b']) },
      city: 'Bern',
      ...more,
    });

    test('put, get, query, scan: attribute values', async () => {
      await client.send(new sdk.PutItemCommand({ TableName, Item: item(1) }));
      const { Item } = await client.send(
        new sdk.GetItemCommand({ TableName, Key: key(1), ConsistentRead: true }),
      );
      assert.deepEqual(Item, item(1));
      const query = {
        TableName,
        KeyConditionExpression: 'id = :id AND line >= :line',
        FilterExpression: 'city = :city',
        ExpressionAttributeValues: { ':id': ITEM.id, ':line': { N: '1' }, ':city': ITEM.city },
      };
      const page = await client.send(new sdk.QueryCommand(query));
      assert.deepEqual([page.Items, page.Count], [[item(1)], 1]);
      assert.deepEqual((await client.send(new sdk.ScanCommand({ TableName }))).Items, [item(1)]);
      assert.equal(shows(await world.stored(TableName), [SECRET, 'private']), undefined);
    });

    test('the same with documents, pages and an index', async () => {
      for (const line of [1, 2, 3])
        await documents.send(new sdk.PutCommand({ TableName, Item: document(line) }));
      const { Item } = await documents.send(
        new sdk.GetCommand({ TableName, Key: { id: 'c-2', line: 2 } }),
      );
      assert.deepEqual(Item, document(2));
      const found = [];
      const query = {
        TableName,
        Limit: 1,
        KeyConditionExpression: 'id = :id',
        ExpressionAttributeValues: { ':id': 'c-2' },
      };
      for await (const { Items } of lib.paginateQuery({ client: documents }, query))
        found.push(...Items);
      assert.deepEqual(found, [document(1), document(2), document(3)]);
      const byCity = {
        TableName,
        IndexName: 'by-city',
        KeyConditionExpression: 'city = :city',
        ExpressionAttributeValues: { ':city': 'Bern' },
      };
      assert.equal((await documents.send(new lib.QueryCommand(byCity))).Items.length, 4);
      // DynamoDB says that it has not all attributes. MiniStack gives what it has.
      const keys = { ...byCity, IndexName: 'keys-by-city' };
      await assert.rejects(
        documents.send(new lib.QueryCommand(keys)),
        /ALL_ATTRIBUTES|cannot be verified/,
      );
    });

    test('batches and transactions', async () => {
      const lines = Array.from({ length: 25 }, (_, i) => 100 + i);
      const puts = lines.map((line) => ({ PutRequest: { Item: item(line) } }));
      await client.send(new sdk.BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }));
      const got = await client.send(
        new sdk.BatchGetItemCommand({
          RequestItems: { [TableName]: { Keys: lines.map((line) => key(line)) } },
        }),
      );
      const byLine = (a, b) => Number(a.line.N) - Number(b.line.N);
      assert.deepEqual(
        got.Responses[TableName].sort(byLine),
        lines.map((line) => item(line)),
      );
      await documents.send(
        new sdk.TransactWriteCommand({
          TransactItems: [
            { Put: { TableName, Item: document(50) } },
            { Delete: { TableName, Key: { id: 'c-1', line: 100 } } },
            {
              Update: {
                TableName,
                Key: { id: 'c-1', line: 101 },
                UpdateExpression: 'ADD #v :one',
                ExpressionAttributeNames: { '#v': ':views' },
                ExpressionAttributeValues: { ':one': 1 },
              },
            },
            {
              ConditionCheck: {
                TableName,
                Key: { id: 'c-1', line: 102 },
                ConditionExpression: 'attribute_exists(ssn)',
              },
            },
          ],
        }),
      );
      const { Responses } = await documents.send(
        new sdk.TransactGetCommand({
          TransactItems: [50, 100].map((line, i) => ({
            Get: { TableName, Key: { id: i ? 'c-1' : 'c-2', line } },
          })),
        }),
      );
      assert.deepEqual(
        Responses.map(({ Item }) => Item),
        [document(50), undefined],
      );
      const counted = await client.send(new sdk.GetItemCommand({ TableName, Key: key(101) }));
      assert.deepEqual(counted.Item, item(101, { ':views': { N: '1' } }));
      assert.equal(shows(await world.stored(TableName), [SECRET, 'private']), undefined);
    });

    test('a transaction that is cancelled gives the item that stood in its way', async () => {
      const TransactItems = [
        {
          Put: {
            TableName,
            Item: item(110, { city: { S: 'Basel' } }),
            ConditionExpression: 'attribute_not_exists(id)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
      ];
      const error = await client
        .send(new sdk.TransactWriteItemsCommand({ TransactItems }))
        .catch((error) => error);
      assert.equal(error.name, 'TransactionCanceledException');
      assert.deepEqual(error.CancellationReasons[0].Item, item(110));
    });

    test('a transaction that the application repeats has other bytes', async () => {
      const command = () =>
        new sdk.TransactWriteItemsCommand({
          ClientRequestToken: `${name}-token`,
          TransactItems: [{ Put: { TableName, Item: item(60) } }],
        });
      await client.send(command());
      await assert.rejects(client.send(command()), {
        name: 'IdempotentParameterMismatchException',
      });
    });

    test('return values, and the item of a condition that failed', async () => {
      const put = { TableName, Item: item(70), ReturnValues: 'ALL_OLD' };
      assert.equal((await client.send(new sdk.PutItemCommand(put))).Attributes, undefined);
      assert.deepEqual((await client.send(new sdk.PutItemCommand(put))).Attributes, item(70));
      const update = {
        TableName,
        Key: { id: 'c-1', line: 70 },
        UpdateExpression: 'ADD #v :one',
        ExpressionAttributeNames: { '#v': ':views' },
        ExpressionAttributeValues: { ':one': 1 },
      };
      const views = async (ReturnValues) =>
        (await documents.send(new sdk.UpdateCommand({ ...update, ReturnValues }))).Attributes;
      assert.equal((await views('ALL_OLD')).ssn, SECRET);
      assert.equal((await views('ALL_NEW'))[':views'], 2);
      assert.deepEqual(await views('UPDATED_NEW'), { ':views': 3 });
      assert.deepEqual(await views('UPDATED_OLD'), { ':views': 3 });
      const error = await documents
        .send(
          new sdk.DeleteCommand({
            TableName,
            Key: { id: 'c-1', line: 70 },
            ConditionExpression: 'attribute_not_exists(ssn)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        )
        .catch((error) => error);
      assert.equal(error.name, 'ConditionalCheckFailedException');
      assert.deepEqual(error.Item, item(70, { ':views': { N: '4' } }));
      const remove = { TableName, Key: key(70), ReturnValues: 'ALL_OLD' };
      const { Attributes } = await client.send(new sdk.DeleteItemCommand(remove));
      assert.deepEqual(Attributes, item(70, { ':views': { N: '4' } }));
    });

    test('the aggregated client', async () => {
      const dynamodb = new sdk.DynamoDB(world.settings);
      dynamodb.middlewareStack.use(encryptedTables({ tables }));
      await dynamodb.putItem({ TableName, Item: item(80) });
      assert.deepEqual((await dynamodb.getItem({ TableName, Key: key(80) })).Item, item(80));
      dynamodb.destroy();
    });

    test('what an update did to a record by another client is found', async () => {
      await client.send(new sdk.PutItemCommand({ TableName, Item: item(90) }));
      await world.plain.send(
        new NEWEST.UpdateItemCommand({
          TableName,
          Key: key(90),
          UpdateExpression: 'SET city = :c',
          ExpressionAttributeValues: { ':c': { S: 'Basel' } },
        }),
      );
      await refused(client.send(new sdk.GetItemCommand({ TableName, Key: key(90) })), {
        code: 'SIGNATURE_MISMATCH',
        table: TableName,
      });
    });

    test('an item of 400 KB when it is sealed, and one that is larger', async () => {
      const big = (length) => item(95, { ssn: { S: 'x'.repeat(length) } });
      await client.send(new sdk.PutItemCommand({ TableName, Item: big(408_000) }));
      const { Item } = await client.send(new sdk.GetItemCommand({ TableName, Key: key(95) }));
      assert.deepEqual(Item, big(408_000));
      await refused(client.send(new sdk.PutItemCommand({ TableName, Item: big(409_500) })), {
        code: 'LIMIT_EXCEEDED',
      });
    });
  });
}
