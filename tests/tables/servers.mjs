// Two more servers with DynamoDB's protocol, which nobody here wrote: moto and dynalite, each as a process of its own.

import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort, startServer } from '../support/server-process.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const READY_WITHIN_MS = 120_000;

/** moto's server, installed by make in a place of its own. */
export async function startMoto() {
  execFileSync('make', ['--silent', 'build/venv-moto/.installed'], { cwd: root, stdio: 'pipe' });
  const python = join(root, 'build/venv-moto/bin/python3');
  return startNamed('moto', (port) => [
    python,
    ...['-m', 'moto.server', '--host', '127.0.0.1', '--port', String(port)],
  ]);
}

/** dynalite, which keeps its tables in memory; limits of speed are off. */
export async function startDynalite() {
  const folder = createRequire(import.meta.url).resolve('dynalite/package.json');
  const cli = join(folder, '..', 'cli.js');
  return startNamed('dynalite', (port) => [
    process.execPath,
    ...[cli, '--host', '127.0.0.1', '--port', String(port), '--createTableMs', '0'],
  ]);
}

async function startNamed(name, commandOf) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { stop } = await startServer({
    name,
    command: commandOf(port),
    readyWithinMs: READY_WITHIN_MS,
    // Any answer will do.
    isReady: () => fetch(url),
  });
  return { url, region: 'us-east-1', stop };
}
