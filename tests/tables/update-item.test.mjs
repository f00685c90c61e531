// `updateItem`: records changed by many at once, and what it refuses.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { updateItem } from '../../pkg/entrypoints/tables.js';
import { shows, startWorld } from './live.mjs';
import {
  ITEM,
  KEY,
  NEWEST,
  SDK,
  TABLE,
  clientOf,
  encryptor,
  refused,
  serviceError,
  tables,
  wire,
} from './support.mjs';

let world;
let made;
before(async () => {
  world = await startWorld();
  made = await world.makeTable();
});
after(() => world?.close());

let lines = 0;
/** The key of a record that is not there yet. */
const newKey = () => ({ TableName: made.TableName, Key: { id: 'c-1', line: ++lines } });
const mapKey = ({ TableName, Key }) => ({
  TableName,
  Key: { id: { S: Key.id }, line: { N: String(Key.line) } },
});
const get = async (client, { TableName, Key }) =>
  (await client.send(new SDK.GetCommand({ TableName, Key, ConsistentRead: true }))).Item;

describe('changes', () => {
  test('20 clients add to one record at once, and no addition is lost', async () => {
    const record = newKey();
    const add = async (client, options) => {
      const change = (item = record.Key) => ({ ...item, profile: (item.profile ?? 0) + 1 });
      return updateItem(client, record, change, options);
    };
    // With the plugin or without it, plain or for documents.
    const clients = Array.from({ length: 20 }, (_, i) => {
      if (i % 2) return [world.client(SDK), { tables: made.tables }];
      const { client, documents } = world.encrypted(made.tables, SDK);
      return [i % 4 ? client : documents];
    });
    await Promise.all(clients.map((given) => add(...given)));
    const { documents } = world.encrypted(made.tables, SDK);
    assert.equal((await get(documents, record)).profile, 20);
    assert.equal((await add(documents)).profile, 21);
  });

  test('attribute maps where the key is one', async () => {
    const record = newKey();
    const { client } = world.encrypted(made.tables, SDK);
    const Key = mapKey(record).Key;
    const created = await updateItem(client, { ...record, Key }, (item) => {
      assert.equal(item, undefined);
      return { ...Key, ssn: { S: '078-05-1120' } };
    });
    assert.deepEqual(created, { ...Key, ssn: { S: '078-05-1120' } });
    const changed = await updateItem(client, { ...record, Key }, async (item) => {
      assert.deepEqual(item, created);
      return { ...item, city: { S: 'Bern' } };
    });
    assert.deepEqual(changed, { ...created, city: { S: 'Bern' } });
    assert.equal(shows(await world.stored(made.TableName), ['078-05-1120']), undefined);
  });

  test('undefined: nothing is written', async () => {
    const record = newKey();
    const { client, documents } = world.encrypted(made.tables, SDK);
    assert.equal(await updateItem(client, record, () => undefined), undefined);
    assert.equal(await get(documents, record), undefined);
    const item = { ...record.Key, city: 'Bern' };
    await updateItem(client, record, () => item);
    const before = await world.stored(made.TableName);
    assert.deepEqual(await updateItem(client, record, () => undefined), item);
    assert.deepEqual(await world.stored(made.TableName), before);
  });

  // By its prefix, and by its name alone, without an action.
  for (const views of [':views', 'views']) {
    for (const at of ['there before', 'new']) {
      test(`an unsigned attribute, ${views}, ${at}, that UpdateItem counts meanwhile keeps what was counted`, async () => {
        const record = newKey();
        const named = Object.fromEntries(
          Object.entries(made.tables).map(([name, table]) => [
            name,
            { ...table, allowedUnsignedAttributes: ['views'] },
          ]),
        );
        const { client, documents } = world.encrypted(named, SDK);
        const before = at === 'new' ? {} : { [views]: 0 };
        await updateItem(client, record, () => ({ ...record.Key, ...before, profile: 0 }));
        const count = () =>
          documents.send(
            new SDK.UpdateCommand({
              ...record,
              UpdateExpression: 'ADD #v :one',
              ExpressionAttributeNames: { '#v': views },
              ExpressionAttributeValues: { ':one': 1 },
            }),
          );
        let counted = 0;
        await updateItem(client, record, async (item) => {
          // Behind the back of the first attempts.
          if (counted++ < 2) await count();
          return { ...item, profile: item.profile + 1 };
        });
        assert.deepEqual(await get(documents, record), { ...record.Key, [views]: 2, profile: 1 });
      });
    }
  }

  test('one that appears meanwhile, and one that is deleted', async () => {
    const record = newKey();
    const { client, documents } = world.encrypted(made.tables, SDK);
    const seen = [];
    const changed = await updateItem(client, record, async (item) => {
      seen.push(item?.city);
      const Item = { ...record.Key, city: 'Bern' };
      if (seen.length === 1)
        await documents.send(new SDK.PutCommand({ TableName: record.TableName, Item }));
      if (seen.length === 2) await documents.send(new SDK.DeleteCommand(record));
      return { ...record.Key, city: `${item?.city}!` };
    });
    assert.deepEqual(seen, [undefined, 'Bern', undefined]);
    assert.equal(changed.city, 'undefined!');
  });

  test('a record in plaintext is sealed, unless it changed meanwhile', async () => {
    const record = newKey();
    const options = { plaintextOverride: 'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ' };
    const [name] = Object.keys(made.tables);
    const migrating = { [name]: { ...made.tables[name], ...options } };
    const plain = SDK.DynamoDBDocumentClient.from(world.client(SDK));
    const put = (city) =>
      plain.send(
        new SDK.PutCommand({
          TableName: record.TableName,
          Item: { ...record.Key, city, ssn: 'old' },
        }),
      );
    await put('Bern');
    let calls = 0;
    const changed = await updateItem(
      plain,
      record,
      async (item) => {
        if (calls++ === 0) await put('Basel');
        return { ...item, ssn: 'new' };
      },
      { tables: migrating },
    );
    assert.deepEqual([changed.city, changed.ssn, calls], ['Basel', 'new', 2]);
    const stored = await get(plain, record);
    assert.ok(stored.aws_dbe_foot && stored.ssn instanceof Uint8Array);
  });
});

