// The package as Node loads it: the modules of pkg/ put together into a few files of CommonJS in pkg/cjs/, which the entries
// for `require` and, through a line of re-exports, those for `import` read. Sixty files take longer to find and read than to run.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { rollup } from 'rollup';

/**
 * A core is read from its file. Its text, up to a megabyte of it, stays in a file of its own, for where the other is missing.
 */
const INLINED = /^import (\w+) from '(\.\.\/generated\/inlined-(\w+)\.js)';$/m;
const lazyCore = (pkg) => ({
  name: 'lazy-core',
  transform: (code) =>
    code.replace(INLINED, (_, bytes, text, core) => {
      const file = `${core}.wasm`;
      const sha256 = createHash('sha256')
        .update(readFileSync(join(pkg, file)))
        .digest('hex');
      return `import { coreFile } from './core-file.js';
const ${bytes} = () => coreFile('${file}', '${sha256}') ?? require('${text}').default();`;
    }),
});

/** Where a module of CommonJS is. */
const ownUrl = {
  name: 'own-url',
  resolveImportMeta: (property) =>
    property === 'url' ? `require('node:url').pathToFileURL(__filename)` : null,
};

/** What several entries share is named after a module of it that says what it is for, instead of after its last. */
const SHARED = {
  'messages/encryption-client': 'messages-and-kms',
  'core/complete': 'complete-core',
  'kms/data-client': 'keyrings',
  'items/item-encryptor': 'items',
  errors: 'common',
};

/**
 * Writes the entries (`entrypoints/index`, …) and what they share to `cjs/` in the package's folder.
 *
 * @returns {Promise<Map<string, string[]>>} what each entry exports
 */
export async function bundle(pkg, entries) {
  const bundled = await rollup({
    input: Object.fromEntries(entries.map((entry) => [entry, join(pkg, `${entry}.js`)])),
    external: [/^node:/, /^@aws-sdk\//],
    plugins: [lazyCore(pkg), ownUrl],
    onLog: (level, { message }) => {
      if (level !== 'info') throw new Error(message);
    },
  });
  const { output } = await bundled.write({
    dir: join(pkg, 'cjs'),
    format: 'cjs',
    exports: 'named',
    chunkFileNames: ({ moduleIds }) => {
      const has = (module) => moduleIds.includes(join(pkg, `${module}.js`));
      return `chunks/${SHARED[Object.keys(SHARED).find(has)] ?? '[name]'}.js`;
    },
    // A file for a function or two costs more to find than to read.
    experimentalMinChunkSize: 1_000,
    // Names as in the sources, for those who read a stack trace.
    minifyInternalExports: false,
    // What is CommonJS gets CommonJS, as from any other compiler.
    dynamicImportInCjs: false,
    interop: 'auto',
    esModule: true,
    generatedCode: { arrowFunctions: true, constBindings: true, objectShorthand: true },
  });
  await bundled.close();
  return new Map(output.filter((file) => file.isEntry).map((file) => [file.name, file.exports]));
}
