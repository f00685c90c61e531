// Runs the suite, from the packed tarball, in every host that hosts.mjs names, and prints a table. Fails if one check does.
//
//   node tests/hosts/table.mjs [--write | --all] [name…]
//
// --write: docs/hosts.md and the README; --all: those that take longer, too; names: only these hosts

import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as fieldseal from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { makeFixtures } from './fixtures.mjs';
import { dateOf, withCompact } from './compact.mjs';
import { HOSTS, LONG, placeOf } from './hosts.mjs';
import * as suite from './suite.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const here = join(root, 'tests/hosts');
const names = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const hosts = process.argv.includes('--all') ? [...HOSTS, ...LONG] : HOSTS;
const chosen = hosts.filter(({ name }) => names.length === 0 || names.includes(name));
const TIME_LIMIT_MS = 300_000;

/** Runs a command to its end; resolves with its output, whether it succeeds or not. */
function run([command, ...args], cwd) {
  const bin =
    command === 'node'
      ? process.execPath
      : command.startsWith('node_modules')
        ? join(cwd, command)
        : command;
  const options = {
    cwd,
    timeout: TIME_LIMIT_MS,
    maxBuffer: 1 << 26,
    env: { ...process.env, NO_COLOR: '1' },
  };
  return new Promise((done) => {
    execFile(bin, args, options, (error, stdout, stderr) => done({ error, stdout, stderr }));
  });
}

/** A folder with what the host needs, the package from its tarball, and the programs. */
async function prepare(folder, tarball, fixtures) {
  const place = placeOf(root, { folder });
  cpSync(join(here, folder), place, { recursive: true });
  const lock = readFileSync(join(here, folder, 'package-lock.json'), 'utf8');
  const stamp = join(place, 'node_modules/.installed');
  const upToDate = existsSync(stamp) && readFileSync(stamp, 'utf8') === lock;
  if (!upToDate) {
    const install = ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'];
    const { error, stderr } = await run(install, place);
    if (error) throw new Error(`npm ci in tests/hosts/${folder}: ${stderr.slice(0, 500)}`);
    writeFileSync(stamp, lock);
  }
  const unpacked = join(place, 'node_modules/fieldseal');
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1']);
  cpSync(join(here, 'programs'), place, { recursive: true });
  cpSync(join(here, 'suite.mjs'), join(place, 'suite.mjs'));
  writeFileSync(join(place, 'fixtures.mjs'), `export default ${JSON.stringify(fixtures)};\n`);
}

function versionOf({ package: name, version }, place) {
  // It says so itself, if it starts.
  if (!name && !version) return 'unknown';
  if (name)
    return JSON.parse(readFileSync(join(place, `node_modules/${name}/package.json`))).version;
  const text = execFileSync(join(place, version[0]), version.slice(1), { encoding: 'utf8' });
  return /\d[\w.-]*/.exec(text)[0];
}

/** Runs the suite in one host in one way. Returns a row for each outcome that says how it came about, or one for all. */
async function attempt(host, how, command) {
  const place = placeOf(root, host);
  const started = Date.now();
  const { error, stdout, stderr } = await run(command, place);
  const found = [...stdout.matchAll(/OUTCOME (\{.*\})/g)].map(([, json]) => JSON.parse(json));
  const told = found.filter(({ how }) => how !== undefined);
  const rows = told.map((outcome) => ({ ...outcome, ...summary([outcome]) }));
  if (told.length === 0) {
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    rows.push({ how, version: versionOf(host, place), seconds, ...summary(found) });
  }
  // A host that prints nothing has not run the suite.
  if (error || found.length === 0)
    rows.at(-1).failed.push(`${error ?? 'no outcome'}\n${stdout}\n${stderr}`);
  return rows.map((row) => ({ name: host.name, ...row }));
}

/** How many checks passed, and which failed. */
const summary = (outcomes) => ({
  passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
  // What the host cannot do, if the error says so.
  refused: outcomes.reduce((sum, { refused = 0 }) => sum + refused, 0),
  failed: outcomes.flatMap(({ failed }) => failed.map(({ name, error }) => `${name}: ${error}`)),
});

const counted = ({ passed, refused }) =>
  `${passed} passed${refused > 0 ? `, ${refused} refused` : ''}`;

