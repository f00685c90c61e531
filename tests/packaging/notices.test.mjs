// Third parties are named in the package, in their own words.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { licenceTexts, thirdPartyNotices } from '../../js/build/notices.mjs';
import { root } from './support.mjs';

const notices = readFileSync(join(root, 'pkg/THIRD_PARTY_NOTICES'), 'utf8');

/** A crate with one file of a licence. */
function crate(t, license, file, text) {
  const folder = mkdtempSync(join(tmpdir(), 'fieldseal-crate-'));
  t.after(() => rmSync(folder, { recursive: true }));
  if (file) writeFileSync(join(folder, file), text);
  return { name: 'example 1.0.0', license, repository: 'https://example.com', folder };
}
const MIT = 'Copyright (c) 2026 Somebody\n\nPermission is hereby granted, free of charge, …';
const BSD = 'Copyright (c) 2026 Other\n\nRedistribution and use in source and binary forms, …';

for (const [core, some] of [
  ['wasm-bindgen', 10],
  ['wasm-bindgen-items', 4],
]) {
  test(`every crate that ${core} names in its panics`, () => {
    const wasm = readFileSync(join(root, 'target', core, 'fieldseal_bg.wasm'), 'latin1');
    const found = [...wasm.matchAll(/([a-z0-9_-]+)-(\d+\.\d+\.\d+[a-z0-9.-]*)\/src\//g)];
    const crates = new Set(found.map(([, name, version]) => `${name} ${version}`));
    assert.ok(crates.size > some, [...crates].join());
    // The standard library has its own list.
    crates.delete('dlmalloc 0.2.11');
    for (const name of crates) assert.match(notices, new RegExp(`^${name} \\(`, 'm'));
  });
}

test("copyright and licence of a crate under BSD, of Rust's library, of the glue's generator", () => {
  for (const part of [
    'subtle 2.6.1 (BSD-3-Clause)',
    'Copyright (c) 2016-2017 Isis Agora Lovecruft',
    'Neither the name of the copyright holder',
    "Rust's standard library",
    'wasm-bindgen 0.2.130 (MIT OR Apache-2.0)',
    'UNICODE LICENSE V3',
  ]) {
    assert.ok(notices.includes(part), part);
  }
});

test('the shortest of the licences offered; each of those that apply together', (t) => {
  const both = crate(t, 'Apache-2.0 OR MIT', 'LICENSE-MIT', MIT);
  writeFileSync(join(both.folder, 'LICENSE-APACHE'), 'Apache License …');
  assert.deepEqual(licenceTexts(both), [MIT]);
  assert.deepEqual(licenceTexts({ ...both, license: 'MIT/Apache-2.0' }), [MIT]);
  writeFileSync(join(both.folder, 'COPYRIGHT'), BSD);
  const together = { ...both, license: '(MIT OR Apache-2.0) AND BSD-3-Clause' };
  assert.deepEqual(licenceTexts(together), [MIT, BSD]);
});

test('crates with the same text stand over it together', (t) => {
  const one = crate(t, 'MIT', 'LICENSE', MIT);
  const text = thirdPartyNotices([one, { ...one, name: 'other 2.0.0' }]);
  const heading = (name) => `${name} (MIT) https://example.com`;
  assert.ok(text.includes(`${heading('example 1.0.0')}\n${heading('other 2.0.0')}\n\n${MIT}`));
  assert.equal(text.split(MIT).length, 2);
});

test('a crate without the text of its licence, or with one that is not known, ends the build', (t) => {
  for (const [license, file, text] of [
    ['MIT'],
    ['MIT', 'README.md', MIT],
    ['MIT', 'LICENSE', 'Copyright (c) 2026 Somebody'],
    ['BSD-3-Clause', 'LICENSE', MIT],
    ['MIT AND BSD-3-Clause', 'LICENSE', MIT],
    ['GPL-3.0-only', 'LICENSE', MIT],
    ['MIT AND GPL-3.0-only', 'LICENSE', MIT],
    [null, 'LICENSE', MIT],
  ]) {
    const one = crate(t, license, file, text);
    assert.throws(
      () => thirdPartyNotices([one]),
      /^Error: example 1\.0\.0: /,
      `${license} ${file}`,
    );
  }
});
