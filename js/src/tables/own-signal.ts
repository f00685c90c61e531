/** Requests each with a signal of its own: hosts warn of one that many requests listen to. */

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
