// Every rule has a test, and README.md says which.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { rulesTable } from './rules.mjs';

test('the table of rules and their tests', () => {
  const { page, untested, unknown } = rulesTable();
  assert.deepEqual(untested, []);
  assert.deepEqual(unknown, []);
  const written = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  assert.equal(written, page, 'node tests/tables/rules.mjs writes it anew');
});
