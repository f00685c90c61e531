// How many calls branch keys cost, over a real key store: the short form of benches/key-economy.mjs. Counts only,
// never times. What a cache does by itself is in tests/node/hierarchical.test.mjs.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { localCache } from '../../pkg/entrypoints/index.js';
import {
  cold,
  economy,
  expiry,
  fleet,
  makeTenants,
  outage,
  record,
  shortestGap,
  virtualClock,
} from '../../benches/key-economy-cases.mjs';
import { no, refused, startWorld } from './support.mjs';

const TENANTS = 100;

let world;
let tenants;
before(async () => {
  world = await startWorld();
  await world.store().createKeyStore();
  tenants = await makeTenants(world, TENANTS);
});
after(() => world?.close());
afterEach(() => {
  world.kms.faults.clear();
  world.proxy.reset();
});

describe('20,000 items of 100 tenants', () => {
  test('within one TTL: one call for each tenant that seals, one for each that opens', async () => {
    const run = await economy(world, tenants, { count: 20_000, ttlSeconds: 3600 });
    assert.equal(run.kmsCalls, 2 * TENANTS);
    assert.deepEqual(run.operations, ['Decrypt']);
    assert.equal(new Set(run.sealing.map(({ id }) => id)).size, TENANTS);
    assert.equal(run.sealing.length, TENANTS);
    assert.equal(run.opening.length, TENANTS);
    assert.ok(run.sealing.every(({ type }) => type === 'branch:ACTIVE'));
    assert.ok(run.opening.every(({ type }) => type.startsWith('branch:version:')));
  });

  // 16 batches, a quarter of the TTL apart: four TTLs.
  for (const [name, options, least] of [
    ['a local cache', { cache: () => localCache(), ttlSeconds: 3600 }, 3600],
    // It renews in the last ten seconds.
    ['the default cache', { ttlSeconds: 3600 }, 3590],
  ]) {
    test(`over four TTLs, with ${name}: at most one call per tenant per TTL`, async () => {
      const clock = virtualClock();
      try {
        const onBatch = () => clock.advance(900);
        const counts = { count: 1600, batch: 100 };
        const run = await economy(world, tenants, { ...counts, ...options, onBatch });
        for (const reads of [run.sealing, run.opening]) {
          assert.ok(shortestGap(reads) >= least, `${shortestGap(reads)} s`);
          // Nor did an entry outlive its time: 16 batches see four TTLs begin.
          assert.equal(reads.length, TENANTS * 4);
        }
        assert.equal(run.kmsCalls, run.sealing.length + run.opening.length);
      } finally {
        clock.restore();
      }
    });
  }

  test('without a cache each item costs a call, which is what the cache saves', async () => {
    const run = await economy(world, tenants, { count: 100, ttlSeconds: 60, cache: () => 'none' });
    assert.equal(run.kmsCalls, 200);
  });
});

describe('1,000 requests at once for one branch key', () => {
  for (const [name, cache] of [
    ['the default cache', undefined],
    ['a local cache', () => localCache()],
  ]) {
    test(`${name}: one call to KMS and one read of the table`, async () => {
      const { sealing, opening, tableReads, opened } = await cold(world, tenants, {
        requests: 1000,
        cache,
      });
      assert.deepEqual({ sealing, opening, tableReads }, { sealing: 1, opening: 1, tableReads: 2 });
      assert.ok(opened.every(({ item }) => item.ssn.S === record(0, tenants).ssn.S));
    });
  }

  test('KMS out: one call, and all are told', async () => {
    const { items, reads } = fleet(world, { ttlSeconds: 60, kmsOptions: { maxAttempts: 1 } });
    world.kms.clearCalls();
    world.kms.faults.failNext(1, 500);
    const results = await Promise.allSettled(
      Array.from({ length: 1000 }, () => items.encryptItem(record(0, tenants))),
    );
    assert.ok(results.every(({ reason }) => reason?.code === 'KMS_FAILED'));
    assert.equal(world.kms.calls.length, 1);
    assert.equal(reads.length, 1);
    // Not kept.
    await items.encryptItem(record(0, tenants));
    assert.equal(world.kms.calls.length, 2);
  });
});

