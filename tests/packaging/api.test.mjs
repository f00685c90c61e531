// No change of the public interface goes unseen: the declarations are those of tests/packaging/api/.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { apiReports, writtenReports } from './api.mjs';

const made = apiReports();
const written = writtenReports();

test('every entry point has its report, and no other', () => {
  assert.deepEqual([...written.keys()], [...made.keys()].sort());
  assert.equal(made.size, 8);
});

for (const [name, report] of made) {
  test(name, () => {
    const [now, before] = [report, written.get(name) ?? ''].map((text) => text.split('\n'));
    const gone = before.filter((line) => !now.includes(line)).map((line) => `- ${line}`);
    const come = now.filter((line) => !before.includes(line)).map((line) => `+ ${line}`);
    const next = 'The public interface has changed. If that is meant, run `make api` and commit';
    assert.ok(report === written.get(name), [`${next} ${name}:`, ...gone, ...come].join('\n'));
  });
}

test('a report has what a program can name, and nothing of the package’s own', () => {
  const main = made.get('fieldseal.d.ts.txt');
  for (const name of ['class ItemEncryptor', 'function defineTable', 'interface BranchKeyStore']) {
    assert.match(main, new RegExp(`^export declare ${name}\\b|^export ${name}\\b`, 'm'));
  }
  assert.match(main, /^declare const kind: unique symbol;$/m);
  assert.doesNotMatch(main, /_object|_send|#private|import\(/);
  assert.doesNotMatch(made.get('fieldseal-items.d.ts.txt'), /class ItemEncryptor/);
});