const kms = await startDevKms();
const { arn } = await kms.createKey();
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const fixtures = {
  ...(await makeFixtures(fieldseal, suite)),
  kms: { endpoint: kms.url, region: kms.region, credentials, keyId: arn },
};
const packed = join(root, 'build/hosts');
mkdirSync(packed, { recursive: true });
const pack = [
  'pack',
  join(root, 'pkg'),
  '--pack-destination',
  packed,
  '--json',
  '--loglevel=error',
];
const [{ filename }] = JSON.parse(execFileSync('npm', pack, { encoding: 'utf8' }));
const started = Date.now();
const folders = [...new Set(chosen.flatMap(({ folder, needs = [] }) => [folder, ...needs]))];
await Promise.all(folders.map((folder) => prepare(folder, join(packed, filename), fixtures)));
console.log(`installed in ${Math.round((Date.now() - started) / 1000)} s`);

const rows = [];
for (const host of chosen) {
  for (const [how, command] of Object.entries(host.runs)) {
    for (const row of await attempt(host, how, command)) {
      rows.push(row);
      const { name, version, failed, seconds } = row;
      const outcome = failed.length === 0 ? 'ok' : `FAILED ${failed.length}`;
      const text = `${name} ${version}, ${row.how}: ${counted(row)}, ${seconds} s`;
      console.log(`${outcome.padEnd(10)} ${text}`);
      for (const text of failed) console.log(text.replace(/^/gm, '    '));
    }
  }
}
await kms.close();

if (process.argv.includes('--write')) {
  const today = new Date().toISOString().slice(0, 10);
  const lines = rows.map(({ name, version, how, failed, ...row }) => {
    const outcome = failed.length === 0 ? counted(row) : `**${failed.length} failed**`;
    const date = LONG.some((host) => host.name === name) ? ` ${today} |` : '';
    return `| ${name} | ${version} | ${how} | ${outcome} |${date}`;
  });
  // Of hosts that were not run now, what is there stays.
  const before = readFileSync(join(root, 'docs/hosts.md'), 'utf8');
  const of = (all, name) => all.filter((line) => line.startsWith(`| ${name} | `));
  const ran = new Set(chosen.map(({ name }) => name));
  const table = (all) =>
    [...new Set(all.map(({ name }) => name))]
      .flatMap((name) => of(ran.has(name) ? lines : before.split('\n'), name))
      .join('\n');
  const date = HOSTS.some(({ name }) => ran.has(name)) ? today : dateOf(before);
  writeFileSync(
    join(root, 'docs/hosts.md'),
    `# Hosts

One program, \`tests/hosts/suite.mjs\`, run from the packed package in each of these, by \`make test-hosts\` on ${date}. Everything that is sealed,
opened, refused and sent there must come out the same.

| Host | Version | How | Checks |
| --- | --- | --- | --- |
${table(HOSTS)}

Browsers run it in pages of every kind (\`tests/hosts/browsers/scenarios.mjs\`), under \`script-src 'self' 'wasm-unsafe-eval'\` unless the row names another policy.
Rows that end with \`an error\` check that what cannot work there says why. Without a secure context (http, unless from localhost) a page has no WebCrypto:
private RSA and ECDH keys are refused, and in \`fieldseal/items\` RSA public keys and signatures, too. All vectors of the official libraries run in Chromium,
Firefox and WebKitGTK by \`make test-browser\`. The old Chromium comes from npm; Chromium 92 lacks functions of the language that the package needs, and what lies between
is not tested. Nor are older versions of Firefox and WebKit.

## By \`make test-hosts-all\`

These take longer. CI does not run them, so each row has its date. Apps are built for production, by Node 24 where the framework wants one that is newer than 20.

| Host | Version | How | Checks | Last run |
| --- | --- | --- | --- | --- |
${table(LONG)}

React Native's engine has no WebAssembly: there the checks are that the package is bundled, and that its error says so.
`,
  );
  const [readme, page] = ['README.md', 'docs/hosts.md'].map((name) =>
    readFileSync(join(root, name), 'utf8'),
  );
  writeFileSync(join(root, 'README.md'), withCompact(readme, page));
}
process.exitCode = rows.every(({ failed }) => failed.length === 0) ? 0 : 1;
