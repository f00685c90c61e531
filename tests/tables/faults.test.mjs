// Services that fail, half or wholly, and ones that lie.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { customKeyring } from '../../pkg/entrypoints/index.js';
import { startWorld } from './live.mjs';
import {
  ITEM,
  KEY,
  NEWEST as sdk,
  SDKS,
  TABLE,
  customers,
  encryptedClientOf,
  encryptor,
  refused,
  sealedAs,
  serviceError,
  tables,
  wire,
} from './support.mjs';

const sealed = async (N = '1', more = {}) =>
  wire((await encryptor().encryptItem({ ...ITEM, line: { N }, ...more })).item);
const on = { TableName: TABLE };

describe('services that are busy', () => {
  for (const [name, sdk] of SDKS) {
    test(`${name} SDK: throttling is waited for, with the same bytes`, async () => {
      const { client, sent } = encryptedClientOf(sdk, (operation, input, count) =>
        count < 3 ? serviceError('ProvisionedThroughputExceededException') : {},
      );
      await client.send(new sdk.PutItemCommand({ ...on, Item: ITEM }));
      assert.equal(sent.length, 3);
      assert.equal(new Set(sent.map(({ body }) => body)).size, 1);
    });
    test(`${name} SDK: throttling that does not end is the service’s error`, async () => {
      const { client, sent } = encryptedClientOf(
        sdk,
        () => serviceError('ProvisionedThroughputExceededException'),
        { maxAttempts: 2 },
      );
      await assert.rejects(client.send(new sdk.GetItemCommand({ ...on, Key: KEY })), {
        name: 'ProvisionedThroughputExceededException',
      });
      assert.equal(sent.length, 2);
    });
    test(`${name} SDK: a connection that breaks before a response is opened once`, async () => {
      const Item = await sealed();
      const reset = Object.assign(new Error('reset'), { name: 'TimeoutError', code: 'ECONNRESET' });
      const { client, sent } = encryptedClientOf(sdk, (operation, input, count) =>
        count < 2 ? reset : { Item },
      );
      const got = await client.send(new sdk.GetItemCommand({ ...on, Key: KEY }));
      assert.deepEqual(got.Item, ITEM);
      assert.equal(sent.length, 2);
    });
  }

  test('an application that sends unprocessed items again gets all of them stored', async () => {
    const stored = [];
    const { documents } = encryptedClientOf(sdk, (operation, { RequestItems }) => {
      const [first, ...rest] = RequestItems[TABLE];
      stored.push(first.PutRequest.Item);
      return rest.length ? { UnprocessedItems: { [TABLE]: rest } } : {};
    });
    const items = Array.from({ length: 5 }, (_, line) => ({ id: 'c-1', line, ssn: `s-${line}` }));
    let RequestItems = { [TABLE]: items.map((Item) => ({ PutRequest: { Item } })) };
    while (RequestItems?.[TABLE]) {
      const { UnprocessedItems } = await documents.send(
        new sdk.BatchWriteCommand({ RequestItems }),
      );
      RequestItems = UnprocessedItems;
    }
    for (const [line, item] of stored.entries())
      await sealedAs(item, {
        id: { S: 'c-1' },
        line: { N: String(line) },
        ssn: { S: `s-${line}` },
      });
    assert.equal(stored.length, 5);
  });

  test('a transaction that is cancelled without items has its reasons as they came', async () => {
    const CancellationReasons = [{ Code: 'TransactionConflict', Message: 'busy' }];
    const { client } = encryptedClientOf(sdk, () =>
      serviceError('TransactionCanceledException', { CancellationReasons }),
    );
    const TransactItems = [{ Put: { ...on, Item: ITEM } }];
    const error = await client
      .send(new sdk.TransactWriteItemsCommand({ TransactItems }))
      .catch((error) => error);
    assert.deepEqual(error.CancellationReasons, CancellationReasons);
  });
});

