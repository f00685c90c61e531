// Installs the tarball with another package manager and runs the programs as it has them run. In build/hosts/managers/:
//
//   node ../../../tests/hosts/managers/install.mjs pnpm|yarn

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const [manager] = process.argv.slice(2);
const MANAGERS = {
  pnpm: { bin: resolve('node_modules/pnpm/bin/pnpm.cjs'), run: ['exec', 'node'] },
  yarn: { bin: resolve('node_modules/@yarnpkg/cli-dist/bin/yarn.js'), run: ['node'] },
};
const { bin, run } = MANAGERS[manager];
const tarball = resolve(
  '..',
  readdirSync('..').find((name) => name.endsWith('.tgz')),
);

const app = mkdtempSync(join(tmpdir(), 'fieldseal-app-'));
try {
  const env = {
    ...process.env,
    CI: '',
    YARN_ENABLE_TELEMETRY: '0',
    YARN_GLOBAL_FOLDER: join(app, 'yarn'),
  };
  const call = (...args) =>
    execFileSync(process.execPath, [bin, ...args], { cwd: app, encoding: 'utf8', env });
  const dependencies = { fieldseal: `file:${tarball}` };
  writeFileSync(
    join(app, 'package.json'),
    JSON.stringify({ name: 'app', private: true, dependencies }),
  );
  writeFileSync(join(app, 'yarn.lock'), '');
  for (const name of ['import.mjs', 'require.cjs', 'report.mjs', 'suite.mjs', 'fixtures.mjs'])
    cpSync(name, join(app, name));
  call('install');
  for (const name of ['import.mjs', 'require.cjs']) process.stdout.write(call(...run, name));
} finally {
  rmSync(app, { recursive: true, force: true });
}
