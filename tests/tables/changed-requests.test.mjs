// Requests that change while they are under way, or that say something else each time they are read; and what becomes a string only
// when it is serialized. What was checked is what is sent.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { updateItem } from '../../pkg/entrypoints/tables.js';
import {
  ITEM,
  KEY,
  SDK,
  SDKS,
  TABLE,
  clientOf,
  customers,
  encryptedClientOf,
  encryptor,
  fromWire,
  refused,
  sealedAs,
  tables,
  wire,
} from './support.mjs';

const SECRET = ITEM.ssn.S;
const on = { TableName: TABLE };
const line = (N) => ({ ...ITEM, line: { N } });
const put = (Item) => ({ PutRequest: { Item } });
const views = (more) => ({
  ...on,
  Key: KEY,
  UpdateExpression: 'SET #v = :v',
  ExpressionAttributeNames: { '#v': ':views' },
  ExpressionAttributeValues: { ':v': { N: '1' } },
  ...more,
});

/** Each of these is sent, and changed at once: the input, what changes it, and whether it is about an encrypted table at all. */
const CHANGED = [
  ['PutItem', () => ({ TableName: 'plain', Item: ITEM }), (input) => (input.TableName = TABLE)],
  ['PutItem', () => ({ ...on, Item: ITEM }), (input) => (input.TableName = 'plain')],
  ['PutItem', () => ({ ...on, Item: { ...ITEM } }), ({ Item }) => (Item.city = { S: SECRET })],
  [
    'PutItem',
    () => ({ ...on, Item: ITEM }),
    (input) => {
      input.ConditionExpression = 'ssn = :s';
      input.ExpressionAttributeValues = { ':s': ITEM.ssn };
    },
  ],
  ['UpdateItem', () => views(), ({ ExpressionAttributeNames: names }) => (names['#v'] = 'ssn')],
  [
    'UpdateItem',
    () => views(),
    ({ ExpressionAttributeValues: values }) => (values[':v'] = ITEM.ssn),
  ],
  ['UpdateItem', () => views({ Key: { ...KEY } }), ({ Key }) => (Key.id = { S: 'c-2' })],
  [
    'DeleteItem',
    () => ({ ...on, Key: KEY, ConditionExpression: 'attribute_exists(id)' }),
    (input) => (input.ConditionExpression = 'attribute_exists(line)'),
  ],
  [
    'BatchWriteItem',
    () => ({ RequestItems: { [TABLE]: [put(ITEM)] } }),
    ({ RequestItems }) => RequestItems[TABLE].push(put(line('2'))),
  ],
  [
    'BatchWriteItem',
    () => ({ RequestItems: { [TABLE]: [{ DeleteRequest: { Key: KEY } }, put(line('2'))] } }),
    ({ RequestItems }) => (RequestItems[TABLE][0] = put(ITEM)),
  ],
  [
    'BatchWriteItem',
    () => ({ RequestItems: { plain: [put(ITEM)] } }),
    ({ RequestItems }) => {
      RequestItems[TABLE] = RequestItems.plain;
      delete RequestItems.plain;
    },
  ],
  [
    'TransactWriteItems',
    () => ({
      TransactItems: [
        { ConditionCheck: { ...on, Key: KEY, ConditionExpression: 'attribute_exists(id)' } },
      ],
      ClientRequestToken: 'token',
    }),
    ({ TransactItems }) => (TransactItems[0] = { Put: { ...on, Item: ITEM } }),
  ],
  [
    'TransactWriteItems',
    () => ({
      TransactItems: [{ Put: { TableName: 'plain', Item: ITEM } }, { Delete: { ...on, Key: KEY } }],
      ClientRequestToken: 'token',
    }),
    ({ TransactItems }) => (TransactItems[0].Put.TableName = TABLE),
  ],
  ['GetItem', () => ({ ...on, Key: KEY }), (input) => (input.ProjectionExpression = 'ssn')],
  [
    'BatchGetItem',
    () => ({ RequestItems: { [TABLE]: { Keys: [KEY] } } }),
    ({ RequestItems }) => RequestItems[TABLE].Keys.push(KEY),
  ],
  ['Scan', () => ({ ...on }), (input) => (input.FilterExpression = 'attribute_exists(ssn)')],
  [
    'ExecuteStatement',
    () => ({ Statement: 'SELECT * FROM other' }),
    (input) => (input.Statement = `SELECT * FROM "${TABLE}"`),
  ],
];

