// What searches leave in linear memory: nothing of items, of what requests ask for, or of keys, but for those that are kept. As
// tests/node/memory.test.mjs has it of what else there is.

import assert from 'node:assert/strict';
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';

// Internal: the instance of the core and its memory, and what a migration does.
import { core } from '../../pkg/core/core.js';
import { openWithoutBeacons } from '../../pkg/dynamodb/migration.js';
import {
  awsKmsHierarchicalKeyring,
  ItemEncryptor,
  staticKeyStore,
} from '../../pkg/entrypoints/index.js';
import { getNumberOfQueries, resolveAttributes } from '../../pkg/entrypoints/tables.js';
import { formsOf, pieces, search, stackAfter } from '../support/linear-memory.mjs';
import { branchKey, people } from './search-support.mjs';
import { encryptedClientOf, NEWEST as sdk, wire } from './support.mjs';

const beaconKey = randomBytes(32);
const keyStore = staticKeyStore([
  { ...branchKey('people'), beaconKey: Uint8Array.from(beaconKey) },
]);
const table = people(
  {
    logicalTableName: 'people',
    keyring: awsKmsHierarchicalKeyring({ keyStore, branchKeyId: 'people', ttlSeconds: 600 }),
  },
  (usual) => ({ ...usual, keyStore }),
);
const encryptor = new ItemEncryptor(table);

/** Values that occur nowhere else. */
const text = () => randomBytes(18).toString('hex');
const person = () => ({
  id: { S: text() },
  country: { S: text() },
  province: { S: text() },
  joined: { S: text() },
  ssn: { S: text() },
  city: { S: text() },
  tags: { SS: [text(), text()] },
  notes: { S: text() },
});
const [one, two] = [person(), person()];
const strings = (item) => Object.values(item).flatMap(({ S, SS }) => SS ?? [S]);

/** The key that a beacon is made with. */
const keyOf = (name) =>
  Buffer.from(hkdfSync('sha512', beaconKey, '', `AWS_DBE_SCAN_BEACON${name}`, 64));

const SECRETS = [
  ...[one, two].flatMap(strings).map((value) => [value, Buffer.from(value)]),
  ...['ssn', 'city', 'tags', 'lastFour'].flatMap((name) =>
    Object.entries(formsOf(name, keyOf(name))),
  ),
];

const found = (secrets) =>
  search(
    core().memory,
    secrets.flatMap(([name, bytes]) => pieces(name, bytes)),
  );

/** What a service that has these items gives for the request. */
async function sent(Command, items, input) {
  const { client } = encryptedClientOf(sdk, () => ({ Items: items.map(wire) }), {
    given: { tables: { people: table } },
  });
  return (await client.send(new Command({ TableName: 'people', ...input }))).Items;
}

const values = {
  ':ssn': one.ssn,
  ':place': { S: `S-${one.province.S}.C-${one.city.S}` },
  ':cohort': { S: `N+${one.country.S}|J+${one.joined.S}` },
  ':tag': { S: one.tags.SS[0] },
};
const FilterExpression = 'place = :place AND cohort = :cohort AND contains(tags, :tag)';
const scan = { FilterExpression: `ssn = :ssn AND ${FilterExpression}` };
const query = { KeyConditionExpression: 'ssn = :ssn', FilterExpression };
for (const request of [scan, query]) request.ExpressionAttributeValues = values;

test('nothing of what is searched, and of what is searched for, stays', async () => {
  const [sealed, ...batch] = await encryptor.encryptItems([one, two, one]);
  const [mine, other] = [sealed.item, batch[0].item];
  for (const [about, run] of [
    ['sealing', () => encryptor.encryptItem(one)],
    ['sealing a batch', () => encryptor.encryptItems([one, two])],
    ['opening', () => encryptor.decryptItem(mine)],
    ['resolveAttributes', () => resolveAttributes(table, one)],
    [
      'getNumberOfQueries',
      () => getNumberOfQueries({ people: table }, { TableName: 'people', ...query }),
    ],
    [
      'a scan',
      async () => assert.equal((await sent(sdk.ScanCommand, [mine, other], scan)).length, 1),
    ],
    [
      'a query',
      async () => assert.equal((await sent(sdk.QueryCommand, [other, mine], query)).length, 1),
    ],
    ['a scan that finds nothing', () => sent(sdk.ScanCommand, [other], scan)],
    ['opening what lacks beacons', () => openWithoutBeacons(encryptor, [mine, other], undefined)],
    [
      'an item that has another signed beacon',
      () =>
        assert.rejects(encryptor.encryptItem({ ...one, cohort: one.notes }), {
          code: 'BEACON_NOT_POSSIBLE',
        }),
    ],
    [
      'a request that is refused',
      () =>
        assert.rejects(
          sent(sdk.ScanCommand, [], {
            ...scan,
            FilterExpression: `ssn > :ssn AND ${FilterExpression}`,
          }),
          { code: 'TABLE_REQUEST_REFUSED' },
        ),
    ],
  ]) {
    const { wiped, down } = await stackAfter(() => core().memory, run);
    assert.deepEqual(found(SECRETS), [], about);
    assert.ok(wiped, `${about}: something was wiped`);
    assert.ok(down < 1024, `${about}: ${down} bytes down, something is left`);
  }
});

test('control: what is kept is found, and beacons are made with the keys that are looked for', async () => {
  assert.ok(found([['beacon key', beaconKey]]).length > 0);
  const { item } = await encryptor.encryptItem(one);
  const hash = createHmac('sha384', keyOf('ssn')).update(one.ssn.S).digest();
  assert.equal(item.aws_dbe_b_ssn.S, hash.toString('hex', 4, 8));
});
