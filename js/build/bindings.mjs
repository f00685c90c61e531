// What TypeScript knows of the core, made from its descriptions in Rust: `js/src/generated/`. `make bindings` writes it,
// tests/packaging/bindings.test.mjs compares.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { format, resolveConfig } from 'prettier';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const generated = join(root, 'js/src/generated');

/** The files by their names, as they are to be. */
export async function bindings() {
  const folder = mkdtempSync(join(tmpdir(), 'fieldseal-'));
  try {
    const run = [
      'run',
      '--locked',
      '--quiet',
      '--package',
      'fieldseal-wasm',
      '--example',
      'bindings',
    ];
    execFileSync('cargo', [...run, folder], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    const files = readdirSync(folder).map((name) => [
      name,
      readFileSync(join(folder, name), 'utf8'),
    ]);
    files.push([
      'glue.d.ts',
      glue(readFileSync(join(root, 'target/wasm-bindgen/fieldseal.d.ts'), 'utf8')),
    ]);
    files.push(['version.ts', version()]);
    const style = await resolveConfig(join(generated, 'glue.d.ts'));
    const formatted = files.map(async ([name, text]) => [
      name,
      await format(text, { ...style, parser: 'typescript' }),
    ]);
    return new Map(await Promise.all(formatted));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function version() {
  const [, found] = /^version = "(.+)"$/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'));
  return `// Made by \`make bindings\` from Cargo.toml; not to be edited.

/** The package's version. */
export const VERSION = '${found}';
`;
}

/** wasm-bindgen's declarations of functions, as those of the factory that js/build/cores.mjs makes of its glue. */
function glue(declarations) {
  const functions = [
    ...declarations.matchAll(/^(\/\*\*\n(?: \*.*\n)+ \*\/\n)?export function (.*;)$/gm),
  ];
  const names = new Set(declarations.match(/\b\w+Config\b/g));
  if (functions.length < 30 || names.size < 8)
    throw new Error(
      'wasm-bindgen writes declarations of another form: adapt js/build/bindings.mjs',
    );
  // What Rust does not look into is nothing that TypeScript could know either.
  const methods = functions.map(
    ([, comment = '', method]) => comment + method.replace(/\bany\b/g, 'unknown'),
  );
  return `// Made by \`make bindings\` from wasm-bindgen's declarations; not to be edited.

import type { ${[...names].sort().join(', ')} } from './config.js';

/** A factory's glue: an instance that trapped can be replaced. */
export interface Glue {
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
${methods.join('\n')}
}
export default function makeGlue(): Glue & WebAssembly.ModuleImports;
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of await bindings()) writeFileSync(join(generated, name), text);
}
