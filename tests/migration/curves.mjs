// How the time of `sealTable` goes with items and with segments, on a service in memory that takes 20 ms for each request:
// node tests/migration/curves.mjs

import { scripted, plainItems, runOf } from '../tables/migration-support.mjs';
import { NEWEST, TABLE, customers, wire } from '../tables/support.mjs';

const LATENCY_MS = 20;

async function secondsFor(count, totalSegments) {
  const items = plainItems(count);
  const places = new Map(items.map(({ id }, i) => [id.S, i]));
  const { client } = scripted(NEWEST, items, async (operation, input) => {
    await new Promise((done) => setTimeout(done, LATENCY_MS));
    const ConsumedCapacity = { CapacityUnits: 1 };
    if (operation === 'UpdateItem') return { ConsumedCapacity };
    if (operation !== 'Scan') return undefined;
    const { Segment = 0, TotalSegments = 1, Limit, ExclusiveStartKey } = input;
    const of = items.filter((_, i) => i % TotalSegments === Segment);
    const from = ExclusiveStartKey
      ? of.findIndex(({ id }) => id.S === ExclusiveStartKey.id.S) + 1
      : 0;
    const page = of.slice(from, from + Limit);
    const { id, line } = page.at(-1) ?? {};
    const more = from + Limit < of.length && { LastEvaluatedKey: { id, line } };
    return { Items: wire(page), ConsumedCapacity, ...more };
  });
  const began = performance.now();
  const options = { TableName: TABLE, table: customers(), mode: 'seal', totalSegments };
  const { changed } = await runOf(client, options);
  if (changed !== places.size) throw new Error(`${changed} of ${places.size} items`);
  return Number(((performance.now() - began) / 1000).toFixed(1));
}

await secondsFor(250, 1);
console.log('items, of one segment: seconds');
for (const count of [1000, 2000, 4000, 8000]) console.log(count, await secondsFor(count, 1));
console.log('segments, of 8,000 items: seconds');
for (const segments of [1, 2, 3, 4, 6, 12]) console.log(segments, await secondsFor(8000, segments));
