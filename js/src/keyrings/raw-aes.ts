/** The raw AES keyring. */

import type { RawAesConfig } from '../generated/config.js';
import { COPY, readOptions } from '../util/options.js';
import { bytesOf } from '../util/bytes.js';
import { mustBeStrings } from '../util/strings.js';
import { makeKeyring, type Keyring } from './keyring.js';

/**
 * Options of {@link rawAesKeyring}.
 *
 * @example
 * ```ts
 * import { EncryptionClient, rawAesKeyring, type RawAesKeyringOptions } from 'fieldseal'
 *
 * const options: RawAesKeyringOptions = {
 *   keyNamespace: 'my-company',
 *   keyName: 'backups-2026', // stands in what is sealed, and says which key opens it
 *   wrappingKey: new Uint8Array(
 *     Buffer.from('c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I=', 'base64'),
 *   ),
 * }
 * const keyring = rawAesKeyring(options) // has a copy of the key
 *
 * const { header } = await new EncryptionClient().encrypt(new Uint8Array([1, 2, 3]), { keyring })
 * console.log(header.encryptedDataKeys[0]?.keyName) // → backups-2026
 * ```
 */
export interface RawAesKeyringOptions {
  /** Names the owner of the key; must not begin with `aws-kms`. */
  readonly keyNamespace: string;
  /** Names the key within its namespace. */
  readonly keyName: string;
  /** 16, 24 or 32 bytes. */
  readonly wrappingKey: Uint8Array;
}

/**
 * AES-GCM under a key that you hold (`framework/raw-aes-keyring.md`).
 *
 * @throws UsageError `INVALID_CONFIG` for a namespace that begins with `aws-kms`, or a key of another length;
 * `INVALID_ARGUMENT` for an option of the wrong type
 *
 * @example
 * ```ts
 * import { ItemEncryptor, rawAesKeyring } from 'fieldseal'
 *
 * const keyring = rawAesKeyring({
 *   keyNamespace: 'shop',
 *   keyName: 'key-1',
 *   wrappingKey: crypto.getRandomValues(new Uint8Array(32)), // yours comes from a secret store
 * })
 * const customers = new ItemEncryptor({
 *   logicalTableName: 'customers',
 *   partitionKeyName: 'customer_id',
 *   attributeActions: { customer_id: 'SIGN_ONLY', ssn: 'ENCRYPT_AND_SIGN' },
 *   keyring,
 * })
 * const sealed = await customers.encryptDocument({ customer_id: 'c-1', ssn: '078-05-1120' })
 * const { document } = await customers.decryptDocument(sealed.document)
 * console.log(document) // → { customer_id: 'c-1', ssn: '078-05-1120' }
 * ```
 */
export function rawAesKeyring(options: RawAesKeyringOptions): Keyring {
  const { keyNamespace, keyName, wrappingKey } = readOptions(options, {
    keyNamespace: COPY,
    keyName: COPY,
    wrappingKey: COPY,
  });
  mustBeStrings({ keyNamespace, keyName });
  const config: RawAesConfig = {
    type: 'rawAes',
    keyNamespace,
    keyName,
    wrappingKey: bytesOf('wrappingKey', wrappingKey),
  };
  return makeKeyring(() => config);
}
