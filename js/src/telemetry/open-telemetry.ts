/** Calls of KMS and of a key store's DynamoDB as OpenTelemetry spans, without depending on OpenTelemetry. */

import type { DynamoDbEvent } from '../aws/dynamodb-client.js';
import { usage } from '../errors.js';
import type { KmsEvent } from '../kms/types.js';
import { mustBeOneOf } from '../util/options.js';
import { isObject } from '../util/plain-object.js';

/**
 * Seconds and nanoseconds since 1970: the one form of time that OpenTelemetry never reinterprets. A part of
 * {@link openTelemetryEvents}.
 */
export type SpanTime = [seconds: number, nanoseconds: number];

/** What {@link openTelemetryEvents} needs of a span of the OpenTelemetry API. */
export interface SpanLike {
  /** Sets an attribute of the span. */
  setAttribute(name: string, value: string | number | string[]): unknown;
  /** Marks the span as failed: `code` 2, `message` the code of the error. */
  setStatus(status: { code: number; message?: string }): unknown;
  /** Ends the span at a time that has passed. */
  end(endTime: SpanTime): void;
}

/** What {@link openTelemetryEvents} needs of a `Tracer` of the OpenTelemetry API. */
export interface TracerLike {
  /** Starts a span: `kind` 2 for calls to a service, `startTime` when the call began. */
  startSpan(
    name: string,
    options: {
      startTime: SpanTime;
      kind: number;
      attributes: Record<string, string | number | string[]>;
    },
  ): SpanLike;
}

// SpanKind.CLIENT and SpanStatusCode.ERROR of the OpenTelemetry API.
const CLIENT = 2;
const ERROR = 2;

/**
 * An `onEvent` function that makes a span of each call, with the attribute names of
 * OpenTelemetry's conventions for AWS clients. Spans hold what events hold: key ids, request ids
 * and the keys of encryption contexts, never their values.
 *
 * @throws UsageError `INVALID_ARGUMENT` if `tracer` has no `startSpan`
 *
 * @example
 * ```ts
 * import { trace } from '@opentelemetry/api'
 * import { DynamoDbClient, KmsClient, openTelemetryEvents } from 'fieldseal'
 *
 * const tracer = trace.getTracer('my-service')
 * const kms = new KmsClient({ region: 'eu-central-1', onEvent: openTelemetryEvents(tracer) })
 * const dynamodb = new DynamoDbClient({
 *   region: 'eu-central-1',
 *   onEvent: openTelemetryEvents(tracer, 'DynamoDB'),
 * })
 * console.log(typeof kms, typeof dynamodb) // → object object
 * ```
 *
 * @example
 * ```ts
 * import { KmsClient, openTelemetryEvents, type SpanLike, type TracerLike } from 'fieldseal'
 * import { startDevKms } from 'fieldseal/testing'
 *
 * // Without OpenTelemetry: whatever has these functions.
 * const span: SpanLike = {
 *   setAttribute: (name, value) => console.log(name, value),
 *   setStatus: ({ message }) => console.log('failed with', message),
 *   end: ([seconds]) => console.log(seconds > 0),
 * }
 * const tracer: TracerLike = {
 *   startSpan: (name, { attributes }) => {
 *     console.log(name, attributes['rpc.method'])
 *     return span
 *   },
 * }
 * const dev = await startDevKms()
 * const kms = new KmsClient({
 *   endpoint: dev.url,
 *   region: dev.region,
 *   onEvent: openTelemetryEvents(tracer),
 * })
 * await kms.describeKey({ keyId: 'alias/nobody' }).catch(() => undefined)
 * // → KMS.DescribeKey DescribeKey
 * // → error.type KMS_KEY_NOT_FOUND
 * // → failed with KMS_KEY_NOT_FOUND
 * // → true
 * await dev.close()
 * ```
 */
export function openTelemetryEvents(
  tracer: TracerLike,
  service: 'KMS' | 'DynamoDB' = 'KMS',
): (event: KmsEvent | DynamoDbEvent) => void {
  if (!isObject(tracer) || typeof tracer.startSpan !== 'function') {
    throw usage('INVALID_ARGUMENT', 'tracer must have the function startSpan');
  }
  mustBeOneOf('service', service, ['KMS', 'DynamoDB'], 'INVALID_ARGUMENT');
  return (event) => {
    const { operation, startedMs, durationMs, outcome } = event;
    const span = tracer.startSpan(`${service}.${operation}`, {
      startTime: time(startedMs),
      kind: CLIENT,
      attributes: attributes(service, event),
    });
    if (outcome !== 'OK') {
      span.setAttribute('error.type', outcome);
      span.setStatus({ code: ERROR, message: outcome });
    }
    span.end(time(startedMs + durationMs));
  };
}

function attributes(
  service: string,
  event: Partial<KmsEvent & DynamoDbEvent> & { readonly attempts: number },
): Record<string, string | number | string[]> {
  const [address, port] = addressOf(event.host);
  const keys = event.encryptionContextKeys ?? [];
  const all: Record<string, string | number | string[] | undefined> = {
    'rpc.system': 'aws-api',
    'rpc.service': service,
    'rpc.method': event.operation,
    'cloud.region': event.region,
    'server.address': address,
    'server.port': port,
    'aws.request_id': event.requestId,
    'http.request.resend_count': event.attempts > 1 ? event.attempts - 1 : undefined,
    'aws.dynamodb.table_names': event.table === undefined ? undefined : [event.table],
    'fieldseal.kms.key_id': event.keyId,
    'fieldseal.kms.encryption_context_keys': keys.length > 0 ? [...keys] : undefined,
  };
  const known = Object.entries(all).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as Record<string, string | number | string[]>;
}

/** Name and port of a host; an IPv6 address keeps its brackets off. */
function addressOf(host: string | undefined): [address?: string, port?: number] {
  const [, address, port] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(host ?? '') ?? [];
  if (address === undefined || address === '') return [];
  return port === undefined ? [address] : [address, Number(port)];
}

function time(ms: number): SpanTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
