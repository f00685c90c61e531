// Builds an app with Next and starts it: a page, one with the core as a file beside, a route in Node, and one in the edge runtime. In build/hosts/next/:
//
//   node ../../../tests/hosts/next/build.mjs turbopack|webpack

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';

import { outcomeAt } from '../in-chromium.mjs';
import { outcomeOfRoute, started } from '../server-of-app.mjs';

const [bundler] = process.argv.slice(2);
const [, recipe] = /^\| Next \| `([^`]+)`/m.exec(
  readFileSync(new URL('../../../docs/bundlers-and-csp.md', import.meta.url), 'utf8'),
);
if (!readFileSync('app/slim/page.jsx', 'utf8').includes(recipe)) throw new Error('another recipe');
const NEXT = [process.execPath, 'node_modules/next/dist/bin/next'];
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
rmSync('.next', { recursive: true, force: true });
const [node, ...args] = [...NEXT, 'build', `--${bundler}`];
execFileSync(node, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });

await started([...NEXT, 'start'], async (url) => {
  for (const route of ['node', 'edge']) console.log(await outcomeOfRoute(`${url}/${route}`));
  for (const page of ['page', 'slim']) await outcomeAt(`${url}/${page}`);
});
