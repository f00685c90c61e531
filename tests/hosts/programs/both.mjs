// The package twice in one program, as ES modules and as CommonJS, and used as if it were there once: functions of either with
// classes of the other. The ES modules by their path, as a bundler's copy of them would be: Node imports what it requires.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

import { report } from './report.mjs';

const require = createRequire(import.meta.url);
const required = require('fieldseal');
const modules = require.resolve('fieldseal').replace(/cjs([/\\])entrypoints/, 'entrypoints');
const imported = await import(pathToFileURL(modules));

/** Functions (keyrings, CMMs, caches) of the one, classes (clients, errors) of the other. */
function mixed(functions, classes) {
  const names = Object.keys(imported);
  const isClass = (name) => /^[A-Z]/.test(name);
  return Object.fromEntries(
    names.map((name) => [name, (isClass(name) ? classes : functions)[name]]),
  );
}

if (imported.ItemEncryptor === required.ItemEncryptor) throw new Error('it is there once');
await report(mixed(required, imported));
await report(mixed(imported, required));
