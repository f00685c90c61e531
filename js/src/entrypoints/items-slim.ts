/** The API of `fieldseal/items` without the core's bytes: bring them yourself, and call {@link init} first. */

import makeGlue from '../generated/glue-items.js';
import { initCore, type CoreBytes } from '../core/init.js';

export * from './items-api.js';

/**
 * Loads the core from `fieldseal/items.wasm`, however you got hold of it.
 *
 * @param from - the bytes, a `Response` of them (or its promise), or a compiled module
 * @throws UsageError `INVALID_ARGUMENT` for anything else, or for another file
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { fileURLToPath } from 'node:url'
 * import { ItemEncryptor, init, rawAesKeyring } from 'fieldseal/items/slim'
 *
 * // In a browser: await init(fetch(coreUrl)), with `import coreUrl from 'fieldseal/items.wasm?url'` of your bundler.
 * await init(await readFile(fileURLToPath(import.meta.resolve('fieldseal/items.wasm'))))
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const customers = new ItemEncryptor({
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring: rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey }),
 * })
 * const { item } = await customers.encryptItem({
 *   customer_id: { S: 'c-1' },
 *   ssn: { S: '078-05-1120' },
 * })
 * console.log(Object.keys(item).length) // → 4
 * ```
 */
export async function init(from: CoreBytes): Promise<void> {
  await initCore(from, { complete: false, makeGlue });
}
