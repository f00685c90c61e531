// Writes tests/vectors/tables/official-requests.json: what the official library makes of requests on encrypted tables, kept so
// that tests can do without it.
//
//   node tests/interop/pin-requests.mjs [--seed text]
//
// The choice of calls follows from the seed; ciphertexts do not, so that each run writes another file.

import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { judge } from './calls-judged.mjs';
import { DIFFERENCES } from './differences.mjs';
import { neededOracle } from './oracle.mjs';
import { Random } from './random.mjs';
import { randomCall } from './requests.mjs';

const ANSWERED = 100;
const REFUSED = 100;
const EACH_DIFFERENCE = 2;
const CALLS = 4000;
const MOST_BYTES = 2400;

const { values } = parseArgs({ options: { seed: { type: 'string' } } });
const seed = values.seed ?? 'official-requests';
const oracle = neededOracle();

const r = new Random(seed);
const judged = [];
for (let done = 0; done < CALLS; done += 200) {
  judged.push(
    ...(await judge(
      oracle,
      r.times(200, () => randomCall(r)),
    )),
  );
}
if (judged.some(({ problem }) => problem)) throw new Error('there are mismatches');

/** What a call is there for. */
function features({ made, ours, theirs }) {
  const { operation, used, faults, tables } = made;
  const about = `${operation} ${ours.verdict}`;
  const reason = /message: \\*"(.*?)\\*"/.exec(theirs.error ?? '')?.[1].replace(/[ :] .*/, '');
  return [
    `${about} ${reason}`,
    ...faults.map((fault) => `${about} ${fault}`),
    ...used.map(({ where, kind, nested, plain }) => `${about} ${where} ${kind} ${nested} ${plain}`),
    ...used.map(({ table, attribute }) => `${about} ${tables[table]?.actions[attribute]}`),
    ...Object.values(tables).map(({ plaintext_override: how }) => `${about} ${how}`),
    ...['ReturnValues', 'IndexName', 'Select'].map((name) => `${about} ${made.input[name]}`),
  ];
}

/** The calls that together show the most, small ones first. */
function choose(calls, count) {
  const seen = new Set();
  const small = calls
    .map((call) => ({ call, has: features(call), bytes: JSON.stringify(entryOf(call)).length }))
    .filter(({ bytes }) => bytes < MOST_BYTES)
    .sort((a, b) => a.bytes - b.bytes);
  const chosen = [];
  while (chosen.length < Math.min(count, small.length)) {
    const fresh = ({ has }) => has.filter((one) => !seen.has(one)).length;
    const rest = small.filter((one) => !chosen.includes(one));
    const best = rest.reduce((a, b) => (fresh(b) > fresh(a) ? b : a));
    // Everything was shown once: once more from the beginning.
    if (fresh(best) === 0) seen.clear();
    best.has.forEach((one) => seen.add(one));
    chosen.push(best);
  }
  return chosen.map(({ call }) => entryOf(call));
}

function entryOf({ made, theirs, difference }) {
  const { operation, tables, input, response } = made;
  const { verdict, answer } = theirs;
  return {
    ...(difference ? { difference } : {}),
    operation,
    tables,
    input,
    response,
    verdict,
    ...answer,
  };
}

const same = judged.filter(({ difference }) => !difference);
const is = (verdict) => same.filter(({ ours }) => (ours.verdict === 'given') === verdict);
const known = DIFFERENCES.flatMap(({ name }) =>
  choose(
    judged.filter(({ difference, theirs }) => difference === name && theirs.verdict !== 'crashed'),
    EACH_DIFFERENCE,
  ),
);
const lists = {
  answered: choose(is(true), ANSWERED),
  refused: choose(is(false), REFUSED),
  different: known,
};
const text = Object.entries(lists).map(
  ([name, list]) =>
    `${JSON.stringify(name)}: [\n${list.map((one) => JSON.stringify(one)).join(',\n')}\n]`,
);
const about = `By aws-db-esdk 1.3.0 (Rust): node tests/interop/pin-requests.mjs --seed ${seed}. Keys made for this file.`;
const json = `{\n"about": ${JSON.stringify(about)},\n${text.join(',\n')}\n}\n`;
const folder = new URL('../vectors/tables/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('official-requests.json', folder), json);
const counts = Object.entries(lists).map(([name, list]) => `${list.length} ${name}`);
console.log(`seed ${seed}: ${counts.join(', ')}, ${Buffer.byteLength(json)} bytes`);
