// What searchable encryption adds to the complete core: `make bench-search-size`, which compiles one without.

import { readFileSync } from 'node:fs';

import { optimized, withoutHashes } from '../js/build/optimize.mjs';
import { brotli } from '../tests/packaging/support.mjs';

const kb = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;

const complete = brotli(readFileSync(new URL('../target/cores/core.wasm', import.meta.url)));
const without = brotli(optimized(withoutHashes(process.argv[2]).bytes));
console.log(`the complete core: ${kb(complete)} (brotli); without search: ${kb(without)}`);
console.log(`search adds ${kb(complete - without)}`);
