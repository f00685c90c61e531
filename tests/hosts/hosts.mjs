// The hosts, cheapest first: what each needs is pinned in its folder, and how the suite is started there.

import { join } from 'node:path';

import { OLD_CHROMIUM } from './browsers/scenarios.mjs';

const NODES = ['20', '22', '24', '26'];

/** A way to run the suite: a command in the host's folder whose output has outcomes, or a function that gives them. */
const nodeRuns = (bin, more = {}) => ({
  import: [bin, 'import.mjs'],
  'require()': [bin, 'require.cjs'],
  'import and require()': [bin, 'both.mjs'],
  'fieldseal/items': [bin, 'items.mjs'],
  'fieldseal/slim': [bin, 'slim.mjs'],
  worker_threads: [bin, 'thread.mjs'],
  'fieldseal/workers': [bin, 'workers.mjs'],
  ...more,
});

export const HOSTS = [
  ...NODES.map((major) => ({
    name: 'Node',
    folder: 'node',
    version: [`node_modules/node-${major}/bin/node`, '--version'],
    runs: nodeRuns(`node_modules/node-${major}/bin/node`, {
      'require() that takes no ES modules': [
        `node_modules/node-${major}/bin/node`,
        ...['--no-experimental-require-module', 'require.cjs'],
      ],
      'a bundle in an empty folder, as on AWS Lambda': [
        `node_modules/node-${major}/bin/node`,
        'lambda.mjs',
      ],
      'a context of node:vm': [
        `node_modules/node-${major}/bin/node`,
        ...['--no-warnings', '--experimental-vm-modules', 'realm.mjs'],
      ],
    }),
  })),
  {
    name: 'Bun',
    folder: 'bun',
    version: ['node_modules/@oven/bun-linux-x64/bin/bun', '--version'],
    runs: nodeRuns('node_modules/@oven/bun-linux-x64/bin/bun'),
  },
  {
    name: 'Deno',
    folder: 'deno',
    version: ['node_modules/@deno/linux-x64-glibc/deno', '--version'],
    runs: Object.fromEntries(
      Object.entries(nodeRuns('node_modules/@deno/linux-x64-glibc/deno')).map(
        ([how, [deno, ...args]]) => [how, [deno, 'run', '--allow-all', '--no-lock', ...args]],
      ),
    ),
  },
  {
    name: 'workerd (Cloudflare Workers)',
    folder: 'workerd',
    version: ['node_modules/@cloudflare/workerd-linux-64/bin/workerd', '--version'],
    runs: Object.fromEntries(
      ['2024-09-23', '2025-05-05', '2026-11-01'].flatMap((date) =>
        [[], ['nodejs_compat']].map((flags) => [
          [date, ...flags].join(', '),
          ['node', 'serve.mjs', date, ...flags],
        ]),
      ),
    ),
  },
  {
    name: 'Edge runtime (Vercel)',
    folder: 'edge',
    package: '@edge-runtime/vm',
    runs: { 'fieldseal, fieldseal/items': ['node', 'edge.mjs'] },
  },
  {
    name: 'Vitest',
    folder: 'vitest',
    package: 'vitest',
    runs: Object.fromEntries(
      [
        ['node', 'forks'],
        ['jsdom', 'forks'],
        ['jsdom', 'threads'],
      ].map(([environment, pool]) => [
        `${environment}, ${pool}`,
        ['node_modules/.bin/vitest', 'run', `--environment=${environment}`, `--pool=${pool}`],
      ]),
    ),
  },
  {
    name: 'Jest',
    folder: 'jest',
    package: 'jest',
    runs: Object.fromEntries(
      ['node', 'jest-fixed-jsdom'].map((environment) => [
        `ES modules, ${environment}`,
        [
          'node',
          ...['--no-warnings', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'],
          `--env=${environment}`,
        ],
      ]),
    ),
  },
  {
    name: 'Rspack',
    folder: 'bundlers',
    package: '@rspack/core',
    runs: { 'targets node, webworker': ['node', 'build.mjs', 'rspack'] },
  },
  {
    name: 'Rolldown',
    folder: 'bundlers',
    package: 'rolldown',
    runs: { 'platforms node, browser': ['node', 'build.mjs', 'rolldown'] },
  },
  ...['typescript-5.0', 'typescript-newest'].map((compiler) => ({
    name: 'TypeScript',
    folder: 'typescript',
    package: compiler,
    runs: {
      'all resolutions of modules, ESM and CommonJS, with and without DOM': [
        'node',
        'check.mjs',
        compiler,
      ],
    },
  })),
  // Debian's, and an old one. A row for each scenario of theirs.
  ...['Chromium', 'Firefox', 'WebKitGTK', OLD_CHROMIUM].map((browser) => ({
    name: browser,
    folder: 'browsers',
    runs: { scenarios: ['node', join(import.meta.dirname, 'browsers/run.mjs'), browser] },
  })),
];

/** How a host's own program is started: it needs the tests of this repository. */
const own = (path, ...args) => ['node', join(import.meta.dirname, path), ...args];

const SERVER_AND_PAGE = 'its server in Node, its page in Chromium';

// Their Vite is 8.3.8: what 8.4.0 would have for Windows, not every registry has, and `npm ci` asks for it.

/** Those that take longer, by `make test-hosts-all` only; in the folders that they `need`, too, something is installed for them. */
export const LONG = [
  ...[
    ['SvelteKit', 'sveltekit', '@sveltejs/kit'],
    ['Astro', 'astro', 'astro'],
    ['React Router', 'react-router', 'react-router'],
  ].map(([name, folder, framework]) => ({
    name,
    folder,
    needs: ['node'],
    package: framework,
    runs: { [SERVER_AND_PAGE]: own('apps.mjs') },
  })),
  {
    name: 'Nuxt',
    folder: 'nuxt',
    needs: ['node', 'workerd'],
    package: 'nuxt',
    runs: {
      [SERVER_AND_PAGE]: own('apps.mjs'),
      'preset cloudflare-module, in workerd': own('nuxt/workerd.mjs', 'fieldseal'),
      'preset cloudflare-module, in workerd, fieldseal/items': own(
        'nuxt/workerd.mjs',
        'fieldseal/items',
      ),
    },
  },
  {
    name: 'Angular',
    folder: 'angular',
    needs: ['node'],
    package: '@angular/build',
    runs: Object.fromEntries(
      [
        ['fieldseal', 'a larger budget'],
        ['fieldseal/items', 'the default budget'],
        ['fieldseal/slim', 'the default budget'],
        ['fieldseal/items/slim', 'the default budget'],
      ].map(([entry, budget]) => [`${entry}, ${budget}`, own('angular/build.mjs', entry)]),
    ),
  },
  {
    name: 'Parcel',
    folder: 'parcel',
    package: 'parcel',
    runs: Object.fromEntries(
      ['fieldseal', 'fieldseal-items', 'fieldseal-slim', 'fieldseal-items-slim'].map((page) => [
        page.replaceAll('-', '/'),
        own('parcel/build.mjs', page),
      ]),
    ),
  },
  {
    name: 'pnpm',
    folder: 'managers',
    package: 'pnpm',
    runs: { 'import, require()': own('managers/install.mjs', 'pnpm') },
  },
  {
    name: 'Yarn',
    folder: 'managers',
    package: '@yarnpkg/cli-dist',
    runs: { 'Plug’n’Play: import, require()': own('managers/install.mjs', 'yarn') },
  },
  {
    name: 'React Native (Metro, Hermes)',
    folder: 'metro',
    package: 'react-native',
    runs: { 'refused for want of WebAssembly': own('metro/build.mjs') },
  },
  {
    name: 'Next',
    folder: 'next',
    package: 'next',
    runs: Object.fromEntries(
      ['turbopack', 'webpack'].map((bundler) => [
        `${bundler}: pages, one with the core beside, routes in Node and in the edge runtime`,
        own('next/build.mjs', bundler),
      ]),
    ),
  },
];

/** Where a host's folder is while its suite runs. */
export const placeOf = (root, { folder }) => join(root, 'build/hosts', folder);
