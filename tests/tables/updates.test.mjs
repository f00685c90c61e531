// UpdateItem of signed and encrypted attributes with the option `updates`: each request does to an encrypted table what it does to a
// plain one, and says the same.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { encryptedTables } from '../../pkg/entrypoints/tables.js';
import { shows, startWorld } from './live.mjs';
import {
  ITEM,
  KEY,
  SDK,
  TABLE,
  encryptedClientOf,
  encryptor,
  refused,
  tables,
  wire,
} from './support.mjs';

let world;
let plain;
let encrypted;
before(async () => {
  world = await startWorld();
  plain = { TableName: (await world.makeTable()).TableName, client: world.client(SDK) };
  const made = await world.makeTable();
  const updates = { client: world.client(SDK) };
  encrypted = {
    TableName: made.TableName,
    tables: made.tables,
    ...world.encrypted(made.tables, SDK, { updates }),
  };
});
after(() => world?.close());

const RECORD = {
  ...ITEM,
  ssn: { S: '078-05-1120' },
  profile: {
    M: {
      visits: { N: '3' },
      list: { L: [{ S: 'a' }, { S: 'b' }, { S: 'c' }] },
      tags: { SS: ['x', 'y'] },
      deep: { M: { note: { S: 'private' } } },
    },
  },
  expires: { N: '10' },
};
const S = (text) => ({ S: text });
const N = (number) => ({ N: String(number) });

/** Requests: expression, names, values, more; those that end in an error say its name. */
const CASES = [
  ['SET ssn = :v', {}, { ':v': S('new') }],
  ['SET city = :v, ssn = city', {}, { ':v': S('Basel') }],
  ['SET expires = expires + :n', {}, { ':n': N(5) }],
  ['SET expires = expires - :n', {}, { ':n': N('0.25') }],
  ['SET expires = if_not_exists(expires, :n) + :n', {}, { ':n': N(1) }],
  [
    'SET #v = if_not_exists(#v, :n) + :n, city = :c',
    { '#v': ':views' },
    { ':n': N(1), ':c': S('x') },
  ],
  ['SET profile.visits = profile.visits + :n', {}, { ':n': N(1) }],
  ['SET profile.#l = list_append(profile.#l, :l)', { '#l': 'list' }, { ':l': { L: [S('d')] } }],
  ['SET profile.#l[1] = :v', { '#l': 'list' }, { ':v': S('B') }],
  ['SET profile.#l[9] = :v', { '#l': 'list' }, { ':v': S('end') }],
  ['SET profile.deep.more = :v', {}, { ':v': { M: {} } }],
  ['SET ssn = profile.deep.note', {}, undefined],
  ['REMOVE ssn', {}, undefined],
  ['REMOVE profile.#l[0], profile.deep', { '#l': 'list' }, undefined],
  ['REMOVE city, expires', {}, undefined],
  ['ADD expires :n', {}, { ':n': N(7) }],
  ['ADD profile.visits :n', {}, { ':n': N(-3) }],
  ['ADD profile.tags :t', {}, { ':t': { SS: ['z'] } }],
  ['DELETE profile.tags :t', {}, { ':t': { SS: ['x'] } }],
  [
    'SET ssn = :v REMOVE city ADD expires :n DELETE profile.tags :t',
    {},
    { ':v': S('n'), ':n': N(1), ':t': { SS: ['y'] } },
  ],
  ['SET ssn = :v', {}, { ':v': S('n') }, { ConditionExpression: 'ssn <> :v' }],
  [
    'SET ssn = :v',
    {},
    { ':v': S('n'), ':o': S('078') },
    { ConditionExpression: 'begins_with(ssn, :o)' },
  ],
  [
    'SET city = :v',
    {},
    { ':v': S('n') },
    { ConditionExpression: 'contains(profile.tags, :v)' },
    'ConditionalCheckFailedException',
  ],
  [
    'SET city = :v',
    {},
    { ':v': S('n') },
    { ConditionExpression: 'attribute_not_exists(profile.deep.note)' },
    'ConditionalCheckFailedException',
  ],
  [
    'SET city = :v',
    {},
    { ':v': S('n') },
    {
      ConditionExpression: 'size(ssn) > :n AND city = :c',
      ...{ values: { ':n': N(3), ':c': S('Bern') } },
    },
  ],
  ['SET expires = ssn + :n', {}, { ':n': N(1) }, {}, /Validation|EXPRESSION_NOT_APPLICABLE/],
  [
    'SET profile.nothing.there = :n',
    {},
    { ':n': N(1) },
    {},
    /Validation|EXPRESSION_NOT_APPLICABLE/,
  ],
  ['ADD ssn :n', {}, { ':n': N(1) }, {}, /Validation|EXPRESSION_NOT_APPLICABLE/],
];

