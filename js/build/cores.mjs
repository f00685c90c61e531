// The cores as the package has them, in target/cores/: optimized, each with its glue and as text. Run by `make build`,
// after cargo and wasm-bindgen, when a core has changed.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { asText } from './inlined.mjs';
import { optimized, otherForm, withoutHashes } from './optimize.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const cores = join(root, 'target/cores');

rmSync(cores, { recursive: true, force: true });
mkdirSync(join(cores, 'generated'), { recursive: true });
mkdirSync(join(cores, 'cjs/generated'), { recursive: true });

// `make build DEV=1`: nothing is optimized.
const dev = Boolean(process.env.FIELDSEAL_DEV);

/** Makes one build of the core what the package has: optimized, with its glue, and as text. */
function assembleCore(built, { wasm, glue, inlined }) {
  const core = join(cores, wasm);
  const { text, bytes } = withoutHashes(join(root, built));
  writeFileSync(core, dev ? bytes : optimized(bytes));
  const { esm, cjs } = asText(readFileSync(core));
  writeFileSync(join(cores, inlined), esm);
  writeFileSync(join(cores, 'cjs', inlined), cjs);
  writeFileSync(join(cores, glue), factory(text));
}

/**
 * wasm-bindgen's glue keeps its instance in module variables. As a factory, it can serve a second instance when the first
 * has trapped. What the module exports are methods of what the factory returns: shorter than functions and their names.
 */
function factory(text) {
  const methods = [];
  const inner = text.replace(/^export function (\w+\([^]*?^\}.*\n)/gm, (_, method) => {
    methods.push(method.trimEnd());
    return '';
  });
  // Engines without `encodeInto` have no WebAssembly as this package needs it, and every caller gives `realloc`.
  const body = [
    /^if \(!\('encodeInto' in cachedTextEncoder\)\) \{[^]*?^\}\n/m,
    /^    if \(realloc === undefined\) \{[^]*?^    \}\n/m,
  ].reduce((text, unused) => {
    if (!unused.test(text)) throw otherForm();
    return text.replace(unused, '');
  }, inner);
  // Bytes of another realm (a frame, a test runner's sandbox) are bytes, too.
  const tagged = methods.map((method) =>
    method.replace(
      / (\w+) instanceof Uint8Array;/,
      " Object.prototype.toString.call($1) === '[object Uint8Array]';",
    ),
  );
  if (String(tagged) === String(methods)) throw otherForm();
  if (/^(import|export)\b/m.test(body) || methods.length === 0) throw otherForm();
  return `export default function makeGlue() {\n${body}\nreturn {\n${tagged.join(',\n')}\n}\n}\n`;
}

assembleCore('target/wasm-bindgen', {
  wasm: 'core.wasm',
  glue: 'generated/glue.js',
  inlined: 'generated/inlined-core.js',
});
assembleCore('target/wasm-bindgen-items', {
  wasm: 'items.wasm',
  glue: 'generated/glue-items.js',
  inlined: 'generated/inlined-items.js',
});
