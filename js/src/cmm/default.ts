/** The default CMM. */

import { cmmOf, keyringObject, type Cmm, type Keyring } from '../keyrings/keyring.js';

/**
 * The default CMM over a keyring (`framework/default-cmm.md`); what you get wherever you give a keyring.
 *
 * @throws UsageError `INVALID_ARGUMENT` for what is not a keyring
 *
 * @example
 * ```ts
 * import { EncryptionClient, defaultCmm, rawAesKeyring } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const client = new EncryptionClient()
 *
 * // The same as { keyring }.
 * const { ciphertext } = await client.encrypt(new TextEncoder().encode('hello'), {
 *   cmm: defaultCmm(keyring),
 * })
 * const { plaintext } = await client.decrypt(ciphertext, { keyring })
 * console.log(new TextDecoder().decode(plaintext)) // → hello
 * ```
 */
export function defaultCmm(over: Keyring): Cmm {
  // The core makes one wherever it is given a keyring, so this is the keyring's own object.
  return cmmOf(keyringObject('keyring', over));
}
