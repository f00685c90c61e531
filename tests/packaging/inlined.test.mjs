// A core as text: what every tool and every server leaves as it is, and comes out again byte for byte.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import vm from 'node:vm';

import { transform } from 'esbuild';

import { decoded } from '../../pkg/core/decode.js';
import { asText } from '../../js/build/inlined.mjs';
import { root } from './support.mjs';

const { minify } = createRequire(import.meta.url)('terser');

/** What the module returns, run without its import and export; `global` is what it finds of its host. */
function returned({ esm, cjs }, global) {
  const script = esm.replace(/^import .*\n/, '').replace('export default', 'bytes =');
  const found = vm.createContext({ decoded, bytes: undefined });
  vm.runInContext(script, found);
  const required = { exports: {}, ...global };
  required.globalThis = required;
  vm.runInContext(cjs, vm.createContext(required));
  return [found.bytes(), required.exports.default()];
}

const all = Uint8Array.from({ length: 256 }, (_, i) => i);
const CASES = {
  nothing: new Uint8Array(),
  'one byte': Uint8Array.of(255),
  'each byte once': all,
  'each byte beside each other': Uint8Array.from({ length: 2 << 16 }, (_, i) =>
    i % 2 ? i >> 9 : (i >> 1) & 255,
  ),
  'one byte very often, all others once': Uint8Array.from([...Array(5000).fill(200), ...all]),
};

for (const [name, bytes] of Object.entries(CASES)) {
  test(`${name}: what was written is read, in both forms`, () => {
    const text = asText(Buffer.from(bytes));
    for (const global of [{ Buffer, atob }, { atob }])
      for (const found of returned(text, global))
        assert.deepEqual(Array.from(found), Array.from(bytes));
  });
}

test('one digit that is another is another byte, or another length', () => {
  const { esm } = asText(Buffer.from(CASES['each byte beside each other']));
  const at = esm.lastIndexOf(", '") + 500;
  const other = esm.slice(0, at) + (esm[at] === 'A' ? 'B' : 'A') + esm.slice(at + 1);
  const [found] = returned({ esm: other, cjs: asText(Buffer.alloc(0)).cjs }, { atob });
  assert.notDeepEqual(found, CASES['each byte beside each other']);
});

const textIn = (source) => /, '([^']{100000,})'\);/.exec(source)[1];

for (const core of ['core', 'items']) {
  const file = join(root, `pkg/generated/inlined-${core}.js`);

  test(`inlined-${core}.js is ASCII, and its text has nothing to escape or to rewrite`, () => {
    const source = readFileSync(file, 'utf8');
    assert.match(source, /^[\n\x20-\x7e]+$/);
    assert.doesNotMatch(textIn(source), /["'`\\$<>&{}*\s]/);
  });

  test(`inlined-${core}.js: minifiers leave its text as it is`, async () => {
    const source = readFileSync(file, 'utf8');
    const text = textIn(source);
    const { code: byEsbuild } = await transform(source, { minify: true, format: 'esm' });
    const { code: byTerser } = await minify(source, { module: true });
    for (const code of [byEsbuild, byTerser]) assert.ok(code.includes(text));
  });
}
