// The chart and the tables of speed show the run that benches/run.json keeps: `make bench-record` makes all three.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { CHART, PAGE, draw, itemRatio, readRun, tables, tablesIn } from '../../benches/chart.mjs';

test('docs/images/speed.svg is drawn from the run', () => {
  assert.equal(readFileSync(CHART, 'utf8'), draw(readRun()));
});

test('the tables of docs/performance.md are made from the run', () => {
  assert.equal(tablesIn(readFileSync(PAGE, 'utf8')), tables(readRun()));
});

test('README says how much faster an item is sealed', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const sealed = readRun().items.rows.find((row) => row.suite === '6700' && row.name === 'encrypt');
  assert.equal(
    readme.match(/an item of 20 attributes \[(\d+) times/)?.[1],
    `${Math.floor(itemRatio(sealed))}`,
  );
});

test('the run is whole: every case has figures of both sides, of at least five turns', () => {
  const { items, messages, messagesInChromium, ...about } = readRun();
  assert.deepEqual(Object.keys(about), ['date', 'machine', 'node']);
  assert.equal(items.rows.length, 8);
  for (const { ours, theirs } of items.rows) {
    assert.ok(ours.length >= 5 && theirs.length === ours.length);
    for (const time of [...ours, ...theirs]) assert.ok(time > 0);
  }
  for (const { rows } of [messages, messagesInChromium]) {
    assert.equal(rows.length, 12);
    for (const { encrypt, decrypt } of rows)
      for (const { ours, theirs } of [encrypt, decrypt])
        for (const { min, median } of [ours, theirs]) assert.ok(min > 0 && median >= min);
  }
});
