// Bundles the worker, starts workerd with a compatibility date and flags, and asks the worker for the outcome.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { build } from 'esbuild';

const [date, ...flags] = process.argv.slice(2);
const dir = mkdtempSync(join(import.meta.dirname, 'served-'));
await build({
  entryPoints: ['worker.mjs'],
  outfile: join(dir, 'worker.js'),
  conditions: ['workerd', 'worker', 'browser'],
  ...{ bundle: true, format: 'esm', logLevel: 'warning' },
  plugins: [
    {
      name: 'modules',
      setup({ onResolve }) {
        onResolve({ filter: /core\.wasm$/ }, () => ({ path: './core.wasm', external: true }));
      },
    },
  ],
});
copyFileSync('node_modules/fieldseal/core.wasm', join(dir, 'core.wasm'));
writeFileSync(
  join(dir, 'config.capnp'),
  `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "core.wasm", wasm = embed "core.wasm"),
  ],
  compatibilityDate = "${date}",
  compatibilityFlags = [${flags.map((flag) => `"${flag}"`).join()}],
);
`,
);
// It tells the port that it took on the descriptor 3.
const bin = 'node_modules/@cloudflare/workerd-linux-64/bin/workerd';
const args = ['serve', '--control-fd=3', join(dir, 'config.capnp')];
const server = spawn(bin, args, { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
try {
  const [told] = await Promise.race([once(server.stdio[3], 'data'), once(server, 'exit')]);
  const { port } = JSON.parse(told.toString().split('\n')[0]);
  const response = await fetch(`http://127.0.0.1:${port}/`);
  console.log(`OUTCOME ${await response.text()}`);
} finally {
  server.kill();
  rmSync(dir, { recursive: true });
}