describe('services that lie', () => {
  const scan = (Items) => {
    const { client } = encryptedClientOf(sdk, () => ({ Items, Count: Items.length }));
    return client.send(new sdk.ScanCommand(on));
  };
  test('an item that is returned twice is opened twice', async () => {
    const item = await sealed();
    const { Items } = await scan([item, item]);
    assert.deepEqual(Items, [ITEM, ITEM]);
    assert.notEqual(Items[0], Items[1]);
  });
  for (const [what, change, code] of [
    ['drops a signed attribute', ({ city: _, ...item }) => item, 'SIGNED_ATTRIBUTES_CHANGED'],
    ['drops an encrypted one', ({ ssn: _, ...item }) => item, 'SIGNED_ATTRIBUTES_CHANGED'],
    ['adds an attribute', (item) => ({ ...item, extra: { S: 'x' } }), 'SIGNED_ATTRIBUTES_CHANGED'],
    ['changes a signed one', (item) => ({ ...item, city: { S: 'x' } }), 'SIGNATURE_MISMATCH'],
    ['changes a key', (item) => ({ ...item, line: { N: '2' } }), 'WRAPPED_KEY_MISMATCH'],
    ['drops the header', ({ aws_dbe_head: _, ...item }) => item, 'MALFORMED_HEADER'],
    ['drops the footer', ({ aws_dbe_foot: _, ...item }) => item, 'MALFORMED_FOOTER'],
    ['returns plaintext', () => wire(ITEM), 'PLAINTEXT_ITEM'],
    [
      'swaps two ciphertexts',
      (item) => ({ ...item, ssn: item.profile, profile: item.ssn }),
      undefined,
    ],
    ['returns a value of no type', (item) => ({ ...item, city: {} }), 'MALFORMED_ATTRIBUTE'],
  ]) {
    test(`one that ${what} is found out`, async () => {
      const error = await refused(scan([await sealed(), change(await sealed('1'))]), {
        code: 'ITEMS_FAILED',
        failed: 1,
      });
      assert.equal(error.errors[0].index, 1);
      if (code) assert.equal(error.rootCode, code);
    });
  }
  describe('another record than the one that was asked for', () => {
    const Item = { ...ITEM, city: { S: 'Bern' } };
    const Get = { ...on, Key: KEY };
    const failed = (Item) => serviceError('ConditionalCheckFailedException', { Item });
    for (const [what, send, answer, how] of [
      ['GetItem', [sdk.GetItemCommand, Get], (item) => ({ Item: item })],
      ['DeleteItem', [sdk.DeleteItemCommand, Get], (item) => ({ Attributes: item })],
      ['PutItem', [sdk.PutItemCommand, { ...on, Item }], (item) => ({ Attributes: item })],
      [
        'UpdateItem',
        [
          sdk.UpdateItemCommand,
          { ...Get, UpdateExpression: 'REMOVE #v', ExpressionAttributeNames: { '#v': ':views' } },
        ],
        (item) => ({ Attributes: item }),
      ],
      ['DeleteItem’s failure', [sdk.DeleteItemCommand, Get], failed],
      [
        'BatchGetItem',
        [sdk.BatchGetItemCommand, { RequestItems: { [TABLE]: { Keys: [KEY] } } }],
        (item) => ({ Responses: { [TABLE]: [item] } }),
        'rootCode',
      ],
      [
        'TransactGetItems',
        [sdk.TransactGetItemsCommand, { TransactItems: [{ Get }] }],
        (item) => ({ Responses: [{ Item: item }] }),
        'rootCode',
      ],
      [
        'TransactWriteItems’ failure',
        [sdk.TransactWriteItemsCommand, { TransactItems: [{ Put: { ...on, Item } }] }],
        (item) =>
          serviceError('TransactionCanceledException', {
            CancellationReasons: [{ Code: 'ConditionalCheckFailed', Item: item }],
          }),
        'rootCode',
      ],
    ]) {
      const [Command, input] = send;
      test(`${what}: refused; the one that was asked for is opened, however its number is written`, async () => {
        for (const line of ['2', '10', '-1']) {
          const other = await sealed(line);
          const { client } = encryptedClientOf(sdk, () => answer(other));
          const error = await client.send(new Command(input)).catch((reason) => reason);
          assert.equal(error[how ?? 'code'], 'RECORD_MISMATCH', error.message);
          assert.equal(error.table, TABLE);
          assert.ok(!JSON.stringify(error).includes('078-05'), 'nothing of it is given out');
        }
        for (const line of ['1', '1.0', '10e-1']) {
          const same = await sealed(line);
          const { client } = encryptedClientOf(sdk, () => answer(same));
          const outcome = await client.send(new Command(input)).catch((reason) => reason);
          assert.ok(!outcome.code, outcome.message);
          assert.ok(JSON.stringify(outcome).includes('078-05'));
        }
      });
    }
  });
  test('binary keys, strings and numbers are told apart', async () => {
    const bytes = { B: new Uint8Array([49]) };
    const values = [bytes, { B: new Uint8Array([49, 0]) }, { S: '1' }, { S: 'MQ==' }, { N: '1' }];
    for (const [i, id] of values.entries()) {
      const item = wire((await encryptor().encryptItem({ ...ITEM, id })).item);
      const { client } = encryptedClientOf(sdk, () => ({ Item: item }));
      for (const [j, asked] of values.entries()) {
        const Key = { ...KEY, id: asked };
        const getting = client.send(new sdk.GetItemCommand({ ...on, Key }));
        if (i === j) assert.deepEqual((await getting).Item.id, id);
        else await refused(getting, { code: 'RECORD_MISMATCH' });
      }
    }
  });
  test('zero is zero, however it is written', async () => {
    for (const stored of ['0', '0.0', '-0', '0e7']) {
      const item = await sealed(stored);
      const { client } = encryptedClientOf(sdk, () => ({ Item: item }));
      for (const N of ['0', '-0.00', '.0', '0e-3']) {
        const Key = { ...KEY, line: { N } };
        assert.ok((await client.send(new sdk.GetItemCommand({ ...on, Key }))).Item);
      }
      const Key = { ...KEY, line: { N: '1' } };
      const getting = client.send(new sdk.GetItemCommand({ ...on, Key }));
      await refused(getting, { code: 'RECORD_MISMATCH' });
    }
  });
  describe('more than was asked for, and other forms', () => {
    const Get = { ...on, Key: KEY };
    const OTHER = { ...KEY, id: { S: 'c-2' } };
    const answering = (answer) => encryptedClientOf(sdk, () => answer).client;
    const get = { TransactItems: [{ Get }] };
    const keys = { RequestItems: { [TABLE]: { Keys: [KEY] } } };
    const put = { TransactItems: [{ Put: { ...on, Item: ITEM } }] };
    const batch = { RequestItems: { [TABLE]: [{ PutRequest: { Item: ITEM } }] } };
    const ids = (expression, values, more = {}) => ({
      ...on,
      KeyConditionExpression: expression,
      ExpressionAttributeValues: values,
      ...more,
    });
    const mismatch = { name: 'AuthenticationError', code: 'RECORD_MISMATCH', table: TABLE };
    const malformed = { name: 'MalformedInputError', code: 'MALFORMED_DYNAMODB_RESPONSE' };

    test('TransactGetItems: an entry too many is not given to the caller', async () => {
      const Item = await sealed();
      for (const extra of [{ Item: wire(ITEM) }, { Item }, {}]) {
        const client = answering({ Responses: [{ Item }, extra] });
        await refused(client.send(new sdk.TransactGetItemsCommand(get)), malformed);
      }
    });
    test('TransactWriteItems: a reason too many is not given to the caller', async () => {
      const reason = { Code: 'ConditionalCheckFailed', Item: await sealed() };
      for (const extra of [reason, { Code: 'None', Item: wire(ITEM) }]) {
        const CancellationReasons = [reason, extra];
        const client = answering(
          serviceError('TransactionCanceledException', { CancellationReasons }),
        );
        await refused(client.send(new sdk.TransactWriteItemsCommand(put)), malformed);
      }
    });
    test('an item in an error of an operation that has none there is not given to the caller', async () => {
      const Item = await sealed();
      const failed = [{ Item }, { Item: wire(ITEM) }].map((more) =>
        serviceError('ConditionalCheckFailedException', more),
      );
      const cancelled = [{ Item }, { Item: wire(ITEM) }].map((reason) =>
        serviceError('TransactionCanceledException', { CancellationReasons: [reason] }),
      );
      const query = ids('id = :i', { ':i': KEY.id });
      const commands = [
        [new sdk.GetItemCommand(Get), [...failed, ...cancelled]],
        [new sdk.ScanCommand(on), [...failed, ...cancelled]],
        [new sdk.QueryCommand(query), [...failed, ...cancelled]],
        [new sdk.BatchGetItemCommand(keys), [...failed, ...cancelled]],
        [new sdk.BatchWriteItemCommand(batch), [...failed, ...cancelled]],
        [new sdk.TransactGetItemsCommand(get), [...failed, ...cancelled]],
        [new sdk.TransactWriteItemsCommand(put), failed],
        [new sdk.DeleteItemCommand(Get), cancelled],
        [new sdk.PutItemCommand({ ...on, Item: ITEM }), cancelled],
      ];
      for (const [command, answers] of commands) {
        for (const answer of answers)
          await refused(answering(answer).send(command), {
            ...malformed,
            message: /not asked for/,
          });
      }
      const reasons = [{ Code: 'TransactionConflict' }];
      const conflict = serviceError('TransactionCanceledException', {
        CancellationReasons: reasons,
      });
      const error = await answering(conflict)
        .send(new sdk.TransactGetItemsCommand(get))
        .catch((error) => error);
      assert.deepEqual(error.CancellationReasons, reasons);
    });
    test('BatchGetItem: keys that were not asked for are not put back as unprocessed', async () => {
      for (const key of [OTHER, { id: KEY.id }, {}, { ...KEY, line: { N: '2' } }]) {
        const UnprocessedKeys = { [TABLE]: { Keys: [KEY, key] } };
        const client = answering({ Responses: {}, UnprocessedKeys });
        await refused(client.send(new sdk.BatchGetItemCommand(keys)), mismatch);
      }
      const UnprocessedKeys = { [TABLE]: { Keys: [{ ...KEY, line: { N: '1.0' } }] } };
      const other = { other: { Keys: [OTHER] } };
      const client = answering({ UnprocessedKeys: { ...UnprocessedKeys, ...other } });
      const got = await client.send(new sdk.BatchGetItemCommand(keys));
      assert.deepEqual(got.UnprocessedKeys, { ...UnprocessedKeys, ...other });
    });
    test('BatchGetItem: of an encrypted table that was not asked, nothing is given', async () => {
      const given = { tables: { ...tables(), second: customers({ logicalTableName: 'second' }) } };
      const item = wire((await encryptor({ logicalTableName: 'second' }).encryptItem(ITEM)).item);
      const { client } = encryptedClientOf(sdk, () => ({ Responses: { second: [item] } }), {
        given,
      });
      const error = await refused(client.send(new sdk.BatchGetItemCommand(keys)), {});
      assert.equal(error.rootCode, 'RECORD_MISMATCH');
    });

    for (const [what, input, lines] of [
      ['another partition', ids('id = :i', { ':i': { S: 'c-2' } }), ['1']],
      [
        'another partition, by a placeholder',
        ids('#k = :i', { ':i': { S: 'c-2' } }, { ExpressionAttributeNames: { '#k': 'id' } }),
        ['1'],
      ],
      [
        'one of many',
        ids('id = :i AND line < :n', { ':i': KEY.id, ':n': { N: '10' } }),
        ['9', '10'],
      ],
      [
        'what is out of bounds, with a filter on what it lacks',
        ids(
          'id = :i AND line BETWEEN :a AND :b',
          { ':i': KEY.id, ':a': { N: '2' }, ':b': { N: '3e0' }, ':c': { S: 'x' } },
          { FilterExpression: 'city <> :c' },
        ),
        ['2', '4'],
      ],
      [
        'another key of an index',
        ids('city = :c', { ':c': { S: 'Basel' } }, { IndexName: 'by-city' }),
        ['1'],
      ],
      [
        'the beginning of another key of an index',
        ids(
          'id = :i AND begins_with(city, :c)',
          { ':i': KEY.id, ':c': { S: 'Bas' } },
          {
            IndexName: 'by-city',
          },
        ),
        ['1'],
      ],
    ]) {
      test(`Query: ${what} is not what was asked for`, async () => {
        const Items = await Promise.all(lines.map((N) => sealed(N)));
        const client = answering({ Items, Count: Items.length });
        await refused(client.send(new sdk.QueryCommand(input)), mismatch);
      });
    }
    test('Query: what was asked for, however it was asked', async () => {
      const Items = [await sealed()];
      const names = { ExpressionAttributeNames: { '#k': 'id', '#c': 'city', '#l': 'line' } };
      for (const input of [
        ids('id = :i', { ':i': KEY.id }),
        ids('(id = :i) AND (line >= :n)', { ':i': KEY.id, ':n': { N: '1.00' } }),
        ids(':i = id and line between :n AND :n', { ':i': KEY.id, ':n': { N: '1' } }),
        ids(
          '#k=:i AND #l=:n',
          { ':i': KEY.id, ':n': { N: '1' }, ':c': { S: 'x' } },
          { ...names, FilterExpression: 'NOT #c = :c' },
        ),
        ids('city = :c', { ':c': ITEM.city }, { IndexName: 'by-city' }),
      ]) {
        const got = await answering({ Items, Count: 1 }).send(new sdk.QueryCommand(input));
        assert.deepEqual(got.Items, [ITEM]);
      }
    });

    // The older SDK refuses these by itself.
    const FORMS = ['x', 5, true];
    // Of a structure with members of its own, the SDK makes an empty one of a list.
    const STRUCTURES = [
      'BatchGetItem: unprocessed keys',
      'TransactGetItems: a response',
      'BatchWriteItem: a request',
    ];
    for (const [what, command, output] of [
      ['GetItem: Item', new sdk.GetItemCommand(Get), (Item) => ({ Item })],
      ['DeleteItem: Attributes', new sdk.DeleteItemCommand(Get), (Attributes) => ({ Attributes })],
      [
        'UpdateItem: a part of Attributes',
        new sdk.UpdateItemCommand({
          ...Get,
          UpdateExpression: 'REMOVE #v',
          ExpressionAttributeNames: { '#v': ':views' },
          ReturnValues: 'UPDATED_OLD',
        }),
        (Attributes) => ({ Attributes }),
      ],
      ['Scan: an item', new sdk.ScanCommand(on), (item) => ({ Items: [item] })],
      [
        'Query of an index: an item',
        new sdk.QueryCommand(ids('id = :i', { ':i': KEY.id }, { IndexName: 'by-city' })),
        (item) => ({ Items: [item] }),
      ],
      [
        'BatchGetItem: an item',
        new sdk.BatchGetItemCommand(keys),
        (item) => ({ Responses: { [TABLE]: [item] } }),
      ],
      [
        'BatchGetItem: unprocessed keys',
        new sdk.BatchGetItemCommand(keys),
        (keys) => ({ UnprocessedKeys: { [TABLE]: keys } }),
      ],
      [
        'BatchGetItem: an unprocessed key',
        new sdk.BatchGetItemCommand(keys),
        (key) => ({ UnprocessedKeys: { [TABLE]: { Keys: [key] } } }),
      ],
      [
        'TransactGetItems: a response',
        new sdk.TransactGetItemsCommand(get),
        (response) => ({ Responses: [response] }),
      ],
      [
        'TransactGetItems: an item',
        new sdk.TransactGetItemsCommand(get),
        (Item) => ({ Responses: [{ Item }] }),
      ],
      [
        'BatchWriteItem: a request',
        new sdk.BatchWriteItemCommand(batch),
        (request) => ({ UnprocessedItems: { [TABLE]: [request] } }),
      ],
      [
        'a failed condition: Item',
        new sdk.DeleteItemCommand(Get),
        (Item) => serviceError('ConditionalCheckFailedException', { Item }),
      ],
    ]) {
      test(`${what} is a map, or the response is malformed`, async () => {
        const forms = STRUCTURES.includes(what) ? FORMS : [...FORMS, [], ['x']];
        for (const form of forms) await refused(answering(output(form)).send(command), malformed);
      });
    }
    for (const [what, output] of [
      ['GetItem', (Item) => ({ Item })],
      ['a failed condition', (Item) => serviceError('ConditionalCheckFailedException', { Item })],
    ]) {
      test(`${what} without an item is what it is`, async () => {
        for (const none of [null, undefined]) {
          const sending = answering(output(none)).send(new sdk.GetItemCommand(Get));
          const outcome = await sending.catch(({ name }) => ({ name }));
          assert.ok(outcome.name === 'ConditionalCheckFailedException' || !outcome.Item);
          assert.equal(outcome.code, undefined);
        }
      });
    }
    test('lists are lists, and without null', async () => {
      const send = (Command, input, answer) => answering(answer).send(new Command(input));
      const cancelled = (CancellationReasons) =>
        serviceError('TransactionCanceledException', { CancellationReasons });
      for (const sending of [
        send(sdk.ScanCommand, on, { Items: {} }),
        send(sdk.ScanCommand, { ...on, IndexName: 'by-city' }, { Items: [null] }),
        send(sdk.TransactGetItemsCommand, get, { Responses: [null] }),
        send(sdk.BatchGetItemCommand, keys, { Responses: { [TABLE]: {} } }),
        send(sdk.BatchGetItemCommand, keys, { Responses: { [TABLE]: [null] } }),
        send(sdk.BatchWriteItemCommand, batch, { UnprocessedItems: { [TABLE]: [null] } }),
        send(sdk.BatchWriteItemCommand, batch, { UnprocessedItems: { [TABLE]: 'x' } }),
        send(sdk.TransactWriteItemsCommand, put, cancelled([null])),
        send(sdk.TransactWriteItemsCommand, put, cancelled('x')),
      ])
        await refused(sending, malformed);
    });
  });
  test('each of many errors has its own place, though one cause made them all', async () => {
    const failing = customKeyring({
      providerId: 'test',
      onEncrypt: () => {
        throw new Error('no key');
      },
      onDecrypt: () => undefined,
    });
    const given = { tables: tables({ keyring: failing }) };
    const { client } = encryptedClientOf(sdk, () => ({}), { given });
    const puts = ['1', '2', '3'].map((N) => ({ PutRequest: { Item: { ...ITEM, line: { N } } } }));
    const sending = client.send(
      new sdk.BatchWriteItemCommand({
        RequestItems: { [TABLE]: [{ DeleteRequest: { Key: KEY } }, ...puts] },
      }),
    );
    const { errors } = await refused(sending, { failed: 3 });
    assert.deepEqual(
      errors.map(({ index, error }) => [index, error.itemIndex]),
      [1, 2, 3].map((i) => [i, i]),
    );
  });
  test('nothing of a response is given back when one item fails', async () => {
    const { documents } = encryptedClientOf(sdk, async () => ({
      Responses: { [TABLE]: [await sealed(), wire(ITEM)] },
    }));
    const RequestItems = { [TABLE]: { Keys: [{ id: 'c-1', line: 1 }] } };
    await refused(documents.send(new sdk.BatchGetCommand({ RequestItems })), {
      code: 'ITEMS_FAILED',
    });
  });
  test('an unsigned attribute may be changed by anybody, and that is what it is for', async () => {
    const { Items } = await scan([await sealed('1', { ':views': { N: '7' } })]);
    assert.deepEqual(Items[0][':views'], { N: '7' });
    const changed = { ...(await sealed()), ':views': { N: '8' }, ':new': { S: 'x' } };
    assert.deepEqual((await scan([changed])).Items[0][':views'], { N: '8' });
  });
});

