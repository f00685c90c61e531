// Random requests on random tables through the plugin and the official library (README.md): the same request or the same
// refusal, the same output.
//
//   node tests/interop/random-requests.mjs [--count 3000] [--seed text]

import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';

import { judge } from './calls-judged.mjs';
import { DIFFERENCES } from './differences.mjs';
import { neededOracle } from './oracle.mjs';
import { Random } from './random.mjs';
import { randomCall } from './requests.mjs';

const ROUND = 200;
const MOST_SHOWN = 8;

const { values } = parseArgs({
  options: { count: { type: 'string' }, seed: { type: 'string' } },
});
const count = Number(values.count ?? 3000);
const seed = values.seed ?? randomBytes(6).toString('hex');
console.log(`seed ${seed}, ${count} requests on encrypted tables`);
const oracle = neededOracle();

const r = new Random(`${seed}/requests`);
const tally = new Map();
const explained = new Map();
const add = (counts, key, n = 1) => counts.set(key, (counts.get(key) ?? 0) + n);
let mismatches = 0;
for (let done = 0; done < count && mismatches < MOST_SHOWN; done += ROUND) {
  const calls = r.times(Math.min(ROUND, count - done), () => randomCall(r));
  for (const { made, ours, theirs, problem, difference, checked } of await judge(oracle, calls)) {
    add(tally, 'calls');
    add(tally, ours.verdict);
    add(tally, 'items sealed here and opened there', checked);
    if (difference) add(explained, difference);
    if (!problem) continue;
    mismatches++;
    if (mismatches > MOST_SHOWN) continue;
    console.log(`MISMATCH ${problem}\n${JSON.stringify({ ours, theirs, made }, null, 1)}`);
  }
}

const n = (key) => tally.get(key) ?? 0;
console.log(
  `${n('calls')} calls: ${n('given')} answered, ${n('refused')} refused before they are sent, ${n('not opened')} not opened`,
);
console.log(`  ${n('items sealed here and opened there')} items sealed here were opened there`);
for (const { name, reason } of DIFFERENCES) {
  console.log(`  known difference, ${explained.get(name) ?? 0} times: ${name}: ${reason}`);
}
console.log(`  ${mismatches} mismatches`);
console.log(mismatches ? `FAILED with seed ${seed}` : 'ok');
process.exit(mismatches ? 1 : 0);
