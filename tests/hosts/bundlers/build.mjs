// Bundles the program, for Node and as for a page, and runs what comes out.

import { execFileSync } from 'node:child_process';

import { rspack } from '@rspack/core';
import { rolldown } from 'rolldown';

const [which] = process.argv.slice(2);
const run = (file) => process.stdout.write(execFileSync(process.execPath, [file]));

if (which === 'rspack') {
  for (const target of ['node', 'webworker']) {
    const compiler = rspack({
      mode: 'production',
      target,
      entry: './import.mjs',
      output: { path: import.meta.dirname, filename: `${target}.cjs` },
      performance: { hints: false },
    });
    const stats = await new Promise((resolve, reject) =>
      compiler.run((error, stats) => (error ? reject(error) : resolve(stats))),
    );
    const { errors, warnings } = stats.toJson({ errors: true, warnings: true });
    if (errors.length + warnings.length > 0) throw new Error(JSON.stringify([errors, warnings]));
    run(`${target}.cjs`);
  }
} else {
  for (const platform of ['node', 'browser']) {
    const bundle = await rolldown({
      input: 'import.mjs',
      platform,
      onLog: (level, log) => {
        throw new Error(`${level}: ${log.message}`);
      },
    });
    const file = `${platform}.mjs`;
    await bundle.write({ file, format: 'esm' });
    run(file);
  }
}
