// Programs that the suites of this folder start: where they are, and when they are ready.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

/** A host that is this machine, but not for browsers: its pages are not secure contexts. Each browser is told of it. */
export const INSECURE_HOST = 'insecure.test';

const TIME_LIMIT_MS = 60_000;

/** What ends each program that runs. */
const running = new Set();
const killAll = () => running.forEach((kill) => kill());
process.once('exit', killAll);
// The test runner ends a file that takes too long so: its browsers would go on, and be in the way of the next file's.
process.once('SIGTERM', () => process.exit(143));

/**
 * The path of a program that tests cannot do without. If it is not there, the tests end with one line that says what to
 * install, instead of a failure for each of them.
 *
 * @param {{name: string, variable: string, candidates: string[], debian: string}} wanted - `variable`: of the
 * environment, for a path of one's own; `debian`: the package that brings it
 */
export function programPath({ name, variable, candidates, debian }) {
  const path = process.env[variable] ?? candidates.find((candidate) => existsSync(candidate));
  if (path !== undefined && existsSync(path)) return path;
  console.error(
    `no ${name}: install it (Debian: apt-get install ${debian}), or set ${variable} to its path`,
  );
  process.exit(1);
}

/** Browsers' sandboxes refuse to run as root, which is what containers usually are. */
export const isRoot = process.getuid?.() === 0;

/**
 * Launches a browser; where that fails, nothing of it goes on running, which would keep this process.
 *
 * @template T
 * @param {() => Promise<T>} launch
 * @returns {Promise<T>}
 */
export async function launched(launch) {
  try {
    return await launch();
  } catch (error) {
    killAll();
    throw error;
  }
}

/**
 * Starts a program, which ends with this process at the latest.
 *
 * @param {{ready?: RegExp, env?: object}} how - `ready` matches what it prints once it is; without it, it need only start
 * @returns {Promise<{match: RegExpExecArray | undefined, stop: () => Promise<void>}>}
 */
export async function start(path, args, { ready, env = {} } = {}) {
  const child = spawn(path, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const kill = () => void child.kill();
  running.add(kill);
  let said = '';
  let timer;
  try {
    const match = await new Promise((resolve, reject) => {
      const fail = (what) => reject(new Error(`${path} ${what}: ${said.slice(-500)}`));
      const look = (text) => {
        said += text;
        const found = ready?.exec(said);
        if (found) resolve(found);
      };
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', look);
      if (!ready) child.once('spawn', resolve);
      child.once('error', reject);
      child.once('exit', (code) => fail(`ended (${code})`));
      timer = setTimeout(() => fail('did not start in time'), TIME_LIMIT_MS);
    });
    return {
      match,
      async stop() {
        running.delete(kill);
        kill();
        await ended;
      },
    };
  } catch (error) {
    kill();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The key, as WebDriver has it in a text. */
export const ENTER = '\uE007';
