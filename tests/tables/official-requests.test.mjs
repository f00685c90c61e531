// What AWS's own library made of 200 requests on encrypted tables, without it: the same request, the same answer, or the same
// refusal. `tests/interop/random-requests.mjs` asks it live.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { call, outcomeOf } from '../interop/calls.mjs';
import { DIFFERENCES } from '../interop/differences.mjs';

const file = new URL('../vectors/tables/official-requests.json', import.meta.url);
const { answered, refused, different } = JSON.parse(readFileSync(file, 'utf8'));

/** A call here, and what the official library came to: its request is opened here, too. */
async function both(made) {
  return [await outcomeOf(made, await call(made)), await outcomeOf(made, made)];
}
const about = ({ operation, error }, i) =>
  `${i} ${operation}${error ? `: ${/message: \\*"(.*?)\\*"/.exec(error)?.[1] ?? error}` : ''}`;

describe('requests that the official library sends: the same request, the same output', () => {
  // One of 100 was, and has a name that is refused now.
  assert.ok(answered.length >= 99);
  for (const [i, made] of answered.entries()) {
    test(about(made, i), async () => {
      const [ours, theirs] = await both(made);
      assert.equal(theirs.verdict, 'given');
      assert.deepEqual(ours, theirs);
    });
  }
});

describe('what the official library refuses to send, or to open, is refused', () => {
  assert.ok(refused.length >= 100);
  for (const [i, made] of refused.entries()) {
    test(about(made, i), async () => {
      const [ours, theirs] = await both(made);
      assert.notEqual(theirs.verdict, 'given');
      assert.deepEqual(ours, theirs);
    });
  }
});

describe('requests that are answered otherwise, each difference by its name', () => {
  for (const [i, made] of different.entries()) {
    test(`${i} ${made.difference}, ${made.operation}`, async () => {
      const [ours, theirs] = await both(made);
      assert.notDeepEqual(ours, theirs);
      assert.ok(DIFFERENCES.some(({ name }) => name === made.difference));
    });
  }
});
