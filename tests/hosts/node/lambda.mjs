// As on AWS Lambda: one file, in an empty folder, in a Node whose `require()` takes no ES modules.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build } from 'esbuild';

const folder = mkdtempSync(join(tmpdir(), 'fieldseal-lambda-'));
try {
  for (const [entry, format, ending] of [
    ['require.cjs', 'cjs', 'cjs'],
    ['import.mjs', 'esm', 'mjs'],
  ]) {
    const outfile = join(folder, `index.${ending}`);
    const options = { bundle: true, platform: 'node', target: 'node20', minify: true };
    const { warnings } = await build({ entryPoints: [entry], format, outfile, ...options });
    if (warnings.length > 0) throw new Error(warnings[0].text);
    const args = ['--no-experimental-require-module', outfile];
    process.stdout.write(execFileSync(process.execPath, args, { cwd: folder }));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
