// Runs a command whenever a source changes: `node js/build/dev.mjs FOLDER… -- COMMAND…`. `make dev` builds the package so.
// A command that fails is told and waited after; Ctrl-C ends it.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';

const split = process.argv.indexOf('--');
const folders = process.argv.slice(2, split).filter((folder) => existsSync(folder));
const [command, ...args] = process.argv.slice(split + 1);

/** Editors save in several steps, and what is saved together is one change. */
const SETTLES_MS = 100;
const SOURCE = /\.(rs|toml|m?ts|mjs|json|txt)$/;

let running;
let changed = new Set();
let timer;

function run() {
  if (running) return;
  changed = new Set();
  const from = performance.now();
  running = spawn(command, args, { stdio: 'inherit' });
  running.once('error', (error) => ended(error.message, from));
  running.once('exit', (code) => ended(code === 0 ? undefined : `exit code ${code}`, from));
}

function ended(failure, from) {
  running = undefined;
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  console.log(failure ? `==> failed (${failure})` : `==> done in ${seconds} s`);
  if (changed.size > 0) return changedAgain();
  console.log(`==> watching ${folders.join(', ')}; Ctrl-C ends`);
}

function changedAgain() {
  console.log(`==> changed: ${[...changed].slice(0, 5).join(', ')}`);
  run();
}

/** Folder by folder: what watches a whole tree in Node 20 loses a file that an editor has put another in the place of. */
const watched = new Set();
function watchFolder(folder) {
  if (watched.has(folder)) return;
  watched.add(folder);
  watch(folder, (_, name) => {
    if (name) see(join(folder, name));
  });
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) watchFolder(join(folder, entry.name));
  }
}

function see(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) watched.delete(path);
  if (found?.isDirectory()) watchFolder(path);
  else if (!SOURCE.test(path)) return;
  changed.add(path);
  clearTimeout(timer);
  timer = setTimeout(() => running || changedAgain(), SETTLES_MS);
}

folders.forEach(watchFolder);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    running?.kill(signal);
    process.exit(0);
  });
}
run();
