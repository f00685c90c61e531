// The rules of an encrypted table (P1 to P22 of AWS's specification: `ddb-sdk-integration.md`, `ddb-support.md`), each with its
// id in the name of its tests. README.md has the table; `rules.mjs` writes it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as client from '@aws-sdk/client-dynamodb';
import { encryptedTables } from '../../pkg/entrypoints/tables.js';
import { operationOf } from '../../pkg/tables/operations/index.js';
import {
  ITEM,
  KEY,
  NEWEST as dynamodb,
  TABLE,
  clientOf,
  customers,
  encryptedClientOf,
  encryptor,
  keyring,
  refused,
  sealedAs,
  serviceError,
  tables,
  wire,
} from './support.mjs';

const { BatchWriteCommand, DynamoDBDocumentClient, PutCommand } = dynamodb;
const sealed = async (item = ITEM) => wire((await encryptor().encryptItem(item)).item);
const line = (N) => ({ ...ITEM, line: { N } });

/** What a command with this input sends and gets back; the service returns `output`. */
async function call(name, input, output = {}, options) {
  const world = encryptedClientOf(dynamodb, () => output, options);
  const result = await world.client.send(new dynamodb[`${name}Command`](input));
  return { result, sent: world.last() };
}

/** Asserts that a command is refused before anything is sent. */
async function refusedBefore(name, input, expected, options) {
  const { client, sent } = encryptedClientOf(dynamodb, () => ({}), options);
  const error = await refused(client.send(new dynamodb[`${name}Command`](input)), expected);
  assert.equal(sent.length, 0, 'a request was sent');
  return error;
}

const on = { TableName: TABLE };
const values = (more) => ({ ExpressionAttributeValues: more });
const REFUSED = { code: 'TABLE_REQUEST_REFUSED', table: TABLE };
const CONDITION = { ...REFUSED, attribute: 'ssn', message: /^ConditionExpression/ };
const FILTER = { ...REFUSED, attribute: 'ssn', message: /^(Filter|KeyCondition)Expression/ };
const PARTIAL = { ...REFUSED, message: /verified/ };
const LEGACY = { ...REFUSED, message: /legacy parameter/ };
const updated = (attribute) => ({ ...REFUSED, attribute, message: /^UpdateExpression/ });

describe('configuration', () => {
  test('P1: a table that is not configured passes unmodified', async () => {
    const { sent, result } = await call('PutItem', { TableName: 'other', Item: ITEM });
    assert.deepEqual(sent, { TableName: 'other', Item: wire(ITEM) });
    assert.ok(result.$metadata);
  });
  test('P1: logical and physical names are one to one', () =>
    refused(() => encryptedTables({ tables: { a: customers(), b: customers() } }), {
      code: 'INVALID_CONFIG',
      message: /same logicalTableName/,
    }));
});

