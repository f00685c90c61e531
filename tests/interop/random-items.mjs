// Random items through fieldseal and the official library (README.md):
//
//   A  we seal, they open          B  they seal, we open          C  both judge what is wrong
//
//   node tests/interop/random-items.mjs [--count 2000] [--seed text] [--only ABC]

import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';

import { judge, judgeQuestions, KNOWN } from './verdicts.mjs';
import { leaves, makeKeys, randomCase, readerOf } from './generate.mjs';
import { neededOracle } from './oracle.mjs';
import { Random } from './random.mjs';
import { bothWays, shrink } from './directions.mjs';

const ROUND = 200;

const { values } = parseArgs({
  options: { count: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
});
const count = Number(values.count ?? 2000);
const seed = values.seed ?? randomBytes(6).toString('hex');
const only = (values.only ?? 'ABC').toUpperCase();

console.log(`seed ${seed}, ${count} items in each direction of ${only}`);
const oracle = neededOracle();

const keys = makeKeys();
const tally = { A: 0, B: 0, attributes: 0, ecdh: 0, leftOut: new Map() };
const mismatches = [];

if (/[AB]/.test(only)) {
  const r = new Random(`${seed}/items`);
  for (let done = 0; done < count && mismatches.length < 5; done += ROUND) {
    const cases = r.times(Math.min(ROUND, count - done), () => {
      const made = randomCase(r, keys);
      return { ...made, reader: readerOf(r, made.config) };
    });
    const results = await bothWays(oracle, cases);
    for (const [i, { problem, leftOut }] of results.entries()) {
      tally.A++;
      tally.B++;
      tally.attributes += Object.keys(cases[i].item).length;
      if (leaves(cases[i].config.keyring).some(({ type }) => type === 'raw-ecdh')) tally.ecdh++;
      for (const reason of leftOut) {
        tally.leftOut.set(reason, (tally.leftOut.get(reason) ?? 0) + 1);
      }
      if (problem) mismatches.push({ problem, ...cases[i] });
    }
  }
  for (const mismatch of mismatches) {
    const { problem, config, reader, item } = await shrink(oracle, mismatch);
    console.log(`MISMATCH ${problem}\n${JSON.stringify({ config, reader, item }, null, 1)}`);
  }
  console.log(`A we seal, they open: ${tally.A} items; B they seal, we open: ${tally.B} items`);
  console.log(
    `  ${tally.attributes} attributes in all, ${tally.ecdh} items with ECDH keyrings; ` +
      `${mismatches.length} mismatches`,
  );
  for (const [reason, n] of tally.leftOut) console.log(`  left out ${n} times: ${reason}`);
}

let disagreements = 0;
if (only.includes('C')) {
  const r = new Random(`${seed}/faults`);
  const classes = new Map();
  const known = new Map();
  const judged = { pairs: 0, accepted: 0, crashes: 0 };
  for (let done = 0; done < count && disagreements < 20; done += ROUND) {
    const n = Math.min(ROUND, count - done);
    const cases = r.times(n, () => {
      const made = randomCase(r, keys);
      return { ...made, reader: readerOf(r, made.config) };
    });
    for (const { fault, disagreement, accepted, crash, excuse, repro } of await judge(
      oracle,
      r,
      cases,
    )) {
      judged.pairs++;
      judged.accepted += accepted ? 1 : 0;
      judged.crashes += crash ? 1 : 0;
      classes.set(fault, (classes.get(fault) ?? 0) + 1);
      if (excuse) known.set(excuse, (known.get(excuse) ?? 0) + 1);
      if (disagreement) {
        disagreements++;
        console.log(`DISAGREEMENT ${fault}: ${disagreement}\n${JSON.stringify(repro)}`);
      }
    }
  }
  console.log(`C the same verdict on ${judged.pairs} faulty items of ${classes.size} kinds`);
  console.log(
    `  ${judged.accepted} accepted by both with the same result, ${disagreements} disagreements`,
  );
  if (judged.crashes)
    console.log(`  left out ${judged.crashes} times: the official library crashed`);
  for (const [excuse, n] of known) console.log(`  known difference, ${n} times: ${KNOWN[excuse]}`);
  const { asked, problems } = await judgeQuestions(oracle);
  problems.forEach((problem) => console.log(`DISAGREEMENT ${problem}`));
  console.log(`  ${asked} single questions, ${problems.length} answered otherwise than recorded`);
  disagreements += problems.length;
}

const failed = mismatches.length + disagreements;
console.log(failed ? `FAILED with seed ${seed}` : 'ok');
process.exit(failed ? 1 : 0);
