/** Calls of KMS and of a key store's DynamoDB as OpenTelemetry spans, without depending on OpenTelemetry. */

import type { DynamoDbEvent } from '../aws/dynamodb-client.js';
import { usage } from '../errors.js';
import type { KmsEvent } from '../kms/types.js';
import { mustBeOneOf } from '../util/options.js';

/** Seconds and nanoseconds since 1970: the one form of time that OpenTelemetry never reinterprets. */
export type SpanTime = [seconds: number, nanoseconds: number];

/** What {@link openTelemetryEvents} needs of a span of the OpenTelemetry API. */
export interface SpanLike {
  setAttribute(name: string, value: string | number | string[]): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  end(endTime: SpanTime): void;
}

/** What {@link openTelemetryEvents} needs of a `Tracer` of the OpenTelemetry API. */
export interface TracerLike {
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
 *     import { trace } from '@opentelemetry/api'
 *     const tracer = trace.getTracer('fieldseal')
 *     new KmsClient({ region, onEvent: openTelemetryEvents(tracer) })
 *     new DynamoDbClient({ region, onEvent: openTelemetryEvents(tracer, 'DynamoDB') })
 *
 * @throws UsageError `INVALID_ARGUMENT` if `tracer` has no `startSpan`
 */
export function openTelemetryEvents(
  tracer: TracerLike,
  service: 'KMS' | 'DynamoDB' = 'KMS',
): (event: KmsEvent | DynamoDbEvent) => void {
  if (typeof (tracer as TracerLike | undefined)?.startSpan !== 'function') {
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
  if (!address) return [];
  return port === undefined ? [address] : [address, Number(port)];
}

function time(ms: number): SpanTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
