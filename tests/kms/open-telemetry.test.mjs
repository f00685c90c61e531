// KMS calls as spans of the real OpenTelemetry SDK.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

import { DynamoDbClient, keyStore, openTelemetryEvents } from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { clientOf, refused, utf8 } from './support.mjs';

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const onEvent = openTelemetryEvents(provider.getTracer('fieldseal-tests'));

let dev;
let key;
before(async () => {
  dev = await startDevKms();
  key = await dev.createKey();
});
after(async () => {
  await provider.shutdown();
  await dev.close();
});
beforeEach(() => {
  dev.clearCalls();
  dev.faults.clear();
  exporter.reset();
});

const ms = ([seconds, nanoseconds]) => seconds * 1000 + nanoseconds / 1e6;

test('a call is a client span with the conventions of AWS SDKs', async () => {
  const kms = clientOf(dev, { onEvent });
  const started = Date.now();
  await kms.encrypt({
    keyId: key.arn,
    plaintext: utf8('the-plaintext'),
    encryptionContext: { table: 'value-one', id: 'value-two' },
  });
  const ended = Date.now();
  const [span, ...more] = exporter.getFinishedSpans();
  assert.equal(more.length, 0);
  assert.equal(span.name, 'KMS.Encrypt');
  assert.equal(span.kind, SpanKind.CLIENT);
  assert.equal(span.status.code, SpanStatusCode.UNSET);
  assert.deepEqual(span.attributes, {
    'rpc.system': 'aws-api',
    'rpc.service': 'KMS',
    'rpc.method': 'Encrypt',
    'cloud.region': dev.region,
    'server.address': '127.0.0.1',
    'server.port': dev.port,
    'aws.request_id': dev.calls[0].requestId,
    'fieldseal.kms.key_id': key.arn,
    'fieldseal.kms.encryption_context_keys': ['id', 'table'],
  });
  // Times are those of the call, and not of when it was reported.
  assert.ok(ms(span.startTime) >= started && ms(span.endTime) <= ended);
  assert.ok(ms(span.startTime) <= ms(span.endTime));
  const all = JSON.stringify([span.attributes, span.name, span.events]);
  for (const secret of ['value-one', 'value-two', 'the-plaintext']) {
    assert.ok(!all.includes(secret));
  }
});

test('a refusal is an error span', async () => {
  const kms = clientOf(dev, { onEvent });
  await refused(kms.describeKey({ keyId: 'alias/nobody' }), { code: 'KMS_KEY_NOT_FOUND' });
  const [span] = exporter.getFinishedSpans();
  assert.deepEqual(span.status, { code: SpanStatusCode.ERROR, message: 'KMS_KEY_NOT_FOUND' });
  assert.equal(span.attributes['error.type'], 'KMS_KEY_NOT_FOUND');
  assert.equal(span.attributes['fieldseal.kms.key_id'], 'alias/nobody');
  assert.equal(span.attributes['aws.request_id'], dev.calls[0].requestId);
});

test('repetitions are counted', async () => {
  const kms = clientOf(dev, { onEvent });
  dev.faults.throttleNext(2);
  await kms.listKeys();
  const [span] = exporter.getFinishedSpans();
  assert.equal(span.attributes['http.request.resend_count'], 2);
  assert.equal(span.status.code, SpanStatusCode.UNSET);
  assert.ok(!('fieldseal.kms.key_id' in span.attributes));
});

test('no answer, no request id', async () => {
  const kms = clientOf(dev, { onEvent, maxAttempts: 1 });
  dev.faults.dropNext(1);
  await refused(kms.listKeys(), { code: 'KMS_UNREACHABLE' });
  const [span] = exporter.getFinishedSpans();
  assert.ok(!('aws.request_id' in span.attributes));
  assert.equal(span.attributes['error.type'], 'KMS_UNREACHABLE');
});

for (const [host, address, port] of [
  ['kms.eu-west-1.amazonaws.com', 'kms.eu-west-1.amazonaws.com', undefined],
  ['localhost:4566', 'localhost', 4566],
  ['[::1]:8080', '::1', 8080],
  ['[::1]', '::1', undefined],
  [undefined, undefined, undefined],
]) {
  test(`server.address of ${host}`, () => {
    onEvent({
      operation: 'Decrypt',
      host,
      startedMs: 1_700_000_000_123,
      durationMs: 4,
      attempts: 1,
      outcome: 'OK',
      encryptionContextKeys: [],
    });
    const [{ attributes, startTime, endTime }] = exporter.getFinishedSpans();
    assert.equal(attributes['server.address'], address);
    assert.equal(attributes['server.port'], port);
    // Long before this process began, and not taken for a time since then.
    assert.deepEqual(startTime, [1_700_000_000, 123_000_000]);
    assert.deepEqual(endTime, [1_700_000_000, 127_000_000]);
  });
}

test("a key store's call of DynamoDB is a span, too", async () => {
  // The development KMS is no DynamoDB, and says so.
  const dynamodb = new DynamoDbClient({
    endpoint: dev.url,
    region: dev.region,
    maxAttempts: 1,
    onEvent: openTelemetryEvents(provider.getTracer('fieldseal-tests'), 'DynamoDB'),
  });
  const store = keyStore({
    dynamodb,
    kms: clientOf(dev, { onEvent }),
    tableName: 'branch-keys',
    logicalKeyStoreName: 'keys',
    kmsKeyArn: key.arn,
  });
  await assert.rejects(store.getActiveBranchKey({ branchKeyId: 'tenant' }), /DynamoDB/);
  const [span, ...more] = exporter.getFinishedSpans();
  assert.equal(more.length, 0, 'KMS is not asked for a key that was not read');
  assert.equal(span.name, 'DynamoDB.GetItem');
  assert.equal(span.status.code, SpanStatusCode.ERROR);
  assert.equal(span.attributes['rpc.service'], 'DynamoDB');
  assert.deepEqual(span.attributes['aws.dynamodb.table_names'], ['branch-keys']);
  assert.equal(span.attributes['fieldseal.kms.key_id'], undefined);
});

test('a tracer that throws changes nothing', async () => {
  const kms = clientOf(dev, {
    onEvent: openTelemetryEvents({
      startSpan() {
        throw new Error('no span today');
      },
    }),
  });
  assert.equal((await kms.describeKey({ keyId: key.arn })).arn, key.arn);
});

for (const tracer of [undefined, null, {}, 'tracer', { startSpan: 5 }]) {
  test(`what is no tracer is refused: ${JSON.stringify(tracer)}`, async () => {
    await refused(() => openTelemetryEvents(tracer), { code: 'INVALID_ARGUMENT' });
  });
}
