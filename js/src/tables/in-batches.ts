/** Items of many tables, worked on in one crossing for each table. */

import type { FieldsealError } from '../errors.js';
import type { AttributeMap } from '../items/attribute-value.js';
import { isFailure, type Outcome } from '../items/batch.js';
import { keyOf } from './form.js';
import { itemsError, type ItemError } from './items-error.js';
import { inTable, type EncryptedTable } from './table.js';

/** An item of a request or a response. */
export interface Placed {
  readonly table: EncryptedTable;
  readonly item: AttributeMap;
  /** Its place in the request or the response. */
  readonly index: number;
}

/** What is done with items. */
interface Work<T extends Placed> {
  readonly doing: 'sealed' | 'opened';
  /** With those of one table. */
  run(
    table: EncryptedTable,
    items: AttributeMap[],
  ): Promise<readonly Outcome<{ readonly item: AttributeMap }>[]>;
  /** Returns what became of one of them, if it may be used. */
  check(one: T, item: AttributeMap): AttributeMap;
}

/**
 * Does the work on all of them. Returns what became of each, in the same order.
 *
 * @throws ItemsError for all those that fail
 */
export async function inBatches<T extends Placed>(
  all: readonly T[],
  { doing, run, check }: Work<T>,
): Promise<AttributeMap[]> {
  const done = new Array<AttributeMap>(all.length);
  const failed: ItemError[] = [];
  await Promise.all(
    byTable(all).map(async ([table, places]) => {
      const items = places.map((place) => all[place]!.item);
      for (const [i, outcome] of (await run(table, items)).entries()) {
        const place = places[i]!;
        const one = all[place]!;
        try {
          if (isFailure(outcome)) throw outcome.error;
          done[place] = check(one, outcome.item);
        } catch (error) {
          failed.push(failureOf(one, error));
        }
      }
    }),
  );
  // In the order of the request: those of other tables failed at other times.
  if (failed.length > 0) {
    throw itemsError(
      doing,
      failed.sort((a, b) => a.index - b.index),
    );
  }
  return done;
}

/** The places of what belongs to each table. */
function byTable(all: readonly Placed[]): [EncryptedTable, number[]][] {
  const places = new Map<EncryptedTable, number[]>();
  for (const [place, { table }] of all.entries()) {
    const of = places.get(table);
    if (of) of.push(place);
    else places.set(table, [place]);
  }
  return [...places];
}

/** Why one of many failed. */
function failureOf({ table, item, index }: Placed, error: unknown): ItemError {
  // Its place among those of its table, where the encryptor has put it.
  Reflect.set(error as FieldsealError, 'itemIndex', index);
  return { index, key: keyOf(table, item), error: inTable(error, table.name) as FieldsealError };
}
