/** What every store of branch keys is. */

import { CoreObject } from '../core/core.js';
import { usage } from '../errors.js';
import type { kind } from '../util/kind.js';

/** Where branch keys are kept. Made by {@link keyStore} and {@link staticKeyStore}. */
export interface BranchKeyStore {
  readonly [kind]: 'branch key store';
  /** @internal */
  readonly _object: CoreObject;
}

/** The core's object behind a key store. */
export function storeObject(store: BranchKeyStore | undefined): CoreObject {
  if (store?._object instanceof CoreObject) return store._object;
  throw usage('INVALID_ARGUMENT', 'keyStore must be made by a key store function of fieldseal');
}
