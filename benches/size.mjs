// Sizes of what a browser downloads: the core and the JavaScript of the main entry, raw, gzip and brotli.

import { readFileSync, readdirSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const pkg = new URL('../pkg/', import.meta.url);
const js = readdirSync(pkg).filter((name) => name.endsWith('.js') && name !== 'wasm-base64.js');
const files = {
  'core.wasm': readFileSync(new URL('core.wasm', pkg)),
  'JavaScript of the package, not minified': Buffer.concat(
    js.map((name) => readFileSync(new URL(name, pkg))),
  ),
};
files.together = Buffer.concat(Object.values(files));
const brotli = (bytes) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
const kb = (n) => `${(n / 1000).toFixed(1)} KB`.padStart(10);

console.log(`${''.padEnd(42)}       raw       gzip     brotli`);
for (const [name, bytes] of Object.entries(files)) {
  const sizes = [bytes, gzipSync(bytes, { level: 9 }), brotli(bytes)];
  console.log(name.padEnd(42) + sizes.map((b) => kb(b.length)).join(' '));
}
