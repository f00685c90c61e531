// The package twice in one program, imported and required, and used as if it were there once: functions of either with
// classes of the other.

import { createRequire } from 'node:module';

import * as imported from 'fieldseal';

import { report } from './report.mjs';

const required = createRequire(import.meta.url)('fieldseal');

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
