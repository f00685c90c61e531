/** Cancelling: every function that may wait takes a signal. */

import { wrong } from '../errors.js';
import { KEEP, readOptions } from './options.js';

/** What every function that may wait takes in its last options object. */
export interface CallOptions {
  /**
   * Ends the call when it aborts: its promise rejects with the signal's reason, requests in flight are called off, and
   * no other is sent. What a service has done already stays done.
   */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The signal of a call, which may be none.
 *
 * @throws the signal's reason if it has aborted; UsageError `INVALID_ARGUMENT` if it is not a signal
 */
export function signalOf(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  // By what it does: polyfills and other realms have signals of their own.
  const { aborted, reason, addEventListener } = Object(signal) as AbortSignal;
  if (typeof aborted !== 'boolean' || typeof addEventListener !== 'function') {
    throw wrong('signal', 'an AbortSignal', signal);
  }
  if (aborted) throw reason;
  return signal;
}

/** The signal of options that have nothing else. */
export function signalOption(options: CallOptions = {}): AbortSignal | undefined {
  return signalOf(readOptions(options, { signal: KEEP }).signal);
}
