// From the import to the first sealed item, in processes that have done nothing yet: the entries imported and required, in turns.
// BESIDE names another build of the package, unpacked; then the two take turns, and the last column has the ratio of the medians.
//
//   make bench-start BESIDE=../before/pkg

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const TURNS = Number(process.env.TURNS ?? 15);
const ours = new URL('../pkg', import.meta.url).pathname;
const builds = process.env.BESIDE ? [ours, resolve(process.env.BESIDE)] : [ours];

/** Milliseconds until each step was done; the process itself is not counted. */
const program = (load, entry) => `
  const from = performance.now();
  const { ItemEncryptor, rawAesKeyring } = ${load(entry)};
  const loaded = performance.now();
  const wrappingKey = new Uint8Array(32).fill(1);
  const customers = new ItemEncryptor({
    logicalTableName: 'customers',
    partitionKeyName: 'customer_id',
    attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
    keyring: rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey }),
  });
  const made = performance.now();
  customers.encryptItem({ customer_id: { S: 'c-1' }, ssn: { S: '078-05-1120' } }).then(() => {
    const sealed = performance.now();
    console.log(JSON.stringify([loaded - from, made - loaded, sealed - made, sealed - from]));
  });`;
const WAYS = {
  'import.mjs': (entry) => `await import('${entry}')`,
  'require.cjs': (entry) => `require('${entry}')`,
};
const ENTRIES = ['fieldseal', 'fieldseal/items'];

const apps = builds.map((pkg) => {
  const dir = mkdtempSync(join(tmpdir(), 'fieldseal-start-'));
  mkdirSync(join(dir, 'node_modules'));
  symlinkSync(pkg, join(dir, 'node_modules/fieldseal'));
  for (const [file, load] of Object.entries(WAYS))
    for (const [i, entry] of ENTRIES.entries())
      writeFileSync(join(dir, `${i}-${file}`), program(load, entry));
  return dir;
});

const run = (dir, file) => JSON.parse(execFileSync(process.execPath, [file], { cwd: dir }));
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

console.log(
  `Node ${process.version}, load ${loadavg()[0].toFixed(1)}, ${TURNS} turns; ms, minimum / median`,
);
const STEPS = ['import', 'encryptor', 'first seal', 'all'];
console.log(`${''.padEnd(28)}${STEPS.map((step) => step.padStart(16)).join('')}`);
for (const [i, entry] of ENTRIES.entries()) {
  for (const file of Object.keys(WAYS)) {
    const times = apps.map(() => STEPS.map(() => []));
    for (let turn = 0; turn < TURNS; turn++)
      for (const [build, dir] of apps.entries())
        run(dir, `${i}-${file}`).forEach((ms, step) => times[build][step].push(ms));
    times.forEach((steps, build) => {
      const cells = steps.map(
        (ms) =>
          `${Math.min(...ms)
            .toFixed(1)
            .padStart(8)} /${median(ms).toFixed(1).padStart(6)}`,
      );
      const name = `${file.split('.')[0]} ${entry}${build > 0 ? ', beside' : ''}`;
      const ratio = (median(times[1]?.[3] ?? [NaN]) / median(times[0][3])).toFixed(2);
      console.log(name.padEnd(28) + cells.join('') + (build > 0 ? `   ${ratio}x` : ''));
    });
  }
}
for (const dir of apps) rmSync(dir, { recursive: true });
