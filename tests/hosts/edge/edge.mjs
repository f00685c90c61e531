// As Vercel's edge functions: bundled with their condition, and nothing is compiled while it runs.

import { readFileSync } from 'node:fs';

import { EdgeVM } from '@edge-runtime/vm';
import { build } from 'esbuild';

/** The core as the bundler of the platform hands it over: compiled before. */
const modules = {
  name: 'modules',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /\.wasm\?module$/ }, ({ path }) => ({ path, namespace: 'wasm' }));
    onLoad({ filter: /.*/, namespace: 'wasm' }, () => ({
      contents: 'export default globalThis.core',
    }));
  },
};

for (const [entry, file] of [
  ['fieldseal', 'core.wasm'],
  ['fieldseal/items', 'items.wasm'],
]) {
  const contents = `
    import * as fieldseal from '${entry}';
    import { outcome } from './report.mjs';
    globalThis.run = () => outcome(fieldseal);`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    conditions: ['edge-light', 'worker', 'browser'],
    ...{ bundle: true, format: 'iife', write: false, plugins: [modules] },
  });
  const vm = new EdgeVM({ codeGeneration: { strings: false, wasm: false } });
  vm.context.core = new WebAssembly.Module(readFileSync(`node_modules/fieldseal/${file}`));
  vm.evaluate(outputFiles[0].text);
  console.log(`OUTCOME ${await vm.evaluate('run()')}`);
}
