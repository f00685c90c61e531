// `search` of a table as callers may give it: what it does not take is refused when the table is configured, by its place.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ItemEncryptor } from '../../pkg/entrypoints/index.js';
import {
  compoundBeacon,
  encryptedTables,
  getNumberOfQueries,
  resolveAttributes,
  standardBeacon,
} from '../../pkg/entrypoints/tables.js';
import { people, texts } from './search-support.mjs';
import { refused } from './support.mjs';

const make = (change) => encryptedTables({ tables: { people: people({}, change) } });
const beacons = (...all) => ({ standardBeacons: [standardBeacon('ssn', { length: 8 }), ...all] });
const only = (more) => ({
  ...beacons(),
  virtualFields: undefined,
  compoundBeacons: undefined,
  ...more,
});
const part = { name: 'ssn', prefix: 'S-' };
const compound = (more) =>
  only({ compoundBeacons: [{ name: 'c', split: '.', encryptedParts: [part], ...more }] });
const virtual = (parts) =>
  only({ ...beacons(standardBeacon('v', { length: 8 })), virtualFields: [{ name: 'v', parts }] });
const transform = (one) => virtual([{ location: 'ssn', transforms: [one] }, { location: 'city' }]);
const source = (more) =>
  only({ keySource: { type: 'single', branchKeyId: 'people', cacheTtlSeconds: 60, ...more } });

test('what these cases are made of is taken', () => {
  const valid = [
    only(),
    compound(),
    transform({ type: 'upper' }),
    transform({ type: 'segments', split: '-', low: -2, high: 2 }),
    source(),
  ];
  for (const given of valid) make((usual) => ({ ...usual, ...given }));
});

