/** The API of `fieldseal/items` without the core's bytes: bring them yourself, and call {@link init} first. */

import makeGlue from '../generated/glue-items.js';
import { initCore, type CoreBytes } from '../core/init.js';

export * from './items-api.js';

/**
 * Loads the core from `fieldseal/items.wasm`, however you got hold of it.
 *
 * @param from - the bytes, a `Response` of them (or its promise), or a compiled module
 */
export async function init(from: CoreBytes): Promise<void> {
  await initCore(from, { complete: false, makeGlue });
}
