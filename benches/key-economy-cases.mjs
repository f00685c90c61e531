// What branch keys cost in calls: hierarchical keyrings over a branch key store on a real DynamoDB table and the
// development KMS, whose log is what is counted. Shared by the benchmark and its short form, the test
// tests/keystore/key-economy.test.mjs. Nothing here judges: each case answers what it counted.

import {
  awsKmsHierarchicalKeyring,
  ItemEncryptor,
  localCache,
  stormTrackingCache,
} from '../pkg/entrypoints/index.js';

const CONTEXT = { purpose: 'key economy' };

/** Creates a branch key for each of `count` tenants and answers their ids. */
export async function makeTenants(world, count) {
  const store = world.store();
  const ids = Array.from({ length: count }, (_, i) => `tenant-${String(i).padStart(4, '0')}`);
  for (const branchKeyId of ids) {
    await store.createKey({ branchKeyId, encryptionContext: CONTEXT });
  }
  return ids;
}

export function record(i, tenants) {
  return {
    id: { S: `c-${i}` },
    tenant: { S: tenants[i % tenants.length] },
    ssn: { S: `756.${i}.97` },
    note: { S: 'signed, readable' },
  };
}

/** An encryptor whose items name their tenant, over a key store of its own whose calls it counts. */
export function fleet(world, { ttlSeconds, cache, kmsOptions }) {
  /** Every read of a branch key: when, and which. */
  const reads = [];
  const inFlight = { now: 0, most: 0 };
  const dynamodb = world.dynamodb({
    maxAttempts: 1,
    fetch: (url, init) => {
      const { Key } = JSON.parse(Buffer.from(init.body).toString());
      reads.push({ at: Date.now(), id: Key['branch-key-id'].S, type: Key.type.S });
      inFlight.most = Math.max(inFlight.most, ++inFlight.now);
      // Again if a connection that was kept open is closed in the moment of its next use: not a second read.
      const answer = fetch(url, init).catch(() => fetch(url, init));
      return answer.finally(() => inFlight.now--);
    },
  });
  const keyring = awsKmsHierarchicalKeyring({
    keyStore: world.store({ dynamodb, kms: world.kmsClient(kmsOptions) }),
    branchKeyIdSupplier: (context) => context['aws-crypto-attr.tenant'],
    ttlSeconds,
    cache,
  });
  const items = new ItemEncryptor({
    logicalTableName: 'customers',
    partitionKeyName: 'id',
    attributeActions: {
      id: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
      tenant: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
      ssn: 'ENCRYPT_AND_SIGN',
      note: 'SIGN_ONLY',
    },
    algorithmSuite: '6700',
    keyring,
  });
  return { items, reads, inFlight };
}

