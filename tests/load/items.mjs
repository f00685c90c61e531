// Seals and opens many items, one at a time and in batches, under a raw key and under cached branch keys, and prints
// how memory grew after the first tenth.
//
//   node --expose-gc tests/load/items.mjs <items>

// Internal: linear memory.
import { core } from '../../pkg/core/core.js';
import {
  ItemEncryptor,
  awsKmsHierarchicalKeyring,
  rawAesKeyring,
  staticKeyStore,
} from '../../pkg/entrypoints/index.js';

const total = Number(process.argv[2]);
const BATCH = 100;

// Time goes with the items, a millisecond each, so that branch keys are renewed at the same ones in every run. By the machine's
// clock, what lies where in linear memory differed from run to run: now and then the first tenth did with less of it than
// the largest batch needs when a key has been renewed, and 256 KiB were taken later, once.
let now = 0;
const started = Date.now();
performance.now = () => now;
Date.now = () => started + now;

const branchKey = {
  branchKeyId: 'branch',
  version: 'e9ce18a3-edb5-4272-9f86-1cacb7997ff6',
  branchKey: new Uint8Array(32).fill(1),
};
const keyrings = [
  rawAesKeyring({ keyNamespace: 'n', keyName: 'k', wrappingKey: new Uint8Array(32).fill(2) }),
  awsKmsHierarchicalKeyring({
    keyStore: staticKeyStore([branchKey]),
    branchKeyId: 'branch',
    ttlSeconds: 1,
  }),
];
const encryptors = keyrings.map(
  (keyring) =>
    new ItemEncryptor({
      logicalTableName: 'table',
      partitionKeyName: 'id',
      attributeActions: { id: 'SIGN_ONLY', name: 'ENCRYPT_AND_SIGN', photo: 'ENCRYPT_AND_SIGN' },
      // Without signatures, which would take most of the time.
      algorithmSuite: '6700',
      keyring,
    }),
);

const item = (i) => ({
  id: { S: `item ${i}` },
  name: { S: 'n'.repeat(i % 100) },
  photo: { B: new Uint8Array(i % 2000) },
});

function check(opened, i) {
  const { id, photo } = opened;
  if (id.S !== `item ${i}` || photo.B.length !== i % 2000)
    throw new Error(`item ${i} came back as another`);
}

async function run(from, to) {
  for (let i = from; i < to; i += 2 * BATCH) {
    const encryptor = encryptors[(i / (2 * BATCH)) % encryptors.length];
    for (let k = i; k < i + BATCH; k++) {
      now++;
      const sealed = await encryptor.encryptItem(item(k));
      check((await encryptor.decryptItem(sealed.item)).item, k);
    }
    const numbers = Array.from({ length: BATCH }, (_, k) => i + BATCH + k);
    const sealed = await encryptor.encryptItems(numbers.map(item));
    now += BATCH;
    const opened = await encryptor.decryptItems(sealed.map((result) => result.item));
    opened.forEach((result, k) => check(result.item, numbers[k]));
    // What is due besides: timers of caches, finalizers.
    if (i % 10_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

function measure() {
  globalThis.gc();
  const { rss, heapUsed } = process.memoryUsage();
  return { resident: rss, heap: heapUsed, linear: core().memory.length };
}

const tenth = Math.floor(total / 10);
await run(0, tenth);
const before = measure();
await run(tenth, total);
const after = measure();
const growth = Object.fromEntries(
  Object.entries(after).map(([name, bytes]) => [name, bytes - before[name]]),
);
console.log(JSON.stringify({ total, before, growth }));
