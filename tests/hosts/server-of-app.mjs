// For hosts that have servers: starts one, and asks a route of it for its outcome.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

/** Newer than that of the tests, which frameworks no longer take: that of ./node/, seen from another host's folder. */
export const NODE = resolve('../node/node_modules/node-24/bin/node');
const TIME_LIMIT_MS = 60_000;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts a server for as long as `work` with its address goes on.
 *
 * @param command - or a function that makes it of the port, if the server does not take that from the environment
 */
export async function started(command, work) {
  const PORT = await freePort();
  const [bin, ...args] = typeof command === 'function' ? command(PORT) : command;
  const env = { ...process.env, HOST: '127.0.0.1', PORT, NODE_ENV: 'production' };
  const server = spawn(bin, args, { env });
  let said = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => (said += text));
  const ended = once(server, 'exit');
  try {
    // Not by name: there, some refuse their own page's requests. They do not say alike when they are ready.
    const url = `http://localhost:${PORT}`;
    const limit = Date.now() + TIME_LIMIT_MS;
    while (!(await answers(url))) {
      if (server.exitCode !== null || Date.now() > limit) throw new Error('it does not start');
      await new Promise((done) => setTimeout(done, 100));
    }
    await work(url);
  } catch (error) {
    throw new Error(`${error.message}\n${args.join(' ')} said:\n${said}`, { cause: error });
  } finally {
    // By force: some wait for their connections to end.
    if (server.exitCode === null && server.kill('SIGKILL')) await ended;
  }
}

const answers = (url) =>
  fetch(url).then(
    () => true,
    () => false,
  );

/** The line that programs/report.mjs makes. */
export async function outcomeOfRoute(url) {
  const text = await (await fetch(url)).text();
  if (!text.startsWith('OUTCOME ')) throw new Error(`${url}: ${text.slice(0, 500)}`);
  return text;
}