describe('refusals', () => {
  const fails = async (change, expected, options = {}) => {
    const { client } = world.encrypted(made.tables, SDK);
    const { record = newKey(), ...more } = options;
    return refused(updateItem(client, record, change, more), expected);
  };
  test('another key', async () => {
    const record = newKey();
    const invalid = { code: 'INVALID_ARGUMENT', table: made.TableName };
    await fails(() => ({ id: 'other', line: 1 }), { ...invalid, attribute: 'id' });
    await fails(() => ({ id: 'c-1' }), { ...invalid, attribute: 'line' }, { record });
    await fails(() => ({ ...record.Key, line: 0 }), { ...invalid, attribute: 'line' }, { record });
    const same = { id: { S: 'c-1' }, line: { N: `${record.Key.line}.0` } };
    const { client } = world.encrypted(made.tables, SDK);
    await updateItem(client, mapKey(record), () => same);
  });
  test('a change that returns nothing of what it changed', async () => {
    const record = newKey();
    const { client } = world.encrypted(made.tables, SDK);
    await updateItem(client, record, () => ({ ...record.Key, profile: { list: [1] } }));
    const expected = { code: 'INVALID_ARGUMENT', message: /returned nothing/ };
    await fails((item) => void item.profile.list.push(2), expected, { record });
  });
  test('wrong arguments', async () => {
    const invalid = { code: 'INVALID_ARGUMENT' };
    const change = () => undefined;
    await fails('change', invalid);
    await fails(() => 'item', invalid);
    for (const maxAttempts of [0, 1.5, '3']) await fails(change, invalid, { maxAttempts });
    await fails(change, invalid, { attempts: 3 });
    for (const Key of [{ id: 'c-1' }, { id: 'c-1', line: 1, city: 'Bern' }, 'c-1', undefined])
      await fails(change, invalid, { record: { ...newKey(), Key } });
    await fails(
      change,
      { ...invalid, message: /not among/ },
      { record: { ...newKey(), TableName: 'x' } },
    );
    await refused(updateItem(world.client(SDK), newKey(), change), {
      ...invalid,
      message: /no encrypted/,
    });
    for (const client of [undefined, null, {}, { send: 'x' }]) {
      for (const options of [undefined, { tables: made.tables }])
        await refused(updateItem(client, newKey(), change, options), {
          ...invalid,
          message: /^client must be/,
        });
    }
  });
  test('an error of change, and an item that cannot be sealed', async () => {
    const failure = new Error('no');
    const { client } = world.encrypted(made.tables, SDK);
    const failing = updateItem(client, newKey(), () => {
      throw failure;
    });
    await assert.rejects(failing, failure);
    const record = newKey();
    const code = 'ATTRIBUTE_WITHOUT_ACTION';
    await fails(() => ({ ...record.Key, other: 1 }), { code, attribute: 'other' }, { record });
  });
});

