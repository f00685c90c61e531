// What wasm-bindgen made of a core, as small as the package has it.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { renameImports } from './imports.mjs';
import { nameByLikeness } from './order.mjs';
import { silencePanics } from './panics.mjs';

// Features are named: `--all-features` would emit what Node 20 refuses.
const wasmOpt = fileURLToPath(new URL('../node_modules/.bin/wasm-opt', import.meta.url));
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
  // Control flow anew, which needs flat code, is 600 bytes less.
  '--flatten',
  '--rereloop',
  // Twice: what the first leaves over the second finds. With -O3 nothing is faster and the complete core is 2 KB larger (brotli); with
  // -Oz it has fewer bytes, which compress worse.
  '-O2',
  '-O2',
  // Data stay whole: zeros compress better than the addresses of what is between them.
  '--skip-pass=memory-packing',
  // Functions stay apart that are called once: the core is a little larger so, and a twentieth smaller when compressed.
  '--one-caller-inline-max-function-size=20',
  // Functions of one module beside each other: where the order by likeness has nothing to go by, it keeps this one.
  '--reorder-functions-by-name',
  '--reorder-locals',
];

/** A core of {@link withoutHashes}, optimized. */
export function optimized(bytes) {
  const dir = mkdtempSync(join(tmpdir(), 'fieldseal-core-'));
  const [from, to] = [join(dir, 'from.wasm'), join(dir, 'to.wasm')];
  const optimize = (bytes, passes) => {
    writeFileSync(from, bytes);
    execFileSync(wasmOpt, [...passes, ...flags, from, '-o', to], { stdio: 'inherit' });
    return readFileSync(to);
  };
  try {
    const small = optimize(silencePanics(bytes), passes);
    return optimize(nameByLikeness(small), ['--reorder-functions-by-name']);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/**
 * Glue and module that wasm-bindgen wrote to a folder. The imports' names have the same beginning, and end with hashes that nothing
 * compresses: what is between is enough.
 */
export function withoutHashes(dir) {
  let text = readFileSync(join(dir, 'fieldseal_bg.js'), 'utf8');
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
  const bytes = readFileSync(join(dir, 'fieldseal_bg.wasm'));
  return { text, bytes: renameImports(bytes, (name) => short.get(name) ?? name) };
}

/** The error for glue in which something is not where it was. */
export const otherForm = () =>
  new Error('wasm-bindgen writes glue of another form: adapt js/build/');
