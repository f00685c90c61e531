// As a container: one of an AWS Batch array job, or of a Kubernetes Indexed Job. Each has an index, which is its segment.

import { setTimeout as sleep } from 'node:timers/promises';

import { sealSegment } from './worker.mjs';

const { AWS_BATCH_JOB_ARRAY_INDEX, JOB_COMPLETION_INDEX, TOTAL_SEGMENTS } = process.env;
const { WAIT_SECONDS = '10' } = process.env;

const segment = Number(AWS_BATCH_JOB_ARRAY_INDEX ?? JOB_COMPLETION_INDEX ?? NaN);
const totalSegments = Number(TOTAL_SEGMENTS);
if (!(segment >= 0 && segment < totalSegments)) {
  throw new Error('AWS_BATCH_JOB_ARRAY_INDEX or JOB_COMPLETION_INDEX must be below TOTAL_SEGMENTS');
}

// Both engines say so before they end a container: it stops after its page, and the one in its place goes on.
let ending = false;
process.once('SIGTERM', () => (ending = true));

while (!(await sealSegment(segment, totalSegments, () => !ending)).done) {
  // Not 0: the engine starts another one.
  if (ending) process.exit(75);
  // Another worker has the segment, or had it and died: its lease runs out.
  await sleep(1000 * Number(WAIT_SECONDS));
}
