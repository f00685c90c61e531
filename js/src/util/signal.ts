/** Cancelling: every function that may wait takes a signal. */

import { wrong } from '../errors.js';
import { KEEP, readOptions } from './options.js';

/**
 * What every function that may wait takes in its last options object.
 *
 * @example
 * ```ts
 * import { KmsClient, type CallOptions } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const { keyId } = await dev.createKey()
 * dev.faults.hangNext(1) // the service does not respond
 *
 * const options: CallOptions = { signal: AbortSignal.timeout(50) }
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region })
 * const failure = await kms.describeKey({ keyId }, options).catch((error: unknown) => error)
 * console.log(failure instanceof DOMException && failure.name) // → TimeoutError
 * await dev.close()
 * ```
 */
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
  const { aborted, addEventListener } = Object(signal) as Partial<AbortSignal>;
  if (typeof aborted !== 'boolean' || typeof addEventListener !== 'function') {
    throw wrong('signal', 'an AbortSignal', signal);
  }
  if (aborted) throw signal.reason;
  return signal;
}

/** What is to be called when a signal aborts, and its listener, which does so. */
interface Listening {
  readonly runs: Set<() => void>;
  readonly abort: () => void;
}

const listening = new WeakMap<AbortSignal, Listening>();

/**
 * Calls `run` when the signal aborts, until what is returned is called. One listener for all, since hosts warn of many
 * on one signal, and a program that ends everything with one signal has done nothing wrong.
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  let found = listening.get(signal);
  if (!found) {
    const runs = new Set<() => void>();
    found = { runs, abort: () => runs.forEach((run) => run()) };
    listening.set(signal, found);
    signal.addEventListener('abort', found.abort);
  }
  const { runs, abort } = found;
  runs.add(run);
  return () => {
    // Hosts keep some signals for as long as they have a listener.
    if (!runs.delete(run) || runs.size > 0) return;
    listening.delete(signal);
    signal.removeEventListener('abort', abort);
  };
}

/** Settles as the work does, or rejects when the signal aborts, whatever the work does: what it waits for may never come. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    const unlisten = onAbort(signal, abort);
    work.finally(unlisten).then(resolve, reject);
  });
}

/** The signal of options that have nothing else. */
export function signalOption(options: CallOptions = {}): AbortSignal | undefined {
  return signalOf(readOptions(options, { signal: KEEP }).signal);
}
