/** The default CMM. */

import { cmmOf, keyringObject, type Cmm, type Keyring } from '../keyrings/keyring.js';

/** The default CMM over a keyring; what you get wherever you give a keyring. */
export function defaultCmm(over: Keyring): Cmm {
  // The core makes one wherever it is given a keyring, so this is the keyring's own object.
  return cmmOf(keyringObject('keyring', over));
}
