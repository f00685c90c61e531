// Programs of pages and comments: a folder that has the package as if it were installed, and the compiler's word on them.

import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { root, run } from './support.mjs';

/** An empty folder for programs, which find the package and what they import beside it. The caller removes it. */
export function makeProgramFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'fieldseal-programs-'));
  // Copied: what it imports itself, its peers, are looked for where it really is.
  cpSync(join(root, 'pkg'), join(folder, 'node_modules/fieldseal'), { recursive: true });
  for (const [name, target] of [
    ['@aws-sdk', 'tests/node_modules/@aws-sdk'],
    ['@opentelemetry', 'tests/node_modules/@opentelemetry'],
    ['@types/node', 'js/node_modules/@types/node'],
  ]) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, target), link);
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return folder;
}

/**
 * Compiles programs in such a folder, all at once; returns what the compiler says, nothing if all is well.
 *
 * @param programs - their names and code
 * @param options - of the compiler, and `files` that all of them may use
 */
export async function compile(folder, programs, { files: given = [], ...options }) {
  const files = programs.map(({ name, code }) => {
    writeFileSync(join(folder, `${name}.ts`), `${code}\nexport {}\n`);
    return `${name}.ts`;
  });
  const compilerOptions = {
    target: 'ES2022',
    module: 'ESNext',
    moduleResolution: 'Bundler',
    types: ['node'],
    lib: ['ES2022', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
    skipLibCheck: true,
    ...options,
  };
  const config = JSON.stringify({ compilerOptions, files: [...given, ...files] });
  writeFileSync(join(folder, 'tsconfig.json'), config);
  const tsc = join(root, 'js/node_modules/typescript/bin/tsc');
  const { code, stdout, stderr } = await run(process.execPath, [tsc, '-p', folder], {
    cwd: folder,
  });
  // A compiler that did not run says nothing of the programs.
  if (code !== 0 && stdout === '') throw new Error(`tsc ended with ${code}: ${stderr}`);
  return stdout;
}
