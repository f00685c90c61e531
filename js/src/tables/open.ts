/** Items of a response, opened before it is given back. */

import type { AttributeMap } from '../items/attribute-value.js';
import { NOT_ASKED_FOR } from '../items/codec/unpack.js';
import { openFound as openFoundItems, type FoundBy } from '../search/found.js';
import { inBatches, type Placed } from './in-batches.js';
import type { Asked } from './record-key.js';
import { inTable, type EncryptedTable } from './table.js';

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
 * Opens what a query or a scan of a searched table found. Returns, in the same order, those that the request asked for.
 *
 * @param request - its parts and its values, as they cross
 * @throws ItemsError for all those that fail: nothing of the response is given back then
 */
export async function openFound(
  table: EncryptedTable,
  request: FoundBy,
  items: readonly AttributeMap[],
  signal: AbortSignal | undefined,
): Promise<AttributeMap[]> {
  const gots = items.map((item, index) => ({ table, item, index }));
  const opened = await inBatches(gots, {
    doing: 'opened',
    run: async ({ encryptor }, found) => openFoundItems(encryptor, request, found, signal),
    check: (_, item) => item,
  });
  return opened.filter((item) => item !== NOT_ASKED_FOR);
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
