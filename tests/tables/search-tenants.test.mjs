// Tables of many tenants on MiniStack: beacons by the branch key of each item, and what search may not be put together with.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import {
  ItemEncryptor,
  awsKmsHierarchicalKeyring,
  multiKeyring,
  staticKeyStore,
} from '../../pkg/entrypoints/index.js';
import * as itemsAlone from '../../pkg/entrypoints/items.js';
import {
  branchKeyIdFromItem,
  compoundBeacon,
  encryptedTables,
  standardBeacon,
} from '../../pkg/entrypoints/tables.js';
import { startWorld } from './live.mjs';
import { branchKey, byId, createTable, people, texts, watch } from './search-support.mjs';
import { NEWEST, encryptedClientOf, keyring, refused, wire } from './support.mjs';

const {
  BatchWriteItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
} = NEWEST;

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.close());

const A = branchKey('tenant-a', 1);
const B = branchKey('tenant-b', 2);
const LOGICAL = `tenants-${randomUUID()}`;

/** A table of tenants, by what `keys` there are. Their beacons have one bit, so that those of tenants are often equal. */
function tenants(keys, { length = 1, search = {}, ...options } = {}) {
  const keyStore = staticKeyStore(keys);
  return {
    logicalTableName: LOGICAL,
    partitionKeyName: 'id',
    attributeActions: { id: 'SIGN_ONLY', tenant: 'SIGN_ONLY', city: 'ENCRYPT_AND_SIGN' },
    algorithmSuite: '6700',
    keyring: awsKmsHierarchicalKeyring({
      keyStore,
      branchKeyIdSupplier: branchKeyIdFromItem(({ partitionKey }) => partitionKey.S.split('/')[0]),
      ttlSeconds: 600,
    }),
    search: {
      keyStore,
      keySource: { type: 'multi', keyFieldName: 'tenant', cacheTtlSeconds: 600 },
      standardBeacons: [standardBeacon('city', { length })],
      compoundBeacons: [
        compoundBeacon('owned', {
          split: '|',
          signedParts: [{ name: 'tenant', prefix: 'T-' }],
          encryptedParts: [{ name: 'city', prefix: 'C-' }],
        }),
      ],
      ...search,
    },
    ...options,
  };
}
const item = (tenant, n, city = 'Bern') => ({
  id: { S: `${tenant}/${n}` },
  tenant: { S: tenant },
  city: { S: city },
});
const INDEXES = { 'by-city': ['aws_dbe_b_city'], 'by-owned': ['aws_dbe_b_owned'] };

