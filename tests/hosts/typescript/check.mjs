// Compiles one program as modules of every kind, by every resolution of modules, with and without the DOM library.

import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

const [compiler] = process.argv.slice(2);
const tsc = `node_modules/${compiler}/bin/tsc`;

const STRICT = {
  ...{ noEmit: true, strict: true, target: 'ES2022', types: [], skipLibCheck: false },
  ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, esModuleInterop: true },
};

/** Resolutions, the modules that each allows, and the ending that makes a file one of them. */
const MODULES = [
  ...['node16', 'nodenext'].flatMap((name) => [
    [name, name, 'mts'],
    [name, name, 'cts'],
  ]),
  ['bundler', 'ESNext', 'ts'],
  // Gone in TypeScript 7.
  ...(compiler === 'typescript-newest'
    ? []
    : [
        ['node10', 'ESNext', 'ts'],
        ['node10', 'CommonJS', 'ts'],
      ]),
];
const LIBRARIES = [['ES2022'], ['ES2022', 'DOM', 'DOM.Iterable']];

const failed = [];
let passed = 0;
for (const [moduleResolution, module, ending] of MODULES) {
  for (const lib of LIBRARIES) {
    const file = `consumer.${ending}`;
    writeFileSync(file, readFileSync('consumer.txt'));
    const compilerOptions = { ...STRICT, module, moduleResolution, lib };
    writeFileSync('tsconfig.json', JSON.stringify({ compilerOptions, files: [file] }));
    const name = `${moduleResolution}, ${module}, .${ending}, ${lib.join('+')}`;
    await promisify(execFile)(process.execPath, [tsc, '-p', '.']).then(
      () => (passed += 1),
      ({ stdout, message }) => failed.push({ name, error: (stdout || message).slice(0, 2000) }),
    );
    rmSync(file);
  }
}
console.log(`OUTCOME ${JSON.stringify({ passed, failed })}`);
