// `search` of a table as callers may give it: what it does not take is refused when the table is configured, by its place.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ItemEncryptor } from '../../pkg/entrypoints/index.js';
import { encryptedTables, standardBeacon } from '../../pkg/entrypoints/tables.js';
import { people } from './search-support.mjs';
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
