/** Items of a response, opened before it is given back. */

import type { AttributeMap } from '../items/attribute-value.js';
import { inBatches, type Placed } from './in-batches.js';
import type { Asked } from './record-key.js';
import { inTable } from './table.js';

/** An item to be opened. */
export interface Got extends Placed {
  /** The records that it may be; absent for those of a query or a scan, whose keys nobody knows before. */
  readonly asked?: Asked;
}

/**
 * Opens the one item of a response.
 *
 * @throws the item's own error, with the table's name
 */
export async function openOne(
  asked: Asked,
  item: AttributeMap,
  signal: AbortSignal | undefined,
): Promise<AttributeMap> {
  const { table } = asked;
  try {
    return asked.mustHave((await table.encryptor.decryptItem(item, { signal })).item);
  } catch (error) {
    throw inTable(error, table.name);
  }
}

/**
 * Opens the items of a response. Returns them in the same order.
 *
 * @throws ItemsError for all those that fail: nothing of the response is given back then
 */
export function openAll(
  gots: readonly Got[],
  signal: AbortSignal | undefined,
): Promise<AttributeMap[]> {
  return inBatches(gots, {
    doing: 'opened',
    run: async ({ encryptor }, items) => encryptor.decryptItems(items, { settle: true, signal }),
    check: ({ asked }, item) => asked?.mustHave(item) ?? item,
  });
}
