// A day of faults in a minute: 200 callers seal and open all the time, while a schedule throttles, fails, breaks, stalls, turns
// the service's clock, expires credentials, and takes a Region away. Prints what happened; every call must end, nothing that was
// sealed may be lost, and only what cannot be had may fail.
//
//   node tests/load/day.mjs <callers> <milliseconds of a phase>

import {
  awsKmsKeyring,
  ItemEncryptor,
  KmsClient,
  multiKeyring,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';

const [callers = 200, phaseMs = 2500] = process.argv.slice(2).map(Number);
const credentials = ['ONE', 'TWO'].map((id) => ({
  accessKeyId: `AKID${id}`,
  secretAccessKey: 'secret',
}));

let skewMs = 0;
const now = () => new Date(Date.now() + skewMs);
const start = (region) => startDevKms({ region, credentials, now });
const [near, far] = [await start('eu-central-1'), await start('eu-west-1')];
const keys = [await near.createKey(), await far.createKey()];

/** Other credentials each time that it is asked by force. */
function provider() {
  let asked = 0;
  return async ({ forceRefresh } = {}) => credentials[(asked += Number(forceRefresh ?? 0)) % 2];
}

const reasons = {};
let sent = 0;
let calls = 0;
const clientOf = (dev, fetch) =>
  new KmsClient({
    endpoint: dev.url,
    region: dev.region,
    credentials: provider(),
    timeoutMs: 2_000,
    operationTimeoutMs: 10_000,
    maxAttempts: 4,
    ...(fetch && { fetch }),
    onEvent: ({ attempts, repetitions = [] }) => {
      calls += 1;
      sent += attempts;
      for (const { reason } of repetitions) reasons[reason] = (reasons[reason] ?? 0) + 1;
    },
  });
let gone = false;
const lost = async (url, init) => {
  if (gone) throw new TypeError('fetch failed');
  return fetch(url, init);
};
const encryptor = new ItemEncryptor({
  logicalTableName: 'day',
  partitionKeyName: 'id',
  attributeActions: { id: 'SIGN_ONLY', text: 'ENCRYPT_AND_SIGN' },
  algorithmSuite: '6700',
  keyring: multiKeyring({
    generator: awsKmsKeyring({ kms: clientOf(near), generatorKeyId: keys[0].arn }),
    children: [awsKmsKeyring({ kms: clientOf(far, lost), keyIds: [keys[1].arn] })],
    onUnavailableChild: 'skip',
  }),
});

const every = (ms, act) => setInterval(act, ms);
const SCHEDULE = {
  morning: () => {},
  throttling: () => near.faults.limitRate(150),
  'errors of the service': () => every(20, () => near.faults.failNext(2, 503)),
  'connections that break': () => every(20, () => near.faults.dropNext(2)),
  stalls: () => every(50, () => far.faults.hangNext(1)),
  'a clock that is turned': () => void (skewMs = 3_600_000),
  'tokens that expire': () =>
    every(50, () => near.faults.failNext(1, 400, { errorName: 'ExpiredTokenException' })),
  'a Region that is away': () => void (gone = true),
  'all at once': () => {
    near.faults.limitRate(150);
    return every(50, () => (near.faults.failNext(1, 500), near.faults.dropNext(1)));
  },
  evening: () => {},
};

const phases = {};
let phase = '';
let over = false;
const kept = [];
let slowestMs = 0;
const ends = (name) => {
  const counts = (phases[phase] ??= {});
  counts[name] = (counts[name] ?? 0) + 1;
};
const caller = async (number) => {
  for (let i = 0; !over; i++) {
    const item = { id: { S: `${number}-${i}` }, text: { S: `text ${i}` } };
    const began = performance.now();
    try {
      const sealed = await encryptor.encryptItem(item);
      ends(sealed.header.encryptedDataKeys.length === 2 ? 'sealed by both' : 'sealed by one');
      kept.push({ item, sealed: sealed.item });
    } catch (error) {
      ends(error.code ?? error.name);
    }
    slowestMs = Math.max(slowestMs, performance.now() - began);
    // A caller has other things to do.
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
};
const all = Promise.all(Array.from({ length: callers }, (_, number) => caller(number)));
for (const [name, arm] of Object.entries(SCHEDULE)) {
  phase = name;
  const timer = arm();
  await new Promise((resolve) => setTimeout(resolve, phaseMs));
  clearInterval(timer);
  for (const dev of [near, far]) dev.faults.clear();
  gone = false;
}
over = true;
await all;

// Everything that was sealed opens.
let opened = 0;
for (const { item, sealed } of kept.filter((_, i) => i % 5 === 0)) {
  const { item: found } = await encryptor.decryptItem(sealed);
  opened += Number(JSON.stringify(found) === JSON.stringify(item));
}
await Promise.all([near.close(), far.close()]);
console.log(
  JSON.stringify({
    phases,
    kept: kept.length,
    tried: Math.ceil(kept.length / 5),
    opened,
    calls,
    sent,
    reasons,
    slowestMs: Math.round(slowestMs),
  }),
);
