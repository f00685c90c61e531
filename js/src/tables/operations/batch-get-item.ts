/** BatchGetItem (P9). */

import type { AttributeMap } from '../../items/attribute-value.js';
import type { Operation } from '../call.js';
import { isArray } from '../../util/plain-object.js';
import { check } from '../check.js';
import { eachKey } from '../form.js';
import { mapsByName, mapsOf, objectsByName } from '../members.js';
import { Asked } from '../record-key.js';
import { openLists } from '../returned.js';
import type { Output } from '../sdk.js';
import type { EncryptedTable, EncryptedTableMap } from '../table.js';

export const batchGetItem: Operation = (input, { tables, signal }) => {
  const keys = new Map<EncryptedTable, unknown[]>();
  for (const [name, part] of objectsByName(input, 'RequestItems')) {
    const table = tables.find(name);
    if (!table) continue;
    check(table, 'BatchGetItem', part);
    eachKey(table, part['Keys']);
    const known = keys.get(table) ?? [];
    keys.set(table, isArray(part['Keys']) ? known.concat(part['Keys']) : known);
  }
  if (keys.size === 0) return undefined;
  return {
    input,
    output: (output) => {
      mustBeAsked(tables, keys, output);
      return openLists(tables, keys, output, signal);
    },
  };
};

/** Refuses UnprocessedKeys that the request did not have: sent again, they would be asked for, and what comes would be believed. */
function mustBeAsked(
  tables: EncryptedTableMap,
  keys: ReadonlyMap<EncryptedTable, readonly unknown[]>,
  output: Output,
): void {
  for (const [name, part] of mapsByName(output, 'UnprocessedKeys')) {
    const table = tables.find(name);
    if (!table) continue;
    const asked = new Asked(table, keys.get(table));
    for (const key of mapsOf<AttributeMap>(part, 'Keys')) asked.mustHave(key);
  }
}
