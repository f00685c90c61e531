// Where the plugin sits, and what it does whatever the operation is.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';

import { unmarshall } from '@aws-sdk/util-dynamodb';
import { FieldsealError, customKeyring } from '../../pkg/entrypoints/index.js';
import { rawAesKeyring as rawAesKeyringOfItems } from '../../pkg/entrypoints/items.js';
import { ItemsError, encryptedTables, updateItem } from '../../pkg/entrypoints/tables.js';
import {
  ITEM,
  KEY,
  NEWEST,
  SDKS,
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

const plain = unmarshall(ITEM);
const sealed = async (item = ITEM, options) =>
  wire((await encryptor(options).encryptItem(item)).item);

for (const [name, sdk] of SDKS) {
  const { DynamoDBDocumentClient, GetCommand, GetItemCommand, PutCommand, PutItemCommand } = sdk;

  describe(`${name} SDK: places`, () => {
    const put = (client) => client.send(new PutItemCommand({ TableName: TABLE, Item: ITEM }));

    test('a client: sealed on the wire, opened for the caller', async () => {
      const stored = await sealed();
      const { client, last } = encryptedClientOf(sdk, () => ({ Item: stored }));
      await put(client);
      await sealedAs(last().Item, ITEM);
      const { Item } = await client.send(new GetItemCommand({ TableName: TABLE, Key: KEY }));
      assert.deepEqual(Item, ITEM);
    });

    for (const [how, use] of [
      ['before the document client is made', (client) => [client.middlewareStack, client]],
      ['after it was made', (client, documents) => [client.middlewareStack, documents]],
      [
        'on the document client itself',
        (client, documents) => [documents.middlewareStack, documents],
      ],
    ]) {
      test(`a document client, the plugin ${how}`, async () => {
        const stored = await sealed();
        const { client, last } = clientOf(sdk, () => ({ Item: stored, Attributes: stored }));
        const early = DynamoDBDocumentClient.from(client);
        const [stack, user] = use(client, early);
        stack.use(encryptedTables({ tables: tables() }));
        const documents = user === client ? DynamoDBDocumentClient.from(client) : user;
        const command = new PutCommand({ TableName: TABLE, Item: plain, ReturnValues: 'ALL_OLD' });
        const { Attributes } = await documents.send(command);
        assert.deepEqual(Attributes, plain);
        await sealedAs(last().Item, ITEM);
        const Key = { id: 'c-1', line: 1 };
        const { Item } = await documents.send(new GetCommand({ TableName: TABLE, Key }));
        assert.deepEqual(Item, plain);
      });
    }

    test('one command sent twice is sealed twice, and stays as it is', async () => {
      const { client, sent } = encryptedClientOf(sdk, () => ({}));
      const input = { TableName: TABLE, Item: structuredClone(ITEM) };
      const command = new PutItemCommand(input);
      await client.send(command);
      await client.send(command);
      assert.deepEqual(input, { TableName: TABLE, Item: ITEM });
      assert.equal(command.input, input);
      assert.notEqual(sent[0].body, sent[1].body);
      for (const { input } of sent) await sealedAs(input.Item, ITEM);
    });

    test('a second plugin on a client is refused, the first one stays', async () => {
      const { client, documents, last } = encryptedClientOf(sdk, () => ({}));
      for (const stack of [client.middlewareStack, documents.middlewareStack]) {
        assert.throws(() => stack.use(encryptedTables({ tables: { other: customers() } })), {
          name: 'UsageError',
          code: 'INVALID_CONFIG',
          message: /encrypted tables already/,
        });
      }
      await put(client);
      await sealedAs(last().Item, ITEM);
      await documents.send(new PutCommand({ TableName: TABLE, Item: plain }));
      await sealedAs(last().Item, ITEM);
    });

    test('one plugin on many clients', async () => {
      const plugin = encryptedTables({ tables: tables() });
      for (const { client, last } of [1, 2].map(() => clientOf(sdk, () => ({})))) {
        client.middlewareStack.use(plugin);
        await put(client);
        await sealedAs(last().Item, ITEM);
      }
    });

    test('native values on a plain client are refused, and nothing is sent', async () => {
      const { client, sent } = encryptedClientOf(sdk, () => ({}));
      for (const command of [
        new PutItemCommand({ TableName: TABLE, Item: plain }),
        new PutItemCommand({ TableName: TABLE, Item: { ...ITEM, ssn: '078-05-1120' } }),
        new GetItemCommand({ TableName: TABLE, Key: { id: 'c-1', line: 1 } }),
        new sdk.QueryCommand({
          TableName: TABLE,
          KeyConditionExpression: 'id = :id',
          ExpressionAttributeValues: { ':id': 'c-1' },
        }),
        new sdk.BatchWriteItemCommand({
          RequestItems: { [TABLE]: [{ PutRequest: { Item: plain } }] },
        }),
        new sdk.BatchWriteItemCommand({
          RequestItems: { [TABLE]: [{ DeleteRequest: { Key: { id: 'c-1', line: 1 } } }] },
        }),
        new sdk.BatchGetItemCommand({
          RequestItems: { [TABLE]: { Keys: [KEY, { id: 'c-1', line: 1 }] } },
        }),
      ]) {
        const error = await client.send(command).catch((error) => error);
        assert.ok(error instanceof FieldsealError, error.stack);
        assert.match(`${error.code} ${error.errors?.[0].error.code}`, /MALFORMED_ATTRIBUTE/);
        assert.match(error.next, /native values to a DynamoDBDocumentClient/);
        assert.ok(!error.message.includes('encryptDocument'), error.message);
      }
      assert.equal(sent.length, 0);
    });

    test('a middleware that takes the response is not believed', async () => {
      const { client } = encryptedClientOf(sdk, () => ({}));
      const output = { $metadata: {}, Item: ITEM };
      client.middlewareStack.add(() => async () => ({ output }), { step: 'build' });
      await refused(client.send(new GetItemCommand({ TableName: TABLE, Key: KEY })), {
        code: 'INTERNAL',
        message: /another middleware/,
      });
    });
  });

  describe(`${name} SDK: sending`, () => {
    test('what is sent again has the same bytes', async () => {
      const { client, sent } = encryptedClientOf(
        sdk,
        (operation, input, count) =>
          count < 3 ? serviceError('InternalServerError', {}, 500) : {},
        { maxAttempts: 4 },
      );
      await client.send(new PutItemCommand({ TableName: TABLE, Item: ITEM }));
      assert.equal(sent.length, 3);
      assert.equal(new Set(sent.map(({ body }) => body)).size, 1);
    });

    for (const [what, cause] of [
      ['ECONNRESET', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
      ['ThrottlingException', Object.assign(new Error('slow'), { name: 'ThrottlingException' })],
      [
        'a 503',
        Object.assign(new Error('busy'), { $metadata: { httpStatusCode: 503 }, $retryable: {} }),
      ],
    ]) {
      test(`an error of opening is not a reason to send again: ${what}`, async () => {
        const stored = await sealed();
        const failing = customKeyring({
          providerId: 'test',
          onEncrypt: () => {
            throw cause;
          },
          onDecrypt: () => {
            throw cause;
          },
        });
        const { client, documents, sent } = encryptedClientOf(sdk, () => ({ Attributes: stored }), {
          given: { tables: tables({ keyring: failing }) },
        });
        const input = { TableName: TABLE, Key: KEY, ReturnValues: 'ALL_OLD' };
        await refused(client.send(new sdk.DeleteItemCommand(input)), {
          code: 'NO_KEYRING_OPENED',
          table: TABLE,
        });
        assert.equal(sent.length, 1);
        const Key = { id: 'c-1', line: 1 };
        await refused(documents.send(new sdk.DeleteCommand({ ...input, Key })), {
          code: 'NO_KEYRING_OPENED',
        });
        assert.equal(sent.length, 2);
        // An error of sealing: nothing is sent at all.
        await refused(client.send(new PutItemCommand({ TableName: TABLE, Item: ITEM })), {
          code: 'KEYRING_CANNOT',
        });
        assert.equal(sent.length, 2);
      });
    }

    test('errors of the service are the service’s', async () => {
      const { client } = encryptedClientOf(sdk, () =>
        serviceError('ResourceNotFoundException', { message: 'no such table' }),
      );
      const put = client.send(new PutItemCommand({ TableName: TABLE, Item: ITEM }));
      await assert.rejects(put, { name: 'ResourceNotFoundException' });
    });

    test('a signal that aborts ends the call', async () => {
      let asked = 0;
      const waiting = customKeyring({
        providerId: 'test',
        onEncrypt: () => {
          asked++;
          return new Promise(() => {});
        },
        onDecrypt: () => new Promise(() => {}),
      });
      const { client, sent } = encryptedClientOf(sdk, () => ({}), {
        given: { tables: tables({ keyring: waiting }) },
      });
      const controller = new AbortController();
      const put = client.send(new PutItemCommand({ TableName: TABLE, Item: ITEM }), {
        abortSignal: controller.signal,
      });
      setTimeout(() => controller.abort(), 50);
      // Older SDKs do not tell middlewares of the signal: there the keyring has its ten seconds.
      const names = name === 'newest' ? /AbortError/ : /AbortError|UsageError/;
      await assert.rejects(put, (error) => names.test(error.name));
      assert.equal(asked, 1);
      assert.equal(sent.length, 0);
    });

    test('a signal that the SDK takes is taken, and one that has aborted is the SDK’s to refuse', async () => {
      const stored = await sealed();
      const older = { aborted: false, onabort: null };
      const put = () => new PutItemCommand({ TableName: TABLE, Item: ITEM });
      const get = (TableName) => new GetItemCommand({ TableName, Key: KEY });
      const { client, sent } = encryptedClientOf(sdk, () => ({ Item: stored }));
      await client.send(put(), { abortSignal: older });
      const { Item } = await client.send(get(TABLE), { abortSignal: older });
      assert.deepEqual(Item, ITEM);
      assert.equal(sent.length, 2);
      // As without the plugin.
      const without = clientOf(sdk, () => ({}));
      for (const reason of [undefined, new Error('enough'), 'enough']) {
        const options = { abortSignal: AbortSignal.abort(reason) };
        const fails = (client, TableName) =>
          client.send(get(TableName), options).then(
            () => assert.fail('it was sent'),
            (error) => [error?.name, error?.message, String(error)],
          );
        const expected = await fails(without.client, 'plain');
        assert.deepEqual(await fails(client, 'plain'), expected);
        assert.deepEqual(await fails(client, TABLE), expected);
      }
      assert.equal(sent.length, 2);
    });

    test('tables that are not named pass untouched', async () => {
      const { client, sent } = encryptedClientOf(sdk, () => ({ Item: wire(ITEM) }));
      const other = clientOf(sdk, () => ({}));
      for (const make of [
        () => new PutItemCommand({ TableName: 'plain', Item: ITEM }),
        () => new GetItemCommand({ TableName: 'plain', Key: KEY, ProjectionExpression: 'ssn' }),
        () =>
          new sdk.UpdateItemCommand({
            TableName: 'plain',
            Key: KEY,
            UpdateExpression: 'SET ssn = :s',
            ExpressionAttributeValues: { ':s': { S: 'x' } },
          }),
        () =>
          new sdk.BatchWriteItemCommand({
            RequestItems: { plain: [{ PutRequest: { Item: ITEM } }] },
          }),
        () => new sdk.DescribeTableCommand({ TableName: TABLE }),
      ]) {
        await client.send(make());
        await other.client.send(make());
        assert.equal(sent.at(-1).body, other.sent.at(-1).body);
      }
      const get = new GetItemCommand({ TableName: 'plain', Key: KEY });
      assert.deepEqual((await client.send(get)).Item, ITEM);
    });

    test('both kinds of tables in one request', async () => {
      const { client, last } = encryptedClientOf(sdk, () => ({}));
      const put = { PutRequest: { Item: ITEM } };
      await client.send(
        new sdk.BatchWriteItemCommand({ RequestItems: { [TABLE]: [put], plain: [put] } }),
      );
      const { RequestItems } = last();
      await sealedAs(RequestItems[TABLE][0].PutRequest.Item, ITEM);
      assert.deepEqual(RequestItems.plain[0].PutRequest.Item, wire(ITEM));
    });
  });

  describe(`${name} SDK: paginators`, () => {
    test('pages, and LastEvaluatedKey as it is', async () => {
      const stored = await Promise.all(
        ['1', '2', '3'].map((N) => sealed({ ...ITEM, line: { N } })),
      );
      const { documents, sent } = encryptedClientOf(sdk, (operation, input, count) => ({
        Items: [stored[count - 1]],
        Count: 1,
        ScannedCount: 1,
        ...(count < 3 && { LastEvaluatedKey: { id: { S: 'c-1' }, line: { N: String(count) } } }),
      }));
      const query = {
        TableName: TABLE,
        KeyConditionExpression: 'id = :id',
        ExpressionAttributeValues: { ':id': 'c-1' },
      };
      const lines = [];
      for await (const page of sdk.lib.paginateQuery({ client: documents }, query)) {
        lines.push(...page.Items.map(({ line }) => line));
        if (page.LastEvaluatedKey) assert.equal(page.LastEvaluatedKey.id, 'c-1');
      }
      assert.deepEqual(lines, [1, 2, 3]);
      assert.deepEqual(sent[1].input.ExclusiveStartKey, { id: { S: 'c-1' }, line: { N: '1' } });
    });
  });
}

describe('state', () => {
  test('calls of a client that keeps its handlers do not mix', async () => {
    const good = await sealed();
    const bad = { ...good, city: { S: 'Basel' } };
    // Both are under way at once, in one context.
    let waiting = [];
    const { client } = encryptedClientOf(
      NEWEST,
      async (operation, { Key }) => {
        await new Promise((resolve) => {
          waiting.push(resolve);
          if (waiting.length === 2) for (const go of waiting) go();
        });
        return { Item: Key.line.N === '1' ? good : bad };
      },
      { cacheMiddleware: true },
    );
    const get = (N) =>
      client.send(new NEWEST.GetItemCommand({ TableName: TABLE, Key: { ...KEY, line: { N } } }));
    const [first, second] = await Promise.allSettled([get('1'), get('2')]);
    assert.deepEqual(first.value.Item, ITEM);
    assert.equal(second.reason.code, 'SIGNATURE_MISMATCH');
    waiting = [];
    assert.equal((await Promise.allSettled([get('2'), get('1')]))[1].status, 'fulfilled');
  });

  test('keyrings of fieldseal/items and of the CommonJS copy, and its plugin', async () => {
    const require = createRequire(import.meta.url);
    const cjs = require('../../pkg/cjs/entrypoints/tables.js');
    const options = { keyNamespace: 'ns', keyName: 'key', wrappingKey: new Uint8Array(32).fill(7) };
    for (const keyring of [
      rawAesKeyringOfItems(options),
      require('../../pkg/cjs/entrypoints/index.js').rawAesKeyring(options),
    ]) {
      for (const plugin of [encryptedTables, cjs.encryptedTables]) {
        const { client, last } = clientOf(NEWEST, () => ({}));
        client.middlewareStack.use(plugin({ tables: tables({ keyring }) }));
        await client.send(new NEWEST.PutItemCommand({ TableName: TABLE, Item: ITEM }));
        await sealedAs(last().Item, ITEM);
        // A helper of either copy knows the client's tables, and passes its plugin.
        const record = { TableName: TABLE, Key: KEY };
        for (const change of [updateItem, cjs.updateItem])
          assert.deepEqual(await change(client, record, () => ITEM), ITEM);
        assert.throws(() => client.middlewareStack.use(encryptedTables({ tables: tables() })), {
          code: 'INVALID_CONFIG',
        });
      }
    }
  });

  test('requests of the wrong form are refused with an error of the package', async () => {
    const { client, sent } = encryptedClientOf(NEWEST, () => ({}));
    for (const [name, input] of [
      ['BatchWriteItem', { RequestItems: [] }],
      ['BatchWriteItem', { RequestItems: { [TABLE]: {} } }],
      ['BatchWriteItem', { RequestItems: { [TABLE]: [null] } }],
      ['BatchGetItem', { RequestItems: { [TABLE]: null } }],
      ['TransactWriteItems', { TransactItems: [undefined] }],
      ['TransactWriteItems', { TransactItems: 'all' }],
      ['TransactGetItems', { TransactItems: {} }],
      ['BatchExecuteStatement', { Statements: ['SELECT'] }],
    ])
      await refused(client.send(new NEWEST[`${name}Command`](input)), { code: 'INVALID_ARGUMENT' });
    assert.equal(sent.length, 0);
  });
});

describe('names and ARNs', () => {
  const arn = (account, region = 'eu-central-1', name = TABLE) =>
    `arn:aws:dynamodb:${region}:${account}:table/${name}`;
  const A = arn('111122223333');
  const put = async (given, TableName) => {
    const { client, last } = encryptedClientOf(NEWEST, () => ({}), { given: { tables: given } });
    await client.send(new NEWEST.PutItemCommand({ TableName, Item: ITEM }));
    return Boolean(last().Item.aws_dbe_head);
  };

  test('an entry by ARN serves the name and the ARN, and no other ARN', async () => {
    const given = { [A]: customers() };
    assert.equal(await put(given, A), true);
    assert.equal(await put(given, TABLE), true);
    assert.equal(await put(given, arn('444455556666')), false);
    assert.equal(await put(given, arn('111122223333', 'us-east-1')), false);
    assert.equal(await put(given, 'other'), false);
  });

  test('an entry by name serves every ARN with that name', async () => {
    const given = { [TABLE]: customers() };
    assert.equal(await put(given, A), true);
    assert.equal(await put(given, arn('111122223333', 'eu-central-1', 'other')), false);
  });

  test('tables of one name in two accounts are told apart by ARN', async () => {
    const B = arn('444455556666');
    const given = { [A]: customers(), [B]: customers({ keyring: keyring('other') }) };
    assert.equal(await put(given, B), true);
    await refused(put(given, TABLE), { code: 'INVALID_ARGUMENT', message: /several tables/ });
  });

  for (const [what, given, expected] of [
    ['no object', [], { code: 'INVALID_ARGUMENT' }],
    ['none', {}, { code: 'INVALID_CONFIG' }],
    ['a name that cannot be', { 'a table': customers() }, { code: 'INVALID_CONFIG' }],
    ['an ARN of an index', { [`${A}/index/by-city`]: customers() }, { code: 'INVALID_CONFIG' }],
    ['one logical name twice', { a: customers(), b: customers() }, { code: 'INVALID_CONFIG' }],
    ['no actions', { a: { ...customers(), attributeActions: undefined } }, { table: 'a' }],
    ['an encrypted key', { a: customers({ sortKeyName: 'ssn' }) }, { table: 'a' }],
  ]) {
    test(`refused: ${what}`, () => refused(() => encryptedTables({ tables: given }), expected));
  }
  test('refused: a client for updates that is none, and a stack that is none', async () => {
    for (const updates of [null, false, 0, '', {}, { client: null }, { client: { send: 1 } }]) {
      const given = { tables: tables(), updates };
      await refused(() => encryptedTables(given), { code: 'INVALID_ARGUMENT', message: /updates/ });
    }
    const plugin = encryptedTables({ tables: tables(), updates: undefined });
    for (const stack of [undefined, {}, clientOf(NEWEST).client, { addRelativeTo: {} }]) {
      const expected = { code: 'INVALID_ARGUMENT', message: /^stack must be/ };
      await refused(() => plugin.applyToStack(stack), expected);
    }
  });
  test('refused: unknown options', () =>
    refused(() => encryptedTables({ tables: tables(), table: {} }), { code: 'INVALID_ARGUMENT' }));
});

describe('several bad items', () => {
  const bad = (i) => ({ ...ITEM, line: { N: String(i) }, [`extra${i}`]: { S: 'x' } });

  test('one error names them, with their keys', async () => {
    const { client, sent } = encryptedClientOf(NEWEST, () => ({}));
    const puts = [0, 1, 2, 3].map((i) => (i % 2 ? bad(i) : { ...ITEM, line: { N: String(i) } }));
    const RequestItems = { [TABLE]: puts.map((Item) => ({ PutRequest: { Item } })) };
    const error = await refused(client.send(new NEWEST.BatchWriteItemCommand({ RequestItems })), {
      name: 'ItemsError',
      code: 'ITEMS_FAILED',
      failed: 2,
      rootCode: 'ATTRIBUTE_WITHOUT_ACTION',
      table: TABLE,
    });
    assert.ok(error instanceof ItemsError);
    assert.deepEqual(
      error.errors.map(({ index, key, error }) => [index, key.line.N, error.attribute]),
      [
        [1, '1', 'extra1'],
        [3, '3', 'extra3'],
      ],
    );
    assert.equal(sent.length, 0);
    const json = JSON.parse(JSON.stringify(error));
    assert.equal(json.errors[1].error.attribute, 'extra3');
    assert.equal(FieldsealError.fromJSON(json).code, 'ITEMS_FAILED');
  });

  test('at most 20, and a count', async () => {
    const { client } = encryptedClientOf(NEWEST, () => ({}));
    const puts = Array.from({ length: 25 }, (_, i) => ({ PutRequest: { Item: bad(i) } }));
    const RequestItems = { [TABLE]: puts };
    const error = await refused(client.send(new NEWEST.BatchWriteItemCommand({ RequestItems })), {
      failed: 25,
    });
    assert.equal(error.errors.length, 20);
  });

  test('an error shows no value', async () => {
    const { client } = encryptedClientOf(NEWEST, () => ({}));
    const RequestItems = { [TABLE]: [{ PutRequest: { Item: bad(1) } }] };
    const error = await client
      .send(new NEWEST.BatchWriteItemCommand({ RequestItems }))
      .catch((error) => error);
    assert.ok(!JSON.stringify(error).includes('078-05-1120'));
  });
});