describe('requests', () => {
  const stored = async (city) =>
    wire((await encryptor().encryptItem({ ...ITEM, city: { S: city } })).item);
  const failure = (Item) => serviceError('ConditionalCheckFailedException', Item && { Item });

  for (const [what, random, operations] of [
    // The item that comes with a conflict saves a read.
    ['a wait that is short', 0, ['GetItem', 'PutItem', 'PutItem', 'PutItem']],
    // It is old by then.
    ['one that is long', 0.99, ['GetItem', 'PutItem', 'GetItem', 'PutItem', 'GetItem', 'PutItem']],
  ]) {
    test(`it gives up after maxAttempts; ${what}`, async (t) => {
      const item = await stored('Bern');
      const { client, sent } = clientOf(SDK, (operation) =>
        operation === 'GetItem' ? { Item: item } : failure(item),
      );
      t.mock.method(Math, 'random', () => random);
      const change = (item) => ({ ...item, city: { S: 'Basel' } });
      const record = { TableName: TABLE, Key: KEY };
      await refused(updateItem(client, record, change, { tables: tables(), maxAttempts: 3 }), {
        name: 'DynamoDbError',
        code: 'DYNAMODB_CONDITION_FAILED',
        attempts: 3,
        table: TABLE,
      });
      assert.deepEqual(
        sent.map(({ operation }) => operation),
        operations,
      );
      assert.equal(sent[0].input.ConsistentRead, true);
      const put = sent[1].input;
      assert.match(put.ConditionExpression, /^#f0 = :f0 AND/);
      assert.deepEqual(put.ExpressionAttributeValues[':f0'], item.aws_dbe_foot);
      assert.equal(put.ReturnValuesOnConditionCheckFailure, 'ALL_OLD');
    });
  }

  test('a server that does not give the item is asked again', async () => {
    let city = 'Bern';
    const { client, sent } = clientOf(SDK, async (operation, input, count) => {
      if (operation === 'GetItem') return { Item: await stored(city) };
      city = 'Basel';
      return count < 4 ? failure() : {};
    });
    const seen = [];
    const change = (item) => (seen.push(item.city.S), item);
    await updateItem(client, { TableName: TABLE, Key: KEY }, change, { tables: tables() });
    assert.deepEqual(seen, ['Bern', 'Basel']);
    assert.equal(sent.length, 4);
  });

  for (const gives of [true, false]) {
    test(`a put that was done and whose answer was lost is not done twice; item ${gives}`, async () => {
      let item = await stored('Bern');
      const reset = Object.assign(new Error('reset'), { name: 'TimeoutError', code: 'ECONNRESET' });
      const { client, sent } = clientOf(SDK, (operation, input, count) => {
        if (operation === 'GetItem') return { Item: item };
        if (count > 2) return failure(gives ? item : undefined);
        item = input.Item;
        return reset;
      });
      let calls = 0;
      const change = (item) => {
        calls++;
        return { ...item, city: { S: `${item.city.S}!` } };
      };
      const record = { TableName: TABLE, Key: KEY };
      const changed = await updateItem(client, record, change, { tables: tables() });
      assert.deepEqual([changed.city.S, calls], ['Bern!', 1]);
      assert.equal(sent.filter(({ operation }) => operation === 'PutItem').length, 2);
    });
  }

  test('an item of another form is a malformed response', async () => {
    const item = await stored('Bern');
    // The older SDK refuses some by itself, and makes empty items of others.
    const older = SDK !== NEWEST;
    for (const form of older ? ['x'] : ['x', 5, [], true]) {
      for (const answer of [
        () => ({ Item: form }),
        (operation) => (operation === 'GetItem' ? { Item: item } : failure(form)),
      ]) {
        const { client } = clientOf(SDK, answer);
        const record = { TableName: TABLE, Key: KEY };
        const updating = updateItem(client, record, (item) => item, { tables: tables() });
        await assert.rejects(updating, older ? /Expected object/ : /malformed DynamoDB response/);
      }
    }
  });

  test('an abort ends the waiting', async () => {
    const item = await stored('Bern');
    const { client } = clientOf(SDK, (operation) =>
      operation === 'GetItem' ? { Item: item } : failure(item),
    );
    const controller = new AbortController();
    const reason = new Error('enough');
    let calls = 0;
    const change = (item) => {
      if (++calls === 2) controller.abort(reason);
      return item;
    };
    const options = { tables: tables(), signal: controller.signal, maxAttempts: 100 };
    const updating = updateItem(client, { TableName: TABLE, Key: KEY }, change, options);
    await assert.rejects(updating, (error) => error === reason || error.name === 'AbortError');
    assert.equal(calls, 2);
  });

  test('other errors of the service end it', async () => {
    const { client, sent } = clientOf(SDK, () => serviceError('AccessDeniedException'));
    const updating = updateItem(client, { TableName: TABLE, Key: KEY }, (item) => item, {
      tables: tables(),
    });
    await assert.rejects(updating, { name: 'AccessDeniedException' });
    assert.equal(sent.length, 1);
  });
});
