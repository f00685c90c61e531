import { DevKmsError, KmsFault } from './errors.js';

/**
 * Limits a fault to one operation, such as `{ operation: 'Decrypt' }`; what the functions of {@link Faults} take last.
 */
export interface FaultScope {
  /** The operation's name; without it, all operations are meant. */
  readonly operation?: string;
}

/** What is going to happen to a request before it is looked at. */
export type Fault =
  | { readonly kind: 'answer'; readonly fault: KmsFault }
  | { readonly kind: 'drop' }
  | { readonly kind: 'hang' };

interface Armed {
  readonly operation: string | undefined;
  readonly what: Fault;
  left: number;
}

/**
 * Switches for the faults a client has to survive, as `faults` of {@link DevKms}. Those armed first strike first.
 *
 * @example
 * ```ts
 * import { KmsClient } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * const dev = await startDevKms()
 * const { keyId } = await dev.createKey()
 * const kms = new KmsClient({
 *   endpoint: dev.url,
 *   region: dev.region,
 *   maxAttempts: 3,
 *   onEvent: ({ outcome, attempts }) => console.log(outcome, attempts),
 * })
 * const describe = () => kms.describeKey({ keyId }).catch(() => undefined)
 *
 * dev.faults.throttleNext(1)
 * dev.faults.dropNext(1)
 * await describe()
 * // → OK 3
 * dev.faults.failNext(3, 503)
 * await describe()
 * // → KMS_FAILED 3
 * dev.faults.hangNext(1, { operation: 'Encrypt' })
 * dev.faults.failNext(1, 400, { errorName: 'DisabledException' })
 * await describe()
 * // → KMS_KEY_DISABLED 1
 * dev.faults.limitRate(1000)
 * await describe()
 * // → OK 1
 * dev.faults.clear()
 * dev.faults.setLatency(5)
 * await describe()
 * // → OK 1
 * console.log(dev.faults.latencyMs) // → 5
 * await dev.close()
 * ```
 */
export interface Faults {
  /** Milliseconds added to every answer. */
  latencyMs: number;
  /** Sets the latency, of one operation or of all that have none of their own. */
  setLatency(milliseconds: number, scope?: FaultScope): void;
  /** The next `count` calls answer ThrottlingException. */
  throttleNext(count: number, scope?: FaultScope): void;
  /**
   * From now on no more than `perSecond` calls a second are let through, as with a quota of KMS that other programs share;
   * the others answer ThrottlingException. `Infinity` ends it.
   */
  limitRate(perSecond: number, scope?: FaultScope): void;
  /**
   * The next `count` calls fail with an HTTP status: 500 KMSInternalException, 503
   * DependencyTimeoutException, or `errorName`, such as KeyUnavailableException.
   */
  failNext(
    count: number,
    status?: number,
    scope?: FaultScope & { readonly errorName?: string },
  ): void;
  /** The next `count` calls have their connection closed without an answer. */
  dropNext(count: number, scope?: FaultScope): void;
  /** The next `count` calls are never answered; their connections stay open. */
  hangNext(count: number, scope?: FaultScope): void;
  /** Back to a server without faults. */
  clear(): void;
}

/** A quota: it fills by the second, and holds what a tenth of one brings. */
interface Quota {
  readonly operation: string | undefined;
  readonly perSecond: number;
  left: number;
  countedMs: number;
}

const throttled = (): KmsFault =>
  new KmsFault(
    'ThrottlingException',
    'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
  );

/** The switches, and what the server asks of them. */
export class FaultPlan implements Faults {
  #latencyMs = 0;
  readonly #latencyOf = new Map<string, number>();
  #armed: Armed[] = [];
  #quotas: Quota[] = [];

  get latencyMs(): number {
    return this.#latencyMs;
  }

  set latencyMs(milliseconds: number) {
    this.#latencyMs = requireNonNegative('latencyMs', milliseconds);
  }

  setLatency(milliseconds: number, { operation }: FaultScope = {}): void {
    if (operation === undefined) this.latencyMs = milliseconds;
    else this.#latencyOf.set(operation, requireNonNegative('milliseconds', milliseconds));
  }

  throttleNext(count: number, scope: FaultScope = {}): void {
    this.#arm(count, scope, { kind: 'answer', fault: throttled() });
  }

  limitRate(perSecond: number, { operation }: FaultScope = {}): void {
    if (!(perSecond > 0)) {
      throw new DevKmsError('DEV_KMS_INVALID_OPTION', `perSecond must be positive: ${perSecond}`);
    }
    const others = this.#quotas.filter((quota) => quota.operation !== operation);
    const quota = { operation, perSecond, left: perSecond / 10, countedMs: performance.now() };
    this.#quotas = perSecond === Infinity ? others : [...others, quota];
  }

  failNext(
    count: number,
    status = 500,
    scope: FaultScope & { readonly errorName?: string } = {},
  ): void {
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new DevKmsError('DEV_KMS_INVALID_OPTION', `status must be 400 to 599, not ${status}`);
    }
    const usual = status === 503 ? 'DependencyTimeoutException' : 'KMSInternalException';
    const name = scope.errorName ?? usual;
    this.#arm(count, scope, { kind: 'answer', fault: new KmsFault(name, undefined, status) });
  }

  dropNext(count: number, scope: FaultScope = {}): void {
    this.#arm(count, scope, { kind: 'drop' });
  }

  hangNext(count: number, scope: FaultScope = {}): void {
    this.#arm(count, scope, { kind: 'hang' });
  }

  clear(): void {
    this.#latencyMs = 0;
    this.#latencyOf.clear();
    this.#armed = [];
    this.#quotas = [];
  }

  /** The fault due for a call of `operation`, which is used up by asking. */
  take(operation: string): Fault | undefined {
    const armed = this.#armed.find(
      ({ operation: only }) => only === undefined || only === operation,
    );
    if (armed === undefined) return this.#overQuota(operation);
    armed.left -= 1;
    if (armed.left === 0) this.#armed = this.#armed.filter((other) => other !== armed);
    return armed.what;
  }

  #overQuota(operation: string): Fault | undefined {
    const now = performance.now();
    for (const quota of this.#quotas) {
      const { operation: only, perSecond, countedMs } = quota;
      if (only !== undefined && only !== operation) continue;
      const filled = quota.left + ((now - countedMs) / 1000) * perSecond;
      quota.left = Math.min(filled, Math.max(1, perSecond / 10));
      quota.countedMs = now;
      if (quota.left < 1) return { kind: 'answer', fault: throttled() };
      quota.left -= 1;
    }
    return undefined;
  }

  latencyFor(operation: string): number {
    return this.#latencyOf.get(operation) ?? this.#latencyMs;
  }

  #arm(count: number, { operation }: FaultScope, what: Fault): void {
    if (!Number.isInteger(count) || count < 0) {
      throw new DevKmsError('DEV_KMS_INVALID_OPTION', `count must be a whole number, not ${count}`);
    }
    if (count > 0) this.#armed.push({ operation, what, left: count });
  }
}

function requireNonNegative(name: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new DevKmsError('DEV_KMS_INVALID_OPTION', `${name} must not be negative: ${value}`);
}
