// Sealing, opening and resealing many items in worker threads, beside the same in one: items of 20 attributes, 10 of them
// encrypted. The two take turns; what counts is the ratio, by the clock, which is what threads are for. Beside it the processor
// time of both: on a machine that is busy with other things, the clock says little.
//
//   make bench-workers            (THREADS=…, ITEMS=…, TURNS=…)

import { availableParallelism, loadavg } from 'node:os';

import { ItemEncryptor, rawAesKeyring } from '../pkg/entrypoints/index.js';
import { startItemWorkers } from '../pkg/entrypoints/workers.js';
import { aesKey, sample } from './sample.mjs';
import { median } from './turns.mjs';

const TURNS = Number(process.env.TURNS || 9);
const ITEMS = Number(process.env.ITEMS || 10_000);
const THREADS = Number(process.env.THREADS || availableParallelism());

const { item, table } = sample();
const one = new ItemEncryptor({ ...table, keyring: rawAesKeyring(aesKey) });
const keyring = { type: 'rawAes', ...aesKey };
const many = await startItemWorkers({ ...table, threads: THREADS, keyring });

const items = Array.from({ length: ITEMS }, () => item);
const sealed = (await one.encryptItems(items)).map((result) => result.item);
const cases = {
  seal: (encryptor) => encryptor.encryptItems(items),
  open: (encryptor) => encryptor.decryptItems(sealed),
  reseal: (encryptor) => encryptor.resealItems(sealed),
};

/** Milliseconds by the clock and of all processors. */
async function timed(run) {
  const before = process.cpuUsage();
  const start = performance.now();
  await run();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  return { wall, cpu: (user + system) / 1000 };
}

const load = () =>
  loadavg()
    .map((figure) => figure.toFixed(1))
    .join(', ');
console.log(`${ITEMS} items, ${THREADS} threads, ${TURNS} turns; load before: ${load()}`);
console.log(
  'µs an item: minimum, median   one thread        workers   ratio (minima, medians)   cpu',
);
for (const [name, run] of Object.entries(cases)) {
  const times = { one: [], many: [] };
  for (let turn = -1; turn < TURNS; turn++) {
    const direct = await timed(() => run(one));
    const shared = await timed(() => run(many));
    // The first turn warms up.
    if (turn < 0) continue;
    times.one.push(direct);
    times.many.push(shared);
  }
  const figures = (side, clock) => {
    const all = times[side].map((time) => (time[clock] * 1000) / ITEMS);
    return { least: Math.min(...all), middle: median(all) };
  };
  const [direct, shared] = [figures('one', 'wall'), figures('many', 'wall')];
  const cpu = figures('many', 'cpu').middle / figures('one', 'cpu').middle;
  const both = ({ least, middle }) => `${least.toFixed(1)}, ${middle.toFixed(1)}`.padStart(15);
  const ratios = ['least', 'middle'].map((what) => `${(direct[what] / shared[what]).toFixed(2)}x`);
  console.log(
    `${name.padEnd(26)}${both(direct)}${both(shared)}   ${ratios.join(', ').padEnd(22)}  ${cpu.toFixed(2)}`,
  );
}
console.log(`load after: ${load()}`);
await many.close();
