// The cores as the package has them, in target/cores/: optimized, each with its glue and as text. Run by `make build`,
// after cargo and wasm-bindgen, when a core has changed.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { renameImports } from './imports.mjs';
import { asText } from './inlined.mjs';
import { nameByLikeness } from './order.mjs';
import { silencePanics } from './panics.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const cores = join(root, 'target/cores');

rmSync(cores, { recursive: true, force: true });
mkdirSync(join(cores, 'generated'), { recursive: true });
mkdirSync(join(cores, 'cjs/generated'), { recursive: true });

// Features are named: `--all-features` would emit what Node 20 refuses.
const wasmOpt = join(root, 'js/node_modules/.bin/wasm-opt');
const features = [
  'bulk-memory',
  'nontrapping-float-to-int',
  'sign-ext',
  'mutable-globals',
  'simd',
  'multivalue',
  'reference-types',
];
const flags = features.map((feature) => `--enable-${feature}`);
const passes = [
  // Data stay whole: zeros compress better than the addresses of what is between them.
  '--skip-pass=memory-packing',
  // Functions stay apart that are called once: the core is a little larger so, and a twentieth smaller when compressed.
  '--one-caller-inline-max-function-size=20',
  // Functions of one module beside each other: where the order by likeness has nothing to go by, it keeps this one.
  '--reorder-functions-by-name',
  '--reorder-locals',
];

// `make build DEV=1`: nothing is optimized.
const dev = Boolean(process.env.FIELDSEAL_DEV);

/** Makes one build of the core what the package has: optimized, with its glue, and as text. */
function assembleCore(built, levels, { wasm, glue, inlined }) {
  const core = join(cores, wasm);
  const from = join(root, built, 'silent.wasm');
  const { text, bytes } = withoutHashes(
    readFileSync(join(root, built, 'fieldseal_bg.js'), 'utf8'),
    readFileSync(join(root, built, 'fieldseal_bg.wasm')),
  );
  if (dev) {
    writeFileSync(core, bytes);
  } else {
    writeFileSync(from, silencePanics(bytes));
    optimize([...levels, ...passes], from, core);
    writeFileSync(from, nameByLikeness(readFileSync(core)));
    optimize(['--reorder-functions-by-name'], from, core);
  }
  const { esm, cjs } = asText(readFileSync(core));
  writeFileSync(join(cores, inlined), esm);
  writeFileSync(join(cores, 'cjs', inlined), cjs);
  writeFileSync(join(cores, glue), factory(text));
}

function optimize(passes, from, to) {
  execFileSync(wasmOpt, [...passes, ...flags, from, '-o', to], { stdio: 'inherit' });
}

/** The imports' names have the same beginning, and end with hashes that nothing compresses: what is between is enough. */
function withoutHashes(text, bytes) {
  const counts = new Map();
  const short = new Map();
  const imports = /^export function (__(?:wbg|wbindgen)_(?:__wbindgen_)?(\w+)_[0-9a-f]{16})\(/gm;
  for (const [, hashed, name] of text.matchAll(imports)) {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    // With an underscore first, they are told from the functions that the package calls.
    short.set(hashed, `_${name}${count > 1 ? count : ''}`);
  }
  if (short.size < 20) throw otherForm();
  for (const [hashed, name] of short) text = text.replaceAll(hashed, name);
  return { text, bytes: renameImports(bytes, (name) => short.get(name) ?? name) };
}

const otherForm = () =>
  new Error('wasm-bindgen writes glue of another form: adapt js/build/cores.mjs');

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

// Control flow anew (`rereloop`, which needs flat code) is 600 bytes less in each.
const anew = ['--flatten', '--rereloop'];
// -O3 because item and message calls lose up to a tenth without its inlining.
assembleCore('target/wasm-bindgen', [...anew, '-O3'], {
  wasm: 'core.wasm',
  glue: 'generated/glue.js',
  inlined: 'generated/inlined-core.js',
});
// Twice: what the first pass leaves over the second finds.
assembleCore('target/wasm-bindgen-items', [...anew, '-Oz', '-Oz'], {
  wasm: 'items.wasm',
  glue: 'generated/glue-items.js',
  inlined: 'generated/inlined-items.js',
});
