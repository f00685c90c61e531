// What becomes of beacons when their keys do: a branch key is rotated, a tenant is removed, a cache is shared. Branch keys are in a
// key store on MiniStack, and so are the items.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import {
  ItemEncryptor,
  awsKmsHierarchicalKeyring,
  inspect,
  localCache,
  staticKeyStore,
} from '../../pkg/entrypoints/index.js';
import { branchKeyIdFromItem, standardBeacon } from '../../pkg/entrypoints/tables.js';
import { startWorld as startKeyStores } from '../keystore/support.mjs';
import { startWorld } from './live.mjs';
import { byId, createTable, texts, watch } from './search-support.mjs';
import { NEWEST, refused } from './support.mjs';

const { BatchWriteItemCommand, PutItemCommand, QueryCommand, ScanCommand } = NEWEST;

let keyStores, world;
before(async () => {
  keyStores = await startKeyStores();
  await keyStores.store().createKeyStore();
  const { stack, region } = keyStores;
  world = await startWorld(() => ({ url: stack.url, region, stop() {} }));
});
after(async () => {
  await world?.close();
  await keyStores?.close();
});

/** A table whose items have the branch key that `tenant` names, with no key in any cache yet. */
const tenants = (logicalTableName, keySource = {}, keyStore = keyStores.store()) => ({
  logicalTableName,
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
    keySource: { type: 'multi', keyFieldName: 'tenant', cacheTtlSeconds: 600, ...keySource },
    standardBeacons: [standardBeacon('city', { length: 32 })],
  },
});
const item = (tenant, n) => ({
  id: { S: `${tenant}/${n}` },
  tenant: { S: tenant },
  city: { S: 'Bern' },
});
const newTenant = async () => {
  const branchKeyId = `tenant-${randomUUID()}`;
  await keyStores.store().createKey({ branchKeyId, encryptionContext: { of: branchKeyId } });
  return branchKeyId;
};

/** A client whose caches are empty, and what it asks and sends. */
function clientOf(TableName, keySource) {
  const { client } = world.encrypted({ [TableName]: tenants(TableName, keySource) });
  const values = (tenant) => texts({ t: tenant, c: 'Bern' });
  return {
    sent: watch(client),
    put: (Item) => client.send(new PutItemCommand({ TableName, Item })),
    putAll: (Items) => {
      const puts = Items.map((Item) => ({ PutRequest: { Item } }));
      return client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }));
    },
    query: (tenant) =>
      client.send(
        new QueryCommand({
          TableName,
          IndexName: 'by-city',
          KeyConditionExpression: 'city = :c',
          FilterExpression: 'tenant = :t',
          ExpressionAttributeValues: values(tenant),
        }),
      ),
    scan: () => client.send(new ScanCommand({ TableName })),
  };
}
const makeTable = () => createTable(world.plain, { indexes: { 'by-city': ['aws_dbe_b_city'] } });
/** What DynamoDB is asked for of a branch key, while `work` is done. */
async function fetchedBy(work) {
  const { proxy } = keyStores;
  proxy.reset();
  await work();
  return proxy.calls.map(({ body }) => body.Key.type.S).sort();
}

describe('Q33, Q35: a branch key is rotated', () => {
  let tenant, TableName, old, stored;
  before(async () => {
    [tenant, TableName] = [await newTenant(), await makeTable()];
    old = clientOf(TableName);
    await old.put(item(tenant, 'before'));
    await keyStores.store().versionKey({ branchKeyId: tenant });
    await clientOf(TableName).put(item(tenant, 'after'));
    stored = await world.stored(TableName);
  });

  test('its beacon key is the same, and so are beacons', () => {
    const versions = stored.map((one) => {
      const [{ ciphertext }] = inspect(one).encryptedDataKeys;
      return Buffer.from(ciphertext.subarray(76, 92)).toString('hex');
    });
    assert.equal(new Set(versions).size, 2, 'versions of the branch key');
    assert.equal(new Set(stored.map((one) => one.aws_dbe_b_city.S)).size, 1, 'beacons');
  });

  test('clients from before and after it ask the same, and find all', async () => {
    const clients = [old, clientOf(TableName)];
    for (const client of clients) {
      const { Items, Count } = await client.query(tenant);
      assert.deepEqual([byId(Items), Count], [[`${tenant}/after`, `${tenant}/before`], 2]);
    }
    const asked = clients.map(({ sent }) => sent.at(-1).body);
    assert.deepEqual(asked[0], asked[1]);
  });

  test('the beacon key is fetched once, whatever the version of an item is', async () => {
    const client = clientOf(TableName);
    const fetched = await fetchedBy(async () => {
      await client.query(tenant);
      await client.put(item(tenant, 'after'));
      await client.query(tenant);
    });
    assert.equal(fetched.filter((type) => type === 'beacon:ACTIVE').length, 1, fetched.join());
    assert.equal(fetched.filter((type) => type.startsWith('branch:version:')).length, 2);
  });
});

