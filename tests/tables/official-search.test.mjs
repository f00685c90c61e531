// What AWS's own library makes of searched tables, without it: the same attributes added to items, the same requests, the same
// items back, or the same refusal. `tests/interop/random-search.mjs` asks it live.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { added } from '../interop/search-judged.mjs';
import { SEARCH_DIFFERENCES } from '../interop/differences.mjs';
import { openTable } from '../interop/search-table.mjs';

const file = new URL('../vectors/tables/official-search.json', import.meta.url);
const { tables } = JSON.parse(readFileSync(file, 'utf8'));

const keyOf = ({ pk }) => pk.S;
const counts = { answered: 0, refused: 0 };
const shown = new Set();

/** Compares, or, where a difference is known, sees to it that there is one. */
function compare({ difference }, same) {
  if (!difference) return same();
  shown.add(difference);
  assert.throws(same, assert.AssertionError, `there is no difference: ${difference}`);
}

for (const [i, entry] of tables.entries()) {
  describe(`table ${i}`, async () => {
    const { config, items = [], requests = [] } = entry;
    const table = await openTable(config);

    test('its configuration', () => {
      compare(entry, () => {
        assert.equal(
          table.error === undefined,
          entry.error === undefined,
          table.error ?? entry.error,
        );
      });
      if (!entry.difference && entry.error !== undefined) counts.refused++;
    });
    if (table.error !== undefined || entry.error !== undefined) return;

    const stored = [];
    for (const [n, one] of items.entries()) {
      const put = await table.put(one.item);
      const resolved = await table.resolve(one.item);
      // What both seal was there for the requests.
      if (one.sealed && put.item && !resolved.error) stored.push(one.sealed);
      test(`item ${n}`, () => {
        compare(one, () => {
          assert.equal(put.error === undefined, one.error === undefined, put.error ?? one.error);
          if (put.error === undefined) {
            assert.deepEqual(added(config, put.item), added(config, one.sealed));
          }
        });
        if (!one.difference && one.error !== undefined) counts.refused++;
        if (one.resolved) assert.deepEqual(resolved, one.resolved);
      });
    }

    for (const [n, one] of requests.entries()) {
      test(`request ${n}: ${one.operation}`, async () => {
        const result = await table.request(one, stored);
        compare(one, () => {
          assert.deepEqual(result.sent, one.sent, result.error);
          assert.equal(
            result.error === undefined,
            one.error === undefined,
            result.error ?? one.error,
          );
          if (result.error === undefined) {
            assert.deepEqual(result.items.map(keyOf), one.given);
            assert.equal(result.count, one.count);
          }
        });
        if (one.queries !== undefined) {
          assert.equal((await table.queries(one)).number_of_queries, one.queries);
        }
        if (one.difference) return;
        if (result.error === undefined) counts.answered++;
        else counts.refused++;
      });
    }
  });
}

test('half of them are refusals, and the differences are known', () => {
  assert.ok(counts.answered >= 100, `${counts.answered} are answered`);
  assert.ok(counts.refused >= 100, `${counts.refused} are refused`);
  const known = new Set(SEARCH_DIFFERENCES.map(({ name }) => name));
  assert.deepEqual(
    [...shown].filter((name) => !known.has(name)),
    [],
  );
  assert.ok(shown.size >= 15, `${shown.size} differences are shown`);
});
