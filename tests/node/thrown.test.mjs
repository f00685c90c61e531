// Everything is thrown at everything: what leaves the package is a FieldsealError, whatever it was given.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as whole from '../../pkg/entrypoints/index.js';
import * as forms from '../../pkg/entrypoints/forms.js';
import * as workers from '../../pkg/entrypoints/workers.js';
import * as items from '../../pkg/entrypoints/items.js';
import * as itemsSlim from '../../pkg/entrypoints/items-slim.js';
import * as slim from '../../pkg/entrypoints/slim.js';
import * as tables from '../../pkg/entrypoints/tables.js';

/** Something whose use fails in the engine itself. */
const revoked = (target) => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};
const bare = Object.create(null);
const odd = {
  undefined,
  null: null,
  'a number': 5,
  NaN,
  'a bigint': 5n,
  'a boolean': true,
  'an empty string': '',
  'a string': 'text',
  'a lone surrogate': '\ud800',
  'a symbol': Symbol('s'),
  'a function': () => undefined,
  'a class': class {},
  'an array': [],
  'an array of undefined': [undefined],
  'an object': {},
  'an object without a prototype': bare,
  'an object that contains itself': (() => {
    const it = {};
    it.it = it;
    return it;
  })(),
  'a date': new Date(Number.NaN),
  'a map': new Map([[1, 2]]),
  'a promise': Promise.resolve(5),
  bytes: new Uint8Array(3),
  'a detached buffer': (() => {
    const buffer = new ArrayBuffer(8);
    structuredClone(buffer, { transfer: [buffer] });
    return buffer;
  })(),
  'a revoked proxy': revoked({}),
  'a revoked proxy of an array': revoked([]),
  'a revoked proxy of a function': revoked(() => undefined),
  'an object with one': { keyring: revoked({}), item: revoked({}), signal: revoked({}) },
  'an error': new Error('theirs'),
  'a response that failed': Promise.reject(new TypeError('Failed to fetch')),
};
odd['a response that failed'].catch(() => undefined);

/** The outcome of a call, awaited. */
async function thrownBy(call) {
  try {
    const made = call();
    // What gives back its argument has done nothing with it.
    if (!Object.values(odd).includes(made) && made instanceof Promise) await made;
    return undefined;
  } catch (error) {
    return { error };
  }
}

const isClass = (value) => /^class\b/.test(Function.prototype.toString.call(value));

for (const [entry, exported] of Object.entries({
  fieldseal: whole,
  'fieldseal/items': items,
  'fieldseal/tables': tables,
  'fieldseal/forms': forms,
  'fieldseal/workers': workers,
  'fieldseal/slim': { init: slim.init },
  'fieldseal/items/slim': { init: itemsSlim.init },
})) {
  describe(entry, () => {
    for (const [name, value] of Object.entries(exported)) {
      // Errors are made by the package, from what it knows.
      if (typeof value !== 'function' || name.endsWith('Error')) continue;
      test(name, async () => {
        const failures = [];
        for (const [what, given] of Object.entries(odd)) {
          for (const args of [[given], [given, given], [{}, given]]) {
            const call = () => (isClass(value) ? new value(...args) : value(...args));
            const thrown = await thrownBy(call);
            if (!thrown || thrown.error instanceof whole.FieldsealError) continue;
            failures.push(
              `${what} (${args.length}): ${thrown.error?.stack ?? String(thrown.error)}`,
            );
          }
        }
        assert.equal(failures.join('\n'), '');
      });
      test(`${name} without arguments`, async () => {
        const thrown = await thrownBy(() => (isClass(value) ? new value() : value()));
        assert.ok(!thrown || thrown.error instanceof whole.FieldsealError, thrown?.error?.stack);
      });
    }
  });
}

const keyring = whole.rawAesKeyring({
  keyNamespace: 'n',
  keyName: 'k',
  wrappingKey: new Uint8Array(32),
});
const table = {
  logicalTableName: 't',
  partitionKeyName: 'id',
  attributeActions: { id: 'SIGN_ONLY', secret: 'ENCRYPT_AND_SIGN' },
};

for (const [name, object] of Object.entries({
  ItemEncryptor: new whole.ItemEncryptor({ ...table, keyring }),
  EncryptionClient: new whole.EncryptionClient(),
  KmsClient: new whole.KmsClient({ endpoint: 'http://127.0.0.1:1', maxAttempts: 1 }),
  DynamoDbClient: new whole.DynamoDbClient({ endpoint: 'http://127.0.0.1:1', maxAttempts: 1 }),
  NumberValue: whole.NumberValue.from?.('5') ?? new whole.NumberValue('5'),
})) {
  describe(`an object of ${name}`, () => {
    const names = Object.getOwnPropertyNames(Object.getPrototypeOf(object));
    for (const method of names.filter((name) => !/^(constructor|_.*)$/.test(name))) {
      const { value } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(object), method);
      if (typeof value !== 'function') continue;
      test(method, async () => {
        const failures = [];
        for (const [what, given] of Object.entries(odd)) {
          for (const args of [[given], [given, given], [{}, given]]) {
            const thrown = await thrownBy(() => object[method](...args));
            if (!thrown || thrown.error instanceof whole.FieldsealError) continue;
            failures.push(
              `${what} (${args.length}): ${thrown.error?.stack ?? String(thrown.error)}`,
            );
          }
        }
        assert.equal(failures.join('\n'), '');
      });
    }
  });
}
