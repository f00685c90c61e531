/** Opening what a request found. */

import { runBatch, isFailure, type Outcome } from '../items/batch.js';
import type { AttributeMap } from '../items/attribute-value.js';
import { type ItemEncryptor, type ItemResult } from '../items/item-encryptor.js';

/** A request that found items, as it crosses. */
export type FoundBy = readonly [parts: AttributeMap, values: AttributeMap];

/** Opens what a query or a scan found, and of it only what the request asked for; in place of the rest stands `NOT_ASKED_FOR`. */
export async function openFound(
  encryptor: ItemEncryptor,
  request: FoundBy,
  items: readonly AttributeMap[],
  signal: AbortSignal | undefined,
): Promise<Outcome<ItemResult>[]> {
  const opening = encryptor._opening([...request, ...items]);
  const outcomes = await runBatch<ItemResult>(
    {
      ...opening,
      start: (glue, settle, length, _, handle) => glue.open_found_items(handle, settle, length),
      read: (output, packed, length) => [
        ...request.map((item) => ({ item })),
        ...opening.read(output, packed.slice(request.length), length),
      ],
    },
    { settle: true, signal },
  );
  const [first] = outcomes.slice(0, request.length).filter(isFailure);
  if (first) throw first.error;
  return outcomes.slice(request.length);
}
