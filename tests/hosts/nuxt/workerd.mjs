// Builds the app for Cloudflare's Workers, and runs what comes out in workerd. In build/hosts/nuxt/:
//
//   node ../../../tests/hosts/nuxt/workerd.mjs <entry>

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { NODE, outcomeOfRoute, started } from '../server-of-app.mjs';

const [entry] = process.argv.slice(2);
const WORKERD = '../workerd/node_modules/@cloudflare/workerd-linux-64/bin/workerd';
const OUTPUT = '.output/server';
const CONFIG = 'nuxt.config.ts';
const PROGRAMS = ['app/app.vue', 'server/routes/server.js'];
const core = entry === 'fieldseal' ? 'core.wasm' : 'items.wasm';

/** The configuration of docs/bundlers-and-csp.md. */
const page = readFileSync(new URL('../../../docs/bundlers-and-csp.md', import.meta.url), 'utf8');
const documented = /```js\n\/\/ nuxt\.config\.ts\n([^]*?)```/
  .exec(page)[1]
  .replaceAll('core.wasm', core);
const withoutAlias = documented.replace(/^ *alias: .*\n/m, '');
assert.notEqual(withoutAlias, documented);

function build(config) {
  for (const path of ['.nuxt', '.output']) rmSync(path, { recursive: true, force: true });
  writeFileSync(CONFIG, config);
  const env = { ...process.env, NITRO_PRESET: 'cloudflare-module', NUXT_TELEMETRY_DISABLED: '1' };
  const options = { env, encoding: 'utf8' };
  const { status, ...said } = spawnSync(NODE, ['node_modules/nuxt/bin/nuxt.mjs', 'build'], options);
  return { fails: status !== 0, said: `${said.stdout}\n${said.stderr}` };
}

/** Serves what was built for as long as `work` goes on. */
async function serving(work) {
  const modules = readdirSync(OUTPUT, { recursive: true })
    .filter((name) => /\.(mjs|wasm)$/.test(name))
    // The first is where the worker begins.
    .sort((a, b) => (b === 'index.mjs') - (a === 'index.mjs'))
    .map((name) => {
      const kind = name.endsWith('.wasm') ? 'wasm' : 'esModule';
      return `(name = "${name}", ${kind} = embed "${name}")`;
    });
  const config = join(OUTPUT, 'config.capnp');
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${modules.join()}],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = ["nodejs_compat"],
);
`,
  );
  const serve = (port) => [WORKERD, 'serve', config, `--socket-addr=http=localhost:${port}`];
  await started(serve, (url) => work(`${url}/server`));
}

const files = [CONFIG, ...PROGRAMS].map((path) => ({ path, text: readFileSync(path, 'utf8') }));
try {
  for (const { path, text } of files)
    if (PROGRAMS.includes(path)) writeFileSync(path, text.replace(`'fieldseal'`, `'${entry}'`));

  // What the page says of less than that, too.
  const plain = build(files[0].text);
  assert.ok(plain.fails, 'it builds without configuration');
  assert.ok(plain.said.includes(core), plain.said);
  const half = build(withoutAlias);
  assert.ok(!half.fails, half.said);
  await serving(async (url) => assert.equal((await fetch(url)).status, 500));

  const { fails, said } = build(documented);
  assert.ok(!fails, said);
  await serving(async (url) => console.log(await outcomeOfRoute(url)));
} finally {
  for (const { path, text } of files) writeFileSync(path, text);
}
