/** What only the clients of the whole package can. */

import type { ClientExtras } from '../generated/config.js';
import { usage, wrong } from '../errors.js';
import { COPY, mustBeCount, mustBeOneOf, type OptionNames } from '../util/options.js';

/**
 * More options of clients, of all entry points but `fieldseal/items`.
 *
 * @example
 * ```ts
 * import { KmsClient, type ClientExtraOptions } from 'fieldseal'
 *
 * const options: ClientExtraOptions = {
 *   retryMode: 'adaptive', // one program makes most of the account's calls
 *   operationTimeoutMs: 8_000,
 *   useFipsEndpoint: true,
 *   useDualstackEndpoint: true,
 *   systemClockOffset: -1_500,
 * }
 * console.log(typeof new KmsClient({ region: 'us-gov-west-1', ...options })) // → object
 * ```
 */
export interface ClientExtraOptions {
  /**
   * `standard`, the default, as `maxAttempts` tells; `adaptive`: after the first throttle all requests of the client wait
   * for a rate that the service allowed lately, which falls at a throttle and grows back.
   */
  readonly retryMode?: 'standard' | 'adaptive' | undefined;
  /**
   * Milliseconds for all attempts of a call and the waits before and between them; by default without limit. No attempt begins
   * that would come too late: the call fails as its last attempt did. A function `credentials` is not cut off by it, but by
   * `timeoutMs`.
   */
  readonly operationTimeoutMs?: number | undefined;
  /** AWS's endpoints whose cryptography is validated by FIPS 140. Not together with `endpoint`. */
  readonly useFipsEndpoint?: boolean | undefined;
  /** AWS's endpoints that IPv6 reaches, too. Not together with `endpoint`. */
  readonly useDualstackEndpoint?: boolean | undefined;
  /**
   * What the service's clock is ahead of this machine's, in milliseconds; by default 0. It is corrected by itself when the
   * service refuses a signature for its time and its response can be read (in a browser, CORS must expose `Date`).
   */
  readonly systemClockOffset?: number | undefined;
}

/** Their names. */
export const EXTRA_OPTIONS: OptionNames<ClientExtraOptions> = {
  retryMode: COPY,
  operationTimeoutMs: COPY,
  useFipsEndpoint: COPY,
  useDualstackEndpoint: COPY,
  systemClockOffset: COPY,
};

/** Their part of the configuration. */
export function extrasOf(options: ClientExtraOptions): ClientExtras {
  const { retryMode = 'standard', operationTimeoutMs, systemClockOffset = 0 } = options;
  mustBeOneOf('retryMode', retryMode, ['standard', 'adaptive'], 'INVALID_ARGUMENT');
  if (operationTimeoutMs !== undefined) {
    mustBeCount('operationTimeoutMs', operationTimeoutMs, 0xffff_ffff);
  }
  if (!Number.isSafeInteger(systemClockOffset)) {
    throw usage('INVALID_ARGUMENT', 'systemClockOffset must be a whole number of milliseconds');
  }
  const { useFipsEndpoint = false, useDualstackEndpoint = false } = options;
  for (const [name, value] of Object.entries({ useFipsEndpoint, useDualstackEndpoint })) {
    if (typeof value !== 'boolean') throw wrong(name, 'a boolean', value);
  }
  const adaptive = retryMode === 'adaptive';
  return { adaptive, useFipsEndpoint, useDualstackEndpoint, operationTimeoutMs, systemClockOffset };
}
