/** Time limits for code that is not ours: fetches, providers, suppliers, stores. */

import { MAX_TIMER_MS } from './waiting.js';

/**
 * Settles as `work` does, but rejects with `late` after `ms` milliseconds and with the signal's reason once that
 * aborts, whatever `work` does then. `work` is told by the signal that it is given; `drop` takes what it still gives.
 */
export function within<T>(
  ms: number,
  signal: AbortSignal | undefined,
  late: unknown,
  work: (stop: AbortSignal) => T | PromiseLike<T>,
  drop?: (value: T) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = new AbortController();
    const over = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    };
    const end = (reason: unknown): void => {
      over();
      reject(reason);
      stop.abort(reason);
    };
    const cancel = (): void => end(signal?.reason);
    const timer = setTimeout(() => end(late), Math.min(ms, MAX_TIMER_MS));
    if (signal?.aborted) return cancel();
    signal?.addEventListener('abort', cancel);
    const take = (value: T): void => (stop.signal.aborted ? drop?.(value) : resolve(value));
    new Promise<T>((done) => done(work(stop.signal))).then(take, reject).finally(over);
  });
}
