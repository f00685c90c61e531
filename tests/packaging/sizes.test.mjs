// The sizes that the pages state are those of a build today.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';

import { sizes } from './sizes.mjs';
import { root } from './support.mjs';

/** A change of a few hundred bytes needs no new page. */
const TOLERANCE = 0.01;

/** The numbers in a table's row that begins with an entry's name. */
function stated(page, entry) {
  const row = new RegExp(`^\\| \`${entry}\`[^|]*\\|(.*)\\|$`, 'm').exec(
    readFileSync(join(root, page), 'utf8'),
  );
  assert.ok(row, `${page} has no row for ${entry}`);
  return [...row[1].matchAll(/([\d,.]+) KB/g)].map(
    ([, number]) => Number(number.replaceAll(',', '')) * 1000,
  );
}

describe('sizes', () => {
  let found;
  before(async () => {
    found = await sizes();
  });
  const close = (text, wanted, page) => {
    assert.ok(
      text !== undefined && Math.abs(text - wanted) <= wanted * TOLERANCE,
      `${page} says ${text}, and it is ${wanted}: node benches/size.mjs`,
    );
  };

  test('in docs/performance.md', () => {
    for (const [entry, { raw, gzip, brotli, core }] of Object.entries(found)) {
      const numbers = stated('docs/performance.md', entry);
      const wanted = [raw, gzip, brotli, ...(core > 0 ? [core] : [])];
      assert.equal(numbers.length, wanted.length, entry);
      wanted.forEach((bytes, i) => close(numbers[i], bytes, 'docs/performance.md'));
    }
  });

  test('in the README', () => {
    for (const [entry, { brotli }] of Object.entries(found)) {
      const numbers = stated('README.md', entry);
      assert.equal(numbers.length, 1, entry);
      close(numbers[0], brotli, 'README.md');
    }
  });

  test('less than 150 KB is said of fieldseal/items, and true', () => {
    const said = readFileSync(join(root, 'README.md'), 'utf8').match(/^.*less than 150 KB.*$/gm);
    assert.equal(said?.length, 1);
    assert.match(said[0], /`fieldseal\/items`/);
    assert.ok(found['fieldseal/items'].brotli < 150_000);
  });

  test('what is served beside is not inlined', () => {
    assert.deepEqual(
      Object.values(found).map(({ core }) => core > 0),
      [false, true, false, true],
    );
  });
});
