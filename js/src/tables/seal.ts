/** Items of a request, sealed before it is sent. */

import type { AttributeMap } from '../items/attribute-value.js';
import { isFailure } from '../items/batch.js';
import type { FieldsealError } from '../errors.js';
import { keyOf } from './form.js';
import { itemsError, type ItemError } from './items-error.js';
import { mustFit } from './size.js';
import { inTable, type EncryptedTable } from './table.js';

/** An item to be sealed, and where it is sent. */
export interface Put {
  readonly table: EncryptedTable;
  readonly item: AttributeMap;
  /** Its place in the request. */
  readonly index: number;
}

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
 * Seals the items of a request, those of each table in one crossing. Returns them in the same order.
 *
 * @throws ItemsError for all those that fail
 */
export async function sealAll(
  puts: readonly Put[],
  signal: AbortSignal | undefined,
): Promise<AttributeMap[]> {
  const sealed = new Array<AttributeMap>(puts.length);
  const failed: ItemError[] = [];
  await Promise.all(
    byTable(puts).map(async ([table, places]) => {
      const items = places.map((place) => puts[place]!.item);
      const outcomes = await table.encryptor.encryptItems(items, { settle: true, signal });
      for (const [i, outcome] of outcomes.entries()) {
        const place = places[i]!;
        try {
          if (isFailure(outcome)) throw outcome.error;
          mustFit(table, outcome.item);
          sealed[place] = outcome.item;
        } catch (error) {
          failed.push(failureOf(puts[place]!, error));
        }
      }
    }),
  );
  if (failed.length > 0) throw itemsError('sealed', inOrder(failed));
  return sealed;
}

/** The places of what belongs to each table. */
export function byTable(
  all: readonly { readonly table: EncryptedTable }[],
): [EncryptedTable, number[]][] {
  const places = new Map<EncryptedTable, number[]>();
  for (const [place, { table }] of all.entries()) {
    const of = places.get(table);
    if (of) of.push(place);
    else places.set(table, [place]);
  }
  return [...places];
}

/** Why one of many failed. */
export function failureOf({ table, item, index }: Omit<Put, 'put'>, error: unknown): ItemError {
  // Its place among those of its table, where the encryptor has put it.
  Reflect.set(error as FieldsealError, 'itemIndex', index);
  return { index, key: keyOf(table, item), error: inTable(error, table.name) as FieldsealError };
}

/** In the order of the request: those of other tables failed at other times. */
export function inOrder(failed: readonly ItemError[]): ItemError[] {
  return [...failed].sort((a, b) => a.index - b.index);
}
