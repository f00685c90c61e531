// As an AWS Lambda function, which the state machine calls for each segment until it is done.

import { sealSegment } from './worker.mjs';

/** What a page may take, and what is left for storing its checkpoint, in milliseconds. */
const RESERVE_MS = 60_000;

export const handler = ({ segment, totalSegments }, context) =>
  sealSegment(segment, totalSegments, () => context.getRemainingTimeInMillis() > RESERVE_MS);