describe('Q33: a branch key for each tenant', () => {
  const ITEMS = Array.from({ length: 10 }, (_, n) => [
    item('tenant-a', n, `city ${n % 4}`),
    item('tenant-b', n, `city ${n % 4}`),
  ]).flat();
  let TableName;
  before(async () => {
    TableName = await createTable(world.plain, { indexes: INDEXES });
    const { client } = world.encrypted({ [TableName]: tenants([A, B]) });
    const puts = ITEMS.slice(0, 10).map((Item) => ({ PutRequest: { Item } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }));
    const TransactItems = ITEMS.slice(10, 18).map((Item) => ({ Put: { TableName, Item } }));
    await client.send(new TransactWriteItemsCommand({ TransactItems }));
    for (const Item of ITEMS.slice(18)) await client.send(new PutItemCommand({ TableName, Item }));
  });

  /** What a client that has these keys finds. */
  function clientOf(keys, options) {
    const { client } = world.encrypted({ [TableName]: tenants(keys, options) });
    const sent = watch(client);
    return {
      sent,
      scan: (FilterExpression, values) =>
        client.send(
          new ScanCommand({
            TableName,
            FilterExpression,
            ExpressionAttributeValues: values && texts(values),
          }),
        ),
      query: (IndexName, KeyConditionExpression, values, more) =>
        client.send(
          new QueryCommand({
            TableName,
            IndexName,
            KeyConditionExpression,
            ExpressionAttributeValues: texts(values),
            ...more,
          }),
        ),
    };
  }
  const wanted = (tenant, city) =>
    byId(ITEMS.filter((one) => one.tenant.S === tenant && one.city.S === city));

  test('equal values of tenants have beacons of their own, in batches and transactions, too', async () => {
    const beacons = async (keys) => {
      const encryptor = new ItemEncryptor(tenants(keys, { length: 63 }));
      const sealed = await encryptor.encryptItems(ITEMS);
      return sealed.map(({ item: sealedItem }) => sealedItem.aws_dbe_b_city.S);
    };
    const both = await beacons([A, B]);
    assert.equal(new Set(both).size, 8);
    assert.deepEqual(both[0], (await beacons([A, B]))[0]);
    for (const [i, one] of ITEMS.entries())
      for (const [j, other] of ITEMS.entries())
        assert.equal(
          both[i] === both[j],
          one.tenant.S === other.tenant.S && one.city.S === other.city.S,
        );
    // What was written in batches, transactions and puts is what each alone has.
    const encryptor = new ItemEncryptor(tenants([A, B]));
    const stored = await world.stored(TableName);
    assert.equal(stored.length, ITEMS.length);
    for (const one of stored) {
      const plain = ITEMS.find(({ id }) => id.S === one.id.S);
      const { item: alone } = await encryptor.encryptItem(plain);
      assert.equal(one.aws_dbe_b_city.S, alone.aws_dbe_b_city.S, one.id.S);
      assert.equal(one.aws_dbe_b_owned.S, alone.aws_dbe_b_owned.S, one.id.S);
    }
  });

  test('queries and scans of a tenant find what is its own', async () => {
    const { scan, query } = clientOf([A, B]);
    for (const tenant of ['tenant-a', 'tenant-b'])
      for (const city of ['city 0', 'city 1', 'city 3', 'city 7']) {
        const values = { t: tenant, c: city };
        const given = { FilterExpression: 'tenant = :t' };
        const byCity = await query('by-city', 'city = :c', values, given);
        assert.deepEqual(byId(byCity.Items), wanted(tenant, city));
        assert.equal(byCity.Count, byCity.Items.length);
        const scanned = await scan('tenant = :t AND city = :c', values);
        assert.deepEqual(byId(scanned.Items), wanted(tenant, city));
        const owned = await query('by-owned', 'owned = :o', { o: `T-${tenant}|C-${city}` });
        assert.deepEqual(byId(owned.Items), wanted(tenant, city));
      }
  });

  test('Q28: items of another tenant with the same beacon are left out, and not opened', async () => {
    // A server that says that all of them were found. Nothing here has the key of the other tenant: to open its items would fail.
    const stored = await world.stored(TableName);
    const { client } = encryptedClientOf(
      NEWEST,
      () => ({ Items: wire(stored), Count: stored.length, ScannedCount: stored.length }),
      { given: { tables: { [TableName]: tenants([A]) } } },
    );
    for (const city of ['city 0', 'city 1', 'city 2', 'city 3']) {
      const { Items, Count, ScannedCount } = await client.send(
        new ScanCommand({
          TableName,
          FilterExpression: 'tenant = :t AND city = :c',
          ExpressionAttributeValues: texts({ t: 'tenant-a', c: city }),
        }),
      );
      assert.deepEqual([byId(Items), Count], [wanted('tenant-a', city), Items.length]);
      assert.equal(ScannedCount, ITEMS.length);
    }
    const { scan } = clientOf([A]);
    // A scan that names no tenant opens all of them.
    await refused(scan(undefined), { code: 'ITEMS_FAILED', message: /tenant-b/ });
  });

  test('a branch key that was rotated finds what was written before and after', async () => {
    const next = { ...A, version: randomUUID(), branchKey: new Uint8Array(32).fill(9) };
    const { client } = world.encrypted({ [TableName]: tenants([A, next, B]) });
    const Item = item('tenant-a', 'rotated', 'city 0');
    await client.send(new PutItemCommand({ TableName, Item }));
    const both = clientOf([A, next]);
    const values = { t: 'tenant-a', c: 'city 0' };
    const filter = 'tenant = :t AND city = :c';
    const found = await both.scan(filter, values);
    assert.deepEqual(
      byId(found.Items),
      [...wanted('tenant-a', 'city 0'), 'tenant-a/rotated'].sort(),
    );
    // Who has only the old version cannot open the new item.
    await refused(clientOf([A]).scan(filter, values), { code: 'ITEMS_FAILED' });
    await world.plain.send(
      new NEWEST.DeleteItemCommand({ TableName, Key: { id: { S: 'tenant-a/rotated' } } }),
    );
  });

  test('requests that name no branch key, or two, or one that is not there', async () => {
    const { scan, query, sent } = clientOf([A, B]);
    const refusal = { code: 'TABLE_REQUEST_REFUSED', attribute: 'tenant', table: TableName };
    await refused(scan('city = :c', { c: 'city 0' }), refusal);
    await refused(query('by-city', 'city = :c', { c: 'city 0' }), refusal);
    await refused(scan('city = :c AND tenant <> :t', { c: 'city 0', t: 'tenant-a' }), refusal);
    await refused(
      scan('city = :c AND tenant IN (:t, :u)', { c: 'city 0', t: 'tenant-a', u: 'tenant-b' }),
      refusal,
    );
    await refused(
      scan('city = :c AND tenant = :t AND owned = :o', {
        c: 'city 0',
        t: 'tenant-a',
        o: 'T-tenant-b|C-city 0',
      }),
      refusal,
    );
    const error = await scan('city = :c AND tenant = :t', { c: 'x', t: 'tenant-c' }).catch(
      (thrown) => thrown,
    );
    assert.match(error.code, /KEY/, error.stack);
    assert.equal(sent.length, 0);
  });

  test('Q31: without a beacon, no beacon key is fetched', async () => {
    const events = [];
    const search = {
      keySource: {
        type: 'multi',
        keyFieldName: 'tenant',
        cacheTtlSeconds: 600,
        onEvent: (event) => events.push(event),
      },
    };
    const { scan } = clientOf([A, B], { search });
    assert.equal((await scan('attribute_exists(city)')).Count, ITEMS.length);
    await scan('tenant = :t', { t: 'tenant-a' });
    assert.deepEqual(events, []);
    for (let i = 0; i < 3; i++) await scan('tenant = :t AND city = :c', { t: 'tenant-a', c: 'x' });
    const kinds = events.map(({ type, kind = type }) => kind);
    assert.equal(kinds.filter((kind) => /miss/i.test(kind)).length, 1, JSON.stringify(events));
  });
});

