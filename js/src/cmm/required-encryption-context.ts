/** The CMM that requires pairs of the encryption context. */

import { makeCmm, oneOf, type Cmm, type Keyring } from '../keyrings/keyring.js';
import { COPY, readOptions } from '../util/options.js';
import { stringArray } from '../util/strings.js';

/**
 * Options of {@link requiredEncryptionContextCmm}.
 *
 * @example
 * ```ts
 * import {
 *   EncryptionClient,
 *   UsageError,
 *   rawAesKeyring,
 *   requiredEncryptionContextCmm,
 * } from 'fieldseal'
 * import type { RequiredEncryptionContextCmmOptions } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const options: RequiredEncryptionContextCmmOptions = {
 *   keyring: rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey }),
 *   requiredKeys: ['tenant'],
 * }
 * const cmm = requiredEncryptionContextCmm(options)
 * try {
 *   await new EncryptionClient().encrypt(new Uint8Array(1), { cmm, encryptionContext: { user: '7' } })
 * } catch (error) {
 *   if (error instanceof UsageError) console.log(error.code) // → REQUIRED_CONTEXT_MISSING
 * }
 * ```
 */
export interface RequiredEncryptionContextCmmOptions {
  /** Give a keyring or a CMM, not both. */
  readonly keyring?: Keyring | undefined;
  /** Give a keyring or a CMM, not both. */
  readonly cmm?: Cmm | undefined;
  /** Encryption-context keys that must be given on both sides and are not stored. */
  readonly requiredKeys: readonly string[];
}

/**
 * Requires encryption-context keys on encryption and on decryption (`framework/required-encryption-context-cmm.md`).
 * What is required is authenticated and not stored: whoever opens must know it.
 *
 * @throws UsageError `INVALID_CONFIG` without keyring and CMM, or with both; `INVALID_ARGUMENT`; when used,
 * `REQUIRED_CONTEXT_MISSING`
 *
 * @example
 * ```ts
 * import { EncryptionClient, rawAesKeyring, requiredEncryptionContextCmm } from 'fieldseal'
 *
 * const wrappingKey = crypto.getRandomValues(new Uint8Array(32))
 * const keyring = rawAesKeyring({ keyNamespace: 'shop', keyName: 'key-1', wrappingKey })
 * const cmm = requiredEncryptionContextCmm({ keyring, requiredKeys: ['tenant'] })
 * const client = new EncryptionClient()
 *
 * const encryptionContext = { tenant: 'a', purpose: 'export' }
 * const { ciphertext, header } = await client.encrypt(new TextEncoder().encode('hello'), {
 *   cmm,
 *   encryptionContext,
 *   algorithmSuite: '0478',
 * })
 * console.log(header.storedEncryptionContext) // → { purpose: 'export' }
 *
 * const { plaintext } = await client.decrypt(ciphertext, { cmm, encryptionContext })
 * console.log(new TextDecoder().decode(plaintext)) // → hello
 * ```
 */
export function requiredEncryptionContextCmm(options: RequiredEncryptionContextCmmOptions): Cmm {
  const given = readOptions(options, { keyring: COPY, cmm: COPY, requiredKeys: COPY });
  const inner = oneOf(given);
  const keys = stringArray('requiredKeys', given.requiredKeys);
  return makeCmm((owner) =>
    owner.make((glue) => glue.make_required_context_cmm(inner.handle(owner), keys)),
  );
}
