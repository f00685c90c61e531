/** Functions of the caller's that the core asks for something. */

import { kindOf } from './plain-object.js';
import { DEFAULT_TIMEOUT_MS } from '../generated/limits.js';
import { within } from './time-limit.js';

/**
 * What such a function gives, within ten seconds. Rejects with a string, the form that the core expects.
 *
 * @param drop - takes what came too late
 */
export async function callersValue<T>(
  signal: AbortSignal | undefined,
  call: (stop: AbortSignal) => T | PromiseLike<T>,
  drop?: (value: T) => void,
): Promise<T> {
  try {
    const late = `it did not answer within ${DEFAULT_TIMEOUT_MS} ms`;
    return await within(DEFAULT_TIMEOUT_MS, signal, late, call, drop);
  } catch (error) {
    if (typeof error === 'string') throw error;
    // What is not an error may be anything, a key included.
    throw error instanceof Error ? error.message : `it threw ${kindOf(error)}`;
  }
}
