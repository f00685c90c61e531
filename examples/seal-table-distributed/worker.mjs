// The worker: seals one segment, or a part of it, and says whether it is done. Every engine calls this.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { sealTable } from '../../pkg/entrypoints/tables.js'; // 'fieldseal/tables'
import { Checkpoints, LeaseLost } from './checkpoints.mjs';
import { job } from './job.mjs';

const { CHECKPOINT_TABLE, LEASE_SECONDS, CAPACITY_UNITS_PER_SECOND } = process.env;

export const client = new DynamoDBClient({});

/**
 * Seals a segment from where the last worker was.
 *
 * @param mayGoOn - is asked after each page: there is one in each call, so that it ends some time
 * @returns whether the segment is sealed. If not, call again: it was to stop, or another worker has the segment
 */
export async function sealSegment(segment, totalSegments, mayGoOn = () => true) {
  const checkpoints = new Checkpoints(client, {
    TableName: CHECKPOINT_TABLE,
    job: `${job.mode} ${job.TableName} ${totalSegments}`,
    leaseMs: 1000 * Number(LEASE_SECONDS || 120),
  });
  const lease = await checkpoints.take(segment);
  if (lease === 'sealed') return { segment, done: true };
  if (lease === 'taken') return { segment, done: false };

  const run = sealTable(client, {
    ...job,
    totalSegments,
    segments: [segment],
    // Manifests may have it empty.
    capacityUnitsPerSecond: CAPACITY_UNITS_PER_SECOND
      ? Number(CAPACITY_UNITS_PER_SECOND)
      : undefined,
    checkpoint: lease.checkpoint,
    onCheckpoint: (checkpoint) => lease.save(checkpoint),
  });
  try {
    let done = true;
    let pages = -1; // The first result is the estimate.
    for await (const { read, changed, failed, errors } of run) {
      // An item that cannot be sealed holds up nothing: it is logged, and the next run comes upon it again.
      for (const { key, error } of errors) console.warn(JSON.stringify({ segment, key, error }));
      console.log(JSON.stringify({ segment, read, changed, failed }));
      pages += 1;
      done = pages === 0 || mayGoOn();
      if (!done) break;
    }
    await (done ? lease.finish() : lease.release());
    return { segment, done };
  } catch (error) {
    if (error instanceof LeaseLost) return { segment, done: false };
    // The next worker need not wait until the lease runs out.
    await lease.release().catch(() => undefined);
    throw error;
  }
}
