/** Sends the requests of a service's client: each within its time, its size, and its turn. */

import { windowOf } from '../util/bytes.js';
import { kindOf } from '../util/plain-object.js';
import { within } from '../util/time-limit.js';

/** A request of the core, as `src/host.rs` has it. */
export interface HttpRequest {
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Wiped when the request is over. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Counts from now on, the wait for a turn included. */
  readonly timeoutMs: number;
  /** Of a longer body the response has this many bytes and one more; the rest is not read. */
  readonly maxResponseBytes: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A request's place in the queue. */
interface Turn {
  readonly go: () => void;
  gone: boolean;
  next: Turn | undefined;
}

const LATE = new Error('no answer in time');

/**
 * What sends requests by `fetch` or the global one, at most `most` at a time and the others after them, in order. It rejects with
 * `{ timedOut, waited, reason }`, the form that the core expects: `waited` for a request that never had its turn.
 */
export function sender(
  fetch: typeof globalThis.fetch | undefined,
  most: number,
): (request: HttpRequest, signal?: AbortSignal) => Promise<HttpResponse> {
  let free = most;
  let first: Turn | undefined;
  let last: Turn | undefined;
  const queue = (turn: Turn): void => {
    if (first && last) last.next = turn;
    else first = turn;
    last = turn;
  };
  const giveBack = (): void => {
    while (first?.gone) first = first.next;
    if (!first) return void free++;
    const { go } = first;
    first = first.next;
    go();
  };

  return async (request, signal) => {
    const { timeoutMs, body } = request;
    let waited = free === 0;
    let timedOut = false;
    let go!: () => void;
    const itsTurn = new Promise<void>((resolve) => {
      go = () => {
        waited = false;
        resolve();
      };
    });
    const turn: Turn = { go, gone: false, next: undefined };
    if (waited) queue(turn);
    else free--;
    try {
      const work = async (stop: AbortSignal) => {
        if (waited) await itsTurn;
        return exchange(fetch, request, stop);
      };
      return await within(timeoutMs, signal, LATE, work, (late) => late.body.fill(0));
    } catch (error) {
      timedOut = error === LATE;
      throw { timedOut, waited, reason: describe(error) };
    } finally {
      body.fill(0);
      // The place is free now, whatever the fetch still does. Those who were asked together are late together: not
      // one of them is sent to be cut off at once.
      turn.gone = true;
      if (!waited && timedOut) setTimeout(giveBack, 0);
      else if (!waited) giveBack();
    }
  };
}

async function exchange(
  own: typeof globalThis.fetch | undefined,
  { url, headers, body, maxResponseBytes }: HttpRequest,
  stop: AbortSignal,
): Promise<HttpResponse> {
  stop.throwIfAborted();
  // Found anew each time: tests and instruments replace the global one, now and then.
  const fetch = own ?? globalThis.fetch;
  if (typeof fetch !== 'function') throw new TypeError('there is no fetch: give the client one');
  const response = await fetch(url, {
    method: 'POST',
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    body,
    signal: stop,
    // Signed requests and data keys go where they were sent, and leave nothing behind. Not 'error': Cloudflare's Workers do
    // not know it.
    redirect: 'manual',
    credentials: 'omit',
    // Workers before the compatibility date 2024-11-11 refuse it.
    ...('cache' in ((globalThis.Request as typeof Request | undefined)?.prototype ?? {}) && {
      cache: 'no-store',
    }),
    referrerPolicy: 'no-referrer',
  });
  const { status, type, redirected } = response;
  if (redirected || type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    // Nobody reads it, whether it can be told so or not.
    dropped(() => (response.body as Partial<ReadableStream> | null)?.cancel?.());
    // Browsers hide the status, and a fetch that followed has another one.
    const seen = status >= 300 && status < 400 ? status : 302;
    return { status: seen, headers: [], body: new Uint8Array() };
  }
  const bytes = await readBody(response, maxResponseBytes, stop);
  return { status, headers: known(response.headers), body: bytes };
}

/** The headers that the core may read, and no more of them than a service sends. */
function known(headers: Headers): [string, string][] {
  const wanted = [...headers].filter(([name]) =>
    /^(content-type|date|retry-after|x-amz)/i.test(name),
  );
  return wanted.slice(0, 50).map(([name, value]) => [name.slice(0, 99), value.slice(0, 999)]);
}

/** Does what may fail without consequence, at once or later: bodies of a `fetch` of one's own are of many kinds. */
export function dropped(act: () => unknown): void {
  (async () => act())().catch(() => {});
}

/** More chunks without a byte than any body has. */
const MAX_EMPTY = 1000;

/** The body of a response; of one that is longer than `most` bytes, one byte more than that. */
export async function readBody(
  response: Response,
  most: number,
  stop: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  // No body, or a `fetch` of one's own whose bodies are no web streams.
  const body: { getReader?(): ReadableStreamDefaultReader<Uint8Array> } | null = response.body;
  const reader = body?.getReader?.();
  if (!reader) {
    const whole = new Uint8Array(await response.arrayBuffer());
    // Of our own: whoever made the body may take its buffer away.
    const bytes = whole.slice(0, most + 1);
    whole.fill(0);
    return bytes;
  }
  // Not left to the fetch's own signal: undici 6 forgets it in a garbage collection.
  const cancel = () => dropped(() => reader.cancel());
  if (stop.aborted) cancel();
  stop.addEventListener('abort', cancel);
  let bytes = new Uint8Array(Math.min(4096, most + 1));
  let length = 0;
  let empty = 0;
  let wanted = false;
  try {
    while (length <= most) {
      const { done, value } = await reader.read();
      if (done) break;
      // A `fetch` of one's own may give any view.
      const whole = ArrayBuffer.isView(value) ? windowOf(value) : undefined;
      if (!whole) throw new TypeError('the body of the response is not bytes');
      const chunk = whole.subarray(0, most + 1 - length);
      // A stream of nothing else would keep the timers, and with them the time limit, from their turn.
      if (chunk.length === 0 && ++empty > MAX_EMPTY) throw new TypeError('the body never comes');
      if (length + chunk.length > bytes.length) {
        const longer = new Uint8Array(Math.min(most + 1, 2 * (length + chunk.length)));
        longer.set(bytes);
        bytes.fill(0);
        bytes = longer;
      }
      bytes.set(chunk, length);
      length += chunk.length;
      // It may be part of a plaintext data key.
      whole.fill(0);
    }
    wanted = !stop.aborted;
  } finally {
    // A body that has ended notices nothing.
    cancel();
    if (!wanted) bytes.fill(0);
  }
  return bytes.subarray(0, length);
}

/** `fetch failed` says nothing; Node keeps the reason in the cause. */
export function describe(error: unknown): string {
  if (typeof error === 'string') return error;
  // By what it has: other realms have errors of their own. What has no message may be anything, a key included.
  const { message, cause } = Object(error) as { message?: unknown; cause?: unknown };
  if (typeof message !== 'string') return `it threw ${kindOf(error)}`;
  const { code, message: why } = Object(cause) as { code?: unknown; message?: unknown };
  const detail = code ?? why;
  return typeof detail === 'string' ? `${message} (${detail})` : message;
}