/** Collects a cache's events, and waits until no call to the key store is under way. */
export function watch() {
  const counts = {};
  let waiting = () => {};
  const onEvent = ({ kind }) => {
    counts[kind] = (counts[kind] ?? 0) + 1;
    waiting();
  };
  const of = (kind) => counts[kind] ?? 0;
  const settled = async () => {
    // Events arrive soon after what they tell of.
    await new Promise((resolve) => setImmediate(resolve));
    while (of('fetched') < of('miss') + of('refresh')) {
      await new Promise((resolve) => (waiting = resolve));
    }
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { counts, onEvent, of, settled };
}

/** The time that really passes, in milliseconds, whatever the clocks of {@link virtualClock} show. */
const stopwatch = performance.now.bind(performance);

/**
 * Sets the clocks that the core reads, the monotonic one and the wall's: they stand still until advanced, so that nobody has
 * to wait for a time to live, and a slow machine counts the same. `restore` them.
 */
export function virtualClock() {
  const { now } = Date;
  let at = now.call(Date);
  Date.now = () => at;
  performance.now = () => at;
  return {
    advance: (seconds) => (at += seconds * 1000),
    restore: () => {
      Date.now = now;
      performance.now = stopwatch;
    },
  };
}

/** The shortest time between two reads of one branch key version, in seconds. */
export function shortestGap(reads) {
  const last = new Map();
  let shortest = Infinity;
  for (const { at, id, type } of reads) {
    const key = `${id} ${type}`;
    if (last.has(key)) shortest = Math.min(shortest, (at - last.get(key)) / 1000);
    last.set(key, at);
  }
  return shortest;
}

/**
 * Seals `count` items of the tenants in turn, and opens each. Sealing and opening are two programs: each with a
 * keyring and a cache of its own. `onBatch` is told how many items are done.
 */
export async function economy(
  world,
  tenants,
  { count, ttlSeconds, cache = () => undefined, batch = 500, onBatch },
) {
  const sealer = fleet(world, { ttlSeconds, cache: cache() });
  const opener = fleet(world, { ttlSeconds, cache: cache() });
  world.kms.clearCalls();
  const started = Date.now();
  const clock = stopwatch();
  for (let done = 0; done < count; done += batch) {
    const size = Math.min(batch, count - done);
    const originals = Array.from({ length: size }, (_, i) => record(done + i, tenants));
    const sealed = (await sealer.items.encryptItems(originals)).map(({ item }) => item);
    const opened = await opener.items.decryptItems(sealed);
    opened.forEach(({ item }, i) => {
      const { ssn, tenant } = originals[i];
      const right = item.ssn.S === ssn.S && item.tenant.S === tenant.S && 'B' in sealed[i].ssn;
      if (!right) throw new Error(`item ${done + i} came back as another`);
    });
    onBatch?.(done + size);
  }
  return {
    kmsCalls: world.kms.calls.length,
    operations: [...new Set(world.kms.calls.map(({ operation }) => operation))],
    sealing: sealer.reads,
    opening: opener.reads,
    /** Seconds by the clock that the caches read. */
    elapsed: (Date.now() - started) / 1000,
    wallSeconds: (stopwatch() - clock) / 1000,
  };
}

/** `requests` at once for one branch key that no cache has, to seal and then to open. */
export async function cold(world, tenants, { requests, cache }) {
  const sealer = fleet(world, { ttlSeconds: 60, cache: cache?.() });
  const opener = fleet(world, { ttlSeconds: 60, cache: cache?.() });
  const item = record(0, tenants);
  const all = (work) => Promise.all(Array.from({ length: requests }, (_, i) => work(i)));
  world.kms.clearCalls();
  const sealed = await all(() => sealer.items.encryptItem(item));
  const sealing = world.kms.calls.length;
  world.kms.clearCalls();
  const opened = await all((i) => opener.items.decryptItem(sealed[i].item));
  const opening = world.kms.calls.length;
  return { sealing, opening, tableReads: sealer.reads.length + opener.reads.length, opened };
}

/**
 * The branch keys of all tenants come to their end at one moment, at which `requests` arrive: with a local cache
 * after the end, with a storm-tracking cache in its grace period, and after its end.
 */
export async function expiry(world, tenants, { requests }) {
  const clock = virtualClock();
  const results = {};
  try {
    for (const [name, make, seconds] of [
      ['local', (onEvent) => localCache({ onEvent }), 61],
      ['storm, grace period', (onEvent) => stormTrackingCache({ onEvent }), 55],
      ['storm, after the end', (onEvent) => stormTrackingCache({ onEvent, fanOut: 10 }), 61],
    ]) {
      const { onEvent, of, settled } = watch();
      const { items, inFlight } = fleet(world, { ttlSeconds: 60, cache: make(onEvent) });
      await items.encryptItems(tenants.map((_, i) => record(i, tenants)));
      await settled();
      clock.advance(seconds);
      world.kms.clearCalls();
      inFlight.most = 0;
      const before = { hit: of('hit'), refresh: of('refresh'), joined: of('joined') };
      await Promise.all(
        Array.from({ length: requests }, (_, i) => items.encryptItem(record(i, tenants))),
      );
      await settled();
      const first = {
        kmsCalls: world.kms.calls.length,
        hits: of('hit') - before.hit,
        refreshes: of('refresh') - before.refresh,
        joined: of('joined') - before.joined,
      };
      // Renewals that had to give way to others at first come with later requests.
      for (let round = 0; round < 10; round++) {
        await items.encryptItems(tenants.map((_, i) => record(i, tenants)));
        await settled();
      }
      const inTheEnd = world.kms.calls.length;
      results[name] = { ...first, inTheEnd, mostAtOnce: inFlight.most };
    }
  } finally {
    clock.restore();
  }
  return results;
}

/**
 * KMS, or the table, is out for the grace period: 30 of the 60 seconds that the keys live. Each five seconds
 * `requests` are sealed and as many opened. Then either it is back before the end, or it stays away beyond it.
 */
export async function outage(world, tenants, { requests, begin, end, recovers, kmsOptions }) {
  const clock = virtualClock();
  try {
    const { onEvent, of, settled } = watch();
    const cache = stormTrackingCache({ gracePeriodSeconds: 30, onEvent });
    const { items } = fleet(world, { ttlSeconds: 60, cache, kmsOptions });
    const originals = tenants.map((_, i) => record(i, tenants));
    const sealed = (await items.encryptItems(originals)).map(({ item }) => item);
    await items.decryptItems(sealed);
    await settled();

    const round = async (count = requests) => {
      const work = Array.from({ length: count }, (_, i) => [
        items.encryptItem(record(i, tenants)),
        items.decryptItem(sealed[i % sealed.length]),
      ]);
      const results = await Promise.allSettled(work.flat());
      await settled();
      const lost = results.filter(({ status }) => status === 'rejected');
      return { served: results.length - lost.length, lost: lost.map(({ reason }) => reason) };
    };

    world.kms.clearCalls();
    const result = { during: { served: 0, lost: [] }, refreshes: 0 };
    const refreshed = of('refresh');
    begin();
    let second = 0;
    for (const next of [31, 36, 41, 46, 51, 56, 59]) {
      clock.advance(next - second);
      second = next;
      const { served, lost } = await round();
      result.during.served += served;
      result.during.lost.push(...lost);
    }
    result.refreshes = of('refresh') - refreshed;
    result.kmsCalls = world.kms.calls.length;
    if (!recovers) {
      clock.advance(2);
      result.beyond = await round();
    }
    end();
    result.after = await round();
    // One second past the end of the keys of the beginning.
    clock.advance(recovers ? 2 : 0);
    result.renewed = await round();
    return result;
  } finally {
    end();
    clock.restore();
  }
}