describe('much at once', () => {
  let world;
  let made;
  before(async () => {
    world = await startWorld();
    made = await world.makeTable();
  });
  after(() => world?.close());

  test('100 items in one BatchGetItem, and a query of many pages of 1 MiB', async () => {
    const { documents } = world.encrypted(made.tables);
    const { TableName } = made;
    const items = Array.from({ length: 100 }, (_, line) => ({
      id: 'c-1',
      line,
      ssn: `${line}-${'x'.repeat(25_000)}`,
    }));
    for (let i = 0; i < 100; i += 25) {
      const puts = items.slice(i, i + 25).map((Item) => ({ PutRequest: { Item } }));
      await documents.send(new sdk.BatchWriteCommand({ RequestItems: { [TableName]: puts } }));
    }
    const Keys = items.map(({ id, line }) => ({ id, line }));
    const got = await documents.send(
      new sdk.BatchGetCommand({ RequestItems: { [TableName]: { Keys } } }),
    );
    const found = got.Responses[TableName].sort((a, b) => a.line - b.line);
    assert.deepEqual(found, items);
    const query = {
      TableName,
      KeyConditionExpression: 'id = :id',
      ExpressionAttributeValues: { ':id': 'c-1' },
    };
    const pages = [];
    for await (const { Items } of sdk.lib.paginateQuery({ client: documents }, query))
      pages.push(Items);
    assert.ok(pages.length > 2, `${pages.length} pages`);
    assert.deepEqual(pages.flat(), items);
  });
});
