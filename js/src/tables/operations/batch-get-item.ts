/** BatchGetItem (P9). */

import type { Operation } from '../call.js';
import { isArray } from '../../util/plain-object.js';
import { check } from '../check.js';
import { eachKey } from '../form.js';
import { objectsByName } from '../members.js';
import { openLists } from '../returned.js';
import type { EncryptedTable } from '../table.js';

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
  return { input, output: (output) => openLists(tables, keys, output, signal) };
};
