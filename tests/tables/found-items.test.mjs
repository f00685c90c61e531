// Items that beacons find, looked through: in whatever order the service has their attributes.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  awsKmsHierarchicalKeyring,
  ItemEncryptor,
  staticKeyStore,
} from '../../pkg/entrypoints/index.js';
import { getNumberOfQueries, standardBeacon } from '../../pkg/entrypoints/tables.js';
import { encryptedClientOf, NEWEST as sdk, wire } from './support.mjs';

const keyStore = staticKeyStore([
  {
    branchKeyId: 'people',
    version: '1234abcd-12ab-44cd-86ef-1234567890ab',
    branchKey: new Uint8Array(32).fill(1),
    beaconKey: new Uint8Array(32).fill(2),
  },
]);
const people = {
  logicalTableName: 'people',
  partitionKeyName: 'id',
  attributeActions: {
    id: 'SIGN_ONLY',
    city: 'ENCRYPT_AND_SIGN',
    aa: 'ENCRYPT_AND_SIGN',
    ssn: 'ENCRYPT_AND_SIGN',
  },
  keyring: awsKmsHierarchicalKeyring({ keyStore, branchKeyId: 'people', ttlSeconds: 600 }),
  search: {
    keyStore,
    keySource: { type: 'single', branchKeyId: 'people', cacheTtlSeconds: 600 },
    standardBeacons: [
      // So short that every other city has its beacon, too.
      standardBeacon('city', { length: 1 }),
      standardBeacon('aa', { length: 1 }),
      standardBeacon('ssn', { length: 1 }),
    ],
    maximumNumberOfPartitions: 2,
    partitionSelector: () => 0,
  },
};
const tables = { people };
const encryptor = new ItemEncryptor(people);

/** All orders of some entries. */
function orders(entries) {
  if (entries.length < 2) return [entries];
  return entries.flatMap((first, i) =>
    orders(entries.filter((_, at) => at !== i)).map((rest) => [first, ...rest]),
  );
}

/** What a scan gives of items of which the service finds all. */
async function scanned(items, city) {
  const { client } = encryptedClientOf(sdk, () => ({ Items: items }), { given: { tables } });
  const { Items } = await client.send(
    new sdk.ScanCommand({
      TableName: 'people',
      FilterExpression: 'city = :city AND aa = :aa AND ssn = :ssn',
      ExpressionAttributeValues: { ':city': { S: city }, ':aa': { N: '1' }, ':ssn': { S: 's' } },
    }),
  );
  return Items;
}

describe('attributes in every order', () => {
  const plain = { id: { S: 'p-1' }, city: { S: 'Bern' }, aa: { N: '1' }, ssn: { S: 's' } };
  test('what was asked for is found, and nothing else', async () => {
    const { item } = await encryptor.encryptItem(plain);
    const own = Object.entries(wire(item));
    const stored = own.filter(([name]) => Object.hasOwn(plain, name));
    const others = own.filter(([name]) => !Object.hasOwn(plain, name));
    for (const order of orders(stored)) {
      const items = [Object.fromEntries([...order, ...others])];
      assert.deepEqual(await scanned(items, 'Bern'), [plain]);
      assert.deepEqual(await scanned(items, 'Bonn'), []);
    }
  });
});

describe('getNumberOfQueries takes a query as it is sent', () => {
  const query = {
    TableName: 'people',
    KeyConditionExpression: 'city = :city',
    FilterExpression: '#ssn = :ssn',
    ProjectionExpression: '#id',
    ExpressionAttributeNames: { '#ssn': 'ssn', '#id': 'id' },
    ExpressionAttributeValues: { ':city': { S: 'Bern' }, ':ssn': { S: 's' } },
  };
  test('with a filter and a projection, whose names and values are used', () => {
    assert.equal(getNumberOfQueries(tables, query), 2);
  });
  test('not with a value that nothing uses, nor without a query', () => {
    const { FilterExpression: _, ...rest } = query;
    assert.throws(() => getNumberOfQueries(tables, rest), { code: 'MALFORMED_EXPRESSION' });
    assert.throws(() => getNumberOfQueries(tables, undefined), { code: 'INVALID_ARGUMENT' });
  });
});
