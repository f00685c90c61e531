/** The same API without the core's bytes: bring them yourself, and call {@link init} first. */

import { complete } from '../core/complete.js';
import { initCore, type CoreBytes } from '../core/init.js';

export * from './api.js';

/**
 * Loads the core from `fieldseal/core.wasm`, however you got hold of it.
 *
 * @param from - the bytes, a `Response` of them (or its promise), or a compiled module
 * @throws UsageError `INVALID_ARGUMENT` for anything else, or for another file
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { fileURLToPath } from 'node:url'
 * import { EncryptionClient, init, rawAesKeyring } from 'fieldseal/slim'
 *
 * // In a browser: await init(fetch(coreUrl)), with `import coreUrl from 'fieldseal/core.wasm?url'` of your bundler.
 * await init(await readFile(fileURLToPath(import.meta.resolve('fieldseal/core.wasm'))))
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const { ciphertext } = await new EncryptionClient().encrypt(new Uint8Array(1), { keyring })
 * console.log(ciphertext.length > 1) // → true
 * ```
 */
export async function init(from: CoreBytes): Promise<void> {
  await initCore(from, complete);
}
