// Builds an app with Angular's own bundler, under the budget that `ng new` sets, and opens it. In build/hosts/angular/:
//
//   node ../../../tests/hosts/angular/build.mjs <entry>

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

import { outcomeAt, serving } from '../in-chromium.mjs';
import { NODE } from '../server-of-app.mjs';

const [entry] = process.argv.slice(2);
const isSlim = entry.endsWith('slim');
const [, line, assets] = /^\| Angular \| `([^`]+)` \| `([^`]+)` \|$/m
  .exec(readFileSync(new URL('../../../docs/bundlers-and-csp.md', import.meta.url), 'utf8'))
  .map((text) => (entry.includes('items') ? text.replace('core.wasm', 'items.wasm') : text));

const workspace = JSON.parse(readFileSync('angular.json', 'utf8'));
const { options } = workspace.projects.app.architect.build;
Object.assign(options, isSlim ? JSON.parse(`{${assets}}`) : { assets: [] });
writeFileSync('angular.json', JSON.stringify(workspace));

// The suite is no part of what the budget is for.
writeFileSync(
  'src/main.ts',
  `import { Component } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import * as fieldseal from '${entry}';

@Component({ selector: 'app-root', template: '<p>fieldseal</p>' })
class App {
  async ngOnInit() {
    ${isSlim ? `${line}; await fieldseal.init(fetch(url));` : ''}
    const { report } = await import('../report.mjs');
    await report(fieldseal);
  }
}

bootstrapApplication(App);
`,
);

function build(configuration) {
  rmSync('dist', { recursive: true, force: true });
  const args = ['build', `--configuration=${configuration}`];
  const ng = ['node_modules/@angular/cli/bin/ng.js', ...args];
  const { status, stdout, stderr } = spawnSync(NODE, ng, { encoding: 'utf8' });
  return { fails: status !== 0, said: `${stdout}\n${stderr}` };
}

let built = build('production');
// What docs/bundlers-and-csp.md says of the budget.
assert.equal(/exceeded maximum budget/.test(built.said), !isSlim, built.said);
if (entry === 'fieldseal') {
  assert.ok(built.fails, 'the default budget is kept');
  built = build('production,raised');
}
assert.ok(!built.fails, built.said);
await serving('dist', (url) => outcomeAt(`${url}index.html`));
