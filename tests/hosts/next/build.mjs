// Builds an app with Next and starts it: a page, a route in Node, and one in the edge runtime. In build/hosts/next/:
//
//   node ../../../tests/hosts/next/build.mjs turbopack|webpack

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';

import { outcomeAt } from '../in-chromium.mjs';

const [bundler] = process.argv.slice(2);
const NEXT = ['node_modules/next/dist/bin/next'];
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
rmSync('.next', { recursive: true, force: true });
execFileSync(process.execPath, [...NEXT, 'build', `--${bundler}`], {
  env,
  stdio: ['ignore', 'ignore', 'inherit'],
});

const server = spawn(process.execPath, [...NEXT, 'start', '--port', '0'], { env });
try {
  let said = '';
  const started = new Promise((resolve) => {
    const hear = (text) => {
      said += text;
      const url = /http:\/\/localhost:\d+/.exec(said)?.[0];
      if (url) resolve(url);
    };
    server.stdout.on('data', hear);
    server.stderr.on('data', hear);
    server.once('exit', () => resolve(undefined));
  });
  const url = await started;
  if (!url) throw new Error(`next start: ${said}`);
  for (const route of ['node', 'edge']) {
    const text = await (await fetch(`${url}/${route}`)).text();
    if (!text.startsWith('OUTCOME ')) throw new Error(`/${route}: ${text.slice(0, 500)}\n${said}`);
    console.log(text);
  }
  await outcomeAt(`${url}/page`);
} finally {
  if (server.exitCode === null && server.kill()) await once(server, 'exit');
}
