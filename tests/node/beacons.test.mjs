// The transforms of searchable encryption of the official library through the npm package: items and requests as it makes them,
// and what it refuses.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import * as index from '../../pkg/entrypoints/index.js';
import * as tables from '../../pkg/entrypoints/tables.js';
import { runCorpus } from '../support/vectors.mjs';

const read = () =>
  JSON.parse(readFileSync(new URL('../vectors/official-beacons.json', import.meta.url), 'utf8'));
const fieldseal = { ...index, ...tables };

test("the official library's transforms", async () => {
  const { failures, leftOut, outcomes } = await runCorpus(fieldseal, read());
  console.log(`official-beacons.json: ${JSON.stringify(outcomes)}`);
  assert.deepEqual([failures, leftOut], [[], []]);
  assert.deepEqual(outcomes, { same: 142, refused: 46, 'sent otherwise': 1 });
});

test('with wrong expectations each that is compared fails', async () => {
  const corpus = read();
  for (const vector of corpus.vectors) {
    if (vector.official_error) delete vector.official_error;
    else if (vector.added) vector.added.aws_dbe_b_intruder = { S: 'x' };
    else vector.output.intruder = 'x';
  }
  const { outcomes } = await runCorpus(fieldseal, corpus);
  assert.deepEqual(outcomes, {});
});
