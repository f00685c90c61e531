/** Public keys from where they are published. */

import { AuthenticationError, FieldsealError, HostError, limit, usage, wrong } from '../errors.js';
import { DEFAULT_TIMEOUT_MS } from '../generated/limits.js';
import { describe, dropped, readBody } from '../host/http.js';
import type { AnyUrl } from '../util/any-url.js';
import { KEEP, COPY, readOptions } from '../util/options.js';
import { isObject } from '../util/plain-object.js';
import { signalOf, type CallOptions } from '../util/signal.js';
import { mustBeStrings } from '../util/strings.js';
import { within } from '../util/time-limit.js';
import { fingerprintOf, pemOf, publicKeyParts, type ReadPublicKeyOptions } from './public-key.js';

/**
 * Options of {@link fetchPublicKey}.
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto'
 * import { fetchPublicKey, publicKeyFingerprint, type FetchPublicKeyOptions } from 'fieldseal'
 *
 * const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
 * const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'autumn' }] }
 *
 * const options: FetchPublicKeyOptions = {
 *   kid: 'autumn',
 *   fetch: async () => Response.json(jwks), // in the place of a server
 * }
 * const pem = await fetchPublicKey('https://example.org/.well-known/jwks.json', options)
 * console.log((await publicKeyFingerprint(pem)).length) // → 64
 * ```
 */
export interface FetchPublicKeyOptions extends ReadPublicKeyOptions, CallOptions {
  /** The key and no other: its fingerprint, 64 hexadecimal digits ({@link publicKeyFingerprint}). Needed without TLS. */
  readonly fingerprint?: string | undefined;
  /** In the place of the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Milliseconds in which the key is there, the body included; by default 10,000. */
  readonly timeoutMs?: number | undefined;
}

/** More than any key or set of keys has. */
const MAX_BYTES = 1 << 16;

/** Media types of what has a key: text, bytes of which nothing is known, JSON, PEM and certificates. */
const TYPES =
  /^(text\/plain|(application|binary)\/octet-stream|application\/(json|jwk\+json|jwk-set\+json|x-pem-file|x-pem-key|pem-certificate-chain|pkix-cert|x-x509-(ca|user)-cert))$/;

const LATE = new Error('it was not there in time');

/**
 * Fetches a public key in any form ({@link PublicKeyInput}), and returns it as keyrings take it: PEM.
 *
 * What is fetched decides who can read what is sealed. So the address has https (or is this machine's own), redirects are
 * refused, the answer is a 200 of at most 64 KiB whose media type is that of a key, and with `fingerprint` it is that key
 * and no other: give it wherever the key is known beforehand. With it, any http address will do.
 *
 * @param url - absolute, or in a page relative to it
 * @returns the key in PEM
 * @throws HostError `HOST_FAILED` when nothing or something else came: `status` has the answer's
 * @throws AuthenticationError `PINNED_KEY_MISMATCH` for a key with another fingerprint
 * @throws LimitError for an answer of more than 64 KiB
 * @throws MalformedInputError `MALFORMED_KEY`, which names what came in the place of a key
 * @throws UsageError `INVALID_ARGUMENT` for an address or an option that cannot be used
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { EncryptionClient, fetchPublicKey, publicKeyFingerprint, recipient } from 'fieldseal'
 * import { generateKeyPairSync } from 'node:crypto'
 *
 * const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
 * const pem = publicKey.export({ type: 'spki', format: 'pem' })
 * const server = createServer((_, response) => {
 *   response.writeHead(200, { 'content-type': 'text/plain' }).end(pem)
 * })
 * await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
 * const address = server.address()
 * const port = typeof address === 'object' ? address?.port : undefined
 *
 * const fingerprint = await publicKeyFingerprint(pem.toString()) // you know it beforehand
 * const key = await fetchPublicKey(`http://127.0.0.1:${port}/key.pem`, { fingerprint })
 * server.close()
 *
 * const { header } = await new EncryptionClient().encrypt(new TextEncoder().encode('x'), {
 *   keyring: recipient('rsa:', { key }),
 * })
 * console.log(header.encryptedDataKeys[0]?.keyName === fingerprint) // → true
 * ```
 */
