// A day of faults in a minute: 200 callers seal and open all the time, while a schedule throttles, fails, breaks, stalls, turns
// the service's clock, expires credentials, and takes a Region away. Prints what happened; every call must end, nothing that was
// sealed may be lost, and only what cannot be had may fail. With `sdk` the AWS SDK makes the same calls on the same schedule.
//
//   node tests/load/day.mjs <callers> <milliseconds of a phase> [ours|sdk]

import { startDevKms } from '../../pkg/testing/index.js';
import * as clients from './day-clients.mjs';

const [callers = 200, phaseMs = 2500] = process.argv.slice(2, 4).map(Number);
const { [process.argv[4] ?? 'ours']: clientsOf, counts } = clients;
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
let gone = false;
const seal = clientsOf({ near, far, keys, credentials: provider, gone: () => gone });

/** So often a second for each caller: faults strike as large a part of the calls, however many callers there are. */
const every = (often, act) => setInterval(act, 1000 / (often * callers));
const quota = 0.75 * callers;
const SCHEDULE = {
  morning: () => {},
  throttling: () => near.faults.limitRate(quota),
  'errors of the service': () => every(0.25, () => near.faults.failNext(2, 503)),
  'connections that break': () => every(0.25, () => near.faults.dropNext(2)),
  stalls: () => every(0.1, () => far.faults.hangNext(1)),
  'a clock that is turned': () => void (skewMs = 3_600_000),
  'tokens that expire': () =>
    every(0.1, () => near.faults.failNext(1, 400, { errorName: 'ExpiredTokenException' })),
  'a Region that is away': () => void (gone = true),
  'all at once': () => {
    near.faults.limitRate(quota);
    return every(0.1, () => (near.faults.failNext(1, 500), near.faults.dropNext(1)));
  },
  evening: () => {},
};

const phases = {};
let phase = '';
let over = false;
const kept = [];
let slowestMs = 0;
const ends = (name) => {
  const counted = (phases[phase] ??= {});
  counted[name] = (counted[name] ?? 0) + 1;
};
const caller = async (number) => {
  // They do not come all at once.
  await new Promise((resolve) => setTimeout(resolve, (1000 * number) / callers));
  for (let i = 0; !over; i++) {
    const item = { id: { S: `${number}-${i}` }, text: { S: `text ${i}` } };
    const began = performance.now();
    try {
      const sealed = await seal(item);
      ends(sealed.keys === 2 ? 'sealed by both' : 'sealed by one');
      kept.push(sealed);
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
const day = { ...counts };

// Everything that was sealed opens.
const tried = kept.filter((_, i) => i % 5 === 0);
let opened = 0;
for (const { open } of tried) opened += Number(await open());
await Promise.all([near.close(), far.close()]);
console.log(
  JSON.stringify({
    phases,
    kept: kept.length,
    tried: tried.length,
    opened,
    ...day,
    slowestMs: Math.round(slowestMs),
  }),
);
// The SDK keeps its connections.
process.exit();
