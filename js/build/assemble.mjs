// Assembles the npm package in pkg/ from the cores (cores.mjs), the TypeScript output and pkg-template/.
// Run by `make build`.

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

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
// Declarations are there once, beside the CommonJS modules, so that types are the same however the package is loaded:
// ES modules may import CommonJS, and not the other way round.
if (process.env.FIELDSEAL_DEV) {
  compileChanged(ESM, pkg, ['.js'], ['--declaration', 'false']);
  compileChanged(CJS, cjs, ['.js', '.d.ts'], ['--stripInternal', '--noCheck']);
} else {
  // The documentation stays in the declarations, which editors show, and out of the JavaScript.
  const script = ['--declaration', 'false', '--removeComments'];
  tsc(ESM, ...script, '--outDir', pkg);
  tsc(CJS, ...script, '--noCheck', '--outDir', cjs);
  tsc(CJS, '--emitDeclarationOnly', '--stripInternal', '--noCheck', '--outDir', cjs);
}

/** Only what has changed is written again; of a source that is gone, what was written is still there. */
function compileChanged(project, to, ends, options) {
  const written = join(root, 'target/tsc', project);
  const state = ['--incremental', '--tsBuildInfoFile', join(written, 'state.json')];
  tsc(project, ...options, '--outDir', written, ...state);
  for (const name of readdirSync(join(root, 'js/src'), { recursive: true })) {
    const [, module] = /^(.*?)(?<!\.d)\.ts$/.exec(name) ?? [];
    if (!module) continue;
    for (const end of ends)
      if (existsSync(join(written, module + end)))
        cpSync(join(written, module + end), join(to, module + end));
  }
}

// The compiler writes no declarations for those it was given, and other declarations name these.
for (const name of ['glue.d.ts', 'glue-items.d.ts'])
  cpSync(join(root, 'js/src/generated', name), join(cjs, 'generated', name));
makePortable(pkg);
cpSync(join(root, 'pkg-template'), pkg, { recursive: true });

// What cores.mjs wrote, as CommonJS.
const EXPORT = /^export default /;
for (const name of readdirSync(join(root, 'target/cores/generated'))) {
  const text = readFileSync(join(pkg, 'generated', name), 'utf8');
  if (!EXPORT.test(text)) throw new Error(`${name} does not begin with its export`);
  const marked = `Object.defineProperty(exports, '__esModule', { value: true });\n`;
  writeFileSync(join(cjs, 'generated', name), marked + text.replace(EXPORT, 'exports.default = '));
}
// The entry points' declarations for ES modules.
const manifest = JSON.parse(readFileSync(join(pkg, 'package.json'), 'utf8'));
for (const { require, default: esm } of Object.values(manifest.exports)) {
  if (!require?.default.endsWith('.js')) continue;
  const from = relative(join(pkg, dirname(esm.types)), join(pkg, require.default));
  writeFileSync(join(pkg, esm.types), `export * from '${from}';\n`);
}
for (const name of ['LICENSE', 'SECURITY.md']) cpSync(join(root, name), join(pkg, name));
writeFileSync(join(pkg, 'README.md'), npmReadme(readFileSync(join(root, 'README.md'), 'utf8')));
writeFileSync(join(pkg, 'THIRD_PARTY_NOTICES'), thirdPartyNotices(compiledCrates()));
const version = /^version = "(.+)"$/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))[1];
writeFileSync(join(pkg, 'package.json'), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);

rmSync(join(root, 'pkg'), { recursive: true, force: true });
renameSync(pkg, join(root, 'pkg'));
