/** Calls of KMS and DynamoDB, and what caches served, as OpenTelemetry metrics, without depending on OpenTelemetry. */

import type { DynamoDbEvent } from '../aws/dynamodb-client.js';
import type { CacheEvent } from '../caches/cache.js';
import { usage } from '../errors.js';
import type { KmsEvent } from '../kms/types.js';
import { isObject } from '../util/plain-object.js';

/** Attributes of a measurement: a part of what {@link openTelemetryMetrics} needs. */
export type MetricAttributes = Record<string, string>;

/** What {@link openTelemetryMetrics} needs of a `Meter` of the OpenTelemetry API. */
export interface MeterLike {
  /** Makes a counter, which only grows. */
  createCounter(
    name: string,
    options: { description: string; unit: string },
  ): {
    /** Adds to it. */
    add(value: number, attributes: MetricAttributes): void;
  };
  /** Makes a histogram. */
  createHistogram(
    name: string,
    options: { description: string; unit: string },
  ): {
    /** Adds a value to it. */
    record(value: number, attributes: MetricAttributes): void;
  };
}

/** What {@link openTelemetryMetrics} returns: functions for `onEvent`. */
export interface MetricSinks {
  /** Of {@link KmsClientOptions}. */
  readonly kms: (event: KmsEvent) => void;
  /** Of {@link DynamoDbClientOptions}. */
  readonly dynamodb: (event: DynamoDbEvent) => void;
  /** Of {@link LocalCacheOptions} and {@link StormTrackingCacheOptions}. */
  readonly cache: (event: CacheEvent) => void;
}

/**
 * `onEvent` functions that count calls, repetitions, throttles, and what caches served, and measure how long calls take. The
 * attributes are few, as metrics want them: service, operation and the code of an error; of caches the kind of materials.
 * For what a single call was about there are the spans of {@link openTelemetryEvents}.
 *
 * | Metric | Counts |
 * | --- | --- |
 * | `fieldseal.client.calls` | calls that ended; `error.type` of those that failed |
 * | `fieldseal.client.retries` | requests that were sent again, by `fieldseal.retry.reason` |
 * | `fieldseal.client.throttles` | requests that the service throttled |
 * | `fieldseal.client.duration` | seconds of a call, waits and repetitions included |
 * | `fieldseal.cache.hits`, `fieldseal.cache.misses` | requests that a cache served, or not |
 *
 * @throws UsageError `INVALID_ARGUMENT` if `meter` lacks `createCounter` or `createHistogram`
 *
 * @example
 * ```ts
 * import { KmsClient, localCache, openTelemetryMetrics, type MeterLike } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * // In a service: metrics.getMeter('my-service') of @opentelemetry/api. Whatever has these functions will do.
 * const counts = new Map<string, number>()
 * const meter: MeterLike = {
 *   createCounter: (name) => ({
 *     add: (value) => void counts.set(name, (counts.get(name) ?? 0) + value),
 *   }),
 *   createHistogram: () => ({ record: () => undefined }),
 * }
 * const { kms: onEvent, cache } = openTelemetryMetrics(meter)
 * const dev = await startDevKms()
 * const kms = new KmsClient({ endpoint: dev.url, region: dev.region, onEvent })
 * localCache({ onEvent: cache }) // for a keyring
 *
 * dev.faults.throttleNext(1)
 * await kms.listKeys()
 * await new Promise((soon) => setTimeout(soon))
 * console.log(counts.get('fieldseal.client.calls'), counts.get('fieldseal.client.throttles')) // → 1 1
 * await dev.close()
 * ```
 */
export function openTelemetryMetrics(meter: MeterLike): MetricSinks {
  for (const name of ['createCounter', 'createHistogram'] as const) {
    if (!isObject(meter) || typeof meter[name] !== 'function') {
      throw usage('INVALID_ARGUMENT', `meter must have the function ${name}`);
    }
  }
  const counter = (name: string, description: string, unit: string) =>
    meter.createCounter(`fieldseal.${name}`, { description, unit });
  const calls = counter('client.calls', 'Calls that ended', '{call}');
  const retries = counter('client.retries', 'Requests that were sent again', '{request}');
  const throttles = counter('client.throttles', 'Requests that were throttled', '{request}');
  const hits = counter('cache.hits', 'Requests that a cache served', '{request}');
  const misses = counter('cache.misses', 'Requests that a cache did not serve', '{request}');
  const duration = meter.createHistogram('fieldseal.client.duration', {
    description: 'How long calls take, waits and repetitions included',
    unit: 's',
  });

  const observe = (service: string) => (event: KmsEvent | DynamoDbEvent) => {
    const { operation, outcome, durationMs, repetitions = [] } = event;
    const of = { 'rpc.service': service, 'rpc.method': operation };
    const ended = outcome === 'OK' ? of : { ...of, 'error.type': outcome };
    calls.add(1, ended);
    duration.record(durationMs / 1000, ended);
    for (const { reason } of repetitions) {
      retries.add(1, { ...of, 'fieldseal.retry.reason': reason });
    }
    const throttled = repetitions.filter(({ reason }) => reason === 'THROTTLED').length;
    const all = throttled + (outcome.endsWith('_THROTTLED') ? 1 : 0);
    if (all > 0) throttles.add(all, of);
  };
  return {
    kms: observe('KMS'),
    dynamodb: observe('DynamoDB'),
    cache: ({ kind, materials }) => {
      const of = { 'fieldseal.cache.materials': materials };
      if (kind === 'hit' || kind === 'refresh') hits.add(1, of);
      else if (kind === 'miss' || kind === 'joined') misses.add(1, of);
    },
  };
}
