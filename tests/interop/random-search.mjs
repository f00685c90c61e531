// Random searched tables, items and requests through the package and the official library (README.md): the same attributes added
// to items, the same request or refusal, the same number of queries, the same items and count back.
//
//   node tests/interop/random-search.mjs [--count 5000] [--seed text]

import { parseArgs } from 'node:util';

import { neededOracle } from './oracle.mjs';
import { Random } from './random.mjs';
import { newSeed } from './search-cases.mjs';
import { SEARCH_DIFFERENCES } from './differences.mjs';
import { judgeTables } from './search-judged.mjs';

const ROUND = 100;
const MOST_SHOWN = 8;

const { values } = parseArgs({
  options: { count: { type: 'string' }, seed: { type: 'string' } },
});
const count = Number(values.count ?? 5000);
const seed = values.seed ?? newSeed();
console.log(`seed ${seed}, ${count} searched tables`);
const oracle = neededOracle();

const r = new Random(`${seed}/search`);
const tally = new Map();
const add = (key, n = 1) => tally.set(key, (tally.get(key) ?? 0) + n);
const n = (...keys) => keys.reduce((sum, key) => sum + (tally.get(key) ?? 0), 0);
let mismatches = 0;
for (let done = 0; done < count && mismatches < MOST_SHOWN; done += ROUND) {
  for (const one of await judgeTables(oracle, r, Math.min(ROUND, count - done))) {
    const { kind, ours, theirs, problem, difference } = one;
    add(`${kind} ${ours.verdict}`);
    if (one.proved) add('proved');
    if (ours.items?.length > 0) add('items', ours.items.length);
    if (difference) add(`difference ${difference}`);
    else if (!problem) add(`${kind} ${ours.verdict} by both`);
    if (!problem) continue;
    mismatches++;
    if (mismatches > MOST_SHOWN) continue;
    const { made, item, request } = one;
    const about = {
      made: { faults: made.faults, config: made.config },
      item,
      request,
      ours,
      theirs,
    };
    console.log(`MISMATCH ${problem}\n${JSON.stringify(about, null, 1)}`);
  }
}

for (const [kind, what] of [
  ['configuration', 'configurations'],
  ['item', 'items sealed'],
  ['resolved', 'items resolved'],
  ['queries', 'numbers of queries'],
  ['request', 'requests'],
]) {
  const [given, refused] = [n(`${kind} given`), n(`${kind} refused`)];
  const same = n(
    ...['given', 'refused', 'not opened'].map((verdict) => `${kind} ${verdict} by both`),
  );
  const late = n(`${kind} not opened`);
  console.log(
    `${given + refused + late} ${what}: ${given} accepted, ${refused} refused${late ? `, ${late} not opened` : ''}; ${same} the same by both`,
  );
}
console.log(
  `  ${n('items')} items came back; of ${n('proved')} requests they are those that a model finds in plaintext`,
);
for (const { name, reason } of SEARCH_DIFFERENCES) {
  console.log(`  known difference, ${n(`difference ${name}`)} times: ${name}: ${reason}`);
}
console.log(`  ${mismatches} mismatches`);
console.log(mismatches ? `FAILED with seed ${seed}` : 'ok');
process.exit(mismatches ? 1 : 0);
