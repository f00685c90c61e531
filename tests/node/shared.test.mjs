// What the package shares with itself as CommonJS, on `globalThis`: one core for both, whatever was there before.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const pkg = fileURLToPath(new URL('../../pkg/', import.meta.url));
const { version } = JSON.parse(readFileSync(`${pkg}package.json`, 'utf8'));

/** Loads both after `plant`, has either seal with the other's keyring, and prints what it found. */
async function run(plant) {
  const program = `
    const core = Symbol.for('fieldseal ${version} core');
    ${plant};
    (async () => {
      const esm = await import('${pkg}entrypoints/index.js');
      const cjs = require('${pkg}cjs/entrypoints/index.js');
      const options = { keyNamespace: 'n', keyName: 'k', wrappingKey: new Uint8Array(32) };
      for (const [one, other] of [[esm, cjs], [cjs, esm], [esm, esm], [cjs, cjs]]) {
        const keyring = one.rawAesKeyring(options);
        const { ciphertext } = await new other.EncryptionClient().encrypt(Uint8Array.of(7), { keyring });
        const { plaintext } = await new one.EncryptionClient().decrypt(ciphertext, { keyring });
        if (plaintext.join() !== '7') throw new Error('something else');
      }
      const found = Object.getOwnPropertyDescriptor(globalThis, core);
      const members = found && typeof found.value === 'object' && found.value ? Object.keys(found.value) : [];
      console.log(JSON.stringify({ shared: members.includes('current'), locked: found?.configurable === false }));
    })();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program]);
  return JSON.parse(stdout);
}

const define = (what) => `Object.defineProperty(globalThis, core, ${what})`;

describe('shared', () => {
  for (const [what, plant] of Object.entries({
    'nothing was there': '',
    'what could be changed is replaced': 'globalThis[core] = { current: 5, build: 5 }',
    'an accessor, too': define("{ get() { throw new Error('planted'); }, configurable: true }"),
    'on every object': 'Object.prototype[core] = {}',
    'its members on every object':
      'Object.prototype.current = Object.prototype.spare = Object.prototype.build = 5',
  })) {
    test(what, async () => {
      assert.deepEqual(await run(plant), { shared: true, locked: true });
    });
  }
});

describe('not shared, and either works', () => {
  for (const [what, plant] of Object.entries({
    null: define('{ value: null }'),
    'a number': define('{ value: 5 }'),
    'a function': define('{ value: () => 1 }'),
    'a frozen object': define('{ value: Object.freeze(Object.create(null)) }'),
    'an object of another kind': define('{ value: { now: 5, build: 5, spare: 5 } }'),
    'an object with accessors': define('{ value: { get spare() { return undefined; } } }'),
    'an accessor that throws': define("{ get() { throw new Error('planted'); } }"),
    'an accessor with a new object each time': define('{ get: () => Object.create(null) }'),
    'a proxy that throws': define(
      "{ value: new Proxy({}, { get() { throw new Error('planted'); }, getPrototypeOf() { throw new Error('planted'); } }) }",
    ),
  })) {
    test(what, async () => {
      assert.equal((await run(plant)).shared, false);
    });
  }

  test('nothing can be put there', async () => {
    const found = await run('Object.preventExtensions(globalThis)');
    assert.deepEqual(found, { shared: false, locked: false });
  });
});
