// LocalStack's KMS as a process of its own: installed by make, reachable from this machine only.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort, startServer } from '../support/server-process.mjs';

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
  const { ready, stop } = await startServer({
    name: 'LocalStack',
    command: [join(root, 'build/venv-localstack/bin/python3'), '-m', 'localstack.runtime.main'],
    environment: (home) => ({
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
    }),
    readyWithinMs: READY_WITHIN_MS,
    isReady: async () => {
      const health = await (await fetch(`${url}/_localstack/health`)).json();
      return health.services?.kms && health;
    },
  });
  return { url, version: ready.version, stop };
}
