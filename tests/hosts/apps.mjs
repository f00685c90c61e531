// Builds an app with a framework and starts it: a route of its server, and its page in Chromium. In build/hosts/<app>/:
//
//   node ../../../tests/hosts/apps.mjs

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { basename } from 'node:path';

import { outcomeAt } from './in-chromium.mjs';
import { NODE, outcomeOfRoute, started } from './server-of-app.mjs';

/** How each is built and started, in its folder, and what is left of it there. */
const APPS = {
  astro: {
    build: ['node_modules/astro/bin/astro.mjs', 'build'],
    start: ['dist/server/entry.mjs'],
    made: ['dist', '.astro'],
  },
  nuxt: {
    build: ['node_modules/nuxt/bin/nuxt.mjs', 'build'],
    start: ['.output/server/index.mjs'],
    made: ['.nuxt', '.output'],
  },
  'react-router': {
    build: ['node_modules/@react-router/dev/bin.cjs', 'build'],
    start: ['node_modules/@react-router/serve/bin.cjs', 'build/server/index.js'],
    made: ['build', '.react-router'],
  },
  sveltekit: {
    build: ['node_modules/vite/bin/vite.js', 'build', '--logLevel=warn'],
    start: ['build/index.js'],
    made: ['build', '.svelte-kit'],
  },
};

// They would tell their makers.
const env = { ...process.env, ASTRO_TELEMETRY_DISABLED: '1', NUXT_TELEMETRY_DISABLED: '1' };
const { build, start, made } = APPS[basename(process.cwd())];
for (const path of made) rmSync(path, { recursive: true, force: true });
execFileSync(NODE, build, { env, stdio: ['ignore', 'ignore', 'inherit'] });
await started([NODE, ...start], async (url) => {
  console.log(await outcomeOfRoute(`${url}/server`));
  await outcomeAt(`${url}/`);
});
