/** Items in outputs and errors, wherever operations return them. */

import type { AttributeMap } from '../items/attribute-value.js';
import { listsOf } from './members.js';
import { openAll, openOne, type Got } from './open.js';
import type { Output, ServiceError } from './sdk.js';
import type { EncryptedTable, EncryptedTableMap } from './table.js';

/** The output with its `Attributes` opened: a whole item, as it was or as it is (P10, P11). */
export async function openAttributes(
  table: EncryptedTable,
  output: Output,
  signal: AbortSignal | undefined,
): Promise<Output> {
  const { Attributes } = output as { readonly Attributes?: AttributeMap };
  if (Attributes === undefined) return output;
  return { ...output, Attributes: await openOne(table, Attributes, signal) };
}

/** Opens the item that a ConditionalCheckFailedException has, in place and in the form that it has there. */
export async function openItemOfError(
  table: EncryptedTable,
  error: ServiceError,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (error.Item !== undefined) error.Item = await openOne(table, error.Item, signal);
}

/** The output with the lists of its `Responses`, one for each table, opened. */
export async function openLists(
  tables: EncryptedTableMap,
  output: Output,
  signal: AbortSignal | undefined,
): Promise<Output> {
  const lists = listsOf<AttributeMap>(output, 'Responses');
  const gots = lists.flatMap(([name, items]): Got[] => {
    const table = tables.find(name);
    return table ? items.map((item, index) => ({ table, item, index })) : [];
  });
  if (gots.length === 0) return output;
  const opened = (await openAll(gots, signal)).values();
  const responses = lists.map(([name, items]): [string, readonly AttributeMap[]] => [
    name,
    tables.find(name) ? items.map(() => opened.next().value!) : items,
  ]);
  return { ...output, Responses: Object.fromEntries(responses) };
}
