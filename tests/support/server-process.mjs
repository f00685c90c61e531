// A server as a process of its own, which ends when the tests do.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const KEPT_OUTPUT = 4000;
const KILLED_AFTER_MS = 10_000;
const ASKED_EVERY_MS = 200;

/** A port of this machine that nothing listens on. */
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

/**
 * Starts a server in a new folder, which goes when the server does, and asks it until it is ready.
 *
 * @param name what an error calls it
 * @param command the program and its arguments
 * @param environment of the folder; by default that of this process
 * @param readyWithinMs how long it may take
 * @param isReady asks it once; what it resolves to, unless that is falsy, is the result's `ready`
 * @returns that, and `stop`, which waits until the process has ended
 */
export async function startServer({
  name,
  command: [program, ...args],
  environment = () => process.env,
  readyWithinMs,
  isReady,
}) {
  const cwd = mkdtempSync(join(tmpdir(), 'fieldseal-server-'));
  const stdio = ['ignore', 'pipe', 'pipe'];
  const child = spawn(program, args, { cwd, env: environment(cwd), stdio });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => (output = (output + chunk).slice(-KEPT_OUTPUT)));
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
    const killer = setTimeout(() => child.kill('SIGKILL'), KILLED_AFTER_MS);
    await exited;
    clearTimeout(killer);
    rmSync(cwd, { recursive: true, force: true });
  };
  const deadline = Date.now() + readyWithinMs;
  while (running && Date.now() < deadline) {
    const ready = await isReady().catch(() => undefined);
    if (ready) return { ready, stop };
    await sleep(ASKED_EVERY_MS);
  }
  await stop();
  throw new Error(`${name} did not start:\n${output}`);
}
