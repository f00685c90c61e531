// A migration of a table in use, by processes that are killed, on a service that is too busy.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { ItemEncryptor } from '../../pkg/entrypoints/index.js';
import { startWorld } from '../tables/live.mjs';
import { NEWEST, customers } from '../tables/support.mjs';
import { startBusyProxy } from './proxy.mjs';
import { itemOf, startWriters } from './writers.mjs';

const MIB = 2 ** 20;
const PAGE_ITEMS = 250;
const SEGMENTS_AT_ONCE = 6;
const worker = fileURLToPath(new URL('worker.mjs', import.meta.url));

/** Numbers from 0 to 1 that are the same in every run. */
function seeded(seed) {
  let state = seed;
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function load(client, TableName, ids) {
  const batches = Array.from({ length: Math.ceil(ids.length / 25) }, (_, i) =>
    ids.slice(25 * i, 25 * (i + 1)),
  ).values();
  const loader = async () => {
    for (const batch of batches) {
      const puts = batch.map((id) => ({ PutRequest: { Item: itemOf(id) } }));
      await client.send(new NEWEST.BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }));
    }
  };
  await Promise.all(Array.from({ length: 8 }, loader));
}

/** Starts a worker; `ended` resolves to what it printed, `undefined` if it was killed. */
function start(settings) {
  const child = spawn(process.execPath, ['--expose-gc', worker, JSON.stringify(settings)]);
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => (out += data));
  child.stderr.on('data', (data) => (err += data));
  const ended = new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve(undefined);
      else if (code === 0) resolve(JSON.parse(out));
      else reject(new Error(`the worker failed: ${err}`));
    });
  });
  return { ended, kill: () => child.kill('SIGKILL') };
}

export function migrationInUse({ items, kills, totalSegments, writers }) {
  const what = `${items.toLocaleString('en')} items, ${kills} times killed, 20 % throttled`;
  test(`a table in use is sealed: ${what}`, async (t) => {
    const world = await startWorld();
    const folder = mkdtempSync(join(tmpdir(), 'fieldseal-'));
    t.after(async () => {
      await world.close();
      rmSync(folder, { recursive: true, force: true });
    });
    const { TableName, tables } = await world.makeTable();
    const { logicalTableName } = tables[TableName];
    const ids = Array.from({ length: items }, (_, i) => `c-${i}`);
    await load(world.plain, TableName, ids);
    const known = new Map(ids.map((id) => [id, itemOf(id)]));

    // Killed after so many writes, not after some time.
    let running;
    let killed = 0;
    const onServed = ({ UpdateItem }) => {
      if (killed < kills && UpdateItem?.served > ((killed + 1) * items) / (kills + 2)) {
        killed++;
        running.kill();
      }
    };
    const random = seeded(1);
    const { endpoint, region } = world.settings;
    const proxy = await startBusyProxy(endpoint, { share: 0.2, random, onServed });
    t.after(() => proxy.close());
    const file = join(folder, 'checkpoint');
    const settings = { endpoint: proxy.url, region, TableName, logicalTableName, totalSegments };
    const writing = startWriters(world.plain, {
      ...{ TableName, logicalTableName, ids, known },
      random: seeded(2),
      count: writers,
    });
    const began = performance.now();
    let last;
    for (let runs = 1; last === undefined; runs++) {
      assert.ok(runs <= kills + 1);
      running = start({ ...settings, file, mode: 'seal' });
      last = await running.ended;
    }
    const seconds = (performance.now() - began) / 1000;
    const writes = await writing.end();
    assert.equal(killed, kills);
    assert.deepEqual(last.errors, []);

    // Every item is sealed, opens, and is what was written last; none is lost, doubled or left behind.
    const encryptor = new ItemEncryptor(customers({ logicalTableName }));
    const found = new Set();
    for await (const page of NEWEST.paginateScan({ client: world.plain }, { TableName })) {
      for (const { item } of await encryptor.decryptItems(page.Items)) {
        const id = item.id.S;
        assert.ok(!found.has(id), `${id} is there twice`);
        found.add(id);
        assert.deepEqual(item, known.get(id));
      }
    }
    assert.equal(found.size, known.size);

    // Requests: no item is written twice, and no page read again but those that a kill left unfinished.
    const { UpdateItem, Scan, GetItem } = proxy.numbers;
    const added = known.size - [...known.keys()].filter((id) => !id.startsWith('new')).length;
    const pages = Math.ceil((items + added) / PAGE_ITEMS) + 2 * totalSegments;
    const idealScans = pages + (kills + 1) * (SEGMENTS_AT_ONCE + 1);
    assert.ok(UpdateItem.served <= items, `${UpdateItem.served} writes`);
    assert.ok(UpdateItem.refused <= writes, `${UpdateItem.refused} lost races`);
    assert.ok((GetItem?.served ?? 0) <= UpdateItem.refused);
    assert.ok(Scan.served <= idealScans, `${Scan.served} scans of at most ${idealScans}`);

    const verifying = start({ ...settings, endpoint, file: `${file}.verify`, mode: 'verify' });
    const verified = await verifying.ended;
    assert.deepEqual([verified.unchanged, verified.failed], [known.size, 0]);
    assert.ok(verified.growth < 8 * MIB, `memory grew by ${verified.growth} bytes`);
    t.diagnostic(
      JSON.stringify({
        items,
        kills,
        seconds,
        writes,
        requests: proxy.numbers,
        idealScans,
        verified,
      }),
    );
  });
}
