// Writes tests/vectors/tables/official-search.json: what the official library makes of searched tables, their items and requests on them,
// kept so that tests can do without it.
//
//   node tests/interop/pin-search.mjs [--seed text]
//
// The choice of tables follows from the seed; ciphertexts do not, so that each run writes another file.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { testsOf } from './condition-model.mjs';
import { neededOracle } from './oracle.mjs';
import { Random } from './random.mjs';
import { SEARCH_DIFFERENCES } from './differences.mjs';
import { judgeTables } from './search-judged.mjs';
import { beaconOf } from './search-model.mjs';

const TABLES = 600;
const ANSWERED = 100;
const REFUSED = 100;

const { values } = parseArgs({ options: { seed: { type: 'string' } } });
const seed = values.seed ?? 'official-search';
const oracle = neededOracle();

const r = new Random(seed);
const judged = [];
for (let done = 0; done < TABLES; done += 100) {
  judged.push(...(await judgeTables(oracle, r, 100, 6)));
}
if (judged.some(({ problem }) => problem)) throw new Error('there are mismatches');

/** Why the official library refuses, without what differs from case to case. */
const reasonOf = ({ error }) =>
  error &&
  (/message: \\*"(.*?)\\*"/.exec(error)?.[1] ?? error).replace(/[ :].*? /, ' ').slice(0, 40);
/** What an entry is there for. */
function features({ kind, made, request, asked, ours, theirs, difference }) {
  const about = `${kind} ${theirs.verdict} ${difference ?? ''}`;
  const tests = asked?.trees.flatMap(testsOf) ?? [];
  const kindOf = (test) => {
    const beacon = test.args[0].path && beaconOf(made, test.args[0]);
    const of = beacon?.split
      ? 'compound'
      : beacon
        ? Object.keys(beacon.style ?? { plain: 1 })[0]
        : 'attribute';
    return `${about} ${request.operation} ${test.op} ${of}`;
  };
  return [
    about,
    `${about} ${ours.code}`,
    `${about} ${reasonOf(theirs)}`,
    ...made.faults.map((fault) => `${about} ${fault}`),
    ...tests.map(kindOf),
  ];
}

const groups = Map.groupBy
  ? Map.groupBy(judged, ({ made }) => made)
  : judged.reduce((map, one) => map.set(one.made, [...(map.get(one.made) ?? []), one]), new Map());

const keyOf = ({ pk }) => pk.S;

/** A table in the file. */
function entryOf(made, list) {
  const of = (kind) => list.filter((one) => one.kind === kind);
  const [configuration] = of('configuration');
  const noted = ({ difference }) => (difference ? { difference } : {});
  const { config } = made;
  const head = { ...noted(configuration), config };
  const { error } = configuration.theirs;
  if (error !== undefined) return { ...head, error };
  if (of('item').length === 0) return head;
  const resolved = of('resolved');
  const items = of('item').map((one, i) => ({
    ...noted(one),
    item: one.item,
    ...(one.theirs.item ? { sealed: one.theirs.item } : { error: one.theirs.error }),
    ...(resolved[i].difference || !resolved[i].theirs.resolved
      ? {}
      : { resolved: JSON.parse(resolved[i].theirs.resolved) }),
  }));
  const numbers = new Map(of('queries').map((one) => [one.request, one]));
  const requests = of('request').map((one) => {
    const { operation, input } = one.request;
    const number = numbers.get(one.request);
    return {
      ...noted(one),
      operation,
      input,
      ...(number && !number.difference && number.theirs.number !== undefined
        ? { queries: number.theirs.number }
        : {}),
      ...(one.sent ? { sent: one.sent } : {}),
      ...(one.theirs.verdict === 'given'
        ? { given: one.output.items.map(keyOf), count: one.output.count }
        : { error: one.theirs.error ?? one.theirs.verdict }),
    };
  });
  return { ...head, items, requests };
}

/** The tables that together show the most, small ones first. */
const candidates = [...groups]
  .map(([made, list]) => ({ made, list, has: list.flatMap(features), entry: entryOf(made, list) }))
  .map((one) => ({ ...one, bytes: JSON.stringify(one.entry).length }));
const seen = new Set();
const chosen = [];
const counts = { answered: 0, refused: 0 };
while (counts.answered < ANSWERED || counts.refused < REFUSED) {
  const worth = ({ has, bytes }) => has.filter((one) => !seen.has(one)).length / (bytes + 2000);
  const rest = candidates.filter((one) => !chosen.includes(one));
  const best = rest.reduce((a, b) => (worth(b) > worth(a) ? b : a));
  if (worth(best) === 0) seen.clear();
  best.has.forEach((one) => seen.add(one));
  chosen.push(best);
  const same = best.list.filter(({ kind, difference }) => kind !== 'resolved' && !difference);
  counts.answered += same.filter((o) => o.kind === 'request' && o.ours.verdict === 'given').length;
  counts.refused += same.filter((o) => o.kind !== 'queries' && o.ours.verdict !== 'given').length;
}
const shown = new Set(chosen.flatMap(({ list }) => list.map(({ difference }) => difference)));
for (const { name } of SEARCH_DIFFERENCES) {
  if (shown.has(name)) continue;
  const [smallest] = candidates
    .filter(({ list }) => list.some(({ difference }) => difference === name))
    .sort((a, b) => a.bytes - b.bytes);
  if (smallest) chosen.push(smallest);
}

const about = `By aws-db-esdk 1.3.0 (Rust): node tests/interop/pin-search.mjs --seed ${seed}. Keys made for this file.`;
const tables = chosen.map(({ entry }) => JSON.stringify(entry)).join(',\n');
const json = `{\n"about": ${JSON.stringify(about)},\n"tables": [\n${tables}\n]\n}\n`;
writeFileSync(new URL('../vectors/tables/official-search.json', import.meta.url), json);
console.log(
  `seed ${seed}: ${chosen.length} tables, ${counts.answered} requests answered, ${counts.refused} refusals, ${Buffer.byteLength(json)} bytes`,
);
