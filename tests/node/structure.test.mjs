// The shape of the sources: no circle among the imports of js/src.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';

/** The groups of files that import one another, types included, each sorted. */
function circles(imports) {
  const number = new Map();
  const lowest = new Map();
  const stack = [];
  const found = [];
  const visit = (file) => {
    number.set(file, number.size);
    lowest.set(file, number.get(file));
    stack.push(file);
    for (const target of imports.get(file) ?? []) {
      if (!number.has(target)) visit(target);
      if (stack.includes(target)) {
        lowest.set(file, Math.min(lowest.get(file), lowest.get(target)));
      }
    }
    if (lowest.get(file) !== number.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1) found.push(group.sort());
  };
  for (const file of imports.keys()) if (!number.has(file)) visit(file);
  return found;
}

/** What each file of js/src imports, by paths below it without their endings. */
function typescriptImports() {
  const sources = new URL('../../js/src/', import.meta.url);
  const imports = new Map();
  for (const path of readdirSync(sources, { recursive: true })) {
    const [, file] = /^(.+?)(?:\.d)?\.ts$/.exec(path.replaceAll('\\', '/')) ?? [];
    if (!file) continue;
    const text = readFileSync(new URL(path, sources), 'utf8');
    const targets = [...text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)\.js'/g)];
    imports.set(
      file,
      targets.map(([, target]) => posix.join(posix.dirname(file), target)),
    );
  }
  return imports;
}

test('circles are found, of two files and of three', () => {
  const imports = new Map([
    ['a', ['b', 'd']],
    ['b', ['c']],
    ['c', ['a']],
    ['d', ['e', 'c']],
    ['e', ['f']],
    ['f', ['e']],
    ['g', ['a', 'e']],
  ]);
  assert.deepEqual(circles(imports), [
    ['e', 'f'],
    ['a', 'b', 'c', 'd'],
  ]);
});

test('no circle in js/src', () => {
  const imports = typescriptImports();
  for (const [file, targets] of imports) {
    for (const target of targets) assert.ok(imports.has(target), `${file}: no file ${target}`);
  }
  assert.ok(imports.size > 100);
  assert.deepEqual(circles(imports), []);
});
