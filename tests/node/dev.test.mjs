// `make dev`: builds again when a source changes, goes on after what fails, and ends at Ctrl-C.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../js/build/dev.mjs', import.meta.url));

/** Watches a folder of its own; the command fails while there is a file `broken.ts`. */
function start(t) {
  const folder = mkdtempSync(join(tmpdir(), 'fieldseal-dev-'));
  mkdirSync(join(folder, 'src/deep'), { recursive: true });
  const command = `console.log('build'); process.exit(require('fs').existsSync('src/broken.ts') ? 3 : 0)`;
  const args = [script, 'src', 'not-there', '--', process.execPath, '-e', command];
  const child = spawn(process.execPath, args, { cwd: folder });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  t.after(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });
  return {
    child,
    write: (name) => writeFileSync(join(folder, 'src', name), ''),
    replace(name) {
      const beside = join(folder, 'beside.tmp');
      writeFileSync(beside, '');
      renameSync(beside, join(folder, 'src', name));
    },
    folder: (name) => mkdirSync(join(folder, 'src', name)),
    remove: (name) => rmSync(join(folder, 'src', name)),
    /** What it has printed since the last time, once that matches. */
    async until(pattern) {
      while (!pattern.test(output)) await once(child.stdout, 'data');
      const seen = output;
      output = '';
      return seen;
    },
  };
}
/** The end of a build, of which these are the lines before. */
const after = (lines) => new RegExp(`${lines}\n==> watching src; Ctrl-C ends\n$`);
const DONE = String.raw`build\n==> done in \d+\.\d s`;

test('a change builds again, one that fails is survived', async (t) => {
  const { write, remove, until } = start(t);
  await until(after(`^${DONE}`));
  write('deep/a.ts');
  await until(after(`^==> changed: src/deep/a.ts\n${DONE}`));
  write('broken.ts');
  await until(after(String.raw`broken.ts\nbuild\n==> failed \(exit code 3\)`));
  remove('broken.ts');
  await until(after(`broken.ts\n${DONE}`));
});

test('a file that an editor puts in the place of another, twice; files in a new folder', async (t) => {
  const { write, replace, folder, until } = start(t);
  write('deep/a.ts');
  await until(after(DONE));
  for (const name of ['deep/a.ts', 'deep/a.ts']) {
    replace(name);
    await until(after(`deep/a.ts\n${DONE}`));
  }
  folder('new');
  await until(after(`src/new\n${DONE}`));
  write('new/b.rs');
  await until(after(`src/new/b.rs\n${DONE}`));
});

test('what is not a source builds nothing', async (t) => {
  const { write, until } = start(t);
  await until(after(DONE));
  for (const name of ['a.ts~', '.a.ts.swp', 'notes.md']) write(name);
  write('b.rs');
  const printed = await until(after(`==> changed: src/b.rs\n${DONE}`));
  assert.doesNotMatch(printed, /a\.ts|notes/);
});

test('Ctrl-C ends it', async (t) => {
  const { child, until } = start(t);
  await until(after(DONE));
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});
