/** Sends the requests of service clients. */

export interface HttpDetails {
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer>;
  readonly timeoutMs: number;
}

/** Sends one request. Rejects with `{ timedOut, reason }`, the form that the core expects. */
export async function post(fetch: typeof globalThis.fetch, details: HttpDetails): Promise<object> {
  const { url, headers, body, timeoutMs } = details;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      body,
      signal: abort.signal,
      // Signed requests and data keys go where they were sent, and leave nothing behind.
      redirect: 'error',
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: [...response.headers], body: bytes };
  } catch (error) {
    throw { timedOut: abort.signal.aborted, reason: describe(error) };
  } finally {
    clearTimeout(timer);
    body.fill(0);
  }
}

/** `fetch failed` says nothing; Node keeps the reason in the cause. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause as { code?: unknown; message?: unknown } | undefined;
  const detail = cause?.code ?? cause?.message;
  return detail === undefined ? error.message : `${error.message} (${String(detail)})`;
}
