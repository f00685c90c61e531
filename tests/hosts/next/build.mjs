// Builds an app with Next and starts it: a page, a route in Node, and one in the edge runtime. In build/hosts/next/:
//
//   node ../../../tests/hosts/next/build.mjs turbopack|webpack

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';

import { outcomeAt } from '../in-chromium.mjs';
import { outcomeOfRoute, started } from '../server-of-app.mjs';

const [bundler] = process.argv.slice(2);
const NEXT = [process.execPath, 'node_modules/next/dist/bin/next'];
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
rmSync('.next', { recursive: true, force: true });
const [node, ...args] = [...NEXT, 'build', `--${bundler}`];
execFileSync(node, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });

await started([...NEXT, 'start'], async (url) => {
  for (const route of ['node', 'edge']) console.log(await outcomeOfRoute(`${url}/${route}`));
  await outcomeAt(`${url}/page`);
});
