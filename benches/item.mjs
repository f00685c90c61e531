// An item of 20 attributes of about 30 bytes, 10 of them encrypted, suites 67 00 and 67 01 (signed), raw AES keyring: through the
// public API in Node, packing included, beside the official Rust library in the same run.
//
//   make bench                    (ORACLE_BIN names the official library's command; see tests/interop/README.md)
//
// The two take turns, so that a machine whose speed drifts slows both; what counts is the ratio.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { conditions, record } from './record.mjs';
import { aesKey, sample } from './sample.mjs';
import { median } from './turns.mjs';

// ENTRY=items measures `fieldseal/items`.
const { ItemEncryptor, rawAesKeyring } = await import(
  `../pkg/entrypoints/${process.env.ENTRY ?? 'index'}.js`
);

const TURNS = Number(process.env.TURNS ?? 5);
const SAMPLES = 200;
const CALLS = 20;

async function casesOf(algorithmSuite) {
  const { item, table } = sample();
  const keyring = rawAesKeyring(aesKey);
  const encryptor = new ItemEncryptor({ ...table, algorithmSuite, keyring });
  const sealed = (await encryptor.encryptItem(item)).item;
  const batch = Array.from({ length: 25 }, () => item);
  const sealedBatch = (await encryptor.encryptItems(batch)).map((result) => result.item);
  return {
    encrypt: [() => encryptor.encryptItem(item), 1],
    decrypt: [() => encryptor.decryptItem(sealed), 1],
    'encrypt, 25 at once': [() => encryptor.encryptItems(batch), 25],
    'decrypt, 25 at once': [() => encryptor.decryptItems(sealedBatch), 25],
  };
}

/** Median microseconds an item. */
async function measure([run, items]) {
  const samples = [];
  for (let i = 0; i < SAMPLES; i++) {
    const start = process.hrtime.bigint();
    for (let n = 0; n < CALLS; n += items) await run();
    const calls = Math.ceil(CALLS / items) * items;
    samples.push(Number(process.hrtime.bigint() - start) / 1e3 / calls);
  }
  return median(samples);
}

function oracle() {
  const local = (path) => fileURLToPath(new URL(path, import.meta.url));
  const places = [
    process.env.ORACLE_BIN,
    local('../tests/interop/oracle/target/release/oracle'),
    local('../../shared/oracle/target/release/oracle'),
  ];
  return places.find((path) => path && existsSync(path));
}

/** The official library's median microseconds, by suite and operation. */
function official(binary) {
  const out = execFileSync(binary, ['bench', 'ddb', '1', '20 attributes'], { encoding: 'utf8' });
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return (suite, op) =>
    lines.find((line) => line.suite === `0x${suite}` && line.op === op).median_us;
}

const binary = oracle();
if (!binary) {
  console.log(
    'The official library is not here: figures without a ratio (see tests/interop/README.md).',
  );
  // What docs/ shows are ratios.
  if (process.env.RECORD) process.exit(2);
}
const rows = [];
for (const suite of ['6700', '6701'])
  for (const [name, run] of Object.entries(await casesOf(suite)))
    rows.push({ suite, name, run, ours: [], theirs: [] });
for (const { run } of rows) await measure(run); // warm up
for (let turn = 0; turn < TURNS; turn++) {
  for (const { run, ours } of rows) ours.push(await measure(run));
  if (!binary) continue;
  const figure = official(binary);
  for (const { suite, name, theirs } of rows) theirs.push(figure(suite, name.split(',')[0]));
}

console.log(conditions(TURNS));
console.log('µs an item, minimum / median    fieldseal   official Rust   ratio');
const two = (values) => `${Math.min(...values).toFixed(1)} / ${median(values).toFixed(1)}`;
for (const { suite, name, ours, theirs } of rows) {
  const ratio = binary ? `${(median(theirs) / median(ours)).toFixed(1)}x` : '-';
  const columns = [two(ours).padStart(15), (binary ? two(theirs) : '-').padStart(18)];
  console.log(`${suite}  ${name.padEnd(20)}${columns.join(' ')} ${ratio.padStart(7)}`);
}
record(
  'items',
  rows.map(({ suite, name, ours, theirs }) => ({ suite, name, ours, theirs })),
);
