/**
 * A core from the file that the package has of it. In Node, that takes a fifth of the time that a megabyte of JavaScript takes; only
 * what Node loads has this module (`js/build/bundle.mjs`).
 *
 * @module
 */

import { hostModule } from '../util/host-module.js';

/** Node's own object of a module of CommonJS, in a folder of `cjs/`; bundlers have another, which does not know where it is. */
declare const module: { readonly path: string };

/**
 * The bytes of the file `name` if it is there, may be read, and is the one whose hash the package was built with, in hexadecimal: what lies
 * there may be of another version.
 */
export function coreFile(name: string, sha256: string): Uint8Array<ArrayBuffer> | undefined {
  // Deno would ask people whether it may read.
  if ('Deno' in globalThis) return undefined;
  try {
    const fs = hostModule('node:fs') as typeof import('node:fs');
    const { createHash } = hostModule('node:crypto') as typeof import('node:crypto');
    const { join } = hostModule('node:path') as typeof import('node:path');
    const bytes = fs.readFileSync(join(module.path, '../..', name));
    return createHash('sha256').update(bytes).digest('hex') === sha256 ? bytes : undefined;
  } catch {
    return undefined;
  }
}
