// Assembles the npm package in pkg/ from the cores (cores.mjs), the TypeScript output and pkg-template/.
// Run by `make build`.

import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { makePortable } from './declarations.mjs';
import { compiledCrates, thirdPartyNotices } from './notices.mjs';
import { npmReadme } from './readme.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
// Beside the package that is there, which stays until this one is whole.
const pkg = join(root, 'target/package');

rmSync(pkg, { recursive: true, force: true });
cpSync(join(root, 'target/cores'), pkg, { recursive: true });

function tsc(...options) {
  const command = join(root, 'js/node_modules/.bin/tsc');
  const { status } = spawnSync(command, ['-p', join(root, 'js'), ...options], { stdio: 'inherit' });
  // It has said why.
  if (status !== 0) process.exit(1);
}
if (process.env.FIELDSEAL_DEV) {
  // Only what has changed is checked and written again; of a source that is gone, what was written is still there.
  const written = join(root, 'target/tsc');
  const state = ['--incremental', '--tsBuildInfoFile', join(written, 'state.json')];
  tsc('--stripInternal', '--outDir', written, ...state);
  for (const name of readdirSync(join(root, 'js/src'), { recursive: true })) {
    const [, module] = /^(.*?)(?<!\.d)\.ts$/.exec(name) ?? [];
    if (!module) continue;
    for (const end of ['.js', '.d.ts'])
      cpSync(join(written, module + end), join(pkg, module + end));
  }
} else {
  // The documentation stays in the declarations, which editors show, and out of the JavaScript.
  tsc('--declaration', 'false', '--removeComments', '--outDir', pkg);
  tsc('--emitDeclarationOnly', '--stripInternal', '--outDir', pkg);
}
// The compiler writes no declarations for those it was given, and other declarations name these.
for (const name of ['generated/glue.d.ts', 'generated/glue-items.d.ts'])
  cpSync(join(root, 'js/src', name), join(pkg, name));
makePortable(pkg);
cpSync(join(root, 'pkg-template'), pkg, { recursive: true });
for (const name of ['LICENSE', 'SECURITY.md']) cpSync(join(root, name), join(pkg, name));
writeFileSync(join(pkg, 'README.md'), npmReadme(readFileSync(join(root, 'README.md'), 'utf8')));
writeFileSync(join(pkg, 'THIRD_PARTY_NOTICES'), thirdPartyNotices(compiledCrates()));
const manifest = JSON.parse(readFileSync(join(pkg, 'package.json'), 'utf8'));
const version = /^version = "(.+)"$/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))[1];
writeFileSync(join(pkg, 'package.json'), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);

rmSync(join(root, 'pkg'), { recursive: true, force: true });
renameSync(pkg, join(root, 'pkg'));
