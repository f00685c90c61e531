// The package as its users get it: packed by npm, installed from the tarball into an app far from
// this repository.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const packed = join(root, 'build/packaging');

/** How many bytes are left of them when servers compress them best. */
export const brotli = (bytes) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;

/** Packs pkg/; answers the tarball's path and npm's description of it. */
export function pack() {
  // One folder for each process: suites run side by side.
  const to = join(packed, String(process.pid));
  mkdirSync(to, { recursive: true });
  const args = ['pack', join(root, 'pkg'), '--pack-destination', to, '--json', '--loglevel=error'];
  const [description] = JSON.parse(
    execFileSync('npm', args, { stdio: ['ignore', 'pipe', 'pipe'] }),
  );
  return { tarball: join(to, description.filename), description };
}

/**
 * A fresh app with the package installed, without the network; removed after the test.
 *
 * @param files - text by file name
 */
export function makeApp(t, tarball, files = {}, manifest = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'fieldseal-app-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(
    join(dir, 'package.json'),
    JSON.stringify({ name: 'app', version: '1.0.0', private: true, ...manifest }),
  );
  execFileSync(
    'npm',
    [
      'install',
      '--offline',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--loglevel=error',
      tarball,
    ],
    { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  cpSync(new URL('app/', import.meta.url), dir, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

/** Writes the app's program for the entry `fieldseal/items` beside it. */
export function onItems(dir) {
  const source = readFileSync(join(dir, 'main.mjs'), 'utf8');
  assert.ok(source.includes(`from 'fieldseal'`));
  const own = source.replace(`from 'fieldseal'`, `from 'fieldseal/items'`);
  writeFileSync(join(dir, 'main-items.mjs'), own);
}

/** Writes the app's program as CommonJS, for a `require` of the package, beside it. */
export function asCommonJs(dir) {
  const source = readFileSync(join(dir, 'main.mjs'), 'utf8');
  const cjs = source
    .replace(/^import \{([^}]+)\} from '([^']+)'/gm, "const {$1} = require('$2')")
    .replace(/^export (async )?function main/m, 'module.exports = $1function main');
  assert.doesNotMatch(cjs, /^(import|export) /m);
  writeFileSync(join(dir, 'main.cjs'), cjs);
}

/** Runs a program; answers its output whether it succeeds or not. */
export function run(command, args, options) {
  return new Promise((resolve) => {
    execFile(command, args, { ...options, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? error.signal) : 0, stdout, stderr });
    });
  });
}

/** Runs Node in an app and asserts that it succeeds; answers what it printed. */
export async function node(dir, ...args) {
  const { code, stdout, stderr } = await run(process.execPath, args, { cwd: dir });
  assert.equal(code, 0, `${args.join(' ')}\n${stdout}\n${stderr}`);
  return stdout.trim();
}

export const PUBLIC_KEY = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).publicKey;

/** What `main()` of the app answers when all is well. */
export const DONE = /^opened 756\.1234\.5678\.97; refused with [A-Z_]+; sealed for aws-kms-rsa$/;