export async function fetchPublicKey(
  url: string | AnyUrl,
  options: FetchPublicKeyOptions = {},
): Promise<string> {
  const given = readOptions(options, {
    fingerprint: COPY,
    signal: KEEP,
    kid: COPY,
    certificate: COPY,
    fetch: KEEP,
    timeoutMs: COPY,
  });
  const { fingerprint, kid, certificate, fetch, timeoutMs = DEFAULT_TIMEOUT_MS } = given;
  const signal = signalOf(given.signal);
  if (fetch !== undefined && typeof fetch !== 'function') throw wrong('fetch', 'a function', fetch);
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0)) {
    throw wrong('timeoutMs', 'a number of milliseconds above 0', timeoutMs);
  }
  const pin = fingerprint === undefined ? undefined : pinOf(fingerprint);
  const address = addressOf(url, pin !== undefined);
  // Neither credentials nor what may be one: the query.
  const shown = address.origin + address.pathname;
  const failed = (problem: string, details: { status?: number; cause?: unknown } = {}) =>
    new HostError({
      code: 'HOST_FAILED',
      message: `no public key from ${shown}: ${problem}`,
      next: 'Check the address, and that it answers with the key itself.',
      ...details,
    });

  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await within(timeoutMs, signal, LATE, (stop) => get(fetch, address, stop, failed));
  } catch (error) {
    if (error instanceof FieldsealError) throw error;
    signal?.throwIfAborted();
    throw failed(describe(error), { cause: error });
  }
  if (bytes.length > MAX_BYTES) {
    throw limit(`${shown} answers with more than ${MAX_BYTES} bytes, which no public key has`);
  }
  const { der } = await publicKeyParts(bytes, { kid, certificate });
  const found = pin === undefined ? undefined : await fingerprintOf(der);
  if (found !== pin) {
    throw new AuthenticationError({
      code: 'PINNED_KEY_MISMATCH',
      message: `the public key from ${shown} has the fingerprint ${found}, not the pinned ${pin}`,
      next: 'Find out who changed the key before you trust it, then change the fingerprint.',
    });
  }
  return pemOf(der);
}

function pinOf(fingerprint: string): string {
  mustBeStrings({ fingerprint });
  const pin = fingerprint.toLowerCase();
  if (/^[0-9a-f]{64}$/.test(pin)) return pin;
  const next = 'Give what publicKeyFingerprint returns.';
  throw usage('INVALID_ARGUMENT', 'fingerprint must be 64 hexadecimal digits', next);
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function addressOf(url: string | AnyUrl, pinned: boolean): URL {
  // A URL is known by what it does: other realms have their own.
  const href: unknown = isObject(url) ? url.href : url;
  if (typeof href !== 'string') throw wrong('url', 'a URL', url);
  const page = (globalThis as { location?: { href?: string } }).location?.href;
  let address: URL;
  try {
    address = new URL(href, page);
  } catch {
    throw usage('INVALID_ARGUMENT', 'url is not a URL', 'Give it whole, from https:// on.');
  }
  const { protocol, hostname, username, password } = address;
  if (!/^https?:$/.test(protocol)) {
    throw usage('INVALID_ARGUMENT', `url must begin with https:, not with ${protocol}`);
  }
  if (username !== '' || password !== '') {
    throw usage('INVALID_ARGUMENT', 'url has a name or a password in it, which fetch refuses');
  }
  if (protocol === 'http:' && !pinned && !LOOPBACK.test(hostname)) {
    const problem = 'url has no TLS: whoever is on the way could put a key of their own there';
    throw usage('INVALID_ARGUMENT', problem, 'Use https, or give the fingerprint.');
  }
  return address;
}

async function get(
  own: typeof globalThis.fetch | undefined,
  address: URL,
  stop: AbortSignal,
  failed: (problem: string, details?: { status?: number }) => HostError,
): Promise<Uint8Array<ArrayBuffer>> {
  const fetch = own ?? globalThis.fetch;
  if (typeof fetch !== 'function') throw new TypeError('there is no fetch: give one');
  const response = await fetch(address.href, {
    signal: stop,
    redirect: 'manual',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
  });
  const { status, type, redirected } = response;
  const refuse = (problem: string) => {
    // Nobody reads it, whether it can be told so or not.
    dropped(() => (response.body as Partial<ReadableStream> | null)?.cancel?.());
    // Where pages see nothing of a redirect, its status is 0.
    return failed(problem, status > 0 ? { status } : {});
  };
  if (redirected || type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    throw refuse('it answers with a redirect, which is not followed');
  }
  if (status !== 200) throw refuse(`it answers with the status ${status}`);
  const media = (response.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (media !== '' && !TYPES.test(media)) {
    throw refuse(
      `it answers with ${media}, which is not the media type of a key (text/plain, say)`,
    );
  }
  return readBody(response, MAX_BYTES, stop);
}