describe('PutItem', () => {
  const put = { ...on, Item: ITEM };
  test('P2: the item is sealed, everything else is as it was', async () => {
    const input = {
      ...put,
      ConditionExpression: 'attribute_not_exists(id)',
      ReturnConsumedCapacity: 'TOTAL',
    };
    const { Item, ...rest } = (await call('PutItem', input)).sent;
    await sealedAs(Item, ITEM);
    const { Item: _, ...expected } = input;
    assert.deepEqual(rest, expected);
  });
  test('P2: legacy parameters are refused', async () => {
    const Expected = { city: { Exists: false } };
    await refusedBefore('PutItem', { ...put, Expected }, LEGACY);
    await refusedBefore('PutItem', { ...put, Expected, ConditionalOperator: 'AND' }, LEGACY);
  });
  test('P2: a condition on an encrypted attribute is refused', () =>
    refusedBefore(
      'PutItem',
      { ...put, ConditionExpression: 'ssn = :s', ...values({ ':s': { S: 'x' } }) },
      CONDITION,
    ));
  test('P2: what cannot be sealed is not sent', async () => {
    await refusedBefore(
      'PutItem',
      { ...put, Item: { ...ITEM, other: { S: 'x' } } },
      { code: 'ATTRIBUTE_WITHOUT_ACTION', attribute: 'other', table: TABLE },
    );
    const { line: _, ...noLine } = ITEM;
    await refusedBefore(
      'PutItem',
      { ...put, Item: noLine },
      { code: 'ATTRIBUTE_MISSING', attribute: 'line', table: TABLE },
    );
    await refusedBefore('PutItem', on, { code: 'INVALID_ARGUMENT', table: TABLE });
  });
  test('P2: an item that is too large when it is sealed is refused', async () => {
    const S = 'x'.repeat(409_400 - 100);
    await refusedBefore(
      'PutItem',
      { ...put, Item: { ...ITEM, ssn: { S } } },
      { code: 'LIMIT_EXCEEDED', message: /409,600/, table: TABLE },
    );
    const { sent } = await call('PutItem', { ...put, Item: { ...ITEM, ssn: { S: S.slice(600) } } });
    assert.ok(sent.Item.aws_dbe_head);
    // In characters of three bytes.
    const wide = { ...ITEM, city: { S: '€'.repeat(136_500) } };
    await refusedBefore('PutItem', { ...put, Item: wide }, { code: 'LIMIT_EXCEEDED' });
    wide.city = { S: '€'.repeat(136_000) };
    await call('PutItem', { ...put, Item: wide });
  });
  test('P2: keys that are too long are refused', async () => {
    for (const [Item, attribute] of [
      [{ ...ITEM, id: { S: 'x'.repeat(2049) } }, 'id'],
      [{ ...ITEM, id: { S: '€'.repeat(683) } }, 'id'],
      [{ ...ITEM, line: { B: new Uint8Array(1025) } }, 'line'],
    ]) {
      await refusedBefore('PutItem', { ...put, Item }, { code: 'LIMIT_EXCEEDED', attribute });
      const Key = { id: Item.id, line: Item.line };
      await refusedBefore('GetItem', { ...on, Key }, { code: 'LIMIT_EXCEEDED', attribute });
      const RequestItems = { [TABLE]: [{ DeleteRequest: { Key } }] };
      await refusedBefore(
        'BatchWriteItem',
        { RequestItems },
        { code: 'LIMIT_EXCEEDED', attribute },
      );
    }
    await call('PutItem', { ...put, Item: { ...ITEM, id: { S: 'x'.repeat(2048) } } });
  });
  test('P2: a number that is too long for a key is refused at once', async () => {
    const Key = { id: ITEM.id, line: { N: `1${'0'.repeat(1e6)}1` } };
    const tooLong = { code: 'LIMIT_EXCEEDED', attribute: 'line' };
    await refusedBefore('GetItem', { ...on, Key }, tooLong);
  });
  test('P10: ALL_OLD is opened', async () => {
    const old = { ...ITEM, city: { S: 'Basel' } };
    const Attributes = await sealed(old);
    const { result } = await call('PutItem', { ...put, ReturnValues: 'ALL_OLD' }, { Attributes });
    assert.deepEqual(result.Attributes, old);
  });
  test('P10: without old item there is nothing to open', async () => {
    const { result } = await call('PutItem', { ...put, ReturnValues: 'ALL_OLD' });
    assert.equal(result.Attributes, undefined);
  });
  test('P17: an item with attributes of the format is refused', async () => {
    const reserved = { code: 'RESERVED_NAME', attribute: 'aws_dbe_head', table: TABLE };
    const Item = { ...ITEM, aws_dbe_head: { S: 'x' } };
    await refusedBefore('PutItem', { ...on, Item }, reserved);
    // Whatever the encryptor is told.
    for (const options of [
      { dropReservedAttributes: true },
      { plaintextOverride: 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' },
    ]) {
      const given = { given: { tables: tables(options) } };
      await refusedBefore('PutItem', { ...on, Item }, reserved, given);
    }
  });
});

describe('BatchWriteItem', () => {
  const batch = (...requests) => ({ RequestItems: { [TABLE]: requests } });
  const put = (Item) => ({ PutRequest: { Item } });

  test('P3: puts are sealed, deletes are untouched', async () => {
    const remove = { DeleteRequest: { Key: KEY } };
    const { sent } = await call('BatchWriteItem', batch(put(line('1')), remove, put(line('2'))));
    const [first, second, third] = sent.RequestItems[TABLE];
    await sealedAs(first.PutRequest.Item, line('1'));
    assert.deepEqual(second, remove);
    await sealedAs(third.PutRequest.Item, line('2'));
  });
  test('P3: one bad item, and nothing is sent', async () => {
    const { errors } = await refusedBefore(
      'BatchWriteItem',
      batch(put(line('1')), put({ ...line('2'), other: { S: 'x' } })),
      { code: 'ITEMS_FAILED', table: TABLE },
    );
    assert.deepEqual([errors[0].index, errors[0].key], [1, { id: ITEM.id, line: { N: '2' } }]);
  });
  test('P3, P17: an item with attributes of the format is refused', () =>
    refusedBefore('BatchWriteItem', batch(put({ ...ITEM, aws_dbe_foot: { S: 'x' } })), {
      code: 'RESERVED_NAME',
      attribute: 'aws_dbe_foot',
    }));
  test('P12: UnprocessedItems are the plaintext that went in', async () => {
    const { client, documents, sent } = encryptedClientOf(
      dynamodb,
      (operation, { RequestItems }) => ({
        UnprocessedItems: {
          // In another order, and one twice.
          [TABLE]: [...RequestItems[TABLE].slice(1).reverse(), RequestItems[TABLE][1]],
        },
      }),
    );
    const requests = [put(line('1')), put(line('2')), { DeleteRequest: { Key: KEY } }];
    const input = batch(...requests);
    const { UnprocessedItems } = await client.send(new dynamodb.BatchWriteItemCommand(input));
    assert.deepEqual(UnprocessedItems, batch(requests[2], requests[1], requests[1]).RequestItems);
    await client.send(new dynamodb.BatchWriteItemCommand({ RequestItems: UnprocessedItems }));
    await sealedAs(sent[1].input.RequestItems[TABLE][1].PutRequest.Item, line('2'));

    const native = { id: 'c-1', line: 1, ssn: '078-05-1120', city: 'Bern' };
    const again = await documents.send(
      new BatchWriteCommand(batch(put({ ...native, line: 2 }), put(native))),
    );
    assert.deepEqual(again.UnprocessedItems[TABLE][0], put(native));
  });
  test('P12: of tables that are not encrypted, they are as they came', async () => {
    const { client } = encryptedClientOf(dynamodb, (operation, { RequestItems }) => ({
      UnprocessedItems: RequestItems,
    }));
    const RequestItems = { [TABLE]: [put(ITEM)], other: [put(ITEM)] };
    const result = await client.send(new dynamodb.BatchWriteItemCommand({ RequestItems }));
    assert.deepEqual(result.UnprocessedItems, RequestItems);
  });
  test('P12: one that was not asked for is not believed', async () => {
    // Whatever it is: sent again, it would be sealed as one's own.
    const Key = { ...KEY, line: { N: '2' } };
    for (const entry of [
      put(await sealed(line('2'))),
      put(wire(line('2'))),
      put(wire({ ssn: ITEM.ssn })),
      { DeleteRequest: { Key } },
      {},
    ]) {
      const UnprocessedItems = { [TABLE]: [put(await sealed()), entry] };
      await refused(call('BatchWriteItem', batch(put(ITEM)), { UnprocessedItems }), {
        code: 'RECORD_MISMATCH',
        table: TABLE,
      });
    }
  });
  test('P12: what is put back is the request of the same key, whatever the service says beside that', async () => {
    const remove = { DeleteRequest: { Key: { ...KEY, line: { N: '2' } } } };
    const changed = { ...(await sealed()), line: { N: '1.0' }, city: { S: 'Basel' } };
    const UnprocessedItems = { [TABLE]: [put(wire(line('2'))), put(changed)] };
    const { result } = await call('BatchWriteItem', batch(put(ITEM), remove), { UnprocessedItems });
    assert.deepEqual(result.UnprocessedItems, { [TABLE]: [remove, put(ITEM)] });
  });
});

describe('TransactWriteItems', () => {
  const transact = (...TransactItems) => ({ TransactItems });
  const update = (UpdateExpression, more) => ({
    Update: { ...on, Key: KEY, UpdateExpression, ...values(more) },
  });

  test('P4: puts are sealed, updates of unsigned attributes, deletes and checks are untouched', async () => {
    const entries = [
      { Put: { ...on, Item: ITEM, ConditionExpression: 'attribute_not_exists(id)' } },
      update('ADD #v :one', { ':one': { N: '1' } }),
      { Delete: { ...on, Key: KEY } },
      { ConditionCheck: { ...on, Key: KEY, ConditionExpression: 'attribute_exists(ssn)' } },
      { Put: { TableName: 'other', Item: ITEM } },
    ];
    entries[1].Update.ExpressionAttributeNames = { '#v': ':views' };
    const { sent } = await call('TransactWriteItems', transact(...entries));
    const [{ Put }, ...rest] = sent.TransactItems;
    await sealedAs(Put.Item, ITEM);
    assert.deepEqual(rest, wire(entries.slice(1)));
  });
  test('P4: an entry that is none of the four fails', async () => {
    for (const entry of [{}, { Get: { ...on, Key: KEY } }, { Put: undefined }])
      await refusedBefore('TransactWriteItems', transact(entry), { code: 'INVALID_ARGUMENT' });
  });
  test('P4: an entry that is two of them fails', () =>
    refusedBefore(
      'TransactWriteItems',
      transact({ Put: { ...on, Item: ITEM }, Delete: { ...on, Key: KEY } }),
      { code: 'INVALID_ARGUMENT' },
    ));
  test('P4: conditions on encrypted attributes fail in each of the four', async () => {
    const condition = { ConditionExpression: 'ssn = :s', ...values({ ':s': { S: 'x' } }) };
    for (const entry of [
      { Put: { ...on, Item: ITEM, ...condition } },
      { Delete: { ...on, Key: KEY, ...condition } },
      { ConditionCheck: { ...on, Key: KEY, ...condition } },
      {
        Update: {
          ...on,
          Key: KEY,
          UpdateExpression: 'SET #v = :s',
          ExpressionAttributeNames: { '#v': ':views' },
          ...condition,
        },
      },
    ])
      await refusedBefore('TransactWriteItems', transact(entry), CONDITION);
  });
  test('P4: an update of a signed attribute fails', () =>
    refusedBefore(
      'TransactWriteItems',
      transact(update('SET city = :c', { ':c': { S: 'Basel' } })),
      updated('city'),
    ));
  test('P4: items in the reasons of a cancellation are opened', async () => {
    const stored = await sealed();
    const { client } = encryptedClientOf(dynamodb, () =>
      serviceError('TransactionCanceledException', {
        CancellationReasons: [
          { Code: 'ConditionalCheckFailed', Message: 'failed', Item: stored },
          { Code: 'None' },
          { Code: 'ConditionalCheckFailed', Item: wire(ITEM) },
        ],
      }),
    );
    const entries = [
      { Delete: { ...on, Key: KEY } },
      { Put: { ...on, Item: ITEM } },
      { Delete: { TableName: 'other', Key: KEY } },
    ];
    const error = await client
      .send(new dynamodb.TransactWriteItemsCommand(transact(...entries)))
      .catch((error) => error);
    assert.equal(error.name, 'TransactionCanceledException');
    assert.deepEqual(
      error.CancellationReasons.map(({ Code, Item }) => [Code, Item]),
      [
        ['ConditionalCheckFailed', ITEM],
        ['None', undefined],
        ['ConditionalCheckFailed', ITEM],
      ],
    );
  });
});

describe('UpdateItem', () => {
  const update = (UpdateExpression, more) => ({ ...on, Key: KEY, UpdateExpression, ...more });
  const views = { ExpressionAttributeNames: { '#v': ':views' } };

  test('P5: legacy parameters are refused', async () => {
    const AttributeUpdates = { ':views': { Action: 'ADD', Value: { N: '1' } } };
    await refusedBefore('UpdateItem', { ...on, Key: KEY, AttributeUpdates }, LEGACY);
    const Expected = { city: { Exists: false } };
    await refusedBefore('UpdateItem', { ...on, Key: KEY, Expected }, LEGACY);
  });
  test('P5: a condition on an encrypted attribute is refused', () =>
    refusedBefore(
      'UpdateItem',
      update('ADD #v :one', {
        ...views,
        ConditionExpression: 'ssn = :s',
        ...values({ ':one': { N: '1' }, ':s': { S: 'x' } }),
      }),
      CONDITION,
    ));
  test('P5: a condition that the record is sealed passes, for updates of unsigned attributes', async () => {
    const more = { ConditionExpression: 'attribute_exists(aws_dbe_head)' };
    const input = {
      ...update('ADD #v :one', { ...views, ...values({ ':one': { N: '1' } }) }),
      ...more,
    };
    assert.deepEqual((await call('UpdateItem', input)).sent, input);
  });
  test('P5: an update of an unsigned attribute passes', async () => {
    const input = update('ADD #v :one', { ...views, ...values({ ':one': { N: '1' } }) });
    assert.deepEqual((await call('UpdateItem', input)).sent, input);
  });
  test('P11: ALL_OLD and ALL_NEW are opened', async () => {
    const Attributes = await sealed();
    for (const ReturnValues of ['ALL_OLD', 'ALL_NEW']) {
      const input = update('REMOVE #v', { ...views, ReturnValues });
      const { result } = await call('UpdateItem', input, { Attributes });
      assert.deepEqual(result.Attributes, ITEM);
    }
  });
  test('P11: UPDATED_OLD and UPDATED_NEW pass without signed attributes, and fail with one', async () => {
    for (const ReturnValues of ['UPDATED_OLD', 'UPDATED_NEW']) {
      const input = update('REMOVE #v', { ...views, ReturnValues });
      const Attributes = { ':views': { N: '1' } };
      const { result } = await call('UpdateItem', input, { Attributes });
      assert.deepEqual(result.Attributes, Attributes);
      for (const name of ['city', 'ssn', 'unheard_of', 'aws_dbe_foot'])
        await refused(call('UpdateItem', input, { Attributes: { [name]: { S: 'x' } } }), {
          ...PARTIAL,
          attribute: name,
        });
    }
  });
  test('P19: no operand of an update may be signed', async () => {
    for (const [expression, attribute] of [
      ['SET ssn = :v', 'ssn'],
      ['SET city = :v', 'city'],
      ['SET #v = city', 'city'],
      ['SET #v = if_not_exists(ssn, :v)', 'ssn'],
      ['SET #v = #v + line', 'line'],
      ['REMOVE profile.note', 'profile'],
      ['ADD expires :v', 'expires'],
      ['DELETE city :v', 'city'],
      ['SET #v = :v REMOVE city', 'city'],
      ['SET unheard_of = :v', 'unheard_of'],
      ['REMOVE aws_dbe_foot', 'aws_dbe_foot'],
    ]) {
      const names = expression.includes('#v') ? views : {};
      const given = expression.includes(':v') ? values({ ':v': { N: '1' } }) : {};
      await refusedBefore('UpdateItem', update(expression, { ...names, ...given }), {
        ...REFUSED,
        attribute,
      });
    }
  });
});

describe('DeleteItem', () => {
  test('P6: legacy parameters are refused', () =>
    refusedBefore(
      'DeleteItem',
      { ...on, Key: KEY, Expected: { city: { Exists: false } } },
      LEGACY,
    ));
  test('P6: a condition on an encrypted attribute is refused, on a signed one it passes', async () => {
    const condition = { ConditionExpression: 'ssn = :s', ...values({ ':s': { S: 'x' } }) };
    await refusedBefore('DeleteItem', { ...on, Key: KEY, ...condition }, CONDITION);
    const input = { ...on, Key: KEY, ...condition, ConditionExpression: 'city = :s' };
    assert.deepEqual((await call('DeleteItem', input)).sent, input);
  });
  test('P10: ALL_OLD is opened', async () => {
    const Attributes = await sealed();
    const input = { ...on, Key: KEY, ReturnValues: 'ALL_OLD' };
    assert.deepEqual((await call('DeleteItem', input, { Attributes })).result.Attributes, ITEM);
  });
});

describe('Item of ConditionalCheckFailedException', () => {
  for (const [name, input] of [
    ['PutItem', { ...on, Item: ITEM, ConditionExpression: 'attribute_not_exists(id)' }],
    ['DeleteItem', { ...on, Key: KEY, ConditionExpression: 'attribute_not_exists(id)' }],
    ['UpdateItem', { ...on, Key: KEY, ConditionExpression: 'attribute_not_exists(id)' }],
  ]) {
    test(`P10: of ${name} it is opened, in the form that it has there`, async () => {
      const stored = await sealed();
      const failure = serviceError('ConditionalCheckFailedException', { Item: stored });
      const world = encryptedClientOf(dynamodb, () => failure);
      const error = await world.client
        .send(new dynamodb[`${name}Command`](input))
        .catch((error) => error);
      assert.equal(error.name, 'ConditionalCheckFailedException');
      assert.deepEqual(error.Item, ITEM);
    });
  }
  test('P10: for document clients these are attribute values, as without the plugin', async () => {
    const failure = serviceError('ConditionalCheckFailedException', { Item: await sealed() });
    const { documents } = encryptedClientOf(dynamodb, () => failure);
    const Item = { id: 'c-1', line: 1 };
    const put = documents.send(new PutCommand({ ...on, Item }));
    assert.deepEqual((await put.catch((error) => error)).Item, ITEM);
    const plain = clientOf(dynamodb, () =>
      serviceError('ConditionalCheckFailedException', { Item: wire(ITEM) }),
    );
    const without = DynamoDBDocumentClient.from(plain.client).send(new PutCommand({ ...on, Item }));
    assert.deepEqual((await without.catch((error) => error)).Item, ITEM);
  });
  test('P10: one that does not verify is not given', async () => {
    const stored = { ...(await sealed()), city: { S: 'Basel' } };
    const failure = serviceError('ConditionalCheckFailedException', { Item: stored });
    const { client } = encryptedClientOf(dynamodb, () => failure);
    await refused(client.send(new dynamodb.DeleteItemCommand({ ...on, Key: KEY })), {
      code: 'SIGNATURE_MISMATCH',
      table: TABLE,
    });
  });
});

describe('Query and Scan', () => {
  const query = {
    ...on,
    KeyConditionExpression: 'id = :id',
    ...values({ ':id': { S: 'c-1' } }),
  };
  test('P7: legacy parameters of Query are refused', async () => {
    const conditions = { id: { ComparisonOperator: 'EQ', AttributeValueList: [{ S: 'c-1' }] } };
    for (const more of [
      { AttributesToGet: ['id'] },
      { KeyConditions: conditions },
      { QueryFilter: conditions },
      { ConditionalOperator: 'AND' },
    ])
      await refusedBefore('Query', { ...on, ...more }, LEGACY);
  });
  test('P7: key conditions and filters on encrypted attributes are refused', async () => {
    const secret = values({ ':id': { S: 'c-1' }, ':s': { S: 'x' } });
    for (const expression of ['ssn = :s', 'contains(ssn, :s)', 'NOT attribute_exists(ssn)']) {
      const more = expression.includes(':s') ? secret : {};
      await refusedBefore('Query', { ...query, FilterExpression: expression, ...more }, FILTER);
    }
    await refusedBefore(
      'Query',
      { ...query, KeyConditionExpression: 'id = :id AND ssn = :s', ...secret },
      FILTER,
    );
  });
  test('P7: a query on keys, filtered by a signed attribute, passes', async () => {
    const input = {
      ...query,
      FilterExpression: 'city = :c',
      ...values({ ':id': ITEM.id, ':c': ITEM.city }),
    };
    assert.deepEqual((await call('Query', input)).sent, input);
  });
  test('P7: an index is asked for whole items', async () => {
    const input = { ...query, IndexName: 'by-city' };
    assert.equal((await call('Query', input)).sent.Select, 'ALL_ATTRIBUTES');
    for (const Select of ['COUNT', 'ALL_ATTRIBUTES'])
      assert.equal((await call('Query', { ...input, Select })).sent.Select, Select);
  });
  test('P8: legacy parameters and filters of Scan are refused alike', async () => {
    const conditions = { id: { ComparisonOperator: 'NOT_NULL' } };
    for (const more of [
      { AttributesToGet: ['id'] },
      { ScanFilter: conditions },
      { ConditionalOperator: 'AND' },
    ])
      await refusedBefore('Scan', { ...on, ...more }, LEGACY);
    const filter = { FilterExpression: 'ssn = :s', ...values({ ':s': { S: 'x' } }) };
    await refusedBefore('Scan', { ...on, ...filter }, FILTER);
  });
  test('P13: every item is opened; counts and LastEvaluatedKey stay', async () => {
    const Items = await Promise.all(['1', '2', '3'].map((N) => sealed(line(N))));
    const rest = { Count: 3, ScannedCount: 5, LastEvaluatedKey: KEY };
    for (const name of ['Query', 'Scan']) {
      const { result } = await call(name, name === 'Query' ? query : on, { Items, ...rest });
      const { Items: opened, $metadata: _, ...other } = result;
      assert.deepEqual(opened, [line('1'), line('2'), line('3')]);
      assert.deepEqual(other, rest);
    }
  });
  test('P13: a page without items, and a count', async () => {
    assert.deepEqual((await call('Scan', on, { Items: [], Count: 0 })).result.Items, []);
    const { result } = await call(
      'Scan',
      { ...on, Select: 'COUNT' },
      { Count: 7, ScannedCount: 7 },
    );
    assert.equal(result.Count, 7);
  });
  test('P13, P22: items that do not verify fail the call, all named', async () => {
    const Items = await Promise.all(['1', '2', '3'].map((N) => sealed(line(N))));
    Items[0].city = { S: 'Basel' };
    delete Items[2].aws_dbe_foot;
    const { errors } = await refused(call('Scan', on, { Items, Count: 3 }), {
      code: 'ITEMS_FAILED',
      failed: 2,
    });
    assert.deepEqual(
      errors.map(({ index, key, error }) => [index, key.line.N, error.code]),
      [
        [0, '1', 'SIGNATURE_MISMATCH'],
        [2, '3', 'MALFORMED_FOOTER'],
      ],
    );
  });
});

describe('reading', () => {
  test('P9: GetItem, BatchGetItem and TransactGetItems open what they get', async () => {
    const Item = await sealed();
    assert.deepEqual((await call('GetItem', { ...on, Key: KEY }, { Item })).result.Item, ITEM);
    const none = await call('GetItem', { ...on, Key: KEY });
    assert.equal(none.result.Item, undefined);

    const Keys = [KEY, { ...KEY, line: { N: '2' } }];
    const RequestItems = { [TABLE]: { Keys }, other: { Keys: [KEY] } };
    const Responses = { other: [wire(ITEM)], [TABLE]: [Item, await sealed(line('2'))] };
    const UnprocessedKeys = { [TABLE]: { Keys: [KEY] } };
    const batch = await call('BatchGetItem', { RequestItems }, { Responses, UnprocessedKeys });
    assert.deepEqual(batch.result.Responses, { other: [ITEM], [TABLE]: [ITEM, line('2')] });
    assert.deepEqual(batch.result.UnprocessedKeys, UnprocessedKeys);

    const get = (TableName) => ({ Get: { TableName, Key: KEY } });
    const TransactItems = [get(TABLE), get('other'), get(TABLE)];
    const responses = [{ Item }, { Item: wire(ITEM) }, {}];
    const { result } = await call('TransactGetItems', { TransactItems }, { Responses: responses });
    assert.deepEqual(result.Responses, [{ Item: ITEM }, { Item: ITEM }, {}]);
  });
  test('P9: any failure fails the call', async () => {
    const bad = { ...(await sealed()), city: { S: 'Basel' } };
    const mismatch = { code: 'SIGNATURE_MISMATCH', table: TABLE };
    await refused(call('GetItem', { ...on, Key: KEY }, { Item: bad }), mismatch);
    const RequestItems = { [TABLE]: { Keys: [KEY] } };
    const Responses = { [TABLE]: [await sealed(), bad] };
    const failed = { code: 'ITEMS_FAILED', rootCode: 'SIGNATURE_MISMATCH' };
    await refused(call('BatchGetItem', { RequestItems }, { Responses }), failed);
    const TransactItems = [{ Get: { ...on, Key: KEY } }];
    await refused(
      call('TransactGetItems', { TransactItems }, { Responses: [{ Item: bad }] }),
      failed,
    );
  });
  test('P9: a plaintext item is refused', async () => {
    await refused(call('GetItem', { ...on, Key: KEY }, { Item: wire(ITEM) }), {
      code: 'PLAINTEXT_ITEM',
    });
  });
  test('P9: a projection that leaves out what is signed is refused before it is sent', async () => {
    const some = { ProjectionExpression: 'id, line, ssn' };
    await refusedBefore('GetItem', { ...on, Key: KEY, ...some }, PARTIAL);
    await refusedBefore('GetItem', { ...on, Key: KEY, AttributesToGet: ['id'] }, LEGACY);
    await refusedBefore(
      'BatchGetItem',
      { RequestItems: { [TABLE]: { Keys: [KEY], ...some } } },
      PARTIAL,
    );
    const TransactItems = [{ Get: { ...on, Key: KEY, ...some } }];
    await refusedBefore('TransactGetItems', { TransactItems }, PARTIAL);
    await refusedBefore('Scan', { ...on, ...some }, PARTIAL);
  });
  test('P9: a projection of all that is signed passes', async () => {
    const all = {
      ProjectionExpression: 'id, line, ssn, profile, city, expires, aws_dbe_head, aws_dbe_foot',
    };
    const { ':views': _, ...signed } = ITEM;
    const { [':views']: __, ...Item } = await sealed();
    const { result } = await call('GetItem', { ...on, Key: KEY, ...all }, { Item });
    assert.deepEqual(result.Item, signed);
  });
  test('P21: attributes of the format are not given to the caller', async () => {
    const { result } = await call('GetItem', { ...on, Key: KEY }, { Item: await sealed() });
    assert.deepEqual(Object.keys(result.Item).sort(), Object.keys(ITEM).sort());
  });
  test('P22: errors of a batch are one error with all of them', async () => {
    const bad = async (N) => ({ ...(await sealed(line(N))), city: { S: 'Basel' } });
    const Items = await Promise.all(Array.from({ length: 30 }, (_, i) => bad(String(i))));
    const error = await refused(call('Scan', on, { Items, Count: 30 }), { failed: 30 });
    assert.equal(error.errors.length, 20);
    assert.ok(
      error.errors.every(({ index, key, error }) => key.line.N === String(index) && error.code),
    );
  });
});

describe('PartiQL', () => {
  const refusal = { ...REFUSED, message: /PartiQL/ };
  const naming = [
    `SELECT * FROM "${TABLE}" WHERE id = 'c-1'`,
    `select ssn from "${TABLE}"."by-city" where id = ?`,
    `INSERT INTO "${TABLE}" VALUE {'id': 'c-1'}`,
    `UPDATE "${TABLE}" SET ssn = 'x' WHERE id = 'c-1'`,
    `DELETE FROM "${TABLE}" WHERE id = 'c-1'`,
  ];
  test('P14: statements that name an encrypted table are refused', async () => {
    for (const Statement of naming) {
      await refusedBefore('ExecuteStatement', { Statement }, refusal);
      const Statements = [{ Statement: 'SELECT * FROM other' }, { Statement }];
      await refusedBefore('BatchExecuteStatement', { Statements }, refusal);
      await refusedBefore('ExecuteTransaction', { TransactStatements: Statements }, refusal);
    }
  });
  test('P14: statements on other tables pass', async () => {
    for (const Statement of [
      `SELECT * FROM other WHERE note = '${TABLE}'`,
      `INSERT INTO "${TABLE}-old" VALUE {'id': '"${TABLE}"'}`,
    ]) {
      assert.deepEqual((await call('ExecuteStatement', { Statement })).sent, { Statement });
      const Statements = [{ Statement }];
      assert.deepEqual((await call('BatchExecuteStatement', { Statements })).sent, { Statements });
    }
  });
  test('P14: a statement that cannot be read is refused', () =>
    refusedBefore('ExecuteStatement', { Statement: 'GIVE ME ALL' }, {}));
});

describe('every command', () => {
  const commands = Object.keys(client).filter((name) => /[a-z]Command$/.test(name));
  const ITEMS =
    /^(Batch(Get|Write)Item|(Get|Put|Update|Delete)Item|Transact(Get|Write)Items|Query|Scan)Command$/;
  const UNSERVED = /^(SearchVectors|StartBulkPutItems)Command$/;
  const PARTIQL = /^(Batch)?ExecuteStatementCommand$|^ExecuteTransactionCommand$/;

  test('P15: commands about tables pass unmodified', async () => {
    const passing = commands.filter((name) => operationOf(name) === 'pass');
    assert.ok(passing.length >= 40, `${passing.length}`);
    const { client, sent } = encryptedClientOf(dynamodb, () => ({}));
    const plain = clientOf(dynamodb, () => ({}));
    const input = { TableName: TABLE, Item: ITEM, GlobalTableName: TABLE, Statement: 'x' };
    for (const name of passing) {
      await client.send(new dynamodb[name](input));
      await plain.client.send(new dynamodb[name](input));
      const same = (body) => body.replace(/"ClientToken":"[^"]*"/, '');
      assert.equal(same(sent.at(-1).body), same(plain.sent.at(-1).body), name);
    }
  });
  test('P16: commands on items that cannot be served are refused, on other tables they pass', async () => {
    for (const name of commands.filter((name) => UNSERVED.test(name))) {
      const input = { IndexName: 'vectors', SearchVector: [{ N: '1' }], TopK: 1 };
      const command = name.replace('Command', '');
      await refusedBefore(command, { ...on, ...input }, REFUSED);
      await call(command, { TableName: 'other', ...input });
    }
  });
  test('P16: each command that the SDK exports has a class, and no other passes', async () => {
    for (const name of commands) {
      const ofItems = [ITEMS, PARTIQL, UNSERVED].some((kind) => kind.test(name));
      const expected = ofItems ? 'function' : 'string';
      assert.equal(typeof operationOf(name), expected, `${name}: which class is it of?`);
    }
    const { client, sent } = encryptedClientOf(dynamodb, () => ({}));
    class Unknown extends dynamodb.PutItemCommand {
      resolveMiddleware(stack, configuration, options) {
        const named = (next, context) => (args) => {
          context.commandName = 'PutItemsFasterCommand';
          return next(args);
        };
        const step = { step: 'initialize', name: 'rename', override: true };
        this.middlewareStack.add(named, step);
        return super.resolveMiddleware(stack, configuration, options);
      }
    }
    const put = client.send(new Unknown({ ...on, Item: ITEM }));
    await refused(put, { code: 'UNSUPPORTED', message: /PutItemsFaster/ });
    for (const name of ['toString', '__proto__', '']) assert.equal(operationOf(name), undefined);
    assert.equal(sent.length, 0);
  });
});

describe('expressions', () => {
  const remove = (ConditionExpression, more = {}) => ({
    ...on,
    Key: KEY,
    ConditionExpression,
    ...more,
  });
  const value = values({ ':s': { S: 'x' } });
  const NAMES = { '#s': 'ssn', '#p': 'profile' };

  test('P18: no operand of a condition may be encrypted', async () => {
    for (const expression of [
      'ssn = :s',
      ':s <> ssn',
      'ssn BETWEEN :s AND :s',
      'ssn IN (:s)',
      'begins_with(ssn, :s)',
      'contains(ssn, :s)',
      'attribute_type(ssn, :s)',
      'NOT (city = :s AND (city = :s OR ssn = :s))',
    ])
      await refusedBefore('DeleteItem', remove(expression, value), CONDITION);
  });
  test('P18: existence may be asked of encrypted attributes', async () => {
    for (const expression of ['attribute_exists(ssn)', 'attribute_not_exists(ssn)'])
      await call('DeleteItem', remove(expression));
  });
  test('P20: names are resolved, and paths are judged by their first attribute', async () => {
    const named = (path) => {
      const used = Object.entries(NAMES).filter(([name]) => path.includes(name));
      const names = used.length ? { ExpressionAttributeNames: Object.fromEntries(used) } : {};
      return remove(`${path} = :s`, { ...names, ...value });
    };
    await refusedBefore('DeleteItem', named('#s'), CONDITION);
    for (const path of ['#p.city', '#p.#s', 'profile[1].city', 'profile.city'])
      await refusedBefore('DeleteItem', named(path), { ...CONDITION, attribute: 'profile' });
    for (const path of ['city.ssn', 'city.#s']) await call('DeleteItem', named(path));
  });
  test('P20: an expression that cannot be read is refused', async () => {
    for (const expression of ['city =', 'city = :s)', '#x = :s'])
      await refusedBefore('DeleteItem', remove(expression, value), { table: TABLE });
  });
});

test('overrides: plaintext is read and written as configured', async () => {
  const options = (plaintextOverride) => ({ given: { tables: tables({ plaintextOverride }) } });
  const forced = options('FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ');
  const { sent } = await call('PutItem', { ...on, Item: ITEM }, {}, forced);
  assert.deepEqual(sent.Item, wire(ITEM));
  const reading = options('FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ');
  const { result } = await call('GetItem', { ...on, Key: KEY }, { Item: wire(ITEM) }, reading);
  assert.deepEqual(result.Item, ITEM);
});

test('a signature is required where the suite has one', async () => {
  const options = { algorithmSuite: undefined, keyring: keyring() };
  const { sent } = await call(
    'PutItem',
    { ...on, Item: ITEM },
    {},
    { given: { tables: tables(options) } },
  );
  await sealedAs(sent.Item, ITEM, options);
});