test('at expiry, 2,000 requests of 100 tenants make no herd', async () => {
  const results = await expiry(world, tenants, { requests: 2000 });
  const { local } = results;
  assert.equal(local.kmsCalls, TENANTS);
  assert.equal(local.joined, 2000 - TENANTS);
  const grace = results['storm, grace period'];
  // All are served by the old keys; no more than the fan-out are renewed at once.
  assert.equal(grace.joined, 0);
  assert.equal(grace.hits + grace.refreshes, 2000);
  assert.ok(grace.refreshes >= 1 && grace.refreshes <= TENANTS, `${grace.refreshes} refreshes`);
  assert.equal(grace.kmsCalls, grace.refreshes);
  assert.ok(grace.mostAtOnce <= 20, `${grace.mostAtOnce} calls at once`);
  for (const { inTheEnd } of Object.values(results)) assert.equal(inTheEnd, TENANTS);
  const ended = results['storm, after the end'];
  assert.equal(ended.kmsCalls, TENANTS);
  assert.ok(ended.mostAtOnce <= 10, `${ended.mostAtOnce} calls at once`);
});

describe('an outage', () => {
  const many = 1_000_000;
  const clear = () => {
    world.kms.faults.clear();
    world.proxy.reset();
  };
  // Fewer keys, sealing and opening, than the cache renews at once.
  const some = () => tenants.slice(0, 8);
  const kmsOptions = { maxAttempts: 2 };
  for (const [name, begin, code] of [
    ['KMS fails', () => world.kms.faults.failNext(many, 500), 'KMS_FAILED'],
    ['KMS throttles', () => world.kms.faults.throttleNext(many), 'KMS_THROTTLED'],
    ['KMS drops connections', () => world.kms.faults.dropNext(many), 'KMS_UNREACHABLE'],
    [
      'DynamoDB fails',
      () => {
        for (let i = 0; i < 2000; i++)
          world.proxy.faults.push({ before: no('InternalServerError', 500) });
      },
      'DYNAMODB_FAILED',
    ],
  ]) {
    test(`${name} in the grace period: no request is lost`, async () => {
      const run = await outage(world, some(), {
        requests: 60,
        begin,
        end: clear,
        recovers: true,
        kmsOptions,
      });
      assert.deepEqual(run.during.lost, []);
      assert.equal(run.during.served, 7 * 120);
      // It was tried once for each key and round of 120 requests, with one repetition each.
      assert.equal(run.refreshes, 7 * 16);
      assert.ok(run.kmsCalls <= 2 * run.refreshes, `${run.kmsCalls} calls`);
      assert.deepEqual(run.after.lost, []);
      assert.deepEqual(run.renewed.lost, []);
    });

    test(`${name} for longer: said so, and over when it is over`, async () => {
      const run = await outage(world, some(), {
        requests: 60,
        begin,
        end: clear,
        recovers: false,
        kmsOptions,
      });
      assert.deepEqual(run.during.lost, []);
      assert.equal(run.beyond.served, 0);
      for (const error of run.beyond.lost) {
        const codes = [error.code, ...(error.reasons ?? []).map((reason) => reason.code)];
        assert.ok(codes.includes(code), error.stack);
      }
      assert.deepEqual(run.after.lost, []);
    });
  }

  test('KMS does not answer in the grace period: nobody waits for it', async () => {
    const begin = () => world.kms.faults.hangNext(many);
    const options = { requests: 60, begin, end: clear, recovers: true };
    const run = await outage(world, some(), {
      ...options,
      kmsOptions: { maxAttempts: 1, timeoutMs: 1000 },
    });
    assert.deepEqual(run.during.lost, []);
    assert.ok(world.kms.calls.some(({ errorName }) => errorName === 'Hang'));
    assert.deepEqual(run.after.lost, []);
    assert.deepEqual(run.renewed.lost, []);
  });

  test('a tenant whose key is not cached is refused at once', async () => {
    const { items } = fleet(world, { ttlSeconds: 60, kmsOptions: { maxAttempts: 1 } });
    await items.encryptItem(record(0, tenants));
    world.kms.faults.failNext(many, 500);
    await items.encryptItem(record(0, tenants));
    await refused(items.encryptItem(record(1, tenants)), { code: 'KMS_FAILED' });
  });
});
