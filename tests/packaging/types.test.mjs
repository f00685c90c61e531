// The declarations under the oldest and the newest TypeScript: what must compile does, what must not does not, with
// nothing but the language described, and with the DOM library.

import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';

import { makeApp, pack, root, run } from './support.mjs';

const COMPILERS = {
  'the oldest TypeScript': join(root, 'tests/node_modules/typescript-5.0/bin/tsc'),
  'the newest TypeScript': join(root, 'js/node_modules/typescript/bin/tsc'),
};
const VARIANTS = {
  'the language alone': { lib: ['ES2022'], files: ['documents.ts', 'messages.ts', 'refused.ts'] },
  'the DOM library': {
    lib: ['ES2022', 'DOM', 'DOM.Iterable'],
    files: ['documents.ts', 'messages.ts', 'refused.ts', 'browser.ts'],
  },
};
const STRICT = {
  noEmit: true,
  strict: true,
  target: 'ES2022',
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  types: [],
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
};

let tarball;
before(() => {
  ({ tarball } = pack());
});

/** Compiles some of an app's files; returns what the compiler says. */
async function compile(tsc, app, { lib, files }) {
  const compilerOptions = { ...STRICT, lib };
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const { code, stdout } = await run(process.execPath, [tsc, '-p', app], { cwd: app });
  assert.equal(code === 0, stdout === '', stdout);
  return stdout;
}

for (const [which, tsc] of Object.entries(COMPILERS)) {
  describe(which, () => {
    for (const [what, variant] of Object.entries(VARIANTS)) {
      test(what, async (t) => {
        const app = makeApp(t, tarball, {}, { type: 'module' });
        cpSync(new URL('types/', import.meta.url), app, { recursive: true });
        assert.equal(await compile(tsc, app, variant), '');
      });
    }

    test('every line that is expected to fail does so by itself', async (t) => {
      const app = makeApp(t, tarball, {}, { type: 'module' });
      let expected = 0;
      for (const name of readdirSync(new URL('types/', import.meta.url))) {
        const source = readFileSync(new URL(`types/${name}`, import.meta.url), 'utf8');
        expected += source.split('@ts-expect-error').length - 1;
        writeFileSync(join(app, name), source.replaceAll('@ts-expect-error', ''));
      }
      const errors = await compile(tsc, app, VARIANTS['the DOM library']);
      assert.equal(errors.match(/^\w+\.ts\(/gm)?.length, expected, errors);
    });
  });
}

test('declarations have no member that is internal', async (t) => {
  const app = makeApp(t, tarball);
  const folder = join(app, 'node_modules/fieldseal');
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.d.ts'));
  assert.ok(files.length > 50);
  for (const name of files) {
    assert.doesNotMatch(readFileSync(join(folder, name), 'utf8'), /@internal/, name);
  }
});
