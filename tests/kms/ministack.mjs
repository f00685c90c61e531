// MiniStack as a process of its own: installed by make, reachable from this machine only.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort, startServer } from '../support/server-process.mjs';

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
  const { stop } = await startServer({
    name: `MiniStack ${version}`,
    command: [join(bin, 'ministack')],
    environment: () => ({
      ...process.env,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      IOT_MTLS_ENABLED: '0',
    }),
    readyWithinMs: READY_WITHIN_MS,
    isReady: async () => (await fetch(`${url}/_ministack/health`)).ok,
  });
  return { url, region: 'us-east-1', version, stop };
}
