/** The CMM that requires pairs of the encryption context. */

import { makeCmm, oneOf, type Cmm, type Keyring } from '../keyrings/keyring.js';
import { COPY, readOptions } from '../util/options.js';
import { stringArray } from '../util/strings.js';

export interface RequiredEncryptionContextCmmOptions {
  /** Give a keyring or a CMM, not both. */
  readonly keyring?: Keyring | undefined;
  readonly cmm?: Cmm | undefined;
  /** Encryption-context keys that must be given on both sides and are not stored. */
  readonly requiredKeys: readonly string[];
}

/** Requires encryption-context keys on encryption and on decryption. */
export function requiredEncryptionContextCmm(options: RequiredEncryptionContextCmmOptions): Cmm {
  const given = readOptions(options, { keyring: COPY, cmm: COPY, requiredKeys: COPY });
  const inner = oneOf(given);
  const keys = stringArray('requiredKeys', given.requiredKeys);
  return makeCmm((owner) =>
    owner.make((glue) => glue.make_required_context_cmm(inner.handle(owner), keys)),
  );
}
