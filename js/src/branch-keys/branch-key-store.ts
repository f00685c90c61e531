/** What every store of branch keys is. */

import type { CoreObject } from '../core/core.js';
import type { kind } from '../util/kind.js';

/** Where branch keys are kept. Made by {@link keyStore} and {@link staticKeyStore}. */
export interface BranchKeyStore {
  readonly [kind]: 'branch key store';
  /** @internal */
  readonly _object: CoreObject;
}
