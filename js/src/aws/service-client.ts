/** What the clients of all services share: options, credentials, events. */

import type { ServiceConfig } from '../generated/config.js';
import { CoreObject } from '../core/core.js';
import { wrong } from '../errors.js';
import type { Glue } from '../generated/glue.js';
import { describe, sender } from '../host/http.js';
import type { AnyUrl } from '../util/any-url.js';
import { tell } from '../util/observe.js';
import { COPY, KEEP, mustBeCount, type OptionNames } from '../util/options.js';
import { isObject, ownCopy } from '../util/plain-object.js';
import { optionalString, optionalStringMap } from '../util/strings.js';
import { DEFAULT_TIMEOUT_MS } from '../generated/limits.js';
import { within } from '../util/time-limit.js';

/**
 * AWS credentials, in the shape of `@aws-sdk/credential-providers`; {@link ServiceClientOptions} shows where they go.
 */
export interface AwsCredentials {
  /** Not secret: it stands in every request. */
  readonly accessKeyId: string;
  /** Signs requests, and is never sent. */
  readonly secretAccessKey: string;
  /** Of temporary credentials; empty counts as none. */
  readonly sessionToken?: string | undefined;
  /**
   * When they end; they are fetched anew five minutes before, or, if they live no longer than that, when half of their
   * time is over. While they hold, a function that fails is not needed, and is asked again after half a minute.
   */
  readonly expiration?: Date | undefined;
}

/**
 * One call of a service, after it ended, as `onEvent` of {@link ServiceClientOptions} is given it: what an auditor sets
 * beside CloudTrail. Holds no secret.
 */
export interface ServiceEvent {
  /** The service's operation, for example `Decrypt`. */
  readonly operation: string;
  /** The client's Region, if it has one. */
  readonly region?: string;
  /** Unix time in milliseconds. */
  readonly startedMs: number;
  /** Milliseconds, waits and retries included. */
  readonly durationMs: number;
  /** How many times the request was sent. */
  readonly attempts: number;
  /** Why and when it was sent again, if it was; not of clients of `fieldseal/items`. */
  readonly repetitions?: readonly Repetition[];
  /** `OK`, or the code of the error. */
  readonly outcome: string;
  /** The service's request id, if it responded with one. */
  readonly requestId?: string;
}

/** Why a request was sent again, and after how long: a part of the events of {@link ServiceClientOptions}. */
export interface Repetition {
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /**
   * `CREDENTIALS`: they had expired, and the function gave others. `CLOCK_SKEW`: this machine's clock is wrong, and was
   * corrected by the service's. `FAILED`: on the service's side.
   */
  readonly reason:
    'THROTTLED' | 'FAILED' | 'TIMED_OUT' | 'UNREACHABLE' | 'CREDENTIALS' | 'CLOCK_SKEW';
  /** Milliseconds before the next attempt. */
  readonly backoffMs: number;
}

/**
 * How to reach a service and what to tell of its calls.
 *
 * @example
 * ```ts
 * import { KmsClient, type KmsEvent, type ServiceClientOptions } from 'fieldseal'
 *
 * // For every client alike; credentials are fetched when they are needed, and again before they expire.
 * const options: ServiceClientOptions<KmsEvent> = {
 *   region: 'eu-central-1',
 *   credentials: async () => ({
 *     accessKeyId: 'AKIDEXAMPLE',
 *     secretAccessKey: 'secret',
 *     expiration: new Date(2e12),
 *   }),
 *   timeoutMs: 3_000,
 *   maxAttempts: 6,
 *   maxConcurrentRequests: 20,
 *   userAgent: 'orders/1.4',
 *   onEvent: ({ operation, outcome, durationMs }) => console.log(operation, outcome, durationMs),
 * }
 * // Without AWS credentials: a proxy of your own, which has a token of its own.
 * const behindProxy: ServiceClientOptions<KmsEvent> = {
 *   endpoint: 'https://kms-proxy.example.org',
 *   headers: { authorization: 'Bearer token' },
 * }
 * console.log([options, behindProxy].map((each) => typeof new KmsClient(each))) // → [ 'object', 'object' ]
 * ```
 */
export interface ServiceClientOptions<Event extends ServiceEvent> {
  /**
   * http or https URL, with a path if requests go below one; by default AWS's endpoint of `region`, in any partition. A
   * redirect is not followed.
   */
  readonly endpoint?: string | AnyUrl | undefined;
  /** AWS Region; needed without `endpoint`, and with `credentials`. */
  readonly region?: string | undefined;
  /**
   * Credentials or a function that fetches them; without, requests are not signed. A plain object is read now, an
   * instance of a class each time. The function is called with `{ forceRefresh: true }` after the service refused the
   * last ones as expired.
   */
  readonly credentials?:
    | AwsCredentials
    | (() => Promise<AwsCredentials>)
    | ((options?: { readonly forceRefresh?: boolean }) => Promise<AwsCredentials>)
    | undefined;
  /** More headers for every request, such as a bearer token for your own proxy. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Used in place of the global `fetch`, which is looked up for each request. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * Milliseconds for one attempt, the wait for its turn and the whole response included, and for each call of
   * `credentials`; by default 10,000. What takes longer is cut off, whatever `fetch` does.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How often a request is sent at most; by default 3, and 4 to DynamoDB. Between two attempts there are up to 50 ms (to
   * DynamoDB 25), after a throttle up to a second, and twice as many each time, at most 20 seconds; and what `Retry-After`
   * asks for, in seconds or as a date. All calls of a client share 500 tokens: a repetition costs 14, after a throttle 5,
   * and a success brings back what its own cost. When most calls fail, none is repeated.
   */
  readonly maxAttempts?: number | undefined;
  /**
   * Requests in flight at once; by default 50, as with AWS's own clients (`maxSockets`). More wait for their turn, in
   * order.
   */
  readonly maxConcurrentRequests?: number | undefined;
  /** Appended to `fieldseal/<version>` in `x-amz-user-agent`. */
  readonly userAgent?: string | undefined;
  /** Called after each call of the service. What it throws is ignored. */
  readonly onEvent?: ((event: Event) => void) | undefined;
}

