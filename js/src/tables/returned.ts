/** Items in outputs and errors, wherever operations return them. */

import type { AttributeMap } from '../items/attribute-value.js';
import { listsOf, malformed, mapOf, maps, mapsOf } from './members.js';
import { openAll, openOne, type Got } from './open.js';
import { Asked } from './record-key.js';
import type { Output, ServiceError } from './sdk.js';
import type { EncryptedTable, EncryptedTableMap } from './table.js';

/** The output with its `Attributes` opened: a whole item, as it was or as it is (P10, P11). */
export async function openAttributes(
  asked: Asked,
  output: Output,
  signal: AbortSignal | undefined,
): Promise<Output> {
  const Attributes = mapOf<AttributeMap>(output, 'Attributes');
  if (Attributes === undefined) return output;
  return { ...output, Attributes: await openOne(asked, Attributes, signal) };
}

/** Opens the item that a ConditionalCheckFailedException has, in place and in the form that it has there. */
export async function openItemOfError(
  asked: Asked,
  error: ServiceError,
  signal: AbortSignal | undefined,
): Promise<void> {
  mustHaveNoItems(error, 'Item');
  const Item = mapOf<AttributeMap>(error, 'Item');
  if (Item !== undefined) error.Item = await openOne(asked, Item, signal);
}

/**
 * Refuses items in an error where the operation has none: nobody opens them.
 *
 * @param opened - the member that has them where it has some
 */
export function mustHaveNoItems(
  error: ServiceError,
  opened?: 'Item' | 'CancellationReasons',
): void {
  const beside = (name: string) => malformed(`${error.name} has ${name}, which was not asked for`);
  if (opened !== 'Item' && mapOf(error, 'Item')) throw beside('Item');
  if (opened === 'CancellationReasons') return;
  for (const reason of mapsOf(error, 'CancellationReasons')) {
    if (mapOf(reason, 'Item')) throw beside('an Item in CancellationReasons');
  }
}

/** The output with the lists of its `Responses`, one for each table, opened; `keys` are those that were asked for of each. */
export async function openLists(
  tables: EncryptedTableMap,
  keys: ReadonlyMap<EncryptedTable, readonly unknown[]>,
  output: Output,
  signal: AbortSignal | undefined,
): Promise<Output> {
  const lists = listsOf(output, 'Responses');
  const gots = lists.flatMap(([name, items]): Got[] => {
    const table = tables.find(name);
    if (!table) return [];
    // A name that the request did not have: then nothing of it was asked for.
    const asked = new Asked(table, keys.get(table) ?? []);
    const found = maps<AttributeMap>(items, `Responses['${name}']`);
    return found.map((item, index) => ({ table, asked, item, index }));
  });
  if (gots.length === 0) return output;
  const opened = (await openAll(gots, signal)).values();
  const responses = lists.map(([name, items]): [string, readonly unknown[]] => [
    name,
    tables.find(name) ? items.map(() => opened.next().value!) : items,
  ]);
  return { ...output, Responses: Object.fromEntries(responses) };
}