for (const ReturnValues of ['NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW']) {
  describe(ReturnValues, () => {
    for (const [i, [UpdateExpression, names, given, options = {}, failure]] of CASES.entries()) {
      const { values, ...more } = options;
      test(`${UpdateExpression} ${more.ConditionExpression ?? ''}`, async () => {
        const line = N(i);
        const run = async ({ client, TableName }) => {
          const Item = { ...RECORD, line };
          await client.send(new SDK.PutItemCommand({ TableName, Item }));
          const input = {
            TableName,
            Key: { id: Item.id, line },
            UpdateExpression,
            ReturnValues,
            ...(Object.keys(names).length && { ExpressionAttributeNames: names }),
            ...(given && { ExpressionAttributeValues: { ...given, ...values } }),
            ...more,
          };
          const outcome = await client.send(new SDK.UpdateItemCommand(input)).then(
            ({ Attributes }) => ({ Attributes }),
            (error) => ({ error: `${error.name} ${error.code ?? ''}` }),
          );
          const got = await client.send(new SDK.GetItemCommand({ TableName, Key: input.Key }));
          return { ...outcome, Item: got.Item };
        };
        const expected = await run(plain);
        const found = await run(encrypted);
        if (failure instanceof RegExp) {
          assert.match(found.error, failure);
          // MiniStack adds to what is not a number: `SET expires = ssn + :n`.
          if (expected.error === undefined) return;
          assert.match(expected.error, failure);
        } else {
          assert.equal(found.error?.trim(), failure);
          assert.equal(expected.error?.trim(), failure);
          // MiniStack gives the whole attribute where DynamoDB gives the element that changed: `SET profile.#l[1] = :v`.
          const element =
            ReturnValues.startsWith('UPDATED_') &&
            /(?:SET|REMOVE|,) profile\.(?:#l\[|deep)/.test(UpdateExpression);
          if (element)
            assert.deepEqual(Object.keys(found.Attributes ?? { profile: 0 }), ['profile']);
          else assert.deepEqual(canonical(found.Attributes), canonical(expected.Attributes));
        }
        assert.deepEqual(canonical(found.Item), canonical(expected.Item));
      });
    }
  });
}

/** Sets have no order, and a set that is signed keeps the one that it was given. */
function canonical(value) {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(canonical);
  const entries = Object.entries(value).map(([name, member]) => [
    name,
    /^[SNB]S$/.test(name) && Array.isArray(member) ? [...member].sort() : canonical(member),
  ]);
  return Object.fromEntries(entries);
}

test('an element of a list or a map is returned alone', async () => {
  const { client, TableName } = encrypted;
  const Item = { ...RECORD, line: N(90) };
  await client.send(new SDK.PutItemCommand({ TableName, Item }));
  const update = {
    TableName,
    Key: { id: Item.id, line: Item.line },
    UpdateExpression: 'SET profile.#l[1] = :v, profile.deep.note = :v',
    ExpressionAttributeNames: { '#l': 'list' },
    ExpressionAttributeValues: { ':v': S('new') },
    ReturnValues: 'UPDATED_NEW',
  };
  const { Attributes } = await client.send(new SDK.UpdateItemCommand(update));
  const changed = { list: { L: [S('new')] }, deep: { M: { note: S('new') } } };
  assert.deepEqual(canonical(Attributes), canonical({ profile: { M: changed } }));
});

describe('with `updates`', () => {
  const key = (line) => ({ id: 'c-2', line });

  test('documents: Attributes are native', async () => {
    const { documents, TableName } = encrypted;
    const update = {
      TableName,
      Key: key(1),
      UpdateExpression: 'SET profile = :p ADD expires :n',
      ExpressionAttributeValues: { ':p': { tags: new Set(['a']) }, ':n': 1 },
      ReturnValues: 'ALL_NEW',
    };
    const { Attributes, $metadata } = await documents.send(new SDK.UpdateCommand(update));
    assert.deepEqual(Attributes, { ...key(1), profile: { tags: new Set(['a']) }, expires: 1 });
    assert.equal($metadata.httpStatusCode, 200);
    const { Item } = await documents.send(new SDK.GetCommand({ TableName, Key: key(1) }));
    assert.deepEqual(Item, Attributes);
  });

  test('a record that is not there is made, sealed', async () => {
    const { documents, TableName } = encrypted;
    const update = {
      TableName,
      Key: key(2),
      UpdateExpression: 'SET ssn = :s',
      ExpressionAttributeValues: { ':s': '078-05-1120' },
    };
    await documents.send(new SDK.UpdateCommand(update));
    const { Item } = await documents.send(new SDK.GetCommand({ TableName, Key: key(2) }));
    assert.deepEqual(Item, { ...key(2), ssn: '078-05-1120' });
    assert.equal(shows(await world.stored(TableName), ['078-05-1120', 'private']), undefined);
  });

  test('a condition that fails: the item where it was asked for', async () => {
    const { documents, TableName } = encrypted;
    await documents.send(new SDK.PutCommand({ TableName, Item: { ...key(3), ssn: 'old' } }));
    const update = {
      TableName,
      Key: key(3),
      UpdateExpression: 'SET ssn = :s',
      ConditionExpression: 'ssn = :s',
      ExpressionAttributeValues: { ':s': 'new' },
    };
    for (const ReturnValuesOnConditionCheckFailure of [undefined, 'NONE', 'ALL_OLD']) {
      const input = { ...update, ReturnValuesOnConditionCheckFailure };
      const error = await documents.send(new SDK.UpdateCommand(input)).catch((error) => error);
      assert.ok(error instanceof SDK.ConditionalCheckFailedException, error.stack);
      const Item = { id: S('c-2'), line: N(3), ssn: S('old') };
      const asked = ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
      assert.deepEqual(error.Item, asked ? Item : undefined);
    }
  });

  test('20 at once: none is lost', async () => {
    const { client, TableName } = encrypted;
    const update = {
      TableName,
      Key: { id: S('c-2'), line: N(4) },
      UpdateExpression: 'ADD expires :one',
      ExpressionAttributeValues: { ':one': N(1) },
    };
    await Promise.all(
      Array.from({ length: 20 }, () => client.send(new SDK.UpdateItemCommand(update))),
    );
    const { Item } = await client.send(new SDK.GetItemCommand({ TableName, Key: update.Key }));
    assert.equal(Item.expires.N, '20');
  });

  test('updates of unsigned attributes go to DynamoDB as they are', async () => {
    const stored = wire((await encryptor().encryptItem(ITEM)).item);
    const other = { send: () => assert.fail('it is not asked') };
    const { client, sent } = encryptedClientOf(SDK, () => ({ Attributes: stored }), {
      given: { tables: tables(), updates: { client: other } },
    });
    const update = {
      TableName: TABLE,
      Key: KEY,
      UpdateExpression: 'ADD #v :one',
      ExpressionAttributeNames: { '#v': ':views' },
      ExpressionAttributeValues: { ':one': N(1) },
      ReturnValues: 'ALL_NEW',
    };
    const { Attributes } = await client.send(new SDK.UpdateItemCommand(update));
    assert.deepEqual(Attributes, ITEM);
    assert.equal(sent.length, 1);
  });

  const world2 = () => {
    const sent = [];
    const client = { send: (command) => (sent.push(command), Promise.resolve({})) };
    return {
      sent,
      ...encryptedClientOf(SDK, () => ({}), { given: { tables: tables(), updates: { client } } }),
    };
  };
  const values = { ExpressionAttributeValues: { ':v': S('x') } };
  for (const [what, name, input, expected] of [
    [
      'legacy parameters',
      'UpdateItem',
      { AttributeUpdates: { ssn: { Action: 'PUT', Value: S('x') } } },
      { code: 'TABLE_REQUEST_REFUSED', message: /legacy/ },
    ],
    [
      'a legacy condition beside an expression',
      'UpdateItem',
      { UpdateExpression: 'SET ssn = :v', ...values, Expected: { city: { Exists: false } } },
      {},
    ],
    [
      'attributes of the format',
      'UpdateItem',
      { UpdateExpression: 'SET aws_dbe_foot = :v', ...values },
      {},
    ],
    ['a key', 'UpdateItem', { UpdateExpression: 'SET line = :v', ...values }, {}],
    [
      'an attribute without an action',
      'UpdateItem',
      { UpdateExpression: 'SET other = :v', ...values },
      { attribute: 'other' },
    ],
    [
      'an expression that cannot be read',
      'UpdateItem',
      { UpdateExpression: 'SET ssn :v', ...values },
      { code: 'MALFORMED_EXPRESSION' },
    ],
  ]) {
    test(`refused: ${what}`, async () => {
      const { client, sent } = world2();
      const command = new SDK[`${name}Command`]({ TableName: TABLE, Key: KEY, ...input });
      await refused(client.send(command), { table: TABLE, ...expected });
      assert.ok(sent.every((command) => command.constructor.name.startsWith('GetItem')));
    });
  }
  test('refused: in a transaction', async () => {
    const { client, sent } = world2();
    const Update = { TableName: TABLE, Key: KEY, UpdateExpression: 'SET ssn = :v', ...values };
    const command = new SDK.TransactWriteItemsCommand({ TransactItems: [{ Update }] });
    await refused(client.send(command), { code: 'TABLE_REQUEST_REFUSED', attribute: 'ssn' });
    assert.equal(sent.length, 0);
  });
  test('refused: a client that is none', async () => {
    for (const updates of [{}, { client: undefined }, { client: {} }, { clients: 1 }, 'client'])
      await refused(() => encryptedTables({ tables: tables(), updates }), {
        code: 'INVALID_ARGUMENT',
      });
  });
});
