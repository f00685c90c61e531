// Sizes of what a browser downloads for each entry: its core and its JavaScript, raw, gzip and brotli.

import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const pkg = new URL('../pkg/', import.meta.url);
const read = (name) => readFileSync(new URL(name, pkg));

/** The modules that an entry loads, without the one that holds its core in base64. */
function modules(entry, found = new Set()) {
  if (found.has(entry) || /base64\.js$/.test(entry)) return found;
  found.add(entry);
  for (const [, path] of read(entry)
    .toString()
    .matchAll(/from '(\.[^']+)'/g))
    modules(posix.join(posix.dirname(entry), path), found);
  return found;
}

const brotli = (bytes) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
const kb = (n) => `${(n / 1000).toFixed(1)} KB`.padStart(10);

console.log(`${''.padEnd(42)}       raw       gzip     brotli`);
for (const [entry, core, js] of [
  ['fieldseal', 'core.wasm', 'entrypoints/index.js'],
  ['fieldseal/items', 'items.wasm', 'entrypoints/items.js'],
]) {
  const files = {
    [core]: read(core),
    [`JavaScript of ${entry}, not minified`]: Buffer.concat([...modules(js)].map(read)),
  };
  files.together = Buffer.concat(Object.values(files));
  for (const [name, bytes] of Object.entries(files)) {
    const sizes = [bytes, gzipSync(bytes, { level: 9 }), brotli(bytes)];
    console.log(name.padEnd(42) + sizes.map((b) => kb(b.length)).join(' '));
  }
}
