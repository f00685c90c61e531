// Runs `sealTable` in a process that may be killed: node --expose-gc tests/migration/worker.mjs <settings as JSON>.
// What it is killed in goes on from the file of its checkpoint. At the end it prints what it did, and how memory grew.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';

import { sealTable } from '../../pkg/entrypoints/tables.js';
import { NEWEST, CREDENTIALS, customers } from '../tables/support.mjs';

const { endpoint, region, file, TableName, logicalTableName, mode, totalSegments } = JSON.parse(
  process.argv[2],
);
const client = new NEWEST.DynamoDBClient({ endpoint, region, credentials: CREDENTIALS });

function stored() {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** As a whole or not at all. */
function store(checkpoint) {
  writeFileSync(`${file}.new`, checkpoint);
  renameSync(`${file}.new`, file);
}

const memory = () => {
  globalThis.gc();
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
};

let early;
let last;
const errors = [];
const run = sealTable(client, {
  TableName,
  table: customers({ logicalTableName }),
  mode,
  totalSegments,
  checkpoint: stored(),
  onCheckpoint: store,
});
for await (const progress of run) {
  last = progress;
  for (const { key, error } of progress.errors) errors.push({ id: key.id?.S, code: error.code });
  if (early === undefined && progress.read > progress.estimate.items / 10) early = memory();
}
const { read, changed, unchanged, gone, failed, conflicts, capacityUnits } = last;
const growth = memory() - (early ?? memory());
const done = { read, changed, unchanged, gone, failed, conflicts, capacityUnits, errors, growth };
console.log(JSON.stringify(done));
client.destroy();