/** The names of what every client takes. */
export const SERVICE_OPTIONS: OptionNames<ServiceClientOptions<never>> = {
  endpoint: COPY,
  region: COPY,
  credentials: KEEP,
  headers: COPY,
  fetch: COPY,
  timeoutMs: COPY,
  maxAttempts: COPY,
  maxConcurrentRequests: COPY,
  userAgent: COPY,
  onEvent: COPY,
};

/** A client of the core for one endpoint of a service, with what only that service has; of options that were read. */
export function serviceClient<Event extends ServiceEvent, Own extends object>(
  options: ServiceClientOptions<Event>,
  make: (glue: Glue, config: ServiceConfig & Own, host: unknown) => number,
  ownConfig: Own,
  ownHost: (observe: (event: Event) => void) => object = () => ({}),
): CoreObject {
  checkOptions(options);
  const { endpoint, region, timeoutMs, maxAttempts, userAgent, onEvent } = options;
  const { maxConcurrentRequests = 50 } = options;
  const credentials = ownCopy(options.credentials);
  const config = {
    endpoint: typeof endpoint === 'object' ? endpoint.href : endpoint,
    region,
    timeoutMs,
    maxAttempts,
    userAgent,
    signs: credentials !== undefined,
    headers: Object.entries(options.headers ?? {}),
    observed: onEvent !== undefined,
    ...ownConfig,
  };
  const observe = (event: Event): void => tell(onEvent, event);
  const host = {
    http: sender(options.fetch, maxConcurrentRequests),
    credentials: (forceRefresh: boolean, signal?: AbortSignal) =>
      fetchCredentials(credentials, forceRefresh, timeoutMs, signal),
    onEvent: observe,
    ...ownHost(observe),
  };
  return new CoreObject((owner) => owner.make((glue) => make(glue, config, owner.weakly(host))));
}

function checkOptions(options: ServiceClientOptions<never>): void {
  for (const name of ['region', 'userAgent'] as const) optionalString(name, options[name]);
  // Not every URL is one of this realm.
  const { href } = Object(options.endpoint) as Partial<AnyUrl>;
  if (typeof href !== 'string') optionalString('endpoint', options.endpoint);
  for (const name of ['timeoutMs', 'maxAttempts', 'maxConcurrentRequests'] as const) {
    if (options[name] !== undefined) mustBeCount(name, options[name], 0xffff_ffff);
  }
  for (const name of ['fetch', 'onEvent'] as const) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== 'function') throw wrong(name, 'a function', value);
  }
  optionalStringMap('headers', options.headers);
  const credentials: unknown = options.credentials;
  if (credentials !== undefined && typeof credentials !== 'function' && !isObject(credentials)) {
    throw wrong('credentials', 'an object or a function', credentials);
  }
}

async function fetchCredentials(
  from: ServiceClientOptions<never>['credentials'],
  forceRefresh: boolean,
  timeoutMs = DEFAULT_TIMEOUT_MS,
  signal?: AbortSignal,
): Promise<object> {
  try {
    const late = `the function credentials did not answer within ${timeoutMs} ms`;
    // With nothing else: providers of AWS's have options of their own.
    const call = (provider: Extract<typeof from, () => unknown>) =>
      forceRefresh ? provider({ forceRefresh }) : provider();
    const found =
      typeof from === 'function' ? within(timeoutMs, signal, late, () => call(from)) : from;
    return readCredentials(ownCopy((await found) ?? ({} as AwsCredentials)));
  } catch (error) {
    // Their getters' too.
    throw describe(error);
  }
}

function readCredentials(found: AwsCredentials): object {
  const { accessKeyId, secretAccessKey, sessionToken } = found;
  const expiration: Partial<Date> | undefined = found.expiration;
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') {
    throw 'they need the strings accessKeyId and secretAccessKey';
  }
  if (sessionToken !== undefined && typeof sessionToken !== 'string') {
    throw 'their sessionToken is not a string';
  }
  // One that is no date would count as expired for ever.
  const expiresAtMs = expiration?.getTime?.();
  if (expiration !== undefined && !Number.isFinite(expiresAtMs)) {
    throw 'their expiration is not a valid Date';
  }
  // An empty one is none, as for AWS's own clients: environments set the variable so.
  const token = sessionToken === '' ? undefined : sessionToken;
  return { accessKeyId, secretAccessKey, sessionToken: token, expiresAtMs };
}
