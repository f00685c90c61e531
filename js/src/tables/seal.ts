/** Items of a request, sealed before it is sent. */

import type { AttributeMap } from '../items/attribute-value.js';
import { inBatches, type Placed } from './in-batches.js';
import { mustFit } from './size.js';
import { inTable, type EncryptedTable } from './table.js';

/**
 * Seals the one item of a request.
 *
 * @throws the item's own error, with the table's name
 */
export async function sealOne(
  table: EncryptedTable,
  item: AttributeMap,
  signal: AbortSignal | undefined,
): Promise<AttributeMap> {
  try {
    const sealed = await table.encryptor.encryptItem(item, { signal });
    mustFit(table, sealed.item);
    return sealed.item;
  } catch (error) {
    throw inTable(error, table.name);
  }
}

/**
 * Seals the items of a request. Returns them in the same order.
 *
 * @throws ItemsError for all those that fail
 */
export function sealAll(
  puts: readonly Placed[],
  signal: AbortSignal | undefined,
): Promise<AttributeMap[]> {
  return inBatches(puts, {
    doing: 'sealed',
    run: async ({ encryptor }, items) => encryptor.encryptItems(items, { settle: true, signal }),
    check: ({ table }, item) => {
      mustFit(table, item);
      return item;
    },
  });
}