/** Its place, what is given, and the rule. */
const WRONG = [
  ['search', only({ beacons: [] }), 'Q2'],
  ['search.standardBeacons', only({ standardBeacons: 'ssn' }), 'Q2'],
  ['search.standardBeacons', only({ standardBeacons: { 0: part } }), 'Q2'],
  ['standard', only({ standardBeacons: [] }), 'Q2'],
  ['search.standardBeacons[1]', only(beacons({ name: 'city', length: 8, bits: 8 })), 'Q8'],
  ['search.standardBeacons[1]', only(beacons('city')), 'Q8'],
  ['search.standardBeacons[1].name', only(beacons({ name: 1, length: 8 })), 'Q8'],
  [
    'search.standardBeacons[1].location',
    only(beacons({ name: 'x', length: 8, location: 1 })),
    'Q8',
  ],
  ...[0, 64, -1, 1.5, NaN, '8', undefined, null, 8n].map((length) => [
    'search.standardBeacons[1].length',
    only(beacons({ name: 'city', length })),
    'Q8',
  ]),
  ...[{ type: 'hashed' }, 'asSet', { type: 'asSet', other: 'x' }, { type: 'shared' }, {}].map(
    (style) => [
      'search.standardBeacons[1].style',
      only(beacons({ name: 'city', length: 8, style })),
      'Q9',
    ],
  ),
  [
    'numberOfPartitions',
    only(beacons({ name: 'city', length: 8, numberOfPartitions: 1.5 })),
    'Q22',
  ],
  ['search.maximumNumberOfPartitions', only({ maximumNumberOfPartitions: '2' }), 'Q22'],
  ['maximumNumberOfPartitions', only({ maximumNumberOfPartitions: 0 }), 'Q22'],
  ['maximumNumberOfPartitions', only({ maximumNumberOfPartitions: 256 }), 'Q22'],
  ['maximumNumberOfPartitions', only({ maximumNumberOfPartitions: 2 ** 32 + 2 }), 'Q22'],
  ['defaultNumberOfPartitions', only({ defaultNumberOfPartitions: 1 }), 'Q22'],
  ['search.partitionSelector', only({ partitionSelector: 1 }), 'Q23'],
  ['search.compoundBeacons[0]', compound({ parts: [] }), 'Q13'],
  ['search.compoundBeacons[0].split', compound({ split: '' }), 'Q13'],
  ['search.compoundBeacons[0].split', compound({ split: '..' }), 'Q13'],
  ['search.compoundBeacons[0].split', compound({ split: 1 }), 'Q13'],
  [
    'search.compoundBeacons[0].encryptedParts[0]',
    compound({ encryptedParts: [{ ...part, location: 'x' }] }),
    'Q13',
  ],
  [
    'search.compoundBeacons[0].encryptedParts[0].prefix',
    compound({ encryptedParts: [{ name: 'ssn' }] }),
    'Q13',
  ],
  [
    'search.compoundBeacons[0].signedParts[0].location',
    compound({ signedParts: [{ name: 'country', prefix: 'C-', location: 1 }] }),
    'Q13',
  ],
  ['search.compoundBeacons[0].constructors', compound({ constructors: [] }), 'Q15'],
  ['search.compoundBeacons[0].constructors[0].parts', compound({ constructors: [{}] }), 'Q15'],
  [
    'search.compoundBeacons[0].constructors[0]',
    compound({ constructors: [[{ name: 'ssn' }]] }),
    'Q15',
  ],
  ['required', compound({ constructors: [{ parts: [{ name: 'ssn', required: 1 }] }] }), 'Q15'],
  ['search.virtualFields[0].parts', virtual(undefined), 'Q19'],
  ['search.virtualFields[0].parts[0].location', virtual([{}]), 'Q19'],
  ['search.virtualFields[0].parts[0].transforms[0].type', transform({ type: 'trim' }), 'Q20'],
  ['search.virtualFields[0].parts[0].transforms[0].type', transform({ type: 'toString' }), 'Q20'],
  ['search.virtualFields[0].parts[0].transforms[0].type', transform('upper'), 'Q20'],
  [
    'search.virtualFields[0].parts[0].transforms[0]',
    transform({ type: 'upper', length: 1 }),
    'Q20',
  ],
  ...[1.5, '1', 2 ** 31, NaN, undefined].map((length) => [
    'search.virtualFields[0].parts[0].transforms[0].length',
    transform({ type: 'suffix', length }),
    'Q20',
  ]),
  [
    'search.virtualFields[0].parts[0].transforms[0].split',
    transform({ type: 'segment', split: '', index: 0 }),
    'Q20',
  ],
  ['search.virtualFields[0].parts[0].transforms[0].literal', transform({ type: 'insert' }), 'Q20'],
  ['search.keySource', only({ keySource: undefined }), 'Q32'],
  ['search.keySource', source({ type: 'double' }), 'Q32'],
  ['search.keySource', source({ keyFieldName: 'x' }), 'Q32'],
  ['search.keySource.branchKeyId', source({ branchKeyId: 1 }), 'Q32'],
  ['search.keySource.cacheTtlSeconds', source({ cacheTtlSeconds: 0 }), 'Q32'],
  ['search.keySource.cacheTtlSeconds', source({ cacheTtlSeconds: undefined }), 'Q32'],
  ['search.keySource.partitionId', source({ partitionId: 1 }), 'Q32'],
  ['search.keySource', source({ onEvent() {}, cache: 'none' }), 'Q32'],
];
for (const [place, given, rule] of WRONG)
  test(`${rule}: ${place} of ${JSON.stringify(given[place.split(/[.[]/)[1]] ?? {}, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))} is refused`, async () => {
    const error = await refused(() => make((usual) => ({ ...usual, ...given })), {
      table: 'people',
    });
    assert.match(error.code, /^INVALID_(CONFIG|ARGUMENT)$/, error.stack);
    assert.ok(error.message.includes(place), error.message);
  });

test('search that is none is refused', async () => {
  for (const search of [null, 0, '', false, 1, 'x', [], () => {}]) {
    const table = { ...people(), search };
    await refused(() => new ItemEncryptor(table), {});
  }
  await refused(() => make((usual) => ({ ...usual, keyStore: {} })), {});
  await refused(() => make(({ keyStore: _, ...usual }) => usual), {});
});

