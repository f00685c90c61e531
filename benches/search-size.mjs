// What searchable encryption adds to the complete core: `make bench-search-size`, which compiles one without.

import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

import { COMPLETE, optimized, withoutHashes } from '../js/build/optimize.mjs';

const size = (bytes) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } })
    .length;
const kb = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;

const complete = size(readFileSync(new URL('../target/cores/core.wasm', import.meta.url)));
const without = size(optimized(withoutHashes(process.argv[2]).bytes, COMPLETE));
console.log(`the complete core: ${kb(complete)} (brotli); without search: ${kb(without)}`);
console.log(`search adds ${kb(complete - without)}`);
