// Two more servers with DynamoDB's protocol, which nobody here wrote: moto and dynalite, each as a process of its own.

import { execFileSync, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { freePort } from '../kms/ministack.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const READY_WITHIN_MS = 120_000;

/** moto's server, installed by make in a place of its own. */
export async function startMoto() {
  execFileSync('make', ['--silent', 'build/venv-moto/.installed'], { cwd: root, stdio: 'pipe' });
  const python = join(root, 'build/venv-moto/bin/python3');
  return startServer('moto', (port) => [
    python,
    ['-m', 'moto.server', '--host', '127.0.0.1', '--port', String(port)],
  ]);
}

/** dynalite, which keeps its tables in memory; limits of speed are off. */
export async function startDynalite() {
  const folder = createRequire(import.meta.url).resolve('dynalite/package.json');
  const cli = join(folder, '..', 'cli.js');
  return startServer('dynalite', (port) => [
    process.execPath,
    [cli, '--host', '127.0.0.1', '--port', String(port), '--createTableMs', '0'],
  ]);
}

async function startServer(name, commandOf) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const [command, args] = commandOf(port);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => (output = (output + chunk).slice(-4000)));
  }
  let running = true;
  const exited = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', (error) => {
      output += error;
      resolve();
    });
  }).then(() => {
    running = false;
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(killer);
  };
  const deadline = Date.now() + READY_WITHIN_MS;
  while (running && Date.now() < deadline) {
    const answers = await fetch(url, { method: 'GET' }).then(
      () => true,
      () => false,
    );
    if (answers) return { url, region: 'us-east-1', stop };
    await sleep(100);
  }
  await stop();
  throw new Error(`${name} did not start:\n${output}`);
}
