// MiniStack as a process of its own: installed by make, reachable from this machine only.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const READY_WITHIN_MS = 120_000;

/** Starts MiniStack on a free port and waits until it answers. */
export async function startMiniStack() {
  try {
    execFileSync('make', ['--silent', 'build/venv/.installed'], { cwd: root, stdio: 'pipe' });
  } catch (error) {
    throw new Error(`MiniStack cannot be installed: ${error.stderr ?? error.message}`, {
      cause: error,
    });
  }
  const bin = join(root, 'build/venv/bin');
  const ask = 'import importlib.metadata as m; print(m.version("ministack"))';
  const version = execFileSync(join(bin, 'python3'), ['-c', ask]).toString().trim();

  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const cwd = mkdtempSync(join(tmpdir(), 'fieldseal-ministack-'));
  const env = {
    ...process.env,
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    IOT_MTLS_ENABLED: '0',
  };
  const child = spawn(join(bin, 'ministack'), { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
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
    rmSync(cwd, { recursive: true, force: true });
  };
  const deadline = Date.now() + READY_WITHIN_MS;
  while (running && Date.now() < deadline) {
    const healthy = await fetch(`${url}/_ministack/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (healthy) return { url, region: 'us-east-1', version, stop };
    await sleep(200);
  }
  await stop();
  throw new Error(`MiniStack ${version} did not start:\n${output}`);
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
