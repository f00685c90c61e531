// Events as metrics: calls, repetitions, throttles, caches, durations.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import {
  awsKmsHierarchicalKeyring,
  EncryptionClient,
  localCache,
  openTelemetryMetrics,
  staticKeyStore,
} from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { clientOf, refused } from './support.mjs';

let dev;
before(async () => {
  dev = await startDevKms();
});
after(() => dev.close());
beforeEach(() => dev.faults.clear());

/** A meter that keeps what it is given. */
function meter() {
  const seen = [];
  const instrument = (name, { unit, description }) => {
    assert.ok(unit && description, name);
    return (value, attributes) => seen.push([name.replace('fieldseal.', ''), value, attributes]);
  };
  return {
    seen,
    of: (name) => seen.filter(([found]) => found === name).map(([, ...rest]) => rest),
    createCounter: (name, options) => ({ add: instrument(name, options) }),
    createHistogram: (name, options) => ({ record: instrument(name, options) }),
  };
}

const told = () => new Promise((resolve) => setImmediate(resolve));

test('calls, repetitions, throttles and durations', async () => {
  const of = { 'rpc.service': 'KMS', 'rpc.method': 'ListKeys' };
  const metrics = meter();
  const kms = clientOf(dev, { onEvent: openTelemetryMetrics(metrics).kms });
  dev.faults.throttleNext(1);
  dev.faults.failNext(1, 503);
  await kms.listKeys();
  await told();
  assert.deepEqual(metrics.of('client.calls'), [[1, of]]);
  assert.deepEqual(metrics.of('client.retries'), [
    [1, { ...of, 'fieldseal.retry.reason': 'THROTTLED' }],
    [1, { ...of, 'fieldseal.retry.reason': 'FAILED' }],
  ]);
  assert.deepEqual(metrics.of('client.throttles'), [[1, of]]);
  const [[seconds, attributes]] = metrics.of('client.duration');
  assert.ok(seconds >= 0 && seconds < 60);
  assert.deepEqual(attributes, of);
});

test('a call that fails has its code; its last throttle counts', async () => {
  const metrics = meter();
  const onEvent = openTelemetryMetrics(metrics).kms;
  dev.faults.throttleNext(2);
  await refused(clientOf(dev, { onEvent, maxAttempts: 2 }).listKeys(), {
    code: 'KMS_THROTTLED',
    throttled: true,
  });
  await told();
  const of = { 'rpc.service': 'KMS', 'rpc.method': 'ListKeys' };
  assert.deepEqual(metrics.of('client.calls'), [[1, { ...of, 'error.type': 'KMS_THROTTLED' }]]);
  assert.deepEqual(metrics.of('client.throttles'), [[2, of]]);
});

test('the names of DynamoDB', () => {
  const metrics = meter();
  const event = { operation: 'GetItem', startedMs: 1, durationMs: 5, attempts: 1, outcome: 'OK' };
  openTelemetryMetrics(metrics).dynamodb(event);
  assert.deepEqual(metrics.of('client.duration'), [
    [0.005, { 'rpc.service': 'DynamoDB', 'rpc.method': 'GetItem' }],
  ]);
  assert.deepEqual(metrics.of('client.retries').concat(metrics.of('client.throttles')), []);
});

test('what a cache served, and what it did not', async () => {
  const metrics = meter();
  const keyring = awsKmsHierarchicalKeyring({
    keyStore: staticKeyStore([
      {
        branchKeyId: 'a',
        version: '1234abcd-12ab-34cd-56ef-1234567890ab',
        branchKey: new Uint8Array(32).fill(1),
      },
    ]),
    branchKeyId: 'a',
    ttlSeconds: 60,
    cache: localCache({ onEvent: openTelemetryMetrics(metrics).cache }),
  });
  const client = new EncryptionClient();
  for (let i = 0; i < 3; i++) await client.encrypt(new Uint8Array(1), { keyring });
  await told();
  const of = { 'fieldseal.cache.materials': 'branchKey' };
  assert.deepEqual(metrics.of('cache.misses'), [[1, of]]);
  assert.deepEqual(metrics.of('cache.hits'), Array(2).fill([1, of]));
});

for (const meter of [undefined, null, {}, 'meter', { createCounter: () => ({}) }]) {
  test(`what is no meter is refused: ${JSON.stringify(meter)}`, () =>
    refused(() => openTelemetryMetrics(meter), { code: 'INVALID_ARGUMENT' }));
}
