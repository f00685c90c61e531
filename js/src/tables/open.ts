/** Items of a response, opened before it is given back. */

import type { AttributeMap } from '../items/attribute-value.js';
import { isFailure } from '../items/batch.js';
import { itemsError, type ItemError } from './items-error.js';
import { byTable, failureOf, inOrder, type Put } from './seal.js';
import type { Asked } from './record-key.js';
import { inTable } from './table.js';

/** An item to be opened. */
export interface Got extends Put {
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
 * Opens the items of a response, those of each table in one crossing. Returns them in the same order.
 *
 * @throws ItemsError for all those that fail: nothing of the response is given back then
 */
export async function openAll(
  gots: readonly Got[],
  signal: AbortSignal | undefined,
): Promise<AttributeMap[]> {
  const opened = new Array<AttributeMap>(gots.length);
  const failed: ItemError[] = [];
  await Promise.all(
    byTable(gots).map(async ([table, places]) => {
      const items = places.map((place) => gots[place]!.item);
      const outcomes = await table.encryptor.decryptItems(items, { settle: true, signal });
      for (const [i, outcome] of outcomes.entries()) {
        const place = places[i]!;
        const got = gots[place]!;
        try {
          if (isFailure(outcome)) throw outcome.error;
          opened[place] = got.asked?.mustHave(outcome.item) ?? outcome.item;
        } catch (error) {
          failed.push(failureOf(got, error));
        }
      }
    }),
  );
  if (failed.length > 0) throw itemsError('opened', inOrder(failed));
  return opened;
}
