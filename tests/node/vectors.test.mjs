// The vectors of the official libraries through the npm package, in Node.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { runCorpus } from '../support/vectors.mjs';

const here = new URL('../vectors/', import.meta.url);
const files = readdirSync(here)
  .filter((name) => /^official-(?!messages|beacons).*\.json$/.test(name))
  .map((name) => new URL(name, here));
const published = new URL('../../../shared/vectors/dbesdk.json', import.meta.url);
if (existsSync(published)) files.push(published);
else console.log('left out: the published set dbesdk.json does not lie beside the checkout');

// An entry at a time: the core that can do more would serve both.
for (const entry of ['items', 'index']) {
  for (const file of files) {
    const name = file.pathname.split('/').at(-1);
    test(`${name}, through ${entry}.js`, async () => {
      const fieldseal = await import(`../../pkg/entrypoints/${entry}.js`);
      const corpus = JSON.parse(readFileSync(file, 'utf8'));
      const { passed, failures, leftOut } = await runCorpus(fieldseal, corpus);
      console.log(`${name}, ${entry}.js: ${passed} checks passed, ${leftOut.length} left out`);
      leftOut.forEach((reason) => console.log(`  left out: ${reason}`));
      assert.deepEqual(failures, []);
      assert.ok(passed > 0);
    });
  }
}
