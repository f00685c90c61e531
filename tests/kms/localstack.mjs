// LocalStack's KMS as a process of its own: installed by make, reachable from this machine only.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { freePort } from './ministack.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const READY_WITHIN_MS = 180_000;

/**
 * Whether LocalStack can run here: it needs Python 3.13. If it cannot, that is printed: no suite is skipped in silence.
 */
export function localStackRunsHere() {
  const python = make('localstack-python');
  if (python) return true;
  console.log(
    'SKIPPED: LocalStack needs Python 3.13 with venv (PATH or pyenv), and there is none.',
  );
  return false;
}

function make(target) {
  return execFileSync('make', ['--silent', target], { cwd: root }).toString().trim();
}

/** Starts LocalStack with KMS alone on a free port and waits until it answers. */
export async function startLocalStack() {
  make('build/venv-localstack/.installed');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const home = mkdtempSync(join(tmpdir(), 'fieldseal-localstack-'));
  const child = spawn(
    join(root, 'build/venv-localstack/bin/python3'),
    ['-m', 'localstack.runtime.main'],
    {
      cwd: home,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: home,
        TMPDIR: home,
        // An IPv6 socket for the loopback of IPv4: LocalStack's server takes no other form.
        GATEWAY_LISTEN: `[::ffff:127.0.0.1]:${port}`,
        SERVICES: 'kms',
        // It speaks with this machine alone: no DNS server, no reports, no certificate from elsewhere.
        DNS_ADDRESS: '0',
        DISABLE_EVENTS: '1',
        SKIP_SSL_CERT_DOWNLOAD: '1',
      },
    },
  );
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
  }).then(() => (running = false));

  const stop = async () => {
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(killer);
    rmSync(home, { recursive: true, force: true });
  };
  const deadline = Date.now() + READY_WITHIN_MS;
  while (running && Date.now() < deadline) {
    const health = await fetch(`${url}/_localstack/health`).then(
      (response) => response.json(),
      () => undefined,
    );
    if (health?.services?.kms) return { url, version: health.version, stop };
    await sleep(200);
  }
  await stop();
  throw new Error(`LocalStack did not start:\n${output}`);
}
