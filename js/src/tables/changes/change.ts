/** A change of an item as streams and exports have it: the item's key, and the item before and after. */

import { AuthenticationError, type FieldsealError } from '../../errors.js';
import type { AttributeMap } from '../../items/attribute-value.js';
import { isFailure, type ItemFailure } from '../../items/batch.js';
import { keyOf } from '../form.js';
import { keyText } from '../record-key.js';
import { inTable, type EncryptedTable } from '../table.js';

/** An item that changed: what {@link openStreamRecord} and {@link openExportedChanges} give of it. */
export interface ItemChange {
  /** The item's key attributes, as attribute values. They are verified with the items; where there is none of these, nothing is. */
  readonly keys: AttributeMap;
  /** The item before the change, opened; absent where there was none, or the stream or export leaves it out. */
  readonly oldItem?: AttributeMap;
  /** The item after the change, opened; absent where it was deleted, or the stream or export leaves it out. */
  readonly newItem?: AttributeMap;
}

/** The items of a change, in the order of their `itemIndex` in errors. */
const IMAGES = ['oldItem', 'newItem'] as const;

/**
 * Opens changes to one table, all in one crossing. Each has an outcome of its own; the `itemIndex` of its error is 0 for the old
 * item and 1 for the new one.
 */
export async function openChanges(
  table: EncryptedTable,
  changes: readonly ItemChange[],
  signal: AbortSignal | undefined,
): Promise<(ItemChange | ItemFailure)[]> {
  const images = changes.flatMap((change) =>
    IMAGES.map((name) => change[name]).filter((item) => item !== undefined),
  );
  const outcomes = (await table.encryptor.decryptItems(images, { settle: true, signal })).values();
  return changes.map((change) => {
    const opened: { -readonly [Name in keyof ItemChange]: ItemChange[Name] } = {
      keys: keyOf(table, change.keys),
    };
    let failure: ItemFailure | undefined;
    for (const [index, name] of IMAGES.entries()) {
      if (change[name] === undefined) continue;
      const outcome = outcomes.next().value!;
      try {
        if (isFailure(outcome)) throw outcome.error;
        opened[name] = mustBeOf(table, change.keys, outcome.item);
      } catch (error) {
        Reflect.set(error as FieldsealError, 'itemIndex', index);
        failure ??= { error: inTable(error, table.name) as FieldsealError };
      }
    }
    return failure ?? opened;
  });
}

/** Returns the item if its key is the one that the change names: an item of another key opens just as well. */
function mustBeOf(table: EncryptedTable, keys: AttributeMap, item: AttributeMap): AttributeMap {
  if (keyText(table, item) === keyText(table, keys)) return item;
  throw new AuthenticationError({
    code: 'RECORD_MISMATCH',
    message: 'the change has the item of another key than its Keys',
    next: 'Do not use it; find out who writes to the stream or to the export.',
  });
}
