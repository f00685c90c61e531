// An item of 20 attributes of about 30 bytes, 10 of them encrypted, suite 67 00, raw AES keyring: through the
// public API in Node, packing included, beside the official Rust library in the same run.
//
//   make bench                    (ORACLE_BIN names the official library's command; see tests/interop/README.md)
//
// The two take turns, so that a machine whose speed drifts slows both; what counts is the ratio.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { aesKey, sample } from './sample.mjs';

// ENTRY=items measures `fieldseal/items`.
const { ItemEncryptor, rawAesKeyring } = await import(
  `../pkg/entrypoints/${process.env.ENTRY ?? 'index'}.js`
);

const TURNS = Number(process.env.TURNS ?? 5);
const SAMPLES = 200;
const CALLS = 20;

const { item, table } = sample();
const encryptor = new ItemEncryptor({ ...table, keyring: rawAesKeyring(aesKey) });
const sealed = (await encryptor.encryptItem(item)).item;
const batch = Array.from({ length: 25 }, () => item);
const sealedBatch = (await encryptor.encryptItems(batch)).map((result) => result.item);

const cases = {
  encrypt: [() => encryptor.encryptItem(item), 1],
  decrypt: [() => encryptor.decryptItem(sealed), 1],
  'encrypt, 25 at once': [() => encryptor.encryptItems(batch), 25],
  'decrypt, 25 at once': [() => encryptor.decryptItems(sealedBatch), 25],
};

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

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

function official(binary) {
  const out = execFileSync(binary, ['bench', 'ddb', '1', '20 attributes'], { encoding: 'utf8' });
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const unsigned = lines.filter((line) => line.suite === '0x6700');
  return Object.fromEntries(unsigned.map((line) => [line.op, line.median_us]));
}

const binary = oracle();
if (!binary)
  console.log(
    'The official library is not here: figures without a ratio (see tests/interop/README.md).',
  );
for (const run of Object.values(cases)) await measure(run); // warm up
const ours = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
const theirs = { encrypt: [], decrypt: [] };
for (let turn = 0; turn < TURNS; turn++) {
  for (const [name, run] of Object.entries(cases)) ours[name].push(await measure(run));
  if (!binary) continue;
  const figures = official(binary);
  theirs.encrypt.push(figures.encrypt);
  theirs.decrypt.push(figures.decrypt);
}

console.log('µs an item (median)         fieldseal   official Rust   ratio');
for (const [name, figures] of Object.entries(ours)) {
  const mine = median(figures);
  const other = binary ? median(theirs[name.split(',')[0]]) : undefined;
  const ratio = other ? `${(other / mine).toFixed(1)}x` : '-';
  const columns = [
    mine.toFixed(1).padStart(9),
    (other?.toFixed(0) ?? '-').padStart(15),
    ratio.padStart(7),
  ];
  console.log(name.padEnd(28) + columns.join(' '));
}
