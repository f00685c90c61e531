// The product's cores take the same way through code and memory whatever their secrets are: README.md.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Worker } from 'node:worker_threads';

import { ITEM_CASES, OTHER_CASES, UNEQUAL_CASES } from './cases.mjs';
import { instrument } from './instrument.mjs';

/** Runs of each case, each with secrets and randomness of its own. */
const RUNS = Number(process.env.RUNS ?? 8);

function run(workerData) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** The first event in which two runs differ, by bisection: where it is, and its number. */
async function firstDifference({ sites, ...core }, name, [one, other], step) {
  const at = async (seed, event) => {
    const { steps } = await run({ ...core, name, seed, stopAt: { step, event } });
    return steps[step];
  };
  let [same, different] = [0, Math.min(one.steps[step].events, other.steps[step].events)];
  while (different - same > 1) {
    const middle = (same + different) >> 1;
    const [a, b] = [await at(one.seed, middle), await at(other.seed, middle)];
    if (a.there === b.there) same = middle;
    else different = middle;
  }
  const { site } = await at(one.seed, same);
  return `event ${same}: ${sites[site]}`;
}

/** Where runs of a case take different ways though they are alike in what is public; the number of comparisons. */
async function compare(core, name) {
  const { sites, ...rest } = core;
  const alike = new Map();
  const differences = [];
  let comparisons = 0;
  for (let seed = 0; seed < RUNS; seed++) {
    const result = { seed, ...(await run({ ...rest, name, seed })) };
    const first = alike.get(result.shape) ?? result;
    alike.set(result.shape, first);
    for (const [i, step] of result.steps.entries()) {
      assert.ok(step.events > 1000, `${name}: ${step.about} left a trace`);
      if (first === result) continue;
      comparisons += 1;
      const expected = first.steps[i];
      if (step.events === expected.events && step.hash === expected.hash) continue;
      const where = await firstDifference(core, name, [first, result], i);
      differences.push(`${step.about}: ${where}`);
    }
  }
  return { differences, comparisons };
}

for (const [entry, wasm, cases] of [
  ['slim', 'core.wasm', { ...ITEM_CASES, ...OTHER_CASES }],
  ['items-slim', 'items.wasm', ITEM_CASES],
]) {
  let core;
  let compared = 0;
  before(async () => {
    const { binary, sites } = instrument(
      readFileSync(new URL(`../../pkg/${wasm}`, import.meta.url)),
    );
    core = { entry, module: await WebAssembly.compile(binary), sites };
  });
  for (const name of Object.keys(cases)) {
    test(`${wasm}: ${name}`, async () => {
      const { differences, comparisons } = await compare(core, name);
      assert.deepEqual(differences, []);
      assert.ok(comparisons > 0, 'runs that are alike in what is public: more RUNS');
      compared += comparisons;
    });
  }
  for (const name of Object.keys(UNEQUAL_CASES)) {
    test(`${wasm}: ${name} are told apart`, async () => {
      const { differences } = await compare(core, name);
      assert.ok(differences.length > 0);
      for (const difference of differences) assert.match(difference, /event \d+: \w+ in /);
    });
  }
  after(() => console.log(`${wasm}: ${compared} of ${compared} traces identical`));
}