describe('Q34: the field of the branch key', () => {
  const sealed = async (action) => {
    const { attributeActions, ...rest } = tenants([A]);
    const { tenant: _, ...actions } = attributeActions;
    const table = {
      ...rest,
      attributeActions: action ? { ...actions, tenant: action } : actions,
      allowedUnsignedAttributes: action === 'DO_NOTHING' ? ['tenant'] : undefined,
    };
    table.search = { ...table.search, compoundBeacons: undefined };
    const encryptor = new ItemEncryptor(table);
    return (await encryptor.encryptItem(item('tenant-a', 1))).item;
  };

  test('it stays where it is signed, and is left out of items where it is not', async () => {
    assert.deepEqual((await sealed('SIGN_ONLY')).tenant, { S: 'tenant-a' });
    assert.equal((await sealed('DO_NOTHING')).tenant, undefined);
    assert.equal((await sealed(undefined)).tenant, undefined);
  });

  test('it cannot be encrypted, or a beacon', async () => {
    await refused(sealed('ENCRYPT_AND_SIGN'), { code: 'INVALID_CONFIG', attribute: 'tenant' });
    const keySource = { type: 'multi', keyFieldName: 'city', cacheTtlSeconds: 600 };
    await refused(
      () => new ItemEncryptor(tenants([A], { search: { keySource } })).encryptItem({}),
      {
        code: 'INVALID_CONFIG',
        attribute: 'city',
      },
    );
  });
});

test('Q33: an item whose data key is not of one branch key has no beacons', async () => {
  const others = [
    keyring(),
    multiKeyring({ generator: tenants([A]).keyring, children: [keyring()] }),
  ];
  for (const other of others) {
    const encryptor = new ItemEncryptor(tenants([A, B], { keyring: other }));
    const error = await refused(encryptor.encryptItem(item('tenant-a', 1)), {});
    assert.notEqual(error.code, 'INTERNAL');
    assert.match(error.message, /branch key|hierarch/i);
  }
});

test('Q38: search and plaintextOverride exclude each other', async () => {
  for (const plaintextOverride of [
    'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
    'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
  ]) {
    const table = people({ plaintextOverride });
    const expected = { code: 'INVALID_CONFIG', message: /plaintextOverride/ };
    await refused(() => new ItemEncryptor(table).encryptItem({ id: { S: 'x' } }), expected);
    const error = await refused(() => encryptedTables({ tables: { people: table } }), expected);
    assert.equal(error.table, 'people');
  }
});

test('search on fieldseal/items alone is unsupported', async () => {
  const { search: _, ...rest } = people();
  const aes = itemsAlone.rawAesKeyring({
    keyNamespace: 'ns',
    keyName: 'key',
    wrappingKey: new Uint8Array(32),
  });
  // In a process of its own: what `fieldseal` provides, all entries have.
  const { execFileSync } = await import('node:child_process');
  const program = `
    const { ItemEncryptor, rawAesKeyring } = await import(${JSON.stringify(
      new URL('../../pkg/entrypoints/items.js', import.meta.url).href,
    )});
    const keyring = rawAesKeyring({ keyNamespace: 'ns', keyName: 'key', wrappingKey: new Uint8Array(32) });
    try {
      const made = new ItemEncryptor({ logicalTableName: 'x', partitionKeyName: 'id', keyring,
        attributeActions: { id: 'SIGN_ONLY' }, search: {} });
      console.log('made', (await made.encryptItem({ id: { S: 'x' } })).item);
    } catch (error) { console.log(error.name, error.code, error.message) }`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program]).toString();
  assert.match(printed, /^UnsupportedError UNSUPPORTED .*search.*fieldseal\/tables/);
  assert.ok(new itemsAlone.ItemEncryptor({ ...rest, keyring: aes }));
});
