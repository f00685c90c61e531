// What searchable encryption costs, each beside the same without it: sealing with three beacons, writing a query with beacons, and
// looking through a scanned page of 1,000 items that are opened in any case. Items have 20 attributes, 10 of them encrypted,
// under suite 67 00, with branch keys and beacon keys that are in their caches.
//
//   make bench-search             (TURNS=…: how often the sides take turns)

import {
  ItemEncryptor,
  awsKmsHierarchicalKeyring,
  staticKeyStore,
} from '../pkg/entrypoints/index.js';
import { compoundBeacon, standardBeacon, virtualField } from '../pkg/entrypoints/tables.js';
// Internal: what the plugin does before a request and after it.
import { packedRequest, valuesOf } from '../pkg/dynamodb/expressions.js';
import { openFound } from '../pkg/search/found.js';
import { searchRequest } from '../pkg/search/request.js';
import { inTurns, median } from './turns.mjs';

const TURNS = Number(process.env.TURNS ?? 9);
const SAMPLE_MS = 200;
const PAGE = 1000;
const BATCH = 25;

const keyStore = staticKeyStore([
  {
    branchKeyId: 'shop',
    version: '11111111-2222-4333-8444-555555555555',
    branchKey: new Uint8Array(32).fill(1),
    beaconKey: new Uint8Array(32).fill(2),
  },
]);
const keySource = { type: 'single', branchKeyId: 'shop', cacheTtlSeconds: 3600 };

const encryptorOf = (search) =>
  new ItemEncryptor({
    logicalTableName: 'bench',
    partitionKeyName: 'pk',
    attributeActions: Object.fromEntries([
      ['pk', 'SIGN_ONLY'],
      ...Array.from({ length: 19 }, (_, i) => [
        `attribute${i}`,
        i < 10 ? 'ENCRYPT_AND_SIGN' : 'SIGN_ONLY',
      ]),
    ]),
    algorithmSuite: '6700',
    keyring: awsKmsHierarchicalKeyring({ keyStore, branchKeyId: 'shop', ttlSeconds: 3600 }),
    search: search && { keyStore, keySource, ...search },
  });
const standard = (...names) => names.map((name) => standardBeacon(name, { length: 16 }));

const plain = encryptorOf(undefined);
const three = encryptorOf({ standardBeacons: standard('attribute0', 'attribute1', 'attribute2') });
const kinds = encryptorOf({
  standardBeacons: standard('attribute0', 'lastFour'),
  virtualFields: [
    virtualField('lastFour', [
      { location: 'attribute1', transforms: [{ type: 'suffix', length: 4 }] },
    ]),
  ],
  compoundBeacons: [
    compoundBeacon('both', {
      split: '|',
      signedParts: [{ name: 'attribute10', prefix: 'S+' }],
      encryptedParts: [{ name: 'attribute0', prefix: 'E+' }],
    }),
  ],
});

const text = (name, i) => `${i}-${name}-`.padEnd(38, 'x');
const itemOf = (i) => ({
  pk: { S: `customer-${i}` },
  ...Object.fromEntries(
    Array.from({ length: 19 }, (_, n) => [
      `attribute${n}`,
      // Equal in all items: what is asked for below.
      { S: text(`attribute${n}`, n < 3 ? 0 : i) },
    ]),
  ),
});

const request = (parts, names) => ({
  ...parts,
  ExpressionAttributeValues: Object.fromEntries(
    names.map((name, i) => [`:v${i}`, { S: text(name, 0) }]),
  ),
});
const byBeacon = request(
  { IndexName: 'by-attribute0', KeyConditionExpression: 'attribute0 = :v0' },
  ['attribute0'],
);
const withFilter = request(
  {
    IndexName: 'by-attribute0',
    KeyConditionExpression: 'attribute0 = :v0',
    FilterExpression: 'attribute1 = :v1 AND (attribute2 = :v2 OR attribute10 > :v3)',
  },
  ['attribute0', 'attribute1', 'attribute2', 'attribute10'],
);
// All that is found was asked for: what is left out is not written out, and costs less.
const oneBeacon = request({ FilterExpression: 'attribute0 = :v0' }, ['attribute0']);
const threeBeacons = request(
  { FilterExpression: 'attribute0 = :v0 AND attribute1 = :v1 AND attribute2 = :v2' },
  ['attribute0', 'attribute1', 'attribute2'],
);

/** Prints the least and the median time, and both as a ratio to the first case; `of`: how many of what a run is. */
async function compare(title, of, cases) {
  const times = await inTurns(
    cases.map(([, run]) => run),
    TURNS,
    SAMPLE_MS,
  );
  console.log(`${title}: µs, minimum and median of ${TURNS} turns; ratio to the first`);
  const figures = times.map((all) => [Math.min(...all), median(all)]);
  const ratios = times.map((all) => median(all.map((time, turn) => time / times[0][turn])));
  for (const [i, [name]] of cases.entries()) {
    const micros = figures[i].map((ms) => ((ms * 1000) / of).toFixed(2).padStart(10));
    const least = (figures[i][0] / figures[0][0]).toFixed(3);
    console.log(`  ${name.padEnd(44)}`, ...micros, `  ${least}  ${ratios[i].toFixed(3)}`);
  }
}

const item = itemOf(0);
const batch = Array.from({ length: BATCH }, (_, i) => itemOf(i));
for (const [title, of, sealing] of [
  ['sealing an item', 1, (encryptor) => () => encryptor.encryptItem(item)],
  [`sealing ${BATCH} items at once, each`, BATCH, (one) => () => one.encryptItems(batch)],
]) {
  await compare(title, of, [
    ['without beacons', sealing(plain)],
    ['three standard beacons', sealing(three)],
    ['a standard, a virtual and a compound beacon', sealing(kinds)],
  ]);
}

const written = (asked) => () => searchRequest(three._object, 'Query', asked, undefined);
await compare('writing a query with beacons', 1, [
  ['a key condition', written(byBeacon)],
  ['a key condition and a filter of three tests', written(withFilter)],
]);

const page = (await three.encryptItems(Array.from({ length: PAGE }, (_, i) => itemOf(i)))).map(
  (sealed) => sealed.item,
);
const found = (asked) => async () => {
  const items = await openFound(three, [packedRequest(asked), valuesOf(asked)], page, undefined);
  if (!items.every((one) => one?.item)) throw new Error('items are missing');
};
const opened = async () => {
  const items = await three.decryptItems(page);
  if (items.length !== PAGE) throw new Error('items are missing');
};
await compare(`a page of ${PAGE} items, each`, PAGE, [
  ['opened', opened],
  ['opened and looked through for one beacon', found(oneBeacon)],
  ['opened and looked through for three beacons', found(threeBeacons)],
]);
