// The package and the suite in a context of their own, whose globals are the host's: as test runners do it.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const globals = Object.getOwnPropertyNames(globalThis).filter(
  (name) => !vm.runInNewContext(`${JSON.stringify(name)} in globalThis`) && name !== 'global',
);
const context = vm.createContext(
  Object.fromEntries(globals.map((name) => [name, globalThis[name]])),
);
// V8 gives every context a console of its own, which prints nowhere.
context.console = console;
const here = dirname(fileURLToPath(import.meta.url));
const modules = new Map();
function load(file) {
  const source = () => readFileSync(file, 'utf8');
  if (!modules.has(file)) {
    modules.set(file, new vm.SourceTextModule(source(), { identifier: file, context }));
  }
  return modules.get(file);
}
const link = (specifier, { identifier }) =>
  specifier === 'fieldseal'
    ? load(resolve(here, 'node_modules/fieldseal/entrypoints/index.js'))
    : load(resolve(dirname(identifier), specifier));

const program = load(resolve(here, 'import.mjs'));
await program.link(link);
await program.evaluate();
