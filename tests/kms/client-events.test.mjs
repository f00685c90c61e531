// What an observer sees of KMS calls, and that observing changes nothing.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { awsKmsKeyring } from '../../pkg/entrypoints/index.js';
import { startDevKms } from '../../pkg/testing/index.js';
import { clientOf, customers, CUSTOMER, refused, utf8 } from './support.mjs';

let dev;
let key;
before(async () => {
  dev = await startDevKms();
  key = await dev.createKey({ alias: 'alias/customers' });
});
after(() => dev.close());
beforeEach(() => {
  dev.faults.clear();
  dev.clearCalls();
});

function observed(options = {}) {
  const events = [];
  return { events, kms: clientOf(dev, { onEvent: (event) => events.push(event), ...options }) };
}

test('one event for each call: what CloudTrail will have, and no value', async () => {
  const { events, kms } = observed();
  const encryptionContext = { customer_id: 'value-one', table: 'value-two' };
  const plaintext = utf8('the-plaintext');
  const before = Date.now();
  const { ciphertextBlob } = await kms.encrypt({ keyId: key.arn, plaintext, encryptionContext });
  await kms.decrypt({ ciphertextBlob, encryptionContext, grantTokens: ['grant-token'] });
  const after = Date.now();
  assert.equal(events.length, 2);
  events.forEach(({ startedMs, durationMs, ...event }, i) => {
    assert.ok(startedMs >= before && durationMs >= 0 && startedMs + durationMs <= after);
    assert.deepEqual(event, {
      operation: ['Encrypt', 'Decrypt'][i],
      // Decrypt was not told the key; the answer says which it was.
      keyId: key.arn,
      region: 'us-east-1',
      host: new URL(dev.url).host,
      attempts: 1,
      outcome: 'OK',
      requestId: dev.calls[i].requestId,
      encryptionContextKeys: ['customer_id', 'table'],
    });
  });
  const all = JSON.stringify(events);
  for (const secret of ['value-one', 'value-two', 'the-plaintext', 'grant-token']) {
    assert.ok(!all.includes(secret));
  }
  assert.ok(!all.includes(Buffer.from(plaintext).toString('base64')));
});

test('both contexts of ReEncrypt', async () => {
  const { events, kms } = observed();
  const { ciphertextBlob } = await kms.encrypt({
    keyId: key.arn,
    plaintext: utf8('x'),
    encryptionContext: { b: '1', a: '2' },
  });
  await kms.reEncrypt({
    ciphertextBlob,
    sourceEncryptionContext: { b: '1', a: '2' },
    destinationKeyId: key.arn,
    destinationEncryptionContext: { c: '3', a: '4' },
  });
  assert.deepEqual(events[1].encryptionContextKeys, ['a', 'b', 'c']);
});

for (const [what, arm, outcome, attempts] of [
  [
    'access denied',
    (f) => f.failNext(9, 400, { errorName: 'AccessDeniedException' }),
    'KMS_ACCESS_DENIED',
    1,
  ],
  ['throttling', (f) => f.throttleNext(9), 'KMS_THROTTLED', 3],
  ['a server error', (f) => f.failNext(9, 500), 'KMS_FAILED', 3],
  ['dropped connections', (f) => f.dropNext(9), 'KMS_UNREACHABLE', 3],
  ['recovery', (f) => f.throttleNext(2), 'OK', 3],
]) {
  test(`${what}: outcome ${outcome}`, async () => {
    const { events, kms } = observed({ maxAttempts: 3 });
    arm(dev.faults);
    const [{ status }] = await Promise.allSettled([kms.describeKey({ keyId: key.arn })]);
    assert.equal(status, outcome === 'OK' ? 'fulfilled' : 'rejected');
    assert.equal(events.length, 1, 'one event, whatever the number of attempts');
    const [event] = events;
    assert.deepEqual(
      [event.operation, event.keyId, event.outcome, event.attempts],
      ['DescribeKey', key.arn, outcome, attempts],
    );
    const answered = what !== 'dropped connections';
    assert.equal(event.requestId, answered ? dev.calls.at(-1).requestId : undefined);
  });
}

test('a failed provider: an event with no attempt', async () => {
  const { events, kms } = observed({
    credentials: () => Promise.reject(new Error('the-provider-said-this')),
  });
  await refused(kms.describeKey({ keyId: key.arn }), { code: 'KMS_CREDENTIALS' });
  assert.deepEqual([events[0].outcome, events[0].attempts], ['KMS_CREDENTIALS', 0]);
  assert.ok(!JSON.stringify(events).includes('the-provider-said-this'));
});

test('what is refused before the network makes no event', async () => {
  const { events, kms } = observed();
  await refused(kms.encrypt({ keyId: key.arn, plaintext: new Uint8Array(4097) }), {
    code: 'LIMIT_EXCEEDED',
  });
  assert.equal(events.length, 0);
});

test('a public key from the cache makes no event', async () => {
  const { events, kms } = observed();
  const { arn } = await dev.createKey({ keySpec: 'RSA_2048' });
  await Promise.all([1, 2, 3].map(() => kms.getPublicKey({ keyId: arn })));
  await kms.getPublicKey({ keyId: arn });
  assert.equal(events.length, 1);
});

test('sealing and opening an item: GenerateDataKey and Decrypt with the names of the context', async () => {
  const { events, kms } = observed();
  const items = customers({ keyring: awsKmsKeyring({ kms, generatorKeyId: key.arn }) });
  const { item } = await items.encryptItem(CUSTOMER);
  await items.decryptItem(item);
  assert.deepEqual(
    events.map(({ operation }) => operation),
    ['GenerateDataKey', 'Decrypt'],
  );
  for (const { encryptionContextKeys } of events) {
    assert.ok(encryptionContextKeys.includes('aws-crypto-table-name'));
    assert.ok(encryptionContextKeys.includes('aws-crypto-partition-name'));
  }
  assert.ok(!JSON.stringify(events).includes('756.1234'));
});

for (const [what, onEvent] of [
  [
    'throws',
    () => {
      throw new Error('observer');
    },
  ],
  [
    'rejects',
    async () => {
      throw new Error('observer');
    },
  ],
  [
    'throws nothing',
    () => {
      throw undefined;
    },
  ],
]) {
  test(`an observer that ${what} changes nothing`, async () => {
    const unhandled = [];
    const note = (reason) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const kms = clientOf(dev, { onEvent });
    assert.equal((await kms.describeKey({ keyId: key.arn })).arn, key.arn);
    await refused(kms.describeKey({ keyId: 'alias/nobody' }), { code: 'KMS_KEY_NOT_FOUND' });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    assert.deepEqual(unhandled, []);
  });
}

test('an observer may call the client and seal items itself', async () => {
  const nested = [];
  const rsa = await dev.createKey({ keySpec: 'RSA_2048' });
  const kms = clientOf(dev, {
    onEvent: ({ operation }) => {
      if (nested.length > 0) return;
      // The same public key that is being fetched, and a seal through the same client.
      nested.push(kms.getPublicKey({ keyId: rsa.arn }), items.encryptItem(CUSTOMER));
      assert.equal(operation, 'GetPublicKey');
    },
  });
  const items = customers({ keyring: awsKmsKeyring({ kms, generatorKeyId: key.arn }) });
  assert.equal((await kms.getPublicKey({ keyId: rsa.arn })).keyId, rsa.arn);
  const [publicKey, { item }] = await Promise.all(nested);
  assert.equal(publicKey.keyId, rsa.arn);
  assert.deepEqual((await items.decryptItem(item)).item, CUSTOMER);
  assert.equal(dev.countCalls('GetPublicKey'), 1);
});