/** A request’s JSON with what is sealed in it opened. */
async function unsealed(value) {
  if (Array.isArray(value)) return Promise.all(value.map(unsealed));
  if (typeof value !== 'object' || value === null) return value;
  if (value.aws_dbe_head) {
    return wire((await encryptor().decryptItem(fromWire(value))).item);
  }
  const entries = Object.entries(value).map(async ([name, member]) => [
    name,
    await unsealed(member),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

for (const [name, sdk] of SDKS) {
  describe(`${name} SDK: a request is what it was when it was sent`, () => {
    for (const [i, [operation, make, change]] of CHANGED.entries()) {
      const Command = sdk[`${operation}Command`];
      test(`${operation} ${i}, changed while it is under way`, async () => {
        const { client, last, sent } = encryptedClientOf(sdk, () => ({}));
        const input = make();
        const expected = wire(make());
        const sending = client.send(new Command(input));
        change(input);
        await sending;
        assert.equal(sent.length, 1);
        assert.deepEqual(await unsealed(last()), expected);
      });
      test(`${operation} ${i}, each member of it a getter that is read once`, async () => {
        const { client, last } = encryptedClientOf(sdk, () => ({}));
        const [now, later] = [make(), make()];
        change(later);
        const input = {};
        for (const member of new Set([...Object.keys(now), ...Object.keys(later)])) {
          let reads = 0;
          const get = () => (reads++ === 0 ? now : later)[member];
          Object.defineProperty(input, member, { get, enumerable: true });
        }
        await client.send(new Command(input));
        assert.deepEqual(await unsealed(last()), wire(make()));
      });
    }

    test('bytes of a key, used again while it is under way', async () => {
      const given = { tables: tables({ sortKeyName: undefined }) };
      const { client, last } = encryptedClientOf(sdk, () => ({}), { given });
      const B = Buffer.from('key');
      const sending = client.send(new sdk.GetItemCommand({ ...on, Key: { id: { B } } }));
      B.fill(0);
      await sending;
      assert.deepEqual(last().Key, { id: { B: Buffer.from('key').toString('base64') } });
    });

    for (const [what, TableName] of [
      ['a String', new String(TABLE)],
      ['an object with toJSON', { toJSON: () => TABLE }],
      ['a list', [TABLE]],
    ]) {
      test(`a table’s name is a string, not ${what}`, async () => {
        const { client, sent } = encryptedClientOf(sdk, () => ({}));
        for (const command of [
          new sdk.PutItemCommand({ TableName, Item: ITEM }),
          new sdk.UpdateItemCommand(views({ TableName })),
          new sdk.TransactWriteItemsCommand({
            TransactItems: [{ Put: { TableName, Item: ITEM } }],
          }),
          new sdk.ScanCommand({ TableName }),
        ])
          await refused(client.send(command), { code: 'INVALID_ARGUMENT', message: /TableName/ });
        assert.equal(sent.length, 0);
      });
    }

    test('a statement is a string, and nothing that becomes one', async () => {
      const { client, sent } = encryptedClientOf(sdk, () => ({}));
      const text = `INSERT INTO "${TABLE}" VALUE {'id': 'c-1', 'ssn': '${SECRET}'}`;
      for (const Statement of [new String(text), { toJSON: () => text }, [text]]) {
        const expected = { code: 'INVALID_ARGUMENT', message: /Statement/ };
        await refused(client.send(new sdk.ExecuteStatementCommand({ Statement })), expected);
        const batch = new sdk.BatchExecuteStatementCommand({ Statements: [{ Statement }] });
        await refused(client.send(batch), expected);
      }
      assert.equal(sent.length, 0);
    });

    test('names and statements that are missing are the service’s to miss', async () => {
      const { client, sent } = encryptedClientOf(sdk, () => ({}));
      await client.send(new sdk.ExecuteStatementCommand({ Statement: null }));
      await client.send(new sdk.TransactWriteItemsCommand({ TransactItems: [{ Put: {} }] }));
      const Key = { ...KEY, line: { N: 'one' } };
      await client.send(new sdk.GetItemCommand({ ...on, Key }));
      assert.equal(sent.length, 3);
      for (const name of [
        'BatchGetItem',
        'BatchWriteItem',
        'TransactGetItems',
        'TransactWriteItems',
        'BatchExecuteStatement',
        'ExecuteTransaction',
        'GetItem',
        'Scan',
      ]) {
        await client.send(new sdk[`${name}Command`]({}));
        assert.equal(sent.at(-1).operation, name);
      }
      await client.send(new sdk.BatchGetItemCommand({ RequestItems: { [TABLE]: {} } }));
      assert.deepEqual(sent.at(-1).input, { RequestItems: { [TABLE]: {} } });
    });

    test('an instance of a class, and inherited members, are read as the SDK reads them', async () => {
      class Put {
        TableName = TABLE;
        Item = ITEM;
      }
      for (const input of [new Put(), Object.create(new Put())]) {
        const { client, last } = encryptedClientOf(sdk, () => ({}));
        await client.send(new sdk.PutItemCommand(input));
        assert.equal(last().TableName, TABLE);
        await sealedAs(last().Item, ITEM);
      }
    });
  });
}

test('an ARN with something behind it is about its table', async () => {
  const arn = `arn:aws:dynamodb:eu-central-1:111122223333:table/${TABLE}`;
  for (const given of [tables(), { [arn]: customers() }]) {
    for (const TableName of [`${arn}/index/by-city`, `${arn}/stream/1`, `${arn}:x`]) {
      const { client, last } = encryptedClientOf(SDK, () => ({}), { given: { tables: given } });
      await client.send(new SDK.PutItemCommand({ TableName, Item: ITEM }));
      await sealedAs(last().Item, ITEM);
    }
  }
});

describe('values of unusual form', () => {
  test('nesting is copied as deep as it may be, and refused beyond', async () => {
    const nested = (levels) => {
      let value = { S: SECRET };
      for (let i = 0; i < levels; i++) value = i % 2 ? { L: [value] } : { M: { a: value } };
      return value;
    };
    const { client, sent, last } = encryptedClientOf(SDK, () => ({}));
    const Item = { ...ITEM, profile: nested(30) };
    await client.send(new SDK.PutItemCommand({ ...on, Item }));
    await sealedAs(last().Item, Item);
    for (const levels of [60, 1000]) {
      const command = new SDK.PutItemCommand({ ...on, Item: { ...ITEM, profile: nested(levels) } });
      const expected = { code: 'LIMIT_EXCEEDED', message: /profile/, table: TABLE };
      await refused(client.send(command), expected);
    }
    assert.equal(sent.length, 1);
    // The newer SDK itself exhausts the stack.
    const [, lowest] = SDKS[1];
    const older = encryptedClientOf(lowest, () => ({}));
    const command = new lowest.PutItemCommand({
      ...on,
      Item: { ...ITEM, profile: nested(20_000) },
    });
    await refused(older.client.send(command), { code: 'LIMIT_EXCEEDED' });
  });

  test('a name that the SDK loses is refused before anything is sent', async () => {
    const lost = (value) => JSON.parse(JSON.stringify(value).replaceAll('"lost"', '"__proto__"'));
    const actions = { ...customers().attributeActions, ...lost({ lost: 'SIGN_ONLY' }) };
    const given = { tables: tables({ attributeActions: actions }) };
    const { client, sent } = encryptedClientOf(SDK, () => ({}), { given });
    for (const [attribute, more] of [
      ['__proto__', { lost: { S: 'x' } }],
      ['city', { city: { M: { lost: { S: 'x' } } } }],
      ['city', { city: { M: { a: { S: 'x' }, lost: { S: 'x' }, b: { N: '1' } } } }],
      ['city', { city: { L: [{ S: 'x' }, { M: { lost: { S: 'x' } } }] } }],
      ['ssn', { ssn: { M: { a: { M: { lost: { S: 'x' } } } } } }],
    ]) {
      const Item = { ...lost(KEY), ...lost(more) };
      if (attribute === '__proto__')
        Object.defineProperty(Item, '__proto__', { value: { S: 'x' }, enumerable: true });
      const expected = { code: 'RESERVED_NAME', attribute, message: /__proto__/, table: TABLE };
      await refused(client.send(new SDK.PutItemCommand({ ...on, Item })), expected);
      const RequestItems = { [TABLE]: [put(Item)] };
      await refused(client.send(new SDK.BatchWriteItemCommand({ RequestItems })), expected);
      const TransactItems = [{ Put: { ...on, Item } }];
      await refused(client.send(new SDK.TransactWriteItemsCommand({ TransactItems })), expected);
      const changing = updateItem(client, { ...on, Key: KEY }, () => Item);
      await refused(changing, expected);
    }
    const value = { ExpressionAttributeValues: { ':v': lost({ M: { lost: { S: 'x' } } }) } };
    const expected = { code: 'RESERVED_NAME', attribute: ':v', table: TABLE };
    await refused(client.send(new SDK.UpdateItemCommand(views(value))), expected);
    const TransactItems = [{ Update: views(value) }];
    await refused(client.send(new SDK.TransactWriteItemsCommand({ TransactItems })), expected);
    assert.ok(sent.every(({ operation }) => operation === 'GetItem'));
  });
});

test('the key of a record that is being changed is the one that was given', async () => {
  for (const [Key, change] of [
    [{ id: { S: 'c-1' }, line: { N: '1' } }, (key) => (key.id.S = 'c-2')],
    [{ id: 'c-1', line: 1 }, (key) => (key.id = 'c-2')],
  ]) {
    const { client, sent } = clientOf(SDK, () => ({}));
    const item = Key.id.S ? ITEM : { id: 'c-1', line: 1, ssn: SECRET };
    const changing = updateItem(client, { ...on, Key }, () => item, { tables: tables() });
    change(Key);
    await changing;
    assert.deepEqual(sent[0].input.Key, wire(KEY));
    assert.deepEqual(sent[1].input.Item.id, { S: 'c-1' });
  }
});

test('an update that is done by reading and putting leaves nothing in the stack', async () => {
  const reading = clientOf(SDK, async () => ({
    Item: wire((await encryptor().encryptItem(ITEM)).item),
  }));
  const given = { tables: tables(), updates: { client: reading.client } };
  const { client, sent } = encryptedClientOf(SDK, () => ({}), { given });
  const bodies = [];
  const look = (next) => (args) => {
    bodies.push(String(args.request.body));
    return next(args);
  };
  client.middlewareStack.add(look, { step: 'build', name: 'look' });
  const input = {
    ...on,
    Key: KEY,
    UpdateExpression: 'SET ssn = :s',
    ExpressionAttributeValues: { ':s': { S: '219-09-9999' } },
  };
  await client.send(new SDK.UpdateItemCommand(input));
  assert.equal(sent.length, 0);
  assert.deepEqual(
    bodies.map((body) => JSON.parse(body)),
    [on],
  );
  // Were it sent after all, the service would refuse it, and no plaintext would be in it.
  const copies = (next) => (args) => next({ ...args, input: { ...args.input } });
  client.middlewareStack.addRelativeTo(copies, {
    name: 'copies',
    relation: 'after',
    toMiddleware: 'fieldsealRequest',
  });
  await refused(client.send(new SDK.UpdateItemCommand(input)), {
    code: 'INTERNAL',
    message: /another middleware/,
  });
  assert.deepEqual(
    sent.map(({ body }) => JSON.parse(body)),
    [on],
  );
});
