// Builds pages with Parcel, which does not read the `exports` of packages, and opens them. In build/hosts/parcel/:
//
//   node ../../../tests/hosts/parcel/build.mjs <page>

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

import { outcomeAt, serving } from '../in-chromium.mjs';

const [page] = process.argv.slice(2);
const recipe = /^\| Parcel \| `([^`]+)`/m.exec(
  readFileSync(new URL('../../../docs/bundlers-and-csp.md', import.meta.url), 'utf8'),
)[1];
const PROGRAMS = {
  fieldseal: `import * as fieldseal from 'fieldseal'`,
  'fieldseal-items': `import * as fieldseal from 'fieldseal/items'`,
  'fieldseal-slim': `import * as fieldseal from 'fieldseal/slim'
    ${recipe}
    const ready = fieldseal.init(fetch(url))`,
  'fieldseal-items-slim': `import * as fieldseal from 'fieldseal/items/slim'
    ${recipe.replace('core.wasm', 'items.wasm')}
    const ready = fieldseal.init(fetch(url))`,
};
const program = PROGRAMS[page];
const start = program.includes('ready')
  ? 'ready.then(() => report(fieldseal))'
  : 'report(fieldseal)';
writeFileSync(`${page}.mjs`, `${program}\nimport { report } from './report.mjs'\n${start}\n`);
writeFileSync(
  `${page}.html`,
  `<!doctype html><meta charset="utf-8"><title>app</title><script type="module" src="${page}.mjs"></script>`,
);
rmSync('dist', { recursive: true, force: true });
const args = ['build', `${page}.html`, '--no-cache', '--no-source-maps', '--log-level=error'];
execFileSync('node_modules/.bin/parcel', args, { stdio: ['ignore', 'inherit', 'inherit'] });
await serving('dist', (url) => outcomeAt(`${url}${page}.html`));
