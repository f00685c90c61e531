// What TypeScript knows of the core is what Rust says: js/src/generated/ is as `make bindings` writes it.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';

import { bindings, generated } from '../../js/build/bindings.mjs';

/** Written by hand: types of what the build makes, which has nothing to describe. */
const BY_HAND = ['glue-items.d.ts', 'wasm.d.ts', 'inlined-core.d.ts', 'inlined-items.d.ts'];

describe('the bindings', () => {
  let made;
  before(async () => {
    made = await bindings();
  });

  test('are as they are made, file by file', () => {
    assert.deepEqual(readdirSync(generated).sort(), [...made.keys(), ...BY_HAND].sort());
    for (const [name, text] of made) {
      const committed = readFileSync(join(generated, name), 'utf8');
      assert.equal(committed, text, `${name}: run make bindings`);
    }
  });

  test('say what there is', () => {
    const has = (name, pattern) => assert.match(made.get(name), pattern);
    has('config.ts', /interface RawAesConfig \{\n {2}readonly type: 'rawAes';/);
    has('config.ts', /export const PADDING_SCHEMES = \[\n {2}'OAEP_SHA1_MGF1',/);
    has('codes.ts', /\| 'COMMITMENT_MISMATCH'/);
    has('kms-operations.ts', /ScheduleKeyDeletion: \{/);
    has('glue.d.ts', /make_keyring\(config: KeyringConfig, host: unknown\): number;/);
    for (const text of made.values()) assert.doesNotMatch(text, /[:(]\s*any\b/);
  });
});
