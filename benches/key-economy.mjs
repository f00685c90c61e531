// Key economy, counted and not estimated: the calls to KMS that a million items of 100 tenants cost through the
// hierarchical keyring, a thousand cold requests at once, the end of all keys at one moment, and an outage. Branch
// keys lie on MiniStack's DynamoDB; KMS is the development KMS, and its log is what is counted.
//
//   make bench-keys               (ITEMS=20000 for a short form)
//
//   node benches/key-economy.mjs [items] [tenants]
//
// The time that it takes says little: both servers run on this machine, one of them in this process.

import { startWorld } from '../tests/keystore/support.mjs';
import { localCache } from '../pkg/entrypoints/index.js';
import { cold, economy, expiry, makeTenants, outage, shortestGap } from './key-economy-cases.mjs';

const [count = 1_000_000, tenantCount = 100] = process.argv.slice(2).map(Number);
const number = (value) => value.toLocaleString('en');
const print = (label, value) => console.log(`  ${label.padEnd(58)} ${value}`);

const world = await startWorld();
try {
  await world.store().createKeyStore();
  const tenants = await makeTenants(world, tenantCount);

  for (const [title, size, options] of [
    ['a TTL of an hour', count, { ttlSeconds: 3600 }],
    [
      'a TTL of 5 seconds, local cache',
      Math.ceil(count / 20),
      { ttlSeconds: 5, cache: () => localCache() },
    ],
  ]) {
    console.log(`\n${number(size)} items of ${tenantCount} tenants, sealed and opened; ${title}`);
    let next = size / 10;
    const onBatch = (done) => {
      if (done < next) return;
      next += size / 10;
      if (process.stderr.isTTY) process.stderr.write(`\r  ${number(done)} items\r`);
    };
    const run = await economy(world, tenants, { count: size, ...options, onBatch });
    const periods = 1 + Math.floor(run.elapsed / options.ttlSeconds);
    print('calls to KMS without a cache', number(2 * size));
    print('calls to KMS', `${number(run.kmsCalls)} (${run.operations})`);
    print('  to seal; to open', `${number(run.sealing.length)}; ${number(run.opening.length)}`);
    print('TTLs begun', number(periods));
    const each = (reads) => (reads.length / tenantCount / periods).toFixed(2);
    print(
      'calls per tenant and TTL: to seal; to open',
      `${each(run.sealing)}; ${each(run.opening)}`,
    );
    const gap = Math.min(shortestGap(run.sealing), shortestGap(run.opening));
    if (gap < Infinity) print('shortest time between two calls for one key', `${gap.toFixed(1)} s`);
    print('took', `${run.wallSeconds.toFixed(0)} s`);
  }

  console.log('\n1,000 requests at once for one branch key that no cache has');
  const start = await cold(world, tenants, { requests: 1000 });
  print('calls to KMS: to seal; to open', `${start.sealing}; ${start.opening}`);
  print('reads of the table', start.tableReads);

  console.log(
    `\n2,000 requests at once as the keys of all ${tenantCount} tenants come to their end`,
  );
  for (const [name, result] of Object.entries(await expiry(world, tenants, { requests: 2000 }))) {
    const { kmsCalls, hits, refreshes, joined, inTheEnd, mostAtOnce } = result;
    print(`${name}: calls to KMS (until all are renewed)`, `${kmsCalls} (${inTheEnd})`);
    print('  most calls at once', mostAtOnce);
    print('  requests that waited for the call of another', joined);
    print('  requests served by cached keys', hits + refreshes);
  }

  console.log(
    '\nKMS fails for 30 s before the keys of 20 tenants end; 2,800 requests in that time',
  );
  const out = await outage(world, tenants.slice(0, 20), {
    requests: 200,
    begin: () => world.kms.faults.failNext(1e9, 500),
    end: () => world.kms.faults.clear(),
    recovers: true,
    kmsOptions: { maxAttempts: 1 },
  });
  print('requests served; lost', `${out.during.served}; ${out.during.lost.length}`);
  print('calls to KMS, all in vain', out.kmsCalls);
  print(
    'lost once KMS was back, and after the keys’ end',
    out.after.lost.length + out.renewed.lost.length,
  );
} finally {
  await world.close();
}
