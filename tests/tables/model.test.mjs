// Random items and random calls through the plugin, against a model in plaintext. After each step what the application reads
// is the model, and nothing of an encrypted attribute is in what DynamoDB has stored.
// SEED=… repeats a run.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { updateItem } from '../../pkg/entrypoints/tables.js';
import { generator } from '../support/generator.mjs';
import { shows, startWorld } from './live.mjs';
import { NEWEST as sdk } from './support.mjs';

const SEED = Number(process.env.SEED ?? Math.trunc(Math.random() * 2 ** 31));
const STEPS = Number(process.env.STEPS ?? 250);

const ACTIONS = {
  id: 'SIGN_ONLY',
  line: 'SIGN_ONLY',
  a: 'ENCRYPT_AND_SIGN',
  b: 'ENCRYPT_AND_SIGN',
  c: 'ENCRYPT_AND_SIGN',
  d: 'SIGN_ONLY',
  e: 'SIGN_ONLY',
  ':f': 'DO_NOTHING',
};

let world;
let made;
before(async () => {
  world = await startWorld();
  made = await world.makeTable({ attributeActions: ACTIONS });
});
after(() => world?.close());

test(`${STEPS} random steps`, { timeout: 240_000 }, async (t) => {
  t.diagnostic(`SEED=${SEED} STEPS=${STEPS}`);
  console.log(`SEED=${SEED} STEPS=${STEPS}`);
  const random = generator(SEED);
  const below = (n) => Math.trunc(random() * n);
  const pick = (list) => list[below(list.length)];
  const { client } = world.encrypted(made.tables, sdk, { updates: { client: world.plain } });
  const { TableName } = made;
  const send = (name, input) => client.send(new sdk[`${name}Command`](input));

  /** Texts that must not be found in the table: those within encrypted attributes, long enough not to be there by chance. */
  const secrets = [];
  const text = (secret) => {
    const made = Array.from({ length: 12 }, () =>
      pick([...'abcdefghijkmnopqrstuvwxyzäöüß€😀']),
    ).join('');
    if (secret) secrets.push(made);
    return made;
  };
  const bytes = (secret) => Uint8Array.from(Buffer.from(text(secret)));
  const set = (make, order) => {
    const members = Array.from({ length: 1 + below(3) }, make);
    return [...new Map(members.map((one) => [String(one), one])).values()].sort(order);
  };
  const byUnits = (a, b) => (a < b ? -1 : 1);
  /** Values in the form in which they come back: numbers normalized, sets sorted. */
  const value = (secret, depth = 0) => {
    const kinds = [
      'S',
      'S',
      'N',
      'B',
      'BOOL',
      'NULL',
      'SS',
      'BS',
      'NS',
      ...(depth < 3 ? ['M', 'L'] : []),
    ];
    switch (pick(kinds)) {
      case 'S':
        return { S: below(10) ? text(secret) : '' };
      case 'N':
        return { N: String(below(2e9) - 1e9) };
      case 'B':
        return { B: below(10) ? bytes(secret) : new Uint8Array() };
      case 'BOOL':
        return { BOOL: random() < 0.5 };
      case 'NULL':
        return { NULL: true };
      case 'SS':
        return { SS: set(() => text(secret), byUnits) };
      case 'BS':
        return { BS: set(() => bytes(secret), Buffer.compare) };
      case 'NS':
        return { NS: set(() => String(below(1e6)), byUnits) };
      case 'L':
        return { L: Array.from({ length: below(4) }, () => value(secret, depth + 1)) };
      default: {
        const names = Array.from({ length: below(4) }, () => (secret ? 'k' : '') + text(secret));
        return { M: Object.fromEntries(names.map((name) => [name, value(secret, depth + 1)])) };
      }
    }
  };
  const key = () => ({ id: { S: `id-${below(3)}` }, line: { N: String(below(6)) } });
  const name = ({ id, line }) => `${id.S}/${line.N}`;
  const keyOf = ({ id, line }) => ({ id, line });
  const item = (of = key()) => {
    const made = { ...of };
    for (const attribute of ['a', 'b', 'c', 'd', 'e', ':f'])
      if (random() < 0.7) made[attribute] = value(ACTIONS[attribute] === 'ENCRYPT_AND_SIGN');
    return made;
  };
  const different = (make, count) => {
    const all = new Map();
    for (let i = 0; i < count; i++) {
      const one = make();
      all.set(name(one), one);
    }
    return [...all.values()];
  };

  const model = new Map();
  const same = (found, expected, what) =>
    assert.deepEqual(canonical(found), canonical(expected), what);
  const steps = {
    async put() {
      const Item = item();
      const old = model.get(name(Item));
      const { Attributes } = await send('PutItem', { TableName, Item, ReturnValues: 'ALL_OLD' });
      same(Attributes, old, 'ALL_OLD');
      model.set(name(Item), Item);
    },
    async create() {
      const Item = item();
      const input = {
        TableName,
        Item,
        ConditionExpression: 'attribute_not_exists(id)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      };
      const old = model.get(name(Item));
      const error = await send('PutItem', input).then(
        () => undefined,
        (error) => error,
      );
      assert.equal(error?.name, old && 'ConditionalCheckFailedException');
      if (old) same(error.Item, old, 'the item of the error');
      else model.set(name(Item), Item);
    },
    async remove() {
      const Key = key();
      const { Attributes } = await send('DeleteItem', { TableName, Key, ReturnValues: 'ALL_OLD' });
      same(Attributes, model.get(name(Key)), 'ALL_OLD');
      model.delete(name(Key));
    },
    async get() {
      const Key = key();
      const { Item } = await send('GetItem', { TableName, Key, ConsistentRead: true });
      same(Item, model.get(name(Key)), 'GetItem');
    },
    async batchWrite() {
      const puts = different(item, 1 + below(8));
      const deletes = different(key, below(3)).filter(
        (one) => !puts.some((p) => name(p) === name(one)),
      );
      const requests = [
        ...puts.map((Item) => ({ PutRequest: { Item } })),
        ...deletes.map((Key) => ({ DeleteRequest: { Key } })),
      ];
      await send('BatchWriteItem', { RequestItems: { [TableName]: requests } });
      for (const one of puts) model.set(name(one), one);
      for (const one of deletes) model.delete(name(one));
    },
    async batchGet() {
      const Keys = different(key, 1 + below(8));
      const { Responses } = await send('BatchGetItem', { RequestItems: { [TableName]: { Keys } } });
      const expected = Keys.map((one) => model.get(name(one))).filter(Boolean);
      same(sorted(Responses[TableName]), sorted(expected), 'BatchGetItem');
    },
    async transact() {
      const [put, remove] = different(item, 2);
      const TransactItems = [{ Put: { TableName, Item: put } }];
      if (remove) TransactItems.push({ Delete: { TableName, Key: keyOf(remove) } });
      await send('TransactWriteItems', { TransactItems });
      model.set(name(put), put);
      if (remove) model.delete(name(remove));
      const gets = [put, remove ?? put].map((one) => ({ Get: { TableName, Key: keyOf(one) } }));
      const { Responses } = await send('TransactGetItems', {
        TransactItems: gets.slice(0, remove ? 2 : 1),
      });
      same(Responses[0].Item, put, 'TransactGetItems');
      if (remove) assert.equal(Responses[1].Item, undefined);
    },
    async query() {
      const id = `id-${below(3)}`;
      const input = {
        TableName,
        Limit: 1 + below(4),
        KeyConditionExpression: 'id = :id',
        ExpressionAttributeValues: { ':id': { S: id } },
      };
      const found = [];
      for await (const { Items } of sdk.paginateQuery({ client }, input)) found.push(...Items);
      const expected = [...model.values()].filter((one) => one.id.S === id);
      same(found, sorted(expected), 'Query');
    },
    async count() {
      const Key = key();
      const old = model.get(name(Key));
      // Without a record it would make one that is not sealed.
      if (!old || (old[':f'] && !old[':f'].N)) return;
      const { Attributes } = await send('UpdateItem', {
        TableName,
        Key,
        UpdateExpression: 'ADD #f :one',
        ExpressionAttributeNames: { '#f': ':f' },
        ExpressionAttributeValues: { ':one': { N: '1' } },
        ReturnValues: 'ALL_NEW',
      });
      const changed = { ...old, ':f': { N: String(Number(old[':f']?.N ?? 0) + 1) } };
      same(Attributes, changed, 'ALL_NEW');
      model.set(name(Key), changed);
    },
    async change() {
      const Key = key();
      const after = random() < 0.8 ? item(Key) : undefined;
      const result = await updateItem(client, { TableName, Key }, (before) => {
        same(before, model.get(name(Key)), 'updateItem');
        return after;
      });
      if (after) model.set(name(Key), after);
      same(result, model.get(name(Key)), 'what updateItem returns');
    },
    async update() {
      const Key = key();
      const old = model.get(name(Key));
      const [set, removed] = [pick(['a', 'd']), pick(['b', 'e'])];
      const v = value(ACTIONS[set] === 'ENCRYPT_AND_SIGN');
      const { Attributes } = await send('UpdateItem', {
        TableName,
        Key,
        UpdateExpression: `SET ${set} = :v REMOVE ${removed}`,
        ExpressionAttributeValues: { ':v': v },
        ReturnValues: 'ALL_NEW',
      });
      const { [removed]: _, ...changed } = { ...(old ?? Key), [set]: v };
      same(Attributes, changed, 'ALL_NEW');
      model.set(name(Key), changed);
    },
  };

  const counts = {};
  for (let step = 0; step < STEPS; step++) {
    const what = pick(Object.keys(steps));
    counts[what] = (counts[what] ?? 0) + 1;
    await steps[what]();
    const { Items } = await send('Scan', { TableName });
    same(sorted(Items), sorted([...model.values()]), `step ${step}: ${what}`);
    const stored = await world.stored(TableName);
    assert.equal(stored.length, model.size);
    assert.equal(shows(stored, secrets), undefined, `step ${step}: ${what}`);
  }
  console.log(counts, `${secrets.length} secrets`);
  // The search finds what is there.
  assert.ok(secrets.length > 100);
  const found = await send('Scan', { TableName });
  if (found.Items.length > 3) assert.notEqual(shows(found.Items, secrets), undefined);
});

const sorted = (items) =>
  [...items].sort((a, b) => (a.id.S < b.id.S ? -1 : a.id.S > b.id.S ? 1 : a.line.N - b.line.N));

/** Without the order of attributes and of signed sets. */
function canonical(value) {
  if (Array.isArray(value)) return value.map(canonical);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, member]) => {
    const isSet = /^[SNB]S$/.test(name) && Array.isArray(member);
    return [name, isSet ? canonical(member).sort() : canonical(member)];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
