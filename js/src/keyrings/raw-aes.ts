/** The raw AES keyring. */

import { COPY, readOptions } from '../util/options.js';
import { keyBytes } from '../util/bytes.js';
import { mustBeStrings } from '../util/strings.js';
import { makeKeyring, type Keyring } from './keyring.js';

export interface RawAesKeyringOptions {
  /** Names the owner of the key; must not begin with `aws-kms`. */
  readonly keyNamespace: string;
  /** Names the key within its namespace. */
  readonly keyName: string;
  /** 16, 24 or 32 bytes. */
  readonly wrappingKey: Uint8Array;
}

/** AES-GCM under a key that you hold. */
export function rawAesKeyring(options: RawAesKeyringOptions): Keyring {
  const { keyNamespace, keyName, wrappingKey } = readOptions(options, {
    keyNamespace: COPY,
    keyName: COPY,
    wrappingKey: COPY,
  });
  mustBeStrings({ keyNamespace, keyName });
  const config = {
    type: 'rawAes',
    keyNamespace,
    keyName,
    wrappingKey: keyBytes('wrappingKey', wrappingKey),
  };
  return makeKeyring((owner) => owner.make((glue) => glue.make_keyring(config, undefined)));
}
