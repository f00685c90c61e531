// Assembles the npm package in pkg/ from the cores (cores.mjs), the TypeScript output and pkg-template/.
// Run by `make build`.

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bundle } from './bundle.mjs';
import { makePortable } from './declarations.mjs';
import { compiledCrates, thirdPartyNotices } from './notices.mjs';
import { npmReadme } from './readme.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
// Beside the package that is there, which stays until this one is whole.
const pkg = join(root, 'target/package');

rmSync(pkg, { recursive: true, force: true });
cpSync(join(root, 'target/cores'), pkg, { recursive: true });

function tsc(project, ...options) {
  const command = join(root, 'js/node_modules/.bin/tsc');
  const { status } = spawnSync(command, ['-p', join(root, 'js', project), ...options], {
    stdio: 'inherit',
  });
  // It has said why.
  if (status !== 0) process.exit(1);
}

const ESM = 'tsconfig.json';
// In a folder with a package.json of its own: there, `.js` and `.d.ts` are CommonJS.
const CJS = 'tsconfig.cjs.json';
const cjs = join(pkg, 'cjs');
// Declarations are there once, as those of CommonJS modules, so that types are the same however the package is loaded:
// ES modules may import CommonJS, and not the other way round.
const declarations = ['--emitDeclarationOnly', '--stripInternal', '--noCheck'];
if (process.env.FIELDSEAL_DEV) {
  compileChanged(ESM, pkg, '.js', ['--declaration', 'false']);
  compileChanged(CJS, cjs, '.d.ts', declarations);
} else {
  // The documentation stays in the declarations, which editors show, and out of the JavaScript.
  tsc(ESM, '--declaration', 'false', '--removeComments', '--outDir', pkg);
  tsc(CJS, ...declarations, '--outDir', cjs);
}

/** Only what has changed is written again; of a source that is gone, what was written is still there. */
function compileChanged(project, to, end, options) {
  const written = join(root, 'target/tsc', project);
  const state = ['--incremental', '--tsBuildInfoFile', join(written, 'state.json')];
  tsc(project, ...options, '--outDir', written, ...state);
  for (const name of readdirSync(join(root, 'js/src'), { recursive: true })) {
    const [, module] = /^(.*?)(?<!\.d)\.ts$/.exec(name) ?? [];
    if (!module) continue;
    if (existsSync(join(written, module + end)))
      cpSync(join(written, module + end), join(to, module + end));
  }
}

// The compiler writes no declarations for those it was given, and other declarations name these.
for (const name of ['glue.d.ts', 'glue-items.d.ts'])
  cpSync(join(root, 'js/src/generated', name), join(cjs, 'generated', name));
makePortable(pkg);
cpSync(join(root, 'pkg-template'), pkg, { recursive: true });

const manifest = JSON.parse(readFileSync(join(pkg, 'package.json'), 'utf8'));
const entries = Object.values(manifest.exports).filter(({ require }) =>
  require?.default.endsWith('.js'),
);
/** `entrypoints/index` of `./cjs/entrypoints/index.js`. */
const entryOf = ({ require }) => relative('./cjs', require.default).replace(/\.js$/, '');
const exported = await bundle(pkg, entries.map(entryOf));
// What the threads of `fieldseal/workers` run, a file by itself: nothing is shared with it, so that the others stay as few as they are.
await bundle(pkg, ['workers/program']);
// Of what Node loads, and of no ES module.
rmSync(join(pkg, 'core/core-file.js'));
for (const entry of entries) {
  const { require, node, default: esm } = entry;
  // The entry points' declarations for ES modules.
  const types = relative(join(pkg, dirname(esm.types)), join(pkg, require.default));
  writeFileSync(join(pkg, esm.types), `export * from '${types}';\n`);
  // By name: what Node exports of CommonJS beside differs from version to version.
  const names = exported.get(entryOf(entry)).join(',\n  ');
  const from = relative(join(pkg, dirname(node.default)), join(pkg, require.default));
  mkdirSync(join(pkg, dirname(node.default)), { recursive: true });
  writeFileSync(join(pkg, node.default), `export {\n  ${names},\n} from '${from}';\n`);
}
for (const name of ['LICENSE', 'SECURITY.md']) cpSync(join(root, name), join(pkg, name));
writeFileSync(join(pkg, 'README.md'), npmReadme(readFileSync(join(root, 'README.md'), 'utf8')));
writeFileSync(join(pkg, 'THIRD_PARTY_NOTICES'), thirdPartyNotices(compiledCrates()));
const version = /^version = "(.+)"$/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))[1];
writeFileSync(join(pkg, 'package.json'), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);

rmSync(join(root, 'pkg'), { recursive: true, force: true });
renameSync(pkg, join(root, 'pkg'));
