// What a page downloads for each entry, as docs/performance.md and the README have it; tests/packaging/sizes.test.mjs compares.

import { sizes } from '../tests/packaging/sizes.mjs';

const kb = (bytes) => `${(bytes / 1000).toFixed(1)} KB`.padStart(10);

console.log(`${''.padEnd(22)}       raw       gzip     brotli  its .wasm`);
for (const [entry, { raw, gzip, brotli, core }] of Object.entries(await sizes()))
  console.log(entry.padEnd(22) + [raw, gzip, brotli, core].map(kb).join(' '));
