/**
 * A core from the file that the package has of it. In Node, that takes a fifth of the time that a megabyte of JavaScript takes; only
 * what Node loads has this module (`js/build/bundle.mjs`).
 *
 * @module
 */

import { hostModule } from '../util/host-module.js';

/** Where a module of CommonJS is: in a folder of `cjs/`, unless a bundler put it elsewhere. */
declare const __dirname: string;

/**
 * The bytes of the file `name` if it is there, may be read, and is the one whose hash the package was built with, in hexadecimal: beside a
 * bundle there may be one of another version.
 */
export function coreFile(name: string, sha256: string): Uint8Array<ArrayBuffer> | undefined {
  // Deno would ask people whether it may read.
  if ('Deno' in globalThis) return undefined;
  try {
    const fs = hostModule('node:fs') as typeof import('node:fs');
    const { createHash } = hostModule('node:crypto') as typeof import('node:crypto');
    const { join } = hostModule('node:path') as typeof import('node:path');
    // As `require` would find it, past links; and bundles may have '/' in the place of the folder: `//..` would be a server in Windows.
    const bytes = fs.readFileSync(join(__dirname, '../..', name));
    return createHash('sha256').update(bytes).digest('hex') === sha256 ? bytes : undefined;
  } catch {
    return undefined;
  }
}
