/** Requests of this package's own helpers, which seal and open by themselves: the plugin lets them pass. */

import { shared } from '../util/shared.js';

// The plugin may be of one copy of the package, and the helper of the other.
const own = (): WeakSet<object> =>
  (shared<{ ownRequests?: WeakSet<object> }>().ownRequests ??= new WeakSet());

/** Marks the input of a command. */
export function markOwn<T extends object>(input: T): T {
  own().add(input);
  return input;
}

/** Whether it is the input of one. */
export const isOwn = (input: object): boolean => own().has(input);
