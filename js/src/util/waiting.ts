/**
 * Waits of the core: for time to pass, and for the host to have its turn.
 *
 * @module
 */

/** The longest time that a host's timer takes: with more milliseconds it fires at once. */
export const MAX_TIMER_MS = 0x7fff_ffff;

/** Waits. Ends at once when the signal aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return wait(ms, signal, () => undefined);
}

/** The same, without keeping the process alive. */
export function idle(ms: number, signal: AbortSignal): Promise<void> {
  return wait(ms, signal, (timer) => {
    // Browsers and Deno have numbers for timers, the others objects.
    if (typeof timer === 'object') (timer as { unref?(): void } | null)?.unref?.();
    else (globalThis as { Deno?: Deno }).Deno?.unrefTimer?.(timer as number);
  });
}

function wait(ms: number, signal: AbortSignal, use: (timer: unknown) => void): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, Math.min(ms, MAX_TIMER_MS));
    use(timer);
    signal.addEventListener('abort', wake);
  });
}

interface Deno {
  unrefTimer?(timer: number): void;
}

/** Lets the host do what waits for it: events, input, rendering. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    try {
      afterEvents(resolve);
    } catch {
      // There is neither, or one that throws when it is called: Next's edge routes.
      setTimeout(resolve, 0);
    }
  });
}

function afterEvents(run: () => void): void {
  const host = globalThis as { setImmediate?(run: () => void): unknown };
  if (host.setImmediate) return void host.setImmediate(run);
  // Not `scheduler.yield`: what goes on after it goes before timers, responses and messages, and they would have to wait
  // for the whole work. Not a timer: after a few of them in a row, browsers make each wait for 4 ms.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    run();
  };
  port2.postMessage(undefined);
}

/** How long work goes on before the host has its turn, in milliseconds. */
const TURN_MS = 8;

/** Gives the host its turn when work has gone on for a while; for loops. */
export class Turns {
  #since = performance.now();

  /** Returns nothing while it is not time yet. */
  next(): Promise<void> | undefined {
    if (performance.now() - this.#since < TURN_MS) return undefined;
    return turn().then(() => {
      this.#since = performance.now();
    });
  }
}