test('Q1: a table has one configuration of its search, and no number of a version', async () => {
  make((usual) => usual);
  for (const change of [
    (usual) => [usual],
    (usual) => ({ versions: [usual], writeVersion: 1 }),
    (usual) => ({ ...usual, version: 1 }),
    (usual) => ({ ...usual, writeVersion: 1 }),
  ]) {
    const error = await refused(() => make(change), { table: 'people' });
    assert.match(error.code, /^INVALID_(CONFIG|ARGUMENT)$/, error.stack);
    assert.match(error.message, /search/);
  }
});

/** What is needed, and nothing else. */
const least = ({ keyStore, keySource }) => ({
  keyStore,
  keySource,
  standardBeacons: [standardBeacon('ssn', { length: 32 })],
});
const bySsn = {
  TableName: 'people',
  KeyConditionExpression: 'ssn = :v',
  ExpressionAttributeValues: texts({ v: '1' }),
};
const beaconsOf = async (table, count) => {
  const item = { id: { S: 'a' }, ssn: { S: '1' } };
  const sealed = await new ItemEncryptor(table).encryptItems(Array(count).fill(item));
  return sealed.map((one) => one.item);
};

test('Q2: what is not given has its default', async () => {
  const table = people({}, least);
  const sealed = await beaconsOf(table, 20);
  const names = Object.keys(sealed[0]).sort();
  assert.deepEqual(names, ['aws_dbe_b_ssn', 'aws_dbe_foot', 'aws_dbe_head', 'id', 'ssn']);
  // One partition: a value has one beacon, and one query finds it.
  assert.equal(new Set(sealed.map((item) => item.aws_dbe_b_ssn.S)).size, 1);
  assert.equal(getNumberOfQueries({ people: table }, bySsn), 1);
  const resolved = resolveAttributes(table, { id: { S: 'a' }, ssn: { S: '1' } });
  assert.deepEqual(resolved, { virtualFields: {}, compoundBeacons: {} });
  // Of several, each beacon is in all of them, and items go to one at random.
  const spread = people({}, (usual) => ({ ...least(usual), maximumNumberOfPartitions: 3 }));
  assert.equal(getNumberOfQueries({ people: spread }, bySsn), 3);
  const beacons = (await beaconsOf(spread, 200)).map((item) => item.aws_dbe_b_ssn.S);
  assert.equal(new Set(beacons).size, 3);
});

for (const name of ['keyStore', 'keySource', 'standardBeacons'])
  test(`Q2: without ${name} there is no search`, async () => {
    const error = await refused(() => make((usual) => ({ ...least(usual), [name]: undefined })), {
      table: 'people',
    });
    assert.match(error.code, /^INVALID_(CONFIG|ARGUMENT)$/, error.stack);
    assert.match(error.message, name === 'standardBeacons' ? /standard beacon/ : RegExp(name));
  });

test('Q32: by default a beacon key is kept in a cache of its own', async () => {
  const events = [];
  const table = () =>
    people({}, (usual) => ({
      ...least(usual),
      keySource: { ...usual.keySource, onEvent: (event) => events.push(event) },
    }));
  const first = new ItemEncryptor(table());
  const item = { id: { S: 'a' }, ssn: { S: '1' } };
  for (let i = 0; i < 3; i++) await first.encryptItem(item);
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['miss', 'fetched', 'hit', 'hit'],
  );
  for (const { materials, branchKeyId } of events)
    assert.deepEqual([materials, branchKeyId], ['beaconKey', 'people']);
  // Another one has another cache, and in it a partition that no other has.
  await new ItemEncryptor(table()).encryptItem(item);
  assert.deepEqual(
    events.slice(4).map(({ kind }) => kind),
    ['miss', 'fetched'],
  );
  const partitions = events.map(({ partitionId }) => partitionId);
  assert.equal(new Set(partitions).size, 2, 'partitions');
});

test('a name that is given twice is refused', () => {
  const wanted = { code: 'INVALID_ARGUMENT', message: /'a' has another name/ };
  assert.throws(() => standardBeacon('a', { name: 'b', length: 8 }), wanted);
  assert.throws(() => compoundBeacon('a', { name: 'a', split: '.' }), wanted);
});
