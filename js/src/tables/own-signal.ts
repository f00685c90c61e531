/** Waiting that a signal ends; requests each with a signal of its own: hosts warn of one that many requests listen to. */

import { onAbort } from '../util/signal.js';

/** Runs with a signal that aborts when `signal` does, with the same reason. */
export async function withOwnSignal<T>(
  signal: AbortSignal,
  run: (own: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const own = new AbortController();
  const stop = onAbort(signal, () => own.abort(signal.reason));
  try {
    return await run(own.signal);
  } finally {
    stop();
  }
}

/** Settles as the work does, or rejects when the signal aborts. */
export async function orAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  let ignore: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else ignore = onAbort(signal, abort);
  });
  return Promise.race([work, aborted]).finally(ignore);
}
