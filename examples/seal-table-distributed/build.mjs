// Bundles the worker, with the package and AWS's client, for Lambda and for a container image.

import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

await build({
  entryPoints: ['lambda.mjs', 'container.mjs'].map(path),
  outdir: path('dist'),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Modules of AWS's client are CommonJS, and require Node's.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  // The package is not installed here, and imports AWS's client.
  nodePaths: [path('node_modules')],
  logLevel: 'warning',
});
