// The condition that a record is still the one that was read: `updateItem` and the option `updates` put on it. Evaluated here as
// DynamoDB would.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { evaluateCondition } from '../../pkg/dynamodb/expressions.js';
import { updateItem } from '../../pkg/entrypoints/tables.js';
import {
  ITEM,
  KEY,
  SDK,
  TABLE,
  clientOf,
  encryptor,
  fromWire,
  refused,
  tables,
  wire,
} from './support.mjs';

const READ_PLAINTEXT = { plaintextOverride: 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' };

/** What is put in the place of `stored`, and whether its condition holds for other items. */
async function put(stored, options) {
  const { client, sent } = clientOf(SDK, (operation) =>
    operation === 'GetItem' && stored ? { Item: wire(stored) } : {},
  );
  const record = { TableName: TABLE, Key: KEY };
  await updateItem(client, record, (item = ITEM) => item, { tables: tables(options) });
  const { input } = sent.find(({ operation }) => operation === 'PutItem');
  const request = {
    ConditionExpression: input.ConditionExpression,
    ExpressionAttributeNames: input.ExpressionAttributeNames,
    ExpressionAttributeValues: fromWire(input.ExpressionAttributeValues),
  };
  return { input, holds: (item) => evaluateCondition(request, [item])[0] };
}

test('of none, that there still is none', async () => {
  const { holds } = await put(undefined);
  assert.ok(holds({}));
  assert.ok(!holds(KEY));
});

test('of a sealed one, that its footer and what is not signed are the same', async () => {
  const { item } = await encryptor().encryptItem({ ...ITEM, ':other': { S: 'x' } });
  const { holds } = await put(item);
  assert.ok(holds(item));
  // All that is signed is in the footer.
  assert.ok(holds({ ...item, city: { S: 'Basel' } }));
  for (const other of [
    {},
    (await encryptor().encryptItem(ITEM)).item,
    { ...item, ':views': { N: '1' } },
    { ...item, ':other': { S: 'y' } },
    (({ ':views': _, ...rest }) => rest)(item),
    (({ aws_dbe_foot: _, ...rest }) => rest)(item),
  ])
    assert.ok(!holds(other), JSON.stringify(Object.keys(other)));
});

test('of a sealed one without an unsigned attribute that has an action, that it still has none', async () => {
  const { ':views': _, ...Item } = ITEM;
  const { item } = await encryptor().encryptItem(Item);
  const { holds } = await put(item);
  assert.ok(holds(item));
  assert.ok(!holds({ ...item, ':views': { N: '1' } }));
});

test('of one in plaintext, that nothing of it changed and that it is there', async () => {
  for (const stored of [KEY, ITEM]) {
    const { holds } = await put(stored, READ_PLAINTEXT);
    assert.ok(holds(stored));
    assert.ok(!holds({}), 'it was deleted');
    assert.ok(!holds((await encryptor().encryptItem(stored)).item), 'it was sealed');
    for (const name of Object.keys(stored)) {
      if (Object.hasOwn(KEY, name)) continue;
      assert.ok(!holds({ ...stored, [name]: { S: 'other' } }), name);
      const { [name]: _, ...rest } = stored;
      assert.ok(!holds(rest), name);
    }
  }
});

test('as many attributes as an expression can compare, and no more', async () => {
  const unsigned = (count) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`:${i}`, { N: '1' }]));
  const sealed = async (count) =>
    (await encryptor().encryptItem({ ...ITEM, ...unsigned(count) })).item;
  // The footer and `:views` are two.
  const item = await sealed(148);
  const { holds } = await put(item);
  assert.ok(holds(item));
  await refused(put(await sealed(149)), {
    name: 'LimitError',
    code: 'LIMIT_EXCEEDED',
    message: /151 attributes/,
    table: TABLE,
  });
});
