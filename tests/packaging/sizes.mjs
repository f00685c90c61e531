// What a page downloads for each entry: Vite's production build of a page that imports what a form needs.

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { build } from 'vite';

import { brotli, root } from './support.mjs';

/** The entries, with the core that is served beside. */
const ENTRIES = {
  fieldseal: undefined,
  'fieldseal/slim': 'core.wasm',
  'fieldseal/items': undefined,
  'fieldseal/items/slim': 'items.wasm',
};

const NAMES = 'ItemEncryptor, awsKmsRsaKeyring, toDynamoJson';

const page = (entry, core) =>
  core === undefined
    ? `import { ${NAMES} } from '${entry}'\nglobalThis.page = { ${NAMES} }`
    : `import { ${NAMES}, init } from '${entry}'
       import url from 'fieldseal/${core}?url'
       globalThis.page = { ${NAMES}, loaded: init(fetch(url)) }`;

/** For each entry the bytes of all files: as they are, and as servers send them; of those, `core` (brotli) in the .wasm. */
export async function sizes() {
  const dir = mkdtempSync(join(tmpdir(), 'fieldseal-sizes-'));
  try {
    mkdirSync(join(dir, 'node_modules'));
    symlinkSync(join(root, 'pkg'), join(dir, 'node_modules/fieldseal'));
    writeFileSync(join(dir, 'index.html'), '<script type="module" src="/page.js"></script>');
    const found = {};
    for (const [entry, core] of Object.entries(ENTRIES)) {
      writeFileSync(join(dir, 'page.js'), page(entry, core));
      await build({ root: dir, logLevel: 'silent', configFile: false });
      const assets = join(dir, 'dist/assets');
      const sum = { raw: 0, gzip: 0, brotli: 0, core: 0 };
      for (const name of readdirSync(assets)) {
        const bytes = readFileSync(join(assets, name));
        sum.raw += bytes.length;
        sum.gzip += gzipSync(bytes, { level: 9 }).length;
        sum.brotli += brotli(bytes);
        if (name.endsWith('.wasm')) sum.core += brotli(bytes);
      }
      found[entry] = sum;
    }
    return found;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