describe('Q33: a tenant is removed', () => {
  let gone, stays, TableName, warm;
  before(async () => {
    [gone, stays] = [await newTenant(), await newTenant()];
    TableName = await makeTable();
    warm = clientOf(TableName);
    await warm.putAll([item(gone, 1), item(stays, 1), item(gone, 2), item(stays, 2)]);
    await warm.query(gone); // its keys are in the caches of this one
    for (const { type } of await keyStores.records(gone))
      await world.plain.send(
        new NEWEST.DeleteItemCommand({
          TableName: keyStores.table,
          Key: { 'branch-key-id': { S: gone }, type },
        }),
      );
  });

  test('what is written to it and asked of it fails, and names the branch key', async () => {
    const client = clientOf(TableName);
    for (const ask of [() => client.put(item(gone, 3)), () => client.query(gone)]) {
      const error = await refused(ask, { code: 'BRANCH_KEY_NOT_FOUND' });
      assert.ok(error.message.includes(gone), error.message);
    }
    assert.equal(client.sent.length, 0);
    // In a batch, too, of which nothing is written.
    const error = await refused(client.putAll([item(stays, 3), item(gone, 3)]), {});
    assert.ok(error.message.includes(gone), error.message);
    assert.equal(client.sent.length, 0);
  });

  test('whoever asks for all items learns which ones cannot be opened', async () => {
    const error = await refused(clientOf(TableName).scan(), { code: 'ITEMS_FAILED' });
    assert.ok(error.message.includes(gone), error.message);
  });

  test('other tenants find and write theirs, and nothing is fetched for it', async () => {
    const client = clientOf(TableName);
    const { proxy } = keyStores;
    const fetched = await fetchedBy(async () => {
      assert.deepEqual(byId((await client.query(stays)).Items), [`${stays}/1`, `${stays}/2`]);
      await client.put(item(stays, 1));
    });
    assert.ok(fetched.length > 0);
    assert.ok(proxy.calls.every(({ body }) => body.Key['branch-key-id'].S === stays));
  });

  test('who has its keys in a cache finds it until they end', async () => {
    assert.deepEqual(byId((await warm.query(gone)).Items), [`${gone}/1`, `${gone}/2`]);
  });
});

describe('Q32, Q35: beacon keys in caches', () => {
  let tenant;
  before(async () => {
    tenant = await newTenant();
  });
  const beaconKeys = async (tables) => {
    const beacons = [];
    const fetched = await fetchedBy(async () => {
      for (const table of tables) {
        const sealed = await new ItemEncryptor(table).encryptItem(item(tenant, 1));
        beacons.push(sealed.item.aws_dbe_b_city.S);
      }
    });
    return [fetched.filter((type) => type === 'beacon:ACTIVE').length, new Set(beacons).size];
  };

  test('tables share them by partition, logical key store name and branch key', async () => {
    const shared = { cache: localCache(), partitionId: 'search' };
    assert.deepEqual(await beaconKeys([tenants('a', shared), tenants('b', shared)]), [1, 1]);
    // By another path to the same key store, too.
    const other = keyStores.store({ kms: keyStores.kmsClient(), grantTokens: ['t'] });
    assert.deepEqual(await beaconKeys([tenants('c', shared, other)]), [0, 1]);
  });

  test('without any one of them they do not', async () => {
    const cache = localCache();
    const [one, two] = ['one', 'two'].map((partitionId) => ({ cache, partitionId }));
    assert.deepEqual(await beaconKeys([tenants('a', one), tenants('a', two)]), [2, 1]);
    assert.deepEqual(await beaconKeys([tenants('a', { cache }), tenants('a', { cache })]), [2, 1]);
    const caches = [localCache(), localCache()].map((own) => ({ cache: own, partitionId: 'one' }));
    assert.deepEqual(await beaconKeys(caches.map((source) => tenants('a', source))), [2, 1]);
    // What `none` keeps is nothing.
    const table = tenants('a', { cache: 'none' });
    const encryptor = new ItemEncryptor(table);
    const fetched = await fetchedBy(async () => {
      for (let i = 0; i < 3; i++) await encryptor.encryptItem(item(tenant, i));
    });
    assert.equal(fetched.filter((type) => type === 'beacon:ACTIVE').length, 3);
  });

  /** A key store of its own, in which the same branch key has another beacon key. */
  const storeOf = (logicalKeyStoreName, byte) =>
    staticKeyStore(
      [
        {
          branchKeyId: tenant,
          version: randomUUID(),
          branchKey: new Uint8Array(32).fill(byte),
          beaconKey: new Uint8Array(32).fill(byte),
        },
      ],
      logicalKeyStoreName === undefined ? {} : { logicalKeyStoreName },
    );
  const beaconOf = async (table) => {
    const { item: sealed } = await new ItemEncryptor(table).encryptItem(item(tenant, 1));
    return sealed.aws_dbe_b_city.S;
  };

  test('key stores of two names have each its own key, in one cache and partition', async () => {
    const alone = await beaconOf(tenants('a', {}, storeOf('two', 2)));
    const shared = { cache: localCache(), partitionId: 'search' };
    const first = await beaconOf(tenants('a', shared, storeOf('one', 1)));
    assert.notEqual(first, alone);
    assert.equal(await beaconOf(tenants('a', shared, storeOf('two', 2))), alone);
    // Without a name it is one that no other store has.
    const [one, two] = [storeOf(undefined, 1), storeOf(undefined, 2)];
    assert.equal(await beaconOf(tenants('a', shared, one)), first);
    assert.equal(await beaconOf(tenants('a', shared, two)), alone);
    // Two stores of one name are one: the rule that they must have the same keys is for their owner to keep.
    assert.equal(await beaconOf(tenants('a', shared, storeOf('one', 2))), first);
  });

  test('an emptied cache has none of them', async () => {
    const cache = localCache();
    const shared = { cache, partitionId: 'search' };
    const encryptor = new ItemEncryptor(tenants('a', shared));
    const seal = () => encryptor.encryptItem(item(tenant, 1));
    const fetched = await fetchedBy(async () => {
      await seal();
      cache.clear();
      await seal();
    });
    assert.equal(fetched.filter((type) => type === 'beacon:ACTIVE').length, 2);
  });
});
